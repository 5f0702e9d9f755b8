"""What is staged of a dataset without a file, and with it: the two sides between which a new vintage is judged.

Both are cut to the perimeter of `data/baseline/perimeter.yml`: a producer's national file then stands against the
regional figures that ship, row for row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipelines.kernel.catalogue import Source, Vintage
from pipelines.kernel.known import order, order_of
from pipelines.kernel.project import Project
from pipelines.kernel.received import RECEIPT, read_receipt
from pipelines.stage.baseline import Cut, cut_table, read_perimeter
from pipelines.stage.datasets import vintage_of
from pipelines.stage.registers import combine_tokens
from pipelines.stage.staging import Tables, combine, stage_vintage

Order = tuple[int, int, int, str]
"""What vintages are sorted by (`pipelines.kernel.known.order`)."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A dataset before and after a vintage: names of what it stands against, whole tables by staging name."""

    against: tuple[str, ...]
    before: Tables
    after: Tables


def standing(project: Project, source: Source, given: Tables, layout: str, vintage: str) -> Standing | None:
    """Return the two sides for an open dataset; `None` when nothing was known of it.

    `given` are the tables of the file alone, `layout` the vintage of the sidecar it follows, `vintage` the name that
    it would be kept under. Raises `BadInput` when something taken in before is damaged.
    """
    staged: list[tuple[Order, str, Vintage, Tables]] = []
    folders = _folders(project, source)
    for folder in folders:
        receipt = read_receipt(project, folder)
        if receipt.origin == "simulated":
            continue
        its_layout = vintage_of(project, source, folder, receipt)
        files = {project.shown(folder / item.file): folder / item.file for item in receipt.files}
        tables = stage_vintage(source, its_layout, files, receipt.origin)
        staged.append((order_of(source, receipt), receipt.vintage, its_layout, tables))
    if not any(its_layout.shipped for _, _, its_layout, _ in staged):
        staged += _shipped(project, source)
    if not staged:
        return None
    with_it = [*staged, (order(source, layout, vintage), vintage, source.vintage(layout), given)]
    return Standing(
        against=tuple(name for _, name, _, _ in sorted(staged, key=lambda item: item[0])),
        before=_combined(source, staged),
        after=_combined(source, with_it),
    )


def shipped_tables(project: Project, source: Source) -> Tables:
    """Return the staging tables of the figures that ship of a dataset; none when none do."""
    return next((tables for _, _, _, tables in _shipped(project, source)), {})


def register_standing(
    project: Project, source: Source, tokens: Path, vintage: str, folder: Path, threads: int
) -> tuple[tuple[str, ...], Path, Path] | None:
    """Write a register's staging table without and with the file `tokens`; return what it stands against, and both.

    `None` when no real register was taken in before: the simulated one is nothing to compare with.
    """
    received = [(path, read_receipt(project, path)) for path in _folders(project, source)]
    real = [(path, receipt) for path, receipt in received if receipt.origin != "simulated"]
    if not real:
        return None
    ordered = sorted(real, key=lambda item: order_of(source, item[1]))
    files = {path: path / f"{source.id}.parquet" for path, _ in ordered}
    before, after = folder / "before.parquet", folder / "after.parquet"
    combine_tokens(source, files, before, threads)
    combine_tokens(source, {**files, folder / vintage: tokens}, after, threads)
    return tuple(receipt.vintage for _, receipt in ordered), before, after


def within_perimeter(project: Project, source: Source, tables: Tables) -> Tables:
    """Return open tables cut to the observatory's perimeter; `origin` is left out."""
    cuts = read_perimeter(project)
    return {
        table.name(source.id): cut_table(
            tables[table.name(source.id)], table, cuts.get(table.name(source.id), Cut()), project
        )
        for table in source.tables
    }


def _combined(source: Source, staged: Sequence[tuple[Order, str, Vintage, Tables]]) -> Tables:
    ordered = sorted(staged, key=lambda item: item[0])
    return combine(source, [(its_layout, tables) for _, _, its_layout, tables in ordered])


def _folders(project: Project, source: Source) -> list[Path]:
    return sorted(
        path for path in (project.raw / source.id).glob("*") if path.name[0] != "." and (path / RECEIPT).exists()
    )


def _shipped(project: Project, source: Source) -> list[tuple[Order, str, Vintage, Tables]]:
    """Stage what ships straight from `data/baseline`: before the first run it was not taken in yet."""
    found = []
    for vintage in source.vintages:
        files = {project.shown(project.baseline / name): project.baseline / name for name in vintage.files}
        if vintage.shipped and any(path.exists() for path in files.values()):
            tables = stage_vintage(source, vintage, files, source.origin)
            found.append((order(source, vintage.id, vintage.id), vintage.id, vintage, tables))
    return found


def read_register(path: Path) -> pl.DataFrame:
    """Return a register's staging table without what names a person."""
    columns = [column for column in pl.read_parquet_schema(path) if not column.endswith("_token")]
    return pl.read_parquet(path, columns=columns)
