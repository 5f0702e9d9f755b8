"""Programmes as the sheets count them: entrants of a site or a field, students of the registers, BTS of a field.

A sum is given only when every one of its cells is published: one hidden or missing cell and there is no sum.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from pipelines.publish.numbers import CONFIDENTIAL, number, share
from pipelines.publish.phrases import Point
from pipelines.publish.shelf import Shelf

ENTRANTS = "pub_scholarship__entrants"
STUDENTS = "pub_enrolment__register"
OFFER = "pub_offer__formation"
IUT = ("DUT", "BUT")
NOTHING = "\u2013"

BACHELORS = (
    ("new_bachelors_general_count", "Général", "General"),
    ("new_bachelors_technological_count", "Techno.", "Techn."),
    ("new_bachelors_professional_count", "Pro.", "Voc."),
)
"""What the new bacheliers are counted by, with its heading."""

Row = dict[str, Any]
Programme = tuple[str, str]


def field_of(shelf: Shelf, speciality: str) -> str:
    """Return the field of a speciality; empty when it belongs to none of the six."""
    return shelf.specialities.get(speciality, {}).get("field_code") or ""


def speciality_label(shelf: Shelf, code: str) -> str:
    """Return the name of a speciality in the language of the run."""
    return shelf.pick(shelf.specialities.get(code, {}), "speciality_label") or code


def rows_of(shelf: Shelf, table: str, site: str | None = None, field: str | None = None) -> list[Row]:
    """Return the rows of a table by site and speciality: of one site, of one field, or all."""
    return [
        row
        for row in shelf.rows(table)
        if (site is None or row["site_code"] == site)
        and (field is None or field_of(shelf, row.get("speciality_code") or "") == field)
    ]


def entrants_of(shelf: Shelf, site: str | None = None, field: str | None = None) -> list[Row]:
    """Return the rows of admissions to the first year of DUT and BUT."""
    return [row for row in rows_of(shelf, ENTRANTS, site, field) if row["diploma_code"] in IUT]


def last_year(rows: Iterable[Row]) -> int:
    """Return the last year of the rows, 0 when there is none."""
    return max((int(row["year"]) for row in rows), default=0)


def of_year(rows: Iterable[Row], year: int) -> list[Row]:
    """Return the rows of one year."""
    return [row for row in rows if int(row["year"]) == year]


def total(rows: Iterable[Row], measure: str) -> int | None:
    """Return the sum of a measure; None when there is no row, or a cell of it is hidden or missing."""
    cells = [row.get(measure) for row in rows]
    return None if not cells or any(cell is None for cell in cells) else sum(int(cell or 0) for cell in cells)


def count_cell(shelf: Shelf, rows: list[Row], measure: str) -> str:
    """Return a sum as a cell: the word when a part of it is confidential, a dash when it is missing."""
    found = total(rows, measure)
    if found is not None:
        return number(found, shelf.lang)
    hidden = any(row.get(measure) is None and "c" in (row.get(f"{measure}_flag"), row.get("flag")) for row in rows)
    return CONFIDENTIAL[shelf.lang] if hidden else NOTHING


def share_cell(shelf: Shelf, rows: list[Row], part: str, whole: str = "new_bachelors_count") -> str:
    """Return a part of the new bacheliers as a cell, a dash when one of the two numbers is not known."""
    inside, outside = total(rows, part), total(rows, whole)
    return NOTHING if inside is None or not outside else share(inside / outside, shelf.lang, 0)


def by_programme(rows: Iterable[Row]) -> dict[Programme, list[Row]]:
    """Return the rows of each programme, a speciality on a site."""
    found: dict[Programme, list[Row]] = defaultdict(list)
    for row in rows:
        found[(row["speciality_code"], row["site_code"])].append(row)
    return dict(found)


def points(shelf: Shelf, rows: list[Row], measure: str = "admitted_count") -> list[Point]:
    """Return a sum over the years as a series, cut where the admission procedure or the diploma changed."""
    years = sorted({int(row["year"]) for row in rows})
    cuts = [item.year for item in shelf.breaks_of("ENR-ENTRANTS")]
    series, previous = [], 0
    for year in years:
        cut = bool(previous) and any(previous < at <= year for at in cuts)
        series.append(Point(year, total(of_year(rows, year), measure), cut))
        previous = year
    return series


def bts_of(shelf: Shelf, field: str) -> list[Row]:
    """Return the BTS programmes of a field in the last year, told by their wording (`ref_bts_field`)."""
    return [
        row
        for row in of_year(shelf.rows(OFFER), last_year(shelf.rows(OFFER)))
        if row["diploma_code"] == "BTS"
        and shelf.reference.field_of_bts(str(row["formation_label"]), "parcoursup") == field
    ]


def places(shelf: Shelf, codes: Iterable[str]) -> str:
    """Return the names of sites in their own order, joined by commas."""
    wanted = set(codes)
    return ", ".join(shelf.place(site) for site in shelf.sites if site in wanted)
