"""Registers: read, checked, tokenised, in one go, so that an identifier never outlives the reading of its file.

DuckDB reads the files as text, types the cells and makes the tokens in one pass that stops at the first broken rule.
Only then are the files read again, one by one, to find every bad row; what is wrong is said by file, row and column,
and never by value: in a register whose columns have slipped, any cell may hold an identifier.

Rows of one grain become one row. `rows_count` says how many there were; `contradictions_count` how many of them said
something else than the row that is kept, which is the one that came most often, then the first in the order of the
columns: the same whatever the order of rows and files.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from pipelines.kernel.catalogue import Source, Table, Vintage
from pipelines.kernel.files import ROW_GROUP, replacing
from pipelines.kernel.identity import INE_SHAPE, Tokeniser, tokeniser_of
from pipelines.kernel.problems import BadInput, Problem, shown
from pipelines.kernel.project import Project
from pipelines.kernel.register_cells import Lists, Rule, listed, rules, typed
from pipelines.kernel.register_forms import FORMS, Form
from pipelines.kernel.register_text import (
    BLANKS,
    MOST,
    CsvFile,
    RegisterFile,
    open_csv,
    read_with_python,
    relation,
)

if TYPE_CHECKING:
    import duckdb
    import polars as pl

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


def read_register(
    project: Project,
    source: Source,
    vintage: Vintage,
    files: Iterable[Path],
    tokeniser: Tokeniser,
    threads: int | None = None,
) -> pl.DataFrame:
    """Return the rows of a register's files as `write_register` writes them. For small registers, and tests."""
    import polars as pl

    with TemporaryDirectory() as folder:
        target = Path(folder) / "register.parquet"
        write_register(project, source, vintage, files, tokeniser, target, threads=threads)
        return pl.read_parquet(target)


def write_register(
    project: Project,
    source: Source,
    vintage: Vintage,
    files: Iterable[Path],
    tokeniser: Tokeniser,
    target: Path,
    *,
    origin: str | None = None,
    threads: int | None = None,
) -> int:
    """Write the rows of a register's files to `target` as Parquet and return how many: tokens for identifiers, typed
    columns, one row a grain, sorted by it, with a column `origin` when one is given.

    `identity_code` says what the token stands for: `ine`; `number`, the establishment's student number where the INE
    is missing or malformed; `none`, nothing usable, so that the row can only be counted. `number_key` is made
    of the first 60 bits of the token of the student number, wherever there is one: enough to tell millions apart. The same rows give the same bytes, in any order, on any number of
    threads. Raises `BadInput` with every problem found, and then writes nothing.
    """
    lists = reference_lists(project)
    form, table = FORMS[source.id], source.tables[0]
    reading = Reading(form, table, vintage.columns, rules(form, vintage.columns, lists), lists)
    opened, problems = [], []
    for path in sorted(files):
        try:
            file = _opened(path, project.shown(path), vintage.separator)
            _places(file, reading)
            opened.append(file)
        except BadInput as error:
            problems += error.problems
    if problems:
        raise BadInput(problems)
    if not opened:
        raise BadInput(
            Problem(f"data/sources/{source.id}.yml", "The vintage holds no file", "Add one with `observatoire add`.")
        )
    with connect(threads) as connection, TemporaryDirectory() as spill:
        connection.execute(f"set temp_directory = {quoted(spill)}")
        tokeniser.bind(connection)
        if not _read(connection, opened, reading):
            opened = _explained(opened, reading)
            if not _read(connection, opened, reading):
                raise BadInput(
                    Problem(
                        opened[0].shown, "The file cannot be read as a register", "Export it again as CSV in UTF-8."
                    )
                )
        with replacing(target) as part:
            return _write(connection, reading, part, origin)


def reference_lists(project: Project) -> Lists:
    """Return the code lists that registers are checked against. Raises `BadInput` when one is missing."""
    return {
        "site": _list(project, "ref_site", "site_code", "site_code"),
        "speciality": _list(project, "ref_speciality", "speciality_code", "speciality_code"),
        "establishment": _list(project, "ref_identity", "identifier", "establishment_code", ("scheme", "uai")),
    }


