"""Starting Spark so that it counts as DuckDB does, and saying in one line what is missing or went wrong."""

from __future__ import annotations

import os
import re
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Settings

ALIKE = {
    "spark.sql.ansi.enabled": "true",  # what does not fit stops the run instead of becoming null
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.sources.partitionColumnTypeInference.enabled": "false",
    "spark.sql.parquet.compression.codec": "zstd",
    "spark.ui.showConsoleProgress": "false",
}
"""What a session needs so that results do not depend on who set Spark up."""

HERE = {
    "spark.ui.enabled": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.memory": "2g",
}
"""The same for a session on this machine alone; what `spark-defaults.conf` or a cluster says comes first elsewhere."""

LOGGING = """\
rootLogger.level = error
rootLogger.appenderRef.stderr.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %p %c: %m%n
"""
"""Spark tells a great deal while it starts; a run says one line a stage."""


def require_spark() -> None:
    """Raise `BadInput`, saying how to install what is missing, unless PySpark and Java are there."""
    if find_spec("pyspark") is None:
        raise BadInput(
            Problem(
                "--engine spark",
                "PySpark is not installed",
                "Install the extra `spark`, 500 MB, with `make spark`; or leave --engine out: DuckDB makes the same "
                "marts.",
            )
        )
    home = os.environ.get("JAVA_HOME")
    if shutil.which("java", path=str(Path(home) / "bin") if home else None) is None:
        raise BadInput(
            Problem(
                "--engine spark",
                "Java is not installed",
                "Install Java 17 or newer with this system's packages, or set JAVA_HOME; or leave --engine out.",
            )
        )


def master_of(settings: Settings) -> str:
    """Return the master's URL: the one asked for, or this machine with as many threads as DuckDB would have."""
    return settings.spark_master or f"local[{settings.threads}]"


@contextmanager
def session_of(settings: Settings) -> Iterator[Any]:
    """Give a Spark session of its own, and stop it. Raises `BadInput` when the master does not answer."""
    master = master_of(settings)
    with TemporaryDirectory(prefix="observatoire-spark-") as scratch, warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # PySpark's, about pandas, which nothing here hands to it
        session = _start(master, settings, Path(scratch))
        try:
            yield session
        finally:
            session.stop()


def _start(master: str, settings: Settings, scratch: Path) -> Any:
    from pyspark.sql import SparkSession

    logging = scratch / "log4j2.properties"
    logging.write_text(LOGGING, encoding="utf-8")
    wanted = {**ALIKE, "spark.sql.warehouse.dir": str(scratch)}
    if master.startswith("local"):
        wanted |= {
            **HERE,
            "spark.local.dir": str(scratch),
            "spark.sql.shuffle.partitions": str(4 * settings.threads),
            "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile=file:{logging}",
        }
    builder = SparkSession.builder.master(master).appName("observatoire")
    for name, value in wanted.items():
        builder = builder.config(name, value)
    try:
        session = builder.getOrCreate()
    except Exception as error:  # a gateway that never answered, a refused connection: of several unrelated classes
        raise BadInput(
            Problem(
                "--engine spark",
                f"Spark does not start: {first_line(error)}",
                "Check the address of the master and that this machine can be reached from it.",
                value=master,
            )
        ) from error
    session.sparkContext.setLogLevel("ERROR")
    return session


def first_line(error: Exception) -> str:
    """Return what an error of Spark says, in one line, its class and its trace left out."""
    said = [line.strip() for line in str(error).splitlines() if line.strip()]
    line = next((item for item in said if item.startswith("[")), said[0] if said else type(error).__name__)
    return re.sub(r"\s+", " ", line).split(" SQLSTATE")[0]
