"""Sheets → canonical columns: the layout's map, constants, patterns and code lists applied, cells still as printed."""

from __future__ import annotations

import polars as pl

from pipelines.kernel.catalogue import Layout
from pipelines.kernel.problems import BadInput, Problem
from pipelines.stage.headers import header_problems, places
from pipelines.stage.reading import ROW, Sheet

FILE = "_file"
"""Column that says which file a row comes from, for messages."""

MOST = 5
"""Problems shown for one column and one rule; the last says how many more there are."""


def map_sheet(sheet: Sheet, layout: Layout) -> pl.DataFrame:
    """Return the sheet's rows under canonical names (and `measure:<code>` for long tables), with `_file` and `_row`.

    Blank cells are null; codes for a missing value still stand. Raises `BadInput` on headers that do not fit the
    layout and on codes outside a closed list.
    """
    problems = header_problems(layout, sheet.headers, sheet.name)
    if problems:
        raise BadInput(problems)
    where = places(layout, sheet.headers)
    frame = sheet.cells.select(ROW, *(_blank_is_null(sheet.cells, f"c{i}").alias(name) for name, i in where.items()))
    for header, values in layout.keep.items():
        frame = frame.filter(pl.col(f"keep:{header}").cast(pl.String).is_in(list(values)))
    frame = frame.drop([f"keep:{header}" for header in layout.keep])
    frame = frame.with_columns(
        pl.col(name).cast(pl.String).str.extract(pattern, 1) for name, pattern in layout.extract.items()
    ).with_columns(pl.col(name).str.pad_start(width, "0") for name, width in layout.pad.items())
    frame = frame.with_columns(pl.col(name).cast(pl.String) for name in layout.recode)
    problems = [problem for name in layout.recode for problem in _unknown(frame, name, layout, sheet)]
    if problems:
        raise BadInput(problems)
    return frame.with_columns(
        *(pl.col(name).replace(codes) for name, codes in layout.recode.items()),
        *(pl.lit(value).alias(name) for name, value in layout.constants.items()),
        pl.lit(sheet.name).alias(FILE),
    ).with_columns(pl.col(name).fill_null(value) for name, value in layout.fill.items())


def _blank_is_null(cells: pl.DataFrame, column: str) -> pl.Expr:
    if cells.schema[column] != pl.String:
        return pl.col(column)
    text = pl.col(column).str.strip_chars()
    return pl.when(text != "").then(text)


def _unknown(frame: pl.DataFrame, name: str, layout: Layout, sheet: Sheet) -> list[Problem]:
    codes = layout.recode[name]
    bad = frame.filter(pl.col(name).is_not_null() & ~pl.col(name).is_in(list(codes)))
    return [
        Problem(
            sheet.name,
            "A code is not in the list that the sidecar gives",
            f"Correct it to one of {', '.join(codes)}, or add it under `recode`.{more(bad.height)}",
            row=row,
            column=layout.columns.get(name, name),
            value=value,
        )
        for row, value in bad.select(ROW, name).head(MOST).iter_rows()
    ]


def more(count: int) -> str:
    """Return the sentence that stands for the problems which are not shown."""
    return f" {count} rows in all break this rule." if count > MOST else ""
