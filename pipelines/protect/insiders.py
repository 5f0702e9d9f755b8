"""How far cells could go at most before the eyes of whoever is the only one of another, whatever is hidden.

Said from the relations one after the other, without solving anything: where a relation's other cells leave one no room,
it has none. What is found is sure; that nothing is found says nothing, and the attacker's problem decides.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse

from pipelines.protect.programme import TOLERANCE

PASSES = 8
"""How often all relations are gone through: each pass carries what is known a relation further."""


def reach(
    matrix: scipy.sparse.csr_array, low: np.ndarray, high: np.ndarray, fixed: np.ndarray, wanted: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return bounds of the deviations of `wanted` cells when each of the `fixed` ones does not move (fixed x wanted).

    `matrix`: relations x cells. `low`, `high`: how far each cell may go at most, finite.
    """
    entries = matrix.tocoo()
    by_cell = np.argsort(entries.col, kind="stable")
    cells, starts = np.unique(entries.col[by_cell], return_index=True)
    least, most = np.tile(low[:, None], len(fixed)), np.tile(high[:, None], len(fixed))
    least[fixed, np.arange(len(fixed))] = most[fixed, np.arange(len(fixed))] = 0
    sign, rows = entries.data.astype(float)[:, None], entries.row
    rising = sign > 0
    gather = scipy.sparse.csr_array(
        (np.ones(len(rows)), (rows, np.arange(len(rows)))), shape=(matrix.shape[0], len(rows))
    )
    for _ in range(PASSES):
        one, other = sign * least[entries.col], sign * most[entries.col]
        lowest, highest = np.where(rising, one, other), np.where(rising, other, one)
        # What is left for each entry is what the others of its relation can make up for.
        up, down = lowest - (gather @ lowest)[rows], highest - (gather @ highest)[rows]
        up, down = np.where(rising, up, down) / sign, np.where(rising, down, up) / sign
        new_most = np.minimum(most[cells], np.minimum.reduceat(up[by_cell], starts))
        new_least = np.maximum(least[cells], np.maximum.reduceat(down[by_cell], starts))
        if (new_most > most[cells] - TOLERANCE).all() and (new_least < least[cells] + TOLERANCE).all():
            break
        most[cells], least[cells] = new_most, new_least
    return least[wanted].T, most[wanted].T
