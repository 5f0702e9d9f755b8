"""Tables of a field's sheet: programmes, entrants, employment after its diplomas, départements, its platform."""

from __future__ import annotations

from collections import Counter
from typing import Any

from pipelines.publish.figures.common import two
from pipelines.publish.numbers import number, per_cent
from pipelines.publish.pathway.programmes import town_name
from pipelines.publish.programmes import (
    NOTHING,
    STUDENTS,
    Row,
    bts_of,
    entrants_of,
    field_of,
    last_year,
    of_year,
    places,
    rows_of,
    speciality_label,
)
from pipelines.publish.shelf import Shelf
from pipelines.publish.tables.actions import state_label
from pipelines.publish.tables.programmes import entrants_table, programme_table
from pipelines.publish.tables.shape import Table

DISCIPLINES = {
    "informatique": "disc16",
    "mecanique": "disc15",
    "gestion": "disc04",
    "commerce": "disc04",
    "genie-civil": "disc15",
}
"""Field → the discipline of the ministry's survey of licences professionnelles that holds it, wider than the field.

Chemistry has none: it is spread over disciplines that hold most other sciences.
"""

RATES = ("employment_pct", "stable_pct", "intermediate_pct")


def of_field(shelf: Shelf, code: str) -> list[Table]:
    """Return the tables of a field's sheet; one that would have no row is left out, its section says why."""
    label = next((shelf.say(item["label"]) for item in shelf.declared("platforms") if item["field_code"] == code), code)
    colon = two(shelf, "\u00a0:", ":")
    made = [
        programme_table(
            shelf,
            f"field-{code}",
            label,
            students=rows_of(shelf, STUDENTS, field=code),
            admitted=entrants_of(shelf, field=code),
            named=(two(shelf, "Spécialité", "Speciality"), "Site"),
        ),
        entrants_table(
            shelf,
            f"field-entrants-{code}",
            f"{label}{colon} "
            + two(
                shelf,
                "admis en première année d'IUT, baccalauréat et bourse des nouveaux bacheliers",
                "admissions to the first year of IUT, baccalauréat and scholarship of new bacheliers",
            ),
            entrants_of(shelf, field=code),
            two(shelf, "Toutes spécialités", "All specialities"),
        ),
        employment(shelf, code, label),
        territory(shelf, code, label),
        platform(shelf, code),
    ]
    return [table for table in made if table.rows]


def employment(shelf: Shelf, code: str, label: str) -> Table:
    """Employment after the field's DUT in France, and after the LP of the discipline that holds the field here."""
    dut = [
        row
        for row in shelf.rows("pub_employment__dut")
        if field_of(shelf, row["speciality_code"]) == code or row["speciality_code"] == "_T"
    ]
    lp = [row for row in shelf.rows("pub_employment__lp") if row["discipline_code"] == DISCIPLINES.get(code)]
    year = last_year(dut)
    rows = []
    specialities = list(dict.fromkeys(row["speciality_code"] for row in dut if row["speciality_code"] != "_T"))
    for speciality in [*specialities, "_T"] if specialities else []:
        name = two(shelf, "toutes spécialités", "all specialities")
        name = name if speciality == "_T" else speciality_label(shelf, speciality)
        mine = [row for row in of_year(dut, year) if row["speciality_code"] == speciality]
        if mine:  # a speciality that has changed its name has no row in the last year
            rows.append(rates(shelf, f"DUT, {name}, France", mine))
    year_lp = last_year(lp)
    for establishment in dict.fromkeys(row["establishment_code"] for row in of_year(lp, year_lp)):
        mine = [row for row in of_year(lp, year_lp) if row["establishment_code"] == establishment]
        rows.append(rates(shelf, f"LP, {mine[0]['discipline_label']}, {shelf.place(establishment)}", mine))
    headings = (
        two(shelf, "Réponses", "Answers"),
        "18 mois" if shelf.lang == "fr" else "18 months",
        "30 mois" if shelf.lang == "fr" else "30 months",
        two(shelf, "Stables", "Stable"),
        two(shelf, "Intermédiaires", "Intermediate"),
    )
    told = year or year_lp or NOTHING
    return Table(
        name=f"field-employment-{code}",
        caption=two(
            shelf,
            f"{label}\u00a0: emploi des diplômés de {told}, et emplois stables et intermédiaires à 30 mois",
            f"{label}: employment of the graduates of {told}, and stable and intermediate jobs at 30 months",
        ),
        heading=(two(shelf, "Diplôme et périmètre", "Diploma and perimeter"), *headings),
        rows=tuple(rows),
        right=headings,
        widths=(46, 11, 10, 10, 10, 13),
        lang=shelf.lang,
    )


