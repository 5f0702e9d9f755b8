"""Breaks as they bear on a fit: which years are left out as prevented, which steps are fitted, where a series is cut.

A break names the first year after a change. A pulse is two of them: the year it begins, and the first year in which
things are again as before (2020 and 2022 for the pandemic: 2020 and 2021 are left out). A documented change of level
(kind `level`, the BUT after the DUT) may be fitted as a step by a model of counts, its size shared across sites; every
other break that forbids a growth rate cuts the series, and so does a change of level for models that know no step.
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


def fitted_since(breaks: Iterable[Break], until: int) -> int | None:
    """Return the first year from which a model that knows steps may use values, or `None` when it may use all."""
    return comparable_since((item for item in breaks if item.kind != "level"), until)


def documented_steps(breaks: Iterable[Break], until: int) -> tuple[int, ...]:
    """Return the first years after a documented change of level, up to `until`, that come after the last cut."""
    known = list(breaks)
    since = fitted_since(known, until)
    years = {item.year for item in known if item.kind == "level" and item.forbids_growth and item.year <= until}
    return tuple(sorted(year for year in years if since is None or year > since))
