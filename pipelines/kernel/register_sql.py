"""Registers in SQL: files as text → typed rows and tokens → one row a grain; and which rows break which rule.

Everything here runs inside DuckDB. Its error messages may show a line of a file: none leaves this module.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.kernel.catalogue import Table
from pipelines.kernel.files import ROW_GROUP
from pipelines.kernel.identity import INE_SHAPE
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.register_cells import Lists, Rule, listed, typed
from pipelines.kernel.register_forms import Form
from pipelines.kernel.register_text import BLANKS, MOST, CsvFile, RegisterFile, relation

if TYPE_CHECKING:
    import duckdb

MEMORY = "1400MB"
"""What DuckDB may hold while it reads a register. Beyond, tables go to a temporary folder for a while: they hold tokens
and codes only, since identifiers live no longer than the pass that reads them."""

COUNTS = ("rows_count", "contradictions_count")


@dataclass(frozen=True, slots=True)
class Reading:
    """What is needed to read one register: its form, its table, its headers, the code lists."""

    form: Form
    table: Table
    headers: Mapping[str, str]
    rules: Sequence[Rule]
    lists: Lists

    def wanted(self) -> tuple[str, ...]:
        """Return the columns read: identifiers first."""
        return (*self.form.identifiers, *self.form.cells)


def connect(threads: int | None) -> duckdb.DuckDBPyConnection:
    """Return a DuckDB connection for registers: little memory, no extension from outside."""
    import duckdb

    connection = duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})
    connection.execute(f"set memory_limit = '{MEMORY}'")
    if threads is not None:
        connection.execute(f"set threads = {threads:d}")
    return connection


def quoted(text: str) -> str:
    """Return a text as SQL."""
    return "'" + text.replace("'", "''") + "'"


def places_of(file: RegisterFile, reading: Reading) -> dict[str, int]:
    """Return where each column of the form stands. Columns nobody asked for, such as names, are not read."""
    headers = [cell.casefold() for cell in file.header]
    places: dict[str, int] = {}
    problems: list[Problem] = []
    for column in reading.wanted():
        wanted = reading.headers[column]
        count = headers.count(wanted.casefold())
        if count == 1:
            places[column] = headers.index(wanted.casefold())
        else:
            rule = "This column is missing" if count == 0 else "Two columns bear this header"
            mend = (
                "Restore it, or write its new header in the sidecar." if count == 0 else "Keep the one that is meant."
            )
            problems.append(Problem(file.shown, rule, mend, row=1, column=wanted))
    if problems:
        raise BadInput(problems)
    return places


def _text_of(connection: duckdb.DuckDBPyConnection, files: Sequence[RegisterFile], reading: Reading) -> str:
    """Return a query that gives the wanted columns as text, `t_<column>`, null where a cell is blank."""
    places = places_of(files[0], reading)
    blank_free = files[0].is_blank_free
    cells = [
        f"c{place} as t_{column}" if blank_free else f"nullif(trim(c{place}, getvariable('blanks')), '') as t_{column}"
        for column, place in places.items()
    ]
    if not blank_free:
        connection.execute("set variable blanks = $1", [BLANKS])
    name = f"cells_{abs(hash(files[0].shown))}"
    return f"select {', '.join(cells)} from {relation(connection, files, name)}"


def _typed_of(text: str, reading: Reading, *kept: str) -> str:
    """Return a query that adds the typed columns to those of `text`."""
    values = [
        f"{typed(column, cell, reading.table.columns[column], reading.lists)} as {column}"
        for column, cell in reading.form.cells.items()
    ]
    return f"select *, {', '.join((*values, *kept))} from ({text})"


def read_rows(connection: duckdb.DuckDBPyConnection, files: Sequence[RegisterFile], reading: Reading) -> bool:
    """Read all files into the table `rows`: tokens and typed values. Say whether no rule was broken on the way."""
    import duckdb

    groups: dict[tuple[object, ...], list[RegisterFile]] = {}
    for place, file in enumerate(files):
        groups.setdefault(file.layout() if isinstance(file, CsvFile) else (place,), []).append(file)
    text = " union all ".join(_text_of(connection, group, reading) for group in groups.values())
    broken = " or ".join(rule.broken for rule in reading.rules)
    first, *others = reading.form.cells
    numbered = "student_number" in reading.form.identifiers
    number = "upper(establishment_code || '/' || t_student_number)" if numbered else "cast(null as varchar)"
    # Only the whole row tells a person without identifier from another; in any order it gives the same token.
    cells = ", ".join(f"coalesce(t_{column}, '')" for column in reading.form.cells)
    query = f"""
        create or replace temp table rows as
        with text as ({text}),
        typed as ({_typed_of("from text", reading)}),
        checked as (
            select
                case when {broken} then error('a rule is broken') else {first} end as {first},
                {listed(others)},
                regexp_full_match(upper(t_ine), '{INE_SHAPE}') is true as has_ine,
                upper(t_ine) as ine,
                {number} as number,
                upper(concat_ws('|', coalesce(t_ine, ''), {cells})) as whole
            from typed
        )
        select
            {listed((first, *others))},
            case when has_ine then 'ine' when number is not null then 'number' else 'none' end as identity_code,
            token_of(case when has_ine then ine when number is not null then number else whole end) as student_token
            {", cast('0x' || left(token_of(number), 15) as bigint) as number_key" if numbered else ""}
        from checked
    """
    try:
        connection.execute(query)
    except duckdb.Error:  # its message may show a line of the file: it goes no further
        return False
    return True


def problems_of(file: RegisterFile, reading: Reading) -> list[Problem] | None:
    """Return the broken rules of one file, or nothing when DuckDB cannot read it."""
    import duckdb

    with connect(1) as connection:  # one thread: rows are numbered as they come
        found = ", ".join(
            f"count(*) filter ({rule.broken}), min(place, {MOST}) filter ({rule.broken})" for rule in reading.rules
        )
        text = _text_of(connection, [file], reading)
        numbered = f"select *, row_number() over () as place from ({text})"
        try:
            row = connection.execute(f"select {found} from ({_typed_of(numbered, reading)})").fetchone()
        except duckdb.Error:
            return None
    problems: list[Problem] = []
    for rule, count, places in zip(reading.rules, row[::2], row[1::2], strict=True) if row else ():
        more = f" {count} rows in all break this rule." if count > MOST else ""
        header = reading.headers[rule.column]
        for number in file.numbers(places or []):
            problems.append(Problem(file.shown, rule.rule, rule.mend + more, row=number, column=header))
    return problems


def write_rows(connection: duckdb.DuckDBPyConnection, reading: Reading, part: Path, origin: str | None) -> int:
    """Write the table `rows`, one row a grain and sorted by it."""
    grain = listed(reading.table.grain)
    said = [column for column in reading.table.columns if column not in COUNTS]
    # Almost every row stands alone: only those whose grain has the hash of another's are grouped.
    connection.execute(
        f"create or replace temp table doubled as select key from (select hash({grain}) as key from rows) "
        "group by key having count(*) > 1"
    )
    counted = connection.execute("select count(*) from doubled").fetchone()
    once = f"select {listed(said)}, 1::bigint as rows_count, 0::bigint as contradictions_count from rows"
    if counted and counted[0]:
        once = f"""
            {once} where hash({grain}) not in (select key from doubled)
            union all
            select
                {listed(said)},
                cast(sum(count) over (partition by {grain}) as bigint) as rows_count,
                cast(sum(count) over (partition by {grain}) - count as bigint) as contradictions_count
            from (
                select {listed(said)}, count(*) as count from rows
                where hash({grain}) in (select key from doubled)
                group by all
            )
            qualify row_number() over (partition by {grain} order by count desc, {listed(said)}) = 1
        """
    marked = f", {quoted(origin)} as origin" if origin else ""
    connection.execute(
        f"copy (select {listed(reading.table.columns)}{marked} from ({once}) order by {grain}) "
        f"to {quoted(part.as_posix())} (format parquet, compression zstd, row_group_size {ROW_GROUP:d})"
    )
    written = connection.execute(f"select count(*) from read_parquet({quoted(part.as_posix())})").fetchone()
    return int(written[0]) if written else 0
