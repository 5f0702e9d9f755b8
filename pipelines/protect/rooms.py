"""Where hidden cells have room to move: those that hang together once what is shown is left out, and their attackers.

What is asked of one room moves nothing in another, and a deviation falls apart into pieces that share no relation: each
is a deviation by itself, and the smaller it is, the more cells stay where they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import pairwise

import numpy as np
import scipy.sparse
import scipy.sparse.csgraph

from pipelines.protect.attack import Attack, programme_of
from pipelines.protect.insiders import Reach
from pipelines.protect.parts import part_of
from pipelines.protect.programme import Programme
from pipelines.protect.system import System

SMALL = 40
"""Cells: groups of fewer share one room, since a solver of its own would cost more than it saves."""


class House:
    """The relations of a system, and the programmes of its rooms, kept as long as a room stays the same."""

    def __init__(self, system: System) -> None:
        self.system = system
        self._by_column = system.matrix.tocsc()
        self._programmes: dict[bytes, tuple[System, Programme]] = {}
        starts, lines = self._by_column.indptr.tolist(), self._by_column.indices.tolist()
        self._lines = [lines[first:last] for first, last in pairwise(starts)]

    @cached_property
    def reach(self) -> Reach:
        """How far cells could go before the eyes of insiders."""
        return Reach.of(self.system)

    def attacker(self, kept: frozenset[str], cells: np.ndarray | None = None) -> Attack:
        """Return the attacker of some hidden cells, all others shown; of all cells when none are given."""
        key = b"" if cells is None else cells.tobytes()
        if key not in self._programmes:
            system = self.system if cells is None else part_of(self.system, self._by_column, cells)
            self._programmes[key] = (system, programme_of(system))
        system, programme = self._programmes[key]
        return Attack(system, kept, programme)

    def pieces(self, moved: np.ndarray) -> Iterator[np.ndarray]:
        """Cut a deviation into those that share no relation."""
        cells = np.flatnonzero(moved).tolist()
        of_line: dict[int, int] = {}
        group = {cell: cell for cell in cells}

        def first(cell: int) -> int:
            while group[cell] != cell:
                group[cell] = cell = group[group[cell]]
            return cell

        for cell in cells:
            for line in self._lines[cell]:
                group[first(cell)] = first(of_line.setdefault(line, cell))
        found: dict[int, list[int]] = {}
        for cell in cells:
            found.setdefault(first(cell), []).append(cell)
        for places in found.values():
            piece = np.zeros(len(moved))
            piece[places] = moved[places]
            yield piece

    def rooms(self, is_open: np.ndarray, kept: frozenset[str]) -> Rooms:
        """Return the rooms of the cells that are hidden (a mask)."""
        cells = np.flatnonzero(is_open)
        links = abs(self._by_column[:, cells].tocsr())
        _, label = scipy.sparse.csgraph.connected_components(links.T @ links, directed=False)
        sizes = np.bincount(label)
        label = np.where(sizes[label] < SMALL, -1, label)
        return Rooms(self, [cells[label == number] for number in np.unique(label)], kept)


class Rooms:
    """The rooms of one set of hidden cells. Some may be shut for a while: they do not move."""

    def __init__(self, house: House, cells: list[np.ndarray], kept: frozenset[str]) -> None:
        self._house, self._cells, self._kept = house, cells, kept
        self._attackers: dict[int, Attack] = {}
        size = len(house.system.cells)
        self._room, self._place = np.full(size, -1), np.zeros(size, dtype=np.int64)
        for number, one in enumerate(cells):
            self._room[one], self._place[one] = number, np.arange(len(one))
        self.shut: set[int] = set()

    def of(self, cell: int) -> int:
        """Return the number of the room of a hidden cell."""
        return int(self._room[cell])

    def gather(self, wanted: Mapping[int, float], fixed: Iterable[int] = (), *, zeros: bool) -> Iterator[np.ndarray]:
        """Return deviations, piece by piece, that come as far as they can towards what is wanted of cells of one room.

        `fixed`: cells that may not move. `zeros`: cells that are none may.
        """
        number = self.of(next(iter(wanted)))
        cells = self._cells[number]
        stop = [int(self._place[cell]) for cell in (*fixed, *self.shut) if self._room[cell] == number]
        local = {int(self._place[cell]): amount for cell, amount in wanted.items()}
        everything = np.ones(len(cells), dtype=bool)
        moved = np.zeros(len(self._room))
        if number not in self._attackers:
            self._attackers[number] = self._house.attacker(self._kept, cells)
        moved[cells] = self._attackers[number].gather(local, everything, stop, zeros=zeros)
        return self._house.pieces(moved)
