"""Rows put aside by a check: where they lie, and how whoever reads a staging table leaves them out.

Staging keeps every row that the source gave. A quarantined row is left out where staging is read, by all its columns:
a row that has since been mended or removed at its source is another row, and no longer meant.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from pipelines.kernel.files import sha256_of, sha256_of_text
from pipelines.kernel.project import Project
from pipelines.kernel.quoting import parquet

REASON = "check_ids"
"""The one column of a quarantine table that its staging table has not: the checks broken, as `APP-217, APP-219`."""


def quarantine_path(project: Project, table: str) -> Path:
    """Return where the quarantined rows of a staging table lie; no file when there are none."""
    return project.quarantine / f"{table}.parquet"


def without_quarantined(staged: Path | Sequence[Path], aside: Path, columns: Iterable[str]) -> str:
    """Return the rows of a staging table's file, or files, that are not quarantined, as SQL takes them after `from`.

    `columns` are all the columns of the staging table. Without a quarantine file this is the staging file itself.
    """
    whole = parquet(staged)
    if not aside.exists():
        return whole
    same = " and ".join(f'staged."{name}" is not distinct from aside."{name}"' for name in columns)
    return f"(select staged.* from {whole} as staged anti join {parquet(aside)} as aside on {same})"


def facts(aside: Path, years: Collection[int] | None = None) -> str:
    """Return what a quarantine does to the rows that are read, for fingerprints; empty without a quarantine.

    With `years`, only what it does to rows of these years counts.
    """
    if not aside.exists():
        return ""
    if years is None:
        return f"quarantine {sha256_of(aside)}"
    import polars as pl

    rows = sorted(map(repr, pl.read_parquet(aside).filter(pl.col("year").is_in(list(years))).rows()))
    return f"quarantine {sha256_of_text(chr(10).join(rows))}" if rows else ""
