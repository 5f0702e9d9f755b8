"""The parts of a system that share no relation: each is protected by itself."""

from __future__ import annotations

import numpy as np
import scipy.sparse
import scipy.sparse.csgraph

from pipelines.protect.system import System


def parts(system: System, kept: frozenset[str] = frozenset()) -> list[System]:
    """Return the parts of a system that share no relation, what everybody knows left out; those with work to do."""
    free = np.flatnonzero([not cell.public_elsewhere for cell in system.cells])
    by_column = system.matrix.tocsc()
    links = abs(by_column[:, free].tocsr())
    count, label = scipy.sparse.csgraph.connected_components(links.T @ links, directed=False)
    found = [part_of(system, by_column, free[label == number]) for number in range(count)]
    return [part for part in found if any(cell.primary or cell.key in kept for cell in part.cells)]


def part_of(system: System, by_column: scipy.sparse.csc_array, cells: np.ndarray) -> System:
    """Return the system of some cells, the others left out of its relations: what is known moves nothing."""
    block = by_column[:, cells].tocsr()
    rows = np.flatnonzero(np.diff(block.indptr))
    return System(system.year, tuple(system.cells[cell] for cell in cells), scipy.sparse.csr_array(block[rows]),
                  tuple(system.relations[row] for row in rows))  # fmt: skip
