"""The members of the mixture: last value, drift, dynamic Theta, and the global model that has read other series."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from pipelines.targets.engine.mixture import Member
from pipelines.targets.engine.network import Committee
from pipelines.targets.engine.reading import Reading

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

STILL = 1e-9
"""Smallest deviation, as a share of a usual step: a member that fitted exactly is not believed to the end."""

_NORMAL = np.inf
"""Degrees of freedom of Student's t when it is the normal distribution."""


def learnt(seen: Reading, committee: Committee, horizon: int) -> Member:
    """Return the global model: what came after thousands of series that read like this one."""
    weights, centres, spreads = committee.components(seen.features, horizon)
    unit, last = seen.unit[:, None, None], seen.data.last[:, None, None]
    return Member(_named("learnt", seen), seen.view == "log", weights, last + unit * centres, unit * spreads)


def naive(seen: Reading, horizon: int) -> Member:
    """Return the last value, its variance the mean square of an increment times the years ahead."""
    moves, ahead = seen.moves, np.arange(1.0, horizon + 1)
    square = (moves.sizes**2).sum(axis=1) / moves.count  # D^2 / g for an increment D over g years
    spread = np.maximum(np.sqrt(square), STILL * seen.unit)[:, None] * np.sqrt(ahead)
    return _one("naive", seen, np.repeat(seen.data.last[:, None], horizon, axis=1), spread, _NORMAL)


def drift(seen: Reading, horizon: int) -> Member:
    """Return the random walk with drift; Student's t pays for the variance, its own term for the drift.

    Hyndman and Athanasopoulos, Forecasting: principles and practice, 5.5. An increment over g years has g times the
    variance, as in the state-space form (statsmodels' UnobservedComponents, level `rwdrift`).
    """
    moves, ahead = seen.moves, np.arange(1.0, horizon + 1)
    slope = moves.sizes.sum(axis=1) / moves.years
    # an increment D over g years stands g times as d = D / g: (D - g b)^2 / g is the sum of g terms (d - b)^2
    squares = (np.where(moves.inside, moves.sizes - slope[:, None], 0.0) ** 2).sum(axis=1)
    df = np.maximum(moves.count - 1, 1.0)
    deviation = np.maximum(np.sqrt(squares / df), STILL * seen.unit)
    centre = seen.data.last[:, None] + slope[:, None] * ahead
    return _one("drift", seen, centre, deviation[:, None] * np.sqrt(ahead * (1 + ahead / moves.years[:, None])), df)


def theta(seen: Reading, horizon: int) -> Member:
    """Return the dynamic optimised Theta model, fitted on series divided by their usual step: no unit matters."""
    fitted = replace(seen.theta, means=seen.theta.means[:, :horizon])
    unit = seen.unit[:, None]
    spread = np.maximum(np.sqrt(fitted.variances(seen.data.points)), STILL) * unit
    return _one("theta", seen, seen.data.last[:, None] + fitted.means * unit, spread, _NORMAL)


def _one(name: str, seen: Reading, centre: Array, spread: Array, df: Array | float) -> Member:
    degrees = np.broadcast_to(df, seen.unit.shape).astype(float)
    weights = np.ones((len(seen.unit), 1))
    return Member(_named(name, seen), seen.view == "log", weights, centre[:, None], spread[:, None], degrees)


def _named(name: str, seen: Reading) -> str:
    return f"log_{name}" if seen.view == "log" else name
