"""From series to their mixture, many at once: the core that one forecast and a benchmark of thousands share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from pipelines.targets.engine.members import drift, naive, theta
from pipelines.targets.engine.mixture import Member, Mixture
from pipelines.targets.engine.table import steps, table, usual_step

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

STILL = 1e-9
"""Below this share of the level, the usual step is rounding error: the series does not vary."""


def fit(series: Sequence[Array], horizon: int, is_size: bool) -> Mixture:
    """Return the mixture of `series` over `horizon` years.

    Each series is of consecutive years, NaN where a year is missing, the last one observed and at least three of
    them. With `is_size` all values are above zero and growth rates make sense: members work on the logarithm as well.
    """
    data = table(series)
    moves = steps(data)
    unit = usual_step(moves)
    members: list[Member] = [
        naive(data, moves, unit, horizon),
        drift(data, moves, unit, horizon, is_log=False),
        theta(data, unit, horizon, is_log=False),
    ]
    if is_size:
        logs = table(series, is_log=True)
        rates = steps(logs)
        rate = usual_step(rates)
        members += [drift(logs, rates, rate, horizon, is_log=True), theta(logs, rate, horizon, is_log=True)]
    shares = np.full((len(series), len(members)), 1 / len(members))
    return Mixture(tuple(members), shares, data.last, unit, is_size)
