"""Small made-up files in the layout of a real dataset, and the staging of whole datasets, for tests."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path

import polars as pl

from pipelines.kernel.catalogue import Layout, Source, Vintage, read_catalogue
from pipelines.kernel.project import Project
from pipelines.stage.staging import Tables, stage_vintage

Row = Mapping[str, str]
"""Header → cell."""

Edit = Callable[[pl.DataFrame], pl.DataFrame]
CALM = "Sans double compte des établissements-composantes pour les EPE"


def headers_of(layout: Layout) -> list[str]:
    """Return the headers that a layout needs, each once and in order."""
    named = [*layout.columns.values(), *layout.measures.values(), *layout.keep]
    return list(dict.fromkeys(re.sub(r" \[\d+\]$", "", header) for header in named))


def write_csv(path: Path, layout: Layout, rows: Iterable[Row]) -> Path:
    """Write rows as a CSV file of that layout; columns that a row does not name are blank."""
    names = headers_of(layout)
    with path.open("w", encoding=layout.encoding, newline="") as stream:
        writer = csv.writer(stream, delimiter=layout.separator, lineterminator="\r\n")
        writer.writerow(names)
        writer.writerows([row.get(name, "") for name in names] for row in rows)
    return path


def as_given(project: Project, folder: Path, edit: Edit | None = None) -> Path:
    """Write the shipped enrolments by establishment as their producer lays them out, after `edit`."""
    source = read_catalogue(project)["effectifs"]
    vintage = source.vintage("2006-2022")
    frame = pl.read_csv(project.baseline / "effectifs__establishment.csv", infer_schema=False)
    frame = edit(frame) if edit else frame
    rows = []
    for row in frame.iter_rows(named=True):
        cells = {header: row[name] or "" for name, header in vintage.columns.items() if name != "uai_other"}
        rows.append({**cells, "Attention": CALM})
    return write_csv(folder / "effectifs.csv", vintage, rows)


def write_xlsx(path: Path, header: list[str], rows: Iterable[list[str | int | float | None]], sheet: str) -> Path:
    """Write a workbook of one sheet."""
    import xlsxwriter

    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet(sheet)
        for number, cells in enumerate([header, *rows]):
            page.write_row(number, 0, cells)
    return path


@cache
def dataset(project: Project, source_id: str, vintage_id: str) -> tuple[Source, Vintage]:
    """Return a real dataset and one of its vintages."""
    source = read_catalogue(project)[source_id]
    return source, source.vintage(vintage_id)


def stage(source: Source, vintage: Vintage, *paths: Path) -> Tables:
    """Stage files under their bare names."""
    return stage_vintage(source, vintage, {path.name: path for path in paths}, source.origin)


def stage_one(source: Source, vintage: Vintage, *paths: Path) -> pl.DataFrame:
    """Stage files of a dataset that has one table; return it."""
    (frame,) = stage(source, vintage, *paths).values()
    return frame
