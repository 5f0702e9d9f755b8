"""Workbooks of registers → text cells, with the line numbers that the spreadsheet shows.

An office fills them by hand: a title above the header, blank lines, dates as dates or as text, spaces at the end. What
cannot be read without guessing (merged cells, a formula in error, two sheets that both look right) is refused.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from dataclasses import dataclass
from html import unescape
from io import BytesIO
from pathlib import Path

import polars as pl

from pipelines.kernel.catalogue import Source, Vintage
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.register_layouts import ROW, SEPARATORS, Names, arranged, known_headers, places_of, score

SIMULATED = "simulated"
"""Vintage of the sidecar that describes the generator's files; the others are how offices send theirs."""

TITLE_ROWS = 30
"""Lines at the top of a sheet among which the header is looked for."""

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_AGAIN = "Ask the office for its workbook again, saved as XLSX."
_MOMENT = r"^(\d{4}-\d{2}-\d{2})[ T]\d{2}:\d{2}:\d{2}(?:\.\d+)?$"
_DAYS = (32_874, 73_415)
"""Excel's numbers of 1 January 1990 and 31 December 2100: a date whose cell lost its format."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its cells from A1 (`c0`, `c1`…, `_row`), all text, and the line of its header."""

    name: str
    cells: pl.DataFrame
    header_row: int
    headers: tuple[str, ...]


def layout_of(source: Source, path: Path, name: str) -> Vintage:
    """Return the layout of the sidecar that a register's file follows: by its content, then by its headers.

    A file that fits none gets the nearest one, whose reading then says what is wrong. Raises `BadInput` when the file
    is missing or is a workbook that cannot be opened.
    """
    content = _content(path, name)
    is_workbook = content.startswith((_ZIP, _OLE)) or path.suffix.lower() in {".xlsx", ".xlsm", ".xls"}
    layouts = [
        vintage
        for vintage in source.vintages
        if vintage.id != SIMULATED and vintage.format == ("xlsx" if is_workbook else "csv")
    ]
    if not is_workbook:
        line = _first_line(content)  # split at every separator: a wrong one is then said of the right layout
        return max(layouts, key=lambda vintage: max(score(line.split(mark), vintage) for mark in SEPARATORS))
    book = _Book(content, name)
    return max(layouts, key=lambda vintage: book.score(vintage))


def read_cells(path: Path, name: str, vintage: Vintage, names: Names | None = None) -> pl.DataFrame:
    """Return the columns of a register's workbook: canonical names, text, "" for blank, and `_row`.

    Raises `BadInput`, never showing a cell, when the file is no workbook, is protected, has no sheet or two that bear
    the headers, lacks a column or has one too many, holds merged cells or formulas in error, or has no row.
    """
    book = _Book(_content(path, name), name)
    sheet = book.sheet(vintage)
    found = places_of(sheet.headers, vintage, name, sheet.header_row)
    problems = book.torn_cells(sheet, set(found.values()))
    if problems:
        raise BadInput(problems)
    below = sheet.cells.filter(pl.col(ROW) > sheet.header_row)
    rows = arranged(below.with_columns(pl.exclude(ROW).str.replace(_MOMENT, "$1")), found, vintage, names)
    if rows.is_empty():
        raise BadInput(Problem(name, "The workbook has a header and no row", _AGAIN))
    return _with_dates(rows, book.first_day)


def _with_dates(rows: pl.DataFrame, first_day: int) -> pl.DataFrame:
    """Write dates that lost their format, such as 42248, as 2015-09-01."""
    dates = [column for column in rows.columns if column.endswith(("_on", "_date"))]
    day = pl.col(dates).cast(pl.Int64, strict=False) + first_day
    text = (pl.lit("1899-12-30").str.to_date() + pl.duration(days=day)).cast(pl.String)
    return rows.with_columns(pl.when(day.is_between(*_DAYS)).then(text).otherwise(pl.col(dates)).name.keep())


def _content(path: Path, name: str) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise BadInput(Problem(name, "The file is missing", "Put it back, or take the vintage in again.")) from None


def _first_line(content: bytes) -> str:
    line = content.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n").split(b"\n", 1)[0]
    try:
        return line.decode("utf-8").replace('"', "")
    except UnicodeDecodeError:
        return line.decode("latin-1").replace('"', "")


