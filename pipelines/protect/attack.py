"""The attacker's problem: how far may cells deviate from their values without contradicting what is shown.

Deviations d rather than values, so that every relation reads M d = 0 and no large number enters: a shown cell has
d = 0, a hidden one d >= floor - value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from pipelines.protect.programme import Programme
from pipelines.protect.reduced import Reduced
from pipelines.protect.standing import room
from pipelines.protect.system import System

FAR = 1e5
"""A deviation that no protection asks for: what bounds a hidden count from above."""

NEXT_TO_NOTHING = 1e-4
"""Cost of moving a hidden cell by one: enough for no more of them to move than need to."""


def programme_of(system: System) -> Programme:
    """Return the linear programme of a system. What is neither primary nor published is asked for by nobody."""
    return Programme(Reduced.of(system.matrix, np.array([cell.primary or cell.published for cell in system.cells])))


class Attack:
    """One system as a linear programme: bounds say what is hidden, costs what is looked for.

    A zero that is shown is taken for a structural one, which everybody knows, unless a call opens `zeros`; one that
    stays hidden (its key in `kept`) is none.
    """

    def __init__(self, system: System, kept: frozenset[str] = frozenset(), programme: Programme | None = None) -> None:
        self.system = system
        cells = system.cells
        self.values = system.values.astype(float)
        self.room = room(cells)
        """How far each may fall: to what everybody knows it to be at least."""
        self.known = np.array([cell.public_elsewhere for cell in cells])
        primary, published = np.array([cell.primary for cell in cells]), np.array([cell.published for cell in cells])
        self.always = (~published | primary) & ~self.known
        """Hidden whatever is chosen: latent cells and primary ones."""
        self.choice = ~self.always & ~self.known
        self.zero = self.choice & (self.values == 0) & np.array([cell.key not in kept for cell in cells], dtype=bool)
        self._programme = programme or programme_of(system)

    def bounds(self, open_cells: np.ndarray, fixed: Iterable[int], *, zeros: bool) -> tuple[np.ndarray, np.ndarray]:
        """Return how far down and up each cell may go when these (a mask) may move, besides those always hidden, and
        `fixed` ones may not.
        """
        free = self.always | (open_cells & ~self.known)
        if not zeros:
            free = free & ~self.zero
        free[list(fixed)] = False
        return np.where(free, -self.room, 0), np.where(free, FAR, 0)

    def gather(
        self, wanted: Mapping[int, float], hidden: np.ndarray, fixed: Iterable[int] = (), *, zeros: bool = False
    ) -> np.ndarray:
        """Return deviations that come as far as they can towards what is wanted of all these cells at once.

        `wanted`: cell → deviation, no further. `fixed`: cells that may not move. As few others move as need to.
        """
        low, high = self.bounds(hidden, fixed, zeros=zeros)
        up, down = np.full(len(low), NEXT_TO_NOTHING), np.full(len(low), NEXT_TO_NOTHING)
        for cell, amount in wanted.items():
            if amount > 0:
                high[cell], up[cell], down[cell] = min(high[cell], amount), -1, 1
            else:
                low[cell], up[cell], down[cell] = max(low[cell], amount), 1, -1
        found = self._programme.solve(low, high, up, down)
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
        low, high = self.bounds(np.ones(len(hidden), dtype=bool), fixed, zeros=zeros)
        if not low[cell] <= amount <= high[cell]:
            return None
        low[cell] = high[cell] = amount
        each = np.where(self.choice & ~hidden, costs, NEXT_TO_NOTHING)
        return self._programme.solve(low, high, each, each)
