"""The ledger of what was ever published: edition by edition, which counts were shown, with their number, and which not.

Whoever kept an old edition can lay it beside a new one. So what an edition showed is known for ever, and what it hid
stays hidden. One file an edition, `data/disclosure/ledger/<edition>.parquet`, internal, kept under version control by
whoever publishes; it holds no number that was not shown, and no line is ever changed.
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
from pipelines.kernel.store import read_protected, table_path

if TYPE_CHECKING:
    import polars as pl

COLUMNS = ("table_name", "row_key", "column_name", "status", "value")
"""Columns of a file of the ledger. `row_key`: `site_code=albi|year=2024`, by name; `status`: shown or hidden."""

SAID = ("numerator", "denominator", "value")
"""Columns of the indicators' values that stand in the ledger."""


def ledger_folder(project: Project) -> Path:
    """Return where the ledger lies, whether anything was ever published or not."""
    return project.data / "disclosure" / "ledger"


def editions_before(project: Project, edition: str | None = None) -> list[Path]:
    """Return the ledger's files, in the order of their names; those before `edition` only, when it is given."""
    return [path for path in sorted(ledger_folder(project).glob("*.parquet")) if edition is None or path.stem < edition]


def record(project: Project, edition: str) -> Path:
    """Add an edition to the ledger, from the public tables as they stand. Call it when the edition is published.

    Raises `BadInput` when that edition stands there already with other lines: what was published cannot be unsaid.
    """
    import polars as pl

    path = ledger_folder(project) / f"{edition}.parquet"
    lines = lines_of(project)
    if path.exists():
        if pl.read_parquet(path).equals(lines):
            return path
        mend = "Publish under another number: a line of the ledger is never changed."
        raise BadInput(Problem(project.shown(path), "This edition was published with other figures", mend))
    write_parquet(path, lines, list(COLUMNS[:3]))
    return path


def lines_of(project: Project) -> pl.DataFrame:
    """Return a line for each count of a register in the public tables (`COLUMNS`)."""
    import polars as pl

    policy = read_policy(project)
    frames = []
    for publication in read_publications(project).values():
        if publication.reads is None or not table_path(project, publication.table).exists():
            continue
        columns = _columns(publication)
        is_open = bool(publication.sources) and policy.threshold(publication.sources) == 0
        if not columns or is_open:
            continue
        frame = read_protected(project, publication.table)
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
