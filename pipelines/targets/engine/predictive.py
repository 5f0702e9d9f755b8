"""What is said of the coming years of one series: probabilities, quantiles, possible paths, and who says what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipelines.kernel.catalogue import Bilingual
from pipelines.targets.engine.labels import LABELS
from pipelines.targets.engine.mixture import Mixture
from pipelines.targets.engine.reference import ReferenceClass, label_of, log_ratio
from pipelines.targets.engine.search import quantiles

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

FLOOR, CEILING = 0.005, 0.995
"""No forecast of ours is surer than this: a series of ten points cannot teach certainty."""

_TAIL = np.array([1e-4, 5e-4, 1e-3, 2.5e-3, 0.005, 0.01, 0.015])
_KNOTS = np.concatenate([_TAIL, np.linspace(0.02, 0.98, 49), 1 - _TAIL[::-1]])
"""Probabilities at which the quantile function is known when paths are drawn."""


@dataclass(frozen=True)
class Voice:
    """One member: its share in the mixture, its median, and its own probability that the target is met."""

    name: str
    label: Bilingual
    share: float
    median: float
    probability: float


@dataclass(frozen=True)
class Predictive:
    """The distribution of the values of the years after `last_year`, up to `until`."""

    last_year: int
    until: int
    points: int
    mixture: Mixture

    def probability(self, target: float, better: int, year: int | None = None) -> float:
        """Return P(`target` is met by `year`), in [0.005, 0.995]; `better` is 1 (as much or more) or -1 (or less).

        `year` is `until` unless another one is named. It means: if the coming years resemble the past. It is the chance
        of `year` itself (`chance`), but more time never makes a target less likely that lies ahead of the latest value:
        where an earlier year has a better chance, that one stands. (That is so for series that move away from their
        target: one in a hundred of the benchmark, hardly ever by more than a hundredth.) For a target already met the
        earlier years count with the latest value in its place, so that an easier target is never the less likely one.
        """
        ahead = self._ahead(year)
        values = np.full((1, self.until - self.last_year, 1), target)
        last = float(self.mixture.last[0])
        values[0, : ahead - 1] = max(target, last) if better > 0 else min(target, last)
        below = self.mixture.cdf(values)[0, :ahead, 0]
        return _modest(float((1 - below if better > 0 else below).max()))

    def chance(self, target: float, better: int, year: int | None = None) -> float:
        """Return P(the value of `year` meets `target`), in [0.005, 0.995]: what quantiles and intervals say."""
        below = float(self.mixture.select(self._ahead(year)).cdf(np.array([[[target]]]))[0, 0, 0])
        return _modest(1 - below if better > 0 else below)

    def quantile(self, probability: float, year: int | None = None) -> float:
        """Return the value of `year` that is not passed with `probability` (between 1e-4 and 1 - 1e-4)."""
        return float(self.quantiles(np.array([probability]), year)[0])

    def median(self, year: int | None = None) -> float:
        """Return the value of `year` that is as likely to be passed as not."""
        return self.quantile(0.5, year)

    def interval(self, level: float, year: int | None = None) -> tuple[float, float]:
        """Return the central interval of `level` per cent (80: from the first to the ninth decile)."""
        low, high = self.quantiles(np.array([0.5 - level / 200, 0.5 + level / 200]), year)
        return float(low), float(high)

    def quantiles(self, probabilities: Array, year: int | None = None) -> Array:
        """Return the quantiles of `year` at several probabilities, each between 1e-4 and 1 - 1e-4."""
        if not ((probabilities >= 1e-4) & (probabilities <= 1 - 1e-4)).all():
            raise ValueError("a quantile is given between 0.0001 and 0.9999")
        one = self.mixture.select(self._ahead(year))
        return np.asarray(self._search(one, probabilities)[0, 0])

    def draws(self, count: int, seed: int) -> Array:
        """Return `count` possible paths, (count, years ahead): the same ones for the same seed.

        Each year follows its own distribution; years hang together as those of a random walk do (the correlation of
        the h-th and the k-th year is the root of h / k, in normal scores).
        """
        horizon = self.until - self.last_year
        known = self._search(self.mixture, _KNOTS, rounds=5)[0]
        walk = np.random.default_rng(seed).standard_normal((count, horizon)).cumsum(axis=1)
        return paths(walk / np.sqrt(np.arange(1.0, horizon + 1)), known)

    def voices(self, target: float, better: int, year: int | None = None) -> tuple[Voice, ...]:
        """Return what each member says by itself, the largest share first."""
        one = self.mixture.select(self._ahead(year))
        found: list[Voice] = []
        for index, member in enumerate(one.members):
            alone = one.alone(index)
            below = float(alone.cdf(np.array([[[target]]]))[0, 0, 0])
            middle = float(quantiles(alone.cdf, np.array([0.5]), *alone.reach(), one.last, one.unit)[0, 0, 0])
            probability = _modest(1 - below if better > 0 else below)
            share = float(one.shares[0, index])
            found.append(Voice(member.name, LABELS[member.name], share, middle, probability))
        return tuple(sorted(found, key=lambda voice: (-voice.share, voice.name)))

    def reference(self, target: float, better: int, year: int | None = None) -> ReferenceClass | None:
        """Return how often series with the same past growth met such a target; `None` where growth has no meaning."""
        outside = self.mixture.outside
        if outside is None:
            return None
        which, ahead = int(outside.classes[0]), self._ahead(year)
        ratio = np.array([log_ratio(target, float(self.mixture.last[0]))])
        below = float(outside.table.one(which, ahead, ratio)[0])
        count = int(outside.table.counts[which, ahead - 1])
        return ReferenceClass(label_of(which), count, 1 - below if better > 0 else below)

    def _search(self, mixture: Mixture, probabilities: Array, rounds: int = 7) -> Array:
        found = quantiles(mixture.cdf, probabilities, *mixture.reach(), mixture.last, mixture.unit, rounds)
        return np.maximum(found, 0.0) if mixture.is_size else found

    def _ahead(self, year: int | None) -> int:
        ahead = (self.until if year is None else year) - self.last_year
        if not 1 <= ahead <= self.until - self.last_year:
            raise ValueError(f"the forecast runs from {self.last_year + 1} to {self.until}")
        return ahead


def _modest(probability: float) -> float:
    return min(max(probability, FLOOR), CEILING)


def paths(scores: Array, known: Array) -> Array:
    """Return the values whose normal scores are `scores` (count, H), from quantiles `known` (H, knots)."""
    from scipy.special import ndtr

    probabilities = ndtr(scores)
    columns = [np.interp(probabilities[:, h], _KNOTS, known[h]) for h in range(scores.shape[1])]
    return np.stack(columns, axis=1)
