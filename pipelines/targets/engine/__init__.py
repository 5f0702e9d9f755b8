"""The engine of targets: what the coming years of a short yearly series may be, as one honest distribution.

    from pipelines.targets.engine import forecast, Refusal

    ahead = forecast([2016, 2017, 2018, 2019, 2022, 2023], [310, 325, 340, 332, 365, 400], until=2028)
    if isinstance(ahead, Refusal):
        ahead.code, ahead.reason              # why there is no probability, in French and in English
    else:
        ahead.probability(800, better=1)      # P(the value of 2028 is 800 or more)
        ahead.interval(80), ahead.median(2026), ahead.quantile(0.9)
        ahead.draws(4000, seed=1)             # possible paths, (4000, years ahead): to be added up, reconciled
        ahead.voices(800, better=1)           # what each member of the mixture says by itself

Years that are missing, masked or NaN are gaps, in any order of years. Probabilities, quantiles and draws come from
the same distribution; nothing is random but `draws`, which its seed decides. Multiplying values and target by a number
changes no probability.

Rates, shares and anything already transformed (a logit, a logarithm) are forecast with `is_size=False`: no member then
takes logarithms or compares with growth seen elsewhere, and adding a constant changes nothing either. Transform the
draws back. Counts below thirty a year, pooling across sites and sums of sites are made around this engine, from draws.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.targets.engine.predictive import CEILING, FLOOR, Predictive, Voice
from pipelines.targets.engine.refusals import Refusal

MINIMUM_POINTS = 3
"""Fewest observed years from which the engine says something. Readers of a report may be asked for more."""

FURTHEST = 10
"""Most years ahead: what the coefficients were fitted to."""

__all__ = ["CEILING", "FLOOR", "FURTHEST", "MINIMUM_POINTS", "Predictive", "Refusal", "Voice", "forecast"]


def forecast(
    years: Sequence[int], values: Sequence[float | None], until: int, *, is_size: bool | None = None
) -> Predictive | Refusal:
    """Return the distribution of the years after the latest observed one, up to `until`; or why there is none.

    `is_size` says that values are amounts above zero, of which growth rates make sense; by default, whether all of
    them are above zero. Refused: fewer than `MINIMUM_POINTS` observed years, a series that never moves, an `until`
    already observed or more than `FURTHEST` years away. Raises `ValueError` for a year given twice, infinite values,
    and `is_size` where a value is not above zero.
    """
    from pipelines.targets.engine.one import forecast_one

    return forecast_one(years, values, until, is_size, MINIMUM_POINTS, FURTHEST)
