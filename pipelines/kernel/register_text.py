"""Register files as text: where header and rows lie, in which encoding, and how DuckDB is to read them.

Nothing is typed and nothing judged here. A file that DuckDB cannot follow is read again by Python's csv module, which
either names what is wrong with it, by line, or understands it after all.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pipelines.kernel.file_kinds import kind_of
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import MEMORY

if TYPE_CHECKING:
    import duckdb

MOST = 5
"""Problems shown of one column and rule; the sentence says how many there are."""

BLANKS = (
    " \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0\u1680"
    + "".join(map(chr, range(0x2000, 0x200B)))
    + "\u2028\u2029\u202f\u205f\u3000"
)
"""What Python's `str.strip` takes off the ends of a cell."""

_BLANK_BYTES = (b" ", b"\t", b"\x0b", b"\x0c", b"\x85", b"\xa0", b"\xe1", b"\xe2", b"\xe3")
"""One of these bytes stands in any file in which a cell may have a blank at an end, in UTF-8 or Latin-1."""

_CHUNK = 1 << 20
_GLANCE = 1 << 14

CONFLICT = ("<<<<<<<", "=======", ">>>>>>>")
"""Beginnings of the lines that git puts into a file it could not merge."""


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A CSV file that was looked at and not yet read."""

    path: Path
    shown: str
    header: tuple[str, ...]
    separator: str
    encoding: Literal["utf-8", "latin-1"]
    is_quoted: bool
    is_blank_free: bool
    first_line: int = 1  # line on which the header ends

    def layout(self) -> tuple[object, ...]:
        """Return what files that are read in one go have in common."""
        return (self.header, self.separator, self.encoding, self.is_quoted, self.is_blank_free)

    def first_row(self) -> list[str]:
        """Return the cells of the first row after the header."""
        return next(_rows(self))[1]

    def numbers(self, places: Sequence[int]) -> list[int]:
        """Return the line numbers of rows, given by their places among the rows, from 1."""
        wanted, last, found = set(places), max(places, default=0), {}
        for place, (number, _) in enumerate(_rows(self), start=1):
            if place in wanted:
                found[place] = number
            if place >= last:
                break
        return [found[place] for place in places]


@dataclass(frozen=True, slots=True)
class CellFile:
    """A file whose cells were read already, such as a workbook's sheet: `lines` are the row numbers to show."""

    shown: str
    header: tuple[str, ...]
    rows: Sequence[Sequence[str]]
    lines: Sequence[int]

    is_blank_free = False

    def numbers(self, places: Sequence[int]) -> list[int]:
        """Return the row numbers of rows, given by their places among the rows, from 1."""
        return [self.lines[place - 1] for place in places]


RegisterFile = CsvFile | CellFile


def connect(threads: int | None, memory: str = MEMORY) -> duckdb.DuckDBPyConnection:
    """Return a DuckDB connection for registers: little memory, no extension from outside."""
    import duckdb

    connection = duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})
    connection.execute(f"set memory_limit = '{memory}'")
    if threads is not None:
        connection.execute(f"set threads = {threads:d}")
    return connection


def open_csv(path: Path, shown: str, separator: str, *, whole: bool = True) -> CsvFile:
    """Look at a CSV file in UTF-8 or Latin-1 (no byte of which is refused).

    Unless it is looked at `whole`, only what its first lines say is to be relied on. Raises `BadInput` when the file is
    missing, empty, no text, or holds a header and no row.
    """
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        raise BadInput(Problem(shown, "The file is missing", "Put it back, or take the vintage in again.")) from None
    if size == 0:
        raise _empty(shown)
    encoding: Literal["utf-8", "latin-1"] = "utf-8"
    is_quoted, is_blank_free, is_first = False, True, True
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK if whole else _GLANCE):
            kind = kind_of(chunk) if is_first else None
            if kind:
                raise BadInput(
                    Problem(shown, f"The file is no CSV text but {kind}", "Ask the office for its extract again.")
                )
            if b"\0" in chunk:
                raise BadInput(
                    Problem(
                        shown, "The file is no CSV text: it holds NUL bytes", "Export it as CSV in UTF-8 or Latin-1."
                    )
                )
            # The first part tells: DuckDB refuses what is no UTF-8 further on, and Python then looks at all of it.
            if is_first and not _is_utf8(chunk):
                encoding = "latin-1"
            is_quoted = is_quoted or b'"' in chunk
            is_blank_free = is_blank_free and not any(byte in chunk for byte in _BLANK_BYTES)
            is_first = False
            if not whole:
                break
    file = CsvFile(path, shown, (), separator, encoding, is_quoted, is_blank_free)
    return _with_header(file)


