"""The model that `protect` chose its patterns in, as files: for the auditor, who found the relations by another path.

Two tables in `data/.fingerprints`, internal: where each cell of the model is shown, and which cells add up to nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.kernel.files import write_parquet
from pipelines.kernel.project import Project

if TYPE_CHECKING:
    import polars as pl

PLACES = ("year", "cell", "is_known", "table_name", "row_key", "column_name")
"""A line for each place of a cell; a latent cell has one without a place. `is_known`: the attacker knows it anyway, or
takes it for the nothing that it is."""

SIGNS = ("year", "relation", "cell", "sign")
"""A line for each cell of a relation: the signed sum of its cells is zero."""


def places_path(project: Project) -> Path:
    """Return the file of places, whether it was written or not."""
    return project.fingerprints / "model-places.parquet"


def signs_path(project: Project) -> Path:
    """Return the file of relations, whether it was written or not."""
    return project.fingerprints / "model-relations.parquet"


def was_written(project: Project) -> bool:
    """Say whether `protect` left its model."""
    return places_path(project).exists() and signs_path(project).exists()


def write_model(project: Project, places: pl.DataFrame, signs: pl.DataFrame) -> None:
    """Write both tables (columns `PLACES` and `SIGNS`)."""
    write_parquet(places_path(project), places, PLACES)
    write_parquet(signs_path(project), signs, SIGNS[:3])


def read_model(project: Project) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return places and relations. Raises `FileNotFoundError` when `protect` left none."""
    import polars as pl

    return pl.read_parquet(places_path(project)), pl.read_parquet(signs_path(project))
