"""One part's unknowns folded together where a relation leaves no choice, so that its linear program is a smaller one.

Two cells that a relation leaves alone with one another move by the same, up or down; one that it leaves alone does not
move; what nobody asks about and only one relation holds takes whatever is left. Nothing safe depends on this being
right: each witness that comes out is held against all relations of the part, unfolded.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

Numbers = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True)
class Folded:
    """n cells as f folds under k relations.

    `fold`: cell → its fold, -1 where it has none (it does not move, or is `rest`). `sign`: 1 or -1, how a cell moves
    with its fold. `matrix`: k × f. `rest`: relation → the cell that takes what is left of it, -1 where none does;
    `factor`: that cell's factor there, 1 where there is none.
    """

    fold: Places
    sign: Places
    matrix: csr_array
    rest: Places
    factor: Numbers

    @classmethod
    def none(cls, matrix: csr_array) -> Folded:
        """Return every cell by itself."""
        height, size = matrix.shape
        return cls(np.arange(size), np.ones(size, np.int64), matrix, np.full(height, -1), np.ones(height))

    def unfolded(self, moved: Numbers) -> Numbers:
        """Return the deviation of each cell from those of the folds."""
        found = np.zeros(len(self.fold))
        has = self.fold >= 0
        found[has] = moved[self.fold[has]] * self.sign[has]
        takes = self.rest >= 0
        found[self.rest[takes]] = -(self.matrix @ moved)[takes] / self.factor[takes]
        return found


def folded(matrix: csr_array, asked: NDArray[np.bool_]) -> Folded:
    """Fold the cells (columns) of a part's relations; `asked`: cells that something will be asked about."""
    size = matrix.shape[1]
    fold, sign = np.arange(size), np.ones(size, dtype=np.int64)
    while True:
        left = _over(matrix, fold, sign)
        length = np.diff(left.indptr)
        still = np.unique(left.indices[left.indptr[:-1][length == 1]])
        joined = _joined(left, length)
        if not still.size and not joined:
            break
        fold[np.isin(fold, still)] = -1
        for one, (other, turned) in joined.items():
            members = fold == one
            fold[members] = other
            sign[members] *= turned
    _, first = np.unique(_written(left), return_index=True)
    left = csr_array(left[np.sort(first)])
    together = np.bincount(fold[fold >= 0], minlength=size)
    by_column = left.tocsc()
    alone = (np.diff(by_column.indptr) == 1) & (together == 1) & ~asked
    rest, factor = np.full(left.shape[0], -1, dtype=np.int64), np.ones(left.shape[0])
    places = np.flatnonzero(alone)
    rows = by_column.indices[by_column.indptr[places]]
    rest[rows] = places  # of several that one relation holds, one takes what is left
    taken = np.flatnonzero(rest >= 0)
    factor[taken] = by_column.data[by_column.indptr[rest[taken]]]
    fold[rest[taken]] = -1
    names = np.unique(fold[fold >= 0])
    number = np.full(size, -1, dtype=np.int64)
    number[names] = np.arange(len(names))
    return Folded(np.where(fold >= 0, number[fold], -1), sign, csr_array(by_column[:, names].tocsr()), rest, factor)


def _over(matrix: csr_array, fold: Places, sign: Places) -> csr_array:
    """Return the relations over folds; those that hold nothing are left out."""
    cells = np.flatnonzero(fold >= 0)
    spread = csr_array((sign[cells].astype(float), (cells, fold[cells])), shape=(len(fold), len(fold)))
    left = csr_array(matrix @ spread)
    left.eliminate_zeros()
    left.sort_indices()
    return csr_array(left[np.diff(left.indptr) > 0])


def _joined(left: csr_array, length: Places) -> dict[int, tuple[int, int]]:
    """Return fold → the one it moves with, and whether alike (1) or the other way (-1), no chain among them."""
    joined: dict[int, tuple[int, int]] = {}
    kept: set[int] = set()
    for start in left.indptr[:-1][length == 2].tolist():
        one, other = left.indices[start : start + 2].tolist()
        first, second = left.data[start : start + 2].tolist()
        if abs(first) == abs(second) and one not in kept and not {one, other} & joined.keys():
            joined[one] = (other, -1 if first == second else 1)
            kept.add(other)
    return joined


def _written(left: csr_array) -> NDArray[np.str_]:
    """Return each relation in words that are the same when it is, whatever its sign."""
    said = []
    for first, last in zip(left.indptr[:-1].tolist(), left.indptr[1:].tolist(), strict=True):
        cells, signs = left.indices[first:last].tolist(), left.data[first:last]
        said.append(repr((cells, (signs / signs[0]).tolist())))
    return np.array(said)
