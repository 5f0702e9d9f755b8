"""The project after `observatoire run` from nothing: made once for all test processes, copied by who changes it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pipelines.kernel.files import sha256_of
from pipelines.kernel.project import Project
from tests.shared import once

ROOT = Path(__file__).resolve().parent.parent
TIMED = ("run.yaml", "run.json", "hashes.json", "durations.json")
"""What a run was asked, how long it took, when it looked: no result."""

Observatoire = Callable[..., subprocess.CompletedProcess[str]]


@dataclass(frozen=True, slots=True)
class ColdRun:
    """The project as the run left it, to be read only, and what the run printed."""

    project: Project
    said: str

    def copy(self, target: Path) -> Project:
        """Copy it into a folder that is there, links between its files and times included: it is as up to date."""
        subprocess.run(["cp", "-a", f"{self.project.root}/.", target.as_posix()], check=True)
        return Project(target)

    def copy_of_tables(self, target: Path) -> Project:
        """Copy it without its site and its pages of figures, which are thousands of files."""
        ignored = shutil.ignore_patterns("site", "chiffres")
        shutil.copytree(self.project.root, target, ignore=ignored, dirs_exist_ok=True)
        return Project(target)


@cache
def cold_run() -> ColdRun:
    """Return the run that all test processes share; it takes more than a minute for who comes first."""
    folder = once("cold-run", _run)
    return ColdRun(Project(folder / "observatory"), (folder / "said.txt").read_text(encoding="utf-8"))


def _run(folder: Path) -> None:
    done = command(copy_of(Project(ROOT), folder / "observatory"))("run", "--threads", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    (folder / "said.txt").write_text(done.stdout, encoding="utf-8")


def copy_of(project: Project, target: Path) -> Project:
    """Copy what is under version control, and nothing that a run made."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=project.root,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        source = project.root / name
        if source.is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name)
    return Project(target)


def command(project: Project) -> Observatoire:
    """Return a function that calls the command in that project, as a shell would."""

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        code = f"import sys; sys.path.insert(0, {str(project.root)!r}); from pipelines.cli import main; main()"
        return subprocess.run(
            [sys.executable, "-c", code, *arguments], cwd=project.root, capture_output=True, text=True, check=False
        )

    return call


def hashes(project: Project, *folders: str) -> dict[str, str]:
    """Return the SHA-256 of every file below some folders, less what tells of time alone."""
    return {
        path.relative_to(project.root).as_posix(): sha256_of(path)
        for folder in folders
        for path in sorted((project.root / folder).rglob("*"))
        if path.is_file() and path.name not in TIMED
    }


def stages_that_ran(output: str) -> list[str]:
    """Return the stages that what a run printed does not call up to date."""
    return [
        line.split("]")[1].split()[0]
        for line in output.splitlines()
        if line.startswith("[") and "up to date" not in line
    ]