def _list(project: Project, name: str, key: str, code: str, only: tuple[str, str] | None = None) -> dict[str, str]:
    path = project.reference / f"{name}.csv"
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
    except FileNotFoundError as error:
        raise BadInput(
            Problem(
                project.shown(path), "The code list is missing", "Restore it with `git checkout -- data/reference`."
            )
        ) from error
    return {row[key].lower(): row[code] for row in rows if only is None or row[only[0]] == only[1]}


def _opened(path: Path, name: str, separator: str) -> RegisterFile:
    file = open_csv(path, name, separator)
    # DuckDB takes the first line for the header: one that lies deeper, or on several lines, is Python's business.
    return file if file.first_line == 1 else read_with_python(file)


def connect(threads: int | None) -> duckdb.DuckDBPyConnection:
    """Return a DuckDB connection for registers: little memory, no extension from outside."""
    import duckdb

    connection = duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})
    connection.execute(f"set memory_limit = '{MEMORY}'")
    if threads is not None:
        connection.execute(f"set threads = {threads:d}")
    return connection


def _places(file: RegisterFile, reading: Reading) -> dict[str, int]:
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
    places = _places(files[0], reading)
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


def _read(connection: duckdb.DuckDBPyConnection, files: Sequence[RegisterFile], reading: Reading) -> bool:
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


def _explained(files: Sequence[RegisterFile], reading: Reading) -> list[RegisterFile]:
    """Return the files in a form that can be read; raise `BadInput` with what is wrong with them."""
    readable: list[RegisterFile] = []
    problems: list[Problem] = []
    for file in files:
        try:
            found = _problems(file, reading)
            if found is None and isinstance(file, CsvFile):
                file = read_with_python(file)
                found = _problems(file, reading)
            problems += found or []
            readable.append(file)
        except BadInput as error:
            problems += error.problems
    if problems:
        raise BadInput(problems)
    return readable


def _problems(file: RegisterFile, reading: Reading) -> list[Problem] | None:
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


def _write(connection: duckdb.DuckDBPyConnection, reading: Reading, part: Path, origin: str | None) -> int:
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


def quoted(text: str) -> str:
    """Return a text as SQL."""
    return "'" + text.replace("'", "''") + "'"


def tokenise_register(project: Project, source: Source, path: Path, into: Path) -> Path:
    """Read a real register and write it as tokens: `into/<source>.parquet`, the only form in which it is kept.

    For acquire: the file itself is never copied. Returns the file written. Raises `BadInput` when there is no key
    (see `pipelines.kernel.identity`), when the file breaks its form, or when it is one of the generator's.
    """
    tokeniser = tokeniser_of(project)
    vintage = next(vintage for vintage in source.vintages if vintage.id != "simulated")
    name = shown(path, project.root)
    _refuse_simulated(_opened(path, name, vintage.separator))
    target = into / f"{source.id}.parquet"
    write_register(project, source, vintage, [path], tokeniser, target)
    return target


def _refuse_simulated(file: RegisterFile) -> None:
    if "ORIGINE" not in file.header:
        return
    is_simulated = _says_simulated(file)
    if is_simulated is None and isinstance(file, CsvFile):
        is_simulated = _says_simulated(read_with_python(file))
    if is_simulated:
        raise BadInput(
            Problem(
                file.shown,
                "This file comes from the generator: its rows say they are simulated",
                "Simulated registers are made by `observatoire simulate`; add the office's own extract.",
                column="ORIGINE",
            )
        )


def _says_simulated(file: RegisterFile) -> bool | None:
    """Say whether a row has `simulée` in the column ORIGINE; nothing when DuckDB cannot read the file."""
    import duckdb

    place = file.header.index("ORIGINE")
    with connect(None) as connection:
        try:
            cells = relation(connection, [file], "cells")
            found = connection.execute(f"select 1 from {cells} where trim(c{place}) = 'simulée' limit 1").fetchone()
        except duckdb.Error:
            return None
    return found is not None
