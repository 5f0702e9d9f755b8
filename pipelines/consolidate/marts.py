"""The runner: which marts are stale, and one after the other, written whole."""

from __future__ import annotations

from pipelines.kernel.catalogue import read_catalogue
from pipelines.kernel.freshness import Freshness
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project, Settings
from pipelines.kernel.reference import read_reference
from pipelines.kernel.report import StageReport
from pipelines.kernel.sql import Query, in_order, read_queries, refuse_unknown_tables
from pipelines.kernel.store import table_path
from pipelines.kernel.warehouse import Warehouse


def make_marts(project: Project, settings: Settings) -> StageReport:
    """Make stale marts in dependency order. See `pipelines.consolidate.run`."""
    queries = read_queries(project, "marts", "mart_*.sql")
    order = in_order(queries)
    read_reference(project)  # joins would hide a fault of a code list; its own reader names it
    freshness = Freshness(project, "consolidate")
    notes: list[str] = []
    with Warehouse(project, settings, read_catalogue(project)) as warehouse:
        refuse_unknown_tables(order, warehouse.known() | set(queries))
        for query in order:
            target = table_path(project, query.name)
            fingerprint = freshness.fingerprint(
                [query.path, *(warehouse.file_of(table) for table in query.reads)],
                {
                    "edition": settings.edition,
                    "observed_only": settings.observed_only,
                    **{table: warehouse.facts_of(table) for table in query.reads},
                },
            )
            if freshness.is_fresh(query.name, fingerprint, [target]):
                continue
            rows = make(warehouse, query, project)
            freshness.remember(query.name, fingerprint)
            if rows == 0:
                notes.append(f"{query.name} is empty: its sources hold no row for this run.")
    freshness.forget_others(queries)
    for leftover in sorted(project.marts.glob("mart_*.parquet")):
        if leftover.stem not in queries:
            leftover.unlink()
            notes.append(f"{leftover.stem} was removed: sql/marts has no file of that name any more.")
    return StageReport(made=tuple(freshness.made), kept=tuple(freshness.kept), notes=tuple(notes))


def make(warehouse: Warehouse, query: Query, project: Project) -> int:
    """Write one mart and return its rows. Raises `BadInput` when its header names a grain it does not have."""
    building = f"building_{query.name}"
    warehouse.bind(query, building)
    columns = warehouse.columns(building)
    for column in (*query.grain, "origin"):
        if column not in columns:
            raise BadInput(
                Problem(
                    query.shown,
                    "The query does not give a column that its grain needs"
                    if column in query.grain
                    else "Every mart says where its rows come from",
                    f"It gives {', '.join(columns)}.",
                    column=column,
                )
            )
    return warehouse.write(building, query.grain, table_path(project, query.name), query.shown)
