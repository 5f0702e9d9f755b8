"""What hidden cells need in order to be safe, and the deviations that prove that they have it.

A hidden cell is safe when some deviation, consistent with all that is shown, takes it as far as the rule asks. One
deviation is good for many cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipelines.protect.programme import TOLERANCE
from pipelines.protect.system import System


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
        found: np.ndarray = self._moves[np.ix_(cells, np.flatnonzero(self._counts))]
        return found

    def meets(self, target: Target) -> bool:
        """Say whether some deviation meets the target."""
        return bool(self.met([target])[0])

    def met(self, targets: Sequence[Target]) -> np.ndarray:
        """Say which targets some deviation meets."""
        moved = self.of(np.array([target.cell for target in targets], dtype=np.int64))
        amount = np.array([target.amount for target in targets])
        either = np.array([target.either for target in targets], dtype=bool)
        there = np.where((amount > 0)[:, None], moved, -moved) >= abs(amount)[:, None] - TOLERANCE
        there |= either[:, None] & (abs(moved) >= abs(amount)[:, None] - TOLERANCE)
        fixed = [number for number, target in enumerate(targets) if target.fixed is not None]
        if fixed:
            there[fixed] &= self.of(np.array([targets[number].fixed for number in fixed])) == 0
        found: np.ndarray = there.any(axis=1)
        return found

    def unmet(self, cells: np.ndarray, needed: np.ndarray, fixed: np.ndarray) -> np.ndarray:
        """Return rows (place in `fixed`, place in `cells`): which of the cells no deviation takes up by what it needs
        that leaves the fixed one where it is.
        """
        still = (self.of(fixed) == 0).astype(np.float32)
        far = (self.of(cells) >= needed[:, None] - TOLERANCE).astype(np.float32)
        return np.argwhere(still @ far.T == 0)
