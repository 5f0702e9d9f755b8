"""The adapter of datasets for which the sidecar says everything: a map, constants, patterns and code lists."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path

import polars as pl

from pipelines.kernel.catalogue import Layout, Vintage
from pipelines.kernel.problems import BadInput, Problem
from pipelines.stage.mapping import map_sheet
from pipelines.stage.reading import read_sheet


def adapt(vintage: Vintage, files: Mapping[str, Path]) -> pl.DataFrame:
    """Return the rows of all files (shown name → path) under canonical names."""
    return pl.concat(by_part(vintage, files).values(), how="diagonal")


def by_part(vintage: Vintage, files: Mapping[str, Path]) -> dict[str, pl.DataFrame]:
    """Return part name → its rows under canonical names; a vintage without parts has one, called `all`.

    Raises `BadInput` for a file that belongs to no part, a part without a file, and whatever reading raises.
    """
    layouts: dict[str, Layout] = {part.name: part for part in vintage.parts} or {"all": vintage}
    frames: dict[str, list[pl.DataFrame]] = {name: [] for name in layouts}
    problems: list[Problem] = []
    for shown, path in sorted(files.items()):
        part = _part_of(path.name, layouts)
        if part is None:
            problems.append(
                Problem(
                    shown,
                    "The file's name fits no part of this vintage",
                    f"Give it a name like {', '.join(name for item in layouts.values() for name in item.files)}.",
                )
            )
            continue
        try:
            sheet = read_sheet(path, shown, vintage.format, layouts[part])
            frames[part].append(map_sheet(sheet, layouts[part]))
        except BadInput as error:
            problems.extend(error.problems)
    if not problems:
        problems = [
            Problem(
                layouts[name].files[0],
                f"A file of this name is missing: vintage {vintage.id} comes in {len(layouts)} parts",
                "Put the files of all parts in one folder and add the folder.",
            )
            for name, found in frames.items()
            if not found
        ]
    if problems:
        raise BadInput(problems)
    return {name: pl.concat(found, how="diagonal") for name, found in frames.items()}


def _part_of(file: str, layouts: dict[str, Layout]) -> str | None:
    if len(layouts) == 1:
        return next(iter(layouts))
    for name, layout in layouts.items():
        if any(fnmatchcase(file, pattern) for pattern in layout.files):
            return name
    return None
