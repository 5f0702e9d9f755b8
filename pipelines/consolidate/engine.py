"""The engines that can make a mart from its query: DuckDB on this machine, Spark on this one or on many.

A stage after this one cannot tell which of them made a mart: same file, same order, same types, same rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from pipelines.kernel.project import Project, Settings
from pipelines.kernel.sql import Query
from pipelines.kernel.warehouse import Warehouse


class Engine(Protocol):
    """What makes marts."""

    def write(self, query: Query, view: str, target: Path) -> int:
        """Write the rows of a query to `target`, sorted by its grain, atomically; return how many they are.

        `view` is the query as the run's warehouse knows it. Raises `BadInput` when two rows share the grain, and when
        the engine refuses the query.
        """


class InDuckDB:
    """The warehouse itself: the engine of every run that asks for no other."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    def write(self, query: Query, view: str, target: Path) -> int:
        """See `Engine.write`."""
        return self._warehouse.write(view, query.grain, target, query.shown)


@contextmanager
def engine_of(project: Project, settings: Settings, warehouse: Warehouse) -> Iterator[Engine]:
    """Give the engine that the settings ask for, and let it go.

    Raises `BadInput` when they ask for Spark and PySpark or Java is not installed. Spark starts with the first mart.
    """
    if settings.engine == "duckdb":
        yield InDuckDB(warehouse)
        return
    from pipelines.consolidate.spark.engine import InSpark
    from pipelines.consolidate.spark.session import require_spark

    require_spark()
    spark = InSpark(project, settings, warehouse)
    try:
        yield spark
    finally:
        spark.close()
