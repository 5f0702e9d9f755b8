"""What the engine is compared with: rules, frequencies, classical models; each says P(met) of the same targets."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from target_scores import AHEAD, GROWTHS, targets

from pipelines.targets.engine.reference import class_of

Array = NDArray[np.float64]

CLASSES = ("<0", "0-15%", "15-33%", "33-61%", "61-100%", ">=100%")
MODELS = ("AutoETS", "AutoTheta", "AutoARIMA")


def past_growth(known: Sequence[Array]) -> Array:
    """Return the logarithm of growth over the past five years, (S,)."""
    return np.log([series[-1] / series[-6] for series in known])


def climatology(table: Path, classes: Sequence[str] = ("all",)) -> Array:
    """Return how often the targets were met on M4, (classes, 4, 7)."""
    cells = {
        (row["past5y_growth"], row["h"], round(row["g"], 2)): row["hit_rate"] for row in pl.read_csv(table).to_dicts()
    }
    pairs = [[(ahead, round(growth, 2)) for growth in GROWTHS.tolist()] for ahead in AHEAD.tolist()]
    return np.array([[[cells[name, ahead, growth] for ahead, growth in row] for row in pairs] for name in classes])


def class_frequencies(known: Sequence[Array], table: Path) -> Array:
    """Return the frequencies of the class of past growth on M4, (S, 4, 7), whatever else the series did."""
    return np.asarray(climatology(table, CLASSES)[class_of(past_growth(known))])


def eurostat(known: Sequence[Array]) -> Array:
    """Return 1 where Eurostat's rule says "significant progress" since five years ago, else 0, (S, 4, 7)."""
    last, base = (np.array([series[at] for series in known])[:, None, None] for at in (-1, -6))
    goals = targets(last[:, 0, 0])[:, None, :]
    seen = (last / base) ** (1 / 5) - 1
    needed = (goals / base) ** (1 / (5 + AHEAD[:, None])) - 1
    direction = np.where(GROWTHS < 0, -1, 1)  # growth away from the target counts against it, wherever the base lies
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(direction * seen / np.abs(needed) >= 0.95, dtype=float)


def statsforecast(known: Sequence[Array], last: Array) -> dict[str, tuple[Array, Array]]:
    """Return means and deviations (S, 6) of the models, read off their 80 % intervals, and of their mean."""
    from statsforecast import models

    found = {name: (np.empty((len(known), 6)), np.empty((len(known), 6))) for name in MODELS}
    for row, series in enumerate(known):
        for name in MODELS:
            try:
                one = getattr(models, name)(season_length=1).forecast(y=series.astype(float), h=6, level=[80])
                mean, spread = one["mean"], (one["hi-80"] - one["lo-80"]) / 2 / 1.2815515655446004
            except Exception as error:  # a model that fails counts as the last value, and is counted
                print(f"{name} on series {row}: {type(error).__name__}, the last value is taken")
                mean, spread = np.full(6, series[-1]), np.abs(np.diff(series)).mean() * np.sqrt(np.arange(1, 7))
            found[name][0][row], found[name][1][row] = mean, np.maximum(spread, 1e-9 * abs(last[row]))
    return found


def normal_chances(mean: Array, spread: Array, last: Array) -> Array:
    """Return P(met) (S, 4, 7) of normal distributions (S, 6)."""
    from scipy.special import ndtr

    goals, at = targets(last)[:, None, :], AHEAD - 1
    below = ndtr((goals - mean[:, at, None]) / spread[:, at, None])
    return np.where(GROWTHS < 0, below, 1 - below)
