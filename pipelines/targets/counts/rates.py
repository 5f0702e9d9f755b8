"""Forecast of a rate, so many of so many: the level on the logit scale, noise of the counting, phi times binomial.

Empirical logits with variance 1/(k+.5) + 1/(n-k+.5) (Cox and Snell 1989, section 2.1.6) start the fit; the noise of the
year forecast is that of its own cohort, taken as the latest one unless told otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipelines.targets.counts.counting import MINIMUM_POINTS
from pipelines.targets.counts.latent import PHI, Latent, Pool, level_ahead
from pipelines.targets.engine import CEILING, FLOOR, FURTHEST, Refusal, Voice
from pipelines.targets.engine.refusals import ALREADY_OBSERVED, STILL, too_far, too_few

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


@dataclass(frozen=True)
class RatePredictive:
    """The distribution of the observed rate of the years after `last_year`, between 0 and 1."""

    last_year: int
    until: int
    points: int
    latent: Latent
    cohort: float

    def probability(self, target: float, better: int, year: int | None = None) -> float:
        """Return P(rate of `year` >= `target`) where `better` is 1, P(<=) where it is -1, in [0.005, 0.995]."""
        below = self._cdf(target, self._ahead(year))
        return min(max(1 - below if better > 0 else below, FLOOR), CEILING)

    def quantile(self, probability: float, year: int | None = None) -> float:
        """Return the rate that is not passed with `probability`."""
        if not 0 < probability < 1:
            raise ValueError("a quantile is given between 0 and 1")
        ahead = self._ahead(year)
        low, high = -40.0, 40.0
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (low, middle) if self._below(middle, ahead) >= probability else (middle, high)
        return float(_expit(np.array(high)))

    def median(self, year: int | None = None) -> float:
        """Return the median rate of `year`."""
        return self.quantile(0.5, year)

    def interval(self, level: float, year: int | None = None) -> tuple[float, float]:
        """Return the central interval of `level` per cent."""
        return self.quantile(0.5 - level / 200, year), self.quantile(0.5 + level / 200, year)

    def draws(self, count: int, seed: int) -> Array:
        """Return `count` possible paths of the observed rate, (count, years ahead): the same for the same seed."""
        generator = np.random.default_rng(seed)
        horizon = self.until - self.last_year
        chosen = generator.choice(len(self.latent.weights), size=count, p=self.latent.weights)
        walk = generator.standard_normal((count, horizon)).cumsum(axis=1) / np.sqrt(np.arange(1.0, horizon + 1))
        level = self.latent.means[chosen] + self.latent.spreads[chosen] * walk
        noise = np.sqrt(PHI[chosen][:, None] * _noise(self.latent.means[chosen], self.cohort))
        return _expit(level + noise * generator.standard_normal((count, horizon)))

    def voices(self, target: float, better: int, year: int | None = None) -> tuple[Voice, ...]:
        """Return nothing: there are no members here, only one model averaged over what it does not know."""
        del target, better, year
        return ()

    def _cdf(self, rate: float, ahead: int) -> float:
        if rate <= 0 or rate >= 1:
            return 0.0 if rate <= 0 else 1.0
        return self._below(float(np.log(rate / (1 - rate))), ahead)

    def _below(self, level: float, ahead: int) -> float:
        from scipy.special import ndtr

        means = self.latent.means[:, ahead - 1]
        spreads = np.sqrt(self.latent.spreads[:, ahead - 1] ** 2 + PHI * _noise(means, self.cohort))
        return float(self.latent.weights @ ndtr((level - means) / spreads))

    def _ahead(self, year: int | None) -> int:
        ahead = (self.until if year is None else year) - self.last_year
        if not 1 <= ahead <= self.until - self.last_year:
            raise ValueError(f"the forecast runs from {self.last_year + 1} to {self.until}")
        return ahead


def forecast_rate(
    counted: Mapping[int, tuple[float, float]],
    until: int,
    *,
    pool: Pool | None = None,
    steps: tuple[int, ...] = (),
    cohort: float | None = None,
) -> RatePredictive | Refusal:
    """Return the distribution of the rate up to `until`, or why there is none.

    `counted` is year → (so many, of so many); years left out, or without a denominator, are gaps. `cohort` is the
    denominator of the years ahead, the latest one by default. Raises `ValueError` for more than the denominator.
    """
    known = {year: pair for year, pair in sorted(counted.items()) if pair[1] > 0}
    if any(not 0 <= many <= of for many, of in known.values()):
        raise ValueError("a rate is of none to all")
    if len(known) < MINIMUM_POINTS:
        return too_few(len(known), MINIMUM_POINTS)
    last = max(known)
    if until <= last:
        return ALREADY_OBSERVED
    if until - last > FURTHEST:
        return too_far(until - last, FURTHEST)
    years = np.array(list(known), dtype=float)
    many, of = (np.array([pair[side] for pair in known.values()], dtype=float) for side in (0, 1))
    if not many.any() or (many == of).all():
        return STILL
    response = np.log((many + 0.5) / (of - many + 0.5))
    noise = 1 / (many + 0.5) + 1 / (of - many + 0.5)
    latent = level_ahead(years, response, noise, until - last, pool or Pool(), steps)
    return RatePredictive(last, until, len(years), latent, float(of[-1] if cohort is None else cohort))


def _expit(level: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-np.clip(level, -40, 40))))


def _noise(level: Array, cohort: float) -> Array:
    """Return the binomial variance of an empirical logit around `level`, on a cohort of so many."""
    rate = _expit(level)
    return np.asarray(1 / (cohort * rate + 0.5) + 1 / (cohort * (1 - rate) + 0.5))
