"""Names and values as DuckDB reads them, whatever they hold: the only place where either is put between quotes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any


def quoted(name: str) -> str:
    """Return the name of a table or a column."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: Any) -> str:
    """Return a value: nothing, truth, number, day, text or the path of a file.

    Raises `TypeError` on a value that no column of ours holds.
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return f"date '{value.isoformat()}'"
    if isinstance(value, Path):
        value = value.as_posix()
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    raise TypeError(f"{type(value).__name__} has no literal")


def parquet(path: Path | Sequence[Path]) -> str:
    """Return the rows of a Parquet file, of several (one at least), or of a folder of them in the order of their names,
    as SQL takes them."""
    if not isinstance(path, Path):
        return f"read_parquet([{', '.join(map(literal, path))}])"
    return f"read_parquet({literal(path / '*.parquet' if path.is_dir() else path)})"
