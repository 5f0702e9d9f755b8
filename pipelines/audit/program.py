"""The attacker's questions about one connected part: whole-number deviations that keep every relation, and bounds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from math import inf

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from pipelines.audit.folded import Folded, folded
from pipelines.audit.solved import EDGE, Model

SMALL = 60
"""Cells: with fewer, folding takes longer than it saves."""

Numbers = NDArray[np.float64]


class Program:
    """Deviations d of n cells with M d = 0 and -below <= d <= above (m × n, n, n).

    `asked`: a mask of the cells that something will be asked about; all of them when none is given.
    """

    def __init__(
        self, matrix: csr_array, below: Numbers, above: Numbers, asked: NDArray[np.bool_] | None = None
    ) -> None:
        self._matrix = matrix
        self._columns = matrix.tocsc()
        self._below = np.asarray(below, dtype=float)
        self._above = np.asarray(above, dtype=float)
        self._asked = np.ones(len(self._below), dtype=bool) if asked is None else asked

    @cached_property
    def _relaxed(self) -> Model:
        fold = folded(self._matrix, self._asked) if len(self._below) > SMALL else Folded.none(self._matrix)
        return Model(fold, self._below, self._above)

    @cached_property
    def _exact(self) -> Model:
        return Model(Folded.none(self._matrix), self._below, self._above, whole=True)

    @cached_property
    def _bare(self) -> Model:
        return Model(Folded.none(self._matrix), self._below, self._above, bare=True)

    def witness(
        self, place: int, least: int | None = None, most: int | None = None, fixed: Iterable[int] = ()
    ) -> NDArray[np.int64] | None:
        """Return whole deviations with d[place] >= least or <= most, d = 0 where fixed; `None` if there are none."""
        if (least is not None and least > self._above[place]) or (most is not None and -most > self._below[place]):
            return None
        bounds = {place: (float(least), inf) if least is not None else (-inf, float(most or 0))}
        bounds |= dict.fromkeys(fixed, (0.0, 0.0))
        found = self._relaxed.moved(bounds)
        if found is None:
            return None
        whole = np.rint(found)
        if np.abs(found - whole).max(initial=0.0) <= EDGE and self._keeps(whole):
            return whole.astype(np.int64)
        found = self._exact.moved(bounds)
        return None if found is None else np.rint(found).astype(np.int64)

    def witnesses(self, wanted: Mapping[int, int], fixed: Iterable[int] = ()) -> list[NDArray[np.int64]]:
        """Return whole deviations that take cells as far as they can towards what is wanted of each, no further.

        They share no relation with one another, so that each is one by itself; those not in whole numbers are left out.
        """
        bounds = {cell: (-inf, float(far)) if far > 0 else (float(far), inf) for cell, far in wanted.items()}
        found = self._relaxed.moved({**bounds, **dict.fromkeys(fixed, (0.0, 0.0))}, wanted)
        if found is None:
            raise RuntimeError("the solver of the audit contradicts itself: that nothing moves is always possible")
        whole = np.rint(found)
        if np.abs(found - whole).max(initial=0.0) <= EDGE and self._keeps(whole):
            return [whole.astype(np.int64)]
        pieces = [cells for cells in self._pieces(found) if np.abs(found[cells] - whole[cells]).max() <= EDGE]
        made = [np.where(np.isin(np.arange(len(whole)), cells), whole, 0.0) for cells in pieces]
        return [piece.astype(np.int64) for piece in made if self._keeps(piece)]

    def _pieces(self, moved: Numbers) -> list[list[int]]:
        """Return the cells that move, those together that relations hold together."""
        cells = np.flatnonzero(np.abs(moved) > EDGE).tolist()
        starts, lines = self._columns.indptr, self._columns.indices
        belongs = {cell: cell for cell in cells}
        holds: dict[int, int] = {}

        def root(cell: int) -> int:
            while belongs[cell] != cell:
                belongs[cell] = cell = belongs[belongs[cell]]
            return cell

        for cell in cells:
            for line in lines[starts[cell] : starts[cell + 1]].tolist():
                belongs[root(cell)] = root(holds.setdefault(line, cell))
        found: dict[int, list[int]] = {}
        for cell in cells:
            found.setdefault(root(cell), []).append(cell)
        return list(found.values())

    def bounds(self, place: int) -> tuple[float, float]:
        """Return the least and greatest deviation of one cell, rounded inwards to whole numbers; infinity if none."""
        return -self._bare.most(place, -1), self._bare.most(place, 1)

    def _keeps(self, whole: Numbers) -> bool:
        inside = bool(np.all(whole >= -self._below) and np.all(whole <= self._above))
        return inside and not np.any(self._matrix @ whole)
