"""Scores of forecasts of yearly series: hit or miss, points, intervals. Pure functions of arrays.

Hit or miss: from the last known value, targets of -20, -10, +5, +10, +20, +50 and +100 per cent after 2, 3, 4 and 5
years, to be gone below or above; every one is open at the origin. `S` series, `H` = 6 years ahead.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

GROWTHS = np.array([-0.2, -0.1, 0.05, 0.1, 0.2, 0.5, 1.0])
AHEAD = np.array([2, 3, 4, 5])
CASES = len(GROWTHS) * len(AHEAD)

NAIVE_SMAPE, NAIVE_MASE = 16.342, 3.974
"""The last value on M4 yearly: what OWA is relative to."""


def targets(last: Array) -> Array:
    """Return the targets (S, 7)."""
    return last[:, None] * (1 + GROWTHS)


def hits(last: Array, later: Array) -> Flags:
    """Return which targets (S, 4, 7) were met by `later` (S, H)."""
    seen, goals = later[:, AHEAD - 1, None], targets(last)[:, None, :]
    return np.where(GROWTHS < 0, seen <= goals, seen >= goals)


def chances(cdf: Callable[[Array], Array], last: Array, horizon: int) -> Array:
    """Return P(met) (S, 4, 7) from a distribution function of (S, H, Q) values, between 0.005 and 0.995."""
    below = cdf(np.repeat(targets(last)[:, None, :], horizon, axis=1))[:, AHEAD - 1]
    return np.clip(np.where(GROWTHS < 0, below, 1 - below), 0.005, 0.995)


def brier(said: Array, met: Flags) -> Array:
    """Return the Brier score of every series (S,)."""
    return np.asarray(((said - met) ** 2).mean(axis=(1, 2)))


def log_score(said: Array, met: Flags) -> float:
    """Return the mean logarithmic score, probabilities clipped to [0.01, 0.99]."""
    clipped = np.clip(said, 0.01, 0.99)
    return float(-np.log(np.where(met, clipped, 1 - clipped)).mean())


def bootstrap(by_series: Array, rounds: int = 2000, seed: int = 1) -> tuple[float, float]:
    """Return the 95 % interval of a mean over series, series being drawn again with replacement."""
    random = np.random.default_rng(seed)
    means = [by_series[random.integers(0, len(by_series), len(by_series))].mean() for _ in range(rounds)]
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def murphy(said: Array, met: Flags) -> tuple[float, float, float]:
    """Return reliability, resolution and uncertainty over ten bins (Murphy 1973)."""
    bins = np.minimum((said.ravel() * 10).astype(int), 9)
    base, total = met.mean(), met.size
    reliability = resolution = 0.0
    for one in range(10):
        part = bins == one
        if part.any():
            mean, seen = said.ravel()[part].mean(), met.ravel()[part].mean()
            reliability += part.sum() / total * (mean - seen) ** 2
            resolution += part.sum() / total * (seen - base) ** 2
    return float(reliability), float(resolution), float(base * (1 - base))


def auc(said: Array, met: Flags) -> float:
    """Return the area under the ROC curve, ties counted half."""
    from scipy.stats import rankdata

    ranks, good = rankdata(said.ravel()), met.ravel()
    ones = good.sum()
    return float((ranks[good].sum() - ones * (ones + 1) / 2) / (ones * (len(good) - ones)))


def reliability(said: Array, met: Flags) -> list[tuple[float, float, float, float, int]]:
    """Return, for each tenth, its bounds, mean probability said, frequency seen, cases."""
    rows = []
    bins = np.minimum((said * 10).astype(int), 9)
    for one in range(10):
        part = bins == one
        if part.any():
            rows.append((one / 10, (one + 1) / 10, said[part].mean(), met[part].mean(), int(part.sum())))
    return rows


def gap_interval(said: Array, met: Flags, low: float, rounds: int = 1000, seed: int = 1) -> tuple[float, float]:
    """Return the 95 % interval of (mean said - seen) in the tenth from `low`, by bootstrap over series."""
    part = np.minimum((said * 10).astype(int), 9) == round(low * 10)
    gaps, cases = ((said - met) * part).sum(axis=(1, 2)), part.sum(axis=(1, 2))
    random = np.random.default_rng(seed)
    drawn = [random.integers(0, len(said), len(said)) for _ in range(rounds)]
    least, most = np.quantile([gaps[rows].sum() / max(cases[rows].sum(), 1) for rows in drawn], [0.025, 0.975])
    return float(least), float(most)


def smape(points: Array, later: Array) -> float:
    """Return the symmetric mean absolute percentage error of M3 and M4, in per cent."""
    return float(200 * (np.abs(points - later) / (np.abs(points) + np.abs(later))).mean())


def scales(known: Sequence[Array]) -> Array:
    """Return the mean absolute increment of every series, all of its years counted: what MASE and MSIS divide by."""
    return np.array([np.abs(np.diff(series)).mean() for series in known])


def mase(points: Array, later: Array, scale: Array) -> float:
    """Return the mean absolute scaled error."""
    return float((np.abs(points - later).mean(axis=1) / scale).mean())


def owa(points: Array, later: Array, scale: Array) -> float:
    """Return M4's overall weighted average, relative to the last value on all of M4 yearly."""
    return (smape(points, later) / NAIVE_SMAPE + mase(points, later, scale) / NAIVE_MASE) / 2


def msis(low: Array, high: Array, later: Array, scale: Array) -> float:
    """Return M4's mean scaled interval score of 95 % intervals (Gneiting and Raftery 2007, divided by the scale)."""
    missed = np.maximum(low - later, 0) + np.maximum(later - high, 0)
    return float((((high - low) + 2 / 0.05 * missed).mean(axis=1) / scale).mean())


def coverage(low: Array, high: Array, later: Array) -> Array:
    """Return the share of values inside the interval, for every year ahead (H,)."""
    return np.asarray(((later >= low) & (later <= high)).mean(axis=0))
