"""The runner: which marts are stale, and one after the other, written whole."""

from __future__ import annotations

import json

from pipelines.consolidate.engine import Engine, InDuckDB, engine_of
from pipelines.kernel.catalogue import read_catalogue
from pipelines.kernel.files import write_json
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
    with (
        Warehouse(project, settings, read_catalogue(project)) as warehouse,
        engine_of(project, settings, warehouse) as engine,
    ):
        refuse_unknown_tables(order, warehouse.known() | set(queries))
        notes += list_corrections(project, warehouse)
        for query in order:
            target = table_path(project, query.name)
            fingerprint = freshness.fingerprint(
                [query.path, *(warehouse.file_of(table) for table in query.reads)],
                {
                    "edition": settings.edition,
                    "engine": settings.engine,
                    "observed_only": settings.observed_only,
                    **{table: warehouse.facts_of(table) for table in query.reads},
                },
            )
            if freshness.is_fresh(query.name, fingerprint, [target]):
                continue
            rows = make(warehouse, query, project, engine)
            freshness.remember(query.name, fingerprint)
            if rows == 0:
                notes.append(f"{query.name} is empty: its sources hold no row for this run.")
    freshness.forget_others(queries)
    for leftover in sorted(project.marts.glob("mart_*.parquet")):
        if leftover.stem not in queries:
            leftover.unlink()
            notes.append(f"{leftover.stem} was removed: sql/marts has no file of that name any more.")
    return StageReport(made=tuple(freshness.made), kept=tuple(freshness.kept), notes=tuple(notes))


def list_corrections(project: Project, warehouse: Warehouse) -> list[str]:
    """Write `data/quality/corrections.json`, and return a sentence when there are corrections.

    Raises `BadInput` when the source no longer has a fault that is corrected.
    """
    found = warehouse.corrected_rows()
    listed = [
        {
            **item.model_dump(mode="json", exclude={"expect", "where"}),
            "keys": sorted(item.where),
            "rows": found[item.code],
        }
        for item in warehouse.corrections
    ]
    content = {"layer": "corrections", "corrections": listed}
    path = project.quality / "corrections.json"
    if not path.exists() or json.loads(path.read_text(encoding="utf-8")) != content:
        write_json(path, content)
    if not listed:
        return []
    rows = sum(count or 0 for count in found.values())
    return [f"{len(listed)} corrections of the sources hold, on {rows} rows: see data/quality/corrections.json."]


def make(warehouse: Warehouse, query: Query, project: Project, engine: Engine | None = None) -> int:
    """Write one mart and return its rows; by DuckDB when no engine is named.

    Raises `BadInput` when its header names a grain it does not have, and as the engine does.
    """
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
    return (engine or InDuckDB(warehouse)).write(query, building, table_path(project, query.name))
