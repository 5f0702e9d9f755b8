"""Tables of a site's sheet: programmes, entrants, indicators beside the region's, share of targets, actions."""

from __future__ import annotations

from typing import Any

from pipelines.kernel.figure_address import figure_page
from pipelines.publish.figures.common import two
from pipelines.publish.figures.overview import target_titles
from pipelines.publish.numbers import CONFIDENTIAL, SIMULATED, marked, measure, share
from pipelines.publish.programmes import (
    NOTHING,
    STUDENTS,
    Row,
    entrants_of,
    rows_of,
)
from pipelines.publish.shelf import REGION, Indicator, Shelf
from pipelines.publish.tables.actions import owners_of, state_label
from pipelines.publish.tables.overview import (
    at_year,
    evolution_cell,
    last_point,
    status,
    upper_first,
    value_and_year,
)
from pipelines.publish.tables.programmes import entrants_table, programme_table
from pipelines.publish.tables.shape import Table


def of_site(shelf: Shelf, code: str) -> list[Table]:
    """Return the tables of a site's sheet; one that would have no row is left out, its section says why."""
    made = [programmes(shelf, code), entrants(shelf, code), indicators(shelf, code), commitments(shelf, code)]
    return [table for table in [*made, actions(shelf, code)] if table.rows]


def programmes(shelf: Shelf, code: str) -> Table:
    """Students of each speciality by diploma in the registers, then places, entrants and their baccalauréats."""
    place = shelf.sites[code]["site_label"]
    return programme_table(
        shelf,
        f"site-programmes-{code}",
        place,
        students=rows_of(shelf, STUDENTS, site=code),
        admitted=entrants_of(shelf, site=code),
        named=(two(shelf, "Spécialité", "Speciality"),),
    )


def entrants(shelf: Shelf, code: str) -> Table:
    """Entrants of the site by year, their baccalauréats and scholarships, the eight sites of the last year below."""
    place = shelf.sites[code]["site_label"]
    return entrants_table(
        shelf,
        f"site-entrants-{code}",
        two(
            shelf,
            f"{place}\u00a0: admis en première année, baccalauréat et bourse des nouveaux bacheliers",
            f"{place}: admissions to the first year, baccalauréat and scholarship of new bacheliers",
        ),
        entrants_of(shelf, site=code),
        two(shelf, "Huit sites", "Eight sites"),
    )


def indicators(shelf: Shelf, code: str) -> Table:
    """Every indicator of the site: value, the region's in the same year, change, flag."""
    rows = []
    for indicator in shelf.indicators.values():
        found = shelf.series(indicator.code, code)
        if not found:
            continue
        point = last_point(shelf.points(indicator.code, code))
        flag = next((row["flag"] for row in reversed(found) if point is None or row["year"] == point.year), NOTHING)
        page = figure_page(indicator.code, code, point.year if point else int(found[-1]["year"]))
        rows.append(
            (
                f"[{indicator.label}](/{page}) (`{indicator.code}`)",
                value_and_year(shelf, indicator, code),
                at_year(shelf, indicator, REGION, point.year if point else None),
                evolution_cell(shelf, indicator, code),
                f"`{flag}`",
            )
        )
    place = shelf.sites[code]["site_label"]
    value, region = two(shelf, "Site", "Site"), two(shelf, "Huit sites", "Eight sites")
    return Table(
        name=f"site-{code}",
        caption=two(
            shelf,
            f"{place}\u00a0: tous les indicateurs, dernière valeur publiée, celle des huit sites la même année",
            f"{place}: every indicator, last published value, that of the eight sites in the same year",
        ),
        heading=(
            two(shelf, "Indicateur", "Indicator"),
            value,
            region,
            two(shelf, "Évolution du site", "Change at the site"),
            two(shelf, "Drapeau", "Flag"),
        ),
        rows=tuple(rows),
        right=(value, region),
        widths=(36, 18, 12, 24, 10),
        lang=shelf.lang,
    )


