"""The two steps of the search for a safe pattern: hide until all is proved, show again what no proof needs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipelines.protect.attack import Attack
from pipelines.protect.insiders import Reach
from pipelines.protect.programme import TOLERANCE
from pipelines.protect.proof import Proof, Target, needs
from pipelines.protect.rooms import House, Rooms
from pipelines.protect.system import System

TOGETHER = 12
"""How often many insiders are looked at together, before cell by cell."""

ENOUGH = 4
"""Targets met that make it worth trying as many together again; where there are fewer, half of them are tried."""

FEW = 3
"""Fewer cells than that are tried one by one at once."""

MANY = 12
"""With more pairs of cell and insider than that, many are tried together."""

QUARTERS = 4
"""Insiders before whose eyes many are tried together are so many parts of all."""


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
        house: House | None = None,
    ) -> None:
        self.system, self.attack, self.costs, self.kept = system, attack, costs, kept
        self._primary = [i for i, cell in enumerate(system.cells) if cell.primary and attack.always[i]]
        self._needs = [target for cell in self._primary for target in needs(system, cell)]
        self._single = [i for i in self._primary if system.cells[i].value == 1] if alone else []
        self._house = house or House(system)
        self._told: set[int] = set()
        self._bounded: set[tuple[int, int]] = set()
        self._hopeless: set[tuple[int, int]] = set()
        if self._single:
            self._bound(self._house.reach)

    def _bound(self, reach: Reach) -> None:
        """Note what nothing could keep from insiders, where relations say so at once."""
        needed = np.array([self._up(cell) for cell in self._primary])
        beyond = reach.most < needed - TOLERANCE
        still = beyond & (reach.most < 1 - TOLERANCE) & (reach.least > TOLERANCE - 1)
        for mask, pairs in ((beyond & ~still, self._bounded), (still, self._hopeless)):
            pairs.update((self._primary[at], self._single[of]) for of, at in np.argwhere(mask).tolist())

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

    def strangers(self, hidden: np.ndarray, proof: Proof, among: np.ndarray | None = None) -> list[Target]:
        """Return what is not proved yet before anybody's eyes, of all cells or those of a mask.

        Primary cells need their distance, secondary ones a unit either way.
        """
        besides = np.flatnonzero(hidden & self.attack.choice)
        targets = [
            *self._needs, *(Target(cell, 1.0, either=True) for cell in besides.tolist() if cell not in self._told)
        ]  # fmt: skip
        targets = [target for target in targets if among is None or among[target.cell]]
        return proof.unmet(targets)

    def insiders(self, proof: Proof, among: np.ndarray | None = None) -> list[Target]:
        """Return what is not proved yet before the eyes of whoever is the only one of a cell.

        Primary cells need to reach the threshold before them too.
        """
        primary = [cell for cell in self._primary if among is None or among[cell]]
        if not self._single or not primary:
            return []
        needed = np.array([self._up(cell) for cell in primary])
        unmet = proof.unmet_before(np.array(primary), needed, np.array(self._single))
        pairs = [(primary[at], self._single[of]) for of, at in unmet.tolist()]
        found = [target for cell, fixed in pairs if cell != fixed and (target := self.before(cell, fixed)) is not None]
        return [target for target in found if not (target.either and proof.meets(target))]

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
                    for piece in self._house.pieces(moved):
                        proof.add(piece)
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
        hidden, rooms = hidden.copy(), self._rooms(hidden)
        for cell in sorted(np.flatnonzero(hidden).tolist(), key=lambda i: -self.costs[i]):
            if self.system.cells[cell].key in kept:
                continue
            before, touched = proof.leave(cell)
            rooms.shut.add(cell)
            hidden[cell] = False
            if self._is_proved(hidden, proof, rooms, touched):
                continue
            proof.back(before)
            rooms.shut.remove(cell)
            hidden[cell] = True
        return hidden, proof

    def _is_proved(self, hidden: np.ndarray, proof: Proof, rooms: Rooms, touched: np.ndarray) -> bool:
        """Say whether these cells have all they need, and add what proves it."""
        return not self._seek(self.strangers(hidden, proof, touched), proof, rooms, early=True) and not self._seek(
            self.insiders(proof, touched), proof, rooms, early=True
        )

    def prove(self, hidden: np.ndarray, proof: Proof) -> list[Target]:
        """Find deviations for as many targets as there are some for; return the others: what strangers would see, and
        what only insiders would once nothing else is missing.
        """
        missing = self.strangers(hidden, proof)
        rooms = self._rooms(hidden)
        left = self._seek(missing, proof, rooms)
        return left or self._seek(self.insiders(proof), proof, rooms)

    def _rooms(self, hidden: np.ndarray) -> Rooms:
        return self._house.rooms(self.attack.always | (hidden & self.attack.choice), self.kept)

    def _seek(self, targets: Sequence[Target], proof: Proof, rooms: Rooms, *, early: bool = False) -> list[Target]:
        """Find deviations that meet targets; return those that none meets, the first alone if `early`."""
        apart: dict[tuple[int, bool], list[Target]] = {}
        for target in targets:
            apart.setdefault((rooms.of(target.cell), target.fixed is not None), []).append(target)
        found: list[Target] = []
        for (_, inside), left in apart.items():
            seek = self._before_insiders if inside else self._before_strangers
            found += seek(left, proof, rooms, early=early)
            if early and found:
                break
        return found

    def _before_strangers(self, left: list[Target], proof: Proof, rooms: Rooms, *, early: bool) -> list[Target]:
        """Seek for targets of one room: all together, then one by one."""
        draw = np.random.default_rng(0)
        many = len(left)
        while len(left) > FEW and many > FEW:
            wanted: dict[int, float] = {}
            for place in draw.permutation(len(left))[:many]:
                wanted.setdefault(left[place].cell, _amount(left[place], draw))
            self._gather(wanted, (), proof, rooms, zeros=False)
            count, left = len(left), proof.unmet(left)
            if count - len(left) < ENOUGH:
                many = min(many, count) // 2
        found = []
        for target in left:
            for amount in self._ways(target):
                if not proof.meets(target):
                    self._gather({target.cell: amount}, (), proof, rooms, zeros=bool(self.attack.zero[target.cell]))
            if not proof.meets(target):
                found.append(target)
                if early:
                    break
        return found

    def _before_insiders(self, left: list[Target], proof: Proof, rooms: Rooms, *, early: bool) -> list[Target]:
        """Seek for targets of one room: before the eyes of a quarter of the insiders at a time, then cell by cell."""
        draw = np.random.default_rng(0)
        for _ in range(TOGETHER if len(left) > MANY else 0):
            count = len(left)
            insiders = sorted({target.fixed for target in left if target.fixed is not None})
            for some in np.array_split(draw.permutation(insiders), QUARTERS):
                before = set(some.tolist())
                wanted = {one.cell: one.amount for one in left if one.fixed in before and one.cell not in before}
                if wanted:
                    self._gather(wanted, sorted(before), proof, rooms, zeros=True)
            left = proof.unmet(left)
            if len(left) > 0.8 * count:
                break
        found = []
        for cell in dict.fromkeys(target.cell for target in left):
            found += self._before_each([one for one in left if one.cell == cell], proof, rooms, early=early)
            if early and found:
                break
        return found

    def _before_each(self, left: list[Target], proof: Proof, rooms: Rooms, *, early: bool) -> list[Target]:
        """Seek for targets of one cell: a deviation before the eyes of all its insiders, then before those of each."""
        left, found = proof.unmet(left), []
        if len(left) > 1:
            most = max(target.amount for target in left)
            self._gather({left[0].cell: most}, [target.fixed for target in left], proof, rooms, zeros=True)
        while left := proof.unmet(left):
            target = left.pop(0)
            for amount in self._ways(target):
                if not proof.meets(target):
                    self._gather({target.cell: amount}, [target.fixed], proof, rooms, zeros=True)
            if not proof.meets(target):
                found.append(target)
                if early:
                    break
        return found

    def _ways(self, target: Target) -> list[float]:
        """Return the deviations that would meet a target, without those that relations rule out at once."""
        ways = [target.amount, -target.amount] if target.either else [target.amount]
        if target.fixed is None:
            return ways
        least, most = self._house.reach.between(target.cell, target.fixed)
        return [way for way in ways if least - TOLERANCE <= way <= most + TOLERANCE]

    def _gather(
        self, wanted: dict[int, float], fixed: Sequence[int | None], proof: Proof, rooms: Rooms, *, zeros: bool
    ) -> None:
        for piece in rooms.gather(wanted, [cell for cell in fixed if cell is not None], zeros=zeros):
            proof.add(piece)

    def _cheapest(self, target: Target, hidden: np.ndarray) -> np.ndarray | None:
        stop = () if target.fixed is None else (target.fixed,)
        zeros = bool(stop) or bool(self.attack.zero[target.cell])
        per_unit = self.costs / abs(target.amount)
        found = [
            moved
            for amount in self._ways(target)
            if (moved := self.attack.cheapest(target.cell, amount, hidden, per_unit, stop, zeros=zeros)) is not None
        ]
        shown = self.attack.choice & ~hidden
        return min(found, key=lambda moved: float(self.costs[shown & (moved != 0)].sum()), default=None)


def _amount(target: Target, draw: np.random.Generator) -> float:
    return target.amount * (1 if not target.either or draw.random() < 0.5 else -1)
