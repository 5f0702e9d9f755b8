"""Chances of promises that are kept or not: one more year kept, something on every site by the deadline.

No trend is fitted to yes and no. What is counted is how often it happened, (happened + 1/2) / (times it could + 1):
Jeffreys' estimate (Brown, Cai and DasGupta 2001, Statistical Science 16), with at least `MINIMUM_YEARS` years seen.
"""

from __future__ import annotations

from collections.abc import Mapping

from pipelines.targets.engine import CEILING, FLOOR

MINIMUM_YEARS = 3


def rate(happened: float, could: float) -> float:
    """Return the chance that it happens once more, from how often it did of how often it could."""
    return (happened + 0.5) / (could + 1)


def kept_again(kept: Mapping[int, bool]) -> float | None:
    """Return the chance that a promise is kept in the next year; `None` before it has been seen for three years."""
    if len(kept) < MINIMUM_YEARS:
        return None
    return _bounded(rate(sum(kept.values()), len(kept)))


def all_by(reached: Mapping[str, Mapping[int, bool]], until: int) -> float | None:
    """Return the chance that every site has reached its goal by `until`, once reached reached for ever.

    `reached` is site → year → reached; a site without any year has reached nothing. Every year in which a site that
    had not reached its goal was seen counts as a chance it had. `None` before there are three years.
    """
    years = sorted({year for seen in reached.values() for year in seen})
    if len(years) < MINIMUM_YEARS or until <= years[-1]:
        return None
    chances = happened = 0
    waiting: list[int] = []
    for seen in reached.values():
        first = min((year for year, is_reached in seen.items() if is_reached), default=None)
        tried = [year for year in seen if first is None or year <= first]
        chances += len(tried)
        happened += first is not None
        if first is None:
            waiting.append(until - max(seen, default=years[0] - 1))
    yearly = rate(happened, chances)
    chance = 1.0
    for ahead in waiting:
        chance *= 1 - (1 - yearly) ** ahead
    return _bounded(chance)


def _bounded(chance: float) -> float:
    return min(max(chance, FLOOR), CEILING)
