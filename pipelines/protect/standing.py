"""What rows tell by standing in a public table: where no row ever says none, each one tells of somebody.

From there it goes on: a site is no less than its specialities that have a row, and where the row of a speciality shows
that no student is an apprentice, there is somebody who is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse

from pipelines.protect.system import Cell


def with_floors(cells: Sequence[Cell], matrix: scipy.sparse.csr_array) -> tuple[Cell, ...]:
    """Return the cells with the floor that their rows, and those of others, give them.

    `matrix`: relations x cells. A zero that may be shown is taken for one that everybody sees.
    """
    floor = np.array([cell.floor for cell in cells], dtype=np.int64)
    if not floor.any():
        return tuple(cells)
    there = np.array([not (cell.value == 0 and cell.published and not cell.primary) for cell in cells], dtype=bool)
    sides = [_Side.of(matrix, there), _Side.of(scipy.sparse.csr_array(-matrix), there)]
    while any(side.raises(floor) for side in sides):
        pass
    return tuple(
        replace(cell, floor=least) if least != cell.floor else cell
        for cell, least in zip(cells, floor.tolist(), strict=True)
    )


@dataclass(frozen=True)
class _Side:
    """Relations of which one cell alone makes up for the other side: `sign` times `cell` is no less than `needs`."""

    needs: scipy.sparse.csr_array
    cell: np.ndarray
    sign: np.ndarray

    @classmethod
    def of(cls, matrix: scipy.sparse.csr_array, there: np.ndarray) -> _Side:
        """Take the positive side of each relation; cells that are not `there` are none."""
        entries = matrix.tocoo()
        answers = (entries.data > 0) & there[entries.col]
        one = np.bincount(entries.row[answers], minlength=matrix.shape[0]) == 1
        chosen = answers & one[entries.row]
        rows = entries.row[chosen]
        needs = scipy.sparse.csr_array(-matrix[rows])
        needs.data[needs.data < 0] = 0
        return cls(needs, entries.col[chosen], entries.data[chosen])

    def raises(self, floor: np.ndarray) -> bool:
        """Raise the floors that must be; say whether any was."""
        least = -(-(self.needs @ floor) // self.sign)
        higher = least > floor[self.cell]
        np.maximum.at(floor, self.cell[higher], least[higher])
        return bool(higher.any())


def room(cells: Sequence[Cell]) -> np.ndarray:
    """Return how far each cell may fall, in units: to what everybody knows it to be at least."""
    return np.array([cell.value - cell.floor for cell in cells], dtype=float)
