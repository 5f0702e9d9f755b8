"""Which hidden cells were revised between two editions: what the smallest revision moves that makes relations hold."""

from __future__ import annotations

import highspy
import numpy as np
import scipy.sparse

from pipelines.protect.programme import checked, solver_of

MISTAKE = 1e3
"""What a relation that does not hold costs, beside one for each person by whom a hidden cell was revised."""

AS_GOOD = 1e-5
"""How much more than the smallest another revision may weigh, to be as small: rounding errors."""

A_TRACE = 0.01
"""A share of a revision that shows that some smallest revision moves a cell."""


def revision(
    matrix: scipy.sparse.csr_array, later: np.ndarray, said: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers of an edition, and a mask of the hidden cells that may have been revised.

    `later`: the numbers of the edition after it, int64; `said`: what it showed, NaN where it hid; `weights`: what
    revising a cell by one weighs. Numbers are those shown, and for the others the later ones but for the revision of
    least weight that makes the relations hold; relations that none makes hold are left broken. Of several one is taken;
    the mask holds what any of that weight moves.
    """
    hidden = np.isnan(said)
    was = np.where(hidden, later, np.nan_to_num(said)).round().astype(np.int64)
    broken, places = matrix @ was, np.flatnonzero(hidden)
    doubtful = np.zeros(len(was), dtype=bool)
    if not broken.any() or not places.size:
        return was, doubtful
    rows = np.flatnonzero(broken)
    block = matrix[:, places].tocsc().astype(float)
    slack = scipy.sparse.csc_array((np.ones(len(rows)), (rows, np.arange(len(rows)))), shape=(len(broken), len(rows)))
    columns = scipy.sparse.csc_array(scipy.sparse.hstack([block, -block, slack, -slack], format="csc"))
    cost = np.concatenate([weights[places], weights[places], np.full(2 * len(rows), MISTAKE)])
    upper = np.full(len(cost), highspy.kHighsInf)
    upper[len(places) : 2 * len(places)] = was[places]
    found = _solved(columns, -broken.astype(float), cost, upper)
    rise, fall = found[: len(places)], found[len(places) : 2 * len(places)]
    was[places] += np.rint(rise - fall).astype(np.int64)
    spread = _spread(columns, -broken.astype(float), cost, upper, float(cost @ found))
    moved = spread[: len(places)] + spread[len(places) : 2 * len(places)] > A_TRACE / 2
    doubtful[places] = moved | (was[places] != later[places])
    return was, doubtful


def _spread(
    columns: scipy.sparse.csc_array, right: np.ndarray, cost: np.ndarray, upper: np.ndarray, least: float
) -> np.ndarray:
    """Return a mixture of all solutions of least cost: each column is as large as it may, up to a trace.

    A column is split in two, a trace worth having and the rest.
    """
    both = scipy.sparse.csc_array(
        scipy.sparse.vstack([scipy.sparse.hstack([columns, columns]), np.concatenate([cost, cost])[None]], format="csc")
    )
    found = _solved(
        both,
        np.append(right, least + AS_GOOD),
        np.concatenate([np.full(len(cost), -1.0), np.zeros(len(cost))]),
        np.concatenate([np.minimum(upper, A_TRACE), upper]),
        ceiling=True,
    )
    return found[: len(cost)]


def _solved(
    columns: scipy.sparse.csc_array, right: np.ndarray, cost: np.ndarray, upper: np.ndarray, *, ceiling: bool = False
) -> np.ndarray:
    """Return the cheapest x of `columns @ x = right`, 0 <= x <= upper; the last row at most that if `ceiling`."""
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = columns.shape[1], columns.shape[0]
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = cost, np.zeros(len(cost)), upper
    lp.row_upper_ = right
    lp.row_lower_ = np.append(right[:-1], -highspy.kHighsInf) if ceiling else right
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_ = columns.indptr, columns.indices
    lp.a_matrix_.value_ = columns.data.astype(float)
    solver = solver_of(presolve="on")
    checked(solver.passModel(lp), "the revision is refused")
    checked(solver.run(), "the solver fails")
    status = solver.getModelStatus()
    if status != highspy.HighsModelStatus.kOptimal:
        raise RuntimeError(f"HiGHS: {solver.modelStatusToString(status)}")
    return np.asarray(solver.getSolution().col_value)
