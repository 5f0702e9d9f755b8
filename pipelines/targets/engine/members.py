"""The classical members of the mixture: last value, drift, dynamic Theta, on the values and on their logarithm."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipelines.targets.engine.mixture import Member
from pipelines.targets.engine.table import Steps, Table
from pipelines.targets.engine.theta import dynamic_theta

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

STILL = 1e-9
"""Smallest deviation, as a share of a usual step: a member that fitted exactly is not believed to the end."""

_NORMAL = 1e6
"""Degrees of freedom from which Student's t is the normal distribution."""


def naive(data: Table, moves: Steps, unit: Array, horizon: int) -> Member:
    """Return the last value, its variance the mean square of an increment times the years ahead."""
    ahead = np.arange(1.0, horizon + 1)
    square = (moves.sizes**2).sum(axis=1) / moves.count  # D^2 / g for an increment D over g years
    spread = np.maximum(np.sqrt(square), STILL * unit)[:, None] * np.sqrt(ahead)
    return _one("naive", False, np.repeat(data.last[:, None], horizon, axis=1), spread, np.full(len(unit), _NORMAL))


def drift(data: Table, moves: Steps, unit: Array, horizon: int, is_log: bool) -> Member:
    """Return the random walk with drift; Student's t pays for the variance, its own term for the drift.

    Hyndman and Athanasopoulos, Forecasting: principles and practice, 5.5. An increment over g years has g times the
    variance, as in the state-space form (statsmodels' UnobservedComponents, level `rwdrift`).
    """
    ahead = np.arange(1.0, horizon + 1)
    slope = moves.sizes.sum(axis=1) / moves.years
    # an increment over g years stands g times, each 1/g of it: (D - g b)^2 / g = sum of g terms (d - b)^2
    squares = (np.where(moves.inside, moves.sizes - slope[:, None], 0.0) ** 2).sum(axis=1)
    df = np.maximum(moves.count - 1, 1.0)
    deviation = np.maximum(np.sqrt(squares / df), STILL * unit)
    centre = data.last[:, None] + slope[:, None] * ahead
    spread = deviation[:, None] * np.sqrt(ahead * (1 + ahead / moves.years[:, None]))
    return _one("log_drift" if is_log else "drift", is_log, centre, spread, df)


def theta(data: Table, unit: Array, horizon: int, is_log: bool) -> Member:
    """Return the dynamic optimised Theta model; on series scaled by their usual step, so that no unit matters."""
    last = data.last[:, None]
    fitted = dynamic_theta((data.values - last) / unit[:, None], horizon)
    spread = np.maximum(np.sqrt(fitted.variances(data.points)), STILL) * unit[:, None]
    centre = last + fitted.means * unit[:, None]
    return _one("log_theta" if is_log else "theta", is_log, centre, spread, np.full(len(unit), _NORMAL))


def _one(name: str, is_log: bool, centre: Array, spread: Array, df: Array) -> Member:
    return Member(name, is_log, np.ones((len(df), 1)), centre[:, None], spread[:, None], df)
