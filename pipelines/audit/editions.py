"""What earlier editions add to what an attacker knows: numbers they showed, sums they gave, and what they hid.

An attacker takes an old number to hold still. Where it does, it is knowledge; where the figure was revised since, it
would be a mistake, which proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from pipelines.audit.finding import Finding
from pipelines.audit.knowledge import Series
from pipelines.audit.relations import Relation
from pipelines.kernel.ledger import row_key

ABSENT, HIDDEN, SHOWN = 0, 1, 2


@dataclass(frozen=True)
class Sum:
    """A sum of cells that an earlier edition gave away: signs[i] × cell i, added up, is `total`."""

    cells: tuple[int, ...]
    signs: tuple[int, ...]
    total: int


@dataclass(frozen=True)
class Memory:
    """`known`: cells shown before, with the number they still have. `sums`: what is known of those that were not."""

    known: frozenset[int] = frozenset()
    sums: tuple[Sum, ...] = ()
    findings: tuple[Finding, ...] = ()


def read_ledger(paths: Iterable[Path]) -> list[tuple[str, pl.DataFrame]]:
    """Return (edition, its lines) for each file of the ledger."""
    return [(path.stem, pl.read_parquet(path)) for path in paths]


def memory(
    series: Sequence[Series], relations: Sequence[Relation], ledger: Iterable[tuple[str, pl.DataFrame]]
) -> Memory:
    """Return what the ledger adds. `relations` may name cells that are shown nowhere: they were hidden then too."""
    names, value, shown, latent = _cells(series)
    known: set[int] = set()
    sums: dict[tuple[int, ...], Sum] = {}
    findings: list[Finding] = []
    for edition, lines in ledger:
        then = names.join(lines, on=["table_name", "row_key", "column_name"], how="inner")
        state = np.where(latent, HIDDEN, ABSENT)
        was = np.zeros(len(value), np.int64)
        cells = then["cell"].to_numpy()
        is_shown = (then["status"] == "shown").to_numpy()
        state[cells] = np.where(is_shown, SHOWN, HIDDEN)
        was[cells] = then["value"].fill_null(0).round().cast(pl.Int64).to_numpy()
        known |= set(np.flatnonzero((state == SHOWN) & (was == value)).tolist())
        for row in then.filter(pl.col("status") == "hidden").iter_rows(named=True):
            if shown[row["cell"]]:
                where = f"{row['table_name']}.{row['column_name']} {row['row_key'].replace('|', ' ')}"
                said = f"was hidden in edition {edition}, and what was hidden once stays hidden"
                findings.append(Finding(row["table_name"], where, said, "editions"))
        for relation in relations:
            found = _sum(relation, state, was, value)
            if found is not None:
                sums.setdefault(found.cells, found)
    now_hidden = ~shown
    useful = tuple(found for found in sums.values() if any(now_hidden[cell] for cell in found.cells))
    return Memory(frozenset(known), useful, tuple(findings))


def _cells(
    series: Sequence[Series],
) -> tuple[pl.DataFrame, np.ndarray, np.ndarray, np.ndarray]:
    """Return the ledger's names of the cells, their true values, whether each is shown now, and which are latent."""
    count = sum(item.frame.height for item in series)
    value, shown, latent = np.zeros(count, np.int64), np.zeros(count, bool), np.zeros(count, bool)
    frames = []
    for item in series:
        cells = item.frame["cell"].to_numpy()
        value[cells] = item.frame["value"].to_numpy()
        shown[cells] = item.frame["shown"].is_not_null().to_numpy()
        latent[cells] = item.is_latent
        if not item.is_latent:
            frames.append(
                item.frame.select(
                    pl.lit(item.table).alias("table_name"),
                    row_key(item.coordinates).alias("row_key"),
                    pl.lit(item.column).alias("column_name"),
                    "cell",
                )
            )
    return pl.concat(frames), value, shown, latent


def _sum(relation: Relation, state: np.ndarray, was: np.ndarray, value: np.ndarray) -> Sum | None:
    """Return what the old numbers say of a relation's cells that were hidden, if it still holds."""
    if state[relation.whole] == ABSENT:
        return None
    hidden: list[tuple[int, int]] = []
    total = 0
    for cell, sign in ((relation.whole, -1), *((cell, 1) for cell in relation.cells)):
        if state[cell] == HIDDEN:
            hidden.append((cell, sign))
        elif state[cell] == SHOWN:
            total -= sign * int(was[cell])
    if not hidden or sum(sign * int(value[cell]) for cell, sign in hidden) != total:
        return None
    cells, signs = zip(*sorted(hidden), strict=True)
    return Sum(cells, signs, total)
