"""The numbers of a column, or of one measure of a long table: totals, deciles, distance, scale. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

import polars as pl

from pipelines.compare.rules import Rules, number
from pipelines.kernel.catalogue import Table

DECILES = (0.1, 0.5, 0.9)
PLACES = ("latitude", "longitude")
"""Numbers of which neither total nor mean means anything."""

LEAST_ROWS = 8
"""Values that both sides need before their distributions are compared: with fewer, one row moves the distance."""


def distance(before: pl.Series, after: pl.Series) -> float | None:
    """Return the Kolmogorov-Smirnov distance: the largest gap between the two cumulative shares, 0 to 1.

    It needs no unit and no assumption on the form, and says something a person can picture: at some value, that share
    of the rows more lies below it than before. `None` when a side has too few values.
    """
    if min(before.len(), after.len()) < LEAST_ROWS:
        return None
    points = pl.concat([before, after]).unique().sort()
    shares = [side.sort().search_sorted(points, side="right").cast(pl.Float64) / side.len() for side in (before, after)]
    return round(float((shares[0] - shares[1]).abs().max() or 0.0), 6)  # type: ignore[arg-type]


def measured(table: Table, frame: pl.DataFrame, others: Sequence[pl.DataFrame]) -> list[tuple[str, str | None]]:
    """Return the columns of numbers to look at; of a long table, its value by measure."""
    skipped = {"year", table.rank, *PLACES}
    columns = [
        column
        for column, dtype in frame.schema.items()
        if dtype.is_numeric() and column not in skipped and not column.endswith("_after")
    ]
    if "measure_code" not in frame.columns:
        return [(column, None) for column in columns]
    frames = [side for side in (frame, *others) if not side.is_empty()]
    measures = sorted({code for side in frames for code in side["measure_code"].drop_nulls().to_list()})
    return [("value", code) for code in measures]


def values_of(frame: pl.DataFrame, column: str, measure: str | None) -> pl.Series:
    """Return the values that there are, as decimal numbers; none for a column of another kind."""
    rows = frame if measure is None else frame.filter(pl.col("measure_code") == measure)
    series = rows[column].drop_nulls()
    return series.cast(pl.Float64) if series.dtype.is_numeric() else pl.Series(column, [], dtype=pl.Float64)


def scale_of(before: pl.Series, after: pl.Series, rules: Rules) -> float | None:
    """Return the factor between the two, when all their quantiles are about as far apart and far enough."""
    old, now = quantiles_of(before), quantiles_of(after)
    if old is None or now is None:
        return None
    ratios = [second / first for first, second in zip(old, now, strict=True) if first > 0 and second > 0]
    if len(ratios) < 2:
        return None
    unit = rules.limits.unit * 0.999
    if max(ratios) > 2 * min(ratios):
        return None
    if min(ratios) >= unit or max(ratios) <= 1 / unit:
        return ratios[len(ratios) // 2]
    return None


def factor(scale: float) -> str:
    """Return a factor as a round number when it is nearly a power of ten."""
    factor = max(scale, 1 / scale)
    power = 10 ** round(math.log10(factor))
    return number(power if abs(factor / power - 1) < 0.05 else round(factor))


def blank_share(frame: pl.DataFrame, column: str) -> float:
    """Return the share of cells without a value, 0 to 1."""
    return round(frame[column].null_count() / frame.height, 6)


def total_of(values: pl.Series) -> float | None:
    """Return the sum; nothing when there is no value."""
    return None if values.is_empty() else round(float(values.sum()), 6)


def quantiles_of(values: pl.Series) -> tuple[float, ...] | None:
    """Return the first, fifth and ninth decile, each a value that occurs; nothing when there is no value."""
    if values.is_empty():
        return None
    return tuple(round(float(values.quantile(share, "nearest") or 0.0), 6) for share in DECILES)
