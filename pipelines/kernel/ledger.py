"""The ledger of what was ever published: edition by edition, which counts were shown, with their number, and which not.

Whoever kept an old edition can lay it beside a new one. So what an edition showed is known for ever, and what it hid
stays hidden. One file an edition, `data/disclosure/ledger/<edition>.parquet`, written by `observatoire seal`, kept
under version control by whoever publishes; it holds no number that was not shown, and no line is ever changed.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.kernel.disclosure import read_policy
from pipelines.kernel.files import write_parquet
from pipelines.kernel.flags import Flag
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project
from pipelines.kernel.publications import Publication, read_publications

if TYPE_CHECKING:
    import polars as pl

FOLDER = "data/disclosure/ledger"
"""Where the ledger lies in the project."""

COLUMNS = ("table_name", "row_key", "column_name", "status", "value")
"""Columns of a file of the ledger. `row_key`: `site_code=albi|year=2024`, by name; `status`: shown or hidden."""

SAID = ("numerator", "denominator", "value")
"""Columns of the indicators' values that stand in the ledger."""


def ledger_folder(project: Project) -> Path:
    """Return where the ledger lies, whether anything was ever published or not."""
    return project.root / FOLDER


def path_of(project: Project, edition: str) -> Path:
    """Return the file of one edition, whether it was published or not."""
    return ledger_folder(project) / f"{edition}.parquet"


def published_editions(project: Project) -> list[Path]:
    """Return the ledger's files, oldest edition first.

    All of them, whatever the year that is about to be described: their readers have them.
    """
    return sorted(ledger_folder(project).glob("*.parquet"), key=_rank)


def _rank(path: Path) -> tuple[list[int], str]:
    return [int(part) for part in path.stem.split(".") if part.isdigit()], path.stem


def can_record(project: Project, edition: str, folder: Path) -> bool:
    """Say whether an edition of that name may show what `folder` holds: none did, or the same did."""
    import polars as pl

    path = path_of(project, edition)
    return not path.exists() or pl.read_parquet(path).equals(lines_of(project, folder))


def record(project: Project, edition: str, folder: Path | None = None) -> Path:
    """Add an edition to the ledger, from the public tables in `folder`, those `protect` wrote when none is given.

    Raises `BadInput` when that edition stands there already with other lines: what was published cannot be unsaid.
    """
    folder = folder or project.protected
    path = path_of(project, edition)
    if not can_record(project, edition, folder):
        mend = "Publish under another number: a line of the ledger is never changed."
        raise BadInput(Problem(project.shown(path), "This edition was published with other figures", mend))
    if not path.exists():
        write_parquet(path, lines_of(project, folder), list(COLUMNS[:3]))
    return path


def lines_of(project: Project, folder: Path) -> pl.DataFrame:
    """Return a line for each count of a register in the public tables of a folder (`COLUMNS`)."""
    import polars as pl

    policy = read_policy(project)
    frames = []
    for publication in read_publications(project).values():
        path = folder / f"{publication.table}.parquet"
        if publication.reads is None or not path.exists():
            continue
        columns = _columns(publication)
        is_open = bool(publication.sources) and policy.threshold(publication.sources) == 0
        if not columns or is_open:
            continue
        frame = pl.read_parquet(path)
        for column, flag in columns.items():
            frames.append(
                frame.filter(~pl.col(flag).is_in([Flag.MISSING.value, Flag.NOT_APPLICABLE.value])).select(
                    pl.lit(publication.table).alias("table_name"),
                    row_key(publication.grain).alias("row_key"),
                    pl.lit(column).alias("column_name"),
                    pl.when(pl.col(column).is_null()).then(pl.lit("hidden")).otherwise(pl.lit("shown")).alias("status"),
                    pl.col(column).cast(pl.Float64).alias("value"),
                )
            )
    schema = {"table_name": pl.String, "row_key": pl.String, "column_name": pl.String, "status": pl.String,
              "value": pl.Float64}  # fmt: skip
    return pl.concat([pl.DataFrame(schema=schema), *frames]).sort(*COLUMNS[:3])


def row_key(grain: tuple[str, ...]) -> pl.Expr:
    """Return the expression that names a row: `column=code` by name of column, joined by bars."""
    import polars as pl

    return pl.concat_str(
        [pl.format(f"{name}={{}}", pl.col(name).cast(pl.String).fill_null("")) for name in sorted(grain)],
        separator="|",
    )


def _columns(publication: Publication) -> dict[str, str]:
    """Return column → flag column, of the counts of a public table."""
    if publication.reads == "ind_values":
        return dict.fromkeys(SAID, "flag")
    return publication.flags if (publication.reads or "").startswith("mart_") else {}
