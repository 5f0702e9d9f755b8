"""Expectations that judge row by row, said in SQL: which rows they consider, and which of these break them.

DuckDB counts with these conditions what Great Expectations then judges, and the quarantine picks its rows with them:
a row cannot break a check in one place and keep it in the other. They mean what GX means on a pandas frame (a NaN is
no value, `match_regex` searches anywhere); where DuckDB would compare otherwise, as texts with numbers, there is no
rule, and the caller takes GX's own way.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.kernel.quoting import literal, quoted

IN_SET = "expect_column_values_to_be_in_set"
BETWEEN = "expect_column_values_to_be_between"
FILLED = "expect_column_values_to_not_be_null"
REGEX = "expect_column_values_to_match_regex"
PAIR = "expect_column_pair_values_a_to_be_greater_than_b"

ROW_TYPES = (IN_SET, BETWEEN, FILLED, REGEX, PAIR)
"""The types of Great Expectations for which one row alone says whether it breaks the check."""

ARGUMENTS: dict[str, frozenset[str]] = {
    IN_SET: frozenset({"column", "value_set", "mostly"}),
    BETWEEN: frozenset({"column", "min_value", "max_value", "strict_min", "strict_max", "mostly"}),
    FILLED: frozenset({"column", "mostly"}),
    REGEX: frozenset({"column", "regex", "mostly"}),
    PAIR: frozenset({"column_A", "column_B", "or_equal", "ignore_row_if", "mostly"}),
}
"""What each may be given: anything else (`row_condition`, say) is left to GX itself."""

NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT",
           "FLOAT", "DOUBLE", "DECIMAL")  # fmt: skip
FLOATS = ("FLOAT", "DOUBLE")


@dataclass(frozen=True, slots=True)
class RowRule:
    """Two SQL conditions over the columns of a table: `considered` rows are judged, `broken` ones break the rule.

    `broken` implies `considered`, and neither is ever null.
    """

    considered: str
    broken: str


def rule_of(kind: str, arguments: Mapping[str, Any], types: Mapping[str, str]) -> RowRule | None:
    """Return the rule of an expectation; `None` when DuckDB cannot judge it as Great Expectations does.

    `arguments` are its keyword arguments with code lists filled in, `types` the DuckDB types of the table's columns.
    """
    columns = [arguments[key] for key in ("column", "column_A", "column_B") if key in arguments]
    if kind not in ROW_TYPES or set(arguments) - ARGUMENTS[kind] or any(name not in types for name in columns):
        return None
    if kind == PAIR:
        return _pair(arguments, types)
    column = arguments["column"]
    missing = missing_in(column, types[column])
    if kind == FILLED:
        return RowRule("true", missing)
    broken = {IN_SET: _not_in_set, BETWEEN: _not_between, REGEX: _not_matching}[kind](arguments, types[column])
    return RowRule(f"not {missing}", f"(not {missing} and {broken})") if broken else None


def missing_in(column: str, dtype: str) -> str:
    """Return the condition under which a column has no value: null, or no number."""
    name = quoted(column)
    if dtype not in FLOATS:
        return f"({name} is null)"
    # Not isnan(): DuckDB answers it from the bounds that Parquet keeps of a column, which leave NaN out.
    return f"({name} is null or (not isfinite({name}) and not isinf({name})))"


def family(dtype: str) -> str:
    """Return what values of a DuckDB type may be compared with: number, text, truth, day; empty for other types."""
    if dtype.startswith(NUMBERS):
        return "number"
    return {"VARCHAR": "text", "BOOLEAN": "truth", "DATE": "day"}.get(dtype, "")


def all_of(values: Any, kind: str) -> bool:
    """Say whether values (a non-empty list) are all of one family."""
    return isinstance(values, Sequence) and len(values) > 0 and all(_family_of(value) == kind for value in values)


def _family_of(value: Any) -> str:
    if isinstance(value, bool):
        return "truth"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return "day"
    return "text" if isinstance(value, str) else ""


def _not_in_set(arguments: Mapping[str, Any], dtype: str) -> str | None:
    values = arguments.get("value_set")
    if isinstance(values, str) or not all_of(values, family(dtype)):
        return None
    return f"{quoted(arguments['column'])} not in ({', '.join(literal(value) for value in values or ())})"


def _not_between(arguments: Mapping[str, Any], dtype: str) -> str | None:
    low, high = arguments.get("min_value"), arguments.get("max_value")
    bounds = [value for value in (low, high) if value is not None]
    # Of numbers alone: GX reads a day in more ways than one.
    if family(dtype) != "number" or not all_of(bounds, "number"):
        return None
    name = quoted(arguments["column"])
    outside = []
    if low is not None:
        outside.append(f"{name} {'<=' if arguments.get('strict_min') else '<'} {literal(low)}")
    if high is not None:
        outside.append(f"{name} {'>=' if arguments.get('strict_max') else '>'} {literal(high)}")
    return f"({' or '.join(outside)})"


def _not_matching(arguments: Mapping[str, Any], dtype: str) -> str | None:
    if dtype != "VARCHAR" or not isinstance(arguments.get("regex"), str):
        return None
    return f"not regexp_matches({quoted(arguments['column'])}, {literal(arguments['regex'])})"


def _pair(arguments: Mapping[str, Any], types: Mapping[str, str]) -> RowRule | None:
    first, second = arguments["column_A"], arguments["column_B"]
    if family(types[first]) != family(types[second]) or family(types[first]) not in ("number", "day"):
        return None
    lacks = [missing_in(name, types[name]) for name in (first, second)]
    ignored = {
        "either_value_is_missing": f"({lacks[0]} or {lacks[1]})",
        "both_values_are_missing": f"({lacks[0]} and {lacks[1]})",
        "neither": "false",
    }.get(arguments.get("ignore_row_if", "both_values_are_missing"))
    if ignored is None:
        return None
    holds = f"{quoted(first)} {'>=' if arguments.get('or_equal') else '>'} {quoted(second)}"
    # A missing value compares with nothing: such a row, when it is considered, breaks the rule.
    return RowRule(f"not {ignored}", f"(not {ignored} and ({lacks[0]} or {lacks[1]} or not {holds}))")
