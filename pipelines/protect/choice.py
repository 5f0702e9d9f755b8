"""Which cells to hide besides the primary ones: a safe pattern found step by step, each step proved by a deviation.

A hidden cell is safe when some deviation, consistent with all that is shown, takes it as far as the rule asks. So a
pattern comes with its proofs: a few deviations, each good for many cells. A cell that is not proved gets the cheapest
deviation that would do, and what that one moves is hidden too; then what no proof needs is shown again.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import scipy.sparse
import scipy.sparse.csgraph

from pipelines.protect.attack import TOLERANCE, Attack
from pipelines.protect.system import Pattern, System

ROUNDS = 12
"""How often all cells still to be proved are tried together, before one by one."""

FEW = 3
"""Fewer cells than that are tried one by one at once."""


class Unprotectable(ValueError):
    """No pattern protects a cell: hiding everything that may be hidden would still tell it."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


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


class Proof:
    """Deviations found so far, a row each, and how far they take each cell."""

    def __init__(self, size: int, rows: Iterable[np.ndarray] = ()) -> None:
        self.size = size
        self.rows: list[np.ndarray] = list(rows)
        self._reach: dict[int | None, tuple[int, np.ndarray, np.ndarray]] = {}

    def add(self, moved: np.ndarray) -> None:
        """Keep a deviation, unless nothing moves in it."""
        if moved.any():
            self.rows.append(moved)

    def reach(self, fixed: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return how far down and up each cell goes, in deviations that leave `fixed` where it is."""
        seen, lowest, highest = self._reach.get(fixed, (0, np.zeros(self.size), np.zeros(self.size)))
        for row in self.rows[seen:]:
            if fixed is None or row[fixed] == 0:
                lowest, highest = np.minimum(lowest, row), np.maximum(highest, row)
        self._reach[fixed] = len(self.rows), lowest, highest
        return lowest, highest

    def meets(self, target: Target) -> bool:
        """Say whether some deviation meets the target."""
        return target.met(*self.reach(target.fixed))


@dataclass(frozen=True)
class Chosen:
    """A safe pattern of one system: what is hidden, how many of them are primary, and what that costs.

    `bound`: no safe pattern costs less, of those that hide what `kept` hides; `cost` when the pattern is optimal.
    """

    pattern: Pattern
    primary_count: int
    secondary_count: int
    cost: float
    bound: float

    @property
    def gap(self) -> float:
        """How far from the optimum the cost may be, as a share of it."""
        return (self.cost - self.bound) / self.cost if self.cost > 0 else 0.0


def needs(system: System, cell: int) -> list[Target]:
    """Return what a primary cell needs: it might be at or above the threshold, and one less than it is."""
    one = system.cells[cell]
    found = [Target(cell, one.threshold - one.value)] if one.value < one.threshold else []
    return [*found, Target(cell, -1.0)] if one.value > 0 else found


def costs_of(system: System, seed: bytes) -> np.ndarray:
    """Return what hiding each cell costs: its weight, and less than a thousandth more by a secret draw.

    Among patterns of equal weight the draw decides, so that nobody can reason from the pattern back to the values, and
    it is drawn from the cell's key, so that it falls alike in every edition.
    """
    drawn = [int.from_bytes(hmac.digest(seed, cell.key.encode(), hashlib.sha256)[:4], "big") for cell in system.cells]
    return np.array([cell.weight for cell in system.cells], float) * (1 + np.array(drawn) / 2**32 / 1000)


def choose(system: System, seed: bytes, kept: frozenset[str] = frozenset(), *, alone: bool = True) -> tuple[np.ndarray, Proof]:
    """Return a mask of the cells hidden, and its proof. `kept`: keys hidden already, which stay hidden.

    Raises `Unprotectable` when a cell is told whatever is hidden.
    """
    attack = Attack(system)
    hidden = attack.choice & np.array([cell.key in kept for cell in system.cells], dtype=bool)
    grown = Growth(system, attack, costs_of(system, seed), alone=alone)
    proof = Proof(len(system.cells))
    return grown.prune(grown.grow(hidden, proof), proof, kept)


class Growth:
    """The two steps of the search: hide until all is proved, show again what no proof needs."""

    def __init__(self, system: System, attack: Attack, costs: np.ndarray, *, alone: bool = True) -> None:
        self.system, self.attack, self.costs = system, attack, costs
        self._primary = [i for i, cell in enumerate(system.cells) if cell.primary and attack.always[i]]
        self._needs = [target for cell in self._primary for target in needs(system, cell)]
        self._single = [i for i in self._primary if system.cells[i].value == 1] if alone else []
        self._far = {i: float(max(1, system.cells[i].threshold - system.cells[i].value)) for i in self._primary}
        self._up = np.array([self._far[i] for i in self._primary])
        self._hopeless: set[tuple[int, int]] = set()

    def missing(self, hidden: np.ndarray, proof: Proof) -> list[Target]:
        """Return what is not proved yet.

        Primary cells need their distance, secondary ones a unit either way; primary cells need theirs too before the
        eyes of whoever is the only one of another cell.
        """
        besides = [Target(int(i), 1.0, either=True) for i in np.flatnonzero(hidden & self.attack.choice)]
        found = [target for target in (*self._needs, *besides) if not proof.meets(target)]
        primary = np.array(self._primary, dtype=int)
        for single in self._single:
            _, highest = proof.reach(single)
            still = primary[highest[primary] < self._up - TOLERANCE]
            found += [Target(int(i), self._far[int(i)], fixed=single) for i in still
                      if i != single and (int(i), single) not in self._hopeless]  # fmt: skip
        return found

    def grow(self, hidden: np.ndarray, proof: Proof) -> np.ndarray:
        """Return a mask that holds `hidden` and is proved safe, its proof in `proof`.

        Raises `Unprotectable` when a cell is told whatever is hidden. What someone knows for being the only one of a
        cell is his own: it is let be where nothing could keep it from him.
        """
        hidden = hidden.copy()
        while missing := self.prove(hidden, proof):
            for target in missing:
                if proof.meets(target):
                    continue
                moved = self._cheapest(target, hidden)
                if moved is not None:
                    proof.add(moved)
                    hidden |= self.attack.choice & (moved != 0)
                elif target.fixed is not None:
                    self._hopeless.add((target.cell, target.fixed))
                else:
                    raise Unprotectable(self.system.cells[target.cell].key)
        return hidden

    def prune(self, hidden: np.ndarray, proof: Proof, kept: frozenset[str]) -> tuple[np.ndarray, Proof]:
        """Return a mask and proof without what was hidden for nothing, the dearest first."""
        hidden = hidden.copy()
        cells = self.system.cells
        for cell in sorted(np.flatnonzero(hidden), key=lambda i: -self.costs[i]):
            if cells[cell].key in kept:
                continue
            less = hidden.copy()
            less[cell] = False
            trial = Proof(proof.size, (row for row in proof.rows if row[cell] == 0))
            if not self.prove(less, trial, early=True):
                hidden, proof = less, trial
        return hidden, proof

    def prove(self, hidden: np.ndarray, proof: Proof, *, early: bool = False) -> list[Target]:
        """Find deviations for as many targets as there are some for; return the others, the first alone if `early`."""
        missing = self.missing(hidden, proof)
        draw = np.random.default_rng(0)
        for fixed in dict.fromkeys(target.fixed for target in missing):
            stop = () if fixed is None else (fixed,)
            left = [target for target in missing if target.fixed == fixed and not proof.meets(target)]
            for _ in range(ROUNDS if len(left) > FEW else 0):
                wanted: dict[int, float] = {}
                for place in draw.permutation(len(left)):
                    wanted.setdefault(left[place].cell, _amount(left[place], draw))
                proof.add(self.attack.gather(wanted, hidden, stop, zeros=bool(stop)))
                before, left = len(left), [target for target in left if not proof.meets(target)]
                if len(left) <= FEW or len(left) > 0.8 * before:
                    break
            for target in left:
                for amount in (target.amount, -target.amount) if target.either else (target.amount,):
                    if not proof.meets(target):
                        zeros = bool(stop) or bool(self.attack.zero[target.cell])
                        proof.add(self.attack.gather({target.cell: amount}, hidden, stop, zeros=zeros))
                if early and not proof.meets(target):
                    return [target]
        return [target for target in missing if not proof.meets(target)]

    def _cheapest(self, target: Target, hidden: np.ndarray) -> np.ndarray | None:
        stop = () if target.fixed is None else (target.fixed,)
        zeros = bool(stop) or bool(self.attack.zero[target.cell])
        per_unit = self.costs / abs(target.amount)
        found = [
            moved
            for amount in ((target.amount, -target.amount) if target.either else (target.amount,))
            if (moved := self.attack.cheapest(target.cell, amount, hidden, per_unit, stop, zeros=zeros)) is not None
        ]
        shown = self.attack.choice & ~hidden
        return min(found, key=lambda moved: float(self.costs[shown & (moved != 0)].sum()), default=None)


def _amount(target: Target, draw: np.random.Generator) -> float:
    return target.amount * (1 if not target.either or draw.random() < 0.5 else -1)


def best(system: System, seed: bytes, kept: frozenset[str] = frozenset(), *, alone: bool = True) -> Chosen:
    """Return a safe pattern of a system, part by part. Raises `Unprotectable` as `choose` does."""
    keys: set[str] = set()
    primary, cost = 0, 0.0
    for part in parts(system, kept):
        hidden, _ = choose(part, seed, kept, alone=alone)
        for cell, is_hidden in zip(part.cells, hidden, strict=True):
            if cell.published and not cell.public_elsewhere and (cell.primary or is_hidden):
                keys.add(cell.key)
                primary += cell.primary
                cost += 0 if cell.primary else cell.weight
    return Chosen(Pattern(frozenset(keys)), primary, len(keys) - primary, cost, 0.0)


def parts(system: System, kept: frozenset[str] = frozenset()) -> list[System]:
    """Return the parts of a system that share no relation, what everybody knows left out; those with work to do."""
    free = np.flatnonzero([not cell.public_elsewhere for cell in system.cells])
    matrix = system.matrix.tocsc()[:, free].tocsr()
    links = (matrix != 0).astype(np.int8)
    count, label = scipy.sparse.csgraph.connected_components(links.T @ links, directed=False)
    found = []
    for number in range(count):
        own = np.flatnonzero(label == number)
        cells = tuple(system.cells[free[place]] for place in own)
        if not any(cell.primary or cell.key in kept for cell in cells):
            continue
        block = matrix[:, own].tocsr()
        rows = np.flatnonzero(np.diff(block.indptr))
        found.append(System(system.year, cells, scipy.sparse.csr_array(block[rows]),
                            tuple(system.relations[row] for row in rows)))  # fmt: skip
    return found
