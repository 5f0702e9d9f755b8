"""The linear program of one connected part: short whole-number deviations that keep every relation, and bounds.

One HiGHS model per part, kept from one question to the next: only two bounds change, so each answer starts from the
last. Deviations are split into a rise and a fall, both at a cost, so that answers move few cells.
"""

from __future__ import annotations

from math import ceil, floor, inf

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack

from pipelines.kernel.solver import silent_solver

EDGE = 1e-6
"""A deviation this near to a whole number is one."""


class Program:
    """Deviations d of n cells with M d = 0 and -below <= d <= above (m × n, n, n)."""

    def __init__(self, matrix: csr_array, below: NDArray[np.float64], above: NDArray[np.float64]) -> None:
        self._count = matrix.shape[1]
        self._matrix = matrix
        self._below = np.asarray(below, dtype=float)
        self._above = np.asarray(above, dtype=float)
        self._relaxed = self._model(whole=False)
        self._exact: highspy.Highs | None = None
        self._bare: highspy.Highs | None = None

    def witness(
        self, place: int, least: int | None = None, most: int | None = None, fixed: int | None = None
    ) -> NDArray[np.int64] | None:
        """Return whole deviations with d[place] >= least or <= most, and d[fixed] = 0; `None` when there are none."""
        if (least is not None and least > self._above[place]) or (most is not None and -most > self._below[place]):
            return None
        found = self._ask(self._relaxed, place, least, most, fixed)
        if found is None:
            return None
        whole = np.rint(found)
        if np.abs(found - whole).max(initial=0.0) <= EDGE and self._keeps(whole):
            return whole.astype(np.int64)
        if self._exact is None:
            self._exact = self._model(whole=True)
        found = self._ask(self._exact, place, least, most, fixed)
        return None if found is None else np.rint(found).astype(np.int64)

    def bounds(self, place: int) -> tuple[float, float]:
        """Return the least and greatest deviation of one cell, rounded inwards to whole numbers; infinity if none."""
        return -self._most(place, -1), self._most(place, 1)

    def _most(self, place: int, sign: int) -> float:
        if self._bare is None:
            self._bare = self._model(whole=False, bare=True)
        solver = self._bare
        solver.changeColCost(place, -float(sign))
        solver.changeColCost(self._count + place, float(sign))
        _run(solver)
        status, most = solver.getModelStatus(), -solver.getInfo().objective_function_value
        solver.changeColCost(place, 0.0)
        solver.changeColCost(self._count + place, 0.0)
        if status in (highspy.HighsModelStatus.kUnbounded, highspy.HighsModelStatus.kUnboundedOrInfeasible):
            return inf  # 0 is a solution, so it is not infeasible
        _require_optimal(status)
        return float(floor(most + EDGE))

    def _keeps(self, whole: NDArray[np.float64]) -> bool:
        inside = bool(np.all(whole >= -self._below) and np.all(whole <= self._above))
        return inside and not np.any(self._matrix @ whole)

    def _ask(
        self, solver: highspy.Highs, place: int, least: int | None, most: int | None, fixed: int | None
    ) -> NDArray[np.float64] | None:
        up, down = place, self._count + place
        if least is not None:
            solver.changeColBounds(up, float(least), self._above[place])
            solver.changeColBounds(down, 0.0, 0.0)
        else:
            solver.changeColBounds(up, 0.0, 0.0)
            solver.changeColBounds(down, float(ceil(-(most or 0))), self._below[place])
        if fixed is not None:
            solver.changeColBounds(fixed, 0.0, 0.0)
            solver.changeColBounds(self._count + fixed, 0.0, 0.0)
        _run(solver)
        status = solver.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible:
            answer = None
        else:
            _require_optimal(status)
            solution = np.asarray(solver.getSolution().col_value)
            answer = solution[: self._count] - solution[self._count :]
        for cell in (place, fixed):
            if cell is not None:
                solver.changeColBounds(cell, 0.0, self._above[cell])
                solver.changeColBounds(self._count + cell, 0.0, self._below[cell])
        return answer

    def _model(self, *, whole: bool, bare: bool = False) -> highspy.Highs:
        """Build the model: rises, then falls. `bare` leaves the costs out."""
        both = hstack([self._matrix, -self._matrix], format="csc")
        program = highspy.HighsLp()
        program.num_col_, program.num_row_ = both.shape[1], both.shape[0]
        program.col_cost_ = np.zeros(both.shape[1]) if bare else np.ones(both.shape[1])
        program.col_lower_ = np.zeros(both.shape[1])
        program.col_upper_ = np.concatenate([self._above, self._below])
        program.row_lower_ = program.row_upper_ = np.zeros(both.shape[0])
        program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        program.a_matrix_.start_ = both.indptr
        program.a_matrix_.index_ = both.indices
        program.a_matrix_.value_ = both.data.astype(float)
        if whole:
            program.integrality_ = [highspy.HighsVarType.kInteger] * both.shape[1]
        solver: highspy.Highs = silent_solver()
        solver.setOptionValue("output_flag", False)
        solver.setOptionValue("threads", 1)  # one setting in the whole process: others make `run` fail unnoticed
        solver.setOptionValue("random_seed", 0)
        if solver.passModel(program) == highspy.HighsStatus.kError:
            raise RuntimeError("the solver refused the model of the audit, so nothing can be said to be safe")
        return solver


def _run(solver: highspy.Highs) -> None:
    if solver.run() == highspy.HighsStatus.kError:
        raise RuntimeError("the solver of the audit failed, so nothing can be said to be safe")


def _require_optimal(status: highspy.HighsModelStatus) -> None:
    if status != highspy.HighsModelStatus.kOptimal:
        raise RuntimeError(f"the solver of the audit gave no answer ({status}), so nothing can be said to be safe")
