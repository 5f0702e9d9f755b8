"""Runs: in order, only what is out of date, and a failure that loses nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipelines.kernel.problems import BadInput
from pipelines.kernel.project import Project
from pipelines.run import StageFailed, reproduce

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
UPPER = "text = open('first.txt').read(); open('second.txt', 'w').write(text.upper())\n"


@pytest.fixture
def small(tmp_path: Path, project: Project) -> Project:
    """A project of two stages that take no time."""
    shutil.copytree(project.root / ".dvc", tmp_path / ".dvc", ignore=shutil.ignore_patterns("tmp", "cache"))
    (tmp_path / "dvc.yaml").write_text(PIPELINE, encoding="utf-8")
    (tmp_path / "params.yaml").write_text("edition: 2024\n", encoding="utf-8")
    (tmp_path / "in.txt").write_text("auch", encoding="utf-8")
    (tmp_path / "second.py").write_text(UPPER, encoding="utf-8")
    return Project(tmp_path)


def ran(project: Project) -> list[str]:
    return [outcome.name for outcome in reproduce(project, lambda _: None) if outcome.has_run]


def test_only_what_is_out_of_date_runs(small: Project) -> None:
    assert ran(small) == ["first", "second"]
    assert (small.root / "second.txt").read_text(encoding="utf-8") == "AUCH"
    assert ran(small) == []
    (small.root / "second.py").write_text(UPPER.replace("upper", "title"), encoding="utf-8")
    assert ran(small) == ["second"]
    (small.root / "in.txt").write_text("albi", encoding="utf-8")
    assert ran(small) == ["first", "second"]
    (small.root / "second.txt").unlink()
    assert ran(small) == ["second"]


def test_a_change_that_does_not_reach_further_stops_there(small: Project) -> None:
    ran(small)
    pipeline = (
        (small.root / "dvc.yaml").read_text(encoding="utf-8").replace("cp in.txt first.txt", "cat in.txt > first.txt")
    )
    (small.root / "dvc.yaml").write_text(pipeline, encoding="utf-8")
    assert ran(small) == ["first"]


def test_progress_is_told_stage_by_stage(small: Project) -> None:
    lines: list[str] = []
    reproduce(small, lines.append)
    assert [line.split("]")[1].split()[0] for line in lines] == ["first", "second"]
    lines.clear()
    reproduce(small, lines.append)
    assert all(line.endswith("up to date") for line in lines)


@pytest.mark.parametrize("status", [1, 2])
def test_a_failing_stage_keeps_its_exit_status_and_the_last_good_output(small: Project, status: int) -> None:
    ran(small)
    (small.root / "second.py").write_text(f"raise SystemExit({status})\n", encoding="utf-8")
    with pytest.raises(StageFailed) as caught:
        ran(small)
    assert (caught.value.stage, caught.value.status) == ("second", status)
    assert (small.root / "second.txt").read_text(encoding="utf-8") == "AUCH"
    (small.root / "second.py").write_text(UPPER, encoding="utf-8")
    assert ran(small) in ([], ["second"])


def test_two_runs_at_once_are_told_apart_from_a_fault(small: Project) -> None:
    from dvc.repo import Repo

    ran(small)
    other = Repo(str(small.root))
    with other.lock, pytest.raises(BadInput, match="Another run is at work"):
        ran(small)
    other.close()


def test_a_broken_pipeline_file_is_said(small: Project) -> None:
    (small.root / "dvc.yaml").write_text("stages:\n  first:\n    cmd: true\n    dep: [in.txt]\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"dvc\.yaml"):
        ran(small)
