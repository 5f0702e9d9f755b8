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
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from pipelines.kernel.catalogue import Source, Vintage
from pipelines.kernel.files import replacing
from pipelines.kernel.identity import Tokeniser, tokeniser_of
from pipelines.kernel.problems import BadInput, Problem, shown
from pipelines.kernel.project import Project
from pipelines.kernel.register_cells import Lists, rules
from pipelines.kernel.register_forms import FORMS
from pipelines.kernel.register_sql import Reading, connect, places_of, problems_of, quoted, read_rows, write_rows
from pipelines.kernel.register_text import CsvFile, RegisterFile, open_csv, read_with_python, relation

if TYPE_CHECKING:
    import polars as pl


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
    is missing or malformed; `none`, nothing usable, so that the row can only be counted. `number_key`, the first 60
    bits of the student number's token, stands wherever there is a number: enough to tell millions apart. The same
    rows give the same bytes, in any order, on any number of threads. Raises `BadInput` with every problem found, and
    then writes nothing.
    """
    lists = reference_lists(project)
    form, table = FORMS[source.id], source.tables[0]
    reading = Reading(form, table, vintage.columns, rules(form, vintage.columns, lists), lists)
    opened: list[RegisterFile] = []
    problems: list[Problem] = []
    for path in sorted(files):
        try:
            file = _opened(path, project.shown(path), vintage.separator)
            places_of(file, reading)
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
        if not read_rows(connection, opened, reading):
            opened = _explained(opened, reading)
            if not read_rows(connection, opened, reading):
                raise BadInput(
                    Problem(
                        opened[0].shown, "The file cannot be read as a register", "Export it again as CSV in UTF-8."
                    )
                )
        with replacing(target) as part:
            return write_rows(connection, reading, part, origin)


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


def _explained(files: Sequence[RegisterFile], reading: Reading) -> list[RegisterFile]:
    """Return the files in a form that can be read; raise `BadInput` with what is wrong with them."""
    readable: list[RegisterFile] = []
    problems: list[Problem] = []
    for file in files:
        try:
            found = problems_of(file, reading)
            if found is None and isinstance(file, CsvFile):
                file = read_with_python(file)
                found = problems_of(file, reading)
            problems += found or []
            readable.append(file)
        except BadInput as error:
            problems += error.problems
    if problems:
        raise BadInput(problems)
    return readable


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
