"""Checks written in SQL: for sums to totals, coverage, continuity from one year to the next, golden figures.

`query` gives the rows looked at, `expect` the condition that each must meet (a condition that is null is not met);
without `query`, every row of the suite's table is looked at, and what is shown of a bad one is its key and the columns
that the condition names. Giving the rows looked at, and not the failing ones, is what lets an empty look be told from
a clean one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from pipelines.check.outcome import EXAMPLES, Finding
from pipelines.check.tables import Tables
from pipelines.check.values import plain
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.quoting import literal, quoted

ALLOWED = {"query", "expect", "tolerated"}
NOTHING_SEEN = ("la requête ne rend aucune ligne à examiner", "the query returns no row to look at")


def finding(
    tables: Tables, arguments: Mapping[str, Any], confidential: bool, relation: str, grain: Collection[str] = ()
) -> Finding:
    """Run one SQL check. What DuckDB refuses, or a query that sees nothing, is a finding with the outcome `error`.

    `relation` is the declared table looked at when there is no query, `grain` its key. `tolerated` (default 0) is the
    number of failing rows that still pass. In a confidential table the examples keep years, sites and codes only: a
    small count is not to be read off a quality report.
    """
    fault = _fault(arguments)
    if fault:
        return Finding("error", reason=fault)
    looked_at, failing = _conditions(arguments, relation)
    shown = None if "query" in arguments else {*grain, *re.findall(r"\w+", arguments["expect"])}
    try:
        seen, unexpected = tables.fetch(
            f"{looked_at}\nselect count(*), count(*) filter (where {failing}) from looked_at"
        )[0]
        rows = _examples(tables, looked_at, failing, confidential, shown) if unexpected else []
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


def failing_outside(
    tables: Tables, arguments: Mapping[str, Any], rows: Iterable[Mapping[str, Any]], relation: str
) -> int:
    """Return how many failing rows are none of `rows` (column → value, in the columns that the query gives).

    Raises `BadInput` when the query gives no such column, or when DuckDB cannot compare one with its value.
    """
    looked_at, failing = _conditions(arguments, relation)
    try:
        named = " or ".join(f"({' and '.join(_is(column, value) for column, value in row.items())})" for row in rows)
        count = tables.fetch(f"{looked_at}\nselect count(*) filter (where {failing} and not ({named})) from looked_at")
    except Exception as error:
        said = " ".join(str(error).split())[:120]
        mend = "Name columns that the check selects, with values of their type."
        raise BadInput(Problem("expectations/waivers.yml", f"`only` cannot be read ({said})", mend)) from error
    return int(count[0][0])


def _conditions(arguments: Mapping[str, Any], relation: str) -> tuple[str, str]:
    """Return the rows looked at, as a `with`, and the condition under which one of them fails."""
    query = arguments["query"].strip().rstrip(";") if "query" in arguments else f"select * from {quoted(relation)}"
    return f"with looked_at as (\n{query}\n)", f"not coalesce(({arguments['expect'].strip()}), false)"


def _is(column: str, value: Any) -> str:
    return f"{quoted(column)} is not distinct from {literal(value)}"


def _examples(
    tables: Tables, looked_at: str, failing: str, confidential: bool, among: Collection[str] | None
) -> list[dict[str, Any]]:
    columns = [row[0] for row in tables.fetch(f"describe (\n{looked_at}\nselect * from looked_at\n)")]
    shown = [name for name in columns if not tables.is_personal(name) and (not confidential or _is_key(name))]
    shown = [name for name in shown if among is None or name in among]
    if not shown:
        return []
    listed = ", ".join(quoted(name) for name in shown)
    return tables.records(
        f"{looked_at}\nselect distinct {listed} from looked_at where {failing} order by all limit {EXAMPLES}"
    )


def _fault(arguments: Mapping[str, Any]) -> tuple[str, str] | None:
    unknown = sorted(set(arguments) - ALLOWED)
    if unknown:
        names = ", ".join(unknown)
        return f"argument inconnu : {names}", f"unknown argument: {names}"
    for name in sorted({"expect", *({"query"} & set(arguments))}):
        if not isinstance(arguments.get(name), str) or not arguments[name].strip():
            return f"l'argument {name} manque", f"the argument {name} is missing"
    return None


def _is_key(name: str) -> bool:
    return name in {"year", "source_id", "months_after"} or name.endswith("_code")
