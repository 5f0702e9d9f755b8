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

import highspy
import numpy as np
import polars as pl
import scipy.sparse

from pipelines.protect.attack import checked, solver_of
from pipelines.protect.system import Cell, Place, System

Edition = Mapping[Place, float | None]
"""Place → the number shown there, nothing where it was hidden."""

MISTAKE = 1e3
"""What a relation that does not hold costs, beside one for each person by whom a hidden cell was revised."""

NO_REVISION = 1e-3
"""What it costs that a cell whose row was not there had nobody."""


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


def remember(system: System, editions: Sequence[Edition]) -> Remembered:
    """Return the system as somebody sees it who kept all these editions.

    An old number that still holds is known. A cell hidden once stays hidden, also when an old number tells it. Cells
    that were revised while hidden stand in the system besides, with the number that they had, and so do the relations
    of each edition that say something else than today's.
    """
    if not editions:
        return Remembered(system, frozenset())
    then = [Then.of(system, edition) for edition in editions]
    told = [[number for one in then if (number := one.told(place)) is not None] for place in range(len(system.cells))]
    known = [bool(numbers) and numbers[-1] == cell.value for cell, numbers in zip(system.cells, told, strict=True)]
    ever = [set(numbers) for numbers in told]
    kept = frozenset(
        cell.key for cell in system.cells if cell.published and any(_was_hidden(cell, edition) for edition in editions)
    )
    cells = [replace(cell, public_elsewhere=True, primary=False) if known[place] else cell
             for place, cell in enumerate(system.cells)]  # fmt: skip
    return Remembered(_with_editions(replace(system, cells=tuple(cells)), then, ever, known), kept)


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

    def told(self, place: int) -> int | None:
        """Return the number that the edition told of a cell."""
        if self.absent[place]:
            return 0
        return None if np.isnan(self.said[place]) else round(float(self.said[place]))


def _was_hidden(cell: Cell, edition: Edition) -> bool:
    return any(place in edition and edition[place] is None for place in cell.places)


def _with_editions(system: System, then: Sequence[Then], ever: Sequence[set[int]], known) -> System:
    """Add the cells revised while hidden, with their old numbers, and the relations of earlier editions."""
    matrix, values = system.matrix.tocsr(), system.values
    cells, words = list(system.cells), list(system.relations)
    before: dict[tuple[int, int], int] = {}
    lines: dict[tuple[tuple[int, int], ...], dict[int, int]] = {}
    was = values
    for number, one in reversed(list(enumerate(then))):
        was = _numbers_then(matrix, was, one)
        for row in np.flatnonzero(abs(matrix) @ (was != values)):
            entries = slice(matrix.indptr[row], matrix.indptr[row + 1])
            places, signs = matrix.indices[entries], matrix.data[entries]
            if int(signs @ was[places]):
                continue  # no revision of hidden cells explains it: a mistake, which proves nothing
            line: dict[int, int] = {}
            total = 0
            for place, sign in zip(places.tolist(), signs.tolist(), strict=True):
                old = int(was[place])
                if not np.isnan(one.said[place]) or (old != values[place] and old in ever[place]) or known[place] and old==values[place]:
                    total += sign * old
                elif old == values[place]:
                    line[place] = sign
                else:
                    if (place, old) not in before:
                        before[place, old] = len(cells)
                        cells.append(_cell(f"{cells[place].key} when it was {old}", old))
                    line[before[place, old]] = sign
            if not line or (key := tuple(sorted(line.items()))) in lines:
                continue
            cells.append(replace(_cell(f"{system.year} edition {number} {words[row]}", total), public_elsewhere=True))
            line[len(cells) - 1] = 1
            lines[key] = line
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


def _numbers_then(matrix: scipy.sparse.csr_array, values: np.ndarray, then: Then) -> np.ndarray:
    """Return the numbers of an edition: those it showed, and of the others those of the next one (`values`), but for as
    small a revision as makes its relations hold. Relations that none makes hold are left broken.
    """
    hidden = np.isnan(then.said)
    was = np.where(hidden, values, np.nan_to_num(then.said)).round().astype(np.int64)
    broken = matrix @ was
    if not broken.any():
        return was
    places = np.flatnonzero(hidden)
    block = matrix[:, places].tocsc().astype(float)
    rows = np.flatnonzero(broken)
    slack = scipy.sparse.csc_array((np.ones(len(rows)), (rows, np.arange(len(rows)))), shape=(len(broken), len(rows)))
    columns = scipy.sparse.hstack([block, -block, slack, -slack], format="csc")
    cost = np.where(then.absent[places], NO_REVISION, 1.0)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = columns.shape[1], columns.shape[0]
    lp.col_cost_ = np.concatenate([cost, cost, np.full(2 * len(rows), MISTAKE)])
    far = np.full(len(places), highspy.kHighsInf)
    lp.col_lower_ = np.zeros(columns.shape[1])
    lp.col_upper_ = np.concatenate([far, values[places].astype(float), np.full(2 * len(rows), highspy.kHighsInf)])
    lp.row_lower_ = lp.row_upper_ = -broken.astype(float)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_ = columns.indptr, columns.indices
    lp.a_matrix_.value_ = columns.data
    solver = solver_of(presolve="on")
    checked(solver.passModel(lp), "the revision is refused")
    checked(solver.run(), "the solver fails")
    found = np.asarray(solver.getSolution().col_value)
    was[places] += np.rint(found[: len(places)] - found[len(places) : 2 * len(places)]).astype(np.int64)
    return was
