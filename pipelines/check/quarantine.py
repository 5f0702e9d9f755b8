"""Put aside the rows that break a critical check whose suite says that the others can be used.

A check says so with `quarantine: {max_share: …}`: up to that share of the table's rows is written to
`data/quarantine/<table>.parquet` with the checks each row breaks, and left out wherever staging is read. More than that
is a fault of the file and no longer of single rows: nothing is put aside for that check, and it stops the run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pipelines.check.rows import family, rule_of
from pipelines.check.suites import SQL, Expectation, Suite
from pipelines.check.tables import Tables
from pipelines.kernel.files import PARQUET, replacing
from pipelines.kernel.project import Project
from pipelines.kernel.quarantine import REASON, quarantine_path

Filled = Callable[[Suite, Expectation], Mapping[str, Any]]
"""Gives the arguments of an expectation with its code lists in; raises as `engine.filled` does."""


def put_aside(project: Project, tables: Tables, suites: Iterable[Suite], filled: Filled) -> None:
    """Write the quarantine of every staging table, and remove what is no longer quarantined.

    The same tables and suites give the same bytes. Rows are those of the staging files. A table whose tokens are text
    puts nothing aside: an identifier that staging let through stops the run where it is, and is not copied.
    """
    project.quarantine.mkdir(parents=True, exist_ok=True)
    written = {suite.table for suite in suites if _written(project, tables, suite, filled)}
    for path in sorted(project.quarantine.glob("*.parquet")):
        if path.stem not in written:
            path.unlink()


def _written(project: Project, tables: Tables, suite: Suite, filled: Filled) -> bool:
    """Write the quarantine of one table; say whether it has one."""
    asking = [item for item in suite.expectations if item.quarantine is not None]
    if not asking or not tables.path(suite.table).exists():
        return False
    source = tables.file(suite.table)
    # Code lists that a condition may name. Other staging tables are not to be seen before their own bad rows are aside.
    tables.declare(name for name in suite.tables_read if name.startswith("ref_") and tables.path(name).exists())
    types = tables.types_of(f"select * from {source}")
    total = int(tables.fetch(f"select count(*) from {source}")[0][0])
    if any(name.endswith("_token") and family(dtype) == "text" for name, dtype in types.items()):
        return False
    broken: dict[str, str] = {}
    for item in asking:
        condition = _broken(suite, item, types, filled)
        count = _count(tables, source, condition) if condition else 0
        if condition and item.quarantine is not None and 0 < count <= item.quarantine.max_share * total:
            broken[item.id] = condition
    if not broken:
        return False
    reasons = ", ".join(f"case when {condition} then '{name}' end" for name, condition in sorted(broken.items()))
    with replacing(quarantine_path(project, suite.table)) as part:
        tables.connection.execute(
            f"copy (select *, concat_ws(', ', {reasons}) as {REASON} from {source} "
            f"where {' or '.join(broken.values())} order by all) to '{part.as_posix()}' ({PARQUET})"
        )
    return True


def _broken(suite: Suite, item: Expectation, types: Mapping[str, str], filled: Filled) -> str | None:
    """Return the condition under which a row breaks a check, `None` when there is no saying.

    That is no silence: a check whose code list or column is missing is an error when it is run, and stops.
    """
    if item.type == SQL:
        return f"not coalesce(({item.kwargs.get('expect')}), false)"
    try:
        rule = rule_of(item.type, filled(suite, item), types)
    except (FileNotFoundError, LookupError, ValueError):
        return None
    return rule.broken if rule else None


def _count(tables: Tables, source: str, condition: str) -> int:
    """Return how many rows meet a condition; 0 when DuckDB refuses it, as it will refuse the check itself."""
    import duckdb

    try:
        return int(tables.fetch(f"select count(*) from {source} where {condition}")[0][0])
    except duckdb.Error:
        return 0
