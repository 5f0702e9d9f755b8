"""Which columns a column is computed from, query by query down to the staging tables, read from the SQL by sqlglot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipelines.kernel.sql import Query

if TYPE_CHECKING:  # sqlglot takes 0.2 s to import
    from sqlglot import exp
    from sqlglot.optimizer.scope import Scope

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


@dataclass(slots=True)
class Traced:
    """What was read already, so that many figures drawn from the same marts have them read once.

    Good for one set of queries and columns: both are taken for the same from one call to the next.
    """

    spelt_out: dict[str, exp.Query] = field(default_factory=dict)
    scopes: dict[str, Scope] = field(default_factory=dict)
    steps: dict[tuple[str, str], Step] = field(default_factory=dict)


def column_steps(
    query: Query, wanted: Sequence[str], marts: Mapping[str, Query], columns: Columns, traced: Traced | None = None
) -> tuple[Step, ...]:
    """Return the steps below the columns `wanted` of a query, nearest first, each once.

    `columns` names those of every table below. Raises `ValueError` when sqlglot cannot place a column that the query
    is known to give: a lineage with a hole would be worse than none.
    """
    traced = traced or Traced()
    found: dict[tuple[str, str], Step] = {}
    waiting = [(query, column) for column in wanted]
    while waiting:
        here, column = waiting.pop(0)
        if (here.name, column) in found:
            continue
        if column == ROWS:
            found[here.name, ROWS] = Step(here.name, ROWS, (), tuple(sorted(here.reads)))
            waiting += [(marts[table], ROWS) for table in here.reads if table in marts]
            continue
        if (here.name, column) not in traced.steps:
            traced.steps[here.name, column] = _step(here, column, columns, traced)
        step = traced.steps[here.name, column]
        found[here.name, column] = step
        waiting += [(marts[table], source) for table, source in step.sources if table in marts]
        waiting += [(marts[table], ROWS) for table in step.rows if table in marts]
    return tuple(found.values())


def given_columns(query: Query, columns: Columns, traced: Traced | None = None) -> tuple[str, ...]:
    """Return the columns that a query gives, in order, its stars spelt out."""
    return tuple(_known(query, columns, traced or Traced()).named_selects)


def _known(query: Query, columns: Columns, traced: Traced) -> exp.Query:
    if query.name not in traced.spelt_out:
        traced.spelt_out[query.name] = _spelt_out(query, columns)
    return traced.spelt_out[query.name]


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


def _step(query: Query, column: str, columns: Columns, traced: Traced) -> Step:
    from sqlglot import exp
    from sqlglot.errors import SqlglotError
    from sqlglot.lineage import lineage
    from sqlglot.optimizer.scope import build_scope

    spelt_out = _known(query, columns, traced)
    try:
        if query.name not in traced.scopes:
            scope = build_scope(spelt_out)
            assert scope is not None, "a query has a scope"
            traced.scopes[query.name] = scope
        # The stars are spelt out, so no schema is needed; nothing below changes the query, so none of it is copied.
        node = lineage(
            column, spelt_out, schema={}, dialect="duckdb", scope=traced.scopes[query.name], copy=False,
            trim_selects=False,
        )  # fmt: skip
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
