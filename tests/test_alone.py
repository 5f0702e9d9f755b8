"""Two commands at once on one work tree: the second waits and says for whom, or stops; nobody waits for the dead."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipelines.cli import observatoire
from pipelines.kernel.alone import COMMAND, STAGE, alone
from pipelines.kernel.problems import BadInput
from pipelines.kernel.project import Project

HOLD = """
import sys, time
from pathlib import Path
from pipelines.kernel.alone import alone
from pipelines.kernel.project import Project
root, name, lock = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
with alone(Project(root), f"observatoire {name}", lambda line: print(line, flush=True), lock=lock):
    with (root / "log").open("a") as log:
        log.write(f"{name} begins\\n")
    print("holds", flush=True)
    while not (root / f"{name} may end").exists():
        time.sleep(0.02)
    with (root / "log").open("a") as log:
        log.write(f"{name} ends\\n")
"""


@pytest.fixture
def tree(tmp_path: Path) -> Project:
    for name in ("params.yaml", "dvc.yaml"):
        (tmp_path / name).write_text("stages: {}\n" if name == "dvc.yaml" else "edition: 2024\n", encoding="utf-8")
    return Project(tmp_path)


def holder(tree: Project, name: str, lock: str = COMMAND) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tree.root), name, lock],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    )


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def may_end(tree: Project, name: str) -> None:
    (tree.root / f"{name} may end").touch()


def test_the_second_waits_says_for_whom_and_comes_after(tree: Project) -> None:
    first = holder(tree, "run")
    assert line_of(first) == "holds"
    second = holder(tree, "add")
    said = line_of(second)
    assert said.startswith(f"Process {first.pid} (observatoire run, since 20")
    assert said.endswith("is at work in this folder: waiting until it ends.")
    may_end(tree, "add")
    time.sleep(0.3)
    assert (tree.root / "log").read_text() == "run begins\n"
    may_end(tree, "run")
    assert line_of(second) == "holds"
    assert first.wait(10) == second.wait(10) == 0
    assert (tree.root / "log").read_text() == "run begins\nrun ends\nadd begins\nadd ends\n"


def test_nobody_waits_for_a_process_that_was_killed(tree: Project) -> None:
    first = holder(tree, "run")
    assert line_of(first) == "holds"
    first.send_signal(signal.SIGKILL)
    first.wait(10)
    assert json.loads((tree.data / COMMAND).read_text())["process"] == first.pid, "it had no time to clear up"
    with alone(tree, "observatoire run", pytest.fail, waits=False):
        assert json.loads((tree.data / COMMAND).read_text())["process"] == os.getpid()
    assert (tree.data / COMMAND).read_text() == ""


def test_a_command_that_does_not_wait_stops_with_status_2_and_touches_nothing(
    tree: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OBSERVATOIRE_HOME", str(tree.root))
    with alone(tree, "observatoire run", pytest.fail):
        done = CliRunner().invoke(observatoire, ["run", "--no-wait"])
    assert done.exit_code == 2
    assert f"Process {os.getpid()} (observatoire run, since" in done.output
    assert not (tree.data / "run.yaml").exists()


def test_a_stage_that_outlived_its_run_is_waited_for(tree: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    orphan = holder(tree, "stage", STAGE)
    assert line_of(orphan) == "holds"
    monkeypatch.setenv("OBSERVATOIRE_HOME", str(tree.root))
    command = subprocess.Popen(
        [sys.executable, "-m", "pipelines", "run"],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    )
    assert command.stderr is not None
    assert f"Process {orphan.pid} (observatoire stage, since" in command.stderr.readline()
    assert command.poll() is None
    may_end(tree, "stage")
    command.communicate(timeout=20)
    assert orphan.wait(10) == 0


def test_a_block_that_fails_lets_the_next_one_in(tree: Project) -> None:
    with pytest.raises(ZeroDivisionError), alone(tree, "observatoire run", pytest.fail):
        raise ZeroDivisionError
    with alone(tree, "observatoire add", pytest.fail, waits=False):
        pass


def test_one_at_a_time_holds_within_a_process_as_well(tree: Project) -> None:
    with (
        alone(tree, "observatoire run", pytest.fail),
        pytest.raises(BadInput, match="is at work"),
        alone(tree, "observatoire add", pytest.fail, waits=False),
    ):
        pytest.fail("two held it")
