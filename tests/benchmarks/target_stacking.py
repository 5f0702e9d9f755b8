"""How much each part of the engine counts: fitted on M4 across blocks of identifiers.

Five blocks of consecutive identifiers, for neighbours are often alike. Networks fitted without a block forecast it,
from the train part of its series to the test part, at full length, on the last 8 and the last 5 years. Shares and
weights (`Stacking`) minimise the mean logarithmic score of
P(value <= threshold) over fourteen thresholds of growth and six years.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import target_training as training
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, logit

from pipelines.targets.engine.coefficients import Coefficients, Stacking
from pipelines.targets.engine.features import View
from pipelines.targets.engine.fit import fit
from pipelines.targets.engine.network import Committee

Array = NDArray[np.float64]

BLOCKS = 5
LENGTHS = (60, 8, 5)
THRESHOLDS = np.array([0.5, 0.7, 0.8, 0.9, 0.95, 1, 1.05, 1.1, 1.2, 1.35, 1.5, 1.75, 2, 3])
SAMPLE = 400
"""Series of each block that the shares are fitted on."""

PART = 0.5
"""Part of the windows the networks of a fold are fitted on: folds are for shares, not for weights."""

CLASSICAL = Stacking(
    {"learnt": (0.0, 0.0), "log_learnt": (0.0, 0.0)}
    | dict.fromkeys(("naive", "drift", "theta", "log_drift", "log_theta"), (0.2, 0.0)),
    (1.0, 0.0),
    (0.0, 0.0),
)
"""The classical members alone, alike: the mixture the engine began with."""


def blocks_of(numbers: Sequence[int]) -> NDArray[np.int64]:
    """Return the block, 0 to 4, of series by the number in their identifier (Y1 to Y23000)."""
    order = np.argsort(np.argsort(np.array(numbers)))
    return order * BLOCKS // len(numbers)


def folds(
    windows: training.Windows, read: dict[View, training.Lessons], blocks: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.int64], dict[View, Committee]]]:
    """Give the series of each block, and committees that saw nothing of that block."""
    outside = blocks[windows.series]
    part = np.random.default_rng(6).random(len(outside)) < PART
    for block in range(BLOCKS):
        chosen = (outside != block) & part
        committees = {
            view: training.committee(known.where(chosen), windows.weights[chosen]) for view, known in read.items()
        }
        yield np.flatnonzero(blocks == block), committees


@dataclass(frozen=True)
class Evidence:
    """What each part said of thresholds, P(value <= threshold) (members, N) and (N,), and whether it came true (N,)."""

    names: list[str]
    said: Array
    outside: Array
    true: NDArray[np.bool_]
    points: Array


def evidence(known: Sequence[Array], later: Array, coefficients: Coefficients) -> Evidence:
    """Let every member forecast `later` (S, 6) from each length of `known`, all above zero."""
    parts, names = [], []
    for length in LENGTHS:
        mixture = fit([series[-length:] for series in known], later.shape[1], True, coefficients)
        names = [member.name for member in mixture.members]
        values = np.broadcast_to(
            mixture.last[:, None, None] * THRESHOLDS, (len(known), later.shape[1], len(THRESHOLDS))
        )
        logs = np.log(values)
        said = np.stack([member.cdf(values, logs) for member in mixture.members])
        ratios = logs - np.log(mixture.last)[:, None, None]
        outside = mixture.outside.table.cdf(mixture.outside.classes, ratios)
        points = np.array([min(len(series), length) for series in known], dtype=float)
        parts.append((said, outside, later[:, :, None] <= values, np.broadcast_to(points[:, None, None], values.shape)))
    said = np.concatenate([part[0].reshape(len(names), -1) for part in parts], axis=1)
    rest = [np.concatenate([part[index].ravel() for part in parts]) for index in (1, 2, 3)]
    return Evidence(names, said, *rest)


def joined(pieces: Sequence[Evidence]) -> Evidence:
    """Put the evidence of several blocks together."""
    return Evidence(
        pieces[0].names,
        np.concatenate([one.said for one in pieces], axis=1),
        np.concatenate([one.outside for one in pieces]),
        np.concatenate([one.true for one in pieces]),
        np.concatenate([one.points for one in pieces]),
    )


def stacking_of(numbers: Array) -> Stacking:
    """Return the stacking eight numbers stand for: the share of naive, own, lent and shift, each a + b / n.

    What naive leaves goes to the networks. Drift and Theta have no share: given one, the fit brought it to nought.
    """
    naive, own, lent, shift = ((float(a), float(b)) for a, b in np.reshape(numbers, (4, 2)))
    rest = ((1 - naive[0]) / 2, -naive[1] / 2)
    shares = {"learnt": rest, "log_learnt": rest, "naive": naive}
    shares |= dict.fromkeys(("drift", "theta", "log_drift", "log_theta"), (0.0, 0.0))
    return Stacking(shares, own, lent, shift)


def fit_stacking(found: Evidence) -> tuple[Stacking, float]:
    """Return the stacking with the best logarithmic score on the evidence, and that score."""
    lengths, rows = np.unique(found.points, return_inverse=True)

    def loss(numbers: Array) -> float:
        stacking = stacking_of(numbers)
        shares = stacking.shares_of(found.names, lengths)[rows]
        own, lent, shift = stacking.weights(lengths)
        together = np.einsum("nm,mn->n", shares, found.said)
        odds = shift[rows] + own[rows] * logit(_inside(together)) + lent[rows] * logit(_inside(found.outside))
        said = np.clip(expit(odds), 0.005, 0.995)
        return float(-np.log(np.where(found.true, said, 1 - said)).mean())

    start = np.array([0.01, 0.8, 1.0, 0.01, 0.01, 0.5, 0.02, 0.2])
    best = minimize(loss, start, method="Nelder-Mead", options={"maxiter": 400, "xatol": 1e-3, "fatol": 1e-6})
    return stacking_of(best.x), float(best.fun)


def as_free(known: Stacking) -> Stacking:
    """Return the same for series without logarithms nor outside view: naive and the one network that is left."""
    learnt = known.shares["learnt"]
    pairs = {name: known.shares[name] for name in ("naive", "drift", "theta")}
    return Stacking(pairs | {"learnt": (2 * learnt[0], 2 * learnt[1])}, (1.0, 0.0), (0.0, 0.0))


def _inside(probabilities: Array) -> Array:
    return np.clip(probabilities, 1e-4, 1 - 1e-4)
