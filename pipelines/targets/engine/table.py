"""Series of one value a year as a table: one row a series, the latest observed year in the last column.

Missing years inside a series are bridged by a straight line on the member's scale, and every statistic is told how
many increments were really seen: an increment that spans g years has g times the variance of one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Flags = NDArray[np.bool_]

LONGEST = 60
"""Years looked at, the latest ones: what came before says little of the next five."""


SHORTEST = 11
"""Columns there are at least, empty ones in front: what looks ten years back finds nothing there, not an error."""

HALF_LIFE = 10.0
"""Years after which an increment counts half in the size of a usual one."""


@dataclass(frozen=True)
class Table:
    """`values` (S, L): nothing before the first observation (NaN), bridged years filled in; `seen` (S, L)."""

    values: Array
    seen: Flags

    @property
    def last(self) -> Array:
        """The latest value of every series, (S,)."""
        return np.asarray(self.values[:, -1])

    @property
    def points(self) -> Array:
        """How many years were observed, (S,)."""
        return np.asarray(self.seen.sum(axis=1), dtype=float)


def table(series: Sequence[Array], is_log: bool = False) -> Table:
    """Return the table of `series`, each of consecutive years with NaN where a year is missing, the last one seen.

    With `is_log` the values are the logarithms, and bridges are straight there.
    """
    recent = [np.asarray(one, dtype=float)[-LONGEST:] for one in series]
    longest = max(SHORTEST, *map(len, recent))
    values = np.full((len(recent), longest), np.nan)
    for row, one in enumerate(recent):
        values[row, longest - len(one) :] = np.log(one) if is_log else one
    seen = ~np.isnan(values)
    for row in np.flatnonzero((~seen & (np.cumsum(seen, axis=1) > 0)).any(axis=1)).tolist():
        known = np.flatnonzero(seen[row])
        inner = np.arange(known[0], longest)
        values[row, inner] = np.interp(inner, known, values[row, known])
    return Table(values, seen)


@dataclass(frozen=True)
class Steps:
    """Increments between consecutive observations, laid out by year.

    `sizes` (S, L - 1) are increments a year (an increment over g years divided by g, g times; 0 where there is none),
    `inside` says where there is one, `widths` over how many years it goes; `count` (S,) is how many were seen, `years`
    (S,) how many years they span.
    """

    sizes: Array
    inside: Flags
    widths: Array
    count: Array
    years: Array

    @property
    def scaled(self) -> Array:
        """The increments as large as those over one year would have been: g years scatter as the root of g."""
        return self.sizes * np.sqrt(self.widths)


def steps(data: Table) -> Steps:
    """Return the increments of a table."""
    sizes = np.diff(data.values, axis=1)
    inside = ~np.isnan(sizes)
    widths = np.ones(sizes.shape)
    for row in np.flatnonzero((~data.seen[:, 1:] & inside).any(axis=1)):
        known = np.flatnonzero(data.seen[row])
        for start, end in pairwise(known.tolist()):
            widths[row, start:end] = end - start
    years = inside.sum(axis=1).astype(float)
    return Steps(np.where(inside, sizes, 0.0), inside, widths, data.points - 1, years)


def since_last(sizes: Array, moves: Steps, half_life: float) -> Array:
    """Return the mean over the years of `sizes` (S, L - 1), each year weighing half as much after `half_life`."""
    age = np.arange(sizes.shape[1] - 1, -1, -1)
    weights = moves.inside * 0.5 ** (age / half_life)
    return np.asarray((weights * sizes).sum(axis=1) / weights.sum(axis=1))


def usual_step(moves: Steps) -> Array:
    """Return the size of a usual increment, (S,): the mean of absolute values, the latest years weighing most."""
    return since_last(np.abs(moves.scaled), moves, HALF_LIFE)
