"""Reading the tables that stages leave for one another: Parquet by name, and the public side's narrow door."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.kernel.project import Project

if TYPE_CHECKING:
    import polars as pl

FOLDERS = {"stg": "staging", "mart": "marts", "ind": "indicators", "tgt": "targets", "pub": "protected"}
"""Prefix of a table's name → the folder of `data/` it lies in."""


def table_path(project: Project, name: str) -> Path:
    """Return where the table of that name lies, whether it exists or not. Raises `KeyError` on an unknown prefix."""
    return project.data / FOLDERS[name.split("_", 1)[0]] / f"{name}.parquet"


def read_table(project: Project, name: str) -> pl.DataFrame:
    """Return a table by name. For stages on the internal side. Raises `FileNotFoundError` when it was not made."""
    import polars as pl

    return pl.read_parquet(table_path(project, name))


def protected_path(project: Project, name: str) -> Path:
    """Return where a public table lies, whether it exists or not.

    Raises `PermissionError` for any table that does not lie in `data/protected`.
    """
    if not name.startswith("pub_"):
        raise PermissionError(f"{name} has not been through protect; the public side reads pub_ tables only")
    return table_path(project, name)


def read_protected(project: Project, name: str) -> pl.DataFrame:
    """Return a table that has been through `protect`: the only reader that `publish` and `render` may use.

    Raises `PermissionError` as `protected_path` does, `FileNotFoundError` when the table was not made.
    """
    import polars as pl

    return pl.read_parquet(protected_path(project, name))
