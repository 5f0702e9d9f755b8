"""A count promised as a number but made of a rate: how many there will be to count, times the rate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


class Drawn(Protocol):
    """Anything that draws paths: a forecast of the engine, of counts, of a rate."""

    def draws(self, count: int, seed: int) -> Array:
        """Return (count, years ahead)."""


def count_of_rate(rate: Drawn, cohort: Drawn, count: int, seed: int) -> Array:
    """Return `count` paths of the number that the rate makes of the cohort, (count, years ahead), whole numbers.

    `rate` and `cohort` begin in the same year and are taken as independent of one another; the shorter one ends both.
    The rate's draws hold its counting noise already: nothing is drawn a second time.
    """
    rates, cohorts = rate.draws(count, seed), cohort.draws(count, seed + 1)
    ahead = min(rates.shape[1], cohorts.shape[1])
    return np.asarray(np.rint(rates[:, :ahead] * np.maximum(cohorts[:, :ahead], 0.0)))
