"""One series, as the product asks for it: years put in order, gaps laid out, refusals decided, then the mixture."""

from __future__ import annotations

from collections.abc import Sequence
from math import isinf, isnan

import numpy as np

from pipelines.targets.engine import refusals
from pipelines.targets.engine.coefficients import shipped
from pipelines.targets.engine.fit import fit
from pipelines.targets.engine.predictive import Predictive
from pipelines.targets.engine.reading import STILL
from pipelines.targets.engine.refusals import Refusal


def forecast_one(
    years: Sequence[int],
    values: Sequence[float | None],
    until: int,
    is_size: bool | None,
    minimum: int,
    furthest: int,
) -> Predictive | Refusal:
    """See `pipelines.targets.engine.forecast`."""
    known = _known(years, values)
    if len(known) < minimum:
        return refusals.too_few(len(known), minimum)
    first, last = min(known), max(known)
    if until <= last:
        return refusals.ALREADY_OBSERVED
    if until - last > furthest:
        return refusals.too_far(until - last, furthest)
    size = max(abs(value) for value in known.values())
    if max(known.values()) - min(known.values()) <= STILL * size:
        return refusals.STILL
    if is_size is None:
        is_size = min(known.values()) > 0
    elif is_size and min(known.values()) <= 0:
        raise ValueError("a series of sizes is above zero in every year; pass is_size=False")
    laid_out = np.array([known.get(year, np.nan) for year in range(first, last + 1)])
    mixture = fit([laid_out], until - last, is_size, shipped())
    return Predictive(last, until, len(known), mixture)


def _known(years: Sequence[int], values: Sequence[float | None]) -> dict[int, float]:
    if len(years) != len(values):
        raise ValueError(f"{len(years)} years and {len(values)} values")
    if len(set(years)) < len(years):
        raise ValueError("a year is given twice")
    known = {year: float(v) for year, v in zip(years, values, strict=True) if v is not None and not isnan(v)}
    if any(map(isinf, known.values())):
        raise ValueError("a value is infinite")
    return known
