"""The two steps of the search for a safe pattern: hide until all is proved, show again what no proof needs."""

from __future__ import annotations

import numpy as np
import scipy.sparse.csgraph

from pipelines.protect.attack import Attack
from pipelines.protect.parts import part_of
from pipelines.protect.proof import Proof, Target, needs
from pipelines.protect.system import System

TOGETHER = 12
"""How often all cells still to be proved are tried together, before one by one."""

FEW = 3
"""Fewer cells than that are tried one by one at once."""


class Unprotectable(ValueError):
    """No pattern protects a cell: hiding everything that may be hidden would still tell it."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


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
        self._bounded: set[tuple[int, int]] = set()
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

    def before(self, cell: int, fixed: int) -> Target | None:
        """Return what a primary cell needs before the eyes of whoever is the only one of another: the threshold, too.

        Where nothing could take it there, a unit either way; nothing where nothing could keep it from him.
        """
        if (cell, fixed) in self._hopeless:
            return None
        if (cell, fixed) in self._bounded:
            return Target(cell, 1.0, either=True, fixed=fixed)
        return Target(cell, self._up(cell), fixed=fixed)

    def _up(self, cell: int) -> float:
        one = self.system.cells[cell]
        return float(max(1, one.threshold - one.value))

    def missing(self, hidden: np.ndarray, proof: Proof) -> list[Target]:
        """Return what is not proved yet; what only insiders would see once nothing else is missing.

        Primary cells need their distance, secondary ones a unit either way; primary cells need to reach the threshold
        too before the eyes of whoever is the only one of another cell.
        """
        besides = [
            Target(int(i), 1.0, either=True)
            for i in np.flatnonzero(hidden & self.attack.choice)
            if int(i) not in self._told
        ]
        found = [target for target in (*self._needs, *besides) if not proof.meets(target)]
        if self._single and not found:
            primary, single = np.array(self._primary), np.array(self._single)
            needed = np.array([self._up(cell) for cell in self._primary])
            for of, at in proof.unmet(primary, needed, single):
                cell, fixed = self._primary[at], self._single[of]
                target = None if cell == fixed else self.before(cell, fixed)
                if target is not None and not (target.either and proof.meets(target)):
                    found.append(target)
        return found

    def short(self, hidden: np.ndarray) -> list[Target]:
        """Return what primary cells need and do not get from this mask: from anybody first, then from insiders."""
        proof = Proof(len(hidden))
        return [target for target in self.prove(hidden, proof) if not target.either]

    def grow(self, hidden: np.ndarray, proof: Proof) -> np.ndarray:
        """Return a mask that holds `hidden` and is proved safe, its proof in `proof`.

        A large count that went with its row, here or in an earlier edition, and that others tell whatever is hidden, is
        told: it is no secret by itself. Raises `Unprotectable` when another cell is told whatever is hidden. What
        someone knows for being the only one of a cell is his own: it is let be where nothing could keep it from him.
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
                    (self._hopeless if target.either else self._bounded).add((target.cell, target.fixed))
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
            most = max(target.amount for target in targets)
            for amount in (most, -1.0) if any(target.either for target in targets) else (most,):
                moved = np.zeros(len(self.costs))
                moved[local[number]] = self._attacker(local[number]).gather(
                    {place: amount}, everything, stop, zeros=True
                )
                proof.add(moved)
                if all(proof.meets(target) for target in targets):
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
