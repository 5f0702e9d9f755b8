"""A plan → the bytes of a workbook: header with comments, example line, lists to choose from, a sheet to read first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from io import BytesIO
from typing import Any

import xlsxwriter

from pipelines.kernel.colours import Colours, head_of_a_sheet
from pipelines.templates import wording
from pipelines.templates.plan import Field, Plan

CREATED = datetime(2024, 1, 1)
"""Date of creation in every template, so that the same plan gives the same bytes."""

LAST_ROW = 100_000
"""Lists hold down to this line; below, a cell is checked only when the workbook is taken in."""

_LISTS = "Listes"
_FORMATS: dict[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 14},
    "text": {"text_wrap": True, "valign": "top"},
    "code": {"font_name": "Courier New"},
    "date": {"num_format": "dd/mm/yyyy"},
    "identifier": {"num_format": "@"},
}

Row = Sequence[wording.Example | None]


def workbook_of(plan: Plan, look: Colours, rows: Sequence[Row] = ()) -> bytes:
    """Return the template as XLSX; `rows`, in the order of the columns, stand below the example line as if typed."""
    content = BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True})
    book.set_properties({"title": plan.title, "author": "Observatoire", "created": CREATED})
    pale = {"italic": True, "font_color": look.muted}
    drawn = {
        "header": head_of_a_sheet(look),
        "example": pale,
        "example date": {**pale, "num_format": "dd/mm/yyyy"},
    }
    formats = {name: book.add_format(made) for name, made in {**_FORMATS, **drawn}.items()}
    _read_me(book.add_worksheet("Lisez-moi"), plan, formats)
    entry = book.add_worksheet(plan.sheet)
    ranges = _lists(book.add_worksheet(_LISTS), plan, formats)
    _entry(entry, plan, rows, ranges, formats)
    entry.activate()
    book.close()
    return content.getvalue()


def _read_me(page: Any, plan: Plan, formats: dict[str, Any]) -> None:
    page.hide_gridlines(2)
    page.set_column(0, 0, 34)
    page.set_column(1, 1, 70)
    page.set_column(2, 2, 60)
    page.write(0, 0, plan.title, formats["title"])
    page.write(1, 0, plan.producer)
    has_number = any(field.column == "student_number" for field in plan.fields)
    line = 3
    for sentence in wording.READ_ME:
        said = sentence if has_number or "numéro d'étudiant" not in sentence else wording.ONLY_INE
        page.merge_range(line, 0, line, 2, said, formats["text"])
        page.set_row(line, 32)
        line += 1
    page.write(line, 0, f"observatoire add FICHIER --source {plan.register}", formats["code"])
    line += 2
    page.write_row(line, 0, ("Colonne", "Ce qu'elle dit", "Règle"), formats["header"])
    for field in plan.fields:
        line += 1
        page.write_row(line, 0, (field.header, field.meaning, field.rule), formats["text"])


def _lists(page: Any, plan: Plan, formats: dict[str, Any]) -> dict[str, str]:
    """Write each list in two columns, value and meaning; return column → the range of its values."""
    ranges: dict[str, str] = {}
    place = 0
    for field in plan.fields:
        if not field.choices:
            continue
        page.write_row(0, place, (field.header, "Sens"), formats["header"])
        for number, (value, meaning) in enumerate(field.choices, start=1):
            # a spreadsheet turns a 1 that is typed into a number, and would not find it in a list of texts
            page.write(number, place, int(value) if value.isdecimal() else value)
            page.write_string(number, place + 1, meaning)
        page.set_column(place, place + 1, 28)
        letter = xlsxwriter.utility.xl_col_to_name(place)
        ranges[field.column] = f"={_LISTS}!${letter}$2:${letter}${len(field.choices) + 1}"
        place += 2
    page.freeze_panes(1, 0)
    return ranges


def _entry(page: Any, plan: Plan, rows: Sequence[Row], ranges: dict[str, str], formats: dict[str, Any]) -> None:
    page.freeze_panes(1, 0)
    page.set_row(0, 32)
    for place, field in enumerate(plan.fields):
        page.set_column(place, place, max(14, len(field.header) + 2), formats.get(field.kind))
        page.write_string(0, place, field.header, formats["header"])
        page.write_comment(
            0, place, f"{field.meaning}\n{field.rule}", {"author": "Observatoire", "x_scale": 2.4, "y_scale": 1.4}
        )
        _write(page, 1, place, field.example, formats["example"], formats["example date"])
        for number, row in enumerate(rows, start=2):
            _write(page, number, place, row[place], None, formats["date"])
        validation = _validation(field, ranges)
        if validation:
            page.data_validation(1, place, LAST_ROW, place, validation)


def _write(page: Any, row: int, place: int, value: wording.Example | None, look: Any, date_look: Any) -> None:
    if isinstance(value, date):
        page.write_datetime(row, place, datetime(value.year, value.month, value.day), date_look)
    elif isinstance(value, str) and not (value.isdecimal() and len(value) <= 2):
        page.write_string(row, place, value, look)
    elif value is not None:
        page.write_number(row, place, float(value), look)


def _validation(field: Field, ranges: dict[str, str]) -> dict[str, Any] | None:
    """Return what the spreadsheet checks as one types; `add` checks it all again."""
    error = {"error_title": field.header[:32], "error_message": field.rule[:255]}
    if field.column in ranges:
        return {"validate": "list", "source": ranges[field.column], **error}
    if field.kind == "date":
        first, last = field.bounds or (1990, 2100)
        return {
            "validate": "date",
            "criteria": "between",
            "minimum": date(first, 1, 1),
            "maximum": date(last, 12, 31),
            **error,
        }
    if field.bounds:
        kind = "decimal" if field.kind == "number" else "integer"
        low, high = field.bounds
        return {"validate": kind, "criteria": "between", "minimum": low, "maximum": high, **error}
    return None
