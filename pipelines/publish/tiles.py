"""The six tiles of the first page: a number, what it counts, how far it moved, what that is worth, its origin."""

from __future__ import annotations

from pipelines.kernel.figure_address import figure_page
from pipelines.kernel.intervals import wilson
from pipelines.publish.figures.common import two
from pipelines.publish.numbers import SIMULATED, measure
from pipelines.publish.shelf import REGION, Shelf
from pipelines.publish.tables.overview import last_point
from pipelines.publish.variation import Bounds, move_and_worth, signed_move

CHOSEN = {
    "ENR-DUT-BUT": ("étudiants en DUT ou BUT", "students in DUT or BUT"),
    "ENR-ENTRANTS": ("entrants en première année", "entrants to the first year"),
    "SCH-ENTRANTS": ("néo-bacheliers admis boursiers", "new bacheliers with a scholarship"),
    "EMP-LP-30": ("en emploi à 30 mois (LP)", "in work at 30 months (LP)"),
    "APP-COUNT": ("apprentis dans les IUT", "apprentices in the IUTs"),
    "MOB-OUT": ("étudiants partis à l'étranger", "students who went abroad"),
}
"""Indicator → what its number counts, in words that follow the number and hold on two short lines."""

SURVEYED = ("EMP-LP-", "EMP-DUT-")
"""Published rates whose denominator is a number of answers: their interval is made here. Others bring their own."""

COUNTED_BY_GRADUATION = "EMP-"
"""Years of these are those of the diploma, not of a rentrée."""


def tiles(shelf: Shelf) -> str:
    """Return the tiles as the theme styles them; a tile without a value says that nothing is measured."""
    parts = ["::: {.kpi-grid}"]
    for code in CHOSEN:
        if code in shelf.indicators:
            parts += ["::: {.kpi}", *tile(shelf, code), ":::"]
    parts.append(":::")
    return "\n".join(parts) + "\n"


def tile(shelf: Shelf, code: str) -> list[str]:
    """Return the lines of one tile: value, label with its chapter, change and its worth, year and origin."""
    indicator = shelf.indicators[code]
    chapter = f"/objectif-{indicator.objective}.qmd" if indicator.objective else "/methodes.qmd"
    label = f"[[{two(shelf, *CHOSEN[code])}]({chapter})]{{.kpi-label}}"
    points = shelf.points(code, REGION)
    point = last_point(points)
    if point is None or point.value is None:
        return ["[\u2013]{.kpi-value}", label, f"[{two(shelf, 'non mesuré', 'not measured')}]{{.kpi-note}}"]
    value = measure(point.value, indicator.unit, shelf.lang, indicator.decimals)
    by_diploma = code.startswith(COUNTED_BY_GRADUATION)
    named = two(shelf, "promotion", "class of") if by_diploma else two(shelf, "rentrée", "autumn")
    when = f"{named} {point.year}"
    bounds = bounds_of(shelf, code, REGION)
    kind = two(shelf, "enquête", "survey") if bounds else two(shelf, "comptage", "count")
    if point.origin == "simulated":
        value = f"{value} [({SIMULATED[shelf.lang]})]{{.simulated}}"
        kind = f"[{two(shelf, f'{kind} simulé' + ('e' if bounds else ''), f'simulated {kind}')}]{{.simulated}}"
    else:
        kind = two(shelf, f"{kind} observé" + ("e" if bounds else ""), f"observed {kind}")
    worth = move_and_worth(points, indicator.unit, shelf.lang, bounds)[1]
    moved = signed_move(points, indicator.unit, shelf.lang)
    lines = [f"[{value}]{{.kpi-value}}", label, f"[**{moved}**]{{.kpi-note}}"]
    if worth:
        lines.append(f"[{worth[:1].upper()}{worth[1:]}]{{.kpi-note}}")
    page = figure_page(code, REGION, point.year)
    return [*lines, f"[[{when}](/{page}), {kind}]{{.kpi-note}}"]


def bounds_of(shelf: Shelf, code: str, scope: str) -> Bounds:
    """Return the interval of each year's value when it comes from a survey; nothing for a full count."""
    bounds = {}
    for row in shelf.series(code, scope):
        year = int(row["year"])
        if row.get("interval_low") is not None and row.get("interval_high") is not None:
            bounds[year] = (float(row["interval_low"]), float(row["interval_high"]))
        elif code.startswith(SURVEYED) and row["value"] is not None and row.get("denominator"):
            bounds[year] = wilson(float(row["value"]), float(row["denominator"]))
    return bounds
