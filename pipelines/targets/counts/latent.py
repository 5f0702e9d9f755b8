"""The level behind counts or rates: a random walk with drift on the link scale, seen through counting noise.

On the link scale (logarithm or logit) the working response of year t is  z_t = a + b t + step_t + walk_t + noise_t,
walk of standard deviation sigma a year, noise of variance phi times that of the count. The level a is left free; the
drift b and each step have normal priors; sigma and phi are not estimated but averaged over, on a grid weighted by prior
and marginal likelihood, so that their uncertainty is in the forecast (universal kriging; Rasmussen and Williams 2006,
section 2.7). The prior of sigma is a gamma of shape 2, which vanishes at zero (Chung et al. 2013, Psychometrika 78).

The priors say that a year moves a level by some per cent beyond its drift, and that growth of 7 % a year for ever is
rare; they were chosen looking at some nine simulated settings of other seeds than the benchmark's. Sites together
replace them (`pooling`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

SIGMAS = np.array([0.0, 0.02, 0.04, 0.06, 0.08, 0.10, 0.13, 0.17, 0.22, 0.30, 0.45])
PHIS = np.array([1.0, 1.5, 2.5, 5.0])
SIGMA_MODE = 0.045
PHI_WEIGHTS = np.array([0.80, 0.12, 0.06, 0.02])
DRIFT_SPREAD = 0.035
STEP_SPREAD = 0.5
"""Prior sd of a documented step nobody has measured elsewhere: a change by two thirds is one of them."""

SIGMA = np.repeat(SIGMAS, len(PHIS))
PHI = np.tile(PHIS, len(SIGMAS))
"""Every pair of sigma and phi, (G,)."""


def _prior() -> Array:
    widths = np.gradient(SIGMAS)
    of_sigma = np.log(SIGMAS + 1e-3) - SIGMAS / SIGMA_MODE + np.log(widths)
    return np.asarray(np.repeat(of_sigma, len(PHIS)) + np.tile(np.log(PHI_WEIGHTS), len(SIGMAS)))


LOG_PRIOR = _prior()


@dataclass(frozen=True)
class Pool:
    """What is known beforehand: log weights of the grid (G,), drift a year, steps by year; each with its spread."""

    log_weights: tuple[float, ...] = tuple(LOG_PRIOR)
    drift: float = 0.0
    drift_spread: float = DRIFT_SPREAD
    steps: tuple[tuple[int, float, float], ...] = ()

    def step(self, year: int) -> tuple[float, float]:
        """Return mean and spread of the step of `year`."""
        return next(((mean, spread) for at, mean, spread in self.steps if at == year), (0.0, STEP_SPREAD))


@dataclass(frozen=True)
class Latent:
    """The level ahead on the link scale, a mixture over the grid: `weights` (G,), `means` and `spreads` (G, H).

    `log_evidence` (G,) is the marginal likelihood of each grid point, prior left out; `smoothed` (n,) the level of the
    years seen.
    """

    weights: Array
    means: Array
    spreads: Array
    log_evidence: Array
    smoothed: Array


def level_ahead(
    years: Array, response: Array, noise: Array, horizon: int, pool: Pool, steps: tuple[int, ...] = ()
) -> Latent:
    """Return the level of the `horizon` years after the last one.

    `years` (n,) rising, gaps allowed; `response` and `noise` (n,): working response and the variance of its counting
    noise at phi = 1. `steps` are the first years after a documented change of level.
    """
    t = years - years[0]
    ahead = t[-1] + np.arange(1.0, horizon + 1)
    known, known_mean = _coefficients(t, years, pool, steps)
    future, future_mean = _coefficients(ahead, years[0] + ahead, pool, steps)
    walk = np.minimum.outer(t, t)
    smooth = SIGMA[:, None, None] ** 2 * walk + known @ known.T
    covariance = smooth + (PHI[:, None] * noise)[:, :, None] * np.eye(len(t))
    inverse = np.linalg.inv(covariance)
    ones = np.ones(len(t))
    weight = inverse @ ones
    total = weight @ ones
    centred = response - known_mean
    level = weight @ centred / total
    rest = centred - level[:, None]
    solved = np.einsum("gij,gj->gi", inverse, rest)
    evidence = -0.5 * (np.linalg.slogdet(covariance)[1] + np.log(total) + np.einsum("gi,gi->g", rest, solved))
    logs = evidence + np.asarray(pool.log_weights)
    weights = np.exp(logs - logs.max())
    weights /= weights.sum()
    # towards the years ahead: the walk shares its past with what was seen
    link = SIGMA[:, None, None] ** 2 * np.minimum.outer(ahead, t) + future @ known.T
    own = SIGMA[:, None] ** 2 * ahead + (future**2).sum(axis=1)
    gain = link @ inverse
    means = future_mean + level[:, None] + np.einsum("ghi,gi->gh", gain, rest)
    lost = 1 - gain @ ones
    variances = own - np.einsum("ghi,ghi->gh", gain, link) + lost**2 / total[:, None]
    fitted = known_mean + level[:, None] + np.einsum("gij,gj->gi", smooth, solved)
    return Latent(weights, means, np.sqrt(np.maximum(variances, 1e-12)), evidence, weights @ fitted)


def _coefficients(t: Array, years: Array, pool: Pool, steps: tuple[int, ...]) -> tuple[Array, Array]:
    """Return the columns of drift and steps times their prior spreads, and what their prior means add up to."""
    columns, mean = [t * pool.drift_spread], t * pool.drift
    for year in steps:
        centre, spread = pool.step(year)
        after = (years >= year).astype(float)
        columns.append(after * spread)
        mean = mean + after * centre
    return np.stack(columns, axis=1), mean


def as_arrays(values: Mapping[int, float]) -> tuple[Array, Array]:
    """Return years and values in order, those that are not a number left out."""
    kept = {year: float(values[year]) for year in sorted(values) if values[year] == values[year]}
    return np.array(list(kept), dtype=float), np.array(list(kept.values()))
