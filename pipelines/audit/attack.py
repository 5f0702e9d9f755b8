"""The attacker: from the relations between cells and what is shown, what can be said of a cell that is not.

Everything is in deviations d = y - a from the true values a, so that every relation reads M d = 0 exactly and no large
number stands in the linear programs. A *witness* is a whole-number deviation that the attacker cannot tell from the
truth. A cell is safe when witnesses say so; when none exists, the bound that proves it is the leak.

Fischetti and Salazar-González (2005), "A unified mathematical programming framework for different statistical
disclosure limitation methods", gives the attacker's problem; looking for witnesses first is ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array
from scipy.sparse.csgraph import connected_components

from pipelines.audit.program import Program
from pipelines.kernel.collecting import seldom_collected
from pipelines.kernel.sharing import Helpers

Numbers = NDArray[np.float64]
Whole = NDArray[np.int64]
Marks = NDArray[np.bool_]

VERSION = b"3"
"""Of the attack: verdicts of another one are not trusted."""


FEW = 3
"""Fewer questions than that are asked one by one at once."""

SHARES = 12
"""So many shares of the parts are attacked one after the other, or beside one another: enough that none waits long."""

SLOW = 0.8
"""Many are looked at together as long as no larger share of the questions stays open each time."""


class Leak(Enum):
    """What an attacker proves of a hidden cell, worst first."""

    EXACT = "exact"
    UNDER = "under_threshold"
    FLOOR = "not_fewer"

    @property
    def words(self) -> str:
        """Say it without the value."""
        return {
            Leak.EXACT: "can be computed exactly",
            Leak.UNDER: "can be proved to be under the threshold",
            Leak.FLOOR: "cannot be lower than it is: its least value is known",
        }[self]


@dataclass(frozen=True)
class Puzzle:
    """What the attacker has before them; n cells, m relations.

    `matrix`: m × n, M a = 0. `value`: true whole values a. `low`, `high`: what is known of each beforehand (equal where
    the cell is shown; 0 and infinity where it is hidden). `threshold`: per cell, 0 where the policy has none.
    `audited`: hidden cells of which nothing may be proved. `standing`: what rows that stand in public tables tell of a
    cell, which is in `low` too: that somebody is there is no leak by itself. Raises `ValueError` when the true values
    break a relation or their own bounds: the attacker's problem would have no solution, and everything would look safe.
    """

    matrix: csr_array
    value: Whole
    low: Numbers
    high: Numbers
    threshold: Whole
    audited: Marks
    standing: Whole | None = None

    def __post_init__(self) -> None:
        if np.any(self.matrix @ self.value != 0):
            broken = int(np.flatnonzero(self.matrix @ self.value)[0])
            raise ValueError(f"relation {broken} does not hold for the true values")
        if np.any(self.low > self.value) or np.any(self.high < self.value):
            raise ValueError("a true value lies outside what the attacker is said to know")

    @property
    def unknown(self) -> Marks:
        """Cells that the attacker does not know."""
        return self.low < self.high

    @property
    def small(self) -> Marks:
        """Cells about too few people: 0 < a < T."""
        return (self.value > 0) & (self.value < self.threshold)


@dataclass
class Part:
    """One connected part of a puzzle: its unknown cells, and the witnesses found so far (one row each)."""

    puzzle: Puzzle
    cells: Whole
    block: csr_array
    witnesses: list[Whole] = field(default_factory=list)

    @cached_property
    def program(self) -> Program:
        """The linear program of the part, made when it is first asked."""
        below = self.puzzle.value[self.cells] - self.puzzle.low[self.cells]
        asked = (self.puzzle.audited | self.puzzle.small)[self.cells]
        return Program(self.block, below, self.puzzle.high[self.cells] - self.puzzle.value[self.cells], asked)

    @cached_property
    def _rowless(self) -> Program:
        """The program of somebody who makes nothing of rows that stand in public tables."""
        return Program(self.block, self.value - self._low, self.puzzle.high[self.cells] - self.value)

    @cached_property
    def _low(self) -> Numbers:
        low, standing = self.puzzle.low[self.cells], self.puzzle.standing
        return low if standing is None else low - standing[self.cells]

    def could_be_none(self, place: int) -> bool:
        """Say whether only rows that stand in public tables keep a cell from being less than it is."""
        return bool(self._low[place] >= self.value[place]) or self._rowless.witness(place, most=-1) is not None

    @property
    def value(self) -> Whole:
        """True values of the part's cells."""
        return self.puzzle.value[self.cells]

    def mark(self) -> str:
        """Return the hash of everything that the verdict on this part depends on."""
        puzzle, told = self.puzzle, sha256(VERSION)
        for array in (puzzle.value, puzzle.low, puzzle.high, puzzle.threshold, puzzle.audited):
            told.update(np.ascontiguousarray(array[self.cells]).tobytes())
        told.update(np.ascontiguousarray(self._low).tobytes())
        for array in (self.block.indptr, self.block.indices, self.block.data):
            told.update(np.ascontiguousarray(array).tobytes())
        return told.hexdigest()

    def find(self, place: int, least: int | None = None, most: int | None = None, fixed: int | None = None) -> bool:
        """Look for a witness in which the cell at `place` has a deviation of `least` or more, or `most` or less."""
        witness = self.program.witness(place, least, most, () if fixed is None else (fixed,))
        if witness is None:
            return False
        self.witnesses.append(witness)
        return True

    def look(self, wanted: Mapping[int, int], fixed: Iterable[int] = ()) -> None:
        """Look for witnesses that take as many cells as can be as far as is wanted, `fixed` ones still."""
        self.witnesses += self.program.witnesses(wanted, fixed)


