"""`observatoire new`: the files of a new source, indicator, target or page, with what a person must say left open.

What is left open reads TO FILL IN; every stage refuses such a place with its file and line, so that nothing half
written reaches a page.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipelines.kernel.files import write_text
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project
from pipelines.kernel.yaml_files import FILL_IN


@dataclass(frozen=True)
class Draft:
    """One file to write: where, and its whole text. `is_new`: nothing may stand there yet."""

    path: Path
    text: str
    is_new: bool = True


@dataclass(frozen=True)
class Written:
    """A file that was written, and its lines (from 1) where something is to be filled in."""

    path: Path
    lines: tuple[int, ...]


def added(path: Path, text: str) -> Draft:
    """Return the draft of a file that exists, with a text at its end."""
    return Draft(path, f"{path.read_text(encoding='utf-8').rstrip()}\n\n{text}", is_new=False)


def write(project: Project, drafts: list[Draft]) -> list[Written]:
    """Write all drafts, or none.

    Raises `BadInput`, one problem per file, when a file that is to begin exists already.
    """
    taken = [draft.path for draft in drafts if draft.is_new and draft.path.exists()]
    if taken:
        mend = "Choose another name, or edit the file that is there; nothing was written."
        raise BadInput(Problem(project.shown(path), "The file exists already", mend) for path in taken)
    found: list[Written] = []
    for draft in drafts:
        draft.path.parent.mkdir(parents=True, exist_ok=True)
        write_text(draft.path, draft.text)
        lines = enumerate(draft.text.splitlines(), start=1)
        found.append(Written(draft.path, tuple(number for number, line in lines if FILL_IN in line)))
    return found
