"""Registers: read, checked, tokenised, in one go, so that an identifier never outlives the reading of its file.

DuckDB reads the files as text, types the cells and makes the tokens in one pass that stops at the first broken rule.
Only then are the files read again, one by one, to find every bad row; what is wrong is said by file, row and column,
and never by value: in a register whose columns have slipped, any cell may hold an identifier.

Rows of one grain become one row. `rows_count` says how many there were; `contradictions_count` how many of them said
something else than the row that is kept, which is the one that came most often, then the first in the order of the
columns: the same whatever the order of rows and files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeVar

from pipelines.kernel.catalogue import Source, Table, Vintage
from pipelines.kernel.files import link_or_copy, replacing, replacing_folder
from pipelines.kernel.identity import INE_SHAPE, Tokeniser, tokeniser_of
from pipelines.kernel.problems import BadInput, Problem, shown
from pipelines.kernel.project import MEMORY, Project
from pipelines.kernel.quoting import literal
from pipelines.kernel.register_cells import Lists, Rule, declare, listed, rules, typed
from pipelines.kernel.register_door import Opened, glance, nameless, open_register, refuse_simulated
from pipelines.kernel.register_files import layout_of
from pipelines.kernel.register_forms import FORMS, Form
from pipelines.kernel.register_lists import reference_lists, reference_names
from pipelines.kernel.register_parts import Cut, Parts, by_year, fits, in_chunks
from pipelines.kernel.register_rows import write_rows
from pipelines.kernel.register_text import BLANKS, MOST, CsvFile, connect, open_csv, read_with_python, relation
from pipelines.kernel.spill import spill_folder

if TYPE_CHECKING:
    import duckdb
    import polars as pl

_Seen = TypeVar("_Seen")


@dataclass(frozen=True, slots=True)
class Reading:
    """What is needed to read one register: its form, its table, the code lists."""

    form: Form
    table: Table
    lists: Lists

    def wanted(self) -> tuple[str, ...]:
        """Return the columns read: identifiers first."""
        return (*self.form.identifiers, *self.form.cells)

    def rules(self, headers: Mapping[str, str]) -> list[Rule]:
        """Return the rules, in the words of a file with these headers."""
        return rules(self.form, headers, self.lists)


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
    cut: Cut | None = None,
    memory: str = MEMORY,
) -> int:
    """Write the rows of a register's files to `target` as Parquet and return how many: tokens for identifiers, typed
    columns, one row a grain, sorted by it, with a column `origin` when one is given.

    With `cut`, a large register whose files hold one year each becomes a folder of one file a year: `cut` is told which
    files make which year and returns the years that are kept, and the file of each.

    `identity_code` says what the token stands for: `ine`; `number`, the establishment's student number where the INE
    is missing or malformed; `none`, nothing usable, so that the row can only be counted. `number_key` is made of the
    first 60 bits of the token of the student number, wherever there is one: enough to tell millions apart. The same
    rows give the same bytes, in any order, on any number of threads. Raises `BadInput` with every problem found, and
    then writes nothing.
    """
    laid_out = [(path, vintage) for path in sorted(files)]
    return _write_all(project, source, laid_out, tokeniser, target, origin, threads, cut, memory)


def _write_all(
    project: Project,
    source: Source,
    laid_out: Sequence[tuple[Path, Vintage]],
    tokeniser: Tokeniser,
    target: Path,
    origin: str | None = None,
    threads: int | None = None,
    cut: Cut | None = None,
    memory: str = MEMORY,
) -> int:
    """Write files that may each have a layout of its own, as those of several offices do."""
    reading = Reading(FORMS[source.id], source.tables[0], reference_lists(project))
    if not laid_out:
        raise BadInput(
            Problem(f"data/sources/{source.id}.yml", "The vintage holds no file", "Add one with `observatoire add`.")
        )
    register = Register(project, reading, tuple(laid_out), tokeniser, origin, threads, memory)
    parts = register.years() if cut is not None else None
    if cut is not None and parts is not None:
        kept = cut(
            {year: [one.file.path for one in files if isinstance(one.file, CsvFile)] for year, files in parts.items()}
        )
        with suppress(_NoParts), replacing_folder(target) as folder:
            return register.write_years(folder, parts, kept)
    return register.write(target)


def _each(laid_out: Iterable[tuple[Path, Vintage]], look: Callable[[Path, Vintage], _Seen]) -> list[_Seen]:
    """Look at each file, and raise `BadInput` with what is wrong with all of them."""
    seen: list[_Seen] = []
    problems: list[Problem] = []
    for path, vintage in laid_out:
        try:
            seen.append(look(path, vintage))
        except BadInput as error:
            problems += error.problems
    if problems:
        raise BadInput(problems)
    return seen


class _NoParts(Exception):
    """The register cannot be read in one go, or a year at a time: it is read whole, which also tells what is wrong."""


@dataclass(frozen=True, slots=True)
class Register:
    """A register about to be written: its files with their layouts, and how to read them."""

    project: Project
    reading: Reading
    laid_out: tuple[tuple[Path, Vintage], ...]
    tokeniser: Tokeniser
    origin: str | None
    threads: int | None
    memory: str

    def years(self) -> Parts | None:
        """Return which files hold which year, as their first rows say; `None` where one does not."""
        seen = _each(self.laid_out, lambda path, vintage: glance(path, self.project.shown(path), vintage))
        return None if None in seen else by_year([one for one in seen if one is not None])

    def write(self, target: Path) -> int:
        """Write the register to `target`, one file; return the rows."""
        opened = self._opened(self.laid_out)
        with replacing(target) as part:
            if fits(opened):
                with suppress(_NoParts):
                    return self._in_memory({None: opened}, {None: part})
            with spill_folder(self.project) as spill, self._connected(spill) as connection:
                if not _read(connection, {None: opened}, self.reading):
                    opened = _explained(opened, self.reading)
                    if not _read(connection, {None: opened}, self.reading):
                        raise BadInput(
                            Problem(
                                opened[0].file.shown,
                                "The file cannot be read as a register",
                                "Export it again as CSV in UTF-8.",
                            )
                        )
                return write_rows(connection, self.reading.table, part, self.origin)

    def write_years(self, folder: Path, parts: Parts, kept: Mapping[int, Path]) -> int:
        """Write one file a year of `parts`, those of the years `kept` as they are, and return the rows read.

        Raises `_NoParts` when a file is at fault, or does not hold the year that its first row says.
        """
        total = 0
        for year, path in kept.items():
            link_or_copy(path, folder / f"{year}.parquet")
        others = (one for year, files in parts.items() if year not in kept for one in files)
        wanted = {one.file.path for one in others if isinstance(one.file, CsvFile)}
        opened = by_year(self._opened([one for one in self.laid_out if one[0] in wanted]))
        if opened is None:
            raise _NoParts
        for chunk in in_chunks(opened):
            total += self._in_memory(chunk, {year: folder / f"{year}.parquet" for year in chunk})
        return total

    def _opened(self, laid_out: Sequence[tuple[Path, Vintage]]) -> list[Opened]:
        """Open files, and refuse them when one is at fault."""
        names = reference_names(self.project) if any(vintage.named for _, vintage in laid_out) else {}
        shown_ = self.project.shown
        opened = _each(laid_out, lambda path, vintage: open_register(path, shown_(path), vintage, names))
        if self.origin is None:
            problems = [problem for one in opened if (problem := nameless(one, self.reading.form))]
            if problems:
                raise BadInput(problems)
        return opened

    def _in_memory(self, files: Mapping[int | None, Sequence[Opened]], targets: Mapping[int | None, Path]) -> int:
        """Read files in one go and write each year, or the whole, to its target; return the rows.

        Raises `_NoParts` when a rule is broken, a row is of another year than its file, or memory does not suffice.
        """
        import duckdb

        with self._connected(None) as connection:
            if not _read(connection, files, self.reading, holds_names=True):
                raise _NoParts
            try:
                return self._written(connection, targets)
            except duckdb.OutOfMemoryException as error:
                raise _NoParts from error

    def _written(self, connection: duckdb.DuckDBPyConnection, targets: Mapping[int | None, Path]) -> int:
        """Write each year of the table `rows`, or the whole, to its target, as many at once as there are threads."""

        def write(year: int | None) -> int:
            with connection.cursor() as cursor:
                return write_rows(cursor, self.reading.table, targets[year], self.origin, year)

        threads = connection.execute("select current_setting('threads')").fetchone()
        if len(targets) == 1 or threads is None:
            return sum(map(write, targets))
        connection.execute("set threads = 1")  # of each year, which is one row group: two years then take two
        with ThreadPoolExecutor(int(threads[0])) as pool:
            return sum(pool.map(write, targets))

    @contextmanager
    def _connected(self, spill: Path | None) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a connection that knows the tokens and the codes; what does not fit goes to `spill`, if there is one."""
        with connect(self.threads, self.memory) as connection:
            connection.execute(f"set temp_directory = {literal(spill or '')}")
            connection.execute("set preserve_insertion_order = false")  # until rows are written, sorted
            self.tokeniser.bind(connection)
            declare(connection, self.reading.form, self.reading.table.columns, self.reading.lists)
            yield connection


