"""The attacker's problem: how far may cells deviate from their values without contradicting what is shown.

Deviations d rather than values, so that every relation reads M d = 0 and no large number enters: a shown cell has
d = 0, a hidden one d >= floor - value. Solved by HiGHS, on one thread, which gives the same answer on every machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import highspy
import numpy as np

from pipelines.kernel.solver import silent_solver
from pipelines.protect.standing import room
from pipelines.protect.system import System

FAR = 1e5
"""A deviation that no protection asks for: what bounds a hidden count from above."""

TOLERANCE = 1e-6

NEXT_TO_NOTHING = 1e-4
"""Cost of moving a hidden cell by one: enough for no more of them to move than need to."""


class Attack:
    """One system as a linear programme: bounds say what is hidden, costs what is looked for.

    Each cell has two columns, up and down, so that its move may cost. A zero that is shown is taken for a structural
    one, which everybody knows, unless a call opens `zeros`; one that stays hidden (its key in `kept`) is none.
    """

    def __init__(self, system: System, kept: frozenset[str] = frozenset()) -> None:
        self.system = system
        cells = system.cells
        self.values = system.values.astype(float)
        self.room = room(cells)
        """How far each may fall: to what everybody knows it to be at least."""
        self.known = np.array([cell.public_elsewhere for cell in cells])
        self.always = np.array([not cell.published or cell.primary for cell in cells]) & ~self.known
        """Hidden whatever is chosen: latent cells and primary ones."""
        self.choice = ~self.always & ~self.known
        self.zero = self.choice & (self.values == 0) & np.array([cell.key not in kept for cell in cells], dtype=bool)
        self._size = len(cells)
        self._columns = 2 * self._size
        self._solver = solver_of()
        self._lower, self._upper = np.zeros(self._columns), np.zeros(self._columns)
        self._cost = np.zeros(self._columns)
        self._pass()

    def _pass(self) -> None:
        matrix = self.system.matrix.astype(float).tocsr()
        largest = np.maximum(abs(matrix).max(axis=1).toarray().ravel(), 1)
        matrix.data /= np.repeat(largest, np.diff(matrix.indptr))
        columns = matrix.tocsc()
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = self._columns, matrix.shape[0]
        lp.col_cost_ = np.zeros(self._columns)
        lp.col_lower_, lp.col_upper_ = np.zeros(self._columns), np.zeros(self._columns)
        lp.row_lower_ = lp.row_upper_ = np.zeros(matrix.shape[0])
        lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        lp.a_matrix_.start_ = np.concatenate([columns.indptr, columns.indptr[-1] + columns.indptr[1:]])
        lp.a_matrix_.index_ = np.concatenate([columns.indices, columns.indices])
        lp.a_matrix_.value_ = np.concatenate([columns.data, -columns.data])
        checked(self._solver.passModel(lp), "the model is refused")

    def upper(self, open_cells: np.ndarray, *, zeros: bool) -> np.ndarray:
        """Return the upper bounds of the columns when these cells (a mask) may move, besides those always hidden."""
        free = self.always | (open_cells & ~self.known)
        if not zeros:
            free = free & ~self.zero
        return np.concatenate([np.where(free, FAR, 0), np.where(free, self.room, 0)])

    def solve(self, lower: np.ndarray, upper: np.ndarray, cost: np.ndarray) -> np.ndarray | None:
        """Return the deviations of least cost within these bounds of columns, or nothing when there are none."""
        solver = self._solver
        moved = np.flatnonzero((lower != self._lower) | (upper != self._upper)).astype(np.int32)
        if moved.size:
            done = solver.changeColsBounds(moved.size, moved, lower[moved], upper[moved])
            checked(done, "bounds are refused")
        dearer = np.flatnonzero(cost != self._cost).astype(np.int32)
        if dearer.size:
            checked(solver.changeColsCost(dearer.size, dearer, cost[dearer]), "costs are refused")
        self._lower, self._upper, self._cost = lower, upper, cost
        checked(solver.run(), "the solver fails")
        status = solver.getModelStatus()
        if status == highspy.HighsModelStatus.kUnknown:  # a basis left by earlier bounds misleads it: begin anew
            checked(solver.clearSolver(), "the solver cannot begin anew")
            checked(solver.run(), "the solver fails")
            status = solver.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible:
            return None
        if status != highspy.HighsModelStatus.kOptimal:
            raise RuntimeError(f"HiGHS: {solver.modelStatusToString(status)}")
        values = np.asarray(solver.getSolution().col_value)
        found: np.ndarray = values[: self._size] - values[self._size :]
        found[np.abs(found) < TOLERANCE] = 0
        return found

    def limit(
        self, cell: int, amount: float, hidden: np.ndarray, fixed: Iterable[int] = (), *, zeros: bool = False
    ) -> tuple[float, np.ndarray, np.ndarray]:
        """Return how far a cell goes towards `amount`, no further, and what a move up, or down, of each cell would add:
        the reduced costs of the attacker's problem, below zero where it would.
        """
        upper, cost = self.upper(hidden, zeros=zeros), np.zeros(self._columns)
        column, back = (cell, cell + self._size) if amount > 0 else (cell + self._size, cell)
        cost[column], cost[back] = -1, 1
        upper[column], upper[back] = min(upper[column], abs(amount)), 0
        for other in fixed:
            upper[other] = upper[other + self._size] = 0
        found = self.solve(np.zeros(self._columns), upper, cost)
        assert found is not None  # nothing moved is always possible
        dual = np.asarray(self._solver.getSolution().col_dual)
        return abs(float(found[cell])), dual[: self._size], dual[self._size :]

    def gather(
        self, wanted: Mapping[int, float], hidden: np.ndarray, fixed: Iterable[int] = (), *, zeros: bool = False
    ) -> np.ndarray:
        """Return deviations that come as far as they can towards what is wanted of all these cells at once.

        `wanted`: cell → deviation, no further. `fixed`: cells that may not move. As few others move as need to.
        """
        upper = self.upper(hidden, zeros=zeros)
        cost = np.full(self._columns, NEXT_TO_NOTHING)
        for cell, amount in wanted.items():
            column, back = (cell, cell + self._size) if amount > 0 else (cell + self._size, cell)
            cost[column], cost[back] = -1, 1
            upper[column] = min(upper[column], abs(amount))
        for cell in fixed:
            upper[cell] = upper[cell + self._size] = 0
        found = self.solve(np.zeros(self._columns), upper, cost)
        assert found is not None  # nothing moved is always possible
        return found

    def cheapest(
        self,
        cell: int,
        amount: float,
        hidden: np.ndarray,
        costs: np.ndarray,
        fixed: Iterable[int] = (),
        *,
        zeros: bool = False,
    ) -> np.ndarray | None:
        """Return deviations that move a cell by `amount` and open cells that are shown at the least cost.

        `costs`: per unit of deviation, by cell; hidden cells move for next to nothing. Nothing when there are none.
        """
        upper = self.upper(np.ones(len(hidden), dtype=bool), zeros=zeros)
        each = np.where(self.choice & ~hidden, costs, NEXT_TO_NOTHING)
        column, back = (cell, cell + self._size) if amount > 0 else (cell + self._size, cell)
        for other in fixed:
            upper[other] = upper[other + self._size] = 0
        if upper[column] < abs(amount):
            return None
        lower = np.zeros(self._columns)
        lower[column] = upper[column] = abs(amount)
        upper[back] = 0
        return self.solve(lower, upper, np.concatenate([each, each]))


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
