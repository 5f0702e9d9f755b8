"""Bytes → sheets: the cells of one file as they stand, or one sentence on why they cannot be read.

Nothing is guessed. CSV goes through Python's strict reader rather than a frame library's, because only it says on
which line a quote was left open or a row cut short; parquet keeps its types; everything else is text.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.kernel.catalogue import Format, Layout
from pipelines.kernel.file_kinds import HEAD, kind_of
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.register_text import CONFLICT

ROW = "_row"
"""Column of a sheet that holds the line number an editor or a spreadsheet shows."""

SEPARATORS = {";": "semicolon", ",": "comma", "\t": "tab", "|": "vertical bar"}

_AGAIN = "Fetch the file again from its landing page and add it anew."


@dataclass(frozen=True, slots=True)
class Sheet:
    """One file: its name as messages print it, its headers as they stand, its cells (`c0`, `c1`… and `_row`)."""

    name: str
    headers: tuple[str, ...]
    cells: pl.DataFrame


def read_sheet(path: Path, name: str, file_format: Format, layout: Layout, first_rows: int | None = None) -> Sheet:
    """Read one file; with `first_rows`, only as many rows of it as are needed to know its headers.

    Raises `BadInput` when the file is missing, empty, cut short, in another encoding, format or separator.
    """
    if not path.is_file():
        raise BadInput(Problem(name, "The file is missing", "Put it back, or remove its vintage folder from data/raw."))
    if path.stat().st_size == 0:
        raise BadInput(Problem(name, "The file is empty", _AGAIN))
    if file_format == "parquet":
        return _read_parquet(path, name, first_rows)
    if file_format == "xlsx":
        return _read_xlsx(path, name, layout.sheet, first_rows)
    return _read_csv(path, name, layout)


def _read_csv(path: Path, name: str, layout: Layout) -> Sheet:
    content = path.read_bytes()
    _refuse_other_kind(content, name, "CSV text")
    text = _decode(content, name, layout.encoding)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=layout.separator, strict=True)
    headers: list[str] = []
    rows: list[list[str]] = []
    numbers: list[int] = []
    problems: list[Problem] = []
    start = 1
    try:
        for cells in reader:
            if not cells:
                pass  # a blank line, as at the end of many exports
            elif not headers and cells[0].strip().lower() == "sep=":
                pass  # a line that tells Excel the separator
            elif not headers:
                headers = cells
                _check_separator(headers, name, layout)
            elif cells[0].startswith(CONFLICT):
                raise BadInput(_conflict(name, start))
            elif cells == headers:
                problems.append(
                    Problem(
                        name,
                        "The header stands here again: two files were put one below the other",
                        "Add each file by itself, or take this line out.",
                        row=start,
                    )
                )
            elif len(cells) != len(headers):
                problems.append(_ragged(name, start, len(cells), len(headers)))
            else:
                rows.append(cells)
                numbers.append(start)
            start = reader.line_num + 1
    except csv.Error as error:
        raise BadInput(
            Problem(
                name,
                "A quoted cell is opened and never closed, so the file is cut short or a quote is missing"
                if "end of data" in str(error) or "field limit" in str(error)
                else "Text follows a closing quote, so a quote inside the cell was not doubled",
                _AGAIN,
                row=start,
            )
        ) from error
    if problems:
        raise BadInput(problems[:5])
    if not rows:
        raise BadInput(Problem(name, "The file has a header and no row", _AGAIN))
    while len(headers) > 1 and not headers[-1].strip() and not layout.positions and not any(row[-1] for row in rows):
        headers = headers[:-1]  # each line ends with a separator
        rows = [row[:-1] for row in rows]
    columns: dict[str, Any] = {f"c{place}": values for place, values in enumerate(zip(*rows, strict=True))}
    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
    return Sheet(name, tuple(headers), frame.with_columns(pl.Series(ROW, numbers, dtype=pl.Int64)))


def _conflict(name: str, row: int) -> Problem:
    return Problem(
        name,
        "The file holds a conflict that git could not merge",
        "Keep one of the two versions and take the marks out.",
        row=row,
    )


def _refuse_other_kind(content: bytes, name: str, expected: str) -> None:
    """Raise `BadInput` when the first bytes say that the file is of another kind."""
    kind = kind_of(content)
    if kind is not None:
        raise BadInput(Problem(name, f"The file is no {expected} but {kind}", _AGAIN))


def _refuse_other_start(path: Path, name: str, start: bytes, expected: str) -> None:
    """Raise `BadInput` when a file that could not be read does not even begin as its kind does."""
    with path.open("rb") as stream:
        head = stream.read(HEAD)
    if not head.startswith(start):
        _refuse_other_kind(head, name, expected)
        raise BadInput(Problem(name, f"The file is no {expected}, whatever its name says", _AGAIN))


def _decode(content: bytes, name: str, encoding: str) -> str:
    nul = content.find(b"\0")
    if nul >= 0:
        raise BadInput(
            Problem(
                name,
                "A text file holds no NUL byte; this one is damaged, in UTF-16 or not text at all",
                "Save it as UTF-8 text, or fetch it again.",
                row=content.count(b"\n", 0, nul) + 1,
            )
        )
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.rfind(b"\n", 0, error.start) + 1
        raise BadInput(
            Problem(
                name,
                f"The file is not in {encoding.removesuffix('-sig').upper()}",
                "Save it again in that encoding; do not open and save it with a spreadsheet.",
                row=content.count(b"\n", 0, error.start) + 1,
                value=content[max(line, error.start - 20) : error.start + 20].decode("latin-1"),
            )
        ) from error
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise BadInput(Problem(name, "The file is empty", _AGAIN))
    return text


def _check_separator(headers: list[str], name: str, layout: Layout) -> None:
    if len(headers) > 1 or len(layout.columns) + len(layout.positions) < 2:
        return
    other = next((mark for mark in SEPARATORS if mark != layout.separator and mark in headers[0]), None)
    expected = SEPARATORS.get(layout.separator, layout.separator)
    found = f"; its header seems to use a {SEPARATORS[other]}" if other else ""
    raise BadInput(
        Problem(
            name,
            f"Cells are separated by a {expected} in this vintage{found}",
            "Save it again with that separator, or add a vintage with this one to the sidecar.",
            row=1,
            value=headers[0],
        )
    )


def _ragged(name: str, row: int, found: int, expected: int) -> Problem:
    if found < expected:
        return Problem(
            name,
            f"The row has {found} cells where the header has {expected}: it is cut short",
            _AGAIN,
            row=row,
        )
    return Problem(
        name,
        f"The row has {found} cells where the header has {expected}: a separator inside a cell was not quoted",
        "Put the cell between double quotes, or fetch the file again.",
        row=row,
    )


def _read_parquet(path: Path, name: str, first_rows: int | None) -> Sheet:
    try:
        frame = pl.read_parquet(path, n_rows=first_rows)
    except (pl.exceptions.PolarsError, OSError) as error:
        _refuse_other_start(path, name, b"PAR1", "Parquet file")
        raise BadInput(
            Problem(name, "The file is no whole Parquet file: it is damaged or cut short", _AGAIN)
        ) from error
    nested = [column for column, dtype in frame.schema.items() if dtype.is_nested() or dtype == pl.Binary]
    if nested:
        raise BadInput(
            Problem(
                name, "A cell holds one number or one text; this column holds something else", _AGAIN, column=nested[0]
            )
        )
    return _numbered(name, frame.columns, frame)


def _read_xlsx(path: Path, name: str, sheet: str | None, first_rows: int | None) -> Sheet:
    options: dict[str, Any] = {"read_options": {"n_rows": first_rows + 1}} if first_rows else {}
    try:
        frame = pl.read_excel(
            path,
            sheet_name=sheet,
            sheet_id=None if sheet else 1,
            engine="calamine",
            has_header=False,
            infer_schema_length=0,
            raise_if_empty=False,
            **options,
        )
    except ValueError as error:
        raise BadInput(
            Problem(name, "The workbook has no sheet of this name", "Rename the sheet as in the sidecar.", value=sheet)
        ) from error
    except Exception as error:  # the reader's own exception types are not public
        _refuse_other_start(path, name, b"PK", "Excel workbook")
        raise BadInput(
            Problem(name, "The file is no whole Excel workbook: it is damaged or cut short", _AGAIN)
        ) from error
    if frame.height < 2:
        raise BadInput(Problem(name, "The workbook has a header and no row", _AGAIN))
    headers = [cell or "" for cell in frame.row(0)]
    return _numbered(name, headers, frame.slice(1))


def _numbered(name: str, headers: list[str], frame: pl.DataFrame) -> Sheet:
    if frame.height == 0:
        raise BadInput(Problem(name, "The file has columns and no row", _AGAIN))
    frame = frame.rename({column: f"c{place}" for place, column in enumerate(frame.columns)})
    numbers = pl.int_range(2, frame.height + 2, dtype=pl.Int64, eager=True).alias(ROW)
    return Sheet(name, tuple(headers), frame.with_columns(numbers))
