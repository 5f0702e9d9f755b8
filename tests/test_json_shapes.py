"""Every `--json` gives one document on standard output, of the shape that `pipelines/answers/JSON.md` documents."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from pipelines.answers.as_json import rebuild_answer
from pipelines.cli import observatoire
from pipelines.editions.rebuilding import Rebuilt
from pipelines.kernel.project import Project
from tests.edition_project import build, committed, git, values
from tests.observatory import ROOT


def documented() -> dict[str, tuple[str, set[str]]]:
    """Return command → top level, keys named outside brackets."""
    text = (ROOT / "pipelines" / "answers" / "JSON.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([^`]+)` \| (\w+) \| (.*) \|$", text, re.MULTILINE)
    plain = {command: re.sub(r"\([^)]*\)", "", keys) for command, _, keys in rows}
    return {command: (top, set(re.findall(r"`(\w+)`", plain[command]))) for command, top, _ in rows}


def asks_json(command: click.Command) -> bool:
    return any("--json" in parameter.opts for parameter in command.params)


def test_every_verb_with_json_is_documented_and_no_other() -> None:
    verbs = {name for name, command in observatoire.commands.items() if asks_json(command)}
    assert {command.split()[0] for command in documented()} == verbs
    silent = {name for name, command in observatoire.commands.items() if not asks_json(command) and not command.hidden}
    assert {"completion"} <= silent
    assert silent.isdisjoint(
        {"run", "add", "fetch", "template", "check", "seal", "verify", "rebuild", "cite", "doctor"}
    )


def call(*arguments: str, status: int = 0) -> Any:
    """Return what a command prints with --json; its standard output is that and nothing else."""
    result: Result = CliRunner().invoke(observatoire, [*arguments, "--json"])
    assert result.exit_code == status, result.output
    return json.loads(result.stdout)


def is_as_documented(command: str, content: Any) -> None:
    top, keys = documented()[command]
    assert isinstance(content, list if top == "array" else dict)
    rows = content if isinstance(content, list) else [content]
    assert rows
    for row in rows:
        assert keys <= set(row), command


@pytest.fixture
def sealed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    made = committed(tmp_path)
    project = Project(made.root, built_in="data/build")  # where the command looks
    shutil.move(made.build, project.build)
    shutil.copy(ROOT / "dvc.yaml", project.root)
    git(project, "add", ".")
    git(project, "commit", "-m", "The stages")
    monkeypatch.setenv("OBSERVATOIRE_HOME", project.root.as_posix())
    return project


def test_editions(sealed: Project) -> None:
    is_as_documented("seal", call("seal"))
    git(sealed, "add", ".")
    git(sealed, "commit", "-m", "The ledger")
    assert [row["edition"] for row in call("editions")] == ["2024.1"]
    is_as_documented("editions", call("editions"))
    whole = call("verify", "2024.1")
    is_as_documented("verify", whole)
    assert (whole["is_whole"], whole["faults"]) == (True, [])
    cited = call("cite", "ENR-REG/tarbes/2023")
    is_as_documented("cite", cited)
    assert set(cited["citations"]) == {"text", "bibtex", "csl", "cff"}
    page = sealed.editions / "2024.1" / "site" / "index.html"
    page.chmod(0o644)
    page.write_text("changed", encoding="utf-8")
    broken = call("verify", "2024.1", status=1)
    assert (broken["is_whole"], broken["files"], len(broken["faults"])) == (False, None, 1)
    made = Rebuilt(same=("a",), other=(), missing=("b",), versions=())
    rebuilt = json.loads(rebuild_answer(made, "2024.1"))
    is_as_documented("rebuild", rebuilt)
    assert rebuilt["agrees"] is False


def test_a_revised_figure(sealed: Project) -> None:
    call("seal")
    git(sealed, "add", ".")
    git(sealed, "commit", "-m", "The ledger")
    build(sealed, values(tarbes=100.4))
    is_as_documented("diff", call("diff", "2024.1", "build"))


def test_files_that_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OBSERVATOIRE_HOME", ROOT.as_posix())
    out = tmp_path / "modele.xlsx"
    written = call("template", "crous", "--out", out.as_posix())
    is_as_documented("template", written)
    assert written["files"] == [out.as_posix()]
    few = ("--students", "200", "--from", "2022", "--to", "2022", "--out", (tmp_path / "registers").as_posix())
    made = call("simulate", *few)
    is_as_documented("simulate", made)
    assert made["simulated"] is True
    assert all(Path(path).is_file() for path in made["files"])


def test_what_is_known_without_asking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OBSERVATOIRE_HOME", ROOT.as_posix())
    sources = call("fetch")
    is_as_documented("fetch", sources)
    assert {"source", "verdict", "sentence", "lines", "command", "records", "since"} <= set(sources["sources"][0])
    found = call("doctor")
    is_as_documented("doctor", found)
    assert {"name", "state", "found", "costs", "get", "is_essential"} == set(found["items"][0])


PIPELINE = """\
stages:
  first:
    cmd: cp in.txt first.txt
    deps: [in.txt]
    outs: [{first.txt: {cache: false, persist: true}}]
    meta: {sensitivity: internal}
  second:
    cmd: python second.py
    deps: [first.txt, second.py]
    outs: [{second.txt: {cache: false, persist: true}}]
    meta: {sensitivity: internal}
"""


def test_a_run_that_ends_and_one_that_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / ".dvc", tmp_path / ".dvc", ignore=shutil.ignore_patterns("tmp", "cache"))
    for name, text in (("dvc.yaml", PIPELINE), ("params.yaml", "edition: 2024\n"), ("in.txt", "auch")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    project = Project(tmp_path, built_in="data/build")
    project.quality.mkdir(parents=True)
    for layer in ("staging", "marts"):
        content = {"checks": [{"outcome": "pass"}], "critical_failures": 0}
        (project.quality / f"{layer}.json").write_text(json.dumps(content), encoding="utf-8")
    monkeypatch.setenv("OBSERVATOIRE_HOME", tmp_path.as_posix())

    (tmp_path / "second.py").write_text("raise SystemExit(2)\n", encoding="utf-8")
    stopped = call("run", status=2)
    is_as_documented("run", stopped)
    assert (stopped["failed"], [stage["stage"] for stage in stopped["stages"]]) == ("second", ["first"])
    assert stopped["made"] is stopped["checks"] is None

    (tmp_path / "second.py").write_text("open('second.txt', 'w').write('x')\n", encoding="utf-8")
    ended = call("run")
    is_as_documented("run", ended)
    assert ended["failed"] is None
    assert ended["checks"] == {"passed": 2, "waived": 0, "open": []}
    assert [(stage["stage"], stage["has_run"]) for stage in ended["stages"]] == [("first", False), ("second", True)]