def rates(shelf: Shelf, name: str, rows: list[Row]) -> tuple[str, ...]:
    """Return one line of rates as published; `ns` where the source publishes none for want of answers."""
    by_months = {int(row["months_after"]): row for row in rows}

    def cell(months: int, measure: str) -> str:
        row = by_months.get(months)
        if row is None:
            return NOTHING
        value = row[measure]
        return str(row.get("missing_code") or NOTHING) if value is None else per_cent(value, shelf.lang, 0)

    answers = by_months[max(by_months)]["responses_count"] if by_months else None
    return (
        name,
        NOTHING if answers is None else number(answers, shelf.lang),
        cell(18, "employment_pct"),
        *[cell(30, measure) for measure in RATES],
    )


def territory(shelf: Shelf, code: str, label: str) -> Table:
    """The field in each département: sites of its IUT programmes, BTS programmes, establishments and towns."""
    year = last_year(entrants_of(shelf))
    iut = {row["site_code"] for row in of_year(entrants_of(shelf, field=code), year)}
    bts = bts_of(shelf, code)
    rows = []
    order = sorted(shelf.territories)
    for departement in order:
        mine = [row for row in bts if row["departement_code"] == departement]
        sites = [site for site in iut if shelf.sites[site]["departement_code"] == departement]
        if not mine and not sites:
            continue
        towns = Counter(town_name(str(row["commune_label"])) for row in mine if row["commune_label"])
        rows.append(
            (
                shelf.territories[departement],
                places(shelf, sites) or NOTHING,
                number(len(mine), shelf.lang),
                number(len({row["uai"] for row in mine}), shelf.lang),
                ", ".join(
                    town + (f" ({number(count, shelf.lang)})" if count > 1 else "")
                    for town, count in sorted(towns.items(), key=lambda item: (-item[1], item[0]))
                )
                or NOTHING,
            )
        )
    if len(rows) > 1:
        rows.append(
            (
                two(shelf, "Ensemble", "All"),
                number(len(iut), shelf.lang),
                number(len(bts), shelf.lang),
                number(len({row["uai"] for row in bts}), shelf.lang),
                "",
            )
        )
    counted = (two(shelf, "BTS", "BTS"), two(shelf, "Établissements", "Establishments"))
    return Table(
        name=f"field-territory-{code}",
        caption=two(
            shelf,
            f"{label}\u00a0: IUT et BTS du domaine par département, {last_year(bts) or year}",
            f"{label}: IUT and BTS of the field by département, {last_year(bts) or year}",
        ),
        heading=(
            "Département",
            two(shelf, "IUT", "IUT"),
            *counted,
            two(shelf, "Villes des BTS", "Towns of the BTS"),
        ),
        rows=tuple(rows),
        right=counted,
        widths=(18, 18, 8, 14, 42),
        lang=shelf.lang,
    )


def platform(shelf: Shelf, code: str) -> Table:
    """What the annex asks of the field's platform, and what has been declared."""
    entry: dict[str, Any] = next((item for item in shelf.declared("platforms") if item["field_code"] == code), {})
    asked = (
        ("steering_committee", two(shelf, "Comité de pilotage", "Steering committee")),
        ("road_map", two(shelf, "Feuille de route de la première année", "Year-one road map")),
        ("convention", two(shelf, "Convention signée", "Agreement signed")),
    )
    rows = []
    for key, label in asked:
        declared = entry.get(key) or {}
        rows.append((label, state_label(shelf, declared), shelf.say(declared.get("evidence")) or NOTHING))
    return Table(
        name=f"platform-{code}",
        caption=two(shelf, "Ce que l'annexe demande à la plateforme", "What the annex asks of the platform"),
        heading=(
            two(shelf, "Demande", "Request"),
            two(shelf, "État déclaré", "Declared state"),
            two(shelf, "Pièce", "Evidence"),
        ),
        rows=tuple(rows),
        widths=(45, 25, 30),
        lang=shelf.lang,
    )
