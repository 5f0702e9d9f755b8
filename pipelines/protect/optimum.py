"""How cheap a safe pattern can be: a bound that no pattern beats, and better patterns where the bound leaves room.

Fischetti and Salazar-González (2001), "Solving the cell suppression problem on tabular data with linear constraints":
a cell that is not safe gives, by the dual of the attacker's problem, a cut that every safe pattern satisfies. First the
cuts are sought of cells hidden in part (the linear relaxation), which costs little and bounds well; then cells are
whole again, and the cheapest set that satisfies all cuts is the optimum once it is safe itself. What the relaxation
hides in part is cheap to hide: patterns grown along it are better than those grown by weight alone.

Rounds, nodes and iterations are counted, not seconds, so that the same system gives the same pattern everywhere.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np

from pipelines.protect.cuts import Cutter
from pipelines.protect.growth import Growth
from pipelines.protect.master import Master
from pipelines.protect.programme import TOLERANCE
from pipelines.protect.proof import Proof

CLOSE = 1e-3
"""A gap that is none: what the secret draw adds to a weight."""

QUESTIONS = 600
"""Questions put to the attacker, for one round of search that the policy asks for, before the relaxation is left."""

STALL = 5e-3
"""The relaxation has said what it can when its bound rises by less, as a share, in `LOOK_BACK` rounds."""

LOOK_BACK = 4

FEW = 25
"""Insiders are looked at once so few cuts of strangers are missing: there are many of them."""

WHOLE = 150
"""Cells that may be hidden: with more, whole sets take longer than they are worth."""

GUIDES = (1.02, 1.15, 1.5)
"""How the relaxation guides growth: a cell that it hides by a share x costs (guide - x) of its weight."""


@dataclass(frozen=True)
class Bounded:
    """The best mask found, and a cost that no safe pattern goes below."""

    hidden: np.ndarray
    bound: float


class Search:
    """The search on one system: the cheapest mask so far, and the bound so far."""

    def __init__(self, grown: Growth, hidden: np.ndarray, kept: frozenset[str]) -> None:
        attack = grown.attack
        forced = attack.choice & np.array([cell.key in kept for cell in grown.system.cells], dtype=bool)
        self._grown, self._kept = grown, kept
        self.hidden, self.bound = hidden, float(grown.costs[forced].sum())
        self._cutter = Cutter(grown)
        self._master = Master(attack.choice, grown.costs, forced)
        self._forced = forced

    @property
    def cost(self) -> float:
        """What the best mask costs."""
        return float(self._grown.costs[self.hidden].sum())

    @property
    def is_done(self) -> bool:
        """Say whether the best mask costs what the bound says."""
        return self.cost <= self.bound * (1 + CLOSE) + TOLERANCE

    def relax(self, questions: int) -> np.ndarray:
        """Add cuts until the relaxation satisfies them all, stalls, or so many questions were put to the attacker;
        return what it hides of each cell (0 to 1).
        """
        said: list[float] = []
        while self._cutter.questions < questions:
            shares = self._master.shares
            found = list(self._cutter.strangers(shares))
            if len(found) < FEW:
                found += self._cutter.insiders(shares, questions)
            if not self._master.add(found):
                break
            said.append(self._master.relaxed())
            if len(said) > LOOK_BACK and len(found) < FEW and said[-1] - said[-1 - LOOK_BACK] < STALL * said[-1]:
                break
        self.bound = max(self.bound, said[-1] if said else 0.0)
        return self._master.shares

    def guided(self, shares: np.ndarray) -> None:
        """Grow masks along these shares, and keep the cheapest."""
        for guide in GUIDES:
            if self.is_done:
                return
            along = copy.copy(self._grown)
            along.costs = self._grown.costs * (guide - shares)
            self._grow(along, self._forced)

    def whole(self, rounds: int) -> None:
        """Look for the cheapest whole set that satisfies all cuts, add those it violates, and so on."""
        for _ in range(rounds):
            if self.is_done or self._master.size > WHOLE:
                return
            trial, bound = self._master.whole()
            self.bound = max(self.bound, bound)
            shares = trial.astype(float)
            found = [*self._cutter.strangers(shares), *self._cutter.insiders(shares)]
            if not found:
                self._grow(self._grown, trial)
                return
            self.guided((shares + self._master.shares) / 2)
            self._master.add(found)

    def _grow(self, along: Growth, start: np.ndarray) -> None:
        proof = Proof(len(start))
        mask = self._grown.prune(along.grow(start, proof), proof, self._kept)[0]
        if self._grown.costs[mask].sum() < self.cost - TOLERANCE:
            self.hidden = mask


def improve(grown: Growth, hidden: np.ndarray, kept: frozenset[str], rounds: int) -> Bounded:
    """Return the cheapest mask found in `rounds` rounds of cuts, `hidden` or better, and the bound."""
    search = Search(grown, hidden, kept)
    shares = search.relax(QUESTIONS * rounds)
    search.guided(shares)
    search.whole(rounds)
    return Bounded(search.hidden, min(search.bound, search.cost))
