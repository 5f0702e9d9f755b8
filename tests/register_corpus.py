"""A sound register for each layout (`tests/fixtures/registers/bases.yml`), and what a test does to it."""

from __future__ import annotations

import random
import zipfile
from copy import deepcopy
from datetime import date, datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import xlsxwriter
import yaml

FOLDER = Path(__file__).resolve().parent / "fixtures" / "registers"


@cache
def bases() -> dict[str, dict[str, Any]]:
    content: dict[str, dict[str, Any]] = yaml.safe_load((FOLDER / "bases.yml").read_text(encoding="utf-8"))
    return content


def is_workbook(base: str) -> bool:
    return base.endswith(("-workbook", "-template"))


def make(base: str, folder: Path, case: dict[str, Any] | None = None) -> Path:
    """Write the file of a case, or the sound one, and return it."""
    case = case or {}
    content = deepcopy(bases()[base])
    _edit(content, case)
    path = folder / case.get("name", f"register.{'xlsx' if is_workbook(base) else 'csv'}")
    if is_workbook(base):
        _write_workbook(path, content, case)
    else:
        _write_csv(path, content, case)
    if "bytes" in case:
        path.write_bytes(case["bytes"].encode("latin-1"))
    if "cut" in case:
        path.write_bytes(path.read_bytes()[: case["cut"]])
    return path


def _edit(content: dict[str, Any], case: dict[str, Any]) -> None:
    header, rows = content["header"], content["rows"]
    for row, name, value in case.get("cells", ()):
        rows[row - 1][header.index(name)] = value
    for name in case.get("drop", ()):
        place = header.index(name)
        for cells in (header, *rows):
            del cells[place]
    for name, other in case.get("rename", {}).items():
        header[header.index(name)] = other
    for name, value in case.get("add", {}).items():
        header.append(name)
        for cells in rows:
            cells.append(value)
    if "double" in case:
        place = header.index(case["double"])
        for cells in (header, *rows):
            cells.append(cells[place])
    if "rows" in case:
        del rows[case["rows"] :]
    if case.get("title_only"):
        content.update(header=[], rows=[], title=[])
    if case.get("no_table"):
        content.update(header=[], rows=[])
    if case.get("no_header"):
        content["header"] = rows.pop(0)
    content["sheet"] = case.get("sheet", content.get("sheet", "Feuille 1"))


def _write_csv(path: Path, content: dict[str, Any], case: dict[str, Any]) -> None:
    separator = case.get("separator", ";")
    lines = [separator.join(_text(cell) for cell in cells) for cells in (content["header"], *content["rows"])]
    if "append" in case:
        lines.append(case["append"])
    text = "\n".join(lines) + "\n"
    if "replace" in case:
        text = text.replace(*case["replace"])
    path.write_bytes(text.encode(case.get("encoding", "utf-8")))


def _text(cell: object) -> str:
    return cell.strftime("%d/%m/%Y") if isinstance(cell, date) else str(cell)


def _write_workbook(path: Path, content: dict[str, Any], case: dict[str, Any]) -> None:
    with xlsxwriter.Workbook(path) as book:
        look = book.add_format({"num_format": "dd/mm/yyyy"})
        names = [content["sheet"], *(["Copie"] if case.get("twice") else [])]
        for name in names:
            page = book.add_worksheet(name)
            lines = [*([cell] for cell in content.get("title", ())), content["header"], *content["rows"]]
            for row, cells in enumerate(lines):
                for place, cell in enumerate(cells):
                    if isinstance(cell, date):
                        page.write_datetime(row, place, datetime(cell.year, cell.month, cell.day), look)
                    elif isinstance(cell, str) or cell is None:
                        page.write_string(row, place, cell or "")
                    else:
                        page.write_number(row, place, cell)
            for cells in case.get("merge", ()):
                page.merge_range(cells, "même valeur")
            for cell in case.get("formula", ()):
                page.write_formula(cell, "=NA()", None, "#N/A")
        if case.get("notes"):
            book.add_worksheet("Notes").write(0, 0, "Rien à lire ici")


def damaged(content: bytes, rng: random.Random) -> bytes:
    """Return a file with some bytes changed, lost or doubled; in a workbook, those of one part of its archive."""
    if not content.startswith(b"PK") or rng.random() < 0.3:
        return _torn(content, rng)
    source, target = zipfile.ZipFile(BytesIO(content)), BytesIO()
    chosen = rng.choice([name for name in source.namelist() if name.startswith("xl/")])
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in source.namelist():
            part = source.read(name)
            archive.writestr(name, _torn(part, rng) if name == chosen else part)
    return target.getvalue()


def _torn(content: bytes, rng: random.Random) -> bytes:
    torn = bytearray(content)
    for _ in range(rng.randint(1, 4)):
        place, size = rng.randrange(len(torn)), rng.randint(1, 40)
        new = rng.choice([rng.randbytes(1), b"", torn[place : place + size] * 2])
        torn[place : place + (1 if len(new) == 1 else size)] = new
    return bytes(torn)
