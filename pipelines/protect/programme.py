"""The attacker's linear programme, kept in the solver from one question to the next: only bounds and costs change.

Solved by HiGHS, on one thread, which gives the same answer on every machine.
"""

from __future__ import annotations

import highspy
import numpy as np

from pipelines.kernel.solver import silent_solver
from pipelines.protect.reduced import Reduced

TOLERANCE = 1e-6


class Programme:
    """Deviations of n cells that keep all relations. Each unknown has two columns, up and down, so that its move may
    cost; a slack cell has none, and moves at no cost.
    """

    def __init__(self, reduced: Reduced) -> None:
        self._reduced = reduced
        self._cells = np.flatnonzero(reduced.unknown >= 0)
        self._cells = self._cells[np.argsort(reduced.unknown[self._cells], kind="stable")]
        unknown = reduced.unknown[self._cells]
        self._size = reduced.matrix.shape[1]
        self._starts = np.searchsorted(unknown, np.arange(self._size))
        self._ratio = reduced.ratio[self._cells]
        self._still = np.flatnonzero((reduced.unknown < 0) & ~np.isin(np.arange(len(reduced.unknown)), reduced.slack))
        self._rows = np.flatnonzero(reduced.slack >= 0)
        self._slack, self._factor = reduced.slack[self._rows], reduced.factor[self._rows]
        self._lower, self._upper = np.zeros(2 * self._size), np.zeros(2 * self._size)
        self._cost = np.zeros(2 * self._size)
        self._least, self._most = np.zeros(len(self._rows)), np.zeros(len(self._rows))
        self._solver = solver_of()
        self._pass()

    def _pass(self) -> None:
        matrix = self._reduced.matrix
        columns = matrix.tocsc()
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = 2 * self._size, matrix.shape[0]
        lp.col_cost_ = lp.col_lower_ = lp.col_upper_ = np.zeros(2 * self._size)
        lp.row_lower_ = lp.row_upper_ = np.zeros(matrix.shape[0])
        lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        lp.a_matrix_.start_ = np.concatenate([columns.indptr, columns.indptr[-1] + columns.indptr[1:]])
        lp.a_matrix_.index_ = np.concatenate([columns.indices, columns.indices])
        lp.a_matrix_.value_ = np.concatenate([columns.data, -columns.data])
        checked(self._solver.passModel(lp), "the model is refused")

    def solve(self, low: np.ndarray, high: np.ndarray, up: np.ndarray, down: np.ndarray) -> np.ndarray | None:
        """Return the deviations (by cell) of least cost with low <= d <= high, or nothing when there are none.

        `up`, `down`: what moving each cell by one costs.
        """
        if (low[self._still] > 0).any() or (high[self._still] < 0).any():
            return None
        if not self._bound(low, high):
            return None
        rising = self._ratio > 0
        dearer = np.where(rising, up[self._cells], down[self._cells]) * abs(self._ratio)
        cheaper = np.where(rising, down[self._cells], up[self._cells]) * abs(self._ratio)
        self._price(np.concatenate([self._sums(dearer), self._sums(cheaper)]))
        values = self._run()
        if values is None:
            return None
        found = self._reduced.cells(values)
        found[np.abs(found) < TOLERANCE] = 0
        return found

    def _sums(self, of: np.ndarray) -> np.ndarray:
        return np.add.reduceat(of, self._starts) if of.size else of

    def _bound(self, low: np.ndarray, high: np.ndarray) -> bool:
        """Set the bounds of columns and relations; say whether they leave room to each."""
        solver, rising = self._solver, self._ratio > 0
        one, other = low[self._cells] / self._ratio, high[self._cells] / self._ratio
        if one.size:
            least = np.maximum.reduceat(np.where(rising, one, other), self._starts)
            most = np.minimum.reduceat(np.where(rising, other, one), self._starts)
        else:
            least = most = one
        if (least > most).any():
            return False
        lower = np.concatenate([np.maximum(least, 0), np.maximum(-most, 0)])
        upper = np.concatenate([np.maximum(most, 0), np.maximum(-least, 0)])
        moved = np.flatnonzero((lower != self._lower) | (upper != self._upper)).astype(np.int32)
        if moved.size:
            checked(solver.changeColsBounds(moved.size, moved, lower[moved], upper[moved]), "bounds are refused")
        self._lower, self._upper = lower, upper
        one, other = -self._factor * low[self._slack], -self._factor * high[self._slack]
        least, most = np.minimum(one, other), np.maximum(one, other)
        other_room = (least != self._least) | (most != self._most)
        if other_room.any():
            rows = self._rows[other_room].astype(np.int32)
            checked(solver.changeRowsBounds(rows.size, rows, least[other_room], most[other_room]), "bounds are refused")
        self._least, self._most = least, most
        return True

    def _price(self, cost: np.ndarray) -> None:
        dearer = np.flatnonzero(cost != self._cost).astype(np.int32)
        if dearer.size:
            checked(self._solver.changeColsCost(dearer.size, dearer, cost[dearer]), "costs are refused")
        self._cost = cost

    def _run(self) -> np.ndarray | None:
        solver = self._solver
        checked(solver.run(), "the solver fails")
        status = solver.getModelStatus()
        if status == highspy.HighsModelStatus.kUnknown:  # a basis left by earlier bounds misleads it: begin anew
            checked(solver.clearSolver(), "the solver cannot begin anew")
            checked(solver.run(), "the solver fails")
            status = solver.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible:
            return None
        if status not in (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kModelEmpty):
            raise RuntimeError(f"HiGHS: {solver.modelStatusToString(status)}")
        values = np.asarray(solver.getSolution().col_value)
        found: np.ndarray = values[: self._size] - values[self._size :]
        return found


def solver_of(**options: bool | int | float | str) -> highspy.Highs:
    """Return a solver that gives the same answer everywhere, with these options besides.

    HiGHS shares its threads among all solvers of a process: other settings in one make `run` fail in all.
    """
    solver: highspy.Highs = silent_solver()
    settings: dict[str, bool | int | float | str] = {
        "output_flag": False,
        "threads": 1,
        "presolve": "off",
        "random_seed": 0,
        "solver": "simplex",
        **options,
    }
    for name, value in settings.items():
        checked(solver.setOptionValue(name, value), f"option {name} is refused")
    return solver


def checked(status: highspy.HighsStatus, what: str) -> None:
    """Refuse a call that HiGHS did not carry out: it says so in its status alone."""
    if status == highspy.HighsStatus.kError:
        raise RuntimeError(f"HiGHS: {what}")