def _text_of(connection: duckdb.DuckDBPyConnection, files: Sequence[Opened], reading: Reading) -> str:
    """Return a query that gives the wanted columns as text, `t_<column>`, null where a cell is blank."""
    found, file = files[0].places, files[0].file
    blank_free = file.is_blank_free
    cells = []
    for column in reading.wanted():
        if column not in found:
            text = "cast(null as varchar)"
        elif blank_free:
            text = f"c{found[column]}"
        else:
            text = f"nullif(trim(c{found[column]}, getvariable('blanks')), '')"
        cells.append(f"{text} as t_{column}")
    if not blank_free:
        connection.execute("set variable blanks = $1", [BLANKS])
    name = f"cells_{abs(hash(file.shown))}"
    return f"select {', '.join(cells)} from {relation(connection, [one.file for one in files], name)}"


def _typed_of(text: str, reading: Reading, *kept: str) -> str:
    """Return a query that adds the typed columns to those of `text`."""
    values = [
        f"{typed(column, cell, reading.table.columns[column], reading.lists)} as {column}"
        for column, cell in reading.form.cells.items()
    ]
    return f"select *, {', '.join((*values, *kept))} from ({text})"


def _read(
    connection: duckdb.DuckDBPyConnection,
    files: Mapping[int | None, Sequence[Opened]],
    reading: Reading,
    *,
    holds_names: bool = False,
) -> bool:
    """Read files into the table `rows`: tokens and typed values. Say whether no rule was broken on the way.

    `files` says of which year all their rows must be, if of one. With `holds_names` each person gets a token once, not
    once a row, which takes half the time: the identifiers of all files are then held for as long as they are read, in
    memory, since such a connection has no folder to put them in. When they do not fit, the answer is no.
    """
    import duckdb

    texts: list[str] = []
    for year, opened in files.items():
        groups: dict[tuple[object, ...], list[Opened]] = {}
        for place, one in enumerate(opened):
            layout = one.file.layout() if isinstance(one.file, CsvFile) else (place,)
            groups.setdefault(layout, []).append(one)
        part = "null" if year is None else f"{year:d}"
        texts += [f"select *, cast({part} as bigint) as part from ({_text_of(connection, group, reading)})"
                  for group in groups.values()]  # fmt: skip
    text = " union all ".join(texts)
    broken = " or ".join(rule.broken for rule in reading.rules({}))
    first, *others = reading.form.cells
    numbered = "student_number" in reading.form.identifiers
    number = "upper(establishment_code || '/' || t_student_number)" if numbered else "cast(null as varchar)"
    # Only the whole row tells a person without identifier from another; in any order it gives the same token.
    # It is made in a branch, not in a column, so that no other row makes it.
    cells = ", ".join(f"coalesce(t_{column}, '')" for column in reading.form.cells)
    whole = f"upper(concat_ws('|', coalesce(t_ine, ''), {cells}))"
    tokens = f"token_of(who) as student_token {', key_of(number) as number_key' if numbered else ''}"
    named = f"""
        select {listed((first, *others))}, identity_code, {tokens} from named
    """
    once = f"""
        select {listed((first, *others))}, identity_code, student_token {", number_key" if numbered else ""}
        from named
        inner join (select *, {tokens} from (select distinct who, number from named)) as person
            on named.who = person.who and named.number is not distinct from person.number
    """
    query = f"""
        create or replace table rows as
        with text as ({text}),
        typed as ({_typed_of("from text", reading)}),
        checked as (
            select
                case when {broken} or year <> part then error('a rule is broken') else {first} end as {first},
                {listed(others)},
                regexp_full_match(upper(t_ine), '{INE_SHAPE}') is true as has_ine,
                upper(t_ine) as ine,
                {number} as number,
                {listed(reading.wanted(), "t_")}
            from typed
        ),
        named as {"materialized" if holds_names else "not materialized"} (
            select
                {listed((first, *others))},
                cast(case when has_ine then 'ine' when number is not null then 'number' else 'none' end as identities)
                    as identity_code,
                case when has_ine then ine when number is not null then number else {whole} end as who,
                number
            from checked
        )
        {once if holds_names else named}
    """
    try:
        connection.execute(query)
    except duckdb.Error:  # its message may show a line of the file: it goes no further
        return False
    return True


