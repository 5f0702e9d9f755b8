"""A series as every member sees it: its table, its increments, its usual step, its Theta model, its features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipelines.targets.engine.features import View, features
from pipelines.targets.engine.table import Steps, Table, steps, table, usual_step
from pipelines.targets.engine.theta import Theta, dynamic_theta

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

THETA_AHEAD = 6
"""Years the Theta model is carried at least: the global model reads its sixth."""

STILL = 1e-9
"""Smallest usual step, as a share of the level (of one, on logarithms): below it is rounding error."""


@dataclass(frozen=True)
class Reading:
    """Many series on one view: `unit` (S,) is their usual step, `theta` is fitted on (values - last) / unit."""

    view: View
    data: Table
    moves: Steps
    unit: Array
    theta: Theta

    @property
    def features(self) -> Array:
        """What the global model reads, (S, F)."""
        return features(self.data, self.moves, self.unit, self.theta, self.view)


def reading(series: Sequence[Array], view: View, horizon: int) -> Reading:
    """Read `series` (consecutive years, NaN where one is missing, the last one seen) for `horizon` years ahead."""
    data = table(series, is_log=view == "log")
    moves = steps(data)
    least = STILL * (1.0 if view == "log" else np.maximum(np.nanmax(np.abs(data.values), axis=1), 1e-300))
    unit = np.maximum(usual_step(moves), least)
    fitted = dynamic_theta((data.values - data.last[:, None]) / unit[:, None], max(horizon, THETA_AHEAD))
    return Reading(view, data, moves, unit, fitted)
