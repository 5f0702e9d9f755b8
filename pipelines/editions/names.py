"""How editions are numbered: `2024.1`, `2024.2`, `2025.1`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project

NAME = re.compile(r"(?P<year>\d{4})\.(?P<number>[1-9]\d*)")

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


@dataclass(frozen=True, slots=True, order=True)
class EditionName:
    """The name of one edition: the year it describes and the rank of its corrections, from one."""

    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year}.{self.number}"


def parsed(text: str) -> EditionName:
    """Return the name written in `text`. Raises `BadInput` when it is not of the form `2024.1`."""
    match = NAME.fullmatch(text)
    if match is None:
        raise BadInput(
            Problem(
                "the command",
                "An edition is named by its year and its number",
                "Write 2024.1; `observatoire editions` lists those that exist.",
                value=text,
            )
        )
    return EditionName(int(match["year"]), int(match["number"]))


def sealed_names(project: Project) -> list[EditionName]:
    """Return the sealed editions, oldest first. A folder that is not named like one is nobody's edition."""
    folders = project.editions.iterdir() if project.editions.is_dir() else ()
    return sorted(parsed(folder.name) for folder in folders if folder.is_dir() and NAME.fullmatch(folder.name))


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
