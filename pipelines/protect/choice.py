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

from pipelines.protect.growth import Growth
from pipelines.protect.parts import parts
from pipelines.protect.proof import Proof
from pipelines.protect.rooms import House
from pipelines.protect.system import Pattern, System
from pipelines.protect.together import going_along


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


def costs_of(system: System, seed: bytes) -> np.ndarray:
    """Return what hiding each cell costs: its weight, and less than a thousandth more by a secret draw.

    Among patterns of equal weight the draw decides, so that nobody can reason from the pattern back to the values, and
    it is drawn from the cell's key, so that it falls alike in every edition.
    """
    drawn = [int.from_bytes(hmac.digest(seed, cell.key.encode(), hashlib.sha256)[:4], "big") for cell in system.cells]
    return np.array([cell.weight for cell in system.cells], float) * (1 + np.array(drawn) / 2**32 / 1000)


def choose(
    system: System,
    seed: bytes,
    kept: frozenset[str] = frozenset(),
    *,
    along: frozenset[str] = frozenset(),
    start: tuple[np.ndarray, Proof] | None = None,
    alone: bool = True,
    rounds: int = 0,
    house: House | None = None,
) -> tuple[np.ndarray, Proof, float]:
    """Return a mask of the cells hidden, its proof, and a cost that no safe pattern goes below, found in so many
    rounds of cuts. `kept`: keys hidden already, which stay hidden; `along`: those that go with another cell. `start`: a
    mask and proof without those, to go on from; `house`: what was made of the system then.

    Raises `Unprotectable` when a cell is told whatever is hidden.
    """
    from pipelines.protect.optimum import improve

    kept = kept | along
    house = house or House(system)
    attack = house.attacker(kept)
    hidden = attack.choice & np.array([cell.key in kept for cell in system.cells], dtype=bool)
    grown = Growth(system, attack, costs_of(system, seed), kept, alone=alone, house=house)
    before, proof = start or (np.zeros_like(hidden), Proof(len(system.cells)))
    settled = kept.union(cell.key for cell, gone in zip(system.cells, before, strict=True) if gone)
    hidden, proof = grown.prune(grown.grow(hidden | before, proof), proof, settled)
    if not rounds:
        return hidden, proof, 0.0
    bounded = improve(grown, hidden, kept, rounds)
    bound = bounded.bound / 1.001  # the draw adds less than a thousandth to a weight
    if (bounded.hidden != hidden).any():
        hidden, proof = bounded.hidden, Proof(len(hidden))
        if grown.prove(hidden, proof):
            raise AssertionError("a pattern that was repaired is not safe")
    return hidden, proof, bound


def best(
    system: System, seed: bytes, kept: frozenset[str] = frozenset(), *, alone: bool = True, rounds: int = 0
) -> Chosen:
    """Return a safe pattern of a system, part by part. Raises `Unprotectable` as `choose` does."""
    along = going_along(system, {cell.key for cell in system.cells if cell.primary} | kept)
    found: dict[tuple[str, frozenset[str]], tuple[np.ndarray, Proof, float]] = {}
    last: dict[str, tuple[np.ndarray, Proof]] = {}
    bounds: dict[str, float] = {}
    houses: dict[str, House] = {}
    while True:
        pieces, masks, hidden = parts(system, kept | along), [], set(kept | along)
        for part in pieces:
            first, here = part.cells[0].key, along & {cell.key for cell in part.cells}
            if (first, here) not in found:
                house = houses.setdefault(first, House(part))
                made = choose(
                    part, seed, kept, along=here, start=last.get(first), alone=alone, rounds=rounds, house=house
                )
                found[first, here], last[first] = made, made[:2]
                bounds.setdefault(first, made[2])  # what goes along with choices made here bounds no other choice
            masks.append(found[first, here])
            hidden |= {cell.key for cell, gone in zip(part.cells, masks[-1][0], strict=True) if cell.primary or gone}
        more = going_along(system, hidden)
        if not more:
            break
        along |= more
    keys: set[str] = set()
    primary, cost, least = 0, 0.0, sum(bounds.values())
    for part, (mask, *_) in zip(pieces, masks, strict=True):
        for cell, is_hidden in zip(part.cells, mask, strict=True):
            if cell.published and not cell.public_elsewhere and (cell.primary or is_hidden):
                keys.add(cell.key)
                primary += cell.primary
                cost += 0 if cell.primary else cell.weight
    return Chosen(Pattern(frozenset(keys)), primary, len(keys) - primary, cost, min(least, cost) if rounds else None)
