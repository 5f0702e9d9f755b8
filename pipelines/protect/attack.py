"""The attacker's problem: how far may cells deviate from their values without contradicting what is shown.

Deviations d rather than values, so that every relation reads M d = 0 and no large number enters: a shown cell has d = 0,
a hidden one d >= -value. Solved by HiGHS, on one thread, which gives the same answer on every machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import highspy
import numpy as np

from pipelines.protect.system import System

FAR = 1e5
"""A deviation that no protection asks for: what bounds a hidden count from above."""

TOLERANCE = 1e-6


class Attack:
    """One system as a linear programme: bounds say what is hidden, costs what is looked for.

    A cell that could be hidden has two columns, up and down, so that its move may cost; the others have one.
    """

    def __init__(self, system: System) -> None:
        self.system = system
        cells = system.cells
        self.values = system.values.astype(float)
        self.known = np.array([cell.public_elsewhere for cell in cells])
        self.always = np.array([not cell.published or cell.primary for cell in cells]) & ~self.known
        """Hidden whatever is chosen: latent cells and primary ones."""
        self.choice = ~self.always & ~self.known
        self._up = np.arange(len(cells))
        self._down = np.full(len(cells), -1)
        self._down[self.choice] = len(cells) + np.arange(int(self.choice.sum()))
        self._columns = len(cells) + int(self.choice.sum())
        self._solver = _solver()
        self._pass()

    def _pass(self) -> None:
        matrix = self.system.matrix.astype(float).tocsr()
        largest = np.maximum(abs(matrix).max(axis=1).toarray().ravel(), 1)
        matrix.data /= np.repeat(largest, np.diff(matrix.indptr))
        columns = matrix.tocsc()
        chosen = columns[:, np.flatnonzero(self.choice)]
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = self._columns, matrix.shape[0]
        lp.col_cost_ = np.zeros(self._columns)
        lp.col_lower_, lp.col_upper_ = np.zeros(self._columns), np.zeros(self._columns)
        lp.row_lower_ = lp.row_upper_ = np.zeros(matrix.shape[0])
        lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        lp.a_matrix_.start_ = np.concatenate([columns.indptr, columns.indptr[-1] + chosen.indptr[1:]])
        lp.a_matrix_.index_ = np.concatenate([columns.indices, chosen.indices])
        lp.a_matrix_.value_ = np.concatenate([columns.data, -chosen.data])
        _check(self._solver.passModel(lp), "the model is refused")
        self._all = np.arange(self._columns, dtype=np.int32)

    def bounds(self, open_cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the bounds of the columns when these cells (a mask) may deviate, besides those always hidden."""
        lower, upper = np.zeros(self._columns), np.zeros(self._columns)
        free = self.always | (open_cells & ~self.known)
        upper[self._up[free]] = FAR
        single = free & self.always
        lower[self._up[single]] = -self.values[single]
        double = free & self.choice
        upper[self._down[double]] = self.values[double]
        return lower, upper

    def solve(self, lower: np.ndarray, upper: np.ndarray, cost: np.ndarray) -> np.ndarray | None:
        """Return the deviations of least cost within these bounds of columns, or nothing when there are none."""
        solver = self._solver
        _check(solver.changeColsBounds(self._columns, self._all, lower, upper), "bounds are refused")
        _check(solver.changeColsCost(self._columns, self._all, cost), "costs are refused")
        _check(solver.run(), "the solver fails")
        status = solver.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible:
            return None
        if status != highspy.HighsModelStatus.kOptimal:
            raise RuntimeError(f"HiGHS: {solver.modelStatusToString(status)}")
        values = np.asarray(solver.getSolution().col_value)
        moved = values[self._up].copy()
        moved[self.choice] -= values[self._down[self.choice]]
        moved[np.abs(moved) < TOLERANCE] = 0
        return moved

    def reduced_costs(self) -> np.ndarray:
        """Return, of the last solution, the reduced cost of a cell's move up."""
        return np.asarray(self._solver.getSolution().col_dual)[self._up]

    def gather(
        self, wanted: Mapping[int, float], hidden: np.ndarray, fixed: Iterable[int] = ()
    ) -> np.ndarray:
        """Return deviations that come as far as they can towards what is wanted of all these cells at once.

        `wanted`: cell → deviation, no further. `fixed`: cells that may not move.
        """
        lower, upper = self.bounds(hidden)
        cost = np.zeros(self._columns)
        for cell, amount in wanted.items():
            up, down = self._up[cell], self._down[cell]
            cost[up] = -1 if amount > 0 else 1
            if amount > 0:
                upper[up] = amount
            elif down < 0:
                lower[up] = max(lower[up], amount)
            if down >= 0:
                cost[down] = -cost[up]
                if amount < 0:
                    upper[down] = min(upper[down], -amount)
        self._stop(lower, upper, fixed)
        found = self.solve(lower, upper, cost)
        assert found is not None  # nothing moved is always possible
        return found

    def furthest(self, cell: int, sign: int, hidden: np.ndarray, limit: float, fixed: Iterable[int] = ()) -> np.ndarray:
        """Return deviations in which one cell moves as far as it can in a direction, `limit` at most."""
        return self.gather({cell: sign * limit}, hidden, fixed)

    def cheapest(
        self, cell: int, amount: float, hidden: np.ndarray, costs: np.ndarray, fixed: Iterable[int] = ()
    ) -> np.ndarray | None:
        """Return deviations that move a cell by `amount` and open cells that are shown at the least cost.

        `costs`: per unit of deviation, by cell; hidden cells move for nothing. Nothing when there are none.
        """
        lower, upper = self.bounds(np.ones(len(hidden), dtype=bool))
        cost = np.zeros(self._columns)
        closed = self.choice & ~hidden
        cost[self._up[closed]] = costs[closed]
        cost[self._down[closed]] = costs[closed]
        # A hidden cell's move costs next to nothing, so that no more of them move than need to.
        rest = ~closed & ~self.known
        cost[self._down[rest & self.choice]] = cost[self._up[rest & self.choice]] = 1e-4
        up, down = self._up[cell], self._down[cell]
        lower[up] = upper[up] = amount if amount > 0 or down < 0 else 0
        if down >= 0:
            lower[down] = upper[down] = -amount if amount < 0 else 0
        self._stop(lower, upper, fixed)
        return self.solve(lower, upper, cost)

    def _stop(self, lower: np.ndarray, upper: np.ndarray, fixed: Iterable[int]) -> None:
        for cell in fixed:
            for column in (self._up[cell], self._down[cell]):
                if column >= 0:
                    lower[column] = upper[column] = 0


def _solver() -> highspy.Highs:
    solver = highspy.Highs()
    for name, value in (("output_flag", False), ("threads", 1), ("presolve", "off"), ("random_seed", 0),
                        ("solver", "simplex")):  # fmt: skip
        _check(solver.setOptionValue(name, value), f"option {name} is refused")
    return solver


def _check(status: highspy.HighsStatus, what: str) -> None:
    """Refuse a call that HiGHS did not carry out: it says so in its status alone."""
    if status == highspy.HighsStatus.kError:
        raise RuntimeError(f"HiGHS: {what}")