def read_with_python(file: CsvFile) -> CellFile:
    """Read every cell with Python's csv module, which is slow and knows each line.

    Raises `BadInput` with rows that have another number of cells than the header, or a quote that is not closed.
    """
    content = file.path.read_bytes()
    true = _with_header(
        CsvFile(
            file.path,
            file.shown,
            (),
            file.separator,
            "utf-8" if _is_utf8(content, whole=True) else "latin-1",
            file.is_quoted,
            file.is_blank_free,
        )
    )
    rows: list[list[str]] = []
    numbers: list[int] = []
    problems: list[Problem] = []
    for number, row in _rows(true):
        if row[0].startswith(CONFLICT):
            raise BadInput(
                Problem(
                    file.shown, "The file holds a conflict that git could not merge", "Export it again.", row=number
                )
            )
        if len(row) != len(true.header):
            problems.append(
                Problem(
                    file.shown,
                    f"The row has {len(row)} cells, the header {len(true.header)}",
                    "The file is cut short, or a separator stands inside a cell: export it again.",
                    row=number,
                )
            )
        else:
            rows.append(row)
            numbers.append(number)
    if problems:
        raise BadInput(problems[:MOST])
    return CellFile(file.shown, true.header, rows, numbers)


def relation(connection: duckdb.DuckDBPyConnection, files: Sequence[RegisterFile], name: str) -> str:
    """Return a SQL expression that gives the cells of files of one layout, as text, in columns c0, c1…

    Cells of a `CellFile` become a view called `name`.
    """
    first = files[0]
    if isinstance(first, CellFile):
        import pandas as pd

        columns = {f"c{place}": [row[place] for row in first.rows] for place in range(len(first.header))}
        connection.register(name, pd.DataFrame(columns, dtype=object))
        return name
    paths = ", ".join(_text(file.path.as_posix()) for file in files if isinstance(file, CsvFile))
    columns_ = ", ".join(f"'c{place}': 'varchar'" for place in range(len(first.header)))
    quote = "'\"'" if first.is_quoted else "''"
    return (
        f"read_csv([{paths}], columns={{{columns_}}}, delim={_text(first.separator)}, quote={quote}, escape={quote}, "
        f"encoding='{first.encoding}', header=true, auto_detect=false, strict_mode=true, nullstr='')"
    )


def _with_header(file: CsvFile) -> CsvFile:
    """Return the file with its header; refuse one without any row."""
    rows = _rows(file, first=True)
    try:
        first_line, header = next(rows)
    except StopIteration:
        raise _empty(file.shown) from None
    if next(rows, None) is None:
        if not any(cell.strip() for cell in header):
            raise _empty(file.shown)
        raise BadInput(Problem(file.shown, "The file has a header and no row", "Ask the office for its extract again."))
    return CsvFile(
        file.path,
        file.shown,
        tuple(cell.strip() for cell in header),
        file.separator,
        file.encoding,
        file.is_quoted,
        file.is_blank_free,
        first_line,
    )


def _rows(file: CsvFile, *, first: bool = False) -> Iterator[tuple[int, list[str]]]:
    """Give line number and cells of every row that is not blank, after the header or with it."""
    encoding = "utf-8-sig" if file.encoding == "utf-8" else file.encoding
    with file.path.open(encoding=encoding, errors="replace", newline="") as stream:
        reader = csv.reader(stream, delimiter=file.separator, strict=True)
        is_header = not first
        line = 0
        try:
            for row in reader:
                line = reader.line_num
                if not row:
                    continue
                if is_header:
                    is_header = False
                    continue
                yield line, row
        except csv.Error:
            line = reader.line_num
        else:
            return
    raise BadInput(
        Problem(file.shown, "A quote is opened and not closed, or stands inside a cell", "Export it again.", row=line)
    )


def _is_utf8(content: bytes, *, whole: bool = False) -> bool:
    """Say whether bytes are UTF-8; the beginning of a file may end inside a character."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        return not whole and error.start >= len(content) - 3 and error.reason == "unexpected end of data"
    return True


def _empty(shown: str) -> BadInput:
    return BadInput(Problem(shown, "The file is empty", "Ask the office for its extract again."))


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
