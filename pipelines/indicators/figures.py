"""The edge of the stage: runs the queries in DuckDB, hands their rows to the pure part, writes the two tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import polars as pl

from pipelines.indicators.status import Status, status_of
from pipelines.indicators.values import Counted, Value, values_of
from pipelines.kernel.catalogue import Catalogue, read_catalogue
from pipelines.kernel.files import write_parquet
from pipelines.kernel.freshness import Freshness
from pipelines.kernel.indicators import REGISTRY, Indicator, read_indicators
from pipelines.kernel.known import known_folders
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project, Settings
from pipelines.kernel.reference import read_reference
from pipelines.kernel.report import StageReport
from pipelines.kernel.sql import Query, read_queries, refuse_unknown_tables
from pipelines.kernel.store import table_path
from pipelines.kernel.warehouse import Warehouse

GRAIN = ("scope_level", "scope_code", "year")
COLUMNS = (*GRAIN, "numerator", "denominator", "origin")
"""What every indicator's query gives."""

MAY_BE_ADDED = ("missing_code", "sample_size")
"""Where a source hides figures; where a rate is drawn from a sample: the effective number of answers."""

NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "DOUBLE", "DECIMAL")

VALUES_SCHEMA: dict[str, Any] = {
    "indicator_code": pl.String,
    "scope_level": pl.String,
    "scope_code": pl.String,
    "year": pl.Int64,
    "numerator": pl.Float64,
    "denominator": pl.Float64,
    "value": pl.Float64,
    "flag": pl.String,
    "is_break": pl.Boolean,
    "growth": pl.Float64,
    "origin": pl.String,
    "reason_fr": pl.String,
    "reason_en": pl.String,
    "interval_low": pl.Float64,
    "interval_high": pl.Float64,
}
STATUS_SCHEMA: dict[str, Any] = {
    "indicator_code": pl.String,
    "is_measurable": pl.Boolean,
    "reason_fr": pl.String,
    "reason_en": pl.String,
    "first_year": pl.Int64,
    "last_year": pl.Int64,
    "points_count": pl.Int64,
}


def make_figures(project: Project, settings: Settings) -> StageReport:
    """Compute all indicators when anything they are made from has changed. See `pipelines.indicators.run`."""
    indicators = read_indicators(project)
    queries = read_queries(project, "indicators", "ind_*.sql")
    _refuse_strays(project, indicators, queries)
    catalogue = read_catalogue(project)
    _refuse_unknown_sources(project, indicators, catalogue)
    provisional = _provisional_sources(project, catalogue, settings.edition)
    freshness = Freshness(project, "indicators")
    outputs = [table_path(project, "ind_values"), table_path(project, "ind_status")]
    with Warehouse(project, settings, catalogue) as warehouse:
        marts = {path.stem for path in (project.sql / "marts").glob("mart_*.sql")}
        refuse_unknown_tables(queries.values(), warehouse.known() | marts)
        tables = sorted({table for query in queries.values() for table in query.reads} | {"ref_break"})
        fingerprint = freshness.fingerprint(
            [
                project.reference / REGISTRY,
                *sorted(project.sources.glob("*.yml")),
                *(query.path for query in queries.values()),
                *(warehouse.file_of(table) for table in tables),
            ],
            {
                "edition": settings.edition,
                "observed_only": settings.observed_only,
                "provisional": sorted(provisional),
            },
        )
        if freshness.is_fresh("ind_values", fingerprint, outputs):
            return StageReport(kept=("ind_values", "ind_status"))
        values, statuses = _compute(project, settings, indicators, queries, catalogue, provisional, warehouse)
    _write(project, "ind_values", [asdict(value) for value in values], VALUES_SCHEMA, ("indicator_code", *GRAIN))
    _write(project, "ind_status", [asdict(status) for status in statuses], STATUS_SCHEMA, ("indicator_code",))
    freshness.remember("ind_values", fingerprint)
    measured = sum(status.is_measurable for status in statuses)
    return StageReport(
        made=("ind_values", "ind_status"),
        notes=(
            f"{measured} indicators measured, {len(statuses) - measured} not measurable; "
            f"{sum(value.value is not None for value in values)} values.",
        ),
    )


def _compute(
    project: Project,
    settings: Settings,
    indicators: Mapping[str, Indicator],
    queries: Mapping[str, Query],
    catalogue: Catalogue,
    provisional: frozenset[str],
    warehouse: Warehouse,
) -> tuple[list[Value], list[Status]]:
    breaks = read_reference(project).breaks
    values: list[Value] = []
    statuses: list[Status] = []
    for indicator in indicators.values():
        mine: list[Value] = []
        if indicator.is_measured:
            rows = rows_of(warehouse, queries[indicator.sql_name])
            moving = provisional.intersection(indicator.sources)
            last = max((row.year for row in rows), default=None) if moving else None
            mine = values_of(indicator, rows, breaks, last)
            _refuse_foreign_scopes(queries[indicator.sql_name], indicator, mine)
        values += mine
        statuses.append(status_of(indicator, mine, catalogue, settings))
    return values, statuses


