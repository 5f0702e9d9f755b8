"""Trying a file out before it is taken in: which vintage's layout it fits, whether it can be staged. Keeps nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import polars as pl

from pipelines.kernel.catalogue import Format, Layout, Source, Vintage
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project
from pipelines.stage.headers import header_problems
from pipelines.stage.reading import read_sheet
from pipelines.stage.staging import stage_vintage

FORMATS: dict[str, Format] = {
    ".csv": "csv",
    ".txt": "csv",
    ".parquet": "parquet",
    ".xlsx": "xlsx",
    ".geojson": "geojson",
    ".json": "geojson",
}


@dataclass(frozen=True, slots=True)
class Trial:
    """What a file turned out to be: the vintage whose layout it has, and what it gives to each staging table."""

    layout: str
    tables: dict[str, pl.DataFrame]

    @property
    def rows(self) -> dict[str, int]:
        """Staging table → the rows it would get."""
        return {name: frame.height for name, frame in self.tables.items()}


def try_out(project: Project, source: Source, paths: Sequence[Path]) -> Trial:
    """Find the layout that fits the files and stage them in memory.

    Raises `BadInput` when no layout fits (naming what is missing or unknown against the nearest), when several do and
    the file's name does not decide, or when the content cannot be staged.
    """
    files = {project.shown(path): path for path in paths}
    layout = _choose(source, files)
    tables = stage_vintage(source, layout, files, source.origin)
    return Trial(layout.id, tables)


def _choose(source: Source, files: dict[str, Path]) -> Vintage:
    shown, first = next(iter(files.items()))
    file_format = FORMATS.get(first.suffix.lower())
    described = [vintage for vintage in source.vintages if not vintage.shipped]
    candidates = [vintage for vintage in described if vintage.format == file_format]
    if not candidates:
        known = " or ".join(sorted({vintage.format for vintage in described}))
        raise BadInput(
            Problem(
                shown,
                f"No vintage of {source.id} is a file of this kind",
                f"Give a {known} file, or describe the new format in data/sources/{source.id}.yml.",
                value=first.suffix or first.name,
            )
        )
    faults = {vintage.id: _faults(vintage, files) for vintage in candidates}
    fitting = [vintage for vintage in candidates if not faults[vintage.id]]
    if not fitting:
        nearest = min(faults.values(), key=len)
        raise BadInput(nearest)
    if len(fitting) > 1:
        named = [item for item in fitting if all(_is_named(item, path.name) for path in files.values())]
        if len(named) != 1:
            raise BadInput(
                Problem(
                    shown,
                    "The headers fit several vintages and the file's name does not say which",
                    "Name it like " + ", or ".join(f"{item.files[0]} ({item.id})" for item in fitting) + ".",
                    value=first.name,
                )
            )
        fitting = named
    return fitting[0]


def _is_named(layout: Layout, file: str) -> bool:
    return any(fnmatchcase(file, pattern) for pattern in layout.files)


def _faults(vintage: Vintage, files: dict[str, Path]) -> list[Problem]:
    """Say why the files do not have this layout; nothing when they have it."""
    if vintage.format == "geojson":
        return []  # a feature's properties are checked when it is staged
    problems: list[Problem] = []
    used: set[str] = set()
    for shown, path in files.items():
        parts = [part for part in vintage.parts if _is_named(part, path.name)]
        if vintage.parts and not parts:
            names = ", ".join(name for part in vintage.parts for name in part.files)
            problems.append(Problem(shown, "The file's name fits no part of this vintage", f"Name it like {names}."))
            continue
        layout = parts[0] if parts else vintage
        used.update(part.name for part in parts)
        try:
            sheet = read_sheet(path, shown, vintage.format, layout, first_rows=2)
            problems += header_problems(layout, sheet.headers, shown)
        except BadInput as error:
            problems += error.problems
    lacking = [part for part in vintage.parts if part.name not in used]
    if lacking and not problems:
        names = ", ".join(name for part in lacking for name in part.files)
        problems.append(
            Problem(
                next(iter(files)),
                "This vintage comes in several files and some are missing",
                f"Put them all in one folder and add the folder; {names} is missing.",
            )
        )
    return problems
