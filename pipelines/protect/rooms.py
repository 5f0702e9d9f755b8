"""Where hidden cells have room to move: those that hang together once what is shown is left out, and their attackers.

What is asked of one room moves nothing in another, and a deviation falls apart into pieces that share no relation: each
is a deviation by itself, and the smaller it is, the more cells stay where they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import scipy.sparse
import scipy.sparse.csgraph

from pipelines.protect.attack import Attack
from pipelines.protect.parts import part_of
from pipelines.protect.system import System

SMALL = 40
"""Cells: groups of fewer share one room, since a solver of its own would cost more than it saves."""


class House:
    """The relations of a system, and the attackers of its rooms, kept as long as a room stays the same."""

    def __init__(self, system: System, kept: frozenset[str]) -> None:
        self.system, self.kept = system, kept
        self.by_column = system.matrix.tocsc()
        self._known: dict[bytes, Attack] = {}
        starts, lines = self.by_column.indptr.tolist(), self.by_column.indices.tolist()
        self._lines = [lines[first:last] for first, last in zip(starts, starts[1:], strict=False)]

    def attacker(self, cells: np.ndarray) -> Attack:
        """Return the attacker of some hidden cells, all others shown."""
        key = cells.tobytes()
        if key not in self._known:
            self._known[key] = Attack(part_of(self.system, self.by_column, cells), self.kept)
        return self._known[key]

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

    def rooms(self, is_open: np.ndarray) -> Rooms:
        """Return the rooms of the cells that are hidden (a mask)."""
        cells = np.flatnonzero(is_open)
        links = abs(self.by_column[:, cells].tocsr())
        _, label = scipy.sparse.csgraph.connected_components(links.T @ links, directed=False)
        sizes = np.bincount(label)
        label = np.where(sizes[label] < SMALL, -1, label)
        return Rooms(self, [cells[label == number] for number in np.unique(label)])


class Rooms:
    """The rooms of one set of hidden cells. Some may be shut for a while: they do not move."""

    def __init__(self, house: House, cells: list[np.ndarray]) -> None:
        self._house, self._cells = house, cells
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
        moved[cells] = self._house.attacker(cells).gather(local, everything, stop, zeros=zeros)
        return self._house.pieces(moved)
