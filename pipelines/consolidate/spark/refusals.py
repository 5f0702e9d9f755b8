"""What DuckDB and Spark are known to compute alike, and the refusal of everything else.

sqlglot writes Spark for nearly anything, and says nothing where the two engines differ: `regexp_replace` replaces one
match in DuckDB and all in Spark, a decimal cast to an integer is rounded in one and cut in the other. So the list is
of what may be written, not of what may not: each construct of it is run on both engines by a test.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.sql import Query

_ALIKE = """
    Identifier Column Alias TableAlias Literal Table Select From Ordered CTE DataType DataTypeParam Where Order Group
    With Null Tuple Join GroupingSets Filter Star Distinct Boolean Union Subquery Window Having WindowSpec Qualify Case
    If Paren Var Neg
    EQ NEQ GT GTE LT LTE And Or Not Is In Between Like Exists Add Sub Mul Div
    Cast Coalesce Nullif Greatest Least Abs Lower Upper ConcatWs RegexpLike DateFromParts Year Month Day DateDiff
    Sum Max Min Count LogicalOr LogicalAnd ArgMax ArgMin Grouping
    RowNumber Rank DenseRank FirstValue Lag Lead
"""
ALIKE = frozenset(_ALIKE.split())
"""sqlglot's names of the constructs that give the same on both engines, as they stand or once rewritten."""

ALIKE_BY_NAME = frozenset({"getvariable", "hash"})
"""Functions that sqlglot has no name for; both are rewritten."""

DIFFERENCES = {
    "RegexpReplace": ("regexp_replace", "DuckDB replaces the first match, Spark all of them."),
    "DayOfWeek": ("dayofweek", "DuckDB counts days of the week from 0, Spark from 1."),
    "Substring": ("substr", "Places before the first are counted differently."),
    "GenerateSeries": ("generate_series", "Spark goes down by itself where DuckDB gives no row."),
    "Explode": ("unnest", "Spark takes one unnest in a select: cross join a CTE of one row a value."),
    "Array": ("[", "Lists are unrolled differently: cross join a CTE of one row a value."),
    "Pow": ("pow", "Two libraries round it differently: multiply."),
    "IntDiv": ("//", "Halves of negative numbers fall to different sides."),
    "Mod": ("%", "Remainders of what is not whole have other types."),
    "DPipe": ("||", "Text is joined by concat_ws."),
    "GroupConcat": ("string_agg", "The order of a list of text is not the same twice."),
    "ArrayAgg": ("list", "The order of a list is not the same twice."),
    "Avg": ("avg", "Averages of floats depend on their order: sum decimals, then divide."),
    "Median": ("median", "Spark interpolates in another way: rank the rows."),
    "PercentileCont": ("quantile_cont", "Spark has no quantile_cont: rank the rows."),
    "Pivot": ("pivot", "Spark does not find the columns by itself: write one aggregate a column."),
    "Columns": ("columns", "Spark has no columns(): name them."),
    "TryCast": ("try_cast", "Text is read while staging, with a line for each cell that is wrong."),
    "AnyValue": ("any_value", "Any row is not the same row twice: take max or min."),
    "First": ("first", "Any row is not the same row twice: take max or min."),
    "Limit": ("limit", "Which rows come first is not the same twice: number them, and keep the first."),
    "strip_accents": ("strip_accents", "Spark has no strip_accents: normalise while staging."),
    "try_strptime": ("try_strptime", "Spark has no try_strptime: dates are read while staging."),
}
"""sqlglot's name → the word in DuckDB's SQL and what to say of it, for those one is likely to reach for."""

UNTRIED = "No test holds that both engines give the same: write it otherwise, or add it to the tests and the list."

_CASTS = {
    "TINYINT SMALLINT INT BIGINT": "TINYINT SMALLINT INT BIGINT DOUBLE DECIMAL",
    "DECIMAL": "DECIMAL DOUBLE INT BIGINT",
    "DOUBLE": "DOUBLE DECIMAL INT BIGINT",
    "BOOLEAN": "BOOLEAN INT BIGINT",
    "TEXT VARCHAR": "TEXT VARCHAR",
    "DATE": "DATE",
}
_SAME_CAST = {origin: set(aims.split()) for origins, aims in _CASTS.items() for origin in origins.split()}


def refuse_words(query: Query, tree: Any) -> None:
    """Raise `BadInput`, one line a construct, when a query has one that is not known to be said alike.

    `tree` is the query as sqlglot reads it.
    """
    _refuse(query, _unlike_words(tree))


def refuse_types(query: Query, tree: Any) -> None:
    """Raise `BadInput`, one line a construct, when one is not alike for the types it is given.

    `tree` is the query with its columns qualified and its types annotated.
    """
    _refuse(query, _unlike_types(tree))


def _refuse(query: Query, found: Iterator[tuple[str, str]]) -> None:
    problems = [
        Problem(
            query.shown,
            "Spark does not say this as DuckDB does",
            why,
            row=_line_of(construct, query.text),
            value=construct,
        )
        for construct, why in dict.fromkeys(found)
    ]
    if problems:
        raise BadInput(problems)


