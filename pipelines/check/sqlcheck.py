"""Checks written in SQL: for sums to totals, coverage, continuity from one year to the next, golden figures.

`query` gives the rows looked at, `expect` the condition that each must meet (a condition that is null is not met).
Giving the rows looked at, and not the failing ones, is what lets an empty look be told from a clean one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pipelines.check.outcome import EXAMPLES, Finding
from pipelines.check.tables import Tables
from pipelines.check.values import plain
from pipelines.kernel.problems import BadInput, Problem

ALLOWED = {"query", "expect", "tolerated"}
NOTHING_SEEN = ("la requête ne rend aucune ligne à examiner", "the query returns no row to look at")


def finding(tables: Tables, arguments: Mapping[str, Any], confidential: bool) -> Finding:
    """Run one SQL check. What DuckDB refuses, or a query that sees nothing, is a finding with the outcome `error`.

    `tolerated` (default 0) is the number of failing rows that still pass. In a confidential table the examples keep
    years, sites and codes only: a small count is not to be read off a quality report.
    """
    fault = _fault(arguments)
    if fault:
        return Finding("error", reason=fault)
    looked_at = f"with looked_at as (\n{arguments['query'].strip().rstrip(';')}\n)"
    failing = f"not coalesce(({arguments['expect'].strip()}), false)"
    try:
        seen, unexpected = tables.fetch(
            f"{looked_at}\nselect count(*), count(*) filter (where {failing}) from looked_at"
        )[0]
        rows = _examples(tables, looked_at, failing, confidential) if unexpected else []
    except Exception as error:  # DuckDB's own message names the place in the query
        said = " ".join(str(error).split())[:200]
        return Finding("error", reason=(f"la requête a échoué ({said})", f"the query failed ({said})"))
    if seen == 0:
        return Finding("error", reason=NOTHING_SEEN)
    return Finding(
        "pass" if unexpected <= int(arguments.get("tolerated", 0)) else "fail",
        seen=int(seen),
        unexpected=int(unexpected),
        examples=tuple(plain(row) for row in rows),
    )


def failing_outside(tables: Tables, arguments: Mapping[str, Any], rows: Iterable[Mapping[str, Any]]) -> int:
    """Return how many failing rows are none of `rows` (column → value, in the columns that the query gives).

    Raises `BadInput` when the query gives no such column, or when DuckDB cannot compare one with its value.
    """
    named = " or ".join(
        "(" + " and ".join(f"{_quoted(column)} is not distinct from {_literal(value)}" for column, value in row.items())
        + ")"
        for row in rows
    )  # fmt: skip
    looked_at = f"with looked_at as (\n{arguments['query'].strip().rstrip(';')}\n)"
    failing = f"not coalesce(({arguments['expect'].strip()}), false)"
    try:
        count = tables.fetch(f"{looked_at}\nselect count(*) filter (where {failing} and not ({named})) from looked_at")
    except Exception as error:
        said = " ".join(str(error).split())[:120]
        mend = "Name columns that the check selects, with values of their type."
        raise BadInput(Problem("expectations/waivers.yml", f"`only` cannot be read ({said})", mend)) from error
    return int(count[0][0])


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _examples(tables: Tables, looked_at: str, failing: str, confidential: bool) -> list[dict[str, Any]]:
    columns = [row[0] for row in tables.fetch(f"describe (\n{looked_at}\nselect * from looked_at\n)")]
    shown = [name for name in columns if not tables.is_personal(name) and (not confidential or _is_key(name))]
    if not shown:
        return []
    listed = ", ".join(map(_quoted, shown))
    return tables.records(
        f"{looked_at}\nselect distinct {listed} from looked_at where {failing} order by all limit {EXAMPLES}"
    )


def _fault(arguments: Mapping[str, Any]) -> tuple[str, str] | None:
    unknown = sorted(set(arguments) - ALLOWED)
    if unknown:
        names = ", ".join(unknown)
        return f"argument inconnu : {names}", f"unknown argument: {names}"
    for name in ("query", "expect"):
        if not isinstance(arguments.get(name), str) or not arguments[name].strip():
            return f"l'argument {name} manque", f"the argument {name} is missing"
    return None


def _is_key(name: str) -> bool:
    return name in {"year", "source_id", "months_after"} or name.endswith("_code")
