"""Suppression of what is computed from counts: values of indicators, growth, states and paths of targets.

A rate says its numerator to whoever knows its denominator, a growth rate says a value to whoever knows the one before,
a probability was computed from the whole series: each inherits what it was computed from.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import polars as pl

from pipelines.kernel.flags import Flag
from pipelines.kernel.publications import Shadow
from pipelines.kernel.targets import STATES, StateCode
from pipelines.protect.suppression import small, strict

SERIES = ["indicator_code", "scope_level", "scope_code"]
TARGET = ["target_id", "scope_level", "scope_code"]

KEPT_OF_A_STATE = {*TARGET, "indicator_code", "edition", "deadline_year", "path_shape", "origin"}
"""Columns of a state that say nothing of the figures behind it."""

SAYING = ("value", "numerator", "denominator", "interval_low", "interval_high")
"""Columns of `ind_values` that say its value, or from which it can be computed."""

REASON = {
    "fr": "Confidentiel : au moins une des valeurs utilisées porte sur trop peu de personnes pour être publiée.",
    "en": "Confidential: at least one of the values used is about too few people to be published.",
}


def hidden_values(thresholds: dict[str, int], default: int) -> pl.Expr:
    """Say which rows of `ind_values` are hidden, by the threshold of their indicator (`default` when it has none).

    A count is hidden when it is small; a rate when its numerator, what is left of its denominator, or its denominator
    is small.
    """
    threshold = pl.col("indicator_code").replace_strict(thresholds, default=default, return_dtype=pl.Int64)
    least = strict(threshold, default)
    numerator, denominator = pl.col("numerator"), pl.col("denominator")
    of_a_count = small(pl.col("value"), least) | small(numerator, least)
    of_a_rate = small(numerator, least) | small(denominator, least) | small(denominator - numerator, least)
    return pl.when(denominator.is_null()).then(of_a_count).otherwise(of_a_rate)


def few_behind(plain: pl.DataFrame, shadow: Shadow, region: tuple[str, str], threshold: int) -> pl.DataFrame:
    """Return the keys of the weighted rates of `shadow` that stand on too few people, by site and for the region.

    `plain` is the mart with the unweighted counts, by site_code and year among others.
    """
    chosen = plain.filter([pl.col(name) == wanted for name, wanted in shadow.where.items()])
    counts = [pl.col(shadow.numerator).sum().alias("numerator"), pl.col(shadow.denominator).sum().alias("denominator")]
    level, code = region
    by_site = chosen.group_by("site_code", "year").agg(counts).with_columns(pl.lit("site").alias("scope_level"))
    whole = chosen.group_by("year").agg(counts)
    whole = whole.with_columns(pl.lit(level).alias("scope_level"), pl.lit(code).alias("site_code"))
    both = pl.concat([by_site, whole], how="diagonal").with_columns(pl.lit(shadow.indicator).alias("indicator_code"))
    numerator, denominator = pl.col("numerator"), pl.col("denominator")
    few = small(numerator, threshold) | small(denominator, threshold) | small(denominator - numerator, threshold)
    return both.filter(few).rename({"site_code": "scope_code"}).select([*SERIES, "year"])


@dataclass(frozen=True)
class Decided:
    """What the patterns say of values: keys (`SERIES` and year) of the rows hidden; of which indicators they decide
    alone; which are rates of weighted counts.
    """

    keys: Collection[tuple[str, str, str, int]] = ()
    alone: Collection[str] = ()
    weighted: Collection[str] = ()

    def frame(self) -> pl.DataFrame:
        """Return the keys as a frame."""
        types = [pl.String, pl.String, pl.String, pl.Int64]
        return pl.DataFrame(sorted(self.keys), schema=dict(zip([*SERIES, "year"], types, strict=True)), orient="row")


NOTHING_DECIDED = Decided()

ROUNDED = 3
"""Decimals of a rate of weighted counts: finer, its weights would tell the counts."""


def rounded_rates(values: pl.DataFrame, weighted: Collection[str]) -> pl.DataFrame:
    """Return the values with rates of weighted counts rounded, their intervals and growth too, and without counts."""
    of = pl.col("indicator_code").is_in(sorted(weighted))
    digits = {"value": ROUNDED, "interval_low": ROUNDED, "interval_high": ROUNDED, "growth": ROUNDED - 1}
    columns = [pl.when(of).then(pl.col(name).round(places)).otherwise(pl.col(name)).alias(name)
               for name, places in digits.items() if name in values.columns]  # fmt: skip
    return values.with_columns(
        *columns, *(pl.when(~of).then(pl.col(name)).alias(name) for name in ("numerator", "denominator"))
    )


def protected_values(
    values: pl.DataFrame,
    thresholds: dict[str, int],
    default: int,
    few: pl.DataFrame | None = None,
    decided: Decided = NOTHING_DECIDED,
) -> pl.DataFrame:
    """Return `ind_values` with hidden rows emptied and flagged `c`, and growth to or from them emptied.

    `few` has the keys (`SERIES` and year) of rows to hide besides, from `few_behind`.
    """
    keys = [*SERIES, "year"]
    besides = pl.concat([decided.frame(), *([] if few is None else [few])]).unique().with_columns(
        pl.lit(value=True).alias("_few")
    )  # fmt: skip
    alone = pl.col("indicator_code").is_in(sorted(set(decided.alone) - set(decided.weighted)))
    small_ones = hidden_values(thresholds, default) & ~alone
    marked = (
        values.join(besides, on=keys, how="left", maintain_order="left")
        .with_columns((small_ones | pl.col("_few").fill_null(value=False)).alias("_hidden"))
        .drop("_few")
        .sort(keys)
    )
    before = pl.col("_hidden").shift(1).over(SERIES).fill_null(value=False)
    shown = ~pl.col("_hidden")
    return (
        rounded_rates(marked, decided.weighted)
        .with_columns(
            *(pl.when(shown).then(pl.col(name)).alias(name) for name in SAYING if name in marked.columns),
            pl.when(shown & ~before).then(pl.col("growth")).alias("growth"),
            pl.when(shown).then(pl.col("flag")).otherwise(pl.lit(Flag.CONFIDENTIAL.value)).alias("flag"),
        )
        .drop("_hidden")
    )


def hidden_targets(states: pl.DataFrame, values: pl.DataFrame) -> pl.DataFrame:
    """Return the target × scope rows (keys of `tgt_states`) that were computed from a hidden value.

    `values` is protected. A state of the region that counts sites uses the values of every site: it is hidden when any
    of them is.
    """
    confidential = values.filter(pl.col("flag") == Flag.CONFIDENTIAL.value)
    of_the_scope = states.join(confidential.select(SERIES).unique(), on=SERIES, how="semi")
    site_codes = confidential.filter(pl.col("scope_level") == "site").select("indicator_code").unique()
    of_the_sites = states.filter((pl.col("scope_level") != "site") & pl.col("coverage_total_count").is_not_null()).join(
        site_codes, on="indicator_code", how="semi"
    )
    return pl.concat([of_the_scope, of_the_sites]).select(TARGET).unique(maintain_order=True)


def protected_states(states: pl.DataFrame, gone: pl.DataFrame) -> pl.DataFrame:
    """Return `tgt_states` with the rows of `gone` emptied, in the state *confidential*, flagged `c`."""
    words = STATES[StateCode.CONFIDENTIAL]
    said = {
        "state_code": StateCode.CONFIDENTIAL.value,
        "state_label_fr": words.label.fr,
        "state_label_en": words.label.en,
        "state_shape": words.shape,
        "reason_fr": REASON["fr"],
        "reason_en": REASON["en"],
    }
    marked = _marked(states, gone)
    columns = []
    for name in states.columns:
        if name in KEPT_OF_A_STATE:
            continue
        instead = pl.lit(said[name]) if name in said else None
        columns.append(pl.when(~pl.col("_gone")).then(pl.col(name)).otherwise(instead).alias(name))
    flag = _flag(pl.col("state_code") == StateCode.NOT_MEASURABLE.value)
    return marked.with_columns(flag.alias("flag"), *columns).drop("_gone")


def protected_paths(paths: pl.DataFrame, gone: pl.DataFrame, values: pl.DataFrame, codes: pl.DataFrame) -> pl.DataFrame:
    """Return `tgt_paths` with every number of the scopes in `gone` emptied but observations that are public themselves.

    `values` is protected; `codes` gives the indicator of each target and whether it counts sites (`tgt_states`).
    """
    coverage = pl.col("coverage_total_count").is_not_null()
    keys = codes.select(*TARGET, "indicator_code", coverage.alias("_counts"))
    shown = values.filter((pl.col("flag") != Flag.CONFIDENTIAL.value) & pl.col("value").is_not_null())
    marked = (
        _marked(paths, gone)
        .join(keys, on=TARGET, how="left", maintain_order="left")
        .join(
            shown.select(*SERIES, "year", pl.lit(value=True).alias("_public")),
            on=[*SERIES, "year"],
            how="left",
            maintain_order="left",
        )
    )
    is_public = (pl.col("kind") == "observed") & pl.col("_public").fill_null(value=False) & ~pl.col("_counts")
    marked = marked.with_columns((pl.col("_gone") & ~is_public).alias("_gone"))
    numbers = [name for name in paths.columns if name == "value" or name.startswith(("low_", "high_"))]
    return marked.with_columns(
        _flag(pl.lit(value=False)).alias("flag"), *(pl.when(~pl.col("_gone")).then(pl.col(n)).alias(n) for n in numbers)
    ).select([*paths.columns, "flag"])


def protected_history(history: pl.DataFrame, gone: pl.DataFrame) -> pl.DataFrame:
    """Return `tgt_history` with the views of the scopes in `gone` emptied."""
    emptied = [name for name in history.columns if name not in {*TARGET, "as_of_year", "origin"}]
    return (
        _marked(history, gone)
        .with_columns(
            _flag(pl.col("probability").is_null()).alias("flag"),
            *(pl.when(~pl.col("_gone")).then(pl.col(name)).alias(name) for name in emptied),
        )
        .drop("_gone")
    )


def protected_badges(badges: pl.DataFrame, gone: pl.DataFrame) -> pl.DataFrame:
    """Return `tgt_badges` with what the rules say of the scopes in `gone` emptied; the rules themselves stay."""
    kept = {*TARGET, "as_of_year", "rule_code", "rule_order", "rule_label_fr", "rule_label_en", "rule_source", "origin"}
    emptied = [name for name in badges.columns if name not in kept]
    return (
        _marked(badges, gone)
        .with_columns(
            _flag(pl.col("rule_measure").is_null() & pl.col("category_code").is_null()).alias("flag"),
            *(pl.when(~pl.col("_gone")).then(pl.col(name)).alias(name) for name in emptied),
        )
        .drop("_gone")
    )


def _marked(frame: pl.DataFrame, gone: pl.DataFrame) -> pl.DataFrame:
    marks = gone.with_columns(pl.lit(value=True).alias("_gone"))
    return frame.join(marks, on=TARGET, how="left", maintain_order="left").with_columns(
        pl.col("_gone").fill_null(value=False)
    )


def _flag(is_missing: pl.Expr) -> pl.Expr:
    return (
        pl.when(pl.col("_gone"))
        .then(pl.lit(Flag.CONFIDENTIAL.value))
        .when(is_missing)
        .then(pl.lit(Flag.MISSING.value))
        .when(pl.col("origin") == "simulated")
        .then(pl.lit(Flag.SIMULATED.value))
        .otherwise(pl.lit(Flag.NORMAL.value))
    )
