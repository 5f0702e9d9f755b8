"""What each figure was, edition by edition: sealed in every edition, and kept up to date beside them.

Inside an edition, `historique/` says what its figures had been when it was sealed. Beside the editions, `maintenant/`
says what figures are in the last one: a sealed page reads it if it is there, and nothing in a sealed folder changes.
`maintenant/` follows from the editions alone; a sealing killed before it was written leaves it to the next to write.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.editions.comparing import read_manifest
from pipelines.editions.names import EditionName, sealed_names
from pipelines.kernel.figure_history import IDENTITY, NOW, PAST, history_script, identity_script
from pipelines.kernel.files import write_text
from pipelines.kernel.project import Project
from pipelines.kernel.sealed import VALUES

GONE = "gone"
"""Stands for the flag of a figure that an edition no longer publishes."""

MARKED = ("c", "S", GONE)
"""Flags that make another figure of the same value: hidden, simulated, gone."""

UP_TO = "editions.json"
"""Beside the scripts: the editions they know of. Written last, so that a list that is whole says they are."""


@dataclass(frozen=True, slots=True)
class Told:
    """One edition as the history tells it: name, day, folder, and figure → causes of what it revised."""

    name: str
    day: str
    folder: Path
    causes: dict[str, list[str]]


def sealed(project: Project) -> list[Told]:
    """Return the sealed editions, oldest first."""
    return [told(project, name) for name in sealed_names(project)]


def told(project: Project, name: EditionName) -> Told:
    """Return one sealed edition."""
    manifest = read_manifest(project, name)
    causes = {item["figure"]: item["causes"] for item in manifest["revisions"]}
    return Told(str(name), manifest["sealed_on"], project.editions / str(name), causes)


def scripts(editions: Sequence[Told]) -> dict[str, str]:
    """Return indicator's file → script, from the values of these editions, oldest first."""
    import polars as pl  # 0.15 s to import, and most verbs on editions need no table

    changes: dict[str, dict[str, list[list[Any]]]] = {}
    for at, edition in enumerate(editions):
        frame = pl.read_parquet(
            edition.folder / VALUES, columns=["indicator_code", "scope_code", "year", "value", "flag"]
        )
        seen = set()
        for code, scope, year, value, flag in frame.sort("indicator_code", "scope_code", "year").iter_rows():
            own = f"{scope}/{year}"
            seen.add((code, own))
            _note(
                changes.setdefault(code, {}).setdefault(own, []), at, value, flag, edition.causes.get(f"{code}/{own}")
            )
        for code, figures in changes.items():
            for own, rows in figures.items():
                if (code, own) not in seen:
                    _note(rows, at, None, GONE, edition.causes.get(f"{code}/{own}"))
    listed = [(edition.name, edition.day) for edition in editions]
    return {f"{code.lower()}.js": history_script(code, listed, figures) for code, figures in sorted(changes.items())}


def write_past(part: Path, project: Project, new: Told) -> None:
    """Write `historique/` of an edition that is about to be sealed from `part`, its own figures included."""
    (part / PAST).mkdir()
    for name, text in scripts([*sealed(project), new]).items():
        (part / PAST / name).write_text(text, encoding="utf-8", newline="\n")


def bring_up_to_date(project: Project) -> bool:
    """Write `editions/maintenant/` unless it knows of every sealed edition; say whether it had to be written.

    Each script is replaced in one rename. Killed in between, some say less than others, none says what is not so.
    """
    names = [str(name) for name in sealed_names(project)]
    folder = project.editions / NOW
    known = folder / UP_TO
    if not names or (known.is_file() and json.loads(known.read_text(encoding="utf-8")) == names):
        return False
    known.unlink(missing_ok=True)
    made = scripts(sealed(project))
    for name, text in made.items():
        write_text(folder / name, text)
    _remove_others(folder, made)
    write_text(known, json.dumps(names) + "\n")
    return True


def tell_build(project: Project, year: int) -> None:
    """Say beside the built site that there are editions now, whose past its pages may ask for."""
    write_text(project.build / IDENTITY, identity_script({"edition": str(year), "shelf": True}))


def _remove_others(folder: Path, made: Iterable[str]) -> None:
    kept = set(made)
    for path in folder.iterdir():
        if path.name not in kept:
            path.unlink()


def _note(rows: list[list[Any]], at: int, value: float | None, flag: str, causes: list[str] | None) -> None:
    """Add a line when the figure is another one than in the edition before."""
    mark = flag if flag in MARKED else ""
    if rows and (rows[-1][1], rows[-1][2] if rows[-1][2] in MARKED else "") == (value, mark):
        return
    rows.append([at, value, flag, causes] if causes and rows else [at, value, flag])
