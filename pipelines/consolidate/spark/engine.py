"""Marts made by Spark: tables laid out for it, the query in its words, its rows back in one ordered file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from pipelines.consolidate.spark.lake import PARTITION, Lake, is_partitioned, spark_type
from pipelines.consolidate.spark.session import first_line, session_of
from pipelines.consolidate.spark.words import Columns, to_spark
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project, Settings
from pipelines.kernel.sql import Query
from pipelines.kernel.warehouse import Warehouse

_WIDTHS = {"tinyint": 1, "smallint": 2, "int": 3, "bigint": 4}


class InSpark:
    """The engine of `run --engine spark`. `session` is one that runs already; otherwise it starts with the first mart.

    Every machine of a cluster must see the project's folder under the same path: tables are passed in files.
    """

    def __init__(self, project: Project, settings: Settings, warehouse: Warehouse, session: Any = None) -> None:
        self._settings = settings
        self._warehouse = warehouse
        self._lake = Lake(project, settings, warehouse)
        self._given = session
        self._open = ExitStack()

    def close(self) -> None:
        """Stop the session, if this engine started one."""
        self._open.close()
        self._given = None

    def write(self, query: Query, view: str, target: Path) -> int:
        """See `Engine.write`. The query's tables are laid out first, unless they already lie there as they are."""
        columns = self._warehouse.columns(view)
        rows = self._rows(query, columns)
        landed = f"landed_{query.name}"

        def written(folder: Path) -> None:
            writer = rows.write.mode("overwrite")
            (writer.partitionBy(PARTITION) if is_partitioned(columns) else writer).parquet(folder.as_uri())

        with _in_one_line(query):
            self._lake.keep(query.name, written, columns, landed)
        count = self._warehouse.write(landed, query.grain, target, query.shown)
        self._lake.remember(query.name)
        return count

    def rows(self, query: Query, view: str) -> Any:
        """Return the rows of a query as a Spark frame, in the types that Spark has for DuckDB's."""
        return self._rows(query, self._warehouse.columns(view))

    def _rows(self, query: Query, columns: Columns) -> Any:
        tables = {table: self._warehouse.columns(table) for table in query.reads}
        said = to_spark(query, tables, {"edition": self._settings.edition})
        session = self._session()
        for table, described in tables.items():
            folder = self._lake.lay_out(table, described)
            kinds = {name: spark_type(kind, query.shown, name) for name, kind in described.items()}
            schema = ", ".join(f"`{name}` {kind}" for name, kind in kinds.items())
            session.read.schema(schema).parquet(folder.as_uri()).createOrReplaceTempView(table)
        with _in_one_line(query):
            frame = session.sql(said)
            return frame.select(*_cast(query, dict(frame.dtypes), columns))

    def _session(self) -> Any:
        if self._given is None:
            self._given = self._open.enter_context(session_of(self._settings))
        return self._given


def _cast(query: Query, given: Mapping[str, str], columns: Columns) -> list[Any]:
    """Return the columns in the types wanted. Only what loses nothing is cast; anything else is refused."""
    from pyspark.sql.functions import col

    cast = []
    for name, kind in columns.items():
        wanted = spark_type(kind, query.shown, name)
        if not fits(given.get(name, "nothing"), wanted):
            raise BadInput(
                Problem(
                    query.shown,
                    f"Spark gives {given.get(name, 'nothing')} where DuckDB gives {kind.lower()}",
                    "Cast the column in the SQL, so that both say the same.",
                    column=name,
                )
            )
        cast.append(col(f"`{name}`").cast(wanted))
    return cast


def fits(given: str, wanted: str) -> bool:
    """Say whether a column of one Spark type becomes another without a value changing, or with an error if it would.

    A wider whole number or decimal is cast back under ANSI rules, which stop on what does not fit.
    """
    if given in (wanted, "void"):
        return True
    if given.startswith("decimal") and wanted.startswith("decimal"):
        return given.split(",")[1] == wanted.split(",")[1].replace(" ", "")
    return given in _WIDTHS and wanted in _WIDTHS


@contextmanager
def _in_one_line(query: Query) -> Iterator[None]:
    """Turn what Spark throws while it works on a query into one line that names the file."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, Py4JError) as error:
        raise BadInput(
            Problem(
                query.shown,
                f"Spark refuses the query: {first_line(error)}",
                "Write it in words both engines know; DuckDB alone makes it with --engine duckdb.",
            )
        ) from error
