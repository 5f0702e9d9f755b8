"""A system's relations made fewer, once, before the attacker's problem is put to a solver hundreds of times.

Exact, whatever the bounds: where a relation holds two cells, one moves as the other does, so that they are one unknown;
a cell that nobody asks for and that stands in one relation alone makes of it a bound on what the others do together;
an unknown that a relation holds alone cannot move.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse


@dataclass(frozen=True)
class Reduced:
    """n cells as m unknowns under fewer relations, k of them.

    `unknown`: cell → its unknown, -1 where it cannot move or is slack; `ratio`: what the cell moves by when its unknown
    moves by one. `matrix`: k × m. `slack`: relation → the cell that may take what is left, -1 where none may: there
    matrix @ unknowns + factor × cell = 0. `factor`: of the slack cell, 1 where there is none.
    """

    unknown: np.ndarray
    ratio: np.ndarray
    matrix: scipy.sparse.csr_array
    slack: np.ndarray
    factor: np.ndarray

    @classmethod
    def of(cls, matrix: scipy.sparse.csr_array, asked: np.ndarray) -> Reduced:
        """Reduce relations (csr, relations × cells); `asked`: a mask of cells that may be asked for, never slack."""
        size = matrix.shape[1]
        indptr, columns, data = matrix.indptr.tolist(), matrix.indices.tolist(), matrix.data.tolist()
        rows = [
            dict(zip(columns[first:last], map(float, data[first:last]), strict=True))
            for first, last in zip(indptr[:-1], indptr[1:], strict=True)
        ]
        merged = _Merged(size)
        waiting = list(range(len(rows)))
        holding: dict[int, list[int]] = {}
        for number, row in enumerate(rows):
            for cell in row:
                holding.setdefault(cell, []).append(number)
        while waiting:
            again: set[int] = set()
            for number in waiting:
                row = rows[number] = merged.said(rows[number])
                if len(row) not in (1, 2):
                    continue
                gone = merged.join(row)
                rows[number] = {}
                touched = holding.pop(gone, [])
                for cell in row:
                    if cell != gone:
                        holding[cell] += touched
                again.update(touched)
            waiting = sorted(again)
        return cls._of_rows([row for row in (merged.said(row) for row in rows) if row], merged, asked)

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
        data = np.array([sign for row in rows for sign in row.values()], dtype=float)
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

    def said(self, row: dict[int, float]) -> dict[int, float]:
        """Return a relation over those that stand for others."""
        found: dict[int, float] = {}
        for cell, sign in row.items():
            first = self.first[cell]
            if first >= 0:
                found[first] = found.get(first, 0.0) + sign * self.ratio[cell]
        return {cell: sign for cell, sign in found.items() if sign}

    def join(self, row: dict[int, float]) -> int:
        """Bring together the two cells of a relation, or hold still its only one; return the one that is gone."""
        (gone, sign), *others = sorted(row.items(), key=lambda one: len(self._members[one[0]]))
        for other, of in others:
            for cell in self._members[gone]:
                self.first[cell], self.ratio[cell] = other, self.ratio[cell] * -of / sign
            self._members[other] += self._members.pop(gone)
        if not others:
            for cell in self._members.pop(gone):
                self.first[cell], self.ratio[cell] = -1, 0.0
        return gone
