"""Which cells to hide besides the primary ones: a safe pattern found step by step, each step proved by a deviation.

A hidden cell is safe when some deviation, consistent with all that is shown, takes it as far as the rule asks. So a
pattern comes with its proofs: a few deviations, each good for many cells. A cell that is not proved gets the cheapest
deviation that would do, and what that one moves is hidden too; then what no proof needs is shown again.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

import numpy as np
import scipy.sparse
import scipy.sparse.csgraph

from pipelines.protect.attack import TOLERANCE, Attack
from pipelines.protect.system import Pattern, System

TOGETHER = 12
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
            here = np.abs(self.rows[:, target.cell]) >= 1 - TOLERANCE
            return bool((here & (self.rows[:, target.fixed] == 0)).any())
        return target.met(*self.reach())

    def unmet(self, cells: np.ndarray, fixed: np.ndarray) -> np.ndarray:
        """Return rows (place in `fixed`, place in `cells`): which of the cells no deviation moves by one that
        leaves the fixed one where it is.
        """
        still = (self.rows[:, fixed] == 0).astype(np.float32)
        far = (np.abs(self.rows[:, cells]) >= 1 - TOLERANCE).astype(np.float32)
        return np.argwhere(still.T @ far == 0)


@dataclass(frozen=True)
class Chosen:
    """A safe pattern of one system: what is hidden, how many of them are primary, and what that costs.

    `bound`: no safe pattern costs less, of those that hide what `kept` hides; `cost` when the pattern is optimal,
    nothing when it was not sought.
    """

    pattern: Pattern
    primary_count: int
    secondary_count: int
    cost: float
    bound: float | None

    @property
    def gap(self) -> float | None:
        """How far from the optimum the cost may be, as a share of it; nothing when that was not sought."""
        if self.bound is None:
            return None
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


def choose(
    system: System, seed: bytes, kept: frozenset[str] = frozenset(), *, alone: bool = True, rounds: int = 0
) -> tuple[np.ndarray, Proof, float]:
    """Return a mask of the cells hidden, its proof, and a cost that no safe pattern goes below, found in so many
    rounds of cuts. `kept`: keys hidden already, which stay hidden.

    Raises `Unprotectable` when a cell is told whatever is hidden.
    """
    from pipelines.protect.optimum import improve

    attack = Attack(system, kept)
    hidden = attack.choice & np.array([cell.key in kept for cell in system.cells], dtype=bool)
    grown = Growth(system, attack, costs_of(system, seed), kept, alone=alone)
    proof = Proof(len(system.cells))
    hidden, proof = grown.prune(grown.grow(hidden, proof), proof, kept)
    if not rounds:
        return hidden, proof, 0.0
    bounded = improve(grown, hidden, kept, rounds)
    bound = bounded.bound / 1.001  # the draw adds less than a thousandth to a weight
    if (bounded.hidden != hidden).any():
        hidden, proof = bounded.hidden, Proof(len(hidden))
        if grown.prove(hidden, proof):
            raise AssertionError("a pattern that was repaired is not safe")
    return hidden, proof, bound


class Growth:
    """The two steps of the search: hide until all is proved, show again what no proof needs."""

    def __init__(
        self,
        system: System,
        attack: Attack,
        costs: np.ndarray,
        kept: frozenset[str] = frozenset(),
        *,
        alone: bool = True,
    ) -> None:
        self.system, self.attack, self.costs, self.kept = system, attack, costs, kept
        self._primary = [i for i, cell in enumerate(system.cells) if cell.primary and attack.always[i]]
        self._needs = [target for cell in self._primary for target in needs(system, cell)]
        self._single = [i for i in self._primary if system.cells[i].value == 1] if alone else []
        self._by_column = system.matrix.tocsc()
        self._attacks: dict[bytes, Attack] = {}
        self._hopeless: set[tuple[int, int]] = set()
        self._told: set[int] = set()

    @property
    def needs(self) -> list[Target]:
        """What primary cells need before anybody's eyes."""
        return self._needs

    @property
    def primary(self) -> list[int]:
        """Primary cells."""
        return self._primary

    @property
    def single(self) -> list[int]:
        """Primary cells of one person, who knows it."""
        return self._single

    def may_hope(self, cell: int, fixed: int) -> bool:
        """Say whether something could keep a cell from whoever is the only one of another."""
        return (cell, fixed) not in self._hopeless

    def missing(self, hidden: np.ndarray, proof: Proof) -> list[Target]:
        """Return what is not proved yet; what only insiders would see once nothing else is missing.

        Primary cells need their distance, secondary ones a unit either way; primary cells need a unit too before the
        eyes of whoever is the only one of another cell.
        """
        besides = [
            Target(int(i), 1.0, either=True)
            for i in np.flatnonzero(hidden & self.attack.choice)
            if int(i) not in self._told
        ]
        found = [target for target in (*self._needs, *besides) if not proof.meets(target)]
        if self._single and not found:
            primary, single = np.array(self._primary), np.array(self._single)
            for of, at in proof.unmet(primary, single):
                cell, fixed = self._primary[at], self._single[of]
                if cell != fixed and (cell, fixed) not in self._hopeless:
                    found.append(Target(cell, 1.0, either=True, fixed=fixed))
        return found

    def short(self, hidden: np.ndarray) -> list[Target]:
        """Return what primary cells need and do not get from this mask: from anybody first, then from insiders."""
        proof = Proof(len(hidden))
        return [target for target in self.prove(hidden, proof) if not target.either]

    def grow(self, hidden: np.ndarray, proof: Proof) -> np.ndarray:
        """Return a mask that holds `hidden` and is proved safe, its proof in `proof`.

        A large count that went with its row in an earlier edition, and that others told already then, goes on being
        told. Raises `Unprotectable` when another cell is told whatever is hidden. What someone knows for being the only
        one of a cell is his own: it is let be where nothing could keep it from him.
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
                elif target.either and self.system.cells[target.cell].key in self.kept:
                    self._told.add(target.cell)
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
            trial = Proof(len(cells), proof.rows[proof.rows[:, cell] == 0])
            if not self.prove(less, trial, early=True):
                hidden, proof = less, trial
        return hidden, proof

    def prove(self, hidden: np.ndarray, proof: Proof, *, early: bool = False) -> list[Target]:
        """Find deviations for as many targets as there are some for; return the others, the first alone if `early`."""
        missing = self.missing(hidden, proof)
        if not missing:
            return []
        local, places = self._around(hidden)
        self._avoid(missing, local, places, proof)
        groups: dict[tuple[int, int | None], list[Target]] = {}
        for target in missing:
            groups.setdefault((places[target.cell][0], target.fixed), []).append(target)
        draw = np.random.default_rng(0)
        for (number, fixed), targets in groups.items():
            cells, attack = local[number], self._attacker(local[number])
            stop = () if fixed is None or places[fixed][0] != number else (places[fixed][1],)
            everything = np.ones(len(cells), dtype=bool)

            def try_for(wanted: dict[int, float], *, zeros: bool) -> None:
                moved = np.zeros(len(hidden))
                at = {places[cell][1]: amount for cell, amount in wanted.items()}
                moved[cells] = attack.gather(at, everything, stop, zeros=zeros)  # noqa: B023  called at once
                proof.add(moved)

            left = [target for target in targets if not proof.meets(target)]
            for _ in range(TOGETHER if len(left) > FEW else 0):
                wanted: dict[int, float] = {}
                for place in draw.permutation(len(left)):
                    wanted.setdefault(left[place].cell, _amount(left[place], draw))
                try_for(wanted, zeros=fixed is not None)
                before, left = len(left), [target for target in left if not proof.meets(target)]
                if len(left) <= FEW or len(left) > 0.8 * before:
                    break
            for target in left:
                zeros = fixed is not None or bool(self.attack.zero[target.cell])
                for amount in (target.amount, -target.amount) if target.either else (target.amount,):
                    if not proof.meets(target):
                        try_for({target.cell: amount}, zeros=zeros)
                if early and not proof.meets(target):
                    return [target]
        left = [target for target in missing if not proof.meets(target)]
        if left or any(target.fixed is not None for target in missing):
            return left
        return self.prove(hidden, proof, early=early)  # now for insiders

    def _around(self, hidden: np.ndarray) -> tuple[list[np.ndarray], dict[int, tuple[int, int]]]:
        """Return the hidden cells that hang together once what is shown is left out, and cell → its
        group and its place there.
        """
        is_open = np.flatnonzero(self.attack.always | (hidden & self.attack.choice))
        matrix = self._by_column[:, is_open].tocsr()
        links = abs(matrix)
        count, label = scipy.sparse.csgraph.connected_components(links.T @ links, directed=False)
        order = np.argsort(label, kind="stable")
        bounds = np.searchsorted(label[order], np.arange(count + 1))
        found = []
        places: dict[int, tuple[int, int]] = {}
        for number in range(count):
            cells = is_open[order[bounds[number] : bounds[number + 1]]]
            places.update({int(cell): (number, place) for place, cell in enumerate(cells)})
            found.append(cells)
        return found, places

    def _attacker(self, cells: np.ndarray) -> Attack:
        """Return the attacker of a group of hidden cells, all others shown."""
        key = cells.tobytes()
        if key not in self._attacks:
            self._attacks[key] = Attack(part_of(self.system, self._by_column, cells), self.kept)
        return self._attacks[key]

    def _avoid(
        self, missing: list[Target], local: list[np.ndarray], places: dict[int, tuple[int, int]], proof: Proof
    ) -> None:
        """Find for each cell one deviation that leaves alone all the cells it must not depend on."""
        avoided: dict[int, list[Target]] = {}
        for target in missing:
            if target.fixed is not None:
                avoided.setdefault(target.cell, []).append(target)
        for cell, targets in avoided.items():
            number, place = places[cell]
            stop = [places[t.fixed][1] for t in targets if t.fixed is not None and places[t.fixed][0] == number]
            everything = np.ones(len(local[number]), dtype=bool)
            for amount in (1.0, -1.0):
                moved = np.zeros(len(self.costs))
                moved[local[number]] = self._attacker(local[number]).gather(
                    {place: amount}, everything, stop, zeros=True
                )
                proof.add(moved)
                if abs(moved[cell]) >= 1 - TOLERANCE:
                    break

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


def best(
    system: System, seed: bytes, kept: frozenset[str] = frozenset(), *, alone: bool = True, rounds: int = 0
) -> Chosen:
    """Return a safe pattern of a system, part by part. Raises `Unprotectable` as `choose` does."""
    keys: set[str] = set()
    primary, cost, least = 0, 0.0, 0.0
    for part in parts(system, kept):
        hidden, _, bound = choose(part, seed, kept, alone=alone, rounds=rounds)
        least += bound
        for cell, is_hidden in zip(part.cells, hidden, strict=True):
            if cell.published and not cell.public_elsewhere and (cell.primary or is_hidden):
                keys.add(cell.key)
                primary += cell.primary
                cost += 0 if cell.primary else cell.weight
    return Chosen(Pattern(frozenset(keys)), primary, len(keys) - primary, cost, min(least, cost) if rounds else None)


def parts(system: System, kept: frozenset[str] = frozenset()) -> list[System]:
    """Return the parts of a system that share no relation, what everybody knows left out; those with work to do."""
    free = np.flatnonzero([not cell.public_elsewhere for cell in system.cells])
    by_column = system.matrix.tocsc()
    links = abs(by_column[:, free].tocsr())
    count, label = scipy.sparse.csgraph.connected_components(links.T @ links, directed=False)
    found = [part_of(system, by_column, free[label == number]) for number in range(count)]
    return [part for part in found if any(cell.primary or cell.key in kept for cell in part.cells)]


def part_of(system: System, by_column: scipy.sparse.csc_array, cells: np.ndarray) -> System:
    """Return the system of some cells, the others left out of its relations: what is known moves nothing."""
    block = by_column[:, cells].tocsr()
    rows = np.flatnonzero(np.diff(block.indptr))
    return System(system.year, tuple(system.cells[cell] for cell in cells), scipy.sparse.csr_array(block[rows]),
                  tuple(system.relations[row] for row in rows))  # fmt: skip
