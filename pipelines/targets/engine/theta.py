"""The dynamic optimised Theta model, many series at once, without a numerical search.

Fiorucci, Pellegrini, Louzada, Petropoulos and Koehler (2016), Models for optimising the theta method and their
relationship to state space models, International Journal of Forecasting 32(4), equations 11 to 17. For a given
smoothing parameter the one-step forecasts are linear in the first level and in (1 - 1/theta); both come from the normal
equations, theta >= 1, and the smoothing parameter is the best of a grid: the same answer whatever the machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

GRID = np.linspace(0.1, 0.99, 24)
"""Values tried for the smoothing parameter."""

TIE = 1e-9
"""Sums of squares nearer than this are the same (values come in usual steps): the slowest smoothing is then taken."""

_BURNED = 3
"""First errors left out of the sum of squares: the line through them is not one yet."""


@dataclass(frozen=True)
class Theta:
    """Means (S, H), the variance of a one-step error (S,), the smoothing parameter and (1 - 1/theta) (S,)."""

    means: Array
    variance: Array
    smoothing: Array
    pull: Array

    def variances(self, points: Array) -> Array:
        """Return the variances (S, H): of the smoothed level, and of the line, known from `points` (S,) only."""
        ahead = np.arange(1.0, self.means.shape[1] + 1)
        level = 1 + (ahead - 1) * self.smoothing[:, None] ** 2
        line = (self.pull[:, None] * ahead) ** 2 / np.maximum(points - 1, 1)[:, None]
        return self.variance[:, None] * (level + line)


def dynamic_theta(values: Array, horizon: int) -> Theta:
    """Fit `values` (S, L), NaN before the first observation only, and forecast `horizon` years."""
    keep = 1 - GRID
    series, width = values.shape
    seen = ~np.isnan(values)
    filled = np.where(seen, values, 0.0)
    # the level is `known + share * first level`; `power` is keep ** (observations so far)
    known, share, power = np.zeros((series, len(GRID))), np.ones((series, len(GRID))), np.ones((series, len(GRID)))
    line = _Line(np.zeros(series), np.zeros(series), np.zeros(series), np.zeros(series))
    rr, rx, xx, re, xe, ee = np.zeros((6, series, len(GRID)))
    used = np.zeros(series)
    for column in range(width):
        on = seen[:, column]
        if not on.any():
            continue
        value = filled[:, column]
        if (line.count >= _BURNED).any():
            counts = (on & (line.count >= _BURNED))[:, None]
            used += counts[:, 0]
            ahead = line.start[:, None] * power + line.slope[:, None] * (1 - power * keep) / GRID
            error = np.where(counts, value[:, None] - known, 0.0)
            ahead, left = np.where(counts, ahead, 0.0), np.where(counts, share, 0.0)
            rr += left * left
            rx += left * ahead
            xx += ahead * ahead
            re += left * error
            xe += ahead * error
            ee += error * error
        if on.all():
            known, share, power = GRID * value[:, None] + keep * known, keep * share, power * keep
            line = line.with_value(value)
        else:
            where = on[:, None]
            known = np.where(where, GRID * value[:, None] + keep * known, known)
            share, power = np.where(where, keep * share, share), np.where(where, power * keep, power)
            line = line.with_value(value, on)
    first, pull, squares = _best(rr, rx, xx, re, xe, ee)
    best = np.argmax(squares <= squares.min(axis=1, keepdims=True) + TIE, axis=1)
    rows = np.arange(series)
    smoothing, pull = GRID[best], pull[rows, best]
    level, power = (known + share * first)[rows, best], power[rows, best]
    means = np.empty((series, horizon))
    for step in range(horizon):
        power_next = power * (1 - smoothing)
        means[:, step] = level + pull * (line.start * power + line.slope * (1 - power_next) / smoothing)
        level = smoothing * means[:, step] + (1 - smoothing) * level
        power, line = power_next, line.with_value(means[:, step])
    variance = squares[rows, best] / np.maximum(used - 1, 1)
    return Theta(means, variance, smoothing, pull)


@dataclass(frozen=True)
class _Line:
    """The least-squares line through all observations so far, its `start` at time 0, their `mean` and `count`."""

    start: Array
    slope: Array
    mean: Array
    count: Array

    def with_value(self, value: Array, on: NDArray[np.bool_] | None = None) -> _Line:
        count = self.count + 1
        slope = ((count - 2) * self.slope + 6 / np.maximum(count - 1, 1) * (value - self.mean)) / (count + 1)
        slope = np.where(count > 1, slope, 0.0)
        mean = self.mean + (value - self.mean) / count
        new = _Line(mean - (count + 1) / 2 * slope, slope, mean, count)
        if on is None:
            return new
        pairs = ((new.start, self.start), (new.slope, self.slope), (new.mean, self.mean), (new.count, self.count))
        return _Line(*(np.where(on, after, before) for after, before in pairs))


def _best(rr: Array, rx: Array, xx: Array, re: Array, xe: Array, ee: Array) -> tuple[Array, Array, Array]:
    """Return first level, pull in [0, 1] and sum of squares for every value of the grid, from the normal equations."""
    determinant = rr * xx - rx * rx
    solvable = determinant > 1e-9 * rr * xx
    pull = np.where(solvable, (rr * xe - rx * re) / np.where(solvable, determinant, 1.0), 0.0)
    pull = np.clip(pull, 0.0, 1.0)
    first = np.where(rr > 1e-12, (re - pull * rx) / np.maximum(rr, 1e-12), 0.0)
    squares = ee + first * first * rr + pull * pull * xx + 2 * first * pull * rx - 2 * first * re - 2 * pull * xe
    return first, pull, np.maximum(squares, 0.0)
