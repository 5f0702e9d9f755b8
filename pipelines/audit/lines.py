"""Relations over classes of cells: cells that are one and the same number stand for one unknown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from pipelines.audit.relations import Relation

Line = tuple[tuple[int, int], ...]
"""A relation as (class of cells, sign), in order."""


def classes(relations: Sequence[Relation], count: int) -> tuple[NDArray[np.int64], int]:
    """Number the classes of cells that relations say are one and the same: cell → class, and how many there are."""
    pairs = [(relation.whole, relation.cells[0]) for relation in relations if len(relation.cells) == 1]
    rows = np.array([one for one, _ in pairs], dtype=np.int64)
    columns = np.array([two for _, two in pairs], dtype=np.int64)
    graph = csr_array((np.ones(len(pairs)), (rows, columns)), shape=(count, count))
    size, label = connected_components(graph, directed=False)
    return label.astype(np.int64), int(size)


def lines_of(relations: Sequence[Relation], place: NDArray[np.int64]) -> dict[Line, None]:
    """Return each different relation over classes (`place`: cell → class) once, in order; those of two cells left out,
    which are one class.
    """
    lines: dict[Line, None] = {}
    for relation in relations:
        if len(relation.cells) > 1:
            lines[line_of([(relation.whole, -1), *((cell, 1) for cell in relation.cells)], place)] = None
    return lines


def line_of(signs: Sequence[tuple[int, int]], place: NDArray[np.int64]) -> Line:
    """Return a relation over classes: signs of the same class added up, those that cancel left out."""
    found: dict[int, int] = {}
    for cell, sign in signs:
        found[int(place[cell])] = found.get(int(place[cell]), 0) + sign
    return tuple(sorted((cell, sign) for cell, sign in found.items() if sign))


def rows_of(lines: Iterable[Line], size: int) -> csr_array:
    """Return the matrix of these relations over so many classes."""
    listed = list(lines)
    rows = [number for number, line in enumerate(listed) for _ in line]
    columns = [cell for line in listed for cell, _ in line]
    values = [float(sign) for line in listed for _, sign in line]
    return csr_array((values, (rows, columns)), shape=(len(listed), size))
