"""A system's relations made fewer, once, before the attacker's problem is put to a solver hundreds of times.

Exact, whatever the bounds: where a relation is between two cells alone, one moves as the other does, up or down, so
that they are one unknown; a cell that nobody asks for and that stands in one relation alone makes of it a bound on what
the others do together; an unknown that a relation holds alone cannot move.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import scipy.sparse


@dataclass(frozen=True)
class Reduced:
    """n cells as m unknowns under fewer relations, k of them.

    `unknown`: cell → its unknown, -1 where it cannot move or is slack; `ratio`: what the cell moves by when its unknown
    moves by one. `matrix`: k × m, no entry beyond one. `slack`: relation → the cell that takes what is left, -1 where
    none does: there matrix @ unknowns + factor × cell = 0. `factor`: of the slack cell; elsewhere of no matter.
    """

    unknown: np.ndarray
    ratio: np.ndarray
    matrix: scipy.sparse.csr_array
    slack: np.ndarray
    factor: np.ndarray

    @classmethod
    def of(cls, matrix: scipy.sparse.csr_array, asked: np.ndarray) -> Reduced:
        """Reduce relations (csr, relations × cells); `asked`: a mask of cells that may be asked for, never slack."""
        columns, data = matrix.indices.tolist(), matrix.data.astype(float).tolist()
        rows = [
            dict(zip(columns[first:last], data[first:last], strict=True))
            for first, last in pairwise(matrix.indptr.tolist())
        ]
        merged = _Merged(matrix.shape[1])
        holding: list[list[int]] = [[] for _ in range(matrix.shape[1])]
        for number, row in enumerate(rows):
            for cell in row:
                holding[cell].append(number)
        waiting = [number for number, row in enumerate(rows) if len(row) <= 2]
        while waiting:
            row = rows[waiting.pop()]
            if not row or len({abs(sign) for sign in row.values()}) > 1:
                continue  # empty by now, or of weights: one cell would move by many times the other
            gone, other, factor = merged.join(row)
            for number in holding[gone]:
                sign = rows[number].pop(gone, 0.0)
                if other is None or not sign:
                    pass
                elif left := rows[number].pop(other, 0.0) + sign * factor:
                    rows[number][other] = left
                    holding[other].append(number)
                if len(rows[number]) <= 2:
                    waiting.append(number)
        return cls._of_rows([dict(sorted(row.items())) for row in rows if row], merged, asked)

    @classmethod
    def _of_rows(cls, rows: list[dict[int, float]], merged: _Merged, asked: np.ndarray) -> Reduced:
        size = len(merged.first)
        cell, ratio = np.array(merged.first, dtype=np.int64), np.array(merged.ratio)
        together = np.bincount(cell[cell >= 0], minlength=size)
        times = np.zeros(size, dtype=np.int64)
        for row in rows:
            times[list(row)] += 1
        free = ~asked & (times == 1) & (together == 1)
        slack, factor = np.full(len(rows), -1, dtype=np.int64), np.ones(len(rows))
        for number, row in enumerate(rows):
            place = next((one for one in row if free[one]), -1)
            if place >= 0:
                slack[number], factor[number] = place, row.pop(place)
        cell[slack[slack >= 0]] = -1
        left = np.unique(cell[cell >= 0])
        number_of = np.full(size + 1, -1, dtype=np.int64)
        number_of[left] = np.arange(len(left))
        unknown = np.where(cell >= 0, number_of[cell], -1)
        indptr = np.cumsum([0, *(len(row) for row in rows)])
        indices = number_of[[place for row in rows for place in row]] if rows else np.zeros(0, dtype=np.int64)
        largest = [max([abs(factor[number]), *map(abs, row.values())]) for number, row in enumerate(rows)]
        data = np.array([sign / most for row, most in zip(rows, largest, strict=True) for sign in row.values()])
        factor /= np.array(largest)
        matrix = scipy.sparse.csr_array((data, indices, indptr), shape=(len(rows), len(left)))
        return cls(unknown, ratio, matrix, slack, factor)

    def cells(self, values: np.ndarray) -> np.ndarray:
        """Return the deviation of each cell, from those of the unknowns."""
        found = (
            np.where(self.unknown >= 0, values[self.unknown] * self.ratio, 0.0)
            if values.size
            else np.zeros(len(self.ratio))
        )
        has = self.slack >= 0
        found[self.slack[has]] = (-(self.matrix @ values) / self.factor)[has]
        return found


class _Merged:
    """Cells that move together: `first`, the one that stands for them (-1: it cannot move), `ratio` to it."""

    def __init__(self, size: int) -> None:
        self.first = list(range(size))
        self.ratio = [1.0] * size
        self._members = {cell: [cell] for cell in range(size)}

    def join(self, row: dict[int, float]) -> tuple[int, int | None, float]:
        """Bring together the two cells of a relation, or hold still its only one.

        Return the one that is gone, the one that stands for it (none: it holds still), and how far it goes when that
        one goes by one.
        """
        (gone, sign), *others = sorted(row.items(), key=lambda one: (len(self._members[one[0]]), one[0]))
        if not others:
            for cell in self._members.pop(gone):
                self.first[cell], self.ratio[cell] = -1, 0.0
            return gone, None, 0.0
        other, of = others[0]
        for cell in self._members[gone]:
            self.first[cell], self.ratio[cell] = other, self.ratio[cell] * -of / sign
        self._members[other] += self._members.pop(gone)
        return gone, other, -of / sign
