"""How far cells could go at most before the eyes of whoever is the only one of another, whatever is hidden.

Said from the relations one after the other, without solving anything: where a relation's other cells leave one no room,
it has none. What is found is sure; that nothing is found says nothing, and the attacker's problem decides.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse

from pipelines.protect.attack import FAR
from pipelines.protect.programme import TOLERANCE
from pipelines.protect.standing import room
from pipelines.protect.system import System

PASSES = 8
"""How often all relations are gone through: each pass carries what is known a relation further."""


@dataclass(frozen=True)
class Reach:
    """Bounds of the deviations of primary cells (columns) when each of those of one person (rows) does not move.

    `single`, `primary`: cell → row, column. `least`, `most`: single x primary.
    """

    single: dict[int, int]
    primary: dict[int, int]
    least: np.ndarray
    most: np.ndarray

    @classmethod
    def of(cls, system: System) -> Reach:
        """Look at the primary cells of a system that nobody else publishes."""
        cells = system.cells
        primary = [number for number, cell in enumerate(cells) if cell.primary and not cell.public_elsewhere]
        single = [number for number in primary if cells[number].value == 1]
        free = np.array([not cell.public_elsewhere for cell in cells], dtype=bool)
        low, high = np.where(free, -room(cells), 0.0), np.where(free, FAR, 0.0)
        least, most = bounds(system.matrix, low, high, np.array(single, dtype=np.int64))
        return cls(
            {cell: row for row, cell in enumerate(single)},
            {cell: column for column, cell in enumerate(primary)},
            least[primary].T,
            most[primary].T,
        )

    def between(self, cell: int, fixed: int) -> tuple[float, float]:
        """Return how far down and up a primary cell goes at most before the eyes of another's only one."""
        row, column = self.single[fixed], self.primary[cell]
        return float(self.least[row, column]), float(self.most[row, column])


def bounds(
    matrix: scipy.sparse.csr_array, low: np.ndarray, high: np.ndarray, fixed: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return bounds of the deviations of all cells when each of the `fixed` ones does not move (cells x fixed).

    `matrix`: relations x cells. `low`, `high`: how far each cell may go at most, finite.
    """
    least, most = np.tile(low[:, None], len(fixed)), np.tile(high[:, None], len(fixed))
    least[fixed, np.arange(len(fixed))] = most[fixed, np.arange(len(fixed))] = 0
    entries = matrix.tocoo()
    rows, columns, sign = entries.row, entries.col, entries.data.astype(float)[:, None]
    if not fixed.size or not rows.size:
        return least, most
    by_cell = np.argsort(columns, kind="stable")
    cells, starts = np.unique(columns[by_cell], return_index=True)
    by_row = scipy.sparse.csr_array(
        (np.ones(len(rows)), (rows, np.arange(len(rows)))), shape=(len(matrix.indptr) - 1, len(rows))
    )
    rising = sign > 0
    for _ in range(PASSES):
        one, other = sign * least[columns], sign * most[columns]
        lowest, highest = np.where(rising, one, other), np.where(rising, other, one)
        # No cell goes further than the others of its relation can make up for.
        up, down = lowest - (by_row @ lowest)[rows], highest - (by_row @ highest)[rows]
        up, down = np.where(rising, up, down) / sign, np.where(rising, down, up) / sign
        narrower = np.minimum(most[cells], np.minimum.reduceat(up[by_cell], starts))
        higher = np.maximum(least[cells], np.maximum.reduceat(down[by_cell], starts))
        if (narrower > most[cells] - TOLERANCE).all() and (higher < least[cells] + TOLERANCE).all():
            break
        most[cells], least[cells] = narrower, higher
    return least, most
