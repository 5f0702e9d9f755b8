"""Which hidden cells were revised since an edition: what a revision of few people moves that makes its sums hold.

The ledger says no hidden number, so this is a guess, and the auditor's attacker is given it: somebody who has the files
alone knows less. Where another revision would be as small, nobody can choose, and what either moves is left open.
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

WHOLE = 0.01
"""What it costs that a sum of other cells is revised with them, beside one for each person in the parts."""

NEAR = 1e-5
"""How much more another revision may cost to be as small: rounding errors."""

TRACE = 0.01
"""A share of a revision that is enough to see what it moves."""


def numbers_then(
    matrix: csr_array, later: NDArray[np.int64], told: NDArray[np.float64], absent: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the whole numbers of an edition, n of them, under m relations (m × n; wholes have a sign below zero), and
    which of those it hid may have been revised since the next one.

    `later`: those of the edition after it. `told`: what it showed, NaN where it hid. `absent`: where it had no row.
    Raises `RuntimeError` when the solver gives no answer.
    """
    hidden = np.flatnonzero(np.isnan(told))
    was, may = later.copy(), np.zeros(len(later), bool)
    is_told = ~np.isnan(told)
    was[is_told] = told[is_told].astype(np.int64)
    wrong = np.asarray(matrix @ was)
    if not wrong.any() or not hidden.size:
        return was, may
    block = csr_array(matrix.tocsc()[:, hidden])
    touched = np.flatnonzero(wrong)
    gaps = csr_array(eye_array(len(wrong), format="csc")[:, touched])
    price = np.where((block < 0).sum(axis=0) > 0, WHOLE, 1.0)
    price = np.where(absent[hidden], NOBODY, price)
    cost = np.concatenate([price, price, np.full(2 * len(touched), MISTAKE)])
    top = np.concatenate([np.full(len(hidden), np.inf), was[hidden], np.full(2 * len(touched), np.inf)])
    sums = csr_array(hstack([block, -block, gaps, -gaps], format="csr"))
    found, least = _cheapest(cost, sums, -wrong, top)
    rise, fall = found[: len(hidden)], found[len(hidden) : 2 * len(hidden)]
    was[hidden] += np.rint(rise - fall).astype(np.int64)
    # Laid over one another, all revisions that are as small: each column is split in a trace, wanted, and a rest.
    wanted = np.concatenate([np.full(len(cost), -1.0), np.zeros(len(cost))])
    ends = np.concatenate([np.minimum(top, TRACE), top])
    ceiling = csr_array(np.concatenate([cost, cost])[None, :])
    mixed, _ = _cheapest(wanted, csr_array(hstack([sums, sums])), -wrong, ends, ceiling, least + NEAR)
    moved = mixed[: len(hidden)] + mixed[len(hidden) : 2 * len(hidden)] > TRACE / 2
    may[hidden] = moved | (was[hidden] != later[hidden])
    return was, may


def _cheapest(
    cost: NDArray[np.float64], sums: csr_array, right: NDArray[np.int64], top: NDArray[np.float64],
    ceiling: csr_array | None = None, most: float = 0.0,
) -> tuple[NDArray[np.float64], float]:  # fmt: skip
    bounds = np.column_stack([np.zeros(len(cost)), top])
    found = linprog(cost, A_ub=ceiling, b_ub=None if ceiling is None else [most], A_eq=sums, b_eq=right, bounds=bounds,
                    method="highs")  # fmt: skip
    if found.status != 0:
        raise RuntimeError(f"the solver of the audit gave no answer ({found.message}), so nothing can be said")
    return found.x, float(found.fun)
