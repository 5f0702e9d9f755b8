"""A query in Spark's words: read as DuckDB's, typed, held against the list of what is alike, rewritten, written.

Pure: text and types in, text out. Neither Spark nor Java is needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipelines.consolidate.spark.refusals import refuse_types, refuse_words
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.sql import Query

Columns = Mapping[str, str]
"""Column → its DuckDB type, as `describe` prints it."""

WORD_EDGE = r"(?:(?<=\w)(?!\w)|(?<!\w)(?=\w))"
"""What RE2 calls `\\b`, in Java's words: Java up to 18 holds an é for a letter of a word, RE2 does not."""


def to_spark(query: Query, tables: Mapping[str, Columns], variables: Mapping[str, int]) -> str:
    """Return the query in Spark's SQL, without its last `order by`.

    `tables` describes every table it reads; `variables` are those of `getvariable`. Raises `BadInput`, one line a
    construct, for what is not known to be said alike, and when a column cannot be placed.
    """
    from sqlglot import parse_one
    from sqlglot.errors import SqlglotError
    from sqlglot.optimizer.annotate_types import annotate_types
    from sqlglot.optimizer.qualify import qualify

    schema = {
        table: {column: "text" if kind == "UUID" else kind for column, kind in columns.items()}
        for table, columns in tables.items()
    }
    tree: Any = parse_one(query.text, dialect="duckdb")
    refuse_words(query, tree)
    try:
        tree = annotate_types(qualify(tree, schema=schema, dialect="duckdb"), schema=schema, dialect="duckdb")
    except SqlglotError as error:
        raise BadInput(
            Problem(query.shown, f"sqlglot cannot place a column: {str(error).splitlines()[0]}", "Mend the SQL.")
        ) from error
    refuse_types(query, tree)
    tree.set("order", None)  # whoever reads the rows sorts them: once is enough
    return str(rewritten(tree, variables).sql(dialect="spark", comments=False))


def rewritten(tree: Any, variables: Mapping[str, int]) -> Any:
    """Return the tree with what Spark would say otherwise put so that it says the same. `tree` is changed."""
    from sqlglot import exp

    for cte in tree.find_all(exp.CTE):
        cte.set("materialized", None)  # a wish about speed, which Spark has no word for
    for node in list(tree.walk()):
        if isinstance(node, exp.Cast):
            _cast(node)
        elif isinstance(node, exp.Div):
            # DuckDB divides decimals and whole numbers as doubles; so as not to be cast twice, sqlglot is told so
            node.set("this", _as(node.this, "double"))
            node.set("expression", _as(node.expression, "double"))
            node.set("typed", True)
            node.set("safe", False)
        elif isinstance(node, exp.DateFromParts):
            for part in ("year", "month", "day"):
                node.set(part, _as(node.args[part], "int"))
        elif isinstance(node, (exp.ArgMax, exp.ArgMin)):
            # DuckDB passes over rows without the value; Spark would give that nothing back
            present = exp.Not(this=exp.Is(this=node.this.copy(), expression=exp.Null()))
            node.set("expression", exp.Case(ifs=[exp.If(this=present, true=node.expression.copy())]))
        elif isinstance(node, exp.RegexpLike):
            _pattern(node)
        elif isinstance(node, exp.Anonymous) and node.name.lower() == "getvariable":
            name = node.expressions[0].name
            node.replace(exp.Literal.number(variables[name]))
        elif isinstance(node, exp.Anonymous) and node.name.lower() == "hash":
            node.set("this", "xxhash64")  # sixty-four bits, as DuckDB's; Spark's own hash has thirty-two
        elif isinstance(node, exp.In):
            _tuple_in(node)
    return tree


def _as(node: Any, kind: str) -> Any:
    from sqlglot import exp

    return exp.Cast(this=node.copy(), to=exp.DataType.build(kind))


def _cast(node: Any) -> None:
    """Round where DuckDB rounds: a double to a whole number half to even, anything else half away from zero."""
    from sqlglot import exp

    origin = node.this.type.this.name if node.this.type is not None else ""
    aim = node.to.this.name
    if aim in {"INT", "BIGINT"} and origin == "DOUBLE":
        node.set("this", exp.Anonymous(this="rint", expressions=[node.this.copy()]))
    elif aim in {"INT", "BIGINT"} and origin == "DECIMAL":
        node.set("this", exp.Anonymous(this="round", expressions=[node.this.copy()]))
    elif aim == "DECIMAL" and origin == "DOUBLE":
        # DuckDB shifts the point in binary, then rounds; Spark would round the shortest decimal that stands for it.
        width, scale = (int(part.name) for part in node.to.expressions)
        power = _as(exp.Literal.number(10**scale), "double")
        shifted = exp.Mul(this=exp.Paren(this=node.this.copy()), expression=power)
        whole = exp.Cast(
            this=exp.Anonymous(this="round", expressions=[shifted]), to=exp.DataType.build(f"decimal({width}, 0)")
        )
        unit = exp.Cast(
            this=exp.Literal.string(f"{10**-scale:.{scale}f}"), to=exp.DataType.build(f"decimal({scale + 1}, {scale})")
        )
        node.set("this", exp.Mul(this=whole, expression=unit))


def _pattern(node: Any) -> None:
    from sqlglot import exp

    pattern = node.expression
    if pattern.is_string:
        node.set("expression", exp.Literal.string(pattern.name.replace(r"\b", WORD_EDGE)))
    else:
        replaced = [pattern.copy(), exp.Literal.string(r"\b"), exp.Literal.string(WORD_EDGE)]
        node.set("expression", exp.Anonymous(this="replace", expressions=replaced))


def _tuple_in(node: Any) -> None:
    """Keep `(a, b) in (select (a, b) …)` one value of two parts, as in DuckDB: two gaps are then the same gap.

    Spark would take the tuple apart and compare column by column, where a gap equals nothing.
    """
    from sqlglot import exp

    query = node.args.get("query")
    inner = query.this if isinstance(query, exp.Subquery) else query
    if isinstance(node.this.unnest(), exp.Tuple) and isinstance(inner, exp.Select):
        node.set("this", _whole(node.this.unnest()))
        (only,) = inner.expressions
        inner.set("expressions", [exp.alias_(_whole(only.unalias().unnest()), "whole")])


def _whole(parts: Any) -> Any:
    from sqlglot import exp

    named = [item for place, part in enumerate(parts.expressions) for item in (exp.Literal.string(f"f{place}"), part)]
    return exp.Anonymous(this="named_struct", expressions=[item.copy() for item in named])
