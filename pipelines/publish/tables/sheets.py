"""Tables of the sheets: one site's indicators, one field's specialities and what its platform declares."""

# ruff: noqa: E501  the sentences of a table are kept on one line each

from __future__ import annotations

from collections import defaultdict
from typing import Any

from pipelines.publish.figures.common import two
from pipelines.publish.figures.scholarship import IUT, TABLE
from pipelines.publish.numbers import number
from pipelines.publish.shelf import Shelf
from pipelines.publish.tables.overview import ACTION_STATES, NOTHING, evolution_cell, value_and_year
from pipelines.publish.tables.shape import Table


def site(shelf: Shelf, code: str) -> Table:
    """Every indicator that has a value at the site."""
    place = shelf.sites[code]["site_label"]
    rows = []
    for indicator in shelf.indicators.values():
        if not shelf.series(indicator.code, code):
            continue
        rows.append(
            (
                indicator.label,
                value_and_year(shelf, indicator, code),
                evolution_cell(shelf, indicator, code),
                f"`{indicator.code}`",
            )
        )
    return Table(
        name=f"site-{code}",
        caption=two(
            shelf,
            f"{place}\u00a0: indicateurs du site, dernière année disponible",
            f"{place}: indicators of the site, latest year available",
        ),
        heading=(
            two(shelf, "Indicateur", "Indicator"),
            two(shelf, "Dernière valeur", "Last value"),
            two(shelf, "Évolution", "Change"),
            "Code",
        ),
        rows=tuple(rows),
        right=(two(shelf, "Dernière valeur", "Last value"),),
        widths=(40, 20, 24, 16),
        lang=shelf.lang,
    )


def field(shelf: Shelf, code: str) -> Table:
    """The field's specialities of the last year: sites, places offered, entrants."""
    entrants: dict[str, int] = defaultdict(int)
    places: dict[str, int] = defaultdict(int)
    where: dict[str, set[str]] = defaultdict(set)
    own = [
        row
        for row in shelf.rows(TABLE)
        if row["diploma_code"] in IUT and shelf.specialities.get(row["speciality_code"], {}).get("field_code") == code
    ]
    year = max((int(row["year"]) for row in own), default=0)
    for row in own:
        if int(row["year"]) == year:
            key = row["speciality_code"]
            entrants[key] += int(row["admitted_count"] or 0)
            places[key] += int(row["capacity_count"] or 0)
            where[key].add(row["site_code"])
    rows = [
        (
            shelf.pick(shelf.specialities[key], "speciality_label"),
            ", ".join(shelf.place(site) for site in shelf.sites if site in where[key]),
            number(places[key], shelf.lang),
            number(entrants[key], shelf.lang),
        )
        for key in sorted(entrants, key=lambda key: (-entrants[key], key))
    ]
    places_heading, entrants_heading = two(shelf, "Places", "Places"), two(shelf, "Entrants", "Entrants")
    return Table(
        name=f"field-{code}",
        caption=two(
            shelf,
            f"Spécialités du domaine, rentrée {year or NOTHING}",
            f"Specialities of the field, autumn {year or NOTHING}",
        ),
        heading=(two(shelf, "Spécialité", "Speciality"), "Sites", places_heading, entrants_heading),
        rows=tuple(rows),
        right=(places_heading, entrants_heading),
        widths=(38, 34, 14, 14),
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
        state = declared.get("state") if isinstance(declared, dict) else declared
        words = ACTION_STATES.get(str(state or "not_reported"), ACTION_STATES["not_reported"])
        evidence = shelf.say(declared.get("evidence")) if isinstance(declared, dict) else ""
        rows.append((label, words[shelf.lang == "en"], evidence or NOTHING))
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
