"""What the global model reads of a series: about forty numbers without unit, from its latest sixty years at most.

Everything is divided by the size of a usual step, so a series in thousands and the same one in units read alike. Three
views exist: `log` (of the logarithms), `level` (of values above zero: how large a step is beside the level is known)
and `free` (of anything: adding a constant changes nothing).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from pipelines.targets.engine.table import Steps, Table, since_last
from pipelines.targets.engine.theta import Theta

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

View = Literal["log", "level", "free"]

LAGS = 6
"""Latest increments that are read one by one."""

_SMALL, _WIDEST = 0.02, 12.0

_NOTHING = 1e-6
"""An increment below this share of a usual one is none: so rounding makes no rise of it."""


def features(data: Table, moves: Steps, unit: Array, theta: Theta, view: View) -> Array:
    """Return the features (S, F) of a table; `theta` is fitted on (values - last) / unit."""
    found = [*_increments(moves, unit), *_shape(moves, unit), *_places(data, moves, unit), *_theta(theta)]
    if view == "log":
        found += [np.log(np.maximum(unit, 1e-4)), np.arcsinh(3 * growth(data, moves))]
    elif view == "level":
        found.append(np.log(np.maximum(unit / np.abs(data.last), 1e-4)))
    return np.asarray(np.clip(np.nan_to_num(np.stack(found, axis=1)), -_WIDEST, _WIDEST))


def growth(logs: Table, moves: Steps) -> Array:
    """Return the logarithm of growth over the latest five years, (S,), stretched to five where fewer are known."""
    recent = logs.values[:, -1] - logs.values[:, -6]
    stretched = 5 * moves.sizes.sum(axis=1) / moves.years
    return np.where(moves.years >= 5, recent, stretched)


def _increments(moves: Steps, unit: Array) -> list[Array]:
    """The latest increments, their means over shorter and longer pasts, and how much the series moves lately."""
    sizes = moves.scaled / unit[:, None]
    lags = [np.arcsinh(sizes[:, -1 - lag]) for lag in range(LAGS)]
    means = [since_last(sizes, moves, life) for life in (1.5, 4.0, 10.0, np.inf)]
    heights = [np.log(np.maximum(since_last(np.abs(sizes), moves, life), _SMALL)) for life in (2.0, 5.0, np.inf)]
    spread = [np.log(np.maximum(np.sqrt(since_last(sizes**2, moves, np.inf)), _SMALL))]
    for life, mean in ((np.inf, means[3]), (4.0, means[1])):
        variance = np.maximum(since_last(sizes**2, moves, life) - mean**2, 0)
        spread.append(np.log(np.maximum(np.sqrt(variance), _SMALL)))
    return [*lags, *means, *heights, *spread]


def _shape(moves: Steps, unit: Array) -> list[Array]:
    """Do increments follow each other, how often do they rise or stand still, how many are there."""
    sizes = moves.scaled / unit[:, None]
    centred = np.where(moves.inside, sizes - since_last(sizes, moves, np.inf)[:, None], 0.0)
    total = (centred**2).sum(axis=1) + 1
    still = np.abs(sizes) < _NOTHING
    signs = np.where(still, 0.0, np.sign(sizes))
    return [
        (centred[:, 1:] * centred[:, :-1]).sum(axis=1) / total,
        (centred[:, 2:] * centred[:, :-2]).sum(axis=1) / total,
        since_last(signs, moves, np.inf),
        since_last(signs, moves, 4.0),
        since_last(still.astype(float), moves, np.inf),
        np.log(moves.count + 1),
        1 / moves.count,
    ]


def _places(data: Table, moves: Steps, unit: Array) -> list[Array]:
    """Where the latest value stands beside the highest, the lowest and the mean of the last 5, 10 and all years."""
    apart = (data.values - data.last[:, None]) / unit[:, None]
    found = []
    for width in (5, 10, data.values.shape[1]):
        part = apart[:, -width:]
        root = np.sqrt(np.minimum(width, moves.years) + 1)
        filled = np.nan_to_num(part)
        known = (~np.isnan(part)).sum(axis=1)
        found += [filled.max(axis=1) / root, filled.min(axis=1) / root, filled.sum(axis=1) / known / root]
    return found


def _theta(theta: Theta) -> list[Array]:
    """What the dynamic Theta model found: its forecasts, how fast it forgets, how far it trusts the trend."""
    error = np.log(np.sqrt(theta.variance) + 0.05)
    return [np.arcsinh(theta.means[:, 0]), theta.means[:, 5] / 6, theta.smoothing, theta.pull, error]
