"""The master problem: the cheapest cells to hide, in part or whole, that satisfy all cuts found."""

from __future__ import annotations

from collections.abc import Iterable

import highspy
import numpy as np

from pipelines.protect.programme import TOLERANCE, checked, solver_of

NODES = 60
"""Nodes of the tree of one search for a whole set: where it stops, its bound still holds."""

AGAIN = 2
"""How often a whole set is sought again because it violates a cut that was left out."""


class Master:
    """Cells that may be hidden, what each costs, and cuts (rows: sum of c x >= 1)."""

    def __init__(self, choice: np.ndarray, costs: np.ndarray, forced: np.ndarray) -> None:
        self._columns = np.flatnonzero(choice)
        self._size, self._costs = len(choice), costs[self._columns]
        self._least = forced[self._columns].astype(float)
        self._cuts = np.zeros((0, len(self._columns)))
        self._live = np.zeros(0, dtype=bool)
        self._known: set[bytes] = set()
        self.shares = forced.astype(float)
        self._solver = solver_of()
        checked(self._solver.passModel(self._model(self._cuts)), "the master problem is refused")

    @property
    def size(self) -> int:
        """How many cells may be hidden."""
        return len(self._columns)

    def add(self, cuts: Iterable[np.ndarray]) -> int:
        """Add cuts, and return how many are new."""
        new = []
        for cut in cuts:
            row = cut[self._columns]
            name = np.round(row, 5).tobytes()
            if name not in self._known:
                self._known.add(name)
                new.append(row)
                at = np.flatnonzero(row).astype(np.int32)
                checked(self._solver.addRow(1.0, highspy.kHighsInf, at.size, at, row[at]), "a cut is refused")
        if new:
            self._cuts = np.vstack([self._cuts, new])
            self._live = np.concatenate([self._live, np.ones(len(new), dtype=bool)])
        return len(new)

    def relaxed(self) -> float:
        """Hide in part: set `shares` to the cheapest, and return what they cost."""
        checked(self._solver.run(), "the master problem fails")
        if self._solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            raise RuntimeError(f"HiGHS: {self._solver.modelStatusToString(self._solver.getModelStatus())}")
        values = np.clip(np.asarray(self._solver.getSolution().col_value), 0, 1)
        self.shares = np.zeros(self._size)
        self.shares[self._columns] = values
        self._live = self._cuts @ values <= 1 + TOLERANCE
        return float(self._solver.getInfo().objective_function_value)

    def whole(self) -> tuple[np.ndarray, float]:
        """Return the cheapest whole set found that satisfies the cuts that count, and the bound proved.

        Those count that the relaxation satisfies just, that came since, and that a set found violates.
        """
        bound = 0.0
        for _ in range(1 + AGAIN):
            solver = solver_of(
                mip_max_nodes=NODES, mip_rel_gap=1e-4, presolve="on", solver="choose", mip_heuristic_effort=0.01
            )
            lp = self._model(self._cuts[self._live])
            lp.integrality_ = [highspy.HighsVarType.kInteger] * len(self._columns)
            checked(solver.passModel(lp), "the master problem is refused")
            checked(solver.run(), "the master problem fails")
            info = solver.getInfo()
            values = np.asarray(solver.getSolution().col_value)
            bound = max(bound, float(info.mip_dual_bound))
            if values.size != len(self._columns) or not np.isfinite(info.objective_function_value):
                values = (self.shares[self._columns] > TOLERANCE).astype(float)
                break
            values = (values > 0.5).astype(float)
            broken = (self._cuts @ values < 1 - TOLERANCE) & ~self._live
            if not broken.any():
                break
            self._live |= broken
        mask = np.zeros(self._size, dtype=bool)
        mask[self._columns[values > 0.5]] = True
        return mask, bound

    def _model(self, cuts: np.ndarray) -> highspy.HighsLp:
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = len(self._columns), len(cuts)
        lp.col_cost_, lp.col_lower_, lp.col_upper_ = self._costs, self._least, np.ones(len(self._columns))
        lp.row_lower_, lp.row_upper_ = np.ones(len(cuts)), np.full(len(cuts), highspy.kHighsInf)
        rows, at = np.nonzero(cuts)
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(cuts)))]).astype(np.int32)
        lp.a_matrix_.index_, lp.a_matrix_.value_ = at.astype(np.int32), cuts[rows, at]
        return lp