def _unlike_words(tree: Any) -> Iterator[tuple[str, str]]:
    """Give each construct that may not be written, and why or what to write."""
    from sqlglot import exp

    for node in tree.walk():
        kind = type(node).__name__
        if isinstance(node, exp.Anonymous):
            if node.name.lower() not in ALIKE_BY_NAME:
                yield DIFFERENCES.get(node.name.lower(), (node.name.lower(), UNTRIED))
        elif kind not in ALIKE:
            yield DIFFERENCES.get(kind, (_word(node), UNTRIED))
        elif isinstance(node, exp.Union) and node.args.get("by_name"):
            yield "by name", "Spark puts columns together by place: name them, in one order."
        elif isinstance(node, exp.Join) and node.method:
            yield node.method.lower(), "Spark has no such join."
        elif isinstance(node, exp.With) and node.recursive:
            yield "recursive", UNTRIED
        elif isinstance(node, exp.Distinct) and node.args.get("on"):
            yield "distinct on", "Which row is kept is not the same twice: number the rows, and keep the first."
        elif isinstance(node, exp.DateDiff) and str(node.args.get("unit") or "").upper() != "DAY":
            yield "date_diff", "Months and years are counted differently: only 'day' is alike."
        elif isinstance(node, exp.Like) and (not node.expression.is_string or "\\" in node.expression.name):
            yield "like", "A backslash escapes in Spark: give a pattern without one."
        elif isinstance(node, exp.RegexpLike) and node.expression.is_string:
            if why := unlike_pattern(node.expression.name):
                yield "regexp_matches", why
        elif isinstance(node, exp.RegexpLike) and node.args.get("flag"):
            yield "regexp_matches", "Options of a pattern are written differently: use lower()."
        elif isinstance(node, exp.Div) and not _never_zero(node.expression):
            yield "/", "Divided by zero, one gives infinity and the other stops: divide by nullif(…, 0)."
        elif isinstance(node, exp.DataType) and node.this.name in {"INT128", "UINT128"}:
            yield "hugeint", "Spark has no whole number above bigint."
    outputs = set(tree.named_selects)
    for alias in tree.find_all(exp.Alias):
        if alias.alias in outputs and any(item.name.lower() == "hash" for item in alias.this.find_all(exp.Anonymous)):
            yield "hash", "Hashes differ between engines: they may help a query, not leave it."


def _unlike_types(tree: Any) -> Iterator[tuple[str, str]]:
    from sqlglot import exp

    for node in tree.walk():
        if isinstance(node, exp.Cast):
            yield from _unlike_cast(node)
        elif isinstance(node, (exp.Sub, exp.Add)):
            sign = "-" if isinstance(node, exp.Sub) else "+"
            kinds = {_type(node.this), _type(node.expression)}
            if kinds & {"DATE", "TIMESTAMP", "TIMESTAMPTZ", "INTERVAL"}:
                yield sign, "Days are added to dates, and dates subtracted, differently: write date_diff('day', …)."
            elif "UNKNOWN" in kinds:
                yield sign, "The types of what is added or subtracted cannot be told: cast them."
        elif isinstance(node, exp.Sum) and _type(node.this) in {"DOUBLE", "FLOAT"}:
            yield "sum", "Sums of floats depend on their order: cast to a decimal first."


def _unlike_cast(node: Any) -> Iterator[tuple[str, str]]:
    from sqlglot import exp

    inner = node.this.unnest()
    if isinstance(inner, exp.Null):
        return
    if isinstance(inner, exp.Literal) and inner.is_string and node.to.this.name == "DATE":
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", inner.name):
            yield "date", "Write a date as date '2024-01-15'."
        return
    origin, aim = _type(node.this), node.to.this.name
    if aim not in _SAME_CAST.get(origin, set()):
        yield "cast", f"A cast from {origin.lower()} to {aim.lower()} is not known to give the same."


def _type(node: Any) -> str:
    return node.type.this.name if node.type is not None else "UNKNOWN"


def _never_zero(divisor: Any) -> bool:
    from sqlglot import exp

    divisor = divisor.unnest()
    if isinstance(divisor, exp.Literal):
        return not divisor.is_string and float(divisor.name) != 0
    return (
        isinstance(divisor, exp.Nullif)
        and isinstance(divisor.expression, exp.Literal)
        and float(divisor.expression.name) == 0
    )


def unlike_pattern(pattern: str) -> str | None:
    """Return why Java and RE2 may read a pattern differently; None when they read it alike.

    Alike are letters, `.`, sets, groups, `|`, `?`, `*`, `+`, counts, `^`, `$`, `\\b`, `\\d`, `\\w`, `\\s`, escaped
    signs.
    """
    left = re.sub(r"\\[bdws.^$|?*+()\[\]{}/-]", "", pattern)
    if "\\" in left:
        return "Of what a backslash introduces, only \\b, \\d, \\w, \\s and escaped signs are read alike."
    if "(?" in left:
        return "Groups with (?…) are read differently."
    if re.search(r"[?*+}]\+", left):
        return "A plus after a repetition is another repetition in Spark."
    if any("[" in chosen or "&&" in chosen for chosen in re.findall(r"\[([^\]]*)\]", left)):
        return "A bracket or && within a set is read differently."
    return None


def _word(node: Any) -> str:
    from sqlglot import exp

    return str(node.sql_name() if isinstance(node, exp.Func) else node.key).lower()


def _line_of(construct: str, text: str) -> int | None:
    """Return the first line that has the construct, comments left out; None when it is spelt otherwise."""
    word = re.compile(rf"\b{re.escape(construct)}\b" if construct[0].isalpha() else re.escape(construct), re.IGNORECASE)
    for number, line in enumerate(text.splitlines(), start=1):
        if word.search(line.split("--")[0]):
            return number
    return None
