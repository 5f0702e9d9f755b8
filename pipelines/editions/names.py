"""How editions are numbered: `2024.1`, `2024.2`, `2025.1`."""

from __future__ import annotations

from collections.abc import Iterable

from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project
from pipelines.kernel.sealed import EditionName, parsed, sealed_names

__all__ = ["MEANING", "EditionName", "known", "next_name", "parsed", "sealed_names"]

MEANING = {
    "fr": (
        "Le premier nombre est l'année de la rentrée que l'édition décrit. Le second vaut un quand elle paraît ; une "
        "correction à l'intérieur de l'édition l'augmente, une nouvelle année augmente le premier."
    ),
    "en": (
        "The first number is the year of the rentrée that the edition describes. The second is one when it appears; a "
        "correction inside the edition raises it, a new year raises the first."
    ),
}


def next_name(existing: Iterable[EditionName], year: int) -> EditionName:
    """Return the name of the next edition of `year`: the first of a new year, else a correction."""
    return EditionName(year, max((name.number for name in existing if name.year == year), default=0) + 1)


def known(project: Project, text: str) -> EditionName:
    """Return the name of a sealed edition. Raises `BadInput` when `text` names none."""
    name = parsed(text)
    names = sealed_names(project)
    if name not in names:
        have = ", ".join(str(item) for item in names) or "none yet; `observatoire seal` makes one"
        raise BadInput(Problem("the command", "No such edition was sealed", f"Editions: {have}.", value=text))
    return name
