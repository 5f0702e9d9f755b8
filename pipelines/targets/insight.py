"""How far a verdict hangs on the base, and how usual the pace is that is still needed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pipelines.targets.paths import pace
from pipelines.targets.rules import Point
from pipelines.targets.series import Insight, Series
from pipelines.targets.states import Aim, state_of

FINEST, FARTHEST = 0.001, 0.5
"""Step and end of the search for the change of the base that changes the state, as shares of the base."""


def insight_of(series: Series, aim: Aim, ratio: float | None, edition: int, needed: float | None) -> Insight:
    """Return what helps to judge the verdict; `ratio` is the goal over the base, `None` when it is no such multiple."""
    low, high = flips(series.values, aim, ratio, edition)
    kept, known = pace_seen(series, aim, needed)
    return Insight(low, high, kept, known)


def flips(
    values: Mapping[int, float], aim: Aim, ratio: float | None, edition: int
) -> tuple[float | None, float | None]:
    """Return the least changes of the base, downwards and upwards, from which the state is another one.

    A goal that is a multiple of the base moves with it; any other one stays, and only the path does.
    """
    if aim.base is None:
        return None, None
    now = state_of(values, aim, edition)
    steps = round(FARTHEST / FINEST)
    found: list[float | None] = []
    for side in (-1, 1):
        flip = None
        for step in range(1, steps + 1):
            change = side * step * FINEST
            moved = aim.base.value * (1 + change)
            other = replace(aim, base=Point(aim.base.year, moved), goal=aim.goal if ratio is None else moved * ratio)
            if state_of(values, other, edition) is not now:
                flip = change
                break
        found.append(flip)
    return found[0], found[1]


def pace_seen(series: Series, aim: Aim, needed: float | None) -> tuple[int | None, int | None]:
    """Return how many past changes from one usable year to the next were at the pace needed, of how many."""
    if needed is None:
        return None, None
    usable = series.fit_years
    seen = []
    for year in sorted(usable):
        if year - 1 in usable and year not in series.steps:
            change = pace(Point(year - 1, usable[year - 1]), Point(year, usable[year]), aim.path)
            if change is not None:
                seen.append(change)
    if not seen:
        return None, None
    return sum(aim.better * (change - needed) >= 0 for change in seen), len(seen)
