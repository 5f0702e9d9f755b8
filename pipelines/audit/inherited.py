"""What is computed from hidden counts and cannot be written as a sum: growth, intervals, weighted rates, states.

Each must be empty wherever what it was computed from is hidden. These rules are read from the public files row by row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from pipelines.audit.finding import Finding
from pipelines.kernel.disclosure import Policy
from pipelines.kernel.flags import Flag
from pipelines.kernel.project import Project
from pipelines.kernel.publications import Publication
from pipelines.kernel.reference import whole_scope
from pipelines.kernel.store import read_protected, read_table, table_path

SERIES = ("indicator_code", "scope_level", "scope_code")
TARGET = ("target_id", "scope_level", "scope_code")
BESIDE = ("numerator", "denominator", "growth", "interval_low", "interval_high")
"""Columns of `pub_values` that say something of its value."""


def inherited(project: Project, policy: Policy, publications: Mapping[str, Publication]) -> list[Finding]:
    """Return a finding for each published number that says something of a hidden one."""
    if not table_path(project, "pub_values").exists():
        return []
    values = read_protected(project, "pub_values")
    found = [*_beside(values), *_weighted(project, policy, publications, values)]
    if all(table_path(project, name).exists() for name in ("tgt_states", "pub_states")):
        found += _of_targets(project, values)
    return found


def _beside(values: pl.DataFrame) -> Iterator[Finding]:
    """A hidden value, with a number left in its row, or a growth to or from it."""
    ordered = values.sort(*SERIES, "year").with_columns((pl.col("flag") == Flag.CONFIDENTIAL.value).alias("_hidden"))
    ordered = ordered.with_columns(pl.col("_hidden").shift(1).over(SERIES).fill_null(value=False).alias("_before"))
    for name in ("value", *(column for column in BESIDE if column in values.columns)):
        hides = pl.col("_hidden") | pl.col("_before") if name == "growth" else pl.col("_hidden")
        for row in ordered.filter(hides & pl.col(name).is_not_null()).iter_rows(named=True):
            yield Finding("pub_values", f"pub_values.{name} {_where(row, (*SERIES, 'year'))}",
                          "stands beside a hidden value, and says something of it", "inherited")  # fmt: skip


def _weighted(
    project: Project, policy: Policy, publications: Mapping[str, Publication], values: pl.DataFrame
) -> Iterator[Finding]:
    """A weighted rate that is shown although it stands on too few people."""
    for publication in publications.values():
        for shadow in publication.shadows:
            plain = read_table(project, shadow.reads)
            chosen = plain.filter([pl.col(name) == wanted for name, wanted in shadow.where.items()])
            counts = [pl.col(shadow.numerator).sum().alias("_part"), pl.col(shadow.denominator).sum().alias("_whole")]
            by_site = chosen.group_by("site_code", "year").agg(counts).rename({"site_code": "scope_code"})
            region = pl.lit(whole_scope(project)).alias("scope_code")
            whole = chosen.group_by("year").agg(counts).with_columns(region)
            behind = pl.concat([by_site, whole], how="diagonal")
            least = policy.threshold(publications_sources(publications, shadow.reads))
            few = pl.any_horizontal(
                (count > 0) & (count < least)
                for count in (pl.col("_part"), pl.col("_whole"), pl.col("_whole") - pl.col("_part"))
            )
            shown = values.filter((pl.col("indicator_code") == shadow.indicator) & pl.col("value").is_not_null())
            for row in shown.join(behind.filter(few), on=["scope_code", "year"], how="semi").iter_rows(named=True):
                yield Finding("pub_values", f"pub_values.value {_where(row, (*SERIES, 'year'))}",
                              "is a rate that stands on too few people", "inherited")  # fmt: skip


def publications_sources(publications: Mapping[str, Publication], reads: str) -> tuple[str, ...]:
    """Return the sources of whatever is published from one internal table."""
    return tuple(source for item in publications.values() if item.reads == reads for source in item.sources)


def _of_targets(project: Project, values: pl.DataFrame) -> Iterator[Finding]:
    """What is said of a target, although a value of its series, or of a site that it counts, is hidden."""
    states = read_table(project, "tgt_states")
    hidden = values.filter(pl.col("flag") == Flag.CONFIDENTIAL.value)
    own = states.join(hidden.select(SERIES).unique(), on=SERIES, how="semi")
    of_sites = hidden.filter(pl.col("scope_level") == "site").select("indicator_code").unique()
    counting = states.filter(pl.col("coverage_total_count").is_not_null()).join(of_sites, on="indicator_code",
                                                                                how="semi")  # fmt: skip
    gone = pl.concat([own, counting]).select(*TARGET, "indicator_code").unique(maintain_order=True)
    kept = {*TARGET, "indicator_code", "year", "as_of_year", "kind", "rule_order", "outcome_met"}
    for table in ("pub_states", "pub_history", "pub_badges", "pub_paths"):
        if not table_path(project, table).exists():
            continue
        said = read_protected(project, table)
        numbers = [
            name for name, kind in said.schema.items()
            if kind.is_numeric() and name not in kept and name not in ("edition", "deadline_year")
        ]  # fmt: skip
        rows = said.join(gone.select(TARGET), on=TARGET, how="semi")
        if table == "pub_paths":
            rows = _without_public_points(rows, gone, values)
        for row in rows.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in numbers)).iter_rows(named=True):
            where = _where(row, tuple(name for name in (*TARGET, "year", "as_of_year") if name in row))
            yield Finding(table, f"{table} {where}", "was computed from a hidden value", "inherited")


def _without_public_points(rows: pl.DataFrame, gone: pl.DataFrame, values: pl.DataFrame) -> pl.DataFrame:
    """Leave out the points of a path that repeat a value shown in `pub_values`."""
    shown = values.filter(pl.col("value").is_not_null()).select(*SERIES, "year", pl.col("value").alias("_said"))
    joined = rows.join(gone, on=TARGET, how="left").join(shown, on=[*SERIES, "year"], how="left")
    repeats = (pl.col("kind") == "observed") & (pl.col("value") == pl.col("_said"))
    return joined.filter(~repeats.fill_null(value=False)).drop("indicator_code", "_said")


def _where(row: Mapping[str, object], names: tuple[str, ...]) -> str:
    return " ".join(f"{name}={row[name]}" for name in names)
