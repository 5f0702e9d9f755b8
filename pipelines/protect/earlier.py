"""What earlier editions add to a system: what they hid stays hidden, what they showed is known, and so are sums."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
import scipy.sparse

from pipelines.protect.system import Cell, Place, System

Edition = Mapping[Place, float | None]
"""Place → the number shown there, nothing where it was hidden."""


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

    An old number that still holds is known. A cell hidden once stays hidden, unless an old number tells it. Where a
    relation joined cells hidden then and numbers revised since, the sum of the hidden ones is known if it still holds.
    """
    if not editions:
        return Remembered(system, frozenset())
    cells = list(system.cells)
    then = [[_said(cell, edition) for cell in cells] for edition in editions]
    known = {place for said in then for place, cell in enumerate(cells) if said[place] == cell.value}
    kept = frozenset(
        cell.key
        for place, cell in enumerate(cells)
        if place not in known and cell.published and any(_was_hidden(cell, edition) for edition in editions)
    )
    cells = [replace(cell, public_elsewhere=True, primary=False) if place in known else cell
             for place, cell in enumerate(cells)]  # fmt: skip
    return Remembered(_with_sums(replace(system, cells=tuple(cells)), then), kept)


def _said(cell: Cell, edition: Edition) -> float | None:
    for place in cell.places:
        if (value := edition.get(place)) is not None:
            return value
    return None


def _was_hidden(cell: Cell, edition: Edition) -> bool:
    return any(place in edition and edition[place] is None for place in cell.places)


def _with_sums(system: System, then: Sequence[Sequence[float | None]]) -> System:
    """Add the sums of then hidden cells that old numbers gave and that still hold."""
    matrix, values = system.matrix.tocsr(), system.values
    cells, words = list(system.cells), list(system.relations)
    rows: list[tuple[list[int], list[int]]] = []
    for number, said in enumerate(then):
        for row in range(matrix.shape[0]):
            places = matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]]
            signs = matrix.data[matrix.indptr[row] : matrix.indptr[row + 1]]
            revised = [said[p] is not None and said[p] != values[p] for p in places]
            if not any(revised):
                continue  # the relation says the same today
            total = sum(int(s) * int(said[p] or 0) for p, s in zip(places, signs, strict=True) if said[p] is not None)
            hidden = [(int(p), int(s)) for p, s in zip(places, signs, strict=True) if said[p] is None]
            if not hidden or sum(s * int(values[p]) for p, s in hidden) != -total:
                continue
            cells.append(
                Cell(f"{system.year} edition {number} {words[row]}", "", "earlier", total, True, False, 0, False, 0)
            )
            rows.append(([*(p for p, _ in hidden), len(cells) - 1], [*(s for _, s in hidden), 1]))
            words.append(f"as an earlier edition showed: {words[row]}")
    if not rows:
        return system
    wide = scipy.sparse.csr_array((matrix.data, matrix.indices, matrix.indptr), shape=(matrix.shape[0], len(cells)))
    data = np.array([sign for _, signs in rows for sign in signs], dtype=np.int64)
    at = np.repeat(np.arange(len(rows)), [len(places) for places, _ in rows])
    more = scipy.sparse.csr_array(
        (data, (at, [p for places, _ in rows for p in places])), shape=(len(rows), len(cells))
    )
    joined = scipy.sparse.csr_array(scipy.sparse.vstack([wide, more]).tocsr())
    return System(system.year, tuple(cells), joined, tuple(words))
