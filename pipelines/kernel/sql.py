"""SQL files: one query a file, its four-line header, the tables it reads, the order in which files come.

Dependencies are read from the query by sqlglot, never declared twice. The header is for people; a test holds its
`inputs` line against what the query really reads.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from types import MappingProxyType

from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project
from pipelines.kernel.yaml_files import FILL_IN, fill_in_problem

PREFIXES = ("stg_", "ref_", "mart_")
"""What the name of a table that lies in a file begins with; no CTE may be called so."""

_HEADER = re.compile(r"^--\s*(what|grain|years|inputs|caveats)\s*:\s*(.*)$")
_WINDOW = re.compile(r"^(?P<table>\w+) (?:all|(?P<first>-?\d+) to (?P<last>-?\d+))$")
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True, slots=True)
class Query:
    """One SQL file: its header, its text, the tables it reads (name → first line that names it).

    `years`, of a query that can be asked a year at a time, says which years of a table the rows of a year are made
    from: first and last, counted from that year, or `None` for all of them. A table it does not name gives the same
    year. `None` for a query that is asked whole.
    """

    name: str
    path: Path
    shown: str
    text: str
    what: str
    grain: tuple[str, ...]
    inputs: tuple[str, ...]
    caveats: str
    reads: Mapping[str, int]
    years: Mapping[str, tuple[int, int] | None] | None = None

    def window(self, table: str) -> tuple[int, int] | None:
        """Return the years of a table that the rows of a year are made from, counted from it; `None` for all."""
        return (self.years or {}).get(table, (0, 0))


def read_queries(project: Project, folder: str, pattern: str) -> dict[str, Query]:
    """Read `sql/<folder>/<pattern>`, sorted by name. Raises `BadInput` with the problems of all files at once."""
    queries: dict[str, Query] = {}
    problems: list[Problem] = []
    for path in sorted((project.sql / folder).glob(pattern)):
        try:
            queries[path.stem] = read_query(project, path)
        except BadInput as error:
            problems.extend(error.problems)
    if problems:
        raise BadInput(problems)
    return queries


def read_query(project: Project, path: Path) -> Query:
    """Read one SQL file.

    Raises `BadInput` when the file is no UTF-8, has something left to be filled in, holds no or several queries, breaks
    SQL, lacks a line of the header, or gives a CTE a table's name.
    """
    shown = project.shown(path)
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BadInput(Problem(shown, "The file is not UTF-8", "Save it as UTF-8.")) from error
    if FILL_IN in text:
        lines = enumerate(text.splitlines(), start=1)
        raise BadInput(fill_in_problem(shown, number) for number, line in lines if FILL_IN in line)
    header = _header(text)
    missing = [key for key in ("what", "grain", "inputs", "caveats") if not header.get(key)]
    if missing:
        raise BadInput(
            Problem(
                shown,
                f"The header lacks {', '.join(missing)}",
                "Begin the file with four comments: `-- what:`, `-- grain:`, `-- inputs:`, `-- caveats:`.",
                row=1,
            )
        )
    reads = _reads(text, shown)
    return Query(
        name=path.stem,
        path=path,
        shown=shown,
        text=text,
        what=header["what"],
        grain=_names(header["grain"]),
        inputs=_names(header["inputs"]),
        caveats=header["caveats"],
        reads=reads,
        years=_years(header["years"], reads, shown) if "years" in header else None,
    )


def in_order(queries: Mapping[str, Query]) -> tuple[Query, ...]:
    """Return the queries so that each comes after those it reads. Raises `BadInput`, naming the circle, on a cycle."""
    graph = {name: sorted(set(query.reads) & set(queries)) for name, query in sorted(queries.items())}
    try:
        return tuple(queries[name] for name in TopologicalSorter(graph).static_order())
    except CycleError as error:
        circle: list[str] = error.args[1]
        first = queries[circle[0]]
        raise BadInput(
            Problem(
                first.shown,
                f"Tables depend on each other in a circle: {' ← '.join(circle)}",
                "Move what both need into a table of its own.",
                row=first.reads.get(circle[1]) or first.reads.get(circle[-2]),
            )
        ) from error


def refuse_unknown_tables(queries: Iterable[Query], known: Collection[str]) -> None:
    """Raise `BadInput`, one problem a table, when a query reads a table that is not `known`."""
    problems = [
        Problem(
            query.shown,
            "No table has this name",
            _nearest(table, known),
            row=line,
            value=table,
        )
        for query in queries
        for table, line in query.reads.items()
        if table not in known
    ]
    if problems:
        raise BadInput(problems)


def _nearest(name: str, known: Collection[str]) -> str:
    close = get_close_matches(name, sorted(known), n=1, cutoff=0.5)
    if close:
        return f"The closest name is {close[0]}."
    return "Tables are called stg_<source>__<object>, ref_<code list> or mart_<domain>__<grain>."


def _header(text: str) -> dict[str, str]:
    """Return the header's keys; a comment line without a key continues the line above."""
    header: dict[str, str] = {}
    key: str | None = None
    for line in text.splitlines():
        if not line.startswith("--"):
            break
        found = _HEADER.match(line)
        if found:
            key = found[1]
            header[key] = found[2].strip()
        elif key:
            header[key] = f"{header[key]} {line.lstrip('-').strip()}".strip()
    return header


