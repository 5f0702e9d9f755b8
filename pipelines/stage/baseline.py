"""`observatoire baseline --from DIR`: the regional open figures that ship, made again from the original files.

Originals are staged in memory as any vintage is, cut to the perimeter that `data/baseline/perimeter.yml` declares and
summed to the grain it declares; each table is written as CSV with a sidecar that says where it comes from. No source
file and no microdata: rows of national aggregates, for our establishments and territories.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import polars as pl
import yaml
from pydantic import BaseModel, ConfigDict, Field

from pipelines.kernel.catalogue import Source, Table, Vintage, read_catalogue
from pipelines.kernel.files import sha256_of, write_csv, write_text
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project
from pipelines.stage.shaping import sum_rows
from pipelines.stage.staging import Tables, combine, stage_vintage

COMMAND = "observatoire baseline --from DIR"


class Lookup(BaseModel):
    """Values taken from a reference table: those of `column` in the rows where other columns hold what is given."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    table: str
    column: str
    where: dict[str, str] = Field(default_factory=dict)

    def values(self, project: Project) -> list[str]:
        """Return the values, as text. Raises `BadInput` when the reference lacks the table or a column."""
        path = project.reference / f"{self.table}.csv"
        try:
            rows = pl.read_csv(path, infer_schema=False)
            for column, value in self.where.items():
                rows = rows.filter(pl.col(column) == value)
            return rows[self.column].drop_nulls().unique().sort().to_list()
        except (OSError, pl.exceptions.PolarsError) as error:
            raise BadInput(
                Problem(
                    project.shown(path),
                    "A reference table that the perimeter looks up is missing or lacks a column",
                    "Restore it with `git checkout -- data/reference`.",
                    column=self.column,
                )
            ) from error


class Cut(BaseModel):
    """What of one staging table ships."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    keep: dict[str, tuple[str | Lookup, ...]] = Field(default_factory=dict)
    coarsen: dict[str, str | int | None] = Field(default_factory=dict)


def make_baseline(project: Project, originals: Path) -> list[Path]:
    """Write `data/baseline/*.csv` and their sidecars from the folder of original files; return what was written.

    Files are found by name, in any subfolder. Raises `BadInput` when a file of a shipped dataset is missing or bad;
    nothing is written then.
    """
    cuts = read_perimeter(project)
    found = sorted(path for path in originals.rglob("*") if path.is_file())
    made: list[tuple[Source, Table, pl.DataFrame, list[Path]]] = []
    problems: list[Problem] = []
    for source in read_catalogue(project).sources.values():
        if source.personal or not any(vintage.shipped for vintage in source.vintages):
            continue
        try:
            tables, files = stage_originals(source, found)
        except BadInput as error:
            problems += error.problems
            continue
        for table in source.tables:
            cut = cuts.get(table.name(source.id), Cut())
            made.append((source, table, cut_table(tables[table.name(source.id)], table, cut, project), files))
    if problems:
        raise BadInput(problems)
    written: list[Path] = []
    for source, table, frame, files in made:
        written += _write(project, source, table, frame, files)
    return written


def read_perimeter(project: Project) -> dict[str, Cut]:
    """Return staging table → what of it ships. Raises `BadInput` when the file is missing or breaks its format."""
    path = project.baseline / "perimeter.yml"
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        return {name: Cut.model_validate(cut) for name, cut in content["tables"].items()}
    except (OSError, ValueError, KeyError, yaml.YAMLError) as error:
        raise BadInput(
            Problem(
                project.shown(path),
                "The perimeter of the shipped figures is missing or breaks its format",
                "Restore it with `git checkout -- data/baseline`.",
            )
        ) from error


def stage_originals(source: Source, found: list[Path]) -> tuple[Tables, list[Path]]:
    """Return the staging tables of a dataset from its original files among `found`, and those files."""
    staged: list[tuple[Vintage, Tables]] = []
    used: list[Path] = []
    problems: list[Problem] = []
    for vintage in source.vintages:
        if vintage.shipped:
            continue
        files = {path.name: path for path in found if any(fnmatchcase(path.name, name) for name in vintage.files)}
        if not files:
            problems.append(
                Problem(
                    vintage.files[0],
                    f"No file of {source.id}, vintage {vintage.id}, was found",
                    "Download it from the landing page of its sidecar into the folder given.",
                )
            )
            continue
        used += files.values()
        try:
            staged.append((vintage, stage_vintage(source, vintage, files, source.origin)))
        except BadInput as error:
            problems += error.problems
    if problems:
        raise BadInput(problems)
    return combine(source, staged), sorted(used, key=lambda path: path.name)


def cut_table(frame: pl.DataFrame, table: Table, cut: Cut, project: Project) -> pl.DataFrame:
    """Return the rows of the perimeter, summed to the coarser grain if one is declared.

    Counts are added up (null where no row gives one); other columns keep the value of the first row that has one.
    """
    for column, items in cut.keep.items():
        kept = [value for item in items for value in (item.values(project) if isinstance(item, Lookup) else [item])]
        frame = frame.filter(pl.col(column).is_in(kept))
    if cut.coarsen:
        keys = list(table.grain)
        frame = frame.with_columns(
            pl.lit(value, dtype=frame.schema[column]).alias(column) for column, value in cut.coarsen.items()
        )
        rest = [name for name in table.columns if name not in keys]
        counts = [name for name in rest if name.endswith("_count")]
        frame = sum_rows(frame, keys, counts, [name for name in rest if name not in counts])
    return frame.select(list(table.columns)).sort(list(table.grain))


def _write(project: Project, source: Source, table: Table, frame: pl.DataFrame, files: list[Path]) -> list[Path]:
    target = project.baseline / f"{source.id}__{table.object}.csv"
    write_csv(target, frame, table.grain)
    sidecar: dict[str, Any] = {
        "table": table.name(source.id),
        "dataset": source.title.fr,
        "producer": source.producer,
        "licence": source.licence + ("" if source.licence_confirmed else " (to be confirmed by the steward)"),
        "citation": source.citation,
        "landing_page": source.landing_page,
        "vintages": [vintage.id for vintage in source.vintages if not vintage.shipped],
        "command": COMMAND,
        "rows": frame.height,
        "sha256": sha256_of(target),
        "made_from": {path.name: sha256_of(path) for path in files},
    }
    head = "# Where these figures come from. Written with them by the command below; do not edit.\n"
    note = target.with_suffix(".yml")
    write_text(note, head + yaml.safe_dump(sidecar, sort_keys=False, allow_unicode=True, width=1000))
    return [target, note]
