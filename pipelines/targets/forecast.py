"""The probability that a target is met: a random walk with drift on a short yearly series.

The level and its drift are a state-space model of statsmodels (`UnobservedComponents`, level `rwdrift`, exact diffuse
start), which takes missing years as they are. Its one variance is concentrated out of the likelihood, so nothing is
searched for and no unit matters; the drift's own uncertainty is in the forecast variance, and that of the variance is
paid for by Student's t with (points - 2) degrees of freedom. Without missing years this is the closed form
`y_n + b h ± t s sqrt(h (1 + h / m))`, m = n - 1 increments (the "drift" member of the published short-series
comparisons; Hyndman and Athanasopoulos, Forecasting: principles and practice, section 5.5).

P(met) means: if the coming years resemble the past. A policy is meant to change that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, isfinite, log, sqrt
from typing import Literal

from pipelines.kernel.catalogue import Bilingual

Scale = Literal["level", "log", "logit"]

MINIMUM_POINTS = 5
"""Fewest observed years, masked ones not counted, from which a probability is given."""

FLOOR, CEILING = 0.005, 0.995
"""No forecast of ours is surer than this: a series of ten points cannot teach certainty."""

LEVELS = (50, 80, 95)
"""Widths of the intervals, in per cent."""

STILL = 1e-12
"""Below this share of the level, the scatter of the increments is rounding error: the series does not vary."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """The fitted walk on its own scale: `means` and `deviations` for `last_year + 1`, `+ 2`, …; `df` of Student's t."""

    scale: Scale
    last_year: int
    means: tuple[float, ...]
    deviations: tuple[float, ...]
    df: int

    def probability(self, year: int, goal: float, better: int) -> float:
        """Return P(the value of `year` meets `goal`), between `FLOOR` and `CEILING`."""
        from scipy.special import stdtr

        mean, deviation = self._at(year)
        if not _fits(goal, self.scale):  # beyond the scale's bounds: a share above 1, a count below 0
            sure = (goal <= 0) == (better > 0)
            return CEILING if sure else FLOOR
        distance = better * (mean - _to(goal, self.scale)) / deviation
        return min(max(float(stdtr(self.df, distance)), FLOOR), CEILING)

    def median(self, year: int) -> float:
        """Return the median of the value of `year`, in the series' own unit."""
        return _from(self._at(year)[0], self.scale)

    def interval(self, year: int, level: int) -> tuple[float, float]:
        """Return the central interval of `level` per cent for the value of `year`, in the series' own unit."""
        from scipy.special import stdtrit

        mean, deviation = self._at(year)
        reach = float(stdtrit(self.df, 0.5 + level / 200)) * deviation
        return _from(mean - reach, self.scale), _from(mean + reach, self.scale)

    def _at(self, year: int) -> tuple[float, float]:
        step = year - self.last_year
        if not 1 <= step <= len(self.means):
            raise ValueError(f"the forecast runs from {self.last_year + 1} to {self.last_year + len(self.means)}")
        return self.means[step - 1], self.deviations[step - 1]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why no probability is given."""

    reason: Bilingual


def forecast(observed: Mapping[int, float], until: int, *, is_share: bool = False) -> Forecast | Refusal:
    """Fit the walk to year → value (masked years left out) and carry it to the year `until`.

    Shares strictly between 0 and 1 are taken on the logit scale, other positive series on the log scale, the rest as
    they are. Refused with its reason: fewer than five points, a series without any scatter, a year already observed.
    """
    if len(observed) < MINIMUM_POINTS:
        return Refusal(_too_few(len(observed)))
    first, last = min(observed), max(observed)
    if until <= last:
        return Refusal(_ALREADY_OBSERVED)
    scale = _scale_of(observed, is_share)
    values = [_to(observed[year], scale) if year in observed else float("nan") for year in range(first, last + 1)]
    means, variances, df, scatter = _walk(values, until - last)
    size = max(1.0, *(abs(value) for value in values if isfinite(value))) if scale != "level" else _size(observed)
    if scatter <= STILL * size:
        return Refusal(_STILL)
    return Forecast(scale, last, tuple(means), tuple(sqrt(variance) for variance in variances), df)


def _walk(values: list[float], steps: int) -> tuple[list[float], list[float], int, float]:
    """Return means and variances of the next `steps` values, the degrees of freedom, and the sd of an increment."""
    import numpy as np
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    endog = np.asarray(values, dtype=float)
    model = UnobservedComponents(endog, level="rwdrift", use_exact_diffuse=True)
    result = model.filter([1.0])  # unit variance: the real one is concentrated out below
    filtered = result.filter_results
    seen = ~np.isnan(endog)
    seen[: filtered.nobs_diffuse] = False  # two points go into the level and the drift
    df = int(seen.sum())
    errors, sizes = filtered.forecasts_error[0], filtered.forecasts_error_cov[0, 0]
    variance = float(np.sum(errors[seen] ** 2 / sizes[seen]) / df)
    ahead = result.get_forecast(steps)
    means = [float(value) for value in np.atleast_1d(ahead.predicted_mean)]
    variances = [float(value) * variance for value in np.atleast_1d(ahead.var_pred_mean)]
    return means, variances, df, sqrt(variance)


def _scale_of(observed: Mapping[int, float], is_share: bool) -> Scale:
    if is_share and all(0 < value < 1 for value in observed.values()):
        return "logit"
    return "log" if all(value > 0 for value in observed.values()) else "level"


def _fits(value: float, scale: Scale) -> bool:
    return scale == "level" or (value > 0 if scale == "log" else 0 < value < 1)


def _to(value: float, scale: Scale) -> float:
    if scale == "log":
        return log(value)
    return log(value / (1 - value)) if scale == "logit" else value


def _from(value: float, scale: Scale) -> float:
    if scale == "log":
        return exp(min(value, 700.0))
    return 1 / (1 + exp(-min(max(value, -700.0), 700.0))) if scale == "logit" else value


def _size(observed: Mapping[int, float]) -> float:
    return max(abs(value) for value in observed.values()) or 1.0


def _too_few(points: int) -> Bilingual:
    return Bilingual(
        fr=f"Pas de probabilité : {points} point(s) exploitable(s), il en faut au moins {MINIMUM_POINTS}.",
        en=f"No probability: {points} usable point(s), at least {MINIMUM_POINTS} are needed.",
    )


_ALREADY_OBSERVED = Bilingual(
    fr="Pas de probabilité : l'année de l'échéance est déjà observée.",
    en="No probability: the deadline year has already been observed.",
)
_STILL = Bilingual(
    fr="Pas de probabilité : la série évolue sans aucun écart, son incertitude ne s'estime pas.",
    en="No probability: the series moves without any scatter, its uncertainty cannot be estimated.",
)
