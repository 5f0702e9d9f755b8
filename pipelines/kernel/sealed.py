"""Sealed editions as a later one may read them: their names, and the figures they published.

Nothing but the public side of an edition is opened: its manifest and the table of values it shows. What a report says
of editions must stay the same when it is made again once it is sealed itself; so it looks only at those before it, and
leaves out, at the end, those that show its very own figures.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.kernel.files import sha256_of, write_json
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project

if TYPE_CHECKING:
    import polars as pl

NAME = re.compile(r"(?P<year>\d{4})\.(?P<number>[1-9]\d*)")

VALUES = "data/pub_values.parquet"
"""Where the values of the indicators stand, in an edition and in `build/` alike."""

STATES = "data/pub_states.parquet"

ADDRESSES = "site/_generated/addresses.json"

MANIFEST = "manifest.json"

KEYS = ["indicator_code", "scope_level", "scope_code", "year"]
"""Columns that name a figure in `pub_values`."""


@dataclass(frozen=True, slots=True, order=True)
class EditionName:
    """The name of one edition: the year it describes and the rank of its corrections, from one."""

    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year}.{self.number}"


@dataclass(frozen=True, slots=True)
class FigureThen:
    """What one sealed edition published of a figure. `value` is None where it was hidden or missing: see `flag`."""

    edition: str
    sealed_on: str
    value: float | None
    flag: str
    origin: str


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


def edition_folder(project: Project, name: EditionName) -> Path:
    """Return the folder of an edition, whether it was sealed or not."""
    return project.editions / str(name)


def read_manifest(project: Project, name: EditionName) -> dict[str, Any]:
    """Return the manifest of a sealed edition."""
    path = edition_folder(project, name) / MANIFEST
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def named_edition(project: Project, key: str) -> EditionName | None:
    """Return the sealed edition that a key names after `@`; None when it names none, or the year of the run at hand.

    Raises `BadInput` when it names an edition that was not sealed, or another year than that of the run.
    """
    address, _, edition = key.partition("@")
    if not edition or edition == str(project.settings().edition):
        return None
    names = [str(name) for name in sealed_names(project)]
    if edition not in names:
        have = ", ".join(names) or "none yet; `observatoire seal` makes one"
        problem = Problem(
            "the command",
            "The address names another edition than the one published here, and none was sealed under that name",
            f"Ask for {address}@{project.settings().edition}, or for a sealed edition: {have}.",
            value=key,
        )
        raise BadInput(problem)
    return parsed(edition)


def read_addresses(project: Project, name: EditionName) -> dict[str, Any]:
    """Return the list of what the report of a sealed edition shows: `items`, by address; empty when it has none."""
    path = edition_folder(project, name) / ADDRESSES
    if not path.is_file():
        return {"items": {}}
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def read_values(project: Project, name: EditionName) -> pl.DataFrame:
    """Return the values that a sealed edition published, a row a figure (`KEYS`)."""
    import polars as pl

    return pl.read_parquet(edition_folder(project, name) / VALUES)


def read_states(project: Project, name: EditionName) -> list[dict[str, Any]]:
    """Return the states of the targets that a sealed edition published; none when it published none."""
    import polars as pl

    path = edition_folder(project, name) / STATES
    return pl.read_parquet(path).to_dicts() if path.exists() else []


def names_before(project: Project, year: int) -> list[EditionName]:
    """Return the sealed editions of that year and of those before it, oldest first: what its report may look at."""
    return [name for name in sealed_names(project) if name.year <= year]


def earlier_editions(project: Project, year: int, values: pl.DataFrame) -> list[EditionName]:
    """Return the sealed editions that came before the report of `year` that shows `values`, oldest first.

    The last ones are left out as long as they show exactly these figures: they are this report, sealed. So a report
    says the same before it is sealed and when it is made again afterwards.
    """
    names = names_before(project, year)
    while names and _same_figures(read_values(project, names[-1]), values):
        names.pop()
    return names


def figure_histories(project: Project, year: int, values: pl.DataFrame) -> dict[str, tuple[FigureThen, ...]]:
    """Return address (`INDICATOR/SCOPE/YEAR`) → what each earlier sealed edition published of it, oldest first.

    `values` is the `pub_values` of the report of `year` that is being made (`earlier_editions` says why it matters). A
    figure that no earlier edition published is not in the answer; one that an edition did not have is not in its row.
    """
    found: dict[str, list[FigureThen]] = {}
    for name in earlier_editions(project, year, values):
        sealed_on = str(read_manifest(project, name)["sealed_on"])
        columns = ["indicator_code", "scope_code", "year", "value", "flag", "origin"]
        for code, scope, of_year, value, flag, origin in read_values(project, name).select(columns).iter_rows():
            then = FigureThen(str(name), sealed_on, value, flag, origin)
            found.setdefault(f"{code}/{scope}/{of_year}", []).append(then)
    return {address: tuple(items) for address, items in found.items()}


def state_of(project: Project, year: int) -> dict[str, str]:
    """Return edition → SHA-256 of its manifest, of all that a report of `year` may look at."""
    return {str(name): sha256_of(edition_folder(project, name) / MANIFEST) for name in names_before(project, year)}


def note_editions(project: Project, year: int) -> None:
    """Write `data/editions.json`, which stands for `editions/` where DVC asks what a report depends on.

    Thousands of files that never change would be hashed on every run; the hash of a manifest stands for all of its
    edition. The file is left untouched when nothing changed.
    """
    path, state = project.data / "editions.json", state_of(project, year)
    if not path.exists() or json.loads(path.read_text(encoding="utf-8")) != state:
        write_json(path, state)


def _same_figures(sealed: pl.DataFrame, values: pl.DataFrame) -> bool:
    columns = [*KEYS, "value", "flag", "origin"]
    return sealed.select(columns).sort(KEYS).equals(values.select(columns).sort(KEYS))
