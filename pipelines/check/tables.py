"""The tables as the checks see them: DuckDB over Parquet, without the rows that were put in quarantine.

What only Great Expectations itself can judge gets a pandas frame of the columns that the check looks at. There a
personal column is a 64-bit hash of itself: presence and uniqueness can be told from it, and no identifier can slip
into a message.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from pipelines.kernel.catalogue import SQL_TYPES, Catalogue
from pipelines.kernel.corrections import corrected, of_table, read_corrections
from pipelines.kernel.dictionary import Column
from pipelines.kernel.project import Project, Settings
from pipelines.kernel.quarantine import REASON, quarantine_path, without_quarantined
from pipelines.kernel.quoting import literal, parquet, quoted

if TYPE_CHECKING:
    import duckdb
    import pandas as pd


class Tables:
    """One DuckDB session over the staging tables, the marts and the reference; used as a context manager.

    With `catalogue`, staging tables show what *consolidate* saw of them: years known in this edition, no simulated row
    when the run leaves those out, faults of the source corrected. Without, they show all they hold, as it is.
    """

    def __init__(
        self,
        project: Project,
        settings: Settings,
        dictionary: Mapping[str, Column] | None = None,
        catalogue: Catalogue | None = None,
    ) -> None:
        self._project = project
        self._settings = settings
        self._dictionary = dictionary or {}
        self._catalogue = catalogue
        self._corrections = read_corrections(project, catalogue) if catalogue else ()
        self._known: set[str] = set()
        self._open: duckdb.DuckDBPyConnection | None = None

    def __enter__(self) -> Tables:
        import duckdb

        self._open = duckdb.connect(config={"threads": self._settings.threads, "memory_limit": self._settings.memory})
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The open session. Raises `RuntimeError` outside of `with`."""
        if self._open is None:
            raise RuntimeError("Tables is used inside `with`")
        return self._open

    def path(self, name: str) -> Path:
        """Return where the file of a table lies, whether it exists or not."""
        if name.startswith("ref_"):
            return self._project.reference / f"{name}.csv"
        return (self._project.staging if name.startswith("stg_") else self._project.marts) / f"{name}.parquet"

    def declare(self, names: Iterable[str]) -> None:
        """Make tables readable by their bare names. Raises `FileNotFoundError`, naming the file, when one is absent."""
        for name in names:
            if name in self._known:
                continue
            path = self.path(name)
            if not path.exists():
                raise FileNotFoundError(self._project.shown(path))
            self.connection.execute(f"create or replace view {quoted(name)} as {self._reading(name, path)}")
            self._known.add(name)

    def _reading(self, name: str, path: Path) -> str:
        if name.startswith("ref_"):
            with path.open(encoding="utf-8", newline="") as stream:
                header = next(csv.reader(stream), [])
            # Types are given, not guessed: `09` is a département, not a nine.
            types = ", ".join(f"'{column}': '{self._type_of(column)}'" for column in header)
            return f"select * from read_csv({literal(path)}, header=true, nullstr='', columns={{{types}}})"
        kept = self.file(name)
        aside = quarantine_path(self._project, name)
        if name.startswith("stg_") and aside.exists():
            kept = without_quarantined(path, aside, self.types_of(f"select * from {kept}"))
        rows = f"select * from {kept}"
        if self._catalogue is None or name not in self._catalogue.tables:
            return rows
        source, table = self._catalogue.tables[name]
        where: list[str] = []
        if "year" in table.columns:
            where.append(f"year <= {self._settings.edition - source.lag:d}")
        if self._settings.observed_only:
            where.append("origin <> 'simulated'")
        rows += f" where {' and '.join(where)}" if where else ""
        return corrected(rows, of_table(self._corrections, name), table.columns)

    def _type_of(self, column: str) -> str:
        defined = self._dictionary.get(column)
        return SQL_TYPES[defined.type] if defined else "varchar"

    def columns(self, name: str) -> tuple[str, ...]:
        """Return the columns of a declared table, in order."""
        return tuple(self.types(name))

    def types(self, name: str) -> dict[str, str]:
        """Return the columns of a declared table, in order, with their DuckDB types."""
        return self.types_of(f"select * from {quoted(name)}")

    def types_of(self, query: str) -> dict[str, str]:
        """Return the columns of a query, in order, with their DuckDB types."""
        return {row[0]: row[1] for row in self.connection.execute(f"describe {query}").fetchall()}

    def file(self, name: str) -> str:
        """Return the whole file of a table, quarantined rows included, as SQL takes it after `from`."""
        return parquet(self.path(name))

    def whole(self, name: str) -> str:
        """Return the name under which a declared table shows its quarantined rows too; its own when it has none."""
        if not quarantine_path(self._project, name).exists():
            return name
        whole = f"whole_{name}"
        self.connection.execute(f"create or replace view {quoted(whole)} as select * from {self.file(name)}")
        return whole

    def quarantined(self, name: str) -> tuple[int, dict[str, int]]:
        """Return how many rows of a table are quarantined, and check → how many of them break it."""
        aside = quarantine_path(self._project, name)
        if not aside.exists():
            return 0, {}
        found = self.fetch(f"select {REASON}, count(*) from read_parquet({literal(aside)}) group by all order by all")
        broken: dict[str, int] = {}
        for reasons, count in found:
            for check in reasons.split(", "):
                broken[check] = broken.get(check, 0) + int(count)
        return sum(int(count) for _, count in found), dict(sorted(broken.items()))

    def rows(self, name: str) -> int:
        """Return the number of rows of a declared table."""
        return int(self.fetch(f"select count(*) from {quoted(name)}")[0][0])

    def years(self, name: str) -> int:
        """Return how many years a declared table shows; 1 for a table without years that has rows, 0 without rows."""
        if "year" in self.columns(name):
            return int(self.fetch(f"select count(distinct year) from {quoted(name)}")[0][0])
        return int(self.rows(name) > 0)

    def values(self, source: str) -> list[Any]:
        """Return the code list `<table>.<column>`, sorted. The table must be declared."""
        table, column = source.split(".")
        shown = quoted(column)
        query = f"select distinct {shown} from {quoted(table)} where {shown} is not null order by 1"
        return [row[0] for row in self.fetch(query)]

    def fetch(self, query: str) -> list[tuple[Any, ...]]:
        """Run a query and return its rows; `$edition` stands for the edition's year."""
        given = {"edition": self._settings.edition} if "$edition" in query else None
        return list(self.connection.execute(query, given).fetchall())

    def records(self, query: str) -> list[dict[str, Any]]:
        """Run a query and return its rows as dictionaries, personal columns left out."""
        rows = self.fetch(query)
        names = [item[0] for item in self.connection.description or ()]
        return [
            {name: value for name, value in zip(names, row, strict=True) if not self.is_personal(name)} for row in rows
        ]

    def frame(self, name: str, needed: Sequence[str]) -> pd.DataFrame:
        """Return a table as pandas: the needed columns filled, the others present but hollow (one byte a row)."""
        parts = []
        for column in self.columns(name):
            shown = quoted(column)
            if column not in needed:
                parts.append(f"0::utinyint as {shown}")
            elif self.is_personal(column):
                parts.append(f"case when {shown} is not null then hash({shown}) end as {shown}")
            else:
                parts.append(shown)
        return self.connection.execute(f"select {', '.join(parts)} from {quoted(name)}").df()

    def is_personal(self, column: str) -> bool:
        """Say whether a column identifies a person: so says the dictionary, and so says its name."""
        defined = self._dictionary.get(column)
        return column.endswith("_token") or (defined is not None and defined.personal)