class _Book:
    """An open workbook: what a reader of cells says of it, and what only its XML tells."""

    def __init__(self, content: bytes, name: str) -> None:
        import fastexcel

        self._name = name
        if not content.strip():
            raise BadInput(Problem(name, "The file is empty", _AGAIN))
        if content.startswith(_OLE):
            raise BadInput(
                Problem(
                    name,
                    "The workbook is protected by a password, or in the format of Excel before 2007",
                    "Save it as XLSX without a password; keep the file itself where only the office reads it.",
                )
            )
        if not content.startswith(_ZIP):
            raise BadInput(Problem(name, "The file bears the name of a workbook and is none", _AGAIN))
        try:
            self._reader = fastexcel.read_excel(content)
            self._parts = zipfile.ZipFile(BytesIO(content))
            is_whole = self._parts.testzip() is None  # the reader of cells does not look at checksums
            self._sheets = {sheet: self._load(sheet) for sheet in self._reader.sheet_names}
        except (fastexcel.FastExcelError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError):
            is_whole = False
        if not is_whole:
            raise self._damaged()
        self._index = self._part("xl/workbook.xml")

    def _damaged(self) -> BadInput:
        return BadInput(Problem(self._name, "The file is no whole Excel workbook: it is damaged or cut short", _AGAIN))

    def _part(self, path: str) -> str:
        """Return one part of the workbook as text."""
        try:
            return self._parts.read(path).decode("utf-8")
        except (KeyError, UnicodeDecodeError):
            raise self._damaged() from None

    @property
    def first_day(self) -> int:
        """Days to add to a date's number: workbooks made on old Macintoshes count from 1904."""
        return 1_462 if re.search(r'date1904="(1|true)"', self._index) else 0

    def _load(self, name: str) -> pl.DataFrame:
        loaded = self._reader.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
        frame = loaded.to_polars()
        frame = frame.rename({column: f"c{place}" for place, column in enumerate(frame.columns)})
        return frame.with_row_index(ROW, offset=1).with_columns(pl.col(ROW).cast(pl.Int64))

    def score(self, vintage: Vintage) -> int:
        """Return how well the layout fits the best sheet; one that names a sheet fits only that one, and better."""
        best = max((_header(sheet, vintage)[0] for sheet in self._candidates(vintage).values()), default=-1)
        return 2 * best + (vintage.sheet in self._sheets)

    def _candidates(self, vintage: Vintage) -> dict[str, pl.DataFrame]:
        return {name: sheet for name, sheet in self._sheets.items() if vintage.sheet in (None, name)}

    def sheet(self, vintage: Vintage) -> Sheet:
        """Return the one sheet that bears the layout's headers. Raises `BadInput` when none does, or two do."""
        candidates = self._candidates(vintage)
        if not candidates:
            raise BadInput(
                Problem(
                    self._name,
                    f"The workbook has no sheet called {vintage.sheet}",
                    "Give the sheet with the rows its name back; the template has it.",
                )
            )
        if all(sheet.is_empty() for sheet in candidates.values()):
            raise BadInput(Problem(self._name, "The sheet is empty", _AGAIN))
        scores = {name: _header(sheet, vintage) for name, sheet in candidates.items()}
        best = max(found for found, _ in scores.values())
        if best < 2:
            raise BadInput(
                Problem(
                    self._name,
                    f"None of the first {TITLE_ROWS} lines bears the register's headers",
                    f"Write them above the rows: {', '.join(known_headers(vintage))}.",
                )
            )
        bearing = [name for name, (found, _) in scores.items() if 2 * found > best]
        if len(bearing) > 1:
            raise BadInput(
                Problem(
                    self._name,
                    f"{len(bearing)} sheets bear the register's headers",
                    "Bring their rows together on one sheet, or send one workbook a sheet.",
                )
            )
        row = scores[bearing[0]][1]
        cells = candidates[bearing[0]]
        headers = cells.filter(pl.col(ROW) == row).drop(ROW).row(0)
        return Sheet(bearing[0], cells, row, tuple((header or "").strip() for header in headers))

    def torn_cells(self, sheet: Sheet, wanted: set[int]) -> list[Problem]:
        """Say which cells of the wanted columns are merged or hold an error: a reader of cells shows them blank."""
        xml = self._xml(sheet.name)
        if "mergeCell " not in xml and 't="e"' not in xml:  # nearly always, and the patterns take their time
            return []
        merged = re.findall(r'<(?:\w+:)?mergeCell [^>]*ref="([A-Z]+)(\d+):([A-Z]+)(\d+)"', xml)
        errors = re.findall(r'<(?:\w+:)?c (?=[^>]*\bt="e")[^>]*\br="([A-Z]+)(\d+)"', xml)
        # The reader's first column is the first one in use, not column A.
        first = min(
            (_number(letters) for letters in set(re.findall(r'<(?:\w+:)?c [^>]*\br="([A-Z]+)\d', xml))), default=0
        )
        problems = []
        for left, top, right, bottom in merged:
            touched = set(range(_number(left) - first, _number(right) - first + 1)) & wanted
            if touched and int(bottom) >= sheet.header_row:
                problems.append(
                    Problem(
                        self._name,
                        f"Cells {left}{top} to {right}{bottom} are merged, so that one value stands for several",
                        "Unmerge them and write the value in each cell.",
                        row=int(top),
                        column=sheet.headers[min(touched)],
                    )
                )
        for letters, row in errors:
            place = _number(letters) - first
            if place in wanted and int(row) > sheet.header_row:
                problems.append(
                    Problem(
                        self._name,
                        "The cell holds a formula in error, such as #N/A or #REF!",
                        "Write the value in its place.",
                        row=int(row),
                        column=sheet.headers[place],
                    )
                )
        return problems[:5]

    def _xml(self, name: str) -> str:
        """Return the XML of one sheet; it is found through its relation, as the number in its path means nothing."""
        relation = next(
            re.search(r'\b\w+:id="([^"]+)"', tag)
            for tag in re.findall(r"<(?:\w+:)?sheet [^>]*>", self._index)
            if (label := re.search(r'\bname="([^"]*)"', tag)) and unescape(label[1]) == name
        )
        relations = self._part("xl/_rels/workbook.xml.rels")
        for tag in re.findall(r"<Relationship [^>]*>", relations):
            target = re.search(r'\bTarget="([^"]+)"', tag)
            if relation and target and f'Id="{relation[1]}"' in tag:
                path = target[1]
                return self._part(path[1:] if path.startswith("/") else f"xl/{path}")
        return ""


def _header(sheet: pl.DataFrame, vintage: Vintage) -> tuple[int, int]:
    """Return the most headers of the layout that a line near the top bears, and the line's number."""
    rows = sheet.head(TITLE_ROWS).iter_rows()
    scores = [(score([cell or "" for cell in cells], vintage), -number) for number, *cells in rows]
    found, number = max(scores, default=(0, -1))
    return found, -number


def _number(letters: str) -> int:
    """Return the place of a column, from 0: A is 0, Z is 25, AA is 26."""
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - ord("A") + 1
    return number - 1
