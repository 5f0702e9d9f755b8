"""One dataset: its vintages' files → its staging tables, in memory. Pure but for reading the files it is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path

import polars as pl

from pipelines.kernel.catalogue import Layout, Origin, Source, Table, Vintage
from pipelines.kernel.problems import BadInput, Problem
from pipelines.stage.casting import cast_table
from pipelines.stage.headers import wanted
from pipelines.stage.mapping import map_sheet
from pipelines.stage.reading import read_sheet
from pipelines.stage.shaping import bring_together, number_rows, unpivot

Tables = dict[str, pl.DataFrame]
"""Staging table's name → its rows, ordered by the grain."""


def stage_vintage(source: Source, vintage: Vintage, files: Mapping[str, Path], origin: Origin) -> Tables:
    """Return the staging tables of one vintage from its files (shown name → path).

    Raises `BadInput` with every problem found: a fault in one table does not hide those of another.
    """
    rows = {} if vintage.shipped else {None: _adapter(source)(vintage, files)}
    tables: Tables = {}
    problems: dict[Problem, None] = {}  # ordered, and a cell that two tables read is named once
    for table in source.tables:
        name = table.name(source.id)
        try:
            if vintage.shipped:
                tables[name] = _shipped(source, table, files)
            else:
                tables[name] = _from_rows(rows[None], table, vintage)
        except BadInput as error:
            problems.update(dict.fromkeys(error.problems))
    if problems:
        raise BadInput(problems)
    return {name: frame.with_columns(pl.lit(origin).alias("origin")) for name, frame in tables.items()}


def combine(source: Source, staged: Sequence[tuple[Vintage, Tables]]) -> Tables:
    """Return the tables of a dataset from those of its vintages, the oldest and the shipped one first.

    A vintage replaces, in every table that has a year, all earlier rows of the years it covers; in a table without
    a year, all earlier rows.
    """
    result: Tables = {}
    for vintage, tables in sorted(staged, key=lambda item: not item[0].shipped):
        del vintage
        for table in source.tables:
            name = table.name(source.id)
            new, old = tables[name], result.get(name)
            if old is not None and "year" in table.grain:
                earlier = old.filter(~pl.col("year").is_in(new["year"].unique().to_list()))
                new = pl.concat([earlier, new]).sort(list(table.grain))
            result[name] = new
    return result


def _adapter(source: Source):  # type: ignore[no-untyped-def]  # a module found by name has no type
    try:
        return import_module(f"pipelines.stage.adapters.{source.adapter}").adapt
    except ModuleNotFoundError as error:
        raise BadInput(
            Problem(
                f"data/sources/{source.id}.yml",
                "The sidecar names an adapter that does not exist",
                "Use `mapped`, or write the module in pipelines/stage/adapters.",
                column="adapter",
                value=source.adapter,
            )
        ) from error


def _from_rows(rows: pl.DataFrame, table: Table, vintage: Vintage) -> pl.DataFrame:
    layouts: tuple[Layout, ...] = (vintage, *vintage.parts)
    missing = [code for layout in layouts for code in layout.missing]
    headers = {name: header for layout in reversed(layouts) for name, header in wanted(layout).items()}
    frame = unpivot(number_rows(rows, table), vintage)
    return bring_together(cast_table(frame, table, missing, headers, vintage.decimal_mark), table, at_grain=False)


def _shipped(source: Source, table: Table, files: Mapping[str, Path]) -> pl.DataFrame:
    """Read one shipped figure file: canonical headers, at its grain already."""
    file = f"{source.id}__{table.object}.csv"
    found = next(((shown, path) for shown, path in files.items() if path.name == file), None)
    if found is None:
        raise BadInput(
            Problem(f"data/baseline/{file}", "The file is missing", "Restore it with `git checkout -- data/baseline`.")
        )
    layout = Layout(files=(file,), columns={name: name for name in table.columns})
    rows = map_sheet(read_sheet(found[1], found[0], "csv", layout), layout)
    return bring_together(cast_table(rows, table, ()), table, at_grain=True)
