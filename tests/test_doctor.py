"""`observatoire doctor` finds what is planted, says what it costs and how to get it, and prints no secret."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipelines.cli import observatoire
from pipelines.doctor import LOOKS, findings, here, installed, lines_of
from pipelines.kernel.identity import KEY, KEY_FILE, SIMULATED_KEY
from pipelines.kernel.project import Project
from tests.observatory import ROOT

SECRET = "5ec2e7" * 11


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """What of a clone the doctor looks at; no key is set."""
    for name in ("params.yaml", "dvc.yaml", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path)
    for folder in ("sources", "baseline"):
        shutil.copytree(ROOT / "data" / folder, tmp_path / "data" / folder)
    monkeypatch.setenv("OBSERVATOIRE_HOME", tmp_path.as_posix())
    monkeypatch.delenv(KEY, raising=False)
    monkeypatch.delenv(KEY_FILE, raising=False)
    return Project(tmp_path)


def test_what_is_not_ok_says_what_it_costs_and_how_to_get_it(home: Project) -> None:
    found = findings(home)
    assert len({item.name for item in found}) == len(LOOKS)
    for item in found:
        assert item.found, item
        assert (item.state == "ok") == (not item.costs), item
        assert all(text.endswith(".") for text in (item.costs, item.get) if text), item


def test_the_whole_takes_no_time_and_ends_well(home: Project) -> None:
    start = time.process_time()
    result = CliRunner().invoke(observatoire, ["doctor"])
    assert time.process_time() - start < 1.5
    assert result.exit_code == 0
    assert "All that is essential is there" in result.output
    assert "`observatoire run` makes it." in result.output


def no_params(home: Project) -> None:
    (home.root / "params.yaml").write_text("edition: soon\n", encoding="utf-8")


def no_library(home: Project) -> None:
    path = home.root / "pyproject.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('"duckdb>=', '"duckdb-of-old>='), encoding="utf-8")


def no_data(home: Project) -> None:
    shutil.rmtree(home.baseline)


@pytest.mark.parametrize(
    ("plant", "said"),
    [
        (no_params, 'params.yaml, row 1, column "edition"'),
        (no_library, "are not installed: duckdb-of-old"),
        (no_data, "0 shipped tables"),
    ],
)
def test_something_essential_that_is_missing_fails(home: Project, plant: Callable[[Project], None], said: str) -> None:
    plant(home)
    result = CliRunner().invoke(observatoire, ["doctor"])
    assert result.exit_code == 1
    assert said in result.output
    assert result.output.splitlines()[-1].startswith("1 essential thing(s) missing")
    told = json.loads(CliRunner().invoke(observatoire, ["doctor", "--json"]).output)
    assert told["essential_missing"] == 1
    assert sum(item["state"] == "missing" for item in told["items"]) == 1


def test_another_version_than_the_locked_one_is_named(home: Project) -> None:
    path = home.root / "requirements.lock"
    path.write_text(path.read_text(encoding="utf-8").replace("\npolars==", "\npolars==9.0+"), encoding="utf-8")
    said = installed.libraries(home)
    assert (said.state, "(locked: 9.0+" in said.found) == ("note", True)


def test_the_key_is_judged_and_never_shown(
    home: Project, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert here.key(home).found == "not set"
    file = tmp_path_factory.mktemp("safe") / "key"
    file.write_text(SECRET, encoding="ascii")
    for name, value, state in (
        (KEY, SECRET, "ok"),
        (KEY, SECRET[:20], "note"),
        (KEY, SIMULATED_KEY.hex(), "note"),
        (KEY, "no hexadecimal digits", "note"),
        (KEY_FILE, file.as_posix(), "ok"),
        (KEY_FILE, (home.root / "params.yaml").as_posix(), "note"),
    ):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            assert here.key(home).state == state, (name, value)
            for arguments in (["doctor"], ["doctor", "--json"]):
                said = CliRunner().invoke(observatoire, arguments).output
                assert SECRET[:20] not in said
                assert SIMULATED_KEY.hex() not in said
                assert "no hexadecimal digits" not in said.replace("not written in hexadecimal digits", "")


@pytest.mark.skipif(os.name != "posix", reason="locks of files are looked at where the system tells of them")
def test_who_is_at_work_is_seen_and_a_file_alone_is_no_lock(home: Project) -> None:
    import fcntl

    path = home.root / ".dvc" / "tmp" / "lock"
    path.parent.mkdir(parents=True)
    path.write_text("4711", encoding="ascii")
    assert here.locks(home).state == "ok"  # left by a process that is gone: nobody has to remove it
    with path.open("r+") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        assert here.locks(home).state == "note"
    assert here.locks(home).state == "ok"


def test_what_an_interrupted_command_left_is_found(home: Project) -> None:
    assert here.leftovers(home).state == "ok"
    (home.raw / "sise" / ".baseline.x1.part").mkdir(parents=True)
    (home.data / ".compare-x2").mkdir()
    said = here.leftovers(home)
    assert (said.state, said.found.startswith("2 left")) == ("note", True)
    assert "data/raw/sise/.baseline.x1.part" in said.found


def test_git_says_what_sealing_will_say(home: Project) -> None:
    assert "not a repository" in here.git_state(home).found

    def git(*arguments: str) -> None:
        who = ("-c", "user.name=x", "-c", "user.email=x@example.org")
        subprocess.run(["git", *who, *arguments], cwd=home.root, check=True, capture_output=True)

    git("init")
    git("add", "params.yaml")
    git("commit", "-m", "Begin")
    said = here.git_state(home)
    assert (said.state, "file(s) changed since" in said.found) == ("note", True)
    git("add", ".")
    git("commit", "-m", "All")
    assert here.git_state(home).state == "ok"


def test_no_room_no_memory_no_right_are_said(home: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(**_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(here, "ROOM", 1e9)
    monkeypatch.setattr(here, "_free_memory", lambda: 0.3)
    monkeypatch.setattr(here.tempfile, "NamedTemporaryFile", refused)
    monkeypatch.setenv("PATH", "")
    states = {item.name: item.state for item in findings(home)}
    assert states["disk"] == states["memory"] == states["browser"] == states["Quarto"] == states["git"] == "note"
    assert states["write access"] == "missing"
    told = "\n".join(lines_of(findings(home)))
    assert "data and build cannot be written" in told
    assert "the tests that look at pages are skipped" in told
