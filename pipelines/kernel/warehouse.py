"""DuckDB over the files of a run: staging, reference and marts as views, one query's result as one Parquet file.

Nothing is pulled into Python: a view reads its file, a result is copied from query to file. Staging views show only
what was known in the run's edition, and only observed or declared rows when the run asks for that.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from copy import copy
from datetime import date
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, get_args

from pipelines.kernel.catalogue import SQL_TYPES, Catalogue, Dtype
from pipelines.kernel.corrections import CORRECTIONS, Correction, corrected, facts, guarded, of_table, read_corrections
from pipelines.kernel.files import PARQUET, replacing
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project, Settings
from pipelines.kernel.quarantine import facts as facts_of_quarantine
from pipelines.kernel.quarantine import quarantine_path, without_quarantined
from pipelines.kernel.quoting import literal, parquet, quoted
from pipelines.kernel.reference.rows import CSV_TABLES
from pipelines.kernel.spill import spill_folder
from pipelines.kernel.sql import Query
from pipelines.kernel.store import table_path

if TYPE_CHECKING:
    import duckdb

PYTHON_TYPES: dict[type, Dtype] = {bool: "bool", int: "int", float: "float", date: "date"}
"""Types of the reference's rows → ours; whatever else is text."""

_LINE = re.compile(r"LINE (\d+):")
_ORDER = re.compile(r"\norder by \w+(?:, \w+)*\Z")
_CANDIDATES = re.compile(r"(?:Candidate bindings|Candidate tables|Did you mean)\W+(\"?[\w.]+\"?)")