def commitments(shelf: Shelf, code: str) -> Table:
    """The targets that are followed on the site: its share of each, last value, state."""
    titles = target_titles(shelf)
    regional = {row["target_id"]: row for row in shelf.rows("pub_states") if row["scope_code"] == REGION}
    rows = []
    for row in shelf.rows("pub_states"):
        if row["scope_code"] != code:
            continue
        unit = target_unit(shelf, row)
        rows.append(
            (
                titles.get(row["target_id"], row["target_id"]),
                part_of(shelf, row, regional.get(row["target_id"]), "target_value", unit)
                + (f", {row['deadline_year']}" if row["target_value"] is not None and row["deadline_year"] else ""),
                part_of(shelf, row, regional.get(row["target_id"]), "last_value", unit)
                + (f", {row['last_year']}" if row["last_value"] is not None else ""),
                status(shelf, row),
            )
        )
    place = shelf.sites[code]["site_label"]
    return Table(
        name=f"site-targets-{code}",
        caption=two(
            shelf,
            f"{place}\u00a0: part du site dans chaque engagement",
            f"{place}: the site's share of each commitment",
        ),
        heading=(
            two(shelf, "Engagement", "Commitment"),
            two(shelf, "Part du site, échéance", "Share of the site, deadline"),
            two(shelf, "Dernière valeur", "Last value"),
            two(shelf, "État", "State"),
        ),
        rows=tuple(rows),
        widths=(38, 22, 20, 20),
        lang=shelf.lang,
    )


def target_unit(shelf: Shelf, row: Row) -> str:
    """Return the unit of a target: that of its indicator."""
    indicator: Indicator | None = shelf.indicators.get(str(row.get("indicator_code") or ""))
    return indicator.unit if indicator else "count"


def part_of(shelf: Shelf, row: Row, whole: Row | None, column: str, unit: str) -> str:
    """Return `152 sur 800 (19 %)`: the site's number of the region's; the word when it is confidential."""
    value = row[column]
    if value is None:
        return CONFIDENTIAL[shelf.lang] if row["state_code"] == "confidential" else NOTHING
    text = measure(value, unit, shelf.lang)
    every = whole[column] if whole else None
    simulated = column == "last_value" and row["origin"] == "simulated"
    if every and unit not in ("share", "percent"):
        if value == 1:
            return f"{text} {two(shelf, 'sur', 'of')} {measure(every, unit, shelf.lang)}"
        inside = share(value / every, shelf.lang, 0) + (f", {SIMULATED[shelf.lang]}" if simulated else "")
        return f"{text} {two(shelf, 'sur', 'of')} {measure(every, unit, shelf.lang)} ({inside})"
    return marked(text, str(row["origin"]), shelf.lang) if simulated else text


def site_actions(shelf: Shelf, code: str) -> list[dict[str, Any]]:
    """Return the actions of the register that the text wants site by site, those of this site."""
    hub = str(shelf.sites[code].get("is_hub")).lower() == "true"
    wanted = {"all"} if hub else {"all", "outside_toulouse"}
    return [entry for entry in shelf.declared("actions") if entry.get("by_site") in wanted]


def actions(shelf: Shelf, code: str) -> Table:
    """The actions that the text wants on the site, with owners and the state declared."""
    rows = [
        (
            f"`{entry['id']}`",
            upper_first(shelf.say(entry["text"]).rstrip(" :.")),
            owners_of(shelf, entry),
            state_label(shelf, entry),
        )
        for entry in site_actions(shelf, code)
    ]
    place = shelf.sites[code]["site_label"]
    return Table(
        name=f"site-actions-{code}",
        caption=two(
            shelf,
            f"{place}\u00a0: les actions que le document veut site par site",
            f"{place}: the actions the document wants site by site",
        ),
        heading=(
            "N°" if shelf.lang == "fr" else "No.",
            "Action",
            two(shelf, "Porteurs", "Owners"),
            two(shelf, "État déclaré", "Declared state"),
        ),
        rows=tuple(rows),
        widths=(10, 52, 23, 15),
        lang=shelf.lang,
    )
