"""Every byte of a file, and every byte that it holds packed: what a search for something hidden has to look at."""

from __future__ import annotations

import base64
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote_to_bytes

import duckdb
import pikepdf
import polars as pl
import polars.selectors as cs

DATA_ADDRESS = re.compile(rb"data:[\w/+.-]+;base64,([A-Za-z0-9+/=]+)")


def held(path: Path) -> bytes:
    """Return a file's bytes and, after them, those of all that is packed inside it."""
    content = path.read_bytes()
    return b"\n".join([path.name.encode(), content, *_unpacked(path, content)])


def _unpacked(path: Path, content: bytes) -> Iterator[bytes]:
    if content[:4] == b"PAR1":
        yield from _of_parquet(content)
    elif content[:2] == b"PK":
        yield from _of_zip(content)
    elif content[:5] == b"%PDF-":
        yield from _of_pdf(content)
    elif content[8:12] == b"DUCK":
        yield from _of_duckdb(path)
    elif content[:2] == b"\x1f\x8b":
        yield zlib.decompress(content, 31)
    else:
        if b"%" in content and path.suffix in (".html", ".svg", ".md", ".json", ".js"):
            yield unquote_to_bytes(content)
        for match in DATA_ADDRESS.finditer(content):
            yield base64.b64decode(match[1] + b"==")


def _of_parquet(content: bytes) -> Iterator[bytes]:
    """Pages uncompressed, the way each column is stored, and as text: a date is stored as a number of days."""
    frame = pl.read_parquet(io.BytesIO(content))
    plain = io.BytesIO()
    frame.write_parquet(plain, compression="uncompressed", use_pyarrow=False)
    yield plain.getvalue()
    yield frame.drop(cs.binary(), cs.nested()).write_csv().encode()
    for name in frame.select(cs.binary()).columns:
        yield b"\n".join(value for value in frame[name] if value is not None)


def _of_zip(content: bytes) -> Iterator[bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        for name in packed.namelist():
            yield name.encode()
            yield packed.read(name)
        yield packed.comment


def _of_duckdb(path: Path) -> Iterator[bytes]:
    """Rows and comments: columns lie compressed in the pages."""
    with duckdb.connect(str(path), read_only=True) as connection:
        for function in ("duckdb_tables", "duckdb_columns", "duckdb_views"):
            yield repr(connection.sql(f"select * from {function}()").fetchall()).encode()
        names = [row[0] for row in connection.sql("select table_name from duckdb_tables()").fetchall()]
        for name in names:
            yield repr(connection.table(name).fetchall()).encode()


def _of_pdf(content: bytes) -> Iterator[bytes]:
    """Streams decompressed, strings (titles, alternative texts) as text, and the text that pages show."""
    with pikepdf.open(io.BytesIO(content)) as pdf:
        for thing in pdf.objects:
            if isinstance(thing, pikepdf.Stream):
                try:
                    yield bytes(thing.read_bytes())
                except pikepdf.PdfError:  # a picture packed in its own way: its raw bytes stand
                    yield bytes(thing.read_raw_bytes())
            yield "\n".join(_strings(thing)).encode()
        for page in pdf.pages:
            yield _shown(page).encode()


def _strings(thing: object, depth: int = 0) -> Iterator[str]:
    if isinstance(thing, pikepdf.String):
        yield str(thing)
    elif depth < 6 and isinstance(thing, pikepdf.Dictionary):
        for key in list(thing.keys()):
            yield from _strings(_direct(thing, key), depth + 1)
    elif depth < 6 and isinstance(thing, pikepdf.Array):
        for item in list(thing):
            if not getattr(item, "is_indirect", False):
                yield from _strings(item, depth + 1)


def _direct(thing: pikepdf.Dictionary, key: str) -> object:
    value = thing[key]
    return None if getattr(value, "is_indirect", False) else value


def _shown(page: pikepdf.Page) -> str:
    """Return the text of a page: codes of letters through each font's own table, spaces left out within a run."""
    found: list[str] = []

    def walk(stream: object, resources: object) -> None:
        fonts = {name: _letters(font) for name, font in (resources.get("/Font") or {}).items()}  # type: ignore[union-attr]
        letters: dict[int, str] = {}
        for operands, operator in pikepdf.parse_content_stream(stream):  # type: ignore[arg-type]
            name = str(operator)
            if name == "Tf":
                letters = fonts.get(str(operands[0]), {})
            elif name in ("Tj", "TJ"):
                pieces = operands[0] if name == "TJ" else operands
                codes = b"".join(bytes(piece) for piece in pieces if isinstance(piece, pikepdf.String))
                found.append("".join(letters.get(code, "") for code in _pairs(codes)))
            elif name == "Do":
                inner = (resources.get("/XObject") or {}).get(str(operands[0]))  # type: ignore[union-attr]
                if inner is not None and inner.get("/Subtype") == "/Form":
                    walk(inner, inner.get("/Resources") or resources)

    walk(page.obj, page.obj.get("/Resources") or {})
    return "".join(found) + "\n" + " ".join(found)


def _pairs(codes: bytes) -> Iterator[int]:
    for place in range(0, len(codes) - 1, 2):
        yield codes[place] * 256 + codes[place + 1]


def _letters(font: pikepdf.Object) -> dict[int, str]:
    """Return code → letter of a font, from its `ToUnicode` table."""
    table = font.get("/ToUnicode")
    if table is None:
        return {}
    found: dict[int, str] = {}
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", table.read_bytes(), re.DOTALL):
        for code, letter in re.findall(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            found[int(code, 16)] = bytes.fromhex(letter.decode()).decode("utf-16-be", "replace")
    for block in re.findall(rb"beginbfrange(.*?)endbfrange", table.read_bytes(), re.DOTALL):
        for first, last, letter in re.findall(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            for step in range(int(last, 16) - int(first, 16) + 1):
                found[int(first, 16) + step] = chr(int(letter, 16) + step)
    return found
