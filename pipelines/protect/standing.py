"""What rows tell by standing in a public table: where no row ever says none, each one tells of somebody.

From there it goes on: a site is no less than its specialities that have a row, and where the row of a speciality shows
that no student is an apprentice, there is somebody who is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import scipy.sparse

from pipelines.protect.system import Cell


def with_floors(cells: Sequence[Cell], matrix: scipy.sparse.csr_array) -> tuple[Cell, ...]:
    """Return the cells with the floor that their rows, and those of others, give them.

    `matrix`: relations x cells. A zero that may be shown is taken for one that everybody sees.
    """
    floor = [cell.floor for cell in cells]
    none = [cell.value == 0 and cell.published and not cell.primary for cell in cells]
    lines = [
        list(zip(matrix.indices[first:last].tolist(), matrix.data[first:last].tolist(), strict=True))
        for first, last in zip(matrix.indptr[:-1], matrix.indptr[1:], strict=True)
    ]
    new = any(floor)
    while new:
        new = False
        for line in lines:
            for side in (1, -1):
                needed = sum(-side * sign * floor[cell] for cell, sign in line if sign * side < 0)
                there = [(cell, side * sign) for cell, sign in line if sign * side > 0 and not none[cell]]
                if not needed or len(there) != 1:
                    continue
                cell, sign = there[0]
                least = -(-needed // sign)
                if least > floor[cell]:
                    floor[cell], new = least, True
    return tuple(replace(cell, floor=least) if least else cell for cell, least in zip(cells, floor, strict=True))


def room(cells: Sequence[Cell]) -> np.ndarray:
    """Return how far each cell may fall, in units: to what everybody knows it to be at least."""
    return np.array([cell.value - cell.floor for cell in cells], dtype=float)
