"""Breaks as they bear on a fit: which years are left out as prevented, and from which year a series may be fitted.

A break names the first year after a change. A pulse is two of them: the year it begins, and the first year in which
things are again as before (2020 and 2022 for the pandemic: 2020 and 2021 are left out).
"""

from __future__ import annotations

from collections.abc import Iterable

from pipelines.kernel.reference import Break


def prevented_years(breaks: Iterable[Break]) -> frozenset[int]:
    """Return the years inside pulses. A pulse that has a beginning but no end yet holds its first year only."""
    years = sorted({item.year for item in breaks if item.kind == "pulse"})
    ends = [*years[1::2], *([years[-1] + 1] if len(years) % 2 else [])]
    return frozenset(year for begin, end in zip(years[::2], ends, strict=True) for year in range(begin, end))


def comparable_since(breaks: Iterable[Break], until: int) -> int | None:
    """Return the first year from which values up to `until` may be compared, or `None` when all of them may."""
    years = [item.year for item in breaks if item.forbids_growth and item.kind != "pulse" and item.year <= until]
    return max(years, default=None)
