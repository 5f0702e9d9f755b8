"""Indicators computed anew on staging tables that are not (yet) those of the project: what a vintage would move.

Only what the dataset reaches is computed, as the SQL itself tells: its marts, the indicators that read them, and the
marts these need besides. Nothing of the project is written to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipelines.compare.figures import Address, Figure
from pipelines.indicators.figures import rows_of
from pipelines.indicators.values import values_of
from pipelines.kernel.catalogue import Catalogue, Source, read_catalogue
from pipelines.kernel.files import write_parquet
from pipelines.kernel.indicators import Indicator, read_indicators
from pipelines.kernel.problems import BadInput, CheckFailed
from pipelines.kernel.project import Project
from pipelines.kernel.reference import Break, read_reference
from pipelines.kernel.sql import Query, in_order, read_queries
from pipelines.kernel.store import table_path
from pipelines.kernel.warehouse import Warehouse
from pipelines.stage.before import shipped_tables


@dataclass(frozen=True, slots=True)
class Reach:
    """What a dataset reaches: marts that change with it, marts needed besides, indicators (all in order)."""

    changing: tuple[Query, ...]
    needed: tuple[Query, ...]
    indicators: tuple[tuple[Indicator, Query], ...]


@dataclass(frozen=True, slots=True)
class Recount:
    """Values of the indicators reached, and those that could not be computed (indicator → why)."""

    figures: Mapping[str, Mapping[Address, Figure]]
    impossible: Mapping[str, str]
    corrections: tuple[str, ...] = ()
    """Lines on corrections whose fault the source no longer has: they would stop the next run."""


def reach_of(project: Project, source: Source) -> Reach:
    """Follow the tables of a dataset through `sql/marts` and `sql/indicators`."""
    marts = read_queries(project, "marts", "mart_*.sql")
    queries = read_queries(project, "indicators", "ind_*.sql")
    reached = {table.name(source.id) for table in source.tables}
    changing = []
    for query in in_order(marts):
        if reached & set(query.reads):
            reached.add(query.name)
            changing.append(query)
    measured = [
        (indicator, queries[indicator.sql_name])
        for indicator in read_indicators(project).values()
        if indicator.is_measured and indicator.sql_name in queries
    ]
    indicators = [(indicator, query) for indicator, query in measured if reached & set(query.reads)]
    wanted = {table for _, query in indicators for table in query.reads}
    for query in reversed(in_order(marts)):
        if query.name in wanted:
            wanted |= set(query.reads)
    return Reach(
        changing=tuple(query for query in changing if query.name in wanted),
        needed=tuple(query for query in in_order(marts) if query.name in wanted and query not in changing),
        indicators=tuple(indicators),
    )


class Recounting:
    """Two recounts of one dataset, without and with a vintage; what does not change is computed once.

    Other datasets count as the last run staged them; one that no run staged yet, as it ships.
    """

    def __init__(self, project: Project, source: Source, folder: Path) -> None:
        self._project = project
        self._folder = folder
        self._catalogue: Catalogue = read_catalogue(project)
        self._reach = reach_of(project, source)
        self._breaks: tuple[Break, ...] = read_reference(project).breaks
        self._elsewhere: dict[str, Path] = {}
        own = {table.name(source.id) for table in source.tables}
        read = {table for query in (*self._reach.changing, *self._reach.needed) for table in query.reads}
        read |= {table for _, query in self._reach.indicators for table in query.reads}
        for name in sorted(table for table in read - own if table.startswith("stg_")):
            other, _ = self._catalogue.tables[name]
            if not table_path(project, name).exists() and not other.personal:
                for shipped, frame in shipped_tables(project, other).items():
                    self._elsewhere[shipped] = folder / f"{shipped}.parquet"
                    write_parquet(self._elsewhere[shipped], frame, self._catalogue.tables[shipped][1].grain)

    @property
    def indicators(self) -> dict[str, Indicator]:
        """Indicators that the dataset reaches, by code."""
        return {indicator.code: indicator for indicator, _ in self._reach.indicators}

    def count(self, side: str, tables: Mapping[str, Path]) -> Recount:
        """Compute the indicators with these staging tables of the dataset; the first side makes what both need."""
        if not self._reach.indicators:
            return Recount({}, {})
        settings = self._project.settings()
        figures: dict[str, dict[Address, Figure]] = {}
        impossible: dict[str, str] = {}
        with Warehouse(self._project, settings, self._catalogue, {**self._elsewhere, **tables}) as warehouse:
            for query in in_order({item.name: item for item in (*self._reach.needed, *self._reach.changing)}):
                is_shared = query in self._reach.needed
                path = self._folder / ("both" if is_shared else side) / f"{query.name}.parquet"
                if not path.exists():
                    building = f"building_{query.name}"
                    warehouse.bind(query, building)
                    warehouse.write(building, query.grain, path, query.shown)
                warehouse.place(query.name, path)
            for indicator, query in self._reach.indicators:
                try:
                    values = values_of(indicator, rows_of(warehouse, query), self._breaks, None)
                except CheckFailed as error:
                    impossible[indicator.code] = str(error)
                    continue
                figures[indicator.code] = {
                    (value.scope_level, value.scope_code, value.year): Figure(
                        value.value, value.numerator, value.denominator
                    )
                    for value in values
                }
            return Recount(figures, impossible, _outdated(warehouse))


def _outdated(warehouse: Warehouse) -> tuple[str, ...]:
    try:
        warehouse.corrected_rows()
    except BadInput as error:
        return tuple(problem.line() for problem in error.problems)
    return ()