def rows_of(warehouse: Warehouse, query: Query) -> list[Counted]:
    """Run one query. Raises `BadInput` when it lacks a column, gives another type, or repeats its grain."""
    warehouse.bind(query, query.name)
    columns = warehouse.columns(query.name)
    wrong = [column for column in COLUMNS if column not in columns]
    wrong += [column for column in columns if column not in (*COLUMNS, *MAY_BE_ADDED)]
    wrong += [
        column
        for column in ("numerator", "denominator", "year", "sample_size")
        if column in columns and not columns[column].startswith(NUMBERS)
    ]
    if wrong or query.grain != GRAIN:
        raise BadInput(
            Problem(
                query.shown,
                f"An indicator's query gives {', '.join(COLUMNS)}, by {', '.join(GRAIN)}",
                "Mend its `final` and its `-- grain:` line; only missing_code and sample_size may be added.",
                column=wrong[0] if wrong else None,
            )
        )
    names = list(columns)
    rows = []
    seen: set[tuple[str, str, int]] = set()
    for raw in warehouse.rows(query.name, GRAIN, query.shown):
        row = dict(zip(names, raw, strict=True))
        key = (row["scope_level"], row["scope_code"], row["year"])
        if None in key or key in seen:
            raise BadInput(
                Problem(
                    query.shown,
                    "A scope and a year give one row, and neither is empty",
                    "Group in the query, or leave out the rows without a code.",
                    value="/".join(map(str, key)),
                )
            )
        seen.add(key)
        rows.append(
            Counted(
                *key,
                numerator=None if row["numerator"] is None else float(row["numerator"]),
                denominator=None if row["denominator"] is None else float(row["denominator"]),
                origin=row["origin"],
                missing_code=row.get("missing_code"),
                sample_size=None if row.get("sample_size") is None else float(row["sample_size"]),
            )
        )
    return rows


def _provisional_sources(project: Project, catalogue: Catalogue, edition: int) -> frozenset[str]:
    """Return the sources whose newest vintage taken in is provisional at its producer's: their last year may move."""
    provisional = set()
    for source in catalogue.sources.values():
        known = {folder.name for folder in known_folders(project, source, edition)[0]}
        taken = [item for item in source.vintages if item.id in known] or source.vintages
        if max(taken, key=lambda item: (item.published or 0, item.id)).maturity == "provisional":
            provisional.add(source.id)
    return frozenset(provisional)


def _write(
    project: Project, name: str, rows: list[dict[str, Any]], schema: dict[str, Any], grain: Sequence[str]
) -> None:
    write_parquet(table_path(project, name), pl.DataFrame(rows, schema=schema, orient="row"), grain)


def _refuse_strays(project: Project, indicators: Mapping[str, Indicator], queries: Mapping[str, Query]) -> None:
    """Refuse an indicator without its query, and a query without its indicator."""
    wanted = {item.sql_name: item.code for item in indicators.values() if item.is_measured}
    registry = project.shown(project.reference / REGISTRY)
    problems = [
        Problem(
            registry,
            f"Indicator {code} has sources but no query",
            f"Write sql/indicators/{name}.sql, or say under `not_measurable` why there is none, without sources.",
        )
        for name, code in wanted.items()
        if name not in queries
    ]
    problems += [
        Problem(query.shown, "No indicator of the registry has this query", f"Describe it in {registry}.")
        for name, query in queries.items()
        if name not in wanted
    ]
    if problems:
        raise BadInput(problems)


def _refuse_unknown_sources(project: Project, indicators: Mapping[str, Indicator], catalogue: Catalogue) -> None:
    problems = [
        Problem(
            project.shown(project.reference / REGISTRY),
            f"Indicator {item.code} names a dataset that has no sidecar",
            f"Use one of {', '.join(catalogue.sources)}.",
            value=source,
        )
        for item in indicators.values()
        for source in item.sources
        if source not in catalogue.sources
    ]
    if problems:
        raise BadInput(problems)


def _refuse_foreign_scopes(query: Query, indicator: Indicator, values: Sequence[Value]) -> None:
    foreign = sorted({value.scope_level for value in values} - set(indicator.scopes))
    if foreign:
        raise BadInput(
            Problem(
                query.shown,
                f"The registry allows {indicator.code} the scopes {', '.join(indicator.scopes)} only",
                "Mend the query, or the registry.",
                value=", ".join(foreign),
            )
        )