class Warehouse:
    """A DuckDB connection of one run. Use it in a `with` statement.

    `elsewhere` names tables whose files do not lie where the project keeps them: those of a vintage on trial.
    """

    def __init__(
        self,
        project: Project,
        settings: Settings,
        catalogue: Catalogue,
        elsewhere: Mapping[str, Path] | None = None,
    ) -> None:
        import duckdb

        self._elsewhere = dict(elsewhere or {})
        self._project = project
        self._settings = settings
        self._catalogue = catalogue
        self._connection: duckdb.DuckDBPyConnection = duckdb.connect(
            config={
                "threads": settings.threads,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            }
        )
        self._prepare()
        self._connection.execute(f"set memory_limit = {literal(settings.memory)}")
        self._spill = ExitStack()
        self._connection.execute(f"set temp_directory = {literal(self._spill.enter_context(spill_folder(project)))}")
        # A join keeps its right side in memory, as its author wrote it: DuckDB's guess of which side is small is far
        # off behind a few filters, and then holds millions of students to look up a handful of rows.
        self._connection.execute("set disabled_optimizers = 'build_side_probe_side'")
        self._registered: set[str] = set()
        self._only: Mapping[str, Sequence[Path]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()
        self._spill.close()

    def _prepare(self) -> None:
        self._connection.execute(f"set variable edition = {self._settings.edition:d}")

    @contextmanager
    def narrowed(self, to: str, only: Mapping[str, Sequence[Path]]) -> Iterator[Warehouse]:
        """Give a warehouse over the same files that sees, of the tables in `only`, nothing but the files named there.

        Its views stand in a schema of its own, called `to`. Several may be used at once, each in a thread.
        """
        part = copy(self)
        part._connection, part._registered, part._only = self._connection.cursor(), set(), dict(only)
        try:
            part._prepare()
            part._connection.execute(f"create schema {quoted(to)}")
            part._connection.execute(f"set schema = {literal(to)}")
            yield part
        finally:
            part._connection.execute("set schema = 'main'")
            part._connection.execute(f"drop schema if exists {quoted(to)} cascade")
            part._connection.close()

    @contextmanager
    def a_thread_each(self) -> Iterator[int]:
        """Let queries asked at once from several threads run on one each; give the number there may be."""
        self._connection.execute("set threads = 1")
        try:
            yield self._settings.threads
        finally:
            self._connection.execute(f"set threads = {self._settings.threads:d}")

    def known(self) -> set[str]:
        """Return the staging tables of the catalogue and the code lists of data/reference."""
        return set(self._catalogue.tables) | {path.stem for path in self._project.reference.glob("ref_*.csv")}

    def file_of(self, name: str) -> Path:
        """Return the file behind a table's name, whether it exists or not."""
        if name in self._elsewhere:
            return self._elsewhere[name]
        if name.startswith("ref_"):
            return self._project.reference / f"{name}.csv"
        return table_path(self._project, name)

    def place(self, name: str, path: Path) -> None:
        """Say that a table's file lies at `path`, from now on."""
        self._elsewhere[name] = path

    def parts_of(self, name: str) -> dict[int, Path] | None:
        """Return the years that are seen of a table cut by year, and the file of each; `None` of one that is not."""
        folder = self.file_of(name)
        if not folder.is_dir():
            return None
        last = self.last_year(name)
        years = {int(path.stem): path for path in sorted(folder.glob("*.parquet"))}
        return {year: path for year, path in years.items() if last is None or year <= last}

    def is_empty(self, name: str) -> bool:
        """Say whether the file of a table has no row, or is not there."""
        path = self.file_of(name)
        if not path.exists():
            return True
        found = self._run(f"select 1 from {parquet(path)} limit 1", self._project.shown(path)).fetchone()
        return found is None

    def last_year(self, name: str) -> int | None:
        """Return the last year that the run's edition knows of a staging table; `None` of any other table."""
        if not name.startswith("stg_"):
            return None
        return self._settings.edition - self._catalogue.tables[name][0].lag

    def facts_of(self, name: str, years: Collection[int] | None = None) -> str:
        """Return what, besides its file, decides the rows a view shows (of these years): for fingerprints."""
        if not name.startswith("stg_"):
            return ""
        source, table = self._catalogue.tables[name]
        columns = ",".join(f"{column}:{dtype}" for column, dtype in table.columns.items())
        aside = quarantine_path(self._project, name)
        more = [facts(of_table(self.corrections, name)), facts_of_quarantine(aside, years)]
        return " ".join([f"lag {source.lag} columns {columns}", *filter(None, more)])

    @cached_property
    def corrections(self) -> tuple[Correction, ...]:
        """The declared corrections of the sources. Raises `BadInput` as `read_corrections` does."""
        return read_corrections(self._project, self._catalogue)

    def corrected_rows(self) -> dict[str, int | None]:
        """Return correction → rows it finds in staging. Raises `BadInput` when the source no longer has the fault."""
        tables = {item.table: self.file_of(item.table) for item in self.corrections}
        files = {name: parquet(path) for name, path in tables.items() if path.exists()}
        return guarded(
            self._connection, self.corrections, files, self._project.shown(self._project.reference / CORRECTIONS)
        )

    def register(self, name: str) -> None:
        """Make the view `name` over its file, once.

        A staging table whose source brought no file becomes an empty view of the described columns: what reads it
        is then empty, and says so further on. Raises `BadInput` when a mart was not made, or a file cannot be read.
        """
        if name in self._registered:
            return
        if name.startswith("stg_"):
            query = self._staging(name)
        elif name.startswith("ref_"):
            query = self._reference(name)
        else:
            query = self._mart(name)
        self._run(f"create or replace view {quoted(name)} as {query}", self._project.shown(self.file_of(name)))
        self._registered.add(name)

    def bind(self, query: Query, name: str) -> None:
        """Make the view `name` of a query; its tables are registered first.

        Raises `BadInput` with the line and the closest name when a column or function is not known.
        """
        for table in query.reads:
            self.register(table)
        body = _ORDER.sub("", query.text.rstrip().rstrip(";"))  # whoever reads the view sorts it: once is enough
        self._run(f"create or replace view {quoted(name)} as\n{body}\n", query.shown, offset=1)
        self._registered.add(name)

    def columns(self, name: str) -> dict[str, str]:
        """Return the columns of a registered view, name → DuckDB type."""
        rows = self._connection.execute(f"describe select * from {quoted(name)}").fetchall()
        return {str(row[0]): str(row[1]) for row in rows}

    def rows(self, name: str, order_by: Sequence[str], shown: str) -> list[tuple[Any, ...]]:
        """Return the rows of a registered view. For results of a few thousand rows: indicators."""
        return self._run(f"select * from {quoted(name)} order by {_list(order_by)}", shown).fetchall()

    def write(
        self, name: str, grain: Sequence[str], path: Path, shown: str, years: tuple[int, int] | None = None
    ) -> int:
        """Write a registered view to `path` as Parquet, atomically, sorted by its grain, and return the rows.

        Of `years`, first and last, if they are given. The same rows give the same bytes with any number of threads,
        because the order is total: `BadInput` is raised, and nothing written, when two rows share the grain.
        """
        where = "" if years is None else f" where year between {years[0]:d} and {years[1]:d}"
        with replacing(path) as part:
            rows = self._copy(f"select * from {quoted(name)}{where}", grain, part, shown)
            self._refuse_double_rows(part, grain, shown)
        return rows

    def cut(self, whole: Path, grain: Sequence[str], folder: Path, shown: str) -> None:
        """Write the rows of a file to `folder`, a file a year, each sorted by the grain."""
        for (year,) in self._run(f"select distinct year from {parquet(whole)}", shown).fetchall():
            rows = f"select * from {parquet(whole)} where year = {year:d}"
            self._copy(rows, grain, folder / f"{year}.parquet", shown)

    def join(
        self, parts: Sequence[Path], old: tuple[Path, Collection[int]], grain: Sequence[str], path: Path, shown: str
    ) -> None:
        """Write the rows of files, and those of some years of an old file, to `path`, sorted by the grain."""
        rows = [f"select * from {parquet(part)}" for part in parts]
        if old[1]:
            rows.append(f"select * from {parquet(old[0])} where year in ({', '.join(map(str, sorted(old[1])))})")
        # What DuckDB knows of its input shows in the bytes it writes: of a table it knows what stands in it, of a union
        # where the rows come from, which is another thing at every run.
        joined = " union all ".join(rows)
        self._run(f"create or replace temp table joined as from ({joined}) order by {_list(grain)}", shown)
        self._copy("select * from joined", grain, path, shown)
        self._run("drop table joined", shown)

    def _copy(self, rows: str, grain: Sequence[str], path: Path, shown: str) -> int:
        counted = self._run(
            f"copy (select * from ({rows}) order by {_list(grain)}) to {literal(path)} ({PARQUET})", shown
        ).fetchone()
        return int(counted[0]) if counted else 0

    def execute(self, statement: str, shown: str) -> None:
        """Run a statement of another engine's making. Raises `BadInput`, naming `shown`, when DuckDB refuses it."""
        self._run(statement, shown)

    def _refuse_double_rows(self, part: Path, grain: Sequence[str], shown: str) -> None:
        # Hashes first: grouping by them takes a third of the time, and no two rows share one, as a rule.
        shared = self._run(
            f"select key from (select hash({_list(grain)}) as key from read_parquet({literal(part)})) "
            "group by key having count(*) > 1 limit 1",
            shown,
        ).fetchone()
        if shared is None:
            return
        double = self._run(
            f"select {_list(grain)}, count(*) from read_parquet({literal(part)}) "
            f"group by all having count(*) > 1 order by all limit 1",
            shown,
        ).fetchone()
        if double is None:
            return
        # A token names a person: never in a message.
        key = ", ".join(
            f"{column} {value}"
            for column, value in zip(grain, double[:-1], strict=True)
            if not column.endswith("_token")
        )
        raise BadInput(
            Problem(
                shown,
                f"Rows share the grain {', '.join(grain)}",
                "Sum or choose in the SQL, or mend the `-- grain:` line; nothing was written.",
                value=f"{key}: {double[-1]} rows",
            )
        )

    def _staging(self, name: str) -> str:
        _, table = self._catalogue.tables[name]
        path = self._only.get(name, self.file_of(name))
        if not (path.exists() if isinstance(path, Path) else path):
            columns = {**table.columns, "origin": "str"}
            typed = ", ".join(f"cast(null as {SQL_TYPES[kind]}) as {quoted(col)}" for col, kind in columns.items())
            return f"select {typed} where false"
        conditions = []
        if "year" in table.columns:
            conditions.append(f"year <= {self.last_year(name):d}")
        if self._settings.observed_only:
            conditions.append("origin <> 'simulated'")
        where = f" where {' and '.join(conditions)}" if conditions else ""
        kept = without_quarantined(path, quarantine_path(self._project, name), (*table.columns, "origin"))
        rows = f"select * from {kept}{where}"
        return corrected(rows, of_table(self.corrections, name), table.columns)

    def _reference(self, name: str) -> str:
        path = self.file_of(name)
        with path.open(encoding="utf-8", newline="") as stream:
            header = next(csv.reader(stream), [])
        types = ", ".join(f"'{column}': '{SQL_TYPES[_type_of(name, column)]}'" for column in header)
        return (
            f"select * from read_csv({literal(path)}, header = true, delim = ',', quote = '\"', escape = '\"', "
            f"nullstr = '', columns = {{{types}}}, auto_detect = false, strict_mode = true)"
        )

    def _mart(self, name: str) -> str:
        path = self.file_of(name)
        if not path.exists():
            raise BadInput(
                Problem(
                    self._project.shown(path),
                    "The table was not made",
                    "Run `observatoire run`: consolidate makes it.",
                )
            )
        if name in self._only:
            only = self._only[name]
            return f"select * from {parquet(only)}" if only else f"select * from {parquet(path)} where false"
        return f"select * from {parquet(path)}"

    def _run(self, statement: str, shown: str, offset: int = 0) -> duckdb.DuckDBPyConnection:
        import duckdb

        try:
            return self._connection.execute(statement)
        except duckdb.Error as error:
            raise BadInput(_problem(str(error), shown, offset)) from error


def _type_of(table: str, column: str) -> Dtype:
    """Return the type of a code list's column, from what the reference says a row of it is; text when it says none."""
    model = CSV_TABLES[table][0] if table in CSV_TABLES else None
    if model is None or column not in model.model_fields:
        return "str"
    kinds = _kinds(model.model_fields[column].annotation)
    return next((dtype for kind, dtype in PYTHON_TYPES.items() if kind in kinds), "str")


def _kinds(annotation: Any) -> set[Any]:
    """Return the plain types inside an annotation such as `Annotated[date, …] | None`."""
    inner = get_args(annotation)
    return set().union(*(_kinds(part) for part in inner)) if inner else {annotation}


def _problem(message: str, shown: str, offset: int) -> Problem:
    """Return DuckDB's message as one line: its own line number counts from the statement, ours from the file."""
    line = _LINE.search(message)
    close = _CANDIDATES.search(message)
    rule = message.split("\n")[0].split(": ", 1)[-1].strip()
    return Problem(
        shown,
        f"DuckDB refuses the query: {rule}",
        f"The closest name is {close[1].strip(chr(34))}." if close else "Mend the SQL, or the input it names.",
        row=int(line[1]) - offset if line and offset else None,
    )


def _list(names: Sequence[str]) -> str:
    return ", ".join(quoted(name) for name in names)
