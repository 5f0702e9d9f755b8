"""Registers into staging: a simulated vintage is read and tokenised here, a real one came in as tokens already.

No row passes through Python: DuckDB writes the staging table from the files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from pipelines.kernel.catalogue import Source
from pipelines.kernel.files import PARQUET, link_or_copy, replacing, replacing_folder
from pipelines.kernel.identity import simulated_tokeniser
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import MEMORY, Project
from pipelines.kernel.quoting import literal
from pipelines.kernel.register_parts import Cut
from pipelines.kernel.register_text import connect
from pipelines.kernel.registers import write_register

SIMULATED = "simulated"
"""Vintage of the sidecar that describes the generator's files; every other vintage holds a real register's tokens."""


def stage_register(project: Project, source: Source, vintage_dir: Path) -> dict[str, pl.DataFrame]:
    """Return the staging table of one vintage of a register: tokens, typed columns, `origin`, ordered by the grain.

    Raises `BadInput` as `write_staging` does. For small registers, and tests: the stage itself writes files.
    """
    with TemporaryDirectory() as folder:
        target = Path(folder) / "staging.parquet"
        write_staging(project, source, [vintage_dir], target)
        return {source.tables[0].name(source.id): pl.read_parquet(target)}


def write_staging(
    project: Project,
    source: Source,
    folders: Sequence[Path],
    target: Path,
    threads: int | None = None,
    cut: Cut | None = None,
    memory: str = MEMORY,
) -> None:
    """Write the staging table of a register to `target`, from the folders of its vintages, the oldest first.

    With `cut` a large one becomes a folder of one file a year, as `write_register` says.

    A vintage replaces all earlier rows of the years it covers. Raises `BadInput`, naming file, row and column but
    never a value, when a file is missing or breaks its form, and when a real vintage holds anything else than the
    Parquet file that taking it in has written.
    """
    simulated = [folder for folder in folders if folder.name == SIMULATED]
    if simulated == list(folders):
        files = sorted(simulated[0].glob("*.csv"))
        vintage = source.vintage(SIMULATED)
        write_register(
            project,
            source,
            vintage,
            files,
            simulated_tokeniser(),
            target,
            origin="simulated",
            threads=threads,
            cut=cut,
            memory=memory,
        )
        return
    tokens = {folder: _tokens(project, source, folder) for folder in folders}
    if cut is None:
        combine_tokens(source, tokens, target, threads, memory)
    else:
        cut_tokens(source, list(tokens.values()), target, cut, threads, memory)


def _tokens(project: Project, source: Source, folder: Path) -> Path:
    """Return the file of tokens of a real vintage."""
    path = folder / f"{source.id}.parquet"
    strangers = [item for item in folder.iterdir() if item.suffix not in {".parquet", ".yml"}]
    again = f"Delete the folder and take the register in with `observatoire add FILE --source {source.id}`."
    if strangers or not path.is_file():
        raise BadInput(
            Problem(
                project.shown(folder),
                "A real register is kept as tokens only, and this folder holds "
                + ("a file that may name persons" if strangers else "none"),
                again,
            )
        )
    missing = [column for column in source.tables[0].columns if column not in pl.read_parquet_schema(path)]
    if missing:
        raise BadInput(
            Problem(project.shown(path), "The register was taken in without this column", again, column=missing[0])
        )
    return path


def combine_tokens(
    source: Source, vintages: Mapping[Path, Path], target: Path, threads: int | None, memory: str = MEMORY
) -> None:
    """Write the staging table of a register from the tokens of its vintages (folder → file), the oldest first."""
    table, files = source.tables[0], [f"read_parquet({literal(path)})" for path in vintages.values()]
    columns, parts = ", ".join(table.columns), []
    for place, file in enumerate(files):
        later = " union all ".join(f"select year from {other}" for other in files[place + 1 :])
        where = f" where year not in ({later})" if later else ""
        parts.append(f"select {columns}, 'observed' as origin from {file}{where}")
    with connect(threads, memory) as connection, replacing(target) as part, TemporaryDirectory() as spill:
        connection.execute(f"set temp_directory = {literal(spill)}")
        connection.execute(
            f"copy ({' union all '.join(parts)} order by {', '.join(table.grain)}) to {literal(part)} ({PARQUET})"
        )


def cut_tokens(
    source: Source, files: Sequence[Path], target: Path, cut: Cut, threads: int | None, memory: str = MEMORY
) -> None:
    """Write the staging table of a register as a folder of one file a year, from its vintages' tokens, oldest first.

    The rows of a year are those of the last vintage that has it; the years that `cut` knows are not read again.
    """
    table, last = source.tables[0], dict[int, Path]()
    with connect(threads, memory) as connection, replacing_folder(target) as folder, TemporaryDirectory() as spill:
        connection.execute(f"set temp_directory = {literal(spill)}")
        for file in files:
            years = connection.execute(f"select distinct year from read_parquet({literal(file)})").fetchall()
            last |= {year: file for (year,) in years}
        kept = cut({year: [last[year]] for year in sorted(last)})
        for year, file in sorted(last.items()):
            part = folder / f"{year}.parquet"
            if year in kept:
                link_or_copy(kept[year], part)
                continue
            connection.execute(
                f"copy (select {', '.join(table.columns)}, 'observed' as origin from read_parquet({literal(file)}) "
                f"where year = {year:d} order by {', '.join(table.grain)}) to {literal(part)} ({PARQUET})"
            )
