"""Cuts: inequalities that every safe pattern satisfies, and a given one, which may hide cells in part, does not.

The attacker of a cell moves hidden cells as far as they are hidden: by what their deviation may be, times the share x
that is hidden of them. Where he cannot move his cell as far as it needs, the reduced costs of his problem say which
cells, hidden, would let him: sum of c x >= 1. The capacities that find a cut are those of a cell that moves no further
than what is needed; the cut itself counts the whole capacity, so that it holds for every pattern.
"""

from __future__ import annotations

from collections.abc import Iterator

import highspy
import numpy as np

from pipelines.protect.attack import FAR
from pipelines.protect.growth import Growth
from pipelines.protect.programme import TOLERANCE, checked, solver_of

VIOLATED = 1e-3
"""By how much a cut must be violated to be worth keeping."""

EACH = 2
"""Cuts of insiders of one cell, a round."""


class Cutter:
    """The attackers of one system, before patterns that hide cells in part: one linear programme, a column a cell."""

    def __init__(self, grown: Growth) -> None:
        self._grown, self._attack = grown, grown.attack
        self._size = len(self._attack.values)
        self._solver = solver_of()
        self.questions = 0
        """Put to attackers so far: the work done, the same on every machine."""
        self._lower, self._upper, self._asked = np.zeros(self._size), np.zeros(self._size), 0
        self._open = self._attack.choice & ~self._attack.zero
        matrix = grown.system.matrix.astype(float).tocsr()
        largest = np.maximum(abs(matrix).max(axis=1).toarray().ravel(), 1)
        matrix.data /= np.repeat(largest, np.diff(matrix.indptr))
        columns = matrix.tocsc()
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = self._size, matrix.shape[0]
        lp.col_cost_ = lp.col_lower_ = lp.col_upper_ = np.zeros(self._size)
        lp.row_lower_ = lp.row_upper_ = np.zeros(matrix.shape[0])
        lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = columns.indptr, columns.indices, columns.data
        checked(self._solver.passModel(lp), "the model is refused")

    def strangers(self, shares: np.ndarray) -> Iterator[np.ndarray]:
        """Find cuts that these shares violate, of what primary cells need before anybody's eyes."""
        for target in self._grown.needs:
            _, cut = self._ask(target.cell, target.amount, (), shares, zeros=False)
            if cut is not None and _is_violated(cut, shares):
                yield cut

    def insiders(self, shares: np.ndarray, questions: float = np.inf) -> Iterator[np.ndarray]:
        """Find cuts of what primary cells need before the eyes of who is the only one of another cell: the threshold,
        or, where nothing could take them there, a unit up or down. A cut of both holds whichever it is. No more are
        sought once so many questions were put in all.
        """
        for cell in self._grown.primary:
            if self.questions >= questions:
                return
            asked: dict[tuple[float, bool], list[int]] = {}
            for other in self._grown.single:
                target = None if other == cell else self._grown.before(cell, other)
                if target is not None:
                    asked.setdefault((target.amount, target.either), []).append(other)
            for (amount, either), left in asked.items():
                yield from self._before(cell, amount, left, shares, either=either)

    def _before(
        self, cell: int, amount: float, left: list[int], shares: np.ndarray, *, either: bool
    ) -> Iterator[np.ndarray]:
        """Find cuts of a cell that is to go so far up, or `either` way, before the eyes of each one that is left."""
        _, cut = self._ask(cell, amount, left, shares, zeros=True)
        if cut is None:
            return  # one deviation before the eyes of all of them
        moved, cut = self._ask(cell, amount, (), shares, zeros=True)
        if cut is None:
            left = [other for other in left if abs(moved[other]) > TOLERANCE]
        found = 0
        while left and found < EACH:
            other = left.pop(0)
            moved, cut = self._ask(cell, amount, (other,), shares, zeros=True)
            if cut is not None and either:
                moved, down = self._ask(cell, -amount, (other,), shares, zeros=True)
                cut = None if down is None else np.maximum(cut, down)
            if cut is not None:
                found += 1
                if _is_violated(cut, shares):
                    yield cut
            else:
                left = [one for one in left if abs(moved[one]) > TOLERANCE]

    def _ask(
        self, cell: int, amount: float, fixed: tuple[int, ...] | list[int], shares: np.ndarray, *, zeros: bool
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Return the attacker's deviations, and a cut where they do not take the cell as far as `amount`."""
        self.questions += 1
        attack, solver, needed, stop = self._attack, self._solver, abs(amount), list(fixed)
        room = attack.room
        upper = np.where(attack.always, FAR, needed * shares)
        lower = -np.where(attack.always, room, np.minimum(room, needed) * shares)
        mayopen = attack.choice if zeros else self._open
        shut = ~(attack.always | mayopen)
        shut[stop] = True
        upper[shut] = lower[shut] = 0
        upper[cell], lower[cell] = (needed, 0) if amount > 0 else (0, -needed)
        moved = np.flatnonzero((lower != self._lower) | (upper != self._upper)).astype(np.int32)
        if moved.size:
            checked(solver.changeColsBounds(moved.size, moved, lower[moved], upper[moved]), "bounds are refused")
        self._lower, self._upper = lower, upper
        checked(solver.changeColCost(self._asked, 0.0), "a cost is refused")
        checked(solver.changeColCost(cell, -float(np.sign(amount))), "a cost is refused")
        self._asked = cell
        checked(solver.run(), "the solver fails")
        if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:  # a basis left by earlier bounds misleads it
            checked(solver.clearSolver(), "the solver cannot begin anew")
            checked(solver.run(), "the solver fails")
            if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
                raise RuntimeError(f"HiGHS: {solver.modelStatusToString(solver.getModelStatus())}")
        solution = solver.getSolution()
        found = np.asarray(solution.col_value)
        if abs(found[cell]) >= needed - TOLERANCE:
            return found, None
        dual = np.asarray(solution.col_dual)
        worth = np.maximum(-dual, 0) * FAR + np.maximum(dual, 0) * room
        worth[[cell, *stop]] = 0
        least = needed - float(worth[attack.always].sum())
        if least <= TOLERANCE:
            return found, None
        cut = np.where(mayopen, np.minimum(worth, least), 0) / least
        cut[cut < TOLERANCE] = 0
        return found, cut


def _is_violated(cut: np.ndarray, shares: np.ndarray) -> bool:
    """Say whether a cut is worth keeping; one that no pattern satisfies is not."""
    return float(cut @ shares) < 1 - VIOLATED and float(cut.sum()) >= 1
