"""Runs: in order, only what is out of date, and a failure that loses nothing."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from pipelines.kernel.problems import BadInput
from pipelines.kernel.project import Project
from pipelines.run import StageFailed, reproduce
from pipelines.unchanged import LastRun

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
    (small.root / "in.txt").write_text("albi", encoding="utf-8")
    other = Repo(str(small.root))
    with other.lock, pytest.raises(BadInput, match="Another run is at work"):
        ran(small)
    other.close()


def test_a_broken_pipeline_file_is_said(small: Project) -> None:
    (small.root / "dvc.yaml").write_text("stages:\n  first:\n    cmd: true\n    dep: [in.txt]\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"dvc\.yaml"):
        ran(small)


def asks_dvc(project: Project, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Say whether a run would start DVC."""

    class Asked(Exception):
        pass

    def refuse(project: Project) -> None:
        raise Asked

    with monkeypatch.context() as patch:
        patch.setattr("pipelines.run._open_repo", refuse)
        try:
            ran(project)
        except Asked:
            return True
        return False


def test_dvc_is_not_asked_when_nothing_changed(small: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    assert asks_dvc(small, monkeypatch), "never ran"
    ran(small)
    assert not asks_dvc(small, monkeypatch)
    assert ran(small) == []
    (small.root / "unread.txt").write_text("no stage reads it", encoding="utf-8")
    assert not asks_dvc(small, monkeypatch)


def test_dvc_is_asked_when_a_file_of_any_stage_changed_by_a_byte_or_went(
    small: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    (small.root / ".dvcignore").write_text("*.part\n", encoding="utf-8")
    pipeline = PIPELINE.replace("    outs: [{first", "    params: [edition]\n    outs: [{first")
    (small.root / "dvc.yaml").write_text(pipeline, encoding="utf-8")
    ran(small)
    for name in ("in.txt", "second.py", "first.txt", "second.txt", "dvc.yaml", "dvc.lock", ".dvcignore", "params.yaml"):
        path = small.root / name
        content, times = path.read_bytes(), path.stat()
        path.write_bytes(content + b"\n")
        assert asks_dvc(small, monkeypatch), name
        path.write_bytes(content)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
        assert not asks_dvc(small, monkeypatch), name
        if name not in ("dvc.yaml", "params.yaml"):  # without them no run begins
            path.rename(small.root / "aside")
            assert asks_dvc(small, monkeypatch), name
            (small.root / "aside").rename(path)


def test_what_somebody_writes_during_a_run_is_seen_by_the_next(small: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stage *first* has read its input when the second one changes it: the run ends well, and is not up to date."""
    (small.root / "second.py").write_text(UPPER + "open('in.txt', 'w').write('albi')\n", encoding="utf-8")
    assert ran(small) == ["first", "second"]
    assert asks_dvc(small, monkeypatch)
    assert ran(small) == ["first", "second"]


def test_a_pattern_that_is_not_understood_leaves_the_question_to_dvc(
    small: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    (small.root / ".dvcignore").write_text("**/kept\n", encoding="utf-8")
    ran(small)
    assert asks_dvc(small, monkeypatch)


def test_a_folder_is_looked_through_to_its_last_file(tmp_path: Path) -> None:
    stages = {"one": {"deps": ["in"], "outs": ["out"]}}
    deep = tmp_path / "in" / "a" / "b" / "file"
    deep.parent.mkdir(parents=True)
    deep.write_text("1", encoding="utf-8")
    (tmp_path / ".dvcignore").write_text("__pycache__\nin/*/made\n", encoding="utf-8")
    last = LastRun(Project(tmp_path), stages)
    last.begins("one")
    last.ends("one")
    last.leave()
    assert last.is_still_good()
    for ignored in ("in/__pycache__/x", "in/a/made"):
        (tmp_path / ignored).parent.mkdir(exist_ok=True)
        (tmp_path / ignored).write_text("1", encoding="utf-8")
        assert last.is_still_good(), ignored
    os.utime(deep, ns=(0, 0))
    assert not last.is_still_good()
