"""The comparing sentences that pages ask for by key: `compare.…`, `course.…`, `part.…`, `move.…`, `path.…`.

`compare.<indicator>.sites` is the spread over the sites in the last year any of them has a value; `compare.<indicator>.<site>`
one site beside the whole; `course.<indicator>.<scope>` since when a series goes one way; `part.…` a share as its two
counts; `move.…` the change since the last comparable year and what it is worth; `path.<target>` a target on its path.
"""

# ruff: noqa: E501  a sentence that is published stands on one line, so that it can be found

from __future__ import annotations

from collections.abc import Callable

from pipelines.publish.citing import address, citation
from pipelines.publish.comparisons import HIDDEN, against_path, against_whole, course, part, rank, spread
from pipelines.publish.figures.common import two
from pipelines.publish.numbers import marked, measure
from pipelines.publish.picture import Picture
from pipelines.publish.shelf import Indicator, Shelf
from pipelines.publish.tables import actions
from pipelines.publish.tables.overview import last_point, upper_first
from pipelines.publish.tiles import bounds_of
from pipelines.publish.variation import move_and_worth

Flat = dict[str, str]

PREFIXES = ("compare.", "course.", "part.", "move.")
"""Keys that compare: where nothing can be compared, a page that asks for one is told so."""


def comparison_words(shelf: Shelf, dotted: Callable[[str], str]) -> Flat:
    """Return every comparing sentence this run can make, by key. `dotted` writes an indicator's code as keys do."""
    flat: Flat = {}
    for indicator in shelf.indicators.values():
        stem = dotted(indicator.code)
        flat |= {f"compare.{stem}.{name}": text for name, text in of_sites(shelf, indicator).items()}
        for scope in set(shelf.scopes(indicator.code)) & {shelf.whole, "FR"}:
            flat |= {f"{kind}.{stem}.{scope}": text for kind, text in of_series(shelf, indicator, scope).items()}
    return flat | paths(shelf) | register(shelf)


def of_sites(shelf: Shelf, indicator: Indicator) -> Flat:
    """Return the spread of an indicator over the sites, and each site beside the whole."""
    rows = [row for site in shelf.sites for row in shelf.series(indicator.code, site)]
    if not rows:
        return {}
    year = max(int(row["year"]) for row in rows)
    now = [row for row in rows if int(row["year"]) == year]
    seen = {row["scope_code"]: row for row in now}
    values = {shelf.place(site): seen[site]["value"] if site in seen else None for site in shelf.sites}
    whole = next((row["value"] for row in shelf.series(indicator.code, shelf.whole) if int(row["year"]) == year), None)
    origin = "simulated" if any(row["origin"] == "simulated" for row in now) else "observed"
    told = {
        "sites": spread(
            indicator.label,
            values,
            indicator.unit,
            shelf.lang,
            year=year,
            whole=whole,
            together=shelf.all_sites,
            hidden=[shelf.place(row["scope_code"]) for row in now if row["flag"] == HIDDEN and row["value"] is None],
            origin=origin,
            places=indicator.decimals,
        )
    }
    for site in seen:
        place = shelf.place(site)
        beside = against_whole(place, values[place], whole, indicator.unit, shelf.lang)
        said = ", ".join(clause for clause in (beside or place, rank(place, values, shelf.lang)) if clause)
        if said != place and values[place] is not None:
            shown = marked(
                measure(float(values[place] or 0), indicator.unit, shelf.lang, indicator.decimals), origin, shelf.lang
            )
            told[site] = f"{indicator.label}, {year}{two(shelf, ' :', ':')} {shown}. {upper_first(said)}.".replace(
                " :", "\u00a0:"
            )
    return told


def of_series(shelf: Shelf, indicator: Indicator, scope: str) -> Flat:
    """Return since when a series goes one way, its last move, and its last value as two counts."""
    points = shelf.points(indicator.code, scope)
    label = f"{indicator.label}, {shelf.place(scope)}"
    told = {"course": course(label, points, indicator.unit, shelf.lang, indicator.decimals)}
    if last_point(points) is not None:
        moved, worth = move_and_worth(points, indicator.unit, shelf.lang, bounds_of(shelf, indicator.code, scope))
        told["move"] = f"{moved} ({worth})" if worth else moved
    rows = [row for row in shelf.series(indicator.code, scope) if row["value"] is not None]
    if rows and indicator.unit == "share":
        counts = part(
            rows[-1].get("numerator"), rows[-1].get("denominator"), shelf.lang, origin=str(rows[-1]["origin"])
        )
        if counts:
            told["part"] = counts
    return told


def paths(shelf: Shelf) -> Flat:
    """Return where each target stands against the path it promised."""
    told = {}
    for row in shelf.rows("pub_states"):
        if row["scope_level"] in ("region", "country"):
            indicator = shelf.indicators.get(str(row.get("indicator_code") or ""))
            told[f"path.{row['target_id'].lower()}"] = against_path(
                row["last_value"],
                row.get("milestone_value"),
                indicator.unit if indicator else "count",
                shelf.lang,
                year=row["last_year"],
                origin=str(row.get("origin") or "observed"),
            )
    return told


def register(shelf: Shelf) -> Flat:
    """Return the sentence on the register of actions, whole and by objective."""
    told = {"actions.summary": actions.summary(shelf)}
    numbers = sorted({int(entry["objective"]) for entry in shelf.declared("actions")})
    return told | {f"actions.summary-{number}": actions.summary(shelf, number) for number in numbers}


def nothing_to_compare(shelf: Shelf, code: str) -> str:
    """Return the sentence that stands where a page compares what this run does not have."""
    label = shelf.indicators[code].label
    return two(
        shelf, f"{label}\u00a0: rien à comparer dans cette édition.", f"{label}: nothing to compare in this edition."
    )


CITED = ("ENR-DUT-BUT", "enr-dut-but", "sites")
"""Indicator, figure and table that the page on citing takes as examples."""


def citing_words(shelf: Shelf, figure: Picture | None, table_caption: str) -> Flat:
    """Return examples of citations, of a number, a figure and a table of this edition, and of the report as BibTeX keys."""
    code, figure_name, table_name = CITED
    house = shelf.house
    point = last_point(shelf.points(code, shelf.whole))
    indicator = shelf.indicators[code]
    flat = {
        "cite.table": citation(f"tbl-{table_name}", table_caption, shelf.edition, shelf.lang, house, simulated=False),
        "cite.table-address": address(f"tbl-{table_name}", shelf.edition),
        "cite.figure-address": address(f"fig-{figure_name}", shelf.edition),
        "cite.figure": two(shelf, "figure absente de cette édition", "figure not in this edition"),
        "cite.number": two(shelf, "valeur absente de cette édition", "value not in this edition"),
        "cite.number-address": f"{code}/{shelf.whole}/{point.year if point else shelf.edition}@{shelf.edition}",
    }
    if figure is not None:
        flat["cite.figure"] = citation(
            f"fig-{figure_name}", figure.title, shelf.edition, shelf.lang, house, simulated=figure.simulated
        )
    if point is not None and point.value is not None:
        said = f"{indicator.label}, {shelf.place(shelf.whole)}, {point.year}{two(shelf, chr(160) + ':', ':')} {measure(point.value, indicator.unit, shelf.lang, indicator.decimals)}"
        flat["cite.number"] = citation(
            flat["cite.number-address"].split("@")[0],
            said,
            shelf.edition,
            shelf.lang,
            house,
            simulated=point.origin == "simulated",
        )
    return flat
