"""The outside view: how often series that had grown as much over five years reached a growth, whatever their shape.

A class is an interval of past growth. For each class and each number of years ahead the coefficients hold quantiles of
the growth that followed; between them, and beyond the outer ones, the logit of probability is a straight line of the
logarithm of growth. The series are of economy, demography, industry and finance: a view from outside, named as such.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit, logit

from pipelines.kernel.catalogue import Bilingual

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Indices = NDArray[np.intp]

BOUNDS = (0.0, 0.15, 0.33, 0.61, 1.0)
"""Growth over the past five years at which a class ends and the next one begins (below 0; 0 to 15 %; ...)."""

KNOTS = np.array(
    [
        0.002,
        0.005,
        0.01,
        0.02,
        0.03,
        0.05,
        0.075,
        *np.linspace(0.1, 0.9, 17),
        0.925,
        0.95,
        0.97,
        0.98,
        0.99,
        0.995,
        0.998,
    ]
)
"""Probabilities at which the growth that followed is held."""


@dataclass(frozen=True)
class ReferenceTable:
    """`growths` (classes, years ahead, knots) of the logarithm of growth; `counts` (classes, years ahead) of series."""

    growths: Array
    counts: Array

    def cdf(self, classes: Indices, logs: Array) -> Array:
        """Return P(log growth <= `logs`) for series of `classes` (S,), `logs` (S, H, Q), for the years 1 to H."""
        found = np.empty(logs.shape)
        for which in np.unique(classes).tolist():
            rows = classes == which
            for step in range(logs.shape[1]):
                found[rows, step] = self.one(which, step + 1, logs[rows, step])
        return found

    def one(self, which: int, ahead: int, logs: Array) -> Array:
        """Return P(log growth <= `logs`) in one class, `ahead` years on."""
        knots, odds = self.growths[which, ahead - 1], logit(KNOTS)
        line = np.interp(logs, knots, odds)
        low = odds[0] + (logs - knots[0]) * (odds[1] - odds[0]) / (knots[1] - knots[0])
        high = odds[-1] + (logs - knots[-1]) * (odds[-1] - odds[-2]) / (knots[-1] - knots[-2])
        with np.errstate(invalid="ignore"):
            line = np.where(logs < knots[0], low, np.where(logs > knots[-1], high, line))
        return np.asarray(expit(line))


def class_of(past: Array) -> Indices:
    """Return the class, 0 to 5, of series whose logarithm of growth over the past five years is `past` (S,)."""
    return np.searchsorted(np.round(np.log1p(np.array(BOUNDS)), 9), np.round(past, 9), side="right")


def quantiles_of(growths: Array) -> Array:
    """Return the quantiles at `KNOTS` of what was seen, held apart so that a line goes through them."""
    return np.asarray(np.maximum.accumulate(np.quantile(growths, KNOTS)) + 1e-6 * np.arange(len(KNOTS)))


@dataclass(frozen=True)
class ReferenceClass:
    """What the outside view says of one target: of `count` series like this one by past growth, this share met it."""

    label: Bilingual
    count: int
    frequency: float


def label_of(which: int) -> Bilingual:
    """Return the name of a class."""
    if which == 0:
        return Bilingual(
            fr="séries annuelles (économie, démographie, industrie) qui avaient baissé en cinq ans",
            en="yearly series (economy, demography, industry) that had fallen over five years",
        )
    low = f"{BOUNDS[which - 1] * 100:.0f}"
    if which == len(BOUNDS):
        return Bilingual(
            fr=f"séries annuelles (économie, démographie, industrie) qui avaient gagné {low} % ou plus en cinq ans",
            en=f"yearly series (economy, demography, industry) that had grown {low} % or more over five years",
        )
    high = f"{BOUNDS[which] * 100:.0f}"
    return Bilingual(
        fr=f"séries annuelles (économie, démographie, industrie) qui avaient gagné de {low} à {high} % en cinq ans",
        en=f"yearly series (economy, demography, industry) that had grown {low} to {high} % over five years",
    )


def log_ratio(value: float, last: float) -> float:
    """Return the logarithm of `value` over `last`; minus infinity where `value` is not above zero."""
    return log(value / last) if value > 0 else float("-inf")
