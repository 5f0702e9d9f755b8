"""Sheets → canonical columns: the layout's map, constants, patterns and code lists applied, cells still as printed."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipelines.kernel.catalogue import Layout
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.spoilt import SPOILT
from pipelines.stage.headers import header_problems, places
from pipelines.stage.reading import ROW, Sheet

FILE = "_file"
"""Column that says which file a row comes from, for messages."""

WAS = "_was:"
"""Prefix of the columns that keep what stood in a cell to which a pattern was put."""

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
    problems = [problem for place in dict.fromkeys(where.values()) for problem in _spoilt(sheet, place)]
    if problems:
        raise BadInput(problems)
    frame = sheet.cells.select(ROW, *(_blank_is_null(sheet.cells, f"c{i}").alias(name) for name, i in where.items()))
    for header, values in layout.keep.items():
        frame = frame.filter(pl.col(f"keep:{header}").cast(pl.String).is_in(list(values)))
        if frame.is_empty():
            raise BadInput(_nothing_kept(sheet, header, values, where[f"keep:{header}"]))
    frame = frame.drop([f"keep:{header}" for header in layout.keep])
    frame = frame.with_columns(pl.col(name).cast(pl.String).alias(f"{WAS}{name}") for name in layout.extract)
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


def _spoilt(sheet: Sheet, place: int) -> list[Problem]:
    """Name the cells of one column that were spoilt on their way."""
    column = f"c{place}"
    if sheet.cells.schema[column] != pl.String:
        return []
    problems = []
    for pattern, rule, mend in SPOILT:
        bad = sheet.cells.select(ROW, column).filter(pl.col(column).str.contains(pattern))
        problems += [
            Problem(
                sheet.name, rule, mend + more(bad.height), row=row, column=sheet.headers[place], value=repr(value)[1:-1]
            )
            for row, value in bad.head(MOST).iter_rows()
        ]
    return problems


def _nothing_kept(sheet: Sheet, header: str, values: Sequence[str], place: int) -> Problem:
    found = sheet.cells[f"c{place}"].cast(pl.String).drop_nulls().unique().sort().to_list()
    return Problem(
        sheet.name,
        f"No row of the file is about {' or '.join(values)}",
        "Check that this is the file that is meant; if its code is a new one, name it under `keep` in the sidecar.",
        column=header,
        value=", ".join(found[:3]),
    )


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
