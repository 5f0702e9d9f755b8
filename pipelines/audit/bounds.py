"""Counts that are nowhere more than another one of their table, found in the numbers themselves.

A student who was abroad has made one stay at least, so that a row shows no fewer stays than mobile students. Whoever
sees that in every row where both are shown supposes it of the others, and what is left cannot be negative.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import polars as pl

from pipelines.audit.knowledge import Series
from pipelines.audit.relations import Relation

COMPARED = 100
"""Rows with both counts from which "nowhere more" is no accident."""

ATTAINED = 8
"""Rows where both counts are the same: a bound that is reached says something, unlike thousands against tens."""

Bound = tuple[Series, tuple[Series, ...]]
"""A count, and the one, or the two together, that it is nowhere more than."""


def bounds(
    series: Sequence[Series],
    nested: Mapping[str, Sequence[tuple[str, str]]],
    compared: int = COMPARED,
    attained: int = ATTAINED,
) -> Iterator[Bound]:
    """Return every count that is nowhere more than another one of its table, or than two of them together.

    `nested`: table → (part, whole): what is said to be so is not sought. Two together are not tried where one does.
    """
    tables: dict[tuple[str, tuple[str, ...]], list[Series]] = {}
    for item in series:
        if not item.is_latent and item.is_protected and "." not in item.measure:
            tables.setdefault((item.table, item.coordinates), []).append(item)
    for items in tables.values():
        for part in items:
            others = [item for item in items if item is not part]
            single = [whole for whole in others if _is_bound(part, (whole,), compared, attained)]
            said = nested.get(part.table, ())
            yield from ((part, (whole,)) for whole in single if (part.measure, whole.measure) not in said)
            for pair in combinations([item for item in others if all(item is not one for one in single)], 2):
                if _is_bound(part, pair, compared, attained):
                    yield part, pair


def with_bounds(
    series: Sequence[Series],
    nested: Mapping[str, Sequence[tuple[str, str]]],
    compared: int = COMPARED,
    attained: int = ATTAINED,
) -> tuple[list[Series], list[Relation]]:
    """Return what is left of each bound, published nowhere and about no persons, and bound = count + what is left.

    `series` hold everything that has a number already: what is left is numbered from there on.
    """
    start = sum(item.frame.height for item in series)
    latent: list[Series] = []
    found: list[Relation] = []
    for part, wholes in bounds(series, nested, compared, attained):
        name = " and ".join(whole.measure for whole in wholes)
        text = f"{part.table}.{name} = {part.measure} + what is left"
        both = _joined(part, wholes)
        whole = both["_cell_0"]
        if len(wholes) > 1:  # a sum has one whole: the two together are a cell of their own
            together = both.with_columns(pl.col("_all").alias("value"))
            latent.append(_latent(part, name, together, start))
            whole = latent[-1].frame["cell"]
            found += _sums(whole, both["_cell_0"], both["_cell_1"], f"{part.table}.{name}")
            start += both.height
        over = both.with_columns(
            (pl.col("_all") - pl.col("value")).alias("value"), pl.lit(0, dtype=pl.Int64).alias("threshold")
        )
        latent.append(_latent(part, f"{name} over {part.measure}", over, start))
        found += _sums(whole, both["cell"], latent[-1].frame["cell"], text)
        start += both.height
    return latent, found


def _latent(part: Series, measure: str, rows: pl.DataFrame, start: int) -> Series:
    frame = rows.select(part.frame.columns).with_columns(
        pl.lit(None, dtype=pl.Int64).alias("shown"),
        pl.Series("cell", range(start, start + rows.height), dtype=pl.Int64),
    )
    return replace(part, measure=measure, frame=frame, is_latent=True, is_sensitive=False, rounding=0, floor=0)


def _sums(whole: pl.Series, one: pl.Series, two: pl.Series, text: str) -> list[Relation]:
    return [Relation(cell, (first, second), text) for cell, first, second in zip(whole, one, two, strict=True)]


def _is_bound(part: Series, wholes: tuple[Series, ...], compared: int, attained: int) -> bool:
    both = _joined(part, wholes)
    if (both["value"] > both["_all"]).any():
        return False
    counted = both.filter(pl.col("value") > 0)
    return counted.height >= compared and int((counted["value"] == counted["_all"]).sum()) >= attained


def _joined(part: Series, wholes: tuple[Series, ...]) -> pl.DataFrame:
    """Return the rows of a series where all others have one too, with their cells and their sum (`_all`)."""
    both = part.frame
    for place, whole in enumerate(wholes):
        other = whole.frame.select(
            *part.coordinates, pl.col("cell").alias(f"_cell_{place}"), pl.col("value").alias(f"_value_{place}")
        )
        both = both.join(other, on=list(part.coordinates), how="inner", maintain_order="left", nulls_equal=True)
    return both.with_columns(pl.sum_horizontal(f"_value_{place}" for place in range(len(wholes))).alias("_all"))
