"""The runner: which marts are stale, and one after the other, written whole."""

from __future__ import annotations

import json
from pathlib import Path

from pipelines.consolidate.engine import Engine, InDuckDB, engine_of
from pipelines.consolidate.years import make_years, yearly
from pipelines.kernel.catalogue import read_catalogue
from pipelines.kernel.files import into_place, remove, write_json
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
    years: list[str] = []
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
                years += [item for item in freshness.known_items() if item.startswith(f"{query.name} ")]
                continue
            view = bound(warehouse, query)
            mart = yearly(query, warehouse, warehouse.columns(view))
            prints: dict[str, str] = {}
            if mart is None:
                is_empty = not write_whole(query, view, target, engine)
            else:
                is_empty, prints = make_years(mart, view, project, settings, freshness, engine)
                years += prints
            freshness.remember_all({**prints, query.name: fingerprint})
            if is_empty:
                notes.append(f"{query.name} is empty: its sources hold no row for this run.")
    freshness.forget_others([*queries, *years])
    for leftover in sorted(project.marts.glob("mart_*.parquet")):
        if leftover.stem not in queries:
            remove(leftover)
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
    """Write one mart whole and return its rows; by DuckDB when no engine is named.

    Raises `BadInput` when its header names a grain it does not have, and as the engine does.
    """
    view = bound(warehouse, query)
    return write_whole(query, view, table_path(project, query.name), engine or InDuckDB(warehouse))


def write_whole(query: Query, view: str, target: Path, engine: Engine) -> int:
    """Write a mart as one file, and return its rows. A folder of years that stands there goes."""
    if not target.is_dir():
        return engine.write(query, view, target)
    aside = target.with_name(f".{target.name}.whole")
    rows = engine.write(query, view, aside)
    into_place(aside, target)
    return rows


def bound(warehouse: Warehouse, query: Query) -> str:
    """Return the name of the view that gives a query's rows.

    Raises `BadInput` when the header names a grain that the query does not have, or rows do not say their origin.
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
    return building
