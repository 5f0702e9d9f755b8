"""The global model: a small network that has read thousands of yearly series says how this one may go on.

It reads the features of a series (`features.py`) and answers with a few logistic components in steps of usual size:
component k lies `b_k h^p_k` from the latest value after h years and has the spread `s_k h^q_k`. Powers keep the answer
smooth from one year to the next and define every horizon. The network is a committee: members trained alike from other
starting points, whose components are pooled with equal weights. Weights are data (the `about` of `coefficients.json`
says from which series, and the command that makes them); nothing is fitted here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

SPREADS = (-5.0, 4.0)
"""Bounds of the logarithm of a spread, in usual steps."""


@dataclass(frozen=True)
class Layers:
    """One network: `weights` and `biases` of its layers, tanh between them."""

    weights: tuple[Array, ...]
    biases: tuple[Array, ...]

    def outputs(self, inputs: Array) -> list[Array]:
        """Return what every layer hands on, the inputs first."""
        found = [inputs]
        for index, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            straight = found[-1] @ weight + bias
            found.append(straight if index == len(self.weights) - 1 else np.tanh(straight))
        return found


@dataclass(frozen=True)
class Heads:
    """The last layer in the model's own terms, each (S, K): shares, steps a year, log spreads, the two powers."""

    shares: Array
    slopes: Array
    log_spreads: Array
    powers: Array
    growths: Array

    def components(self, horizon: int) -> tuple[Array, Array]:
        """Return centres and spreads (S, K, H) in usual steps."""
        years = np.arange(1.0, horizon + 1)
        centres = self.slopes[:, :, None] * years ** self.powers[:, :, None]
        return centres, np.exp(self.log_spreads)[:, :, None] * years ** self.growths[:, :, None]


def heads(last: Array) -> Heads:
    """Read the last layer (S, 5 K)."""
    shares, slopes, spreads, powers, growths = np.split(last, 5, axis=1)
    shares = np.exp(shares - shares.max(axis=1, keepdims=True))
    return Heads(
        shares / shares.sum(axis=1, keepdims=True),
        slopes,
        np.clip(spreads, *SPREADS),
        0.25 + expit(powers + 0.8),
        0.3 + 0.9 * expit(growths),
    )


@dataclass(frozen=True)
class Committee:
    """Networks that read the same features, brought to mean 0 and deviation 1 by `means` and `deviations` (F,)."""

    means: Array
    deviations: Array
    networks: tuple[Layers, ...]

    def components(self, inputs: Array, horizon: int) -> tuple[Array, Array, Array]:
        """Return weights (S, K), centres and spreads (S, K, H) of the pooled components, in usual steps."""
        scaled = (inputs - self.means) / self.deviations
        answers = [heads(network.outputs(scaled)[-1]) for network in self.networks]
        weights = np.concatenate([answer.shares for answer in answers], axis=1) / len(answers)
        pairs = [answer.components(horizon) for answer in answers]
        centres, spreads = (np.concatenate(arrays, axis=1) for arrays in zip(*pairs, strict=True))
        return weights, centres, spreads
