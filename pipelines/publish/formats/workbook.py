"""One workbook for people: a first sheet that says what is where, then a sheet a table, ready to be filtered."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import xlsxwriter

from pipelines.kernel.flags import LABELS
from pipelines.kernel.region import Region
from pipelines.publish.formats.described import LICENCE_NAME, Table

CREATED = datetime(2020, 1, 1, tzinfo=UTC)
"""The date written in the file: one for all, so that the same tables give the same bytes."""

NAME_LIMIT = 31
"""Characters a sheet's name may have."""

WIDEST = 48

TEXT_IS_TEXT = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
"""A cell that begins with `=` or holds an address stays a text, and no cell is looked through to find out."""


def workbook(tables: list[Table], edition: str, region: Region, link_colour: str) -> bytes:
    """Return the workbook's bytes. Raises `ValueError` when two tables would bear one sheet's name."""
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, TEXT_IS_TEXT)
    book.set_properties(
        {"title": f"{region.observatory.fr}, édition {edition}", "created": CREATED.replace(tzinfo=None)}
    )
    bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    large = book.add_format({"bold": True, "font_size": 14})
    link = book.add_format({"font_color": link_colour, "underline": 1})
    names = {table.name: table.name.removeprefix("pub_")[:NAME_LIMIT] for table in tables}
    if len(set(names.values())) != len(names):
        raise ValueError("two published tables would bear the same sheet name")

    first = book.add_worksheet("Lisez-moi")
    first.set_column(0, 0, 36)
    first.set_column(1, 2, 70)
    first.write_row(0, 0, [f"{region.observatory.fr}, édition {edition}"], large)
    first.write_row(1, 0, [LICENCE_NAME.fr, "Les lignes « simulated » (colonne origin) ne décrivent personne.",
                           "“simulated” rows (column origin) describe nobody."])  # fmt: skip
    first.write_row(3, 0, ["Feuille / sheet", "Contenu", "Content"], bold)
    row = 4
    for table in tables:
        first.write_url(row, 0, f"internal:'{names[table.name]}'!A1", link, names[table.name])
        first.write_row(row, 1, [table.title.fr, table.title.en])
        row += 1
    row += 1
    first.write_row(row, 0, ["Drapeau / flag", "Sens", "Meaning"], bold)
    for flag, (fr, en) in LABELS.items():
        row += 1
        first.write_row(row, 0, [flag.value, fr, en])

    for table in tables:
        sheet = book.add_worksheet(names[table.name])
        sheet.freeze_panes(1, 0)
        for place, column in enumerate(table.columns):
            sheet.write_string(0, place, column.name, bold)
            if column.meaning is not None:
                note = f"{column.meaning.label.fr} / {column.meaning.label.en}\n{column.meaning.meaning.fr}"
                sheet.write_comment(0, place, note, {"x_scale": 2, "y_scale": 1.5})
            values = table.frame[column.name].to_list()
            sheet.write_column(1, place, values)
            longest = max((len(str(value)) for value in values if value is not None), default=0)
            sheet.set_column(place, place, min(max(longest, len(column.name)) + 2, WIDEST))
        sheet.autofilter(0, 0, table.frame.height, len(table.columns) - 1)
    book.close()
    return content.getvalue()
