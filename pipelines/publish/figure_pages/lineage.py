"""What an indicator is computed from, read from the SQL: its query, the tables below it, the columns on the way.

No table is opened: the columns of a mart follow from its SQL, those of a staging table from its sidecar, those of a
list from its first line. Names only, never a count of rows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipelines.kernel.files import write_text
from pipelines.kernel.freshness import Freshness
from pipelines.kernel.sql import Query, in_order, read_queries, tables_below
from pipelines.publish.shelf import Shelf

FILE = "lineage.json"
COMPUTED = ("numerator", "denominator", "value")


@dataclass(frozen=True, slots=True)
class Table:
    """One table below an indicator, what makes it, the tables it is made from (none for what comes from outside)."""

    name: str
    made_by: str
    reads: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lineage:
    """The query of an indicator with its words, the tables below (nearest first), one sentence a column."""

    query: str
    what: str
    caveats: str
    reads: tuple[str, ...]
    tables: tuple[Table, ...]
    columns: tuple[str, ...]


def lineages(shelf: Shelf, freshness: Freshness, generated: Path) -> dict[str, Lineage]:
    """Return indicator → lineage, for those that have a query. Kept beside the pages, since parsing takes longest."""
    project = shelf.project
    lists = sorted(project.reference.glob("ref_*.csv"))
    item = f"{shelf.lang}/{FILE}"
    fingerprint = freshness.fingerprint([project.sql, project.sources, project.reference / "indicators.yml", *lists])
    path = generated / FILE
    if not freshness.is_fresh(item, fingerprint, [path]):
        found = traced(shelf, lists)
        write_text(path, json.dumps({code: asdict(one) for code, one in found.items()}, ensure_ascii=False) + "\n")
        freshness.remember(item, fingerprint)
        return found
    return {code: read(entry) for code, entry in json.loads(path.read_text(encoding="utf-8")).items()}


def read(entry: Mapping[str, Any]) -> Lineage:
    """Return a lineage from its JSON."""
    tables = tuple(Table(item["name"], item["made_by"], tuple(item["reads"])) for item in entry["tables"])
    lists = {name: tuple(entry[name]) for name in ("reads", "columns")}
    return Lineage(entry["query"], entry["what"], entry["caveats"], tables=tables, **lists)


def traced(shelf: Shelf, lists: list[Path]) -> dict[str, Lineage]:
    """Read the lineage of every indicator from the SQL."""
    from pipelines.kernel.column_lineage import Traced, column_steps, given_columns  # sqlglot takes 0.2 s to import

    marts = read_queries(shelf.project, "marts", "mart_*.sql")
    columns: dict[str, list[str]] = {
        table: [*described.columns, "origin"] for table, (_, described) in shelf.catalogue.tables.items()
    }
    columns |= {path.stem: header(path) for path in lists}
    known = Traced()
    for query in in_order(marts):
        columns[query.name] = list(given_columns(query, columns, known))
    found = {}
    for code, query in sorted(read_queries(shelf.project, "indicators", "ind_*.sql").items()):
        given = given_columns(query, columns, known)
        steps = column_steps(query, [name for name in COMPUTED if name in given], marts, columns, known)
        found[code] = Lineage(
            query=query.shown,
            what=query.what,
            caveats=query.caveats,
            reads=tuple(query.reads),
            tables=tuple(told(name, mart) for name, mart in tables_below(query.reads, marts).items()),
            columns=tuple(step.sentence() for step in steps),
        )
    return found


def told(name: str, mart: Query | None) -> Table:
    """Return one table below an indicator with what makes it."""
    if mart is not None:
        return Table(name, mart.shown, tuple(mart.reads))
    if name.startswith("ref_"):
        return Table(name, f"data/reference/{name}.csv", ())
    return Table(name, f"data/sources/{source_of(name)}.yml", ())


def source_of(table: str) -> str:
    """Return the dataset of a staging table."""
    return table.split("_", 1)[1].split("__")[0]


def header(path: Path) -> list[str]:
    """Return the columns of a list."""
    with path.open(encoding="utf-8") as lines:
        return lines.readline().strip().split(",")
