"""Which hidden cells were revised since an edition: those of the smallest revision that makes its sums hold.

The ledger says no hidden number, so this is a guess, and the auditor's attacker is given it: somebody who has the files
alone knows less. Rising and falling both cost one a person, so that a revision of few cells is found before one of
many; a number nobody can explain is left as it is, and its sums are then a mistake.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_array, eye_array, hstack

MISTAKE = 1000.0
"""What it costs that a sum does not hold at all."""

NOBODY = 0.001
"""What it costs that a cell without a row was zero."""


def numbers_then(
    matrix: csr_array, later: NDArray[np.int64], told: NDArray[np.float64], absent: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Return the whole numbers of an edition, n of them, under m relations (m × n).

    `later`: those of the edition after it. `told`: what it showed, NaN where it hid. `absent`: where it had no row.
    Raises `RuntimeError` when the solver gives no answer.
    """
    hidden = np.flatnonzero(np.isnan(told))
    was = later.copy()
    is_told = ~np.isnan(told)
    was[is_told] = told[is_told].astype(np.int64)
    wrong = np.asarray(matrix @ was)
    if not wrong.any() or not hidden.size:
        return was
    block = csr_array(matrix.tocsc()[:, hidden])
    touched = np.flatnonzero(wrong)
    gaps = csr_array(eye_array(len(wrong), format="csc")[:, touched])
    price = np.where(absent[hidden], NOBODY, 1.0)
    found = linprog(
        np.concatenate([price, price, np.full(2 * len(touched), MISTAKE)]),
        A_eq=hstack([block, -block, gaps, -gaps], format="csr"),
        b_eq=-wrong,
        bounds=[(0, None)] * len(hidden) + [(0, float(was[cell])) for cell in hidden] + [(0, None)] * 2 * len(touched),
        method="highs",
    )
    if found.status != 0:
        raise RuntimeError(f"the solver of the audit gave no answer ({found.message}), so nothing can be said")
    rise, fall = found.x[: len(hidden)], found.x[len(hidden) : 2 * len(hidden)]
    was[hidden] += np.rint(rise - fall).astype(np.int64)
    return was
