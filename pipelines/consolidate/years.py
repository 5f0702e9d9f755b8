"""Marts made a year at a time: which years are out of date, each made from the years it asks for, and put together.

Of a mart whose header says `-- years:`, the rows of a year are made from the same year of the tables it reads, or from
the years that the header names. While what it reads is cut by year, in one file each, only the years are made again of
which one of those files changed; the result is the same, byte for byte, as if the query were asked whole.

A mart that reads all years of a table, because a person's number or contract stands in several, is made whole, and
still written a year at a time: the years in which it says nothing new are the same bytes, and what reads them is not
made again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from filecmp import cmp
from pathlib import Path
from tempfile import TemporaryDirectory

from pipelines.consolidate.engine import Engine
from pipelines.kernel.files import into_place, link_or_copy
from pipelines.kernel.freshness import Freshness
from pipelines.kernel.project import Project, Settings
from pipelines.kernel.sql import Query
from pipelines.kernel.store import table_path
from pipelines.kernel.warehouse import Warehouse

Parts = Mapping[int, Path]
"""Year → the file of its rows."""

AT_ONCE = 16 << 20
"""Bytes of Parquet that are asked about at once, by each thread: some hundred thousand persons."""


@dataclass(frozen=True, slots=True)
class Yearly:
    """One mart that can be made a year at a time, and the tables of its that are cut by year."""

    query: Query
    warehouse: Warehouse
    inputs: Mapping[str, Parts]
    is_folder: bool
    """Whether it is kept as a file a year; otherwise as one file, into which the new years are put."""

    @property
    def is_whole(self) -> bool:
        """Whether it reads all years of every table that is cut: nothing tells then what a year is made from."""
        return all(self.query.window(table) is None for table in self.inputs)

    def years(self) -> list[int]:
        """Return the years of which it may have rows."""
        found = set()
        for table, parts in self.inputs.items():
            window = self.query.window(table)
            if window is not None:
                found |= {year - shift for year in parts for shift in range(window[0], window[1] + 1)}
        return sorted(found)

    def reads(self, year: int) -> dict[str, list[Path]]:
        """Return the files of which the rows of a year are made, for each table that is cut."""
        return {
            table: [parts[known] for known in self._wanted(table, year) if known in parts]
            for table, parts in self.inputs.items()
        }

    def fingerprint(self, freshness: Freshness, settings: Settings, year: int) -> str:
        """Return the hash of what the rows of a year are made from."""
        facts: dict[str, object] = {"engine": settings.engine, "observed_only": settings.observed_only}
        if "getvariable" in self.query.text:
            facts["edition"] = settings.edition
        for table in set(self.query.reads) - set(self.inputs):
            facts[table] = (self.warehouse.facts_of(table), self.warehouse.last_year(table))
        for table in self.inputs:
            facts[table] = self.warehouse.facts_of(table, self._wanted(table, year))
        whole = [self.warehouse.file_of(table) for table in self.query.reads if table not in self.inputs]
        read = [path for paths in self.reads(year).values() for path in paths]
        return freshness.fingerprint([self.query.path, *whole, *read], facts)

    def _wanted(self, table: str, year: int) -> Collection[int]:
        window = self.query.window(table)
        return self.inputs[table] if window is None else range(year + window[0], year + window[1] + 1)


def yearly(query: Query, warehouse: Warehouse, columns: Mapping[str, str]) -> Yearly | None:
    """Return a query as one to be asked a year at a time, or `None`: its header must say so, and all it reads be cut.

    `columns` are those it gives.
    """
    if query.years is None:
        return None
    inputs: dict[str, Parts] = {}
    for table in query.reads:
        parts = warehouse.parts_of(table)
        if parts is not None:
            inputs[table] = parts
        elif not table.startswith("ref_") and not warehouse.is_empty(table):
            return None  # of which years it has rows, nobody knows
    # Tables of persons are large; the others are too small to be cut, and a file is easier to hold than a folder.
    return Yearly(query, warehouse, inputs, "UUID" in columns.values()) if inputs else None


def make_years(
    mart: Yearly, view: str, project: Project, settings: Settings, freshness: Freshness, engine: Engine
) -> tuple[bool, dict[str, str]]:
    """Make the years of a mart that are out of date; say whether it has no row at all, and give item → fingerprint
    of its years.

    `view` is the whole query as the warehouse knows it. Raises `BadInput` as `Engine.write` does; the mart is then left
    as it was.
    """
    target = table_path(project, mart.query.name)
    target.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".years-", dir=project.data) as name:
        aside = Path(name)
        whole, folder = aside / "whole.parquet", aside / "years"
        folder.mkdir()
        if mart.is_whole or settings.engine != "duckdb":
            rows = engine.write(mart.query, view, whole)
            if mart.is_folder and rows:
                mart.warehouse.cut(whole, mart.query.grain, folder, mart.query.shown)
                whole = _with_old(folder, target, ())
            into_place(whole, target)
            return not rows, {}
        prints = {year: mart.fingerprint(freshness, settings, year) for year in mart.years()}
        kept = {year for year, fingerprint in prints.items() if _is_kept(mart, target, year, fingerprint, freshness)}
        made = _made(mart, [year for year in prints if year not in kept], folder)
        empty = {year for year in kept if freshness.knows(_nothing(mart, year), prints[year])}
        if mart.is_folder:
            empty |= {year for year, rows in made.items() if not rows}
            for year in empty & set(made):
                (folder / f"{year}.parquet").unlink()
        if mart.is_folder and set(prints) != empty:
            whole = _with_old(folder, target, kept - empty)
        elif made and not mart.is_folder:
            files = [folder / f"{year}.parquet" for year in made]
            mart.warehouse.join(files, (target, kept), mart.query.grain, whole, mart.query.shown)
        else:
            engine.write(mart.query, view, whole)
        into_place(whole, target)
        names = {year: _nothing(mart, year) if year in empty else _item(mart, year) for year in prints}
        return mart.warehouse.is_empty(mart.query.name), {names[year]: prints[year] for year in prints}


def _item(mart: Yearly, year: int) -> str:
    return f"{mart.query.name} {year}"


def _nothing(mart: Yearly, year: int) -> str:
    """Return the item that stands for a year of which a mart was found to have no row, and there is no file to miss."""
    return f"{_item(mart, year)} without rows"


def _is_kept(mart: Yearly, target: Path, year: int, fingerprint: str, freshness: Freshness) -> bool:
    if freshness.knows(_nothing(mart, year), fingerprint):
        return target.exists()
    place = target / f"{year}.parquet" if mart.is_folder else target
    return place.is_file() and freshness.knows(_item(mart, year), fingerprint)


def _made(mart: Yearly, years: Sequence[int], folder: Path) -> dict[int, int]:
    """Write the rows of years, and return how many by the first year of each file, which is its name.

    A mart kept as a folder gets a file a year; of another, years that read much the same are asked at once.
    """
    query = mart.query
    groups = [[year] for year in years] if mart.is_folder else _together(mart, years)

    def make(group: Sequence[int]) -> int:
        with mart.warehouse.narrowed(f"{query.name} {group[0]}", _read_by(mart, group)) as part:
            part.bind(query, "of_years")
            path = folder / f"{group[0]}.parquet"
            return part.write("of_years", query.grain, path, query.shown, (group[0], group[-1]))

    if len(groups) == 1:
        return {groups[0][0]: make(groups[0])}
    with mart.warehouse.a_thread_each() as threads, ThreadPoolExecutor(threads) as pool:
        return {group[0]: rows for group, rows in zip(groups, pool.map(make, groups), strict=True)}


def _together(mart: Yearly, years: Sequence[int]) -> list[list[int]]:
    """Return years in groups without a gap, each of which reads what is asked about at once, or is one year."""
    groups: list[list[int]] = []
    for year in years:
        if groups and groups[-1][-1] == year - 1:
            read = {path for paths in _read_by(mart, [*groups[-1], year]).values() for path in paths}
            if sum(path.stat().st_size for path in read) <= AT_ONCE:
                groups[-1].append(year)
                continue
        groups.append([year])
    return groups


def _read_by(mart: Yearly, years: Sequence[int]) -> dict[str, list[Path]]:
    """Return the files of which the rows of several years are made, for each table that is cut."""
    read = [mart.reads(year) for year in years]
    return {table: sorted({path for one in read for path in one[table]}) for table in mart.inputs}


def _with_old(folder: Path, target: Path, kept: Collection[int]) -> Path:
    """Add years of the old folder to those made; a year made again that is the same is the old file."""
    for year in kept:
        link_or_copy(target / f"{year}.parquet", folder / f"{year}.parquet")
    for path in folder.iterdir():
        old = target / path.name
        if old.is_file() and not old.samefile(path) and cmp(old, path, shallow=False):
            path.unlink()
            link_or_copy(old, path)
    return folder
