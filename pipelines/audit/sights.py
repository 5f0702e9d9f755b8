"""Series before a common set of keys, so that their sums can be laid beside one another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.audit.knowledge import Series

Places = NDArray[np.int64]


@dataclass(frozen=True)
class Way:
    """One way of summing a series: to which columns, over which of its rows; or two of a table together."""

    series: int
    to: tuple[str, ...]
    second: int | None = None
    column: str | None = None
    code: str | int | None = None
    without: bool = False

    def rows(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the rows of the series' frame that are summed."""
        if self.column is None:
            return frame
        chosen = pl.col(self.column) == pl.lit(self.code)
        return frame.filter(~chosen if self.without else chosen)


@dataclass(frozen=True)
class Coded:
    """A column of a series: its codes in order (none may be among them), and the place of each row's, -1 for none."""

    codes: list[str | int | None]
    place: NDArray[np.int64]

    @classmethod
    def of(cls, column: pl.Series) -> Coded:
        """Read a column."""
        codes = column.unique().sort().to_list()
        places = {code: place for place, code in enumerate(codes) if code is not None}
        return cls(codes, np.array([places.get(code, -1) for code in column.to_list()], dtype=np.int64))

    def mask(self, way: Way) -> NDArray[np.bool_]:
        """Say which rows a way sums that chooses by this column; a row without a code is never one of them."""
        if way.code is None:
            return np.zeros(len(self.place), bool)
        chosen = self.place == self.codes.index(way.code)
        return np.asarray((self.place >= 0) & ~chosen if way.without else chosen)


@dataclass(frozen=True)
class Rows:
    """A series' rows as numbers. `grain`: its columns; `at`: column → the number of each row's code among all that any
    series has there; `coded`: its columns but the year.
    """

    grain: tuple[str, ...]
    value: NDArray[np.int64]
    at: Mapping[str, Places]
    coded: Mapping[str, Coded]


def coded_rows(series: Sequence[Series]) -> list[Rows]:
    """Read the rows of all series; that there is no code is a code like others."""
    numbers: dict[str, dict[object, int]] = {}

    def number(name: str, one: Coded) -> Places:
        known = numbers.setdefault(name, {None: 0})
        names = [known.setdefault(code, len(known)) for code in one.codes if code is not None]
        return np.append(np.array(names, dtype=np.int64), 0)[one.place]  # the last place, -1, is that of no code

    found = []
    for item in series:
        coded = {name: Coded.of(item.frame[name]) for name in sorted({*item.grain, *item.besides})}
        at = {name: number(name, one) for name, one in coded.items()}
        coded.pop("year", None)
        found.append(Rows(item.grain, item.frame["value"].to_numpy(), at, coded))
    return found


@dataclass(frozen=True)
class Keys:
    """The different keys that some series have in these columns, in order: `known`, and the `year` of each."""

    columns: tuple[str, ...]
    known: Places
    year: Places | None
    sizes: Mapping[str, int]

    @classmethod
    def of(cls, rows: Sequence[Rows], numbers: Sequence[int], columns: tuple[str, ...]) -> Keys:
        """Gather the keys of the series with these numbers."""
        sizes = {name: 1 + max((int(one.at[name].max(initial=0)) for one in rows if name in one.at), default=0)
                 for name in columns}  # fmt: skip
        empty = np.zeros(0, np.int64)
        written = np.concatenate([empty, *(_written(rows[number], columns, sizes) for number in numbers)])
        known, first = np.unique(written, return_index=True)
        year = None
        if "year" in columns:
            year = np.concatenate([empty, *(rows[number].at["year"] for number in numbers)])[first]
        return cls(columns, known, year, sizes)

    def sight(self, rows: Rows) -> Sight:
        """Look each row up; where the series has rows of that year but none here, a sum is zero (`covered`)."""
        written = _written(rows, self.columns, self.sizes)
        place = np.searchsorted(self.known, written)
        there = place < len(self.known)
        there[there] = self.known[place[there]] == written[there]
        covered = np.zeros(len(self.known), bool)
        if self.year is not None and len(self.columns) < len(rows.grain):
            covered = np.isin(self.year, rows.at["year"])
        return Sight(np.where(there, place, -1), covered, rows.value, rows.coded)


def _written(rows: Rows, columns: tuple[str, ...], sizes: Mapping[str, int]) -> Places:
    """Write each row's codes in these columns as one number. Raises `OverflowError` when there are too many codes."""
    written, width = np.zeros(len(rows.value), np.int64), 1
    for name in columns:
        width *= sizes[name]
        if width >= 1 << 62:
            raise OverflowError(f"{', '.join(columns)}: more combinations of codes than a number can hold")
        written = written * sizes[name] + rows.at[name]
    return written


@dataclass(frozen=True)
class Sight:
    """A series before a set of keys: `place` says at which key each of its rows stands, -1 where at none."""

    place: Places
    covered: NDArray[np.bool_]
    value: NDArray[np.int64]
    coded: Mapping[str, Coded]

    def vector(self, way: Way) -> NDArray[np.float64]:
        """Return the sums of the rows of a way, one per key, NaN where there is none."""
        chosen = self.place >= 0
        if way.column is not None:
            chosen = chosen & self.coded[way.column].mask(way)
        place, height = self.place[chosen], len(self.covered)
        sums = np.bincount(place, self.value[chosen], height)
        none = np.bincount(place, minlength=height) == 0
        return np.where(none, np.where(self.covered, 0.0, np.nan), sums)
