"""The attack on a puzzle: of each hidden cell, witnesses that it may be something else, or what is proved of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from pipelines.audit.insiders import insiders_of
from pipelines.audit.puzzle import Leak, Part, Puzzle, parts
from pipelines.kernel.collecting import seldom_collected
from pipelines.kernel.sharing import Helpers

FEW = 3
"""Fewer questions than that are asked one by one at once."""

SHARES = 12
"""So many shares of the parts are attacked one after the other, or beside one another: enough that none waits long."""

SLOW = 0.8
"""Many are looked at together as long as no larger share of the questions stays open each time."""


@dataclass(frozen=True)
class Verdict:
    """What can be proved.

    `leaks`: audited cell → the worst that anybody proves of it; a cell that is absent is safe. `insiders`: cell of one
    person → small cell → what that person proves of it besides, knowing their own. `safe`: marks of the parts in which
    nothing is proved, for the next audit; `solved`: how many parts had to be looked at.
    """

    leaks: dict[int, Leak]
    insiders: dict[int, dict[int, Leak]]
    safe: frozenset[str]
    solved: int

    def exact_only(self) -> Verdict:
        """Return the same without what is proved of bounds."""
        exact = _exact(self.leaks)
        inside = {own: _exact(told) for own, told in self.insiders.items()}
        return replace(self, leaks=exact, insiders={own: told for own, told in inside.items() if told})


def audit(puzzle: Puzzle, safe: frozenset[str] = frozenset()) -> Verdict:
    """Attack a puzzle, part by part; parts whose mark is in `safe` were found safe before, and are not solved again."""
    return Assault(puzzle, safe, Helpers(0)).verdict()


Proved = tuple[dict[int, Leak], dict[int, dict[int, Leak]]]
"""What anybody proves of the cells of a part, and what those alone in a cell do."""


class Assault:
    """An attack on a puzzle that goes on in other processes, when there are any, until its verdict is asked for."""

    def __init__(self, puzzle: Puzzle, safe: frozenset[str], helpers: Helpers) -> None:
        self._puzzle = puzzle
        marked = [(part, part.mark()) for part in parts(puzzle)]
        self._marks = {mark for _, mark in marked if mark in safe}
        self._new = [(part, mark) for part, mark in marked if mark not in safe]
        order = sorted(range(len(self._new)), key=lambda number: -len(self._new[number][0].cells))
        self._shares = [order[first::SHARES] for first in range(min(SHARES, len(order)))]
        self._asked = helpers.ask(_proved, [[self._new[number][0] for number in share] for share in self._shares])

    def verdict(self) -> Verdict:
        """Return what is proved."""
        proved: dict[int, Proved] = {}
        for share, answers in zip(self._shares, self._asked.answers(), strict=True):
            proved.update(zip(share, answers, strict=True))
        found = {int(cell): Leak.EXACT for cell in np.flatnonzero(self._puzzle.audited & ~self._puzzle.unknown)}
        insiders: dict[int, dict[int, Leak]] = {}
        marks = set(self._marks)
        for number, (_, mark) in enumerate(self._new):
            leaks_of_part, inside = proved[number]
            found |= leaks_of_part
            insiders |= inside
            if not leaks_of_part and not inside:
                marks.add(mark)
        return Verdict(dict(sorted(found.items())), dict(sorted(insiders.items())), frozenset(marks), len(self._new))


def _proved(share: list[Part]) -> list[Proved]:
    with seldom_collected():
        return [(known := _leaks_of(part), insiders_of(part, known)) for part in share]


def _exact(proved: dict[int, Leak]) -> dict[int, Leak]:
    return {cell: Leak.EXACT for cell, leak in proved.items() if leak is Leak.EXACT}


def leaks(puzzle: Puzzle) -> dict[int, Leak]:
    """Return audited cell → the worst that anybody can prove of it; a cell that is absent is safe."""
    return audit(puzzle).leaks


def leaks_to_insiders(puzzle: Puzzle) -> dict[int, dict[int, Leak]]:
    """Return cell of one person → audited small cell → what that person proves of it, and nobody else does.

    A person alone in a cell knows its value: it is fixed in turn.
    """
    return audit(puzzle).insiders


def interval(puzzle: Puzzle, cell: int) -> tuple[int, float]:
    """Return the least and the greatest whole value that the attacker can leave to one cell (infinity: no bound)."""
    return intervals(puzzle, [cell])[cell]


def intervals(puzzle: Puzzle, wanted: Iterable[int]) -> dict[int, tuple[int, float]]:
    """Return cell → the attacker's interval, rounded inwards, for each cell wanted."""
    left = set(wanted)
    found = {cell: (int(puzzle.low[cell]), float(puzzle.high[cell])) for cell in left}
    chosen = np.zeros(len(puzzle.value), bool)
    chosen[list(left)] = True
    for part in parts(replace(puzzle, audited=chosen)):
        for place, cell in enumerate(part.cells.tolist()):
            if cell in left:
                low, high = part.program.bounds(place)
                found[cell] = (int(puzzle.value[cell] + low), float(puzzle.value[cell] + high))
    return found


def _leaks_of(part: Part) -> dict[int, Leak]:
    """Look for the witnesses each audited cell of the part needs; the same witness serves every cell it moves."""
    puzzle, cells, value = part.puzzle, part.cells, part.value
    small, need = puzzle.small[cells], puzzle.threshold[cells] - part.value
    audited, size = np.flatnonzero(puzzle.audited[cells]), len(cells)
    reached, lowered, moved = np.zeros(size, bool), np.zeros(size, bool), np.zeros(size, bool)
    seen = 0

    def learn() -> None:
        nonlocal seen
        for witness in part.witnesses[seen:]:
            reached[witness >= need] = True
            lowered[witness < 0] = True
            moved[witness != 0] = True
        seen = len(part.witnesses)

    def left() -> int:
        return int((small & ~reached)[audited].sum() + (small & ~lowered)[audited].sum() + (~moved)[audited].sum())

    draw = np.random.default_rng(0)
    before, open_ends = left() + 1, left()
    while open_ends > FEW and open_ends < before:
        before = open_ends
        wanted: dict[int, int] = {}
        for place in draw.permutation(audited).tolist():
            ways = [int(need[place]) if small[place] else 1] * bool(
                not moved[place] or (small[place] and not reached[place])
            )
            ways += [-1] * bool(small[place] and not lowered[place])
            if ways:
                wanted[place] = ways[len(wanted) % len(ways)]
        part.look(wanted)
        learn()
        open_ends = left()
        if open_ends > SLOW * before:
            break
    found: dict[int, Leak] = {}
    for place in audited.tolist():
        cell = int(cells[place])
        if small[place] and not reached[place]:
            part.find(place, least=int(need[place]))
            learn()
        if small[place] and not lowered[place]:
            part.find(place, most=-1)
            learn()
        if not moved[place]:
            _ = part.find(place, least=1) or (value[place] > 0 and part.find(place, most=-1))
            learn()
        if not moved[place]:
            found[cell] = Leak.EXACT
        elif small[place] and not reached[place]:
            found[cell] = Leak.UNDER
        elif small[place] and not lowered[place] and not part.could_be_none(place):
            found[cell] = Leak.FLOOR
    return found
