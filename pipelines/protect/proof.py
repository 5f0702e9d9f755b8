"""What hidden cells need in order to be safe, and the deviations that prove that they have it.

A hidden cell is safe when some deviation, consistent with all that is shown, takes it as far as the rule asks. One
deviation is good for many cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse

from pipelines.protect.programme import TOLERANCE
from pipelines.protect.system import System

ONE_BY_ONE = 4
"""Fewer targets are looked at one by one."""


@dataclass(frozen=True)
class Target:
    """What a hidden cell needs: a deviation of `amount` (signed), or of one unit either way when `either`.

    `fixed`: a cell whose value the attacker knows, because he is the one it counts.
    """

    cell: int
    amount: float
    either: bool = False
    fixed: int | None = None


def needs(system: System, cell: int) -> list[Target]:
    """Return what a primary cell needs: it might be at or above the threshold, and one less than it is.

    Where everybody knows that it is no less, nothing is asked downwards.
    """
    one = system.cells[cell]
    found = [Target(cell, one.threshold - one.value)] if one.value < one.threshold else []
    return [*found, Target(cell, -1.0)] if one.value > one.floor else found


class Proof:
    """Deviations found so far, and how far they take each cell. Those that count move no cell that is shown."""

    def __init__(self, size: int) -> None:
        self._moves = np.zeros((size, 256))
        self._counts = np.zeros(0, dtype=bool)

    def add(self, moved: np.ndarray) -> None:
        """Keep a deviation."""
        number = len(self._counts)
        if number == self._moves.shape[1]:
            self._moves = np.hstack([self._moves, np.zeros_like(self._moves)])
        self._moves[:, number] = moved
        self._counts = np.append(self._counts, True)

    def leave(self, cell: int) -> tuple[np.ndarray, np.ndarray]:
        """Count deviations no more that move a cell; return which counted, and the cells that any of them moved."""
        before = self._counts
        lost = before & (self._moves[cell, : len(before)] != 0)
        self._counts = before & ~lost
        return before, (self._moves[:, np.flatnonzero(lost)] != 0).any(axis=1)

    def back(self, before: np.ndarray) -> None:
        """Count again what counted, besides what came since."""
        self._counts[: len(before)] = before

    def of(self, cells: np.ndarray) -> np.ndarray:
        """Return how far cells go in the deviations that count (cells x deviations)."""
        found: np.ndarray = self._moves[cells, : len(self._counts)][:, self._counts]
        return found

    def meets(self, target: Target) -> bool:
        """Say whether some deviation meets the target."""
        count = len(self._counts)
        moved = self._moves[target.cell, :count]
        far = abs(moved) if target.either else moved if target.amount > 0 else -moved
        there = (far >= abs(target.amount) - TOLERANCE) & self._counts
        if target.fixed is not None:
            there &= self._moves[target.fixed, :count] == 0
        return bool(there.any())

    def unmet(self, targets: Sequence[Target]) -> list[Target]:
        """Return the targets that no deviation meets."""
        if len(targets) <= ONE_BY_ONE:
            return [target for target in targets if not self.meets(target)]
        moved = self.of(np.array([target.cell for target in targets]))
        amount = np.array([target.amount for target in targets])[:, None]
        either = np.array([target.either for target in targets])[:, None]
        far = np.where(either, abs(moved), np.where(amount > 0, moved, -moved))
        there = far >= abs(amount) - TOLERANCE
        fixed = [number for number, target in enumerate(targets) if target.fixed is not None]
        if fixed:
            there[fixed] &= self.of(np.array([targets[number].fixed for number in fixed])) == 0
        return [targets[number] for number in np.flatnonzero(~there.any(axis=1)).tolist()]

    def unmet_before(self, cells: np.ndarray, needed: np.ndarray, fixed: np.ndarray) -> np.ndarray:
        """Return rows (place in `fixed`, place in `cells`): which of the cells no deviation takes up by what it needs
        that leaves the fixed one where it is.
        """
        still = (self.of(fixed) == 0).astype(np.float32)
        far = scipy.sparse.csr_array((self.of(cells) >= needed[:, None] - TOLERANCE).astype(np.float32))
        # Few go so far. A dense product would start threads, which get in the way of the other process's years.
        return np.argwhere((far @ still.T).T == 0)
