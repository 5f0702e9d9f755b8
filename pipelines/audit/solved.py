"""A linear program in the solver, kept from one question to the next: only some bounds and costs change.

Each answer starts from the last. Deviations are split into a rise and a fall, both at a cost, so that answers move few
cells.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import floor, inf

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import hstack

from pipelines.audit.folded import Folded
from pipelines.kernel.solver import silent_solver

EDGE = 1e-6
"""A deviation this near to a whole number is one."""

WORTH = 100.0
"""What a unit of a deviation that is wanted, among many, is worth in moves of other cells."""

Numbers = NDArray[np.float64]


class Model:
    """A linear program in the solver: the least that cells may be moved by. Folded, unless asked for whole numbers."""

    def __init__(
        self, fold: Folded, below: Numbers, above: Numbers, *, whole: bool = False, bare: bool = False
    ) -> None:
        self._fold = fold
        self._count = fold.matrix.shape[1]
        has = np.flatnonzero(fold.fold >= 0)
        to, turned = fold.fold[has], fold.sign[has] < 0
        self._low, self._high = np.full(self._count, -inf), np.full(self._count, inf)
        np.maximum.at(self._low, to, np.where(turned, -above[has], -below[has]))
        np.minimum.at(self._high, to, np.where(turned, below[has], above[has]))
        self._cost = np.zeros(self._count) if bare else np.bincount(to, minlength=self._count).astype(float)
        takes = np.flatnonzero(fold.rest >= 0)
        ends = -fold.factor[takes] * np.array([above[fold.rest[takes]], -below[fold.rest[takes]]])
        self._least, self._most = np.zeros(len(fold.rest)), np.zeros(len(fold.rest))
        self._least[takes], self._most[takes] = ends.min(axis=0, initial=inf), ends.max(axis=0, initial=-inf)
        self._solver = self._made(whole=whole)

    def _made(self, *, whole: bool) -> highspy.Highs:
        """Build the model: rises, then falls."""
        both = hstack([self._fold.matrix, -self._fold.matrix], format="csc")
        program = highspy.HighsLp()
        program.num_col_, program.num_row_ = both.shape[1], both.shape[0]
        program.col_cost_ = np.concatenate([self._cost, self._cost])
        program.col_lower_, program.col_upper_ = _columns(self._low, self._high)
        program.row_lower_, program.row_upper_ = self._least, self._most
        program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        program.a_matrix_.start_ = both.indptr
        program.a_matrix_.index_ = both.indices
        program.a_matrix_.value_ = both.data.astype(float)
        if whole:
            program.integrality_ = [highspy.HighsVarType.kInteger] * both.shape[1]
        solver: highspy.Highs = silent_solver()
        solver.setOptionValue("output_flag", False)
        solver.setOptionValue("threads", 1)  # one setting in the whole process: others make `run` fail unnoticed
        solver.setOptionValue("presolve", "off")  # each answer starts from the last, and the model is folded already
        solver.setOptionValue("random_seed", 0)
        if solver.passModel(program) == highspy.HighsStatus.kError:
            raise RuntimeError("the solver refused the model of the audit, so nothing can be said to be safe")
        return solver

    def moved(
        self, bounds: Mapping[int, tuple[float, float]], wanted: Mapping[int, int] | None = None
    ) -> Numbers | None:
        """Return the shortest deviations of all cells within these bounds of some; `None` when there are none.

        `wanted`: cell → deviation, each unit towards it worth `WORTH` moves.
        """
        among: dict[int, tuple[float, float]] = {}
        for cell, (low, high) in bounds.items():
            fold = int(self._fold.fold[cell])
            if fold < 0:
                if low > 0 or high < 0:
                    return None  # it does not move
                continue
            low, high = (low, high) if self._fold.sign[cell] > 0 else (-high, -low)
            least, most = among.get(fold, (float(self._low[fold]), float(self._high[fold])))
            among[fold] = max(low, least), min(high, most)
            if among[fold][0] > among[fold][1]:
                return None
        folds = np.array(list(among), dtype=np.int32)
        ends = np.array(list(among.values()), dtype=float).reshape(-1, 2)
        self._bound(folds, ends[:, 0], ends[:, 1])
        dear = {int(self._fold.fold[cell]): amount * self._fold.sign[cell] for cell, amount in (wanted or {}).items()}
        dear.pop(-1, None)  # it does not move
        pulled = np.array(list(dear), dtype=np.int32)
        pull = -WORTH * np.sign(np.array(list(dear.values()), dtype=float))
        self._price(pulled, pull, -pull)
        _run(self._solver)
        status = self._solver.getModelStatus()
        answer = None
        if status != highspy.HighsModelStatus.kInfeasible:
            _require_optimal(status)
            solution = np.asarray(self._solver.getSolution().col_value)
            answer = self._fold.unfolded(solution[: self._count] - solution[self._count :])
        self._bound(folds, self._low[folds], self._high[folds])
        self._price(pulled, self._cost[pulled], self._cost[pulled])
        return answer

    def most(self, cell: int, sign: int) -> float:
        """Return how far a cell of a bare model goes up (sign 1) or down (-1), rounded inwards; infinity: no bound."""
        folds = np.array([cell], dtype=np.int32)
        self._price(folds, np.array([-float(sign)]), np.array([float(sign)]))
        _run(self._solver)
        status, most = self._solver.getModelStatus(), -self._solver.getInfo().objective_function_value
        self._price(folds, self._cost[folds], self._cost[folds])
        if status in (highspy.HighsModelStatus.kUnbounded, highspy.HighsModelStatus.kUnboundedOrInfeasible):
            return inf  # 0 is a solution, so it is not infeasible
        _require_optimal(status)
        return float(floor(most + EDGE))

    def _bound(self, folds: NDArray[np.int32], low: Numbers, high: Numbers) -> None:
        columns = np.concatenate([folds, folds + self._count]).astype(np.int32)
        if columns.size:
            _require(self._solver.changeColsBounds(columns.size, columns, *_columns(low, high)))

    def _price(self, folds: NDArray[np.int32], rise: Numbers, fall: Numbers) -> None:
        columns = np.concatenate([folds, folds + self._count]).astype(np.int32)
        if columns.size:
            _require(self._solver.changeColsCost(columns.size, columns, np.concatenate([rise, fall])))


def _columns(low: Numbers, high: Numbers) -> tuple[Numbers, Numbers]:
    """Return the bounds of rises and falls from those of deviations."""
    return (
        np.concatenate([np.maximum(low, 0), np.maximum(-high, 0)]),
        np.concatenate([np.maximum(high, 0), np.maximum(-low, 0)]),
    )


def _run(solver: highspy.Highs) -> None:
    _require(solver.run())


def _require(status: highspy.HighsStatus) -> None:
    if status == highspy.HighsStatus.kError:
        raise RuntimeError("the solver of the audit failed, so nothing can be said to be safe")


def _require_optimal(status: highspy.HighsModelStatus) -> None:
    if status not in (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kModelEmpty):
        raise RuntimeError(f"the solver of the audit gave no answer ({status}), so nothing can be said to be safe")
