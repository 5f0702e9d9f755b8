"""Forecast of a count: the level behind it on the log scale, then as many as chance makes of that level.

Noise is Poisson (phi = 1) or negative binomial with a variance in proportion to the mean (NB1, phi > 1). Everything but
`draws` is computed, not simulated: a Gauss-Hermite rule over the level, an incomplete beta function over the count.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil, floor
from typing import TYPE_CHECKING

import numpy as np

from pipelines.targets.counts.latent import PHI, Latent, Pool, as_arrays, level_ahead
from pipelines.targets.engine import CEILING, FLOOR, FURTHEST, Refusal, Voice
from pipelines.targets.engine.refusals import ALREADY_OBSERVED, STILL, too_far, too_few

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

MINIMUM_POINTS = 3
ROUNDS = 3
"""Times the working response is taken anew around the smoothed level."""

_NODES, _NODE_WEIGHTS = np.polynomial.hermite_e.hermegauss(15)
_NODE_WEIGHTS = _NODE_WEIGHTS / _NODE_WEIGHTS.sum()
LARGEST = 1e9
"""No count beyond it is looked for."""


@dataclass(frozen=True)
class CountPredictive:
    """The distribution of the counts of the years after `last_year`, up to `until`: whole numbers, none below zero."""

    last_year: int
    until: int
    points: int
    latent: Latent

    def probability(self, target: float, better: int, year: int | None = None) -> float:
        """Return P(count of `year` >= `target`) where `better` is 1, P(<=) where it is -1, in [0.005, 0.995]."""
        ahead = self._ahead(year)
        chance = 1 - self._cdf(ceil(target) - 1, ahead) if better > 0 else self._cdf(floor(target), ahead)
        return min(max(chance, FLOOR), CEILING)

    def quantile(self, probability: float, year: int | None = None) -> float:
        """Return the least count that is not passed with `probability` or more."""
        if not 0 < probability < 1:
            raise ValueError("a quantile is given between 0 and 1")
        ahead = self._ahead(year)
        return float(_least(lambda count: self._cdf(count, ahead) >= probability))

    def median(self, year: int | None = None) -> float:
        """Return the median count of `year`."""
        return self.quantile(0.5, year)

    def interval(self, level: float, year: int | None = None) -> tuple[float, float]:
        """Return the central interval of `level` per cent, as near to it as whole numbers come.

        An end counts for half (mid-P, Lancaster 1961): an interval that holds `level` per cent at least would hold two
        points more where ten persons a year are counted.
        """
        ahead = self._ahead(year)

        def middle(count: int) -> float:
            return (self._cdf(count - 1, ahead) + self._cdf(count, ahead)) / 2

        low = _least(lambda count: middle(count) >= 0.5 - level / 200)
        high = _least(lambda count: middle(count) > 0.5 + level / 200) - 1
        return float(low), float(max(low, high))

    def draws(self, count: int, seed: int) -> Array:
        """Return `count` possible paths, (count, years ahead): the same ones for the same seed.

        Years of a path share the point of the grid and hang together as a random walk does.
        """
        generator = np.random.default_rng(seed)
        horizon = self.until - self.last_year
        chosen = generator.choice(len(self.latent.weights), size=count, p=self.latent.weights)
        walk = generator.standard_normal((count, horizon)).cumsum(axis=1) / np.sqrt(np.arange(1.0, horizon + 1))
        rates = np.exp(np.clip(self.latent.means[chosen] + self.latent.spreads[chosen] * walk, -20, 20))
        phi = PHI[chosen][:, None]
        excess = np.where(phi > 1, phi - 1, 1.0)
        mixed = np.where(phi > 1, generator.gamma(rates / excess, excess), rates)
        return np.asarray(generator.poisson(mixed), dtype=float)

    def voices(self, target: float, better: int, year: int | None = None) -> tuple[Voice, ...]:
        """Return nothing: there are no members here, only one model averaged over what it does not know."""
        del target, better, year
        return ()

    def _cdf(self, count: int, ahead: int) -> float:
        """Return P(count <= `count`)."""
        from scipy.special import betainc, pdtr

        if count < 0:
            return 0.0
        spread = self.latent.spreads[:, ahead - 1][:, None] * _NODES
        rates = np.exp(np.clip(self.latent.means[:, ahead - 1][:, None] + spread, -20, 20))
        phi = PHI[:, None]
        noisy = betainc(rates / np.where(phi > 1, phi - 1, 1.0), count + 1.0, 1 / phi)
        below = np.where(phi > 1, noisy, pdtr(count, rates))
        return float(self.latent.weights @ (below @ _NODE_WEIGHTS))

    def _ahead(self, year: int | None) -> int:
        ahead = (self.until if year is None else year) - self.last_year
        if not 1 <= ahead <= self.until - self.last_year:
            raise ValueError(f"the forecast runs from {self.last_year + 1} to {self.until}")
        return ahead


def _least(is_reached: Callable[[int], bool]) -> int:
    """Return the least count from which a condition holds."""
    low, high = -1, 1
    while high < LARGEST and not is_reached(high):
        low, high = high, 2 * high
    while high - low > 1:
        between = (low + high) // 2
        low, high = (low, between) if is_reached(between) else (between, high)
    return high


def forecast_counts(
    counts: Mapping[int, float], until: int, *, pool: Pool | None = None, steps: tuple[int, ...] = ()
) -> CountPredictive | Refusal:
    """Return the distribution of the counts up to `until`, or why there is none.

    `counts` is year → count, years left out are gaps. `pool` is what other sites teach; `steps` the first years after a
    documented change of level. Refused: fewer than three years, nothing but zeros, a year observed or too far.
    """
    years, seen = as_arrays(counts)
    if len(years) < MINIMUM_POINTS:
        return too_few(len(years), MINIMUM_POINTS)
    last = int(years[-1])
    if until <= last:
        return ALREADY_OBSERVED
    if until - last > FURTHEST:
        return too_far(until - last, FURTHEST)
    if not seen.any():
        return STILL
    return CountPredictive(last, until, len(years), latent_of_counts(years, seen, until - last, pool or Pool(), steps))


def latent_of_counts(years: Array, seen: Array, horizon: int, pool: Pool, steps: tuple[int, ...] = ()) -> Latent:
    """Return the level behind counts: working responses around the smoothed level, taken anew until they settle."""
    level = np.log(seen + 0.5)
    for round_ in range(ROUNDS):
        rates = np.exp(np.clip(level, -3, 20))
        response = level + (seen - rates) / rates if round_ else level
        found = level_ahead(years, response, 1 / rates, horizon, pool, steps)
        level = found.smoothed
    return found
