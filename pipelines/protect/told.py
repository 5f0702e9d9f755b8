"""How many people a public table is silent about, said from what is public, so that saying it tells nothing."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from pipelines.kernel.flags import Flag
from pipelines.kernel.publications import Publication


def public_totals(values: pl.DataFrame) -> frozenset[tuple[int, int]]:
    """Return (year, count) of every count that `pub_values` shows for a whole: a region, a register."""
    wholes = values.filter(~pl.col("scope_level").is_in(["site", "establishment"]) & pl.col("value").is_not_null())
    found: set[tuple[int, int]] = set()
    for name in ("numerator", "denominator"):
        shown = wholes.filter(pl.col(name).is_not_null())
        found |= {(year, round(count)) for year, count in shown.select("year", name).iter_rows()}
    return frozenset(found)


def silent_share(
    summed: pl.DataFrame, public: pl.DataFrame, publication: Publication, totals: frozenset[tuple[int, int]]
) -> float | None:
    """Return the share of the people a table counts who stand in a row with a hidden cell; none if that would tell.

    `summed`: the true counts at the grain of the table; `public`: what is shown. People are those of the first
    measure. Those in rows whose count is hidden are a total less what is shown: only where that total is public itself
    (`totals`) may they be told of, all together.
    """
    if not publication.measures or "year" not in publication.grain:
        return None
    people = publication.measures[0]
    flags: Mapping[str, str] = publication.flags
    some_hidden = pl.any_horizontal(pl.col(flag) == Flag.CONFIDENTIAL.value for flag in flags.values())
    by_year = summed.group_by("year").agg(pl.col(people).sum().cast(pl.Int64).alias("total"))
    by_year = by_year.join(
        public.group_by("year").agg(
            pl.col(people).sum().alias("shown"),
            pl.col(people).filter(~some_hidden).sum().alias("told_whole"),
            pl.col(people).is_null().any().alias("some_unknown"),
        ),
        on="year",
    )
    rows = by_year.select("year", "total", "told_whole", "some_unknown").rows()
    if any(unknown and (year, total) not in totals for year, total, _, unknown in rows):
        return None
    people_count = sum(total for _, total, _, _ in rows)
    return 1 - sum(told for _, _, told, _ in rows) / people_count if people_count else None
