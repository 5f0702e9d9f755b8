"""The tables as Spark reads and leaves them: folders of Parquet, those with a year in one folder a year.

`data/partitions/<table>/`: what a run sees of a table (its edition, its corrections, less its quarantine), laid out by
the warehouse for staging and code lists, by Spark for marts. As internal as the tables themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from pipelines.kernel.files import replacing_folder, sha256_of_text, write_text
from pipelines.kernel.freshness import file_fingerprint
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project, Settings
from pipelines.kernel.quoting import literal, quoted
from pipelines.kernel.warehouse import Warehouse

PARTITION = "year"
MADE_FROM = "_made_from"
"""The file that says what a folder was made from; Spark passes over names that begin so."""

SPARK_TYPES = {
    "TINYINT": "tinyint",
    "SMALLINT": "smallint",
    "INTEGER": "int",
    "BIGINT": "bigint",
    "DOUBLE": "double",
    "VARCHAR": "string",
    "UUID": "string",  # Spark knows none: letters, which sort as the number does
    "BOOLEAN": "boolean",
    "DATE": "date",
}
"""DuckDB's types → Spark's; decimals keep their width and scale."""


class Lake:
    """The folders of one run."""

    def __init__(self, project: Project, settings: Settings, warehouse: Warehouse) -> None:
        self._project = project
        self._settings = settings
        self._warehouse = warehouse

    def folder(self, table: str) -> Path:
        """Return where a table's folder lies, whether it exists or not."""
        return self._project.partitions / table

    def lay_out(self, table: str, columns: Mapping[str, str]) -> Path:
        """Return the table's folder, written anew when the table is no longer what it was made from."""
        folder = self.folder(table)
        made_from = self._made_from(table)
        if _said(folder) == made_from:
            return folder
        listed = ", ".join(
            f"cast({quoted(name)} as varchar) as {quoted(name)}" if kind == "UUID" else quoted(name)
            for name, kind in columns.items()
        )
        with replacing_folder(folder) as part:
            target, how = part / "rows.parquet", "format parquet, compression zstd"
            if is_partitioned(columns):
                target, how = part, f"{how}, partition_by ({PARTITION}), overwrite_or_ignore"
            self._warehouse.execute(
                f"copy (select {listed} from {quoted(table)}) to {literal(target)} ({how})",
                self._project.shown(self._warehouse.file_of(table)),
            )
            write_text(part / MADE_FROM, made_from)
        return folder

    def keep(self, table: str, write: Callable[[Path], None], columns: Mapping[str, str], view: str) -> None:
        """Let Spark write a mart's folder, and make the view `view` of it for the warehouse, in DuckDB's types."""
        folder = self.folder(table)
        with replacing_folder(folder) as part:
            write(part)
        listed = ", ".join(f"cast({quoted(name)} as {kind}) as {quoted(name)}" for name, kind in columns.items())
        rows = f"read_parquet({literal(folder / '**' / '*.parquet')}, hive_partitioning = false)"
        if is_partitioned(columns):
            rows = rows.replace("= false", f"= true, hive_types = {{'{PARTITION}': {columns[PARTITION]}}}")
        if not any(folder.rglob("*.parquet")):  # of no rows, Spark leaves no file when it writes by year
            typed = ", ".join(f"cast(null as {kind}) as {quoted(name)}" for name, kind in columns.items())
            rows = f"(select {typed} where false)"
        self._warehouse.execute(
            f"create or replace view {quoted(view)} as select {listed} from {rows}", self._project.shown(folder)
        )

    def remember(self, table: str) -> None:
        """Note that a mart's folder and its file hold the same, once the file is written."""
        write_text(self.folder(table) / MADE_FROM, self._made_from(table))

    def _made_from(self, table: str) -> str:
        path = self._warehouse.file_of(table)
        lines = [table, file_fingerprint(path)]
        if table.startswith("stg_"):
            run = f"edition {self._settings.edition} observed_only {self._settings.observed_only}"
            lines += [run, self._warehouse.facts_of(table)]
        return sha256_of_text("\n".join(lines))


def is_partitioned(columns: Mapping[str, str]) -> bool:
    """Say whether a table lies in one folder a year: those of persons do, the others are too small to be cut."""
    return PARTITION in columns and "UUID" in columns.values()


def spark_type(kind: str, shown: str, column: str) -> str:
    """Return Spark's name of a DuckDB type. Raises `BadInput` naming the column when Spark has none."""
    if kind.startswith("DECIMAL("):
        return kind.lower()
    if kind not in SPARK_TYPES:
        raise BadInput(
            Problem(
                shown,
                "Spark has no such type",
                "Cast it to bigint, double, decimal, varchar, boolean or date.",
                column=column,
                value=kind,
            )
        )
    return SPARK_TYPES[kind]


def _said(folder: Path) -> str | None:
    path = folder / MADE_FROM
    return path.read_text(encoding="utf-8") if path.exists() else None
