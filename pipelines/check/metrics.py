"""What Great Expectations asks of a table, answered by DuckDB: counts column by column, and a few offending values.

GX says by name which figures an expectation needs (`column_values.in_set.unexpected_count`); they are counted here,
all those of a table in one pass over its columns, and no table becomes a pandas frame. Values of a column that
identifies a person are counted and never fetched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipelines.check import rows
from pipelines.check.rows import FLOATS, all_of, family, missing_in
from pipelines.check.suites import COLUMNS, ROWS, UNIQUE, UNIQUE_TOGETHER, Expectation
from pipelines.kernel.quoting import literal, quoted

if TYPE_CHECKING:
    from pipelines.check.tables import Tables

SHOWN = 20
"""Offending values that are fetched; fewer different ones are shown."""

CONTAINS = "expect_column_distinct_values_to_contain_set"

AGGREGATES = {
    "expect_column_max_to_be_between": ("column.max", "max"),
    "expect_column_min_to_be_between": ("column.min", "min"),
    "expect_column_sum_to_be_between": ("column.sum", "sum"),
    "expect_column_mean_to_be_between": ("column.mean", "avg"),
}
"""Type → GX's metric and DuckDB's function, for columns of numbers."""

MAPS = {
    rows.IN_SET: "column_values.in_set",
    rows.BETWEEN: "column_values.between",
    rows.FILLED: "column_values.nonnull",
    rows.REGEX: "column_values.match_regex",
    rows.PAIR: "column_pair_values.a_greater_than_b",
    UNIQUE: "column_values.unique",
    UNIQUE_TOGETHER: "compound_columns.unique",
}
"""Type → what the names of GX's metrics begin with, for checks that count the rows that break them."""

UNIQUE_ARGUMENTS = frozenset({"column", "column_list", "mostly"})


@dataclass(slots=True)
class Answer:
    """The figures for one expectation: GX's name of a metric → value; `seen` is how many rows could be judged.

    `metrics` is `None` when DuckDB has no figures for this type, these arguments or the type of the column.
    """

    seen: int
    metrics: dict[str, Any] | None = None


@dataclass(slots=True)
class _Counts:
    """Counts to be taken in one pass: SQL expression → place in the row that comes back."""

    places: dict[str, int] = field(default_factory=dict)
    row: Sequence[Any] = ()

    def ask(self, expression: str) -> None:
        self.places.setdefault(expression, len(self.places))

    def take(self, tables: Tables, relation: str) -> None:
        self.row = tables.fetch(f"select {', '.join(self.places)} from {quoted(relation)}")[0]

    def __getitem__(self, expression: str) -> Any:
        return self.row[self.places[expression]]


def answers(
    tables: Tables, relation: str, items: Sequence[Expectation], arguments: Mapping[str, Mapping[str, Any]]
) -> dict[str, Answer]:
    """Return expectation id → figures, for expectations whose columns the relation has.

    Raises `duckdb.Error` when DuckDB refuses one of the conditions, an invalid regular expression for instance.
    """
    types = tables.types(relation)
    counts = _Counts()
    counts.ask("count(*)")
    asked = {item.id: _asked(item, arguments[item.id], types) for item in items}
    for expressions in asked.values():
        for expression in expressions.values():
            counts.ask(expression)
    counts.take(tables, relation)
    found = {}
    for item in items:
        taken = {name: counts[expression] for name, expression in asked[item.id].items()}
        answer = Answer(seen=int(taken.get("seen", counts["count(*)"])))
        if answer.seen:
            answer.metrics = _metrics(tables, relation, item, arguments[item.id], types, taken, int(counts["count(*)"]))
        found[item.id] = answer
    return found


def _asked(item: Expectation, arguments: Mapping[str, Any], types: Mapping[str, str]) -> dict[str, str]:
    """Return what has to be counted for one expectation: name here → SQL expression."""
    asked: dict[str, str] = {}
    if item.columns:
        lacks = [missing_in(name, types[name]) for name in item.columns]
        needs_all = arguments.get("ignore_row_if", "") in ("either_value_is_missing", "any_value_is_missing")
        # The number of rows that have something to be judged, whatever GX says it has seen; none, where a pair has a
        # column without a single value.
        asked["seen"] = f"count(*) filter (where not ({(' or ' if needs_all else ' and ').join(lacks)}))"
        if item.type == rows.PAIR:
            asked["seen"] = f"if({' or '.join(f'bool_and({one})' for one in lacks)}, 0, {asked['seen']})"
    rule = rows.rule_of(item.type, arguments, types)
    if rule is not None:
        asked["considered"] = f"count(*) filter (where {rule.considered})"
        asked["broken"] = f"count(*) filter (where {rule.broken})"
    if item.type in AGGREGATES and family(types[arguments["column"]]) == "number":
        asked["aggregate"] = f"{AGGREGATES[item.type][1]}({quoted(arguments['column'])})"
    return asked


