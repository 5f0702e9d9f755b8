"""Which columns a column is computed from, query by query down to the staging tables, read from the SQL by sqlglot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.kernel.sql import Query

if TYPE_CHECKING:  # sqlglot takes 0.2 s to import
    from sqlglot import exp

Columns = Mapping[str, Sequence[str]]
"""Table → its columns, for every table a query reads."""


ROWS = "*"
"""Stands for no column but for the rows themselves, when they are what is counted."""


@dataclass(frozen=True, slots=True)
class Step:
    """One column of one query, and the columns it is computed from; `rows` names tables of which rows are counted."""

    table: str
    column: str
    sources: tuple[tuple[str, str], ...]
    rows: tuple[str, ...]

    def sentence(self) -> str:
        """Return the step as a line: `mart_mobility__register.students_count ← rows of mart_student__year`."""
        said = [f"{table}.{column}" for table, column in self.sources] + [f"rows of {table}" for table in self.rows]
        whose = f"rows of {self.table}" if self.column == ROWS else f"{self.table}.{self.column}"
        return f"{whose} ← {', '.join(said)}"


def column_steps(query: Query, wanted: Sequence[str], marts: Mapping[str, Query], columns: Columns) -> tuple[Step, ...]:
    """Return the steps below the columns `wanted` of a query, nearest first, each once.

    `columns` names those of every table below. Raises `ValueError` when sqlglot cannot place a column that the query
    is known to give: a lineage with a hole would be worse than none.
    """
    found: dict[tuple[str, str], Step] = {}
    spelt_out: dict[str, exp.Query] = {}
    waiting = [(query, column) for column in wanted]
    while waiting:
        here, column = waiting.pop(0)
        if (here.name, column) in found:
            continue
        if column == ROWS:
            found[here.name, ROWS] = Step(here.name, ROWS, (), tuple(sorted(here.reads)))
            waiting += [(marts[table], ROWS) for table in here.reads if table in marts]
            continue
        if here.name not in spelt_out:
            spelt_out[here.name] = _spelt_out(here, columns)
        step = _step(here, column, spelt_out[here.name])
        found[here.name, column] = step
        waiting += [(marts[table], source) for table, source in step.sources if table in marts]
        waiting += [(marts[table], ROWS) for table in step.rows if table in marts]
    return tuple(found.values())


def given_columns(query: Query, columns: Columns) -> tuple[str, ...]:
    """Return the columns that a query gives, in order, its stars spelt out."""
    return tuple(_spelt_out(query, columns).named_selects)


def _spelt_out(query: Query, columns: Columns) -> exp.Query:
    """Return the query with its stars spelt out, and the sides of each `union by name` in one order.

    sqlglot's lineage goes through the sides of a union by place, whatever they are called.
    """
    from sqlglot import exp, parse_one
    from sqlglot.optimizer.qualify import qualify

    schema = {table: dict.fromkeys(columns[table], "text") for table in query.reads}
    whole = qualify(parse_one(query.text, dialect="duckdb"), schema=schema, dialect="duckdb")
    for union in whole.find_all(exp.Union):
        if not union.args.get("by_name") or isinstance(union.parent, exp.Union):
            continue
        sides = [side for side in union.find_all(exp.Select) if _outermost_union(side) is union]
        names = list(dict.fromkeys(name for side in sides for name in side.named_selects))
        for side in sides:
            given = {item.alias_or_name: item for item in side.expressions}
            side.set("expressions", [given.get(name, exp.alias_(exp.null(), name)) for name in names])
        for part in union.find_all(exp.Union):
            if _outermost_union(part) is union or part is union:
                part.set("by_name", False)
    assert isinstance(whole, exp.Query)
    return whole


def _outermost_union(node: exp.Expression) -> exp.Expression | None:
    """Return the union of which a query is a side, directly or through other unions; None when it is no side."""
    from sqlglot import exp

    found = None
    while isinstance(node.parent, exp.Union):
        found = node = node.parent
    return found


def _step(query: Query, column: str, spelt_out: exp.Query) -> Step:
    from sqlglot import exp
    from sqlglot.errors import SqlglotError
    from sqlglot.lineage import lineage

    try:
        node = lineage(column, spelt_out, schema={}, dialect="duckdb")  # the stars are spelt out: none is needed
    except (SqlglotError, ValueError) as error:
        raise ValueError(f"{query.shown}: the column {column} cannot be traced: {error}") from error
    sources, counted = set(), set()
    for below in node.walk():
        if isinstance(below.source, exp.Table):
            sources.add((below.source.name, below.name.split(".")[-1].strip('"')))
        elif not below.downstream:
            counted |= {table.name for table in below.source.find_all(exp.Table) if table.name in query.reads}
    if not sources and not counted:
        counted = set(query.reads)
    return Step(query.name, column, tuple(sorted(sources)), tuple(sorted(counted)))
