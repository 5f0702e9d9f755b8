"""What hidden cells need in order to be safe, and the deviations that prove that they have it.

A hidden cell is safe when some deviation, consistent with all that is shown, takes it as far as the rule asks. One
deviation is good for many cells.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.protect.attack import TOLERANCE
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

    def met(self, lowest: np.ndarray, highest: np.ndarray) -> bool:
        """Say whether deviations that reach from `lowest` to `highest` (by cell) go far enough."""
        if self.either:
            return bool(max(highest[self.cell], -lowest[self.cell]) >= 1 - TOLERANCE)
        if self.amount > 0:
            return bool(highest[self.cell] >= self.amount - TOLERANCE)
        return bool(lowest[self.cell] <= self.amount + TOLERANCE)


def needs(system: System, cell: int) -> list[Target]:
    """Return what a primary cell needs: it might be at or above the threshold, and one less than it is.

    Where everybody knows that it is no less, nothing is asked downwards.
    """
    one = system.cells[cell]
    found = [Target(cell, one.threshold - one.value)] if one.value < one.threshold else []
    return [*found, Target(cell, -1.0)] if one.value > one.floor else found


class Proof:
    """Deviations found so far, a row each, and how far they take each cell."""

    def __init__(self, size: int, rows: np.ndarray | None = None) -> None:
        self._count = 0 if rows is None else len(rows)
        self._rows = np.zeros((64, size)) if rows is None else rows
        self._seen, self._lowest, self._highest = 0, np.zeros(size), np.zeros(size)

    @property
    def rows(self) -> np.ndarray:
        """The deviations."""
        return self._rows[: self._count]

    def add(self, moved: np.ndarray) -> None:
        """Keep a deviation, unless nothing moves in it."""
        if not moved.any():
            return
        if self._count == len(self._rows):
            self._rows = np.vstack([self._rows, np.zeros_like(self._rows), np.zeros((64, len(moved)))])
        self._rows[self._count] = moved
        self._count += 1

    def reach(self, fixed: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return how far down and up each cell goes, in deviations that leave `fixed` where it is."""
        if fixed is not None:
            still = self.rows[self.rows[:, fixed] == 0]
            return still.min(axis=0, initial=0), still.max(axis=0, initial=0)
        if self._seen == self._count:
            return self._lowest, self._highest
        new = self.rows[self._seen :]
        self._lowest = np.minimum(self._lowest, new.min(axis=0, initial=0))
        self._highest = np.maximum(self._highest, new.max(axis=0, initial=0))
        self._seen = self._count
        return self._lowest, self._highest

    def meets(self, target: Target) -> bool:
        """Say whether some deviation meets the target."""
        if target.fixed is not None:
            moved = self.rows[self.rows[:, target.fixed] == 0, target.cell]
            moved = np.abs(moved) if target.either else moved
            return bool(moved.max(initial=0) >= target.amount - TOLERANCE)
        return target.met(*self.reach())

    def unmet(self, cells: np.ndarray, needed: np.ndarray, fixed: np.ndarray) -> np.ndarray:
        """Return rows (place in `fixed`, place in `cells`): which of the cells no deviation takes up by what it needs
        that leaves the fixed one where it is.
        """
        still = (self.rows[:, fixed] == 0).astype(np.float32)
        far = (self.rows[:, cells] >= needed - TOLERANCE).astype(np.float32)
        return np.argwhere(still.T @ far == 0)