def _metrics(
    tables: Tables,
    relation: str,
    item: Expectation,
    arguments: Mapping[str, Any],
    types: Mapping[str, str],
    taken: Mapping[str, Any],
    total: int,
) -> dict[str, Any] | None:
    if item.type == COLUMNS:
        return {"table.columns": list(types)}
    if item.type == ROWS:
        return {"table.row_count": total}
    if "aggregate" in taken:
        return {AGGREGATES[item.type][0]: taken["aggregate"]}
    if item.type == CONTAINS:
        return _contains(tables, relation, arguments, types)
    if "broken" in taken:
        rule = rows.rule_of(item.type, arguments, types)
        considered, broken = int(taken["considered"]), int(taken["broken"])
        values = _offending(tables, relation, item, rule.broken) if broken and rule else []
    elif item.type in (UNIQUE, UNIQUE_TOGETHER) and not set(arguments) - UNIQUE_ARGUMENTS:
        considered = int(taken["seen"])
        broken, values = _doubled(tables, relation, item, types)
    else:
        return None
    name = MAPS[item.type]
    filled = {"column_values.nonnull.unexpected_count": total - int(taken["seen"])} if len(item.columns) == 1 else {}
    return {
        "table.row_count": total,
        f"{name}.filtered_row_count": considered,
        f"{name}.unexpected_count": broken,
        f"{name}.unexpected_values": values,
        **filled,
    }


def _offending(tables: Tables, relation: str, item: Expectation, broken: str) -> list[Any]:
    """Return the first offending values in the order of the table: values of a column, tuples of several."""
    if item.type == rows.FILLED or _is_personal(tables, item):
        return []
    listed = ", ".join(quoted(name) for name in item.columns)
    found = tables.fetch(f"select {listed} from {quoted(relation)} where {broken} limit {SHOWN}")
    return [row[0] for row in found] if len(item.columns) == 1 else list(found)


def _doubled(tables: Tables, relation: str, item: Expectation, types: Mapping[str, str]) -> tuple[int, list[Any]]:
    """Return how many rows share their key with another, and some of the keys, sorted. Rows without any key are left.

    Hashes first: grouping by them takes a fraction of the memory, and no two keys share one, as a rule.
    """
    lacks = {name: missing_in(name, types[name]) for name in item.columns}
    listed = ", ".join(quoted(name) for name in item.columns)
    keys = ", ".join(
        f"if({lacks[name]}, null, {quoted(name)}) as {quoted(name)}" if types[name] in FLOATS else quoted(name)
        for name in item.columns
    )
    source = f"from (select {keys} from {quoted(relation)} where not ({' and '.join(lacks.values())}))"
    if not tables.fetch(f"select 1 {source} group by hash({listed}) having count(*) > 1 limit 1"):
        return 0, []
    groups = f"select {listed}, count(*) as n {source} group by {listed} having count(*) > 1"
    doubled = int(tables.fetch(f"select coalesce(sum(n), 0) from ({groups})")[0][0])
    if not doubled or _is_personal(tables, item):
        return doubled, []
    found = tables.fetch(f"select {listed} from ({groups}) order by all limit {SHOWN}")
    if len(item.columns) == 1:
        return doubled, [row[0] for row in found]
    return doubled, [dict(zip(item.columns, row, strict=True)) for row in found]


def _contains(
    tables: Tables, relation: str, arguments: Mapping[str, Any], types: Mapping[str, str]
) -> dict[str, Any] | None:
    column, values = arguments["column"], arguments.get("value_set")
    if set(arguments) != {"column", "value_set"} or isinstance(values, str):
        return None
    if not all_of(values, family(types[column])):
        return None
    wanted = ", ".join(literal(value) for value in values or ())
    there = {row[0] for row in tables.fetch(
        f"select distinct {quoted(column)} from {quoted(relation)} where {quoted(column)} in ({wanted})"
    )}  # fmt: skip
    missing = [value for value in dict.fromkeys(values or ()) if value not in there]
    name = "column.distinct_values.missing_from_column"
    return {f"{name}.count": len(missing), name: missing}


def _is_personal(tables: Tables, item: Expectation) -> bool:
    return any(tables.is_personal(name) for name in item.columns)
