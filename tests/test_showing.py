"""Readers of `build/` see one report as a whole: never a new page beside an old table, never half of a file."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.kernel import showing
from pipelines.kernel.project import Project, find_project
from pipelines.kernel.showing import show
from pipelines.run import StageFailed, reproduce

READER = """
import os, sys
whole = gone = 0
while not os.path.exists(sys.argv[2]):
    try:
        folder = os.open(sys.argv[1], os.O_RDONLY)
    except FileNotFoundError:
        sys.exit("there was no build/")
    try:
        said = []
        for name in ("data/table", "site/page", "manifest"):
            with open(os.open(name, os.O_RDONLY, dir_fd=folder)) as stream:
                said.append(stream.read())
    except FileNotFoundError:
        gone += 1  # the report was replaced while it was read: whoever reads again finds the new one
    else:
        whole += 1
        if len(set(said)) != 1 or len(said[0]) != 5000:
            sys.exit(f"half of one and half of another: {[text[:4] for text in said]}")
    finally:
        os.close(folder)
print(whole)
"""

PIPELINE = """\
stages:
  publish:
    cmd: python make.py data
    deps: [in.txt]
    outs: [{data/build/data: {cache: false, persist: true}}]
    meta: {sensitivity: public}
  render:
    cmd: python make.py site
    deps: [data/build/data, in.txt]
    outs: [{data/build/site: {cache: false, persist: true}}]
    meta: {sensitivity: public}
"""
MAKE = """\
import pathlib, sys
said = open("in.txt").read()
if sys.argv[1] == "site" and said == "broken":
    sys.exit(1)
folder = pathlib.Path("data/build") / sys.argv[1]
folder.mkdir(parents=True, exist_ok=True)
part = folder / "file.part"
part.write_text(said)
part.replace(folder / "file")
"""


def built(project: Project, said: str) -> None:
    """Build a report file by file, as stages do."""
    for name in ("data/table", "site/page", "manifest"):
        path = project.build / name
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.part")
        part.write_text(said, encoding="utf-8")
        part.replace(path)


def shown(project: Project) -> dict[str, str]:
    files = sorted(path for path in project.public.rglob("*") if path.is_file())
    return {path.relative_to(project.public).as_posix(): path.read_text(encoding="utf-8")[:5] for path in files}


@pytest.fixture
def tree(tmp_path: Path) -> Project:
    return Project(tmp_path, built_in="data/build")


def test_the_command_builds_aside_and_shows_in_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("params.yaml", "dvc.yaml"):
        (tmp_path / name).touch()
    monkeypatch.delenv("OBSERVATOIRE_HOME", raising=False)
    found = find_project(tmp_path)
    assert (found.build, found.public) == (tmp_path / "data" / "build", tmp_path / "build")


def test_a_reader_never_sees_half_of_anything(tree: Project) -> None:
    built(tree, "0" * 5000)
    show(tree)
    stop = tree.root / "stop"
    reader = subprocess.Popen(
        [sys.executable, "-c", READER, str(tree.public), str(stop)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    for number in range(1, 200):
        built(tree, str(number % 10) * 5000)
        assert show(tree)
    stop.touch()
    out, errors = reader.communicate(timeout=60)
    assert reader.returncode == 0, errors.decode()
    assert int(out) > 0
    assert not list(tree.root.glob(".build.*")), "something was left behind"


def test_what_is_shown_already_is_left_alone(tree: Project) -> None:
    built(tree, "one")
    assert show(tree)
    before = tree.public.stat().st_ino
    assert not show(tree)
    assert tree.public.stat().st_ino == before
    (tree.public / "site" / "page").unlink()
    assert show(tree)
    assert set(shown(tree)) == {"data/table", "site/page", "manifest"}


def test_what_is_no_longer_built_is_no_longer_shown(tree: Project) -> None:
    built(tree, "one")
    (tree.build / "site" / "gone").touch()
    (tree.build / "site" / "half.part").touch()
    show(tree)
    assert "site/gone" in shown(tree)
    assert "site/half.part" not in shown(tree)
    (tree.build / "site" / "gone").unlink()
    show(tree)
    assert "site/gone" not in shown(tree)


def test_pages_of_checks_are_shown_alone(tree: Project) -> None:
    built(tree, "old")
    (tree.build / "quality").mkdir()
    (tree.build / "quality" / "index.html").write_text("passed", encoding="utf-8")
    show(tree)
    built(tree, "new")
    (tree.build / "quality" / "index.html").unlink()
    (tree.build / "quality" / "index.html").write_text("blocks", encoding="utf-8")
    assert show(tree, only=("quality",))
    assert shown(tree) == {"data/table": "old", "site/page": "old", "manifest": "old", "quality/index.html": "block"}


def test_without_an_exchange_of_folders_the_result_is_the_same(tree: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    built(tree, "one")
    show(tree)
    monkeypatch.setattr(showing, "_exchanged", lambda *_: False)
    built(tree, "two")
    assert show(tree)
    assert set(shown(tree).values()) == {"two"}
    assert not [path for path in tree.root.iterdir() if path.name.startswith(".build")]


def test_without_second_names_files_are_copied(tree: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, target: Path) -> None:
        raise OSError

    monkeypatch.setattr(os, "link", refuse)
    built(tree, "one")
    assert show(tree)
    assert not show(tree)


def test_a_run_that_stops_midway_leaves_the_last_report_as_a_whole(tree: Project, project: Project) -> None:
    shutil.copytree(project.root / ".dvc", tree.root / ".dvc", ignore=shutil.ignore_patterns("tmp", "cache"))
    (tree.root / "dvc.yaml").write_text(PIPELINE, encoding="utf-8")
    (tree.root / "params.yaml").write_text("edition: 2024\n", encoding="utf-8")
    (tree.root / "make.py").write_text(MAKE, encoding="utf-8")
    (tree.root / "in.txt").write_text("first", encoding="utf-8")
    reproduce(tree, lambda _: None)
    assert shown(tree) == {"data/file": "first", "site/file": "first"}
    (tree.root / "in.txt").write_text("broken", encoding="utf-8")
    with pytest.raises(StageFailed):
        reproduce(tree, lambda _: None)
    assert (tree.build / "data" / "file").read_text(encoding="utf-8") == "broken"
    assert shown(tree) == {"data/file": "first", "site/file": "first"}
    shutil.rmtree(tree.public)
    (tree.root / "in.txt").write_text("third", encoding="utf-8")
    reproduce(tree, lambda _: None)
    shutil.rmtree(tree.public)
    reproduce(tree, lambda _: None)
    assert shown(tree) == {"data/file": "third", "site/file": "third"}, "nothing to do, but build/ had gone"
