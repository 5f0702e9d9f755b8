"""What a file looks like, before anybody has described it: its headers, and what each column seems to hold.

Everything found here is a proposal that a person reads: types and grain are true of this file, names are guesses.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from pipelines.kernel.catalogue import Dtype, Format, Layout
from pipelines.kernel.problems import BadInput, Problem
from pipelines.stage.reading import ROW, read_sheet

FORMATS: dict[str, Format] = {".csv": "csv", ".txt": "csv", ".parquet": "parquet", ".xlsx": "xlsx"}
SEPARATORS = (";", ",", "\t", "|")
MISSING = ("ND", "nd", "NS", "ns", "NC", "nc", "s", "*", "-", "NA", "n.d.", "#")
"""Codes that stand for a missing number in the files of French ministries."""

YEAR = re.compile(r"^(19|20)\d\d(?:[-/](?:19|20)?\d\d)?$")
"""A year, a school year (2023-2024) or a short one (2023-24)."""

_INT = re.compile(r"^-?\d{1,15}$")
_FLOAT = re.compile(r"^-?\d+[.,]?\d*$")
_CODE = re.compile(r"^[A-Z0-9_-]{1,12}$")


@dataclass(frozen=True)
class Seen:
    """One column: its header in the file, the name proposed for it, its type, whether it is a long year (2023-2024)."""

    header: str
    name: str
    dtype: Dtype
    is_school_year: bool = False


@dataclass(frozen=True)
class Look:
    """A file: how it is read, its columns, the codes for missing numbers met, a grain, whether decimals stand after a
    comma, its rows, its first year.
    """

    layout: Layout
    file_format: Format
    columns: tuple[Seen, ...]
    missing: tuple[str, ...]
    grain: tuple[str, ...]
    has_comma: bool
    rows_count: int
    first_year: int | None


def look_at(path: Path, names: Mapping[str, str]) -> Look:
    """Return what a file looks like; `names`: header → the name that its column shall bear.

    Raises `BadInput` when the file is missing, of no known format or cannot be read, or lacks a header that is named.
    """
    file_format = FORMATS.get(path.suffix.lower())
    if file_format is None:
        mend = f"Give one of: {', '.join(FORMATS)}; or leave --file out and describe it by hand."
        raise BadInput(Problem(path.name, "No format is known by this ending", mend, value=path.suffix))
    layout = _layout(path, file_format)
    sheet = read_sheet(path, path.name, file_format, layout)
    cells = sheet.cells.drop(ROW).select(pl.all().cast(pl.String).str.strip_chars())
    missing = _missing(cells)
    absent = [header for header in names if header not in sheet.headers]
    if absent:
        mend = f"Its headers are: {', '.join(sheet.headers)}."
        raise BadInput(Problem(path.name, "The file has no such header", mend, value=header) for header in absent)
    columns: list[Seen] = []
    for header, name in zip(sheet.headers, cells.columns, strict=True):
        seen = _seen(header, cells[name].drop_nulls(), missing, [seen.name for seen in columns])
        columns.append(replace(seen, name=names.get(header, seen.name)))
    named = cells.rename(dict(zip(cells.columns, [seen.name for seen in columns], strict=True)))
    numbers = [seen.name for seen in columns if seen.dtype == "float"]
    has_comma = any(named[name].str.contains(",", literal=True).any() for name in numbers)
    years = [int(value[:4]) for value in named["year"].drop_nulls() if YEAR.match(value)] if "year" in named else []
    return Look(layout, file_format, tuple(columns), missing, _grain(named, columns), has_comma, named.height,
                min(years, default=None))  # fmt: skip


def name_of(header: str) -> str:
    """Return a header as a name: lower case, without accents, `_` between words."""
    bare = unicodedata.normalize("NFKD", header).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", bare.lower()).strip("_") or "column"


def _layout(path: Path, file_format: Format) -> Layout:
    if file_format != "csv":
        return Layout(files=(path.name,))
    content = path.read_bytes() if path.is_file() else b""
    try:
        text, encoding = content.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        text, encoding = content.decode("latin-1"), "latin-1"
    first = text.split("\n", 1)[0]
    separator = max(SEPARATORS, key=first.count)
    return Layout.model_validate({"files": (path.name,), "separator": separator, "encoding": encoding})


def _missing(cells: pl.DataFrame) -> tuple[str, ...]:
    """Return the codes met in columns that hold numbers otherwise."""
    found: set[str] = set()
    for column in cells.get_columns():
        filled = column.drop_nulls().filter(column.drop_nulls() != "")
        numbers = filled.filter(filled.str.contains(_FLOAT.pattern))
        others = set(filled.filter(~filled.str.contains(_FLOAT.pattern)).unique().to_list())
        if numbers.len() and others <= set(MISSING):
            found |= others
    return tuple(sorted(found))


def _seen(header: str, values: pl.Series, missing: Sequence[str], taken: Sequence[str]) -> Seen:
    filled = [value for value in values.unique().to_list() if value != "" and value not in missing]
    if filled and "year" not in taken and all(YEAR.match(value) for value in filled):
        return Seen(header, "year", "int", is_school_year=any(len(value) > 4 for value in filled))
    dtype: Dtype = "str"
    if filled and all(_INT.match(value) for value in filled) and not any(_is_padded(value) for value in filled):
        dtype, end = "int", "_count"
    elif filled and all(_FLOAT.match(value) for value in filled) and not any(_is_padded(value) for value in filled):
        dtype, end = "float", ""
    else:
        end = "_code" if filled and all(_CODE.match(value) for value in filled) else "_label"
    stem = name_of(header)
    name = stem if f"_{stem}".endswith(end) else f"{stem}{end}"
    number = 2
    while name in taken:
        name, number = f"{stem}_{number}{end}", number + 1
    return Seen(header, name, dtype)


def _is_padded(value: str) -> bool:
    """Say whether a number is a code: it begins with a zero that a number would lose."""
    return len(value) > 1 and value[0] == "0" and value[1].isdigit()


def _grain(cells: pl.DataFrame, columns: Sequence[Seen]) -> tuple[str, ...]:
    """Return the fewest columns, numbers left out, that tell all rows apart; all of them when they do not."""
    keys = [seen.name for seen in columns if seen.dtype == "str" or seen.name == "year"]
    if not keys or cells.select(keys).is_duplicated().any():
        return tuple(keys)
    for name in sorted(keys, key=lambda key: (key == "year", key.endswith("_code"), -keys.index(key))):
        fewer = [key for key in keys if key != name]
        if fewer and name != "year" and not cells.select(fewer).is_duplicated().any():
            keys = fewer
    return tuple(keys)
