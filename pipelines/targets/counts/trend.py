"""Log-linear and logit-linear trends by statsmodels, and the dispersion that its own scale gets wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


@dataclass(frozen=True)
class Trend:
    """Growth a year and documented steps on the log scale, each (estimate, variance); dispersion, 1 for Poisson.

    A step that the years cannot tell (none before it, or none after) is `None`.
    """

    drift: tuple[float, float]
    steps: tuple[tuple[float, float] | None, ...]
    dispersion: float


def log_trend(years: Array, counts: Array, steps: tuple[int, ...] = ()) -> Trend:
    """Return the trend of counts, (n,) each: a quasi-Poisson GLM, its dispersion taken as 1 at least."""
    import statsmodels.api as sm

    t = years - years.mean()
    told = [bool((years < year).any() and (years >= year).any()) for year in steps]
    dummies = [(years >= year).astype(float) for year, is_told in zip(steps, told, strict=True) if is_told]
    free = len(years) - 2 - len(dummies)
    if free < 1:
        dummies, told, free = [], [False] * len(steps), max(len(years) - 2, 1)
    design = np.column_stack([np.ones(len(t)), t, *dummies])
    fit = sm.GLM(counts, design, family=sm.families.Poisson()).fit()
    dispersion = max(1.0, float(fit.pearson_chi2) / free)
    variances = np.diag(fit.cov_params()) * dispersion
    left = iter(range(2, design.shape[1]))
    sizes: list[tuple[float, float] | None] = []
    for is_told in told:
        place = next(left) if is_told else None
        sizes.append(None if place is None else (float(fit.params[place]), float(variances[place])))
    return Trend((float(fit.params[1]), float(variances[1])), tuple(sizes), dispersion)


def rate_dispersion(many: Array, of: Array, design: Array) -> float:
    """Return the dispersion of a rate around a logit-linear trend, 1 for binomial.

    With a two-column response statsmodels forgets the number of trials in `scale="X2"` (0.0256 where Pearson's
    chi-square over its degrees of freedom is 5.4724; its issues 4614, 2888, 1750): so rates go in with `var_weights`.
    """
    import statsmodels.api as sm

    fit = sm.GLM(many / of, design, family=sm.families.Binomial(), var_weights=of).fit(scale="X2")
    return float(fit.scale)
