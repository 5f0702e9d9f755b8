"""What earlier editions add to a system: what they hid stays hidden, what they showed is known, and so are sums.

Each edition is a system of its own: today's relations, over the numbers that it had. A cell that was not revised since
is the same unknown in all of them, so that relations of several editions can be combined; one that was revised has a
number of its own there. The ledger holds no hidden number, so nobody can look up which hidden cells were revised: the
smallest revision that makes an edition's relations hold is taken for the true one. That is more than an attacker can
know, who has only its shown numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
import scipy.sparse

from pipelines.protect.choice import Chosen, best
from pipelines.protect.growth import Unprotectable
from pipelines.protect.revised import revision
from pipelines.protect.system import Cell, Pattern, Place, System

Edition = Mapping[Place, float | None]
"""Place → the number shown there, nothing where it was hidden."""

TOLD = -1
"""Instead of the number of an unknown: the edition told it."""

ABSENT = 0.001
"""What it weighs that a cell whose row was not there had nobody."""

SUM = 0.01
"""What it weighs that a cell that is the sum of others is revised: it goes with them."""


@dataclass(frozen=True)
class Remembered:
    """A system with what earlier editions tell, and the keys of cells that were hidden and must stay so."""

    system: System
    kept: frozenset[str]


def read_editions(paths: Iterable[Path]) -> list[Edition]:
    """Return each edition of the ledger (see `pipelines.kernel.ledger`)."""
    return [
        {
            Place(table, row, column): None if status == "hidden" else value
            for table, row, column, status, value in pl.read_parquet(path)
            .select("table_name", "row_key", "column_name", "status", "value")
            .iter_rows()
        }
        for path in paths
    ]


def best_since(system: System, editions: Sequence[Edition], seed: bytes, *, rounds: int = 0) -> Chosen:
    """Return a safe pattern for somebody who kept these editions, all that they hid hidden again.

    Where a cell is told whatever is hidden, to somebody who knows which hidden cells were revised, and where that is
    anybody's guess, it is kept from those who do not. Raises `Unprotectable` when it is told to them as well.
    """
    try:
        seen = remember(system, editions)
        chosen = best(seen.system, seed, seen.kept, rounds=rounds)
    except Unprotectable:
        seen = remember(system, editions, guess=False)
        chosen = best(seen.system, seed, seen.kept, rounds=rounds)
    told = seen.kept - chosen.pattern.hidden
    return replace(
        chosen,
        pattern=Pattern(chosen.pattern.hidden | told),
        secondary_count=chosen.secondary_count + len(told),
    )


def remember(system: System, editions: Sequence[Edition], *, guess: bool = True) -> Remembered:
    """Return the system as somebody sees it who kept all these editions.

    The last number shown of a cell is known if it still holds. A cell hidden once stays hidden, also when an old number
    tells it. Cells that were revised while hidden stand in the system besides, with the number that they had, and so do
    the relations of each edition that say something else than today's. Without `guess`, cells of which nobody can say
    whether they were revised count as revised.
    """
    if not editions:
        return Remembered(system, frozenset())
    then = [Then.of(system, edition) for edition in editions]
    last = np.full(len(system.cells), np.nan)
    for one in then:
        last = np.where(one.absent, 0.0, np.where(np.isnan(one.said), last, one.said))
    known = last == system.values
    kept = frozenset(
        cell.key for cell in system.cells if cell.published and any(_was_hidden(cell, edition) for edition in editions)
    )
    cells = [replace(cell, public_elsewhere=True, primary=False) if known[place] else cell
             for place, cell in enumerate(system.cells)]  # fmt: skip
    return Remembered(_with_editions(replace(system, cells=tuple(cells)), then, known, guess=guess), kept)


@dataclass(frozen=True)
class Then:
    """What an edition said of today's cells: `said`, NaN where nothing; `absent`: cells of whose table's year it showed
    other rows and not this one, so that there was nobody.
    """

    said: np.ndarray
    absent: np.ndarray

    @classmethod
    def of(cls, system: System, edition: Edition) -> Then:
        """Read it. A cell that is shown in two places has one number."""
        year = f"year={system.year}"
        published = {(place.table, place.column) for place in edition if year in place.row.split("|")}
        said, absent = np.full(len(system.cells), np.nan), np.zeros(len(system.cells), dtype=bool)
        for number, cell in enumerate(system.cells):
            shown = [value for place in cell.places if (value := edition.get(place)) is not None]
            if shown:
                said[number] = shown[0]
            elif not any(place in edition for place in cell.places):
                absent[number] = any((place.table, place.column) in published for place in cell.places)
        return cls(said, absent)


def _was_hidden(cell: Cell, edition: Edition) -> bool:
    """Say whether an edition hid a cell wherever it stood: one that goes with its row may stand elsewhere."""
    there = [edition[place] for place in cell.places if place in edition]
    return bool(there) and all(value is None for value in there)


def _with_editions(system: System, then: Sequence[Then], known: np.ndarray, *, guess: bool) -> System:
    """Add the cells revised while hidden, with their old numbers, and the relations of earlier editions."""
    matrix, values = system.matrix.tocsr(), system.values
    cells, words = list(system.cells), list(system.relations)
    lines: dict[tuple[tuple[int, int], ...], dict[int, int]] = {}
    weights = np.where((matrix > 0).sum(axis=0) > 0, SUM, 1.0)
    now = np.where(known, TOLD, np.arange(len(values)))
    was, unknown = values, now
    for number, one in reversed(list(enumerate(then))):
        later = was
        was, doubtful = revision(matrix, later, one.said, np.where(one.absent, ABSENT, weights))
        told = ~np.isnan(one.said) | (one.absent & (was == 0))
        unknown = np.where(told, TOLD, unknown)
        for place in np.flatnonzero(~told & ((was != later) if guess else doubtful)):
            unknown[place] = len(cells)
            cells.append(_cell(f"{system.cells[place].key} in edition {number}", int(was[place])))
        still = np.where(told, was, values)  # a sum of hidden cells that comes out alike today is known
        for row in np.flatnonzero(abs(matrix) @ ((was != values) | (unknown != now)) > 0):
            entries = slice(matrix.indptr[row], matrix.indptr[row + 1])
            places, signs = matrix.indices[entries], matrix.data[entries]
            for numbers, stands in ((was, unknown), (still, now)):
                if int(signs @ numbers[places]):
                    continue
                is_told = (stands[places] == TOLD) | told[places]
                line = dict(zip(stands[places[~is_told]].tolist(), signs[~is_told].tolist(), strict=True))
                if not line or (key := tuple(sorted(line.items()))) in lines:
                    continue
                total = int(signs[is_told] @ numbers[places[is_told]])
                cells.append(
                    replace(_cell(f"{system.year} edition {number} {words[row]}", total), public_elsewhere=True)
                )
                lines[key] = {**line, len(cells) - 1: 1}
                words.append(f"as an earlier edition showed: {words[row]}")
    return _wider(system, cells, list(lines.values()), words)


def _cell(key: str, value: int) -> Cell:
    return Cell(key, "", "earlier", value, False, False, 0, False, 0)


def _wider(system: System, cells: Sequence[Cell], lines: Sequence[Mapping[int, int]], words: Sequence[str]) -> System:
    """Return the system with more cells and relations, each a mapping of cell → sign."""
    matrix = system.matrix.tocoo()
    height = matrix.shape[0]
    at = [(height + number, place, sign) for number, line in enumerate(lines) for place, sign in line.items()]
    more = np.array(at, dtype=np.int64).reshape(-1, 3)
    data = np.concatenate([matrix.data, more[:, 2]])
    rows, columns = np.concatenate([matrix.row, more[:, 0]]), np.concatenate([matrix.col, more[:, 1]])
    joined = scipy.sparse.csr_array((data, (rows, columns)), shape=(height + len(lines), len(cells)))
    return System(system.year, tuple(cells), joined, tuple(words))