def _explained(files: Sequence[Opened], reading: Reading) -> list[Opened]:
    """Return the files in a form that can be read; raise `BadInput` with what is wrong with them."""
    readable: list[Opened] = []
    problems: list[Problem] = []
    for file in files:
        try:
            found = _problems(file, reading)
            if found is None and isinstance(file.file, CsvFile):
                file = replace(file, file=read_with_python(file.file))
                found = _problems(file, reading)
            problems += found or []
            readable.append(file)
        except BadInput as error:
            problems += error.problems
    if problems:
        raise BadInput(problems)
    return readable


def _problems(opened: Opened, reading: Reading) -> list[Problem] | None:
    """Return the broken rules of one file, or nothing when DuckDB cannot read it."""
    import duckdb

    told = reading.rules(opened.headers)
    file = opened.file

    with connect(1) as connection:  # one thread: rows are numbered as they come
        found = ", ".join(
            f"count(*) filter ({rule.broken}), min(place, {MOST}) filter ({rule.broken})" for rule in told
        )
        declare(connection, reading.form, reading.table.columns, reading.lists)
        text = _text_of(connection, [opened], reading)
        numbered = f"select *, row_number() over () as place from ({text})"
        try:
            row = connection.execute(f"select {found} from ({_typed_of(numbered, reading)})").fetchone()
        except duckdb.Error:
            return None
    problems: list[Problem] = []
    for rule, count, places in zip(told, row[::2], row[1::2], strict=True) if row else ():
        more = f" {count} rows in all break this rule." if count > MOST else ""
        header = opened.headers.get(rule.column, rule.column)
        for number in file.numbers(places or []):
            problems.append(Problem(file.shown, rule.rule, rule.mend + more, row=number, column=header))
    return problems


def tokenise_register(project: Project, source: Source, files: Iterable[Path], into: Path) -> tuple[Path, list[str]]:
    """Read a real register and write it as tokens: `into/<source>.parquet`, the only form in which it is kept.

    For acquire: the files themselves are never copied. Returns the file written, and the layout each file was found
    to have. Raises `BadInput` when there is no key (see `pipelines.kernel.identity`), when a file breaks its form, or
    when it is one of the generator's.
    """
    tokeniser = tokeniser_of(project)
    laid_out = [(path, layout_of(source, path, shown(path, project.root))) for path in sorted(files)]
    for path, vintage in laid_out:
        if vintage.format == "csv":
            refuse_simulated(open_csv(path, shown(path, project.root), vintage.separator))
    target = into / f"{source.id}.parquet"
    _write_all(project, source, laid_out, tokeniser, target)
    return target, [vintage.id for _, vintage in laid_out]
