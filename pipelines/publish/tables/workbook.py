"""A table as a workbook: a sheet with its data, numbers as numbers, and a sheet that says what they are."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from typing import Any

import xlsxwriter

from pipelines.kernel.colours import Colours, head_of_a_sheet
from pipelines.publish.citing import citation
from pipelines.publish.tables.cells import read_back
from pipelines.publish.tables.provenance import is_simulated, marks_in, provenance
from pipelines.publish.tables.shape import Table, plain

CREATED = datetime(2024, 1, 1)
"""Date of creation in every workbook, so that the same table gives the same bytes."""

SHEETS = {"fr": ("Données", "Lisez-moi"), "en": ("Data", "Read me")}

LABELS = {
    "fr": {
        "title": "Titre",
        "simulated": "Attention",
        "marks": "Mention",
        "unit": "Unité",
        "source": "Source",
        "cite": "Citer",
    },
    "en": {
        "title": "Title",
        "simulated": "Beware",
        "marks": "Mark",
        "unit": "Unit",
        "source": "Source",
        "cite": "Cite",
    },
}

SIMULATED_WORD = {
    "fr": "Ce tableau contient des données simulées : elles ne décrivent personne et ne se citent pas comme un fait.",
    "en": "This table holds simulated data: they describe nobody and are no fact to quote.",
}


def workbook(table: Table, edition: str, house: str, look: Colours) -> bytes:
    """Return the table as XLSX; the same table gives the same bytes."""
    content = BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True})
    book.set_properties({"title": table.caption, "author": house, "created": CREATED})
    data, read_me = SHEETS[table.lang]
    _data(book, book.add_worksheet(data), table, head_of_a_sheet(look))
    _read_me(book, book.add_worksheet(read_me), table, edition, house)
    book.close()
    return content.getvalue()


def _data(book: Any, page: Any, table: Table, head: dict[str, Any]) -> None:
    looks: dict[str, Any] = {}

    def look(pattern: str) -> Any:
        if pattern not in looks:
            looks[pattern] = book.add_format({"num_format": pattern, "valign": "top", "align": "right"})
        return looks[pattern]

    header = book.add_format(head)
    text = book.add_format({"text_wrap": True, "valign": "top"})
    words = book.add_format({"text_wrap": True, "valign": "top", "align": "right"})
    widths = table.widths or (1,) * len(table.heading)
    for place, heading in enumerate(table.heading):
        page.set_column(place, place, max(10, round(120 * widths[place] / sum(widths))))
        page.write_string(0, place, plain(heading), header)
    for line, row in enumerate(table.rows, start=1):
        for place, cell in enumerate(row):
            said = plain(cell)
            found = read_back(said, table.lang)
            if found is None:
                # a text, never a formula, whatever it begins with
                page.write_string(line, place, said, words if table.heading[place] in table.right else text)
                continue
            decimals = "." + "0" * found.places if found.places else ""
            if found.is_percentage:
                page.write_number(line, place, found.value / 100, look(f"0{decimals}%"))
            else:
                page.write_number(
                    line, place, found.value, look(f"#,##0{decimals}" if found.is_grouped else f"0{decimals}")
                )
    page.freeze_panes(1, 0)
    if table.rows:
        page.autofilter(0, 0, len(table.rows), len(table.heading) - 1)


def _read_me(book: Any, page: Any, table: Table, edition: str, house: str) -> None:
    labels = LABELS[table.lang]
    bold = book.add_format({"bold": True, "valign": "top"})
    text = book.add_format({"text_wrap": True, "valign": "top"})
    simulated = is_simulated(table)
    found = provenance(table.name)
    cited = citation(f"tbl-{table.name}", table.caption, edition, table.lang, house, simulated=simulated)
    facts = [(labels["title"], table.caption)]
    if simulated:
        facts.append((labels["simulated"], SIMULATED_WORD[table.lang]))
    facts += [(labels["marks"], said) for said in marks_in(table)]
    if found.unit[table.lang == "en"]:
        facts.append((labels["unit"], found.unit[table.lang == "en"]))
    facts += [(labels["source"], found.source[table.lang == "en"]), (labels["cite"], cited)]
    page.set_column(0, 0, 18)
    page.set_column(1, 1, 90)
    for line, (label, said) in enumerate(facts):
        page.write_string(line, 0, label, bold)
        page.write_string(line, 1, said, text)
