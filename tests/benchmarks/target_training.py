"""Fits the coefficients of the engine of targets on M4: windows of its series, maximum likelihood, plain numpy.

Called by `python tests/benchmarks/targets.py fit`. A window is a past (3 to 60 years ending somewhere in a series) and
the years that followed it, ten at most. The networks of `pipelines.targets.engine.network` are fitted to windows by
Adam on the log-likelihood of a mixture of logistics, whose gradient is written out below; seeded, one thread, so that
the same machine gives the same numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pipelines.targets.engine.coefficients import Stacking
from pipelines.targets.engine.features import View, growth
from pipelines.targets.engine.network import SPREADS, Committee, Layers, heads
from pipelines.targets.engine.reading import reading
from pipelines.targets.engine.reference import BOUNDS, KNOTS, ReferenceTable, class_of, quantiles_of
from pipelines.targets.engine.table import steps, table

Array = NDArray[np.float64]

AHEAD = 10
"""Years that follow a window, at most."""

ORIGINS = 10
"""Windows taken at random inside the known part of each series."""

SHORT = (3, 14)
"""Half of the windows are cut to a length drawn between these, since the series of the product are short."""

HIDDEN, COMPONENTS = (48, 32), 3
EPOCHS, BATCH, RATE, DECAY = 8, 2048, 3e-3, 1e-4
INSIDE_EPOCHS = 25
MEMBERS = 3
"""Three networks taught for a short while, pooled, rather than one taught for long: across blocks of M4 (the first and
the fourth), Brier score at 8 points 0.1028 and 0.1086, against 0.1034 and 0.1090 for one network and 25 rounds; and
what is said above 0.6 comes true more nearly. Where test parts may not be seen, longer: with the last six years of the
train parts held out, the mean of -log density at full length was 2.4431 after 10 rounds and 2.4359 after 30.
"""

LAST_WEIGHT = 8.0
"""How much a window that ends where a published series ended counts, beside one inside a series.

