"""The six tiles of the first page: a number, what it counts, its year and its origin."""

from __future__ import annotations

from pipelines.publish.figures.common import two
from pipelines.publish.numbers import SIMULATED, measure
from pipelines.publish.shelf import REGION, Shelf
from pipelines.publish.tables.overview import last_point

CHOSEN = ("ENR-DUT-BUT", "ENR-LP", "ENR-ENTRANTS", "SCH-ENTRANTS", "APP-COUNT", "MOB-OUT")


def tiles(shelf: Shelf) -> str:
    """Return the tiles as the theme styles them; a tile without a value says that nothing is measured."""
    parts = ["::: {.kpi-grid}"]
    for code in CHOSEN:
        indicator = shelf.indicators.get(code)
        if indicator is None:
            continue
        point = last_point(shelf.points(code, REGION))
        if point is None or point.value is None:
            value, note = "\u2013", two(shelf, "non mesuré", "not measured")
        else:
            value = measure(point.value, indicator.unit, shelf.lang, indicator.decimals)
            when = two(shelf, f"rentrée {point.year}", f"autumn {point.year}")
            if point.origin == "simulated":
                note = f"{when}, [{two(shelf, 'donnée simulée', 'simulated figure')}]{{.simulated}}"
                value = f"{value} [({SIMULATED[shelf.lang]})]{{.simulated}}"
            else:
                note = f"{when}, {two(shelf, 'donnée observée', 'observed figure')}"
        label = indicator.label[:1].lower() + indicator.label[1:] if indicator.label[1:2].islower() else indicator.label
        parts += ["::: {.kpi}", f"[{value}]{{.kpi-value}}", f"[{label}]{{.kpi-label}}", f"[{note}]{{.kpi-note}}", ":::"]
    parts.append(":::")
    return "\n".join(parts) + "\n"
