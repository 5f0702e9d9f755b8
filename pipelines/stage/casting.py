"""Printed cells → typed columns; a cell that cannot be read as its column's type is named, never dropped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import polars as pl

from pipelines.kernel.catalogue import Dtype, Table
from pipelines.kernel.problems import BadInput, Problem
from pipelines.stage.mapping import FILE, MOST, WAS, more
from pipelines.stage.reading import ROW

TYPES: dict[Dtype, pl.DataType] = {
    "int": pl.Int64(),
    "float": pl.Float64(),
    "str": pl.String(),
    "bool": pl.Boolean(),
    "date": pl.Date(),
    "token": pl.Binary(),
}

EARLIEST, LATEST = 1990, 2100
"""Years outside are absurd for these datasets: a typing error or a misplaced column."""

EXACT = 2**53
"""Above, a decimal number no longer names one whole number; no count comes near."""

_NUMBER = r"^[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$"  # \d would let in the digits of other scripts
_COMMA = r"^([+-]?[0-9]+),([0-9]+)$"
_MEND_NUMBER = "Correct the cell, or add its code to `missing` in the sidecar."


def cast_table(
    frame: pl.DataFrame,
    table: Table,
    missing: Iterable[str],
    headers: Mapping[str, str] | None = None,
    decimal_mark: str = ".",
) -> pl.DataFrame:
    """Return the table's columns in their types, with `_file` and `_row`; codes in `missing` become null.

    `headers` gives the source's own header of a column (or `measure:<code>`): messages name what the reader sees.

    Columns that the frame lacks are null throughout. Raises `BadInput`, one problem a cell (five at most a column
    and rule): text in a number, a count that is negative or not whole, an absurd year, a blank where one is required.
    """
    problems: list[Problem] = []
    columns: list[pl.Series] = []
    codes = list(missing)
    for name, dtype in table.columns.items():
        if name == table.rank and name not in frame.columns:
            continue
        if name not in frame.columns:
            columns.append(pl.Series(name, [None] * frame.height, dtype=TYPES[dtype]))
            continue
        cells = frame[name]
        if cells.dtype == pl.String and codes and name != "missing_code":
            cells = frame.select(pl.when(~pl.col(name).is_in(codes)).then(pl.col(name)).alias(name))[name]
        if dtype == "float" and cells.dtype == pl.String and decimal_mark == ",":
            cells = cells.str.replace(_COMMA, "$1.$2")
        typed = _cast(cells, dtype)
        columns.append(typed)
        problems += _faults(frame, cells, typed, dtype)
        blank = typed.is_null() & cells.is_null()
        is_due = name in table.grain or name in table.required
        if f"{WAS}{name}" in frame.columns and (is_due or dtype != "str"):
            # A text may rightly be blank where its pattern finds nothing; a number or a date was not understood.
            was = frame[f"{WAS}{name}"]
            unmatched = was.is_not_null() & ~was.is_in(codes) & blank
            rule = "The cell has not the form that the sidecar expects here"
            mend = "Correct the cell, or mend the pattern under `extract`."
            problems += _problems(frame, was.alias(name), unmatched, rule, mend)
            blank = blank & ~unmatched
        if is_due:
            problems += _problems(frame, cells, blank, "A value is required here", "Give the missing value.")
    if problems:
        told = [replace(problem, column=_header(problem, headers or {})) for problem in problems]
        # Two columns may be read from one cell: what is wrong with it is told once.
        raise BadInput({(item.file, item.row, item.column): item for item in reversed(told)}.values().__reversed__())
    return pl.DataFrame([*columns, frame[FILE], frame[ROW]])


def _cast(cells: pl.Series, dtype: Dtype) -> pl.Series:
    """Return the cells in their type; null where a cell does not read as that type."""
    if dtype == "str":
        return cells.cast(pl.String)
    if dtype == "bool":
        if cells.dtype == pl.Boolean:
            return cells
        return cells.replace_strict({"true": True, "false": False}, default=None, return_dtype=pl.Boolean)
    if dtype == "date":
        if cells.dtype.is_temporal():
            return cells.cast(pl.Date)
        return cells.cast(pl.String).str.to_date("%Y-%m-%d", strict=False)
    if cells.dtype == pl.String:
        readable = cells.str.contains(_NUMBER)
        number = _where(cells, readable).cast(pl.Float64)
    else:
        number = cells.cast(pl.Float64)
    number = _where(number, number.is_finite())
    if dtype == "float":
        return number
    return _where(number, (number == number.round()) & (number.abs() < EXACT)).cast(pl.Int64)


def _where(cells: pl.Series, mask: pl.Series) -> pl.Series:
    """Return the cells where the mask holds, null elsewhere."""
    return cells.zip_with(mask.fill_null(value=False), pl.Series([None], dtype=cells.dtype))


def _faults(frame: pl.DataFrame, cells: pl.Series, typed: pl.Series, dtype: Dtype) -> list[Problem]:
    unread = cells.is_not_null() & typed.is_null()
    if dtype in ("int", "float"):
        rule = "A whole number is expected" if dtype == "int" else "A number is expected"
        problems = _problems(frame, cells, unread, rule, _MEND_NUMBER)
    elif dtype == "date":
        problems = _problems(frame, cells, unread, "A date as 2022-10-31 is expected", "Correct the cell.")
    elif dtype == "bool":
        problems = _problems(frame, cells, unread, "true or false is expected", "Correct the cell.")
    else:
        problems = []
    if dtype in ("int", "float") and cells.name.endswith("_count"):
        negative = (typed < 0).fill_null(value=False)
        problems += _problems(frame, cells, negative, "A count is never negative", "Correct the cell.")
    if cells.name == "year":
        absurd = ((typed < EARLIEST) | (typed > LATEST)).fill_null(value=False)
        rule = f"A year lies between {EARLIEST} and {LATEST}"
        problems += _problems(frame, cells, absurd, rule, "Correct the year, or check that no column has moved.")
    return problems


def _problems(frame: pl.DataFrame, cells: pl.Series, bad: pl.Series, rule: str, mend: str) -> list[Problem]:
    if not bad.any():
        return []
    place = pl.col("measure_code") if cells.name == "value" else pl.lit(cells.name)
    hits = frame.select(FILE, ROW, place.alias("_place")).with_columns(cells.cast(pl.String).alias("_cell")).filter(bad)
    return [
        Problem(file, rule, mend + more(hits.height), row=row, column=column, value=value)
        for file, row, column, value in hits.sort(FILE, ROW).head(MOST).iter_rows()
    ]


def _header(problem: Problem, headers: Mapping[str, str]) -> str | None:
    """Return the source's header of the column a problem names: its reader has the source before him."""
    name = problem.column or ""
    return headers.get(name, headers.get(f"measure:{name}", problem.column))
