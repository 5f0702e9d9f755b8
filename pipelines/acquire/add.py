"""`observatoire add FILE --source ID`: a file becomes a new vintage of a dataset, or nothing changes at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

import polars as pl

from pipelines.acquire.take_in import copy_files
from pipelines.kernel.catalogue import Source, read_catalogue
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project
from pipelines.kernel.received import RECEIPT, Received, ReceivedFile, describe_file, read_receipt
from pipelines.kernel.registers import tokenise_register


class Tried(Protocol):
    """What trying a file out says of it."""

    @property
    def layout(self) -> str:
        """The vintage of the sidecar whose layout the file has."""

    @property
    def rows(self) -> Mapping[str, int]:
        """Staging table → the rows it would get."""


KEPT = "extract"
"""Vintage under which a real register is kept, whatever its layout was: its number then tells which came last."""

TryOut = Callable[[Project, Source, Sequence[Path]], Tried]
"""`pipelines.stage.trial.try_out`: given by the command, because no stage imports another."""


@dataclass(frozen=True, slots=True)
class AddedVintage:
    """A vintage that was taken in; `is_new` is false when the very same bytes were there already."""

    source: str
    vintage: str
    layout: str
    folder: Path
    rows: Mapping[str, int]
    is_new: bool
    replaced: tuple[int, ...] = ()
    """Years of a register of which rows had been taken in before, and now give way."""

    def sentence(self) -> str:
        """Return what was done, as the command prints it."""
        given = ", ".join(f"{count} rows for {table}" for table, count in self.rows.items())
        if not self.is_new:
            return (
                f"These very bytes were there already, as {self.source}, vintage {self.vintage}: nothing was changed."
            )
        years = ", ".join(map(str, self.replaced))
        note = f" They take the place of all rows of {years} that were taken in before." if years else ""
        return f"Taken in as {self.source}, vintage {self.vintage} (laid out as {self.layout}): {given}.{note}"


def add_file(project: Project, source_id: str, path: Path, try_out: TryOut) -> AddedVintage:
    """Take in a file, or a folder when a vintage comes in several files.

    It is read and staged in memory first. A register is kept as tokens only: the file itself is never copied; a folder
    holds the files of several offices, each with a layout of its own.
    Raises `BadInput`, and leaves everything as it was, when the source is unknown, the file is missing, no layout of
    the sidecar fits it, or a register comes without its key.
    """
    source = read_catalogue(project)[source_id]
    files = _files(project, path)
    if source.personal:
        return _add_register(project, source, files)
    tried = try_out(project, source, files)
    return _take_in(project, source, tried.layout, tried.rows, files)


def _add_register(project: Project, source: Source, files: list[Path]) -> AddedVintage:
    with TemporaryDirectory() as folder:
        tokens, layouts = tokenise_register(project, source, files, Path(folder))
        years = pl.read_parquet(tokens, columns=["year"])["year"]
        before = _years_before(project, source)
        added = _take_in(project, source, KEPT, {source.tables[0].name(source.id): len(years)}, [tokens])
    layout = ", ".join(sorted(set(layouts)))
    replaced = tuple(sorted(before & set(years))) if added.is_new else ()
    return replace(added, layout=layout, replaced=replaced)


def _years_before(project: Project, source: Source) -> set[int]:
    files = (project.raw / source.id).glob(f"{KEPT}*/{source.id}.parquet")
    return {year for file in files for year in pl.read_parquet(file, columns=["year"])["year"].unique()}


def _take_in(
    project: Project, source: Source, layout: str, rows: Mapping[str, int], files: Sequence[Path]
) -> AddedVintage:
    described = tuple(describe_file(file) for file in files)
    vintage, is_new = _place(project, source, layout, described)
    received = Received(
        source=source.id,
        vintage=vintage,
        layout=layout,
        origin="observed" if source.origin == "simulated" else source.origin,
        files=described,
    )
    folder = copy_files(project, received, files) if is_new else project.raw / source.id / vintage
    return AddedVintage(source.id, vintage, layout, folder, rows, is_new)


def _files(project: Project, path: Path) -> list[Path]:
    shown = project.shown(path)
    if path.is_dir():
        files = sorted(item for item in path.iterdir() if item.is_file() and item.name[0] != ".")
        if not files:
            raise BadInput(Problem(shown, "The folder holds no file", "Give the folder that holds the files."))
        return files
    if not path.is_file():
        raise BadInput(Problem(shown, "The file is missing", "Check the path."))
    return [path]


def _place(project: Project, source: Source, layout: str, files: tuple[ReceivedFile, ...]) -> tuple[str, bool]:
    """Return the folder's name for these bytes, and whether it is a new one (`2023`, then `2023-2`, `2023-3`…)."""
    number = 1
    while True:
        name = layout if number == 1 else f"{layout}-{number}"
        folder = project.raw / source.id / name
        if not (folder / RECEIPT).exists():
            return name, True
        if read_receipt(project, folder).files == files:
            return name, False
        number += 1
