"""Series as the tracker follows them, from the table of the indicators' values, protected or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.kernel.indicators import Indicator
from pipelines.kernel.reference import Reference
from pipelines.targets.series import Series, worst_origin

if TYPE_CHECKING:
    import polars as pl


def series_of(
    indicator: Indicator, scope_level: str, scope_code: str, values: pl.DataFrame, reference: Reference
) -> Series:
    """Return one series of `values`, which has at least the columns of its key, value, counts and origin."""
    import polars as pl

    rows = values.filter(
        (pl.col("indicator_code") == indicator.code)
        & (pl.col("scope_level") == scope_level)
        & (pl.col("scope_code") == scope_code)
        & pl.col("value").is_not_null()
    ).sort("year")
    breaks = reference.breaks_for(indicator.code, indicator.domain, scope_code)
    return Series(
        scope_level,
        scope_code,
        dict(zip(rows["year"].to_list(), rows["value"].to_list(), strict=True)),
        worst_origin(rows["origin"].to_list()),
        tuple(item for item in breaks if item.break_code not in indicator.breaks_ignored),
        is_share=indicator.unit == "share",
        is_count=indicator.unit != "share",
        counted=_counted(rows) if indicator.unit == "share" and not indicator.is_estimated else {},
    )


def _counted(rows: pl.DataFrame) -> dict[int, tuple[float, float]]:
    """Return year → (so many, of so many), where both are known and whole: a weighted rate is no count."""
    pairs = rows.select("year", "numerator", "denominator").drop_nulls().rows()
    return {year: (many, of) for year, many, of in pairs if of > 0 and many == round(many) and of == round(of)}
