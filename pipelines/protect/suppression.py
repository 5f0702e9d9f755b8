"""Suppression, as pure functions of a frame: which cells are small, and the frame without them.

A count n is small when 0 < n < threshold. A zero is shown (that nobody is there is no one's secret), unless the policy
calls the attribute sensitive. The rest of a part counts too: when 18 of 20 students hold a scholarship, 2 do not, so
the 18 goes. What else is hidden, so that sums do not give these back, a pattern says (`patterns.py`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import polars as pl

from pipelines.kernel.flags import Flag
from pipelines.kernel.ledger import row_key
from pipelines.kernel.publications import Part, Publication

RANK = {"observed": 0, "declared": 1, "simulated": 2}
"""Origins from the most to the least real: what is summed bears the least real of its parts'."""


def small(count: pl.Expr, threshold: int | pl.Expr) -> pl.Expr:
    """Say where a count is neither zero nor known to be large enough; false where it is null."""
    return ((count > 0) & (count < threshold)).fill_null(value=False)


def strict(threshold: int | pl.Expr, default: int) -> pl.Expr:
    """Return the threshold row by row: simulated rows stand for a register, so never under less than the default."""
    given = pl.lit(threshold) if isinstance(threshold, int) else threshold
    return pl.when(pl.col("origin") == "simulated").then(pl.max_horizontal(given, default)).otherwise(given)


def hidden(measure: str, parts: Sequence[Part], threshold: int | pl.Expr) -> pl.Expr:
    """Say where a measure must not be shown: small itself, or the rest of its whole is."""
    where = small(pl.col(measure), threshold)
    for pair in parts:
        if pair.part == measure:
            where = where | small(pl.col(pair.whole) - pl.col(measure), threshold)
    return where


def summed(frame: pl.DataFrame, publication: Publication) -> pl.DataFrame:
    """Return the frame at the grain of the publication: measures summed, the least real origin kept.

    A sum with an unknown part is unknown. Raises `ValueError` when columns are to be copied and rows would be brought
    together: a label cannot be summed.
    """
    grain, measures = list(publication.grain), list(publication.measures)
    if not frame.select(grain).is_duplicated().any():
        return frame.select([*grain, *measures, *publication.copied, "origin"])
    if publication.copied:
        raise ValueError(f"{publication.table}: {', '.join(grain)} is not its grain, so columns cannot be copied")
    rank = pl.col("origin").replace_strict(RANK, return_dtype=pl.Int64)
    by_rank = {number: origin for origin, number in RANK.items()}
    return (
        frame.with_columns(rank.alias("origin"))
        .group_by(grain, maintain_order=True)
        .agg(
            *(
                pl.when(pl.col(measure).null_count() == 0).then(pl.col(measure).sum()).alias(measure)
                for measure in measures
            ),
            pl.col("origin").max(),
        )
        .with_columns(pl.col("origin").replace_strict(by_rank, return_dtype=pl.String))
        .select([*grain, *measures, "origin"])
    )


def suppressed(
    frame: pl.DataFrame,
    publication: Publication,
    threshold: int | pl.Expr,
    chosen: Mapping[str, Collection[str]] | None = None,
) -> pl.DataFrame:
    """Return the frame with its small cells null and flagged `c`, a flag column beside each measure.

    `chosen`: measure → keys of the rows where it is hidden, of the measures that a pattern decides about (`row_key` of
    the ledger); it decides alone, since hiding more than it knows of would hide nothing.
    """
    plain = pl.when(pl.col("origin") == "simulated").then(pl.lit(Flag.SIMULATED.value)).otherwise(
        pl.lit(Flag.NORMAL.value)
    )  # fmt: skip
    columns: list[pl.Expr] = []
    gone = pl.lit(value=False)
    for measure, flag in publication.flags.items():
        where = hidden(measure, publication.nested, threshold)
        if chosen is not None and measure in chosen:
            where = row_key(publication.grain).is_in(sorted(chosen[measure]))
            gone = gone | where
        columns.append(pl.when(~where).then(pl.col(measure)).alias(measure))
        columns.append(
            pl.when(where)
            .then(pl.lit(Flag.CONFIDENTIAL.value))
            .when(pl.col(measure).is_null())
            .then(pl.lit(Flag.MISSING.value))
            .otherwise(plain)
            .alias(flag)
        )
    # What is said of a count says something of it: an explanation holds within bounds.
    columns += [pl.when(~gone).then(pl.col(name)).alias(name) for name in publication.copied if chosen]
    if not publication.measures:
        columns.append(plain.alias("flag"))
    order = [*publication.grain]
    for measure, flag in publication.flags.items():
        order += [measure, flag]
    order += [*publication.copied, *([] if publication.measures else ["flag"]), "origin"]
    return frame.with_columns(columns).select(order)


def counted(frame: pl.DataFrame, flags: Sequence[str]) -> tuple[int, int]:
    """Return how many cells of a protected frame hold or hid a value, and how many are hidden."""
    cells = hidden_cells = 0
    for flag in flags:
        cells += int((~frame[flag].is_in([Flag.MISSING.value, Flag.NOT_APPLICABLE.value])).sum())
        hidden_cells += int((frame[flag] == Flag.CONFIDENTIAL.value).sum())
    return cells, hidden_cells
