"""What earlier editions add to what an attacker knows: numbers they showed, sums they gave, and what they hid.

An attacker takes the last number that was shown of a cell to hold still. Where it does, it is knowledge; where the
figure was revised since, it would be a mistake, which proves nothing. Each edition has its sums, over its own numbers:
a hidden cell that was revised since has an old one there, another unknown, which drops out when two sums are laid
beside one another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_array

from pipelines.audit.finding import Finding
from pipelines.audit.knowledge import Series
from pipelines.audit.lines import classes, lines_of, rows_of
from pipelines.audit.relations import Relation
from pipelines.audit.revised import numbers_then
from pipelines.kernel.ledger import row_key

Numbers = NDArray[np.float64]
Whole = NDArray[np.int64]
Marks = NDArray[np.bool_]

SURE = -1
"""Instead of the number of an unknown: everybody knows it."""


@dataclass(frozen=True)
class Sum:
    """A sum that an earlier edition gave away: signs[i] × cell i, added up, is `total`."""

    cells: tuple[int, ...]
    signs: tuple[int, ...]
    total: int


@dataclass(frozen=True)
class Memory:
    """What the ledger adds.

    `known`: cells shown before, with the number they still have. `sums`: what is known of those that were not.
    `revised`: old numbers of cells that were hidden then and revised since: unknowns of their own, which sums name by
    numbers that go on after those of today's cells. `ranges`: cell → what a multiple shown before says it lies between.
    """

    known: frozenset[int] = frozenset()
    sums: tuple[Sum, ...] = ()
    findings: tuple[Finding, ...] = ()
    revised: tuple[int, ...] = ()
    ranges: Mapping[int, tuple[int, int]] = field(default_factory=dict)


def read_ledger(paths: Iterable[Path]) -> list[tuple[str, pl.DataFrame]]:
    """Return (edition, its lines) for each file of the ledger."""
    return [(path.stem, pl.read_parquet(path)) for path in paths]


def memory(
    series: Sequence[Series], relations: Sequence[Relation], ledger: Iterable[tuple[str, pl.DataFrame]]
) -> Memory:
    """Return what the ledger adds. `relations` may name cells that are shown nowhere: they were hidden then too."""
    names, value, shown, _ = _cells(series)
    editions = list(ledger)
    findings = [finding for edition, lines in editions for finding in _shown_again(edition, lines, names, shown)]
    if not editions:
        return Memory()
    label, size = classes(relations, len(value))
    first = np.full(size, len(value))
    np.minimum.at(first, label, np.arange(len(value)))
    matrix, today = rows_of(lines_of(relations, label), size), value[first]
    told = [_told(names, lines, label, size) for _, lines in editions]
    last = np.full(size, np.nan)
    for numbers, absent in told:
        last = np.where(absent, 0.0, np.where(np.isnan(numbers), last, numbers))
    known = last == today
    now = np.where(known, SURE, first)  # which unknown stands for each class, in the edition that is looked at
    unknown, was = now, today
    revised: list[int] = []
    sums: dict[tuple[tuple[int, ...], tuple[int, ...]], Sum] = {}
    for numbers, absent in reversed(told):
        was, may = numbers_then(matrix, was, numbers, absent)
        sure = ~np.isnan(numbers) | (absent & (was == 0))
        new = np.flatnonzero(may & ~sure)
        unknown = np.where(sure, SURE, unknown)
        unknown[new] = len(value) + len(revised) + np.arange(len(new))
        revised += was[new].tolist()
        rows = np.flatnonzero(abs(matrix) @ ((was != today) | (unknown != now)) > 0)
        for given in _sums(matrix, rows, was, unknown):
            sums.setdefault((given.cells, given.signs), given)
        for given in _sums(matrix, rows, np.where(sure, was, today), np.where(sure, SURE, now)):
            sums.setdefault((given.cells, given.signs), given)  # whatever was revised, it comes out alike today
    return Memory(
        frozenset(np.flatnonzero(known[label]).tolist()),
        tuple(sums.values()),
        tuple(findings),
        tuple(revised),
    )


def rounded_memory(series: Sequence[Series], ledger: Iterable[tuple[str, pl.DataFrame]]) -> Memory | None:
    """Return what editions of multiples add; nothing when one of them showed another number of a rounded cell.

    A multiple says between which numbers the count lay. Where it lies there still, an attacker takes it for the same.
    """
    names, value, shown, _ = _cells(series)
    bases = np.zeros(len(value), np.int64)
    for item in series:
        bases[item.frame["cell"].to_numpy()] = item.rounding
    findings: list[Finding] = []
    ranges: dict[int, tuple[int, int]] = {}
    for edition, lines in ledger:
        findings += _shown_again(edition, lines, names, shown)
        both = names.join(lines.filter(pl.col("status") == "shown"), on=["table_name", "row_key", "column_name"])
        for cell, said in both.select("cell", pl.col("value").round().cast(pl.Int64)).iter_rows():
            base = int(bases[cell])
            if base and said % base:
                return None
            if base and abs(said - value[cell]) < base:
                low, high = ranges.get(cell, (0, said + base))
                ranges[cell] = (max(low, said - base + 1), min(high, said + base - 1))
    return Memory(findings=tuple(findings), ranges=ranges)


def _sums(matrix: csr_array, rows: Whole, number: Whole, unknown: Whole) -> Iterator[Sum]:
    """Return what these relations say of unknowns when cells have these numbers, where that makes them hold."""
    for row in rows:
        line = slice(matrix.indptr[row], matrix.indptr[row + 1])
        cells, signs = matrix.indices[line], matrix.data[line].astype(np.int64)
        if signs @ number[cells]:
            continue  # a mistake, which proves nothing
        left = unknown[cells] != SURE
        if left.any():
            order = np.argsort(unknown[cells[left]])
            yield Sum(
                tuple(unknown[cells[left]][order].tolist()),
                tuple(signs[left][order].tolist()),
                -int(signs[~left] @ number[cells[~left]]),
            )


def _shown_again(edition: str, lines: pl.DataFrame, names: pl.DataFrame, shown: np.ndarray) -> Iterator[Finding]:
    then = names.join(lines, on=["table_name", "row_key", "column_name"], how="inner")
    for row in then.filter(pl.col("status") == "hidden").iter_rows(named=True):
        if shown[row["cell"]]:
            where = f"{row['table_name']}.{row['column_name']} {row['row_key'].replace('|', ' ')}"
            says = f"was hidden in edition {edition}, and what was hidden once stays hidden"
            yield Finding(row["table_name"], where, says, "editions")


def _told(names: pl.DataFrame, lines: pl.DataFrame, label: Whole, size: int) -> tuple[Numbers, Marks]:
    """Return the number that an edition showed of each class of cells, NaN where none, and where it had nobody: it
    showed other rows of that table's year, and not this one.
    """
    numbers, absent = np.full(size, np.nan), np.zeros(size, bool)
    there = names.join(lines, on=["table_name", "row_key", "column_name"], how="left", maintain_order="left")
    years = lines.select("table_name", "column_name", _year().alias("_year")).unique()
    there = there.with_columns(_year().alias("_year")).join(
        years.with_columns(pl.lit(value=True).alias("_covered")), on=["table_name", "column_name", "_year"], how="left",
        maintain_order="left",
    )  # fmt: skip
    cells = label[there["cell"].to_numpy()]
    absent[cells[(there["status"].is_null() & there["_covered"].fill_null(value=False)).to_numpy()]] = True
    absent[cells[there["status"].is_not_null().to_numpy()]] = False
    said = there["value"].to_numpy()
    is_shown = (there["status"] == "shown").fill_null(value=False).to_numpy()
    numbers[cells[is_shown]] = np.round(said[is_shown])
    return numbers, absent


def _year() -> pl.Expr:
    return pl.col("row_key").str.extract(r"(?:^|\|)year=([^|]*)").fill_null("")


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
