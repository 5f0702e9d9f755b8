"""The relations between published numbers, found in the numbers themselves.

Whoever holds the public files sees that one number is the sum of others: the region of its sites, a site of its
specialities, a denominator of another table's rows. So the auditor looks for every such sum among the true values, by
its own path: two series are related when one, summed to the columns of the other (over all its rows, or those with one
code, or all but those), gives the same number everywhere. No list of relations is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.audit.knowledge import Series
from pipelines.audit.sights import Coded, Keys, Rows, Way, coded_rows

FEWEST = 8
"""Keys with a count in both series from which equality everywhere is no accident."""

CODES = 12
"""A column with more codes is not tried code by code."""


def related(series: Sequence[Series], fewest: int = FEWEST) -> list[tuple[int, Way]]:
    """Return (number of the series that is the sum, way of summing another one to it), in order.

    A series that says nothing but what another one says, at the same columns, is related to that one alone. Two open
    series are not related: nothing in them is hidden.
    """
    rows = coded_rows(series)
    by_columns: dict[tuple[str, ...], list[int]] = {}
    for number, item in enumerate(series):
        by_columns.setdefault(tuple(sorted(item.grain)), []).append(number)
    closed = {number for number, item in enumerate(series) if item.is_protected}
    found: list[tuple[int, Way]] = []
    repeated: set[int] = set()
    for columns, numbers in sorted(by_columns.items()):
        keys = Keys.of(rows, numbers, columns)
        vectors = {number: keys.sight(rows[number]).vector(Way(number, columns)) for number in numbers}
        for later in numbers:
            for earlier in numbers:
                if earlier >= later or earlier in repeated or not closed & {earlier, later}:
                    continue
                if _same(vectors[earlier][None], vectors[later], fewest)[0]:
                    found.append((later, Way(earlier, columns)))
                    if not np.any(np.isnan(vectors[earlier]) & ~np.isnan(vectors[later])):
                        repeated.add(later)
                        break
    for columns, numbers in sorted(by_columns.items()):
        targets = [number for number in numbers if number not in repeated]
        found += _sums(series, rows, columns, targets, repeated, fewest)
    return found


def _sums(
    series: Sequence[Series],
    rows: Sequence[Rows],
    columns: tuple[str, ...],
    targets: list[int],
    repeated: set[int],
    fewest: int,
) -> list[tuple[int, Way]]:
    """Return the ways in which the series with these columns are sums of others that are not repeated."""
    keys = Keys.of(rows, targets, columns)
    single: list[Way] = []
    vectors: list[NDArray[np.float64]] = []
    for number, item in enumerate(series):
        if number not in repeated and (ways := list(_ways(number, item, rows[number].coded, columns))):
            sight = keys.sight(rows[number])
            single += ways
            vectors += [sight.vector(way) for way in ways]
    plain = {way.series: vector for way, vector in zip(single, vectors, strict=True) if way.column is None}
    pairs = [
        Way(one, columns, two)
        for one, two in combinations(plain, 2)
        if series[one].table == series[two].table and series[one].grain == series[two].grain
        and "." not in series[one].measure
    ]  # fmt: skip
    ways = [*single, *pairs]
    if not ways:
        return []
    table = np.vstack([*vectors, *(plain[way.series] + plain[way.second or 0] for way in pairs)])
    found = []
    for target in targets:
        wanted = keys.sight(rows[target]).vector(Way(target, columns))
        for place in np.flatnonzero(_same(table, wanted, fewest)):
            way = ways[place]
            is_open = not (series[target].is_protected or series[way.series].is_protected)
            is_itself = set(series[way.series].grain) == set(columns) and way.column is None and way.second is None
            if target not in (way.series, way.second) and not is_open and not is_itself:
                found.append((target, way))
    return found


def _same(table: NDArray[np.float64], wanted: NDArray[np.float64], fewest: int) -> NDArray[np.bool_]:
    """Say which rows equal `wanted` wherever both are known: in `fewest` counts at least, not all the same count."""
    both = ~np.isnan(table) & ~np.isnan(wanted)
    same = (~both | (table == wanted)).all(axis=1)
    counted = both & (table > 0)
    most = np.where(counted, table, -np.inf).max(axis=1, initial=-np.inf)
    least = np.where(counted, table, np.inf).min(axis=1, initial=np.inf)
    return np.asarray(same & (counted.sum(axis=1) >= fewest) & (most > least))


def _ways(number: int, item: Series, coded: Mapping[str, Coded], columns: tuple[str, ...]) -> Iterator[Way]:
    known = {*item.grain, *item.besides}
    if not set(columns) <= known:
        return
    yield Way(number, columns)
    for column, one in coded.items():
        codes = one.codes
        if not 1 < len(codes) <= CODES or (column in columns and len(columns) == len(item.grain)):
            continue
        for code in codes:
            yield Way(number, columns, column=column, code=code)
            if len(codes) > 2:
                yield Way(number, columns, column=column, code=code, without=True)


@dataclass(frozen=True)
class Relation:
    """One sum: `whole` is the sum of `cells` (numbers of cells). `text` says which, for people.

    `is_choice`: the cells are those with one code of a column, or all but those, rather than all there are: where few
    codes have a count, that may be an accident of the numbers.
    """

    whole: int
    cells: tuple[int, ...]
    text: str
    is_choice: bool = False


def relations(series: Sequence[Series], fewest: int = FEWEST) -> list[Relation]:
    """Return every relation between single cells, in order."""
    found = []
    for target, way in related(series, fewest):
        columns = list(way.to)
        rows = way.rows(series[way.series].frame)
        if way.second is not None:
            rows = pl.concat([rows, series[way.second].frame])
        summed = rows.group_by(columns).agg(pl.col("cell"))
        both = series[target].frame.select(*columns, pl.col("cell").alias("_whole")).join(
            summed, on=columns, how="inner", maintain_order="left", nulls_equal=True
        )  # fmt: skip
        which = "" if way.column is None else f" where {way.column} is {'not ' if way.without else ''}{way.code}"
        more = "" if way.second is None else f" and {series[way.second].measure}"
        text = f"{series[target].name} = sum of {series[way.series].name}{more}{which}"
        found += [
            Relation(whole, tuple(cells), text, is_choice=way.column is not None)
            for whole, cells in both.select("_whole", "cell").iter_rows()
        ]
    return found


def with_rests(
    series: Sequence[Series], nested: Mapping[str, Sequence[tuple[str, str]]]
) -> tuple[list[Series], list[Relation]]:
    """Return the rests (whole less part, published nowhere) as series of their own, and whole = part + rest.

    `nested`: table → (part, whole). A rest is about people as a part is: 18 of 20 is 2.
    """
    known = {(item.table, item.measure): item for item in series}
    start = sum(item.frame.height for item in series)
    rests: list[Series] = []
    found: list[Relation] = []
    for table, pairs in nested.items():
        for part, whole in pairs:
            if (table, part) not in known or (table, whole) not in known:
                continue
            inner, outer = known[table, part], known[table, whole]
            both = inner.frame.join(
                outer.frame.select(*inner.coordinates, pl.col("cell").alias("_whole"), pl.col("value").alias("_all")),
                on=list(inner.coordinates), how="inner", maintain_order="left", nulls_equal=True,
            ).filter(pl.col("_all") >= pl.col("value"))  # fmt: skip
            numbers = range(start, start + both.height)
            start += both.height
            frame = both.with_columns(
                (pl.col("_all") - pl.col("value")).alias("value"),
                pl.lit(None, dtype=pl.Int64).alias("shown"),
                pl.Series("_rest", numbers, dtype=pl.Int64),
            )
            found += [
                Relation(whole_cell, (cell, rest), f"{outer.name} = {inner.measure} + the others")
                for whole_cell, cell, rest in frame.select("_whole", "cell", "_rest").iter_rows()
            ]
            frame = frame.with_columns(pl.col("_rest").alias("cell")).drop("_rest", "_whole", "_all")
            rests.append(replace(inner, measure=f"{whole} less {part}", frame=frame, is_latent=True, rounding=0,
                                 floor=0))  # fmt: skip
    return rests, found
