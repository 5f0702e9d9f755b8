"""Cells of a register → typed columns, and what is wrong with them: rule, mend, which rows. Never a value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from pipelines.kernel.catalogue import Dtype
from pipelines.kernel.register_forms import Cell

TYPES: dict[Dtype, pl.DataType] = {
    "int": pl.Int64(),
    "float": pl.Float64(),
    "str": pl.String(),
    "bool": pl.Boolean(),
    "date": pl.Date(),
}

DATES = ("%d/%m/%Y", "%Y-%m-%d")

Lists = Mapping[str, Mapping[str, str]]
"""Name of a reference list → what a file may say (in lower case) → our code."""

Fault = tuple[str, str, pl.Series]
"""The rule broken, the sentence that says what to do, and the mask of the rows that break it."""


def typed_cells(
    column: str, cells: Sequence[str], cell: Cell, kind: Dtype, lists: Lists
) -> tuple[pl.Series, list[Fault]]:
    """Return the typed column, and what is wrong: rule, mend, mask."""
    dtype = TYPES[kind]
    raw = pl.Series(column, cells, dtype=pl.String)
    blank = raw == ""
    text = raw.zip_with(~blank, pl.Series([None], dtype=pl.String))
    faults: list[Fault] = []
    if cell.required:
        faults.append(("A value is required here", "Give the missing value.", blank))
    if cell.kind == "code":
        values, rule = _coded(text, cell, dtype, lists)
    elif cell.kind == "date":
        values, rule = _dated(text), "A date as 31/01/2024 is expected"
        if cell.bounds:
            low, high = cell.bounds
            outside = ((values.dt.year() < low) | (values.dt.year() > high)).fill_null(value=False)
            faults.append((f"The year of a date lies between {low} and {high}", "Write it with four digits.", outside))
    else:
        number = text.str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)
        number = number.zip_with(number.is_finite().fill_null(value=False), pl.Series([None], dtype=pl.Float64))
        if cell.kind != "number":
            whole = (number == number.round()).fill_null(value=False)
            number = number.zip_with(whole, pl.Series([None], dtype=pl.Float64))
        rule = "A number is expected" if cell.kind == "number" else "A whole number is expected"
        values = number.cast(dtype, strict=False)  # a number of thirty digits is no count either
        if cell.bounds:
            low, high = cell.bounds
            outside = ((values < low) | (values > high)).fill_null(value=False)
            faults.append((f"The value lies between {low} and {high}", "Check that no column has slipped.", outside))
    faults.append((rule, "Correct the cell, or check that no column has slipped.", ~blank & values.is_null()))
    return values.alias(column), faults


def _coded(text: pl.Series, cell: Cell, dtype: pl.DataType, lists: Lists) -> tuple[pl.Series, str]:
    codes: Mapping[str, object] | None = lists[cell.listed] if cell.listed else cell.codes
    if codes is None:
        pattern, words = cell.shape or ("", "")
        return text.set(~text.str.contains(pattern), None), f"A code of {words} is expected, as Insee writes it"
    lowered = text.str.to_lowercase()
    values = lowered.replace_strict(dict(codes), default=None, return_dtype=dtype)
    known = sorted({str(code) for code in codes.values()})
    return values, "The code is not in the list: " + (", ".join(known) if len(known) < 15 else f"ref_{cell.listed}")


def _dated(text: pl.Series) -> pl.Series:
    first, second = (text.str.to_date(form, strict=False) for form in DATES)
    return first.zip_with(first.is_not_null(), second)