Chosen on M4: networks fitted on four blocks of identifiers were scored on the fifth, with weights of 0, 1, 4 and 16.
Brier score at 8 points 0.1087, 0.1063, 0.1046, 0.1041; at full length 0.1043, 0.1022, 0.1012, 0.1012.
"""

_CLASSICAL = ("naive", "drift", "theta", "log_drift", "log_theta")

INSIDE_STACKING = {
    "size": Stacking(
        {"learnt": (0.35, 0.0), "log_learnt": (0.35, 0.0)} | dict.fromkeys(_CLASSICAL, (0.06, 0.0)),
        (1.0, 0.0),
        (0.0, 0.0),
    ),
    "free": Stacking({"learnt": (0.7, 0.0)} | dict.fromkeys(_CLASSICAL[:3], (0.1, 0.0)), (1.0, 0.0), (0.0, 0.0)),
}
"""Where test parts may not be seen: seven tenths to what was learnt from other series, the rest to classical ones."""


@dataclass(frozen=True)
class Windows:
    """Pasts, what followed (W, AHEAD; NaN where unknown), how much each counts, and the series each is from."""

    pasts: list[Array]
    futures: Array
    weights: Array
    series: NDArray[np.int64]


def inner_windows(known: Sequence[Array], seed: int = 11) -> Windows:
    """Return windows whose future lies inside the known series: nothing of a test part is in them."""
    random = np.random.default_rng(seed)
    pasts, futures, owners = [], [], []
    for owner, series in enumerate(known):
        origins = np.arange(SHORT[0], len(series))
        for origin in random.choice(origins, size=min(ORIGINS, len(origins)), replace=False).tolist():
            length = min(origin, _short(random)) if random.random() < 0.5 else origin
            pasts.append(series[origin - length : origin])
            futures.append(_padded(series[origin : origin + AHEAD]))
            owners.append(owner)
    return Windows(pasts, np.array(futures), np.ones(len(pasts)), np.array(owners))


def last_windows(known: Sequence[Array], after: Sequence[Array], weight: float, seed: int = 12) -> Windows:
    """Return, for each series, its whole known part, its last 8 years and a part of random length, then what came."""
    random = np.random.default_rng(seed)
    pasts, futures, owners = [], [], []
    for owner, (series, later) in enumerate(zip(known, after, strict=True)):
        for length in (len(series), 8, _short(random)):
            pasts.append(series[-length:])
            futures.append(_padded(later))
            owners.append(owner)
    return Windows(pasts, np.array(futures), np.full(len(pasts), weight), np.array(owners))


def both(first: Windows, second: Windows) -> Windows:
    """Return the windows of both."""
    return Windows(
        first.pasts + second.pasts,
        np.concatenate([first.futures, second.futures]),
        np.concatenate([first.weights, second.weights]),
        np.concatenate([first.series, second.series]),
    )


def _short(random: np.random.Generator) -> int:
    return int(random.integers(SHORT[0], SHORT[1] + 1))


def _padded(values: Array) -> Array:
    row = np.full(AHEAD, np.nan)
    row[: len(values)] = values[:AHEAD]
    return row


@dataclass(frozen=True)
class Lessons:
    """Features (W, F) and futures in usual steps (W, AHEAD), of one view, and which windows can be used."""

    inputs: Array
    outcomes: Array
    usable: NDArray[np.bool_]

    def where(self, chosen: NDArray[np.bool_]) -> Lessons:
        """Return the lessons of some windows."""
        return Lessons(self.inputs[chosen], self.outcomes[chosen], self.usable[chosen])


def lessons(windows: Windows, view: View, chunk: int = 20000) -> Lessons:
    """Return what a network of `view` reads of each window, and the answers."""
    parts = []
    for start in range(0, len(windows.pasts), chunk):
        pasts, futures = windows.pasts[start : start + chunk], windows.futures[start : start + chunk]
        seen = reading(pasts, view, 1)
        level = np.ones(len(pasts)) if view == "log" else np.abs(seen.data.last)
        usable = seen.unit > 1e-7 * level
        later = np.log(futures) if view == "log" else futures
        outcomes = np.clip((later - seen.data.last[:, None]) / seen.unit[:, None], -1e4, 1e4)
        parts.append((seen.features, outcomes, usable))
    inputs, outcomes, usable = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    return Lessons(inputs, outcomes, usable)


def committee(known: Lessons, weights: Array, members: int = MEMBERS, epochs: int = EPOCHS) -> Committee:
    """Fit `members` networks to the lessons, each window counting by `weights` (W,)."""
    inputs, outcomes = known.inputs[known.usable], known.outcomes[known.usable].astype(np.float32)
    means, deviations = inputs.mean(axis=0), inputs.std(axis=0) + 1e-6
    scaled = ((inputs - means) / deviations).astype(np.float32)
    counts = weights[known.usable, None].astype(np.float32)
    fitted = tuple(_fit(scaled, outcomes, counts, seed, epochs) for seed in range(members))
    return Committee(means, deviations, fitted)


def _start(features_: int, seed: int) -> Layers:
    random = np.random.default_rng(seed)
    sizes = [features_, *HIDDEN, 5 * COMPONENTS]
    weights, biases = [], []
    for index, (rows, columns) in enumerate(pairwise(sizes)):
        scale = np.sqrt(1 / rows) * (1.0 if index < len(HIDDEN) else 0.1)
        weights.append((random.normal(size=(rows, columns)) * scale).astype(np.float32))
        biases.append(np.zeros(columns, dtype=np.float32))
    biases[-1][COMPONENTS : 2 * COMPONENTS] = np.linspace(-0.6, 1.2, COMPONENTS)
    biases[-1][2 * COMPONENTS : 3 * COMPONENTS] = np.linspace(-0.6, 0.2, COMPONENTS)
    return Layers(tuple(weights), tuple(biases))


def _fit(inputs: Array, outcomes: Array, counts: Array, seed: int, epochs: int) -> Layers:
    """Adam (Kingma and Ba 2015), a cosine schedule, decoupled weight decay, gradients clipped at norm 1."""
    random = np.random.default_rng(seed)
    model = _start(inputs.shape[1], seed)
    parameters = [*model.weights, *model.biases]
    first = [np.zeros_like(one) for one in parameters]
    second = [np.zeros_like(one) for one in parameters]
    batches = len(inputs) // BATCH
    step = 0
    for _ in range(epochs):
        order = random.permutation(len(inputs))
        for batch in range(batches):
            rows = order[batch * BATCH : (batch + 1) * BATCH]
            step += 1
            _, gradient = gradient_of(model, inputs[rows], outcomes[rows], counts[rows])
            rate = RATE * 0.5 * (1 + np.cos(np.pi * step / (epochs * batches))) * min(1.0, step / 200)
            norm = np.sqrt(sum(float((one * one).sum()) for one in gradient))
            for index, one in enumerate(gradient):
                clipped = one * min(1.0, 1 / norm) if norm > 0 else one
                first[index] += 0.1 * (clipped - first[index])
                second[index] += 0.001 * (clipped * clipped - second[index])
                move = (first[index] / (1 - 0.9**step)) / (np.sqrt(second[index] / (1 - 0.999**step)) + 1e-8)
                parameters[index] -= np.float32(rate) * (move + (DECAY * parameters[index] if one.ndim == 2 else 0))
    return model


def gradient_of(model: Layers, inputs: Array, outcomes: Array, counts: Array) -> tuple[float, list[Array]]:
    """Return the mean negative log-likelihood, and its gradient by weights then biases.

    `outcomes` (W, H) are NaN where unknown; `counts` (W, 1) says how much a window counts. With u = (z - mu) / s the
    logistic density is sech(u/2)^2 / 4s: d log f / d mu = tanh(u/2) / s and d log f / d log s = u tanh(u/2) - 1.
    """
    layers = model.outputs(inputs)
    found = heads(layers[-1])
    years = np.arange(1, outcomes.shape[1] + 1, dtype=np.float32)
    logs = np.log(years)
    known = ~np.isnan(outcomes)
    values = np.where(known, outcomes, 0)[:, None, :]
    reach = np.exp(found.powers[:, :, None] * logs)
    centres = found.slopes[:, :, None] * reach
    log_spreads = found.log_spreads[:, :, None] + found.growths[:, :, None] * logs
    far = (values - centres) * np.exp(-log_spreads)
    tail = np.exp(-np.abs(far))
    density = -np.abs(far) - 2 * np.log1p(tail) - log_spreads
    joint = np.log(found.shares)[:, :, None] + density
    top = joint.max(axis=1, keepdims=True)
    parts = np.exp(joint - top)
    total = parts.sum(axis=1, keepdims=True)
    counted = (known * counts)[:, None, :]
    everything = counted.sum()
    loss = -float(((top + np.log(total)) * counted).sum() / everything)
    blame = parts / total * counted / everything
    slope = np.sign(far) * (1 - tail) / (1 + tail)
    by_centre = -blame * slope * np.exp(-log_spreads)
    by_spread = -blame * (far * slope - 1)
    free = (found.log_spreads > SPREADS[0]) & (found.log_spreads < SPREADS[1])
    last = np.concatenate(
        [
            found.shares * (counted.sum(axis=2) / everything) - blame.sum(axis=2),
            (by_centre * reach).sum(axis=2),
            by_spread.sum(axis=2) * free,
            (by_centre * centres * logs).sum(axis=2) * (found.powers - 0.25) * (1.25 - found.powers),
            (by_spread * logs).sum(axis=2) * (found.growths - 0.3) * (1.2 - found.growths) / 0.9,
        ],
        axis=1,
    )
    weights, biases = [], []
    for index in range(len(model.weights) - 1, -1, -1):
        weights.append(layers[index].T @ last)
        biases.append(last.sum(axis=0))
        if index:
            last = (last @ model.weights[index].T) * (1 - layers[index] ** 2)
    return loss, [*weights[::-1], *biases[::-1]]


def reference_table(totals: Sequence[Array], after: int) -> ReferenceTable:
    """Return what followed in the classes of past growth: from `after` years before the end, further back for more.

    The horizon h is read from the origin max(`after`, h) years before the end of each series; a series needs four
    years before its origin. With `after` the length of the test part, the first six years are those a competition asks.
    """
    growths = np.full((len(BOUNDS) + 1, AHEAD, len(KNOTS)), np.nan)
    counts = np.zeros((len(BOUNDS) + 1, AHEAD))
    for origin in range(after, AHEAD + 1):
        rows = [series for series in totals if len(series) >= origin + 4]
        pasts = [series[:-origin] for series in rows]
        logs = table(pasts, is_log=True)
        classes = class_of(growth(logs, steps(logs)))
        for ahead in range(1, AHEAD + 1) if origin == after else (origin,):
            if ahead > origin:
                continue
            later = np.log([series[len(series) - origin + ahead - 1] for series in rows]) - logs.last
            for which in range(len(BOUNDS) + 1):
                found = later[classes == which]
                growths[which, ahead - 1], counts[which, ahead - 1] = quantiles_of(found), len(found)
    return ReferenceTable(growths, counts)
