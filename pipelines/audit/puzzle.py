"""The attacker: from the relations between cells and what is shown, what can be said of a cell that is not.

Everything is in deviations d = y - a from the true values a, so that every relation reads M d = 0 exactly and no large
number stands in the linear programs. A *witness* is a whole-number deviation that the attacker cannot tell from the
truth. A cell is safe when witnesses say so; when none exists, the bound that proves it is the leak.

Fischetti and Salazar-González (2005), "A unified mathematical programming framework for different statistical
disclosure limitation methods", gives the attacker's problem; looking for witnesses first is ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array
from scipy.sparse.csgraph import connected_components

from pipelines.audit.program import Program

Numbers = NDArray[np.float64]
Whole = NDArray[np.int64]
Marks = NDArray[np.bool_]

VERSION = b"3"
"""Of the attack: verdicts of another one are not trusted."""


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
