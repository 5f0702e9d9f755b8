"""What a notebook starts from: every published table and every mart, by name, asked in SQL.

Published tables are `pub_…`, read from `build/data`: what they hold may be shown to anybody. Marts are `mart_…`, read
from `data/marts`: they are internal, and what is drawn from them leaves this machine through the stage `protect` only.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl

from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project, find_project
from pipelines.kernel.quoting import literal, quoted


class Observatory:
    """The published tables, marts and code lists of a project, as DuckDB views over their files.

    Nothing is copied, and nothing can be written through it. Raises `BadInput` when nothing was published yet.
    """

    def __init__(self, project: Project | None = None) -> None:
        """Open the project that holds the working folder, unless one is given."""
        self.project = project or find_project()
        published = sorted((self.project.public / "data").glob("pub_*.parquet"))
        if not published:
            raise BadInput(Problem("build/data", "Nothing was published yet", "Run `observatoire run` first."))
        self._connection = duckdb.connect()
        self.tables: list[str] = []
        for path in [*published, *sorted(self.project.marts.glob("mart_*.parquet"))]:
            self._view(path, "read_parquet")
        for path in sorted(self.project.reference.glob("ref_*.csv")):
            self._view(path, "read_csv")

    def ask(self, sql: str) -> pl.DataFrame:
        """Return the rows of a query as a polars frame."""
        return pl.DataFrame(self._connection.sql(sql))

    def _view(self, path: Path, reader: str) -> None:
        self._connection.execute(f"create view {quoted(path.stem)} as select * from {reader}({literal(path)})")
        self.tables.append(path.stem)