def parts(puzzle: Puzzle) -> Iterator[Part]:
    """Cut a puzzle into parts that share no unknown cell, shown cells taken out; in the order of their first cell."""
    unknown = np.flatnonzero(puzzle.unknown)
    if not unknown.size:
        return
    reduced = csr_array(puzzle.matrix[:, unknown])
    reduced.eliminate_zeros()
    reduced = csr_array(reduced[np.diff(reduced.indptr) > 0])
    by_column = reduced.tocsc()
    count, label = _together(by_column)
    order = np.argsort(label, kind="stable")
    bounds = np.searchsorted(label[order], np.arange(count + 1))
    for number in range(count):
        places = order[bounds[number] : bounds[number + 1]]
        cells = unknown[places]
        if puzzle.audited[cells].any():
            yield Part(puzzle, cells, _block(by_column, places))


def _together(by_column: csc_array) -> tuple[int, Whole]:
    """Return how many groups of cells share relations, and the group of each; numbered by their first cells."""
    height, size = by_column.shape
    entries = by_column.tocoo()
    graph = csr_array((np.ones(entries.nnz), (entries.col, size + entries.row)), shape=(size + height, size + height))
    label = connected_components(graph, directed=False)[1][:size]
    _, first, label = np.unique(label, return_index=True, return_inverse=True)
    order = np.argsort(np.argsort(first))
    return len(first), order[label].astype(np.int64)


def _block(by_column: csc_array, places: Whole) -> csr_array:
    """Return the relations of these cells, over these cells alone."""
    starts, ends = by_column.indptr[places], by_column.indptr[places + 1]
    at = np.concatenate([np.arange(start, end) for start, end in zip(starts.tolist(), ends.tolist(), strict=True)])
    rows, number = np.unique(by_column.indices[at], return_inverse=True)
    columns = np.repeat(np.arange(len(places)), ends - starts)
    return csr_array((by_column.data[at], (number, columns)), shape=(len(rows), len(places)))


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
        return [(known := _leaks_of(part), _insiders_of(part, known)) for part in share]


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


def _insiders_of(part: Part, known: dict[int, Leak]) -> dict[int, dict[int, Leak]]:
    puzzle = part.puzzle
    found: dict[int, dict[int, Leak]] = {}
    value, small = part.value, puzzle.small[part.cells] & puzzle.audited[part.cells]
    alone = np.flatnonzero(small & (value == 1))
    targets = np.array([p for p in np.flatnonzero(small) if int(part.cells[p]) not in known], dtype=np.int64)
    if not alone.size or not targets.size:
        return found
    need = puzzle.threshold[part.cells] - value
    themselves = _same_person(part)
    pairs = _unserved(part, alone, targets, need, themselves)
    start = len(part.witnesses)
    for target in np.unique(pairs[:, 1]).tolist():
        far = int(need[target])
        owns = _not_served(part.witnesses[start:], target, far, pairs[pairs[:, 1] == target, 0].tolist())
        if len(owns) > 1:
            new = len(part.witnesses)
            part.look({target: far}, owns)
            owns = _not_served(part.witnesses[new:], target, far, owns)
        while owns:
            own = owns.pop(0)
            if part.find(target, least=far, fixed=own):
                owns = _not_served(part.witnesses[-1:], target, far, owns)
                continue
            moved = part.find(target, least=1, fixed=own) or part.find(target, most=-1, fixed=own)
            leak = Leak.UNDER if moved else Leak.EXACT
            found.setdefault(int(part.cells[own]), {})[int(part.cells[target])] = leak
    return found


def _not_served(witnesses: Sequence[Whole], target: int, far: int, owns: list[int]) -> list[int]:
    """Return the cells of one person that move in every one of these witnesses that takes the target so far up."""
    reaching = [one for one in witnesses if one[target] >= far]
    return [own for own in owns if all(one[own] for one in reaching)]


def _unserved(part: Part, alone: Whole, targets: Whole, need: Whole, themselves: Whole) -> Whole:
    """Return rows (cell of one person, small cell of others) of which no witness takes the second as far as it needs
    while the first holds still.
    """
    pool = np.array(part.witnesses, dtype=np.int64).reshape(-1, len(part.cells))
    still = pool[:, alone] == 0
    reached = pool[:, targets] >= need[targets]
    served = still.T.astype(np.float32) @ reached.astype(np.float32) > 0
    served |= themselves[alone][:, None] == themselves[targets][None, :]
    rows, columns = np.nonzero(~served)
    return np.column_stack([alone[rows], targets[columns]])


def _same_person(part: Part) -> Whole:
    """Number the persons of the part's cells of one: a cell of one inside another of one counts the same person."""
    one = part.value == 1
    entries = part.block.tocoo()
    kept = one[entries.col]
    wholes = kept & (entries.data < 0)
    inside = kept & (entries.data > 0)
    size, lines = len(part.cells), part.block.shape[0]
    up = csr_array((np.ones(wholes.sum()), (entries.row[wholes], entries.col[wholes])), shape=(lines, size))
    down = csr_array((np.ones(inside.sum()), (entries.row[inside], entries.col[inside])), shape=(lines, size))
    label: Whole = connected_components(csr_array(up.T @ down), directed=False)[1].astype(np.int64)
    return label


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
