"""The steward's list as a workbook, in French: one line a problem, filters, a frozen header, widths that fit.

It holds true counts, those of registers too, so it lies in `data/quality`, inside the observatory, not in `build`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from io import BytesIO
from typing import Any

import xlsxwriter

from pipelines.check.agenda import WORDS, Line
from pipelines.check.steward import Entry
from pipelines.kernel.colours import Colours, head_of_a_sheet, mixed

CREATED = datetime(2024, 1, 1)
"""Date of creation in every workbook, so that the same list gives the same bytes."""

HEADINGS = (
    ("État", 16),
    ("Table", 32),
    ("Contrôle", 18),
    ("Années", 14),
    ("Lignes", 10),
    ("Constat", 60),
    ("Depuis le", 12),
    ("Édition", 9),
    ("Responsable", 30),
    ("Que faire", 60),
    ("Dérogation de", 26),
    ("Jusqu'au", 12),
)
"""Heading → width, in characters."""

KINDS = {
    "orphan": "sans étudiant",
    "identifier": "identifiant",
    "conflict": "deux étudiants",
    "contradiction": "contradiction",
    "duplicate": "double",
    "correction": "correction",
    "waiver": "dérogation",
    "check": "",
}
"""Kind of a problem that no check found → its word."""

_STATES = {"blocks": "missed", "no_answer": "missed", "to_mend": "late", "waived": "brand"}
"""State of a problem → the colour of the house that its cell is tinted with."""

Cell = str | int | date | None


def workbook_of(lines: Sequence[Line], entries: Iterable[Entry], edition: int, look: Colours) -> bytes:
    """Return the list as XLSX: a sheet of lines to act upon, and one with each year of each problem."""
    content = BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True})
    book.set_properties({"title": f"À faire, édition {edition}", "author": "Observatoire", "created": CREATED})
    named = look.named()
    looks = {
        "header": book.add_format(head_of_a_sheet(look)),
        "text": book.add_format({"text_wrap": True, "valign": "top"}),
        "date": book.add_format({"num_format": "dd/mm/yyyy", "valign": "top", "align": "left"}),
        **{
            state: book.add_format({"bg_color": mixed(named[tint], look.paper, 0.8), "bold": True, "valign": "top"})
            for state, tint in _STATES.items()
        },
    }
    rows = [_row_of_line(line) for line in lines]
    _sheet(book.add_worksheet("À faire"), rows, [line.state for line in lines], looks)
    detail = [entry for entry in entries if entry.year is not None]
    _sheet(
        book.add_worksheet("Par année"), [_row_of_entry(entry) for entry in detail], [e.state for e in detail], looks
    )
    book.close()
    return content.getvalue()


def _sheet(page: Any, rows: Sequence[tuple[Cell, ...]], states: Sequence[str], looks: dict[str, Any]) -> None:
    for place, (heading, width) in enumerate(HEADINGS):
        page.set_column(place, place, width)
        page.write_string(0, place, heading, looks["header"])
    for number, (row, state) in enumerate(zip(rows, states, strict=True), start=1):
        for place, value in enumerate(row):
            look = looks.get(state, looks["text"]) if place == 0 else looks["text"]
            if isinstance(value, date):
                page.write_datetime(number, place, datetime(value.year, value.month, value.day), looks["date"])
            elif isinstance(value, int):
                page.write_number(number, place, value, look)
            elif value:
                page.write_string(number, place, value, look)
            else:
                page.write_blank(number, place, None, look)
    if not rows:
        page.write_string(1, 0, "Rien à faire : la liste est vide.")
    page.freeze_panes(1, 3)
    page.autofilter(0, 0, max(len(rows), 1), len(HEADINGS) - 1)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)


def _row_of_line(line: Line) -> tuple[Cell, ...]:
    return (
        WORDS[line.state][0],
        line.table,
        line.check or KINDS[line.kind],
        line.years or None,
        line.count,
        (line.found or line.what).fr,
        line.since,
        line.since_edition,
        line.who,
        line.how.fr,
        line.waived_by,
        line.until,
    )


def _row_of_entry(entry: Entry) -> tuple[Cell, ...]:
    return (
        WORDS[entry.state][0],
        entry.table,
        entry.where.partition(" ")[2] or KINDS[entry.kind],
        str(entry.year),
        entry.count,
        (entry.found or entry.what).fr,
        entry.since,
        entry.since_edition,
        entry.who,
        entry.how.fr,
        entry.waived_by,
        entry.until,
    )
