"""Registers into staging: a simulated vintage is read and tokenised here, a real one came in as tokens already."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from pipelines.kernel.catalogue import Source
from pipelines.kernel.identity import simulated_tokeniser
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project
from pipelines.kernel.registers import read_register

SIMULATED = "simulated"
"""Vintage of the sidecar that describes the generator's files; every other vintage holds a real register's tokens."""


def stage_register(project: Project, source: Source, vintage_dir: Path) -> dict[str, pl.DataFrame]:
    """Return the staging table of one vintage of a register: tokens, typed columns, `origin`, ordered by the grain.

    Raises `BadInput`, naming file, row and column but never a value, when a file is missing or breaks its form, and
    when a real vintage holds anything else than the Parquet file that taking it in has written.
    """
    table = source.tables[0]
    if vintage_dir.name == SIMULATED:
        files = sorted(vintage_dir.glob("*.csv"))
        vintage = source.vintage(SIMULATED)
        frame = read_register(project, source, vintage, files, simulated_tokeniser())
        origin = "simulated"
    else:
        path = vintage_dir / f"{source.id}.parquet"
        strangers = [item for item in vintage_dir.iterdir() if item.suffix not in {".parquet", ".yml"}]
        if strangers or not path.is_file():
            raise BadInput(
                Problem(
                    project.shown(vintage_dir),
                    "A real register is kept as tokens only, and this folder holds "
                    + ("a file that may name persons" if strangers else "none"),
                    f"Delete the folder and take the register in with `observatoire add FILE --source {source.id}`.",
                )
            )
        frame = pl.read_parquet(path).select(list(table.columns)).sort(list(table.grain))
        origin = "observed"
    return {table.name(source.id): frame.with_columns(pl.lit(origin).alias("origin"))}
