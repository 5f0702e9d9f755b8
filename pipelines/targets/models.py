"""Which model forecasts a series, and what every forecast can be asked.

Counts below thirty a year, and counts with a documented step, go to `counts`; shares with known counts to its rates;
other shares to the engine on the logit scale; everything else to the engine as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log
from typing import TYPE_CHECKING, Protocol

import numpy as np

from pipelines.kernel.catalogue import Bilingual
from pipelines.targets import reasons
from pipelines.targets.counts import Pool, forecast_counts, forecast_rate
from pipelines.targets.engine import CEILING, FLOOR, Predictive, Refusal, forecast
from pipelines.targets.engine.reference import ReferenceClass
from pipelines.targets.series import Series

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

LEVELS = (50, 80, 95)
"""Widths of the intervals, in per cent."""


class Ahead(Protocol):
    """The distribution of the values of the years after `last_year`, up to `until`."""

    @property
    def last_year(self) -> int:
        """The last year seen."""

    @property
    def until(self) -> int:
        """The last year ahead."""

    def probability(self, target: float, better: int, year: int | None = None) -> float:
        """Return P(value of `year` meets `target`), in [0.005, 0.995]; `until` unless a year is named."""

    def median(self, year: int | None = None) -> float:
        """Return the median of the value of `year`."""

    def interval(self, level: float, year: int | None = None) -> tuple[float, float]:
        """Return the central interval of `level` per cent."""

    def draws(self, count: int, seed: int) -> Array:
        """Return possible paths, (count, years ahead)."""


@dataclass(frozen=True)
class LogitAhead:
    """A forecast of the engine on the logit scale, said in shares."""

    inner: Predictive

    @property
    def last_year(self) -> int:
        """The last year seen."""
        return self.inner.last_year

    @property
    def until(self) -> int:
        """The last year ahead."""
        return self.inner.until

    def probability(self, target: float, better: int, year: int | None = None) -> float:
        """Return P(share of `year` meets `target`); a target outside 0 to 1 is met always or never."""
        if not 0 < target < 1:
            return CEILING if (target <= 0) == (better > 0) else FLOOR
        return self.inner.probability(log(target / (1 - target)), better, year)

    def median(self, year: int | None = None) -> float:
        """Return the median share of `year`."""
        return _share(self.inner.median(year))

    def interval(self, level: float, year: int | None = None) -> tuple[float, float]:
        """Return the central interval of `level` per cent."""
        low, high = self.inner.interval(level, year)
        return _share(low), _share(high)

    def draws(self, count: int, seed: int) -> Array:
        """Return possible paths of shares."""
        return np.asarray(1 / (1 + np.exp(-np.clip(self.inner.draws(count, seed), -700, 700))))


@dataclass(frozen=True)
class DrawnAhead:
    """A forecast known by its draws (count, years ahead), made coherent with others."""

    last_year: int
    until: int
    paths: Array

    def probability(self, target: float, better: int, year: int | None = None) -> float:
        """Return the share of draws that meet `target`, in [0.005, 0.995]."""
        drawn = self._of(year)
        met = drawn >= target if better > 0 else drawn <= target
        return min(max(float(met.mean()), FLOOR), CEILING)

    def median(self, year: int | None = None) -> float:
        """Return the median of the draws of `year`."""
        return float(np.quantile(self._of(year), 0.5, method="inverted_cdf"))

    def interval(self, level: float, year: int | None = None) -> tuple[float, float]:
        """Return the central interval of `level` per cent."""
        ends = [0.5 - level / 200, 0.5 + level / 200]
        low, high = np.quantile(self._of(year), ends, method="inverted_cdf")
        return float(low), float(high)

    def draws(self, count: int, seed: int) -> Array:
        """Return `count` of the paths, drawn again with replacement when there are not as many."""
        if count <= len(self.paths):
            return self.paths[:count]
        return self.paths[np.random.default_rng(seed).integers(0, len(self.paths), count)]

    def _of(self, year: int | None) -> Array:
        ahead = (self.until if year is None else year) - self.last_year
        if not 1 <= ahead <= self.until - self.last_year:
            raise ValueError(f"the forecast runs from {self.last_year + 1} to {self.until}")
        return np.asarray(self.paths[:, ahead - 1])


def ahead_of(series: Series, until: int, pool: Pool | None = None) -> Ahead | Bilingual:
    """Return the forecast of one series up to `until`, or the reason why there is none."""
    usable = series.fit_years
    if len(usable) < reasons.MINIMUM_POINTS:
        return reasons.too_few(len(usable), len(series.values))
    made = _fitted(series, usable, until, pool)
    return made.reason if isinstance(made, Refusal) else made


def model_of(series: Series) -> str:
    """Return the name of the model that `ahead_of` uses for the series."""
    if series.is_count and (series.is_small or series.steps):
        return "counts"
    if series.is_share and series.knows_steps:
        return "rates"
    return "engine"


def reference_of(series: Series, until: int, goal: float, better: int) -> ReferenceClass | None:
    """Return how often series elsewhere that had grown as much met such a goal; `None` for shares and unusable series.

    It is the view from outside, read on the series alone, whichever model forecasts it.
    """
    usable = series.fit_years
    if series.is_share or goal <= 0 or len(usable) < reasons.MINIMUM_POINTS or min(usable.values()) <= 0:
        return None
    made = forecast(list(usable), list(usable.values()), until)
    return None if isinstance(made, Refusal) else made.reference(goal, better)


def _fitted(series: Series, usable: dict[int, float], until: int, pool: Pool | None) -> Ahead | Refusal:
    name = model_of(series)
    if name == "counts":
        return forecast_counts(usable, until, pool=pool, steps=series.steps)
    if name == "rates":
        return forecast_rate({year: series.counted[year] for year in usable}, until, pool=pool, steps=series.steps)
    years, values = list(usable), list(usable.values())
    if series.is_share and all(0 < value < 1 for value in values):
        made = forecast(years, [log(value / (1 - value)) for value in values], until, is_size=False)
        return made if isinstance(made, Refusal) else LogitAhead(made)
    return forecast(years, values, until)


def _share(level: float) -> float:
    return 1 / (1 + exp(-min(max(level, -700.0), 700.0)))
