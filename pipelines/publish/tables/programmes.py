"""The two tables that sheets of sites and of fields share: programmes of the last year, entrants over the years."""

from __future__ import annotations

from pipelines.publish.figures.common import two
from pipelines.publish.numbers import SIMULATED
from pipelines.publish.programmes import (
    BACHELORS,
    IUT,
    STUDENTS,
    Row,
    count_cell,
    entrants_of,
    last_year,
    of_year,
    share_cell,
    speciality_label,
)
from pipelines.publish.shelf import Shelf
from pipelines.publish.tables.shape import Table

FIRST_BUT = 2021
"""From this autumn on, who enters an IUT enters a BUT."""


def programme_table(
    shelf: Shelf,
    name: str,
    subject: str,
    *,
    students: list[Row],
    admitted: list[Row],
    named: tuple[str, ...],
) -> Table:
    """Return one row a programme: students by diploma (registers), then places, entrants and their baccalauréats.

    `subject` opens the caption; `named`: headings of the columns that name a programme, its speciality and, where there
    are two, its site. Columns of a source that has no row here are left out.
    """
    entry_year, register_year = last_year(entrants_of(shelf)), last_year(shelf.rows(STUDENTS))
    admitted, students = of_year(admitted, entry_year), of_year(students, register_year)
    iut = [row for row in students if row["diploma_code"] in IUT]
    lp = [row for row in students if row["diploma_code"] == "LP"]
    with_site = len(named) > 1

    def key(row: Row) -> tuple[str, str]:
        return (row["speciality_code"], row["site_code"] if with_site else "")

    def cells(wanted: tuple[str, str] | None) -> list[str]:
        mine = [row for row in admitted if wanted is None or key(row) == wanted]
        found = []
        for rows in (iut, lp):
            if rows:
                theirs = [row for row in rows if wanted is None or key(row) == wanted]
                found.append(count_cell(shelf, theirs, "students_count"))
        if admitted:
            found += [count_cell(shelf, mine, measure) for measure in ("capacity_count", "admitted_count")]
            found += [share_cell(shelf, mine, measure) for measure, _, _ in BACHELORS]
        return found

    entered = {
        item: sum(row["admitted_count"] or 0 for row in admitted if key(row) == item) for item in map(key, admitted)
    }
    programmes = sorted(
        {key(row) for row in [*students, *admitted] if row["speciality_code"]},
        key=lambda item: (-entered.get(item, 0), item),
    )
    rows = [
        (speciality_label(shelf, item[0]), *([shelf.place(item[1])] if with_site else []), *cells(item))
        for item in programmes
    ]
    if len(rows) > 1:
        rows.append((two(shelf, "Ensemble", "All"), *([""] if with_site else []), *cells(None)))
    word = f" ({SIMULATED[shelf.lang]})" if any(row.get("origin") == "simulated" for row in students) else ""
    numbers: list[str] = []
    told = []
    if students:
        numbers += [f"{'BUT' if register_year > FIRST_BUT else 'DUT'}{word}"] if iut else []
        numbers += [f"LP{word}"] if lp else []
        told.append(two(shelf, f"étudiants en {register_year}", f"students in {register_year}"))
    if admitted:
        numbers += ["Places", two(shelf, "Admis", "Admitted"), *[two(shelf, fr, en) for _, fr, en in BACHELORS]]
        told.append(
            two(
                shelf,
                f"places, admis et baccalauréat des nouveaux bacheliers en {entry_year}",
                f"places, admissions and baccalauréat of new bacheliers in {entry_year}",
            )
        )
    return Table(
        name=name,
        caption=f"{subject}{two(shelf, chr(160) + ': ', ': ')}{', '.join(told)}",
        heading=(*named, *numbers),
        rows=tuple(rows),
        right=tuple(numbers),
        widths=(40, *([14] if with_site else []), *[9] * len(numbers)),
        lang=shelf.lang,
    )


def entrants_table(shelf: Shelf, name: str, caption: str, rows: list[Row], whole: str) -> Table:
    """Return one row a year in which the baccalauréat is known, and all specialities and sites in a last row.

    Entrants, new bacheliers, their baccalauréats and scholarships, as shares of the new bacheliers.
    """

    def line(title: str, found: list[Row]) -> tuple[str, ...]:
        return (
            title,
            count_cell(shelf, found, "admitted_count"),
            count_cell(shelf, found, "new_bachelors_count"),
            *[share_cell(shelf, found, measure) for measure, _, _ in BACHELORS],
            share_cell(shelf, found, "new_bachelors_scholarship_count"),
        )

    told = [row for row in rows if row["new_bachelors_count"] is not None]  # APB does not tell it
    lines = [line(str(year), of_year(rows, year)) for year in sorted({int(row["year"]) for row in told})]
    if lines:
        last = last_year(rows)
        lines.append(line(f"{whole}, {last}", of_year(entrants_of(shelf), last)))
    numbers = (
        two(shelf, "Admis", "Admitted"),
        two(shelf, "Nouveaux bacheliers", "New bacheliers"),
        *[two(shelf, fr, en) for _, fr, en in BACHELORS],
        two(shelf, "Boursiers", "Scholarships"),
    )
    return Table(
        name=name,
        caption=caption,
        heading=(two(shelf, "Rentrée", "Autumn"), *numbers),
        rows=tuple(lines),
        right=numbers,
        widths=(20, *[13] * len(numbers)),
        lang=shelf.lang,
    )
