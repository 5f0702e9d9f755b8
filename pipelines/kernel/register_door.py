"""The door of registers: which file is let in, and what of it; names and other columns nobody asked for stay outside.

A layout whose cells are the form's own words is only looked at, and DuckDB reads it later. The cells of the others,
workbooks among them, are read here and put into the form's words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.kernel.catalogue import Vintage
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.register_files import read_cells
from pipelines.kernel.register_forms import Form
from pipelines.kernel.register_layouts import ROW, Names, arranged, is_direct, places_of
from pipelines.kernel.register_text import (
    CellFile,
    CsvFile,
    RegisterFile,
    connect,
    open_csv,
    read_with_python,
    relation,
)

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Opened:
    """A file with what its layout says: where the columns of the form stand, and what the office calls them."""

    file: RegisterFile
    places: Mapping[str, int]
    headers: Mapping[str, str]


def glance(path: Path, name: str, vintage: Vintage) -> Opened | None:
    """Return a file of which only the first lines were looked at, to know its year; `None` where they do not tell.

    Raises `BadInput` as `open_register` does of them.
    """
    if vintage.format == "xlsx" or not is_direct(vintage):
        return None
    file = open_csv(path, name, vintage.separator, whole=False)
    return Opened(file, places_of(file.header, vintage, name), vintage.columns) if file.first_line == 1 else None


def open_register(path: Path, name: str, vintage: Vintage, names: Names) -> Opened:
    """Return a file with the places of its columns; cells that are not yet the form's words are read here.

    Names and other columns that nobody asked for stay outside; raises `BadInput` as `places_of` and `read_cells` do.
    """
    if vintage.format == "xlsx":
        return _told(name, read_cells(path, name, vintage, names), vintage)
    file = open_csv(path, name, vintage.separator)
    found = places_of(file.header, vintage, name)
    if is_direct(vintage):
        # DuckDB takes the first line for the header: one that lies deeper, or on several lines, is Python's business.
        return Opened(file if file.first_line == 1 else read_with_python(file), found, vintage.columns)
    import polars as pl

    read = read_with_python(file)
    cells = {f"c{place}": [row[place] for row in read.rows] for place in set(found.values())}
    frame = pl.DataFrame({**cells, ROW: read.lines}, schema_overrides={ROW: pl.Int64})
    return _told(name, arranged(frame, found, vintage, names), vintage)


def _told(name: str, frame: pl.DataFrame, vintage: Vintage) -> Opened:
    """Return cells in the form's words as a file that was read."""
    if frame.is_empty():
        raise BadInput(Problem(name, "The file has a header and no row", "Ask the office for its extract again."))
    columns = [column for column in frame.columns if column != ROW]
    file = CellFile(name, tuple(columns), frame.select(columns).rows(), frame[ROW].to_list())
    return Opened(file, {column: place for place, column in enumerate(columns)}, vintage.columns)


def nameless(opened: Opened, form: Form) -> Problem | None:
    """Say that no row of a file has an identifier, well formed or not."""
    import duckdb

    places = {column: opened.places[column] for column in form.identifiers if column in opened.places}
    known = " or ".join(f"trim(c{place}) <> ''" for place in places.values())
    with connect(1) as connection:
        try:
            cells = relation(connection, [opened.file], "cells")
            if connection.execute(f"select 1 from {cells} where {known} limit 1").fetchone():
                return None
        except duckdb.Error:  # what is wrong with the file is said when it is read
            return None
    headers = " or ".join(opened.headers[column] for column in places if column in opened.headers)
    return Problem(
        opened.file.shown,
        "No row of the file has an identifier: by name only it cannot be linked, and names are not read",
        f"Ask the office to export {headers}.",
    )


def refuse_simulated(file: RegisterFile) -> None:
    """Refuse a file of the generator's, whose rows say so in the column ORIGINE."""
    if "ORIGINE" not in file.header:
        return
    is_simulated = _says_simulated(file)
    if is_simulated is None and isinstance(file, CsvFile):
        is_simulated = _says_simulated(read_with_python(file))
    if is_simulated:
        raise BadInput(
            Problem(
                file.shown,
                "This file comes from the generator: its rows say they are simulated",
                "Simulated registers are made by `observatoire simulate`; add the office's own extract.",
                column="ORIGINE",
            )
        )


def _says_simulated(file: RegisterFile) -> bool | None:
    """Say whether a row has `simulée` in the column ORIGINE; nothing when DuckDB cannot read the file."""
    import duckdb

    place = file.header.index("ORIGINE")
    with connect(None) as connection:
        try:
            cells = relation(connection, [file], "cells")
            found = connection.execute(f"select 1 from {cells} where trim(c{place}) = 'simulée' limit 1").fetchone()
        except duckdb.Error:
            return None
    return found is not None