def _names(value: str) -> tuple[str, ...]:
    return tuple(part.strip().rstrip(".") for part in value.split(",") if part.strip())


def _years(said: str, reads: Collection[str], shown: str) -> Mapping[str, tuple[int, int] | None]:
    """Return what the line `-- years:` says: `same`, or `<table> all` and `<table> <first> to <last>`, with commas."""
    years: dict[str, tuple[int, int] | None] = {}
    for part in [] if said.strip() == "same" else said.split(","):
        found = _WINDOW.match(part.strip())
        if found is None or found["table"] not in reads or int(found["first"] or 0) > int(found["last"] or 0):
            raise BadInput(
                Problem(
                    shown,
                    "The line `-- years:` is not understood",
                    "Write `same`, or for a table that the query reads `TABLE all` or `TABLE -1 to 1`.",
                    row=1,
                    value=part.strip(),
                )
            )
        years[found["table"]] = None if found["first"] is None else (int(found["first"]), int(found["last"]))
    return MappingProxyType(years)


@cache
def _reads(text: str, shown: str) -> Mapping[str, int]:
    """Return the tables that a query reads. Parsing is what takes long, and a trial asks again for the same files."""
    from sqlglot import exp, parse
    from sqlglot.errors import SqlglotError

    try:
        statements = [statement for statement in parse(text, dialect="duckdb") if statement is not None]
    except SqlglotError as error:
        details = getattr(error, "errors", None) or [{}]
        description = _ANSI.sub("", str(details[0].get("description") or error)).split(" but got <Token")[0]
        raise BadInput(
            Problem(
                shown,
                f"The SQL cannot be read: {description}",
                "Mend the SQL near this line.",
                row=details[0].get("line"),
                value=details[0].get("highlight"),
            )
        ) from error
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        raise BadInput(
            Problem(shown, "The file holds something else than one query", "Keep one `with … select …`, nothing more.")
        )
    query = statements[0]
    ctes = {cte.alias for cte in query.find_all(exp.CTE)}
    named_as_tables = sorted(name for name in ctes if name.startswith(PREFIXES))
    if named_as_tables:
        raise BadInput(
            Problem(
                shown,
                "A CTE bears the name of a table",
                "Call it after what it holds, without stg_, ref_ or mart_.",
                value=named_as_tables[0],
            )
        )
    reads: dict[str, int] = {}
    for table in query.find_all(exp.Table):
        if isinstance(table.this, exp.Func):
            continue  # unnest(), generate_series(): rows made by the query itself
        if table.name not in ctes:
            reads.setdefault(table.name, _line_of(table.name, text))
    return MappingProxyType(dict(sorted(reads.items())))


def _line_of(name: str, text: str) -> int:
    word = re.compile(rf"\b{re.escape(name)}\b")
    for number, line in enumerate(text.splitlines(), start=1):
        if word.search(line.split("--")[0]):
            return number
    return 1


def tables_below(reads: Iterable[str], marts: Mapping[str, Query]) -> dict[str, Query | None]:
    """Return the tables read and all below them, nearest first: name → its query, None for what no query makes."""
    found: dict[str, Query | None] = {}
    waiting = list(reads)
    while waiting:
        name = waiting.pop(0)
        if name not in found:
            found[name] = marts.get(name)
            waiting += list(marts[name].reads) if name in marts else []
    return found
