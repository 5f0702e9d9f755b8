"""A mixture of simple distributions over the coming years, many series at once.

A member holds one or several components, all of one shape (Student's t or logistic) and on one scale (the values as
they are, or their logarithm). Shapes of arrays: `S` series, `K` components of a member, `H` years ahead.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit, logit, ndtr, ndtri, stdtr, stdtrit

from pipelines.targets.engine.reference import ReferenceTable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

FAR = 1e-7
"""Tail probability, in each component, beyond which no quantile is looked for."""

_FAR_LOG = 60.0
"""Logarithm of the growth, up or down, beyond which no quantile is looked for either: a number is still one there."""

_LEAST = 1e-12
"""Probabilities are kept this far from 0 and 1 where their odds are taken."""


@dataclass(frozen=True)
class Member:
    """One way to forecast: `weights` (S, K) adding up to one, `centres` and `spreads` (S, K, H), `df` (S,) or `None`.

    Without `df` the components are logistic; with infinite ones, normal. `name` is a key of `LABELS` (`labels.py`).
    """

    name: str
    is_log: bool
    weights: Array
    centres: Array
    spreads: Array
    df: Array | None = None

    def cdf(self, values: Array, logs: Array) -> Array:
        """Return P(value <= `values`), (S, H, Q); `logs` are the logarithms of `values`, -inf where there is none."""
        at = (logs if self.is_log else values)[:, None]
        z = (at - self.centres[..., None]) / self.spreads[..., None]
        below = self._below(z)
        return np.asarray(np.einsum("sk,skhq->shq", self.weights, below))

    def _below(self, z: Array) -> Array:
        if self.df is None:
            return np.asarray(expit(z))
        if np.isinf(self.df).all():
            return np.asarray(ndtr(z))
        return np.asarray(stdtr(self.df[:, None, None, None], z))

    def reach(self, tail: float) -> tuple[Array, Array]:
        """Return the lowest and the highest quantile of a component at `tail` and 1 - `tail`, on its scale, (S, H)."""
        far = np.full(len(self.centres), -logit(tail) if self.df is None else -ndtri(tail))
        if self.df is not None and np.isfinite(self.df).all():
            far = -stdtrit(self.df, tail)
        low = (self.centres - far[:, None, None] * self.spreads).min(axis=1)
        high = (self.centres + far[:, None, None] * self.spreads).max(axis=1)
        return low, high

    def select(self, horizon: int) -> Member:
        """Return the member for one year ahead, 1 to H."""
        part = slice(horizon - 1, horizon)
        return Member(self.name, self.is_log, self.weights, self.centres[..., part], self.spreads[..., part], self.df)


@dataclass(frozen=True)
class Outside:
    """The reference class of every series: `classes` (S,) of `table`, for one year ahead or the years 1 to H."""

    table: ReferenceTable
    classes: NDArray[np.intp]

    def select(self, horizon: int) -> Outside:
        """Return the reference classes for one year ahead."""
        part = slice(horizon - 1, horizon)
        return Outside(ReferenceTable(self.table.growths[:, part], self.table.counts[:, part]), self.classes)


@dataclass(frozen=True)
class Mixture:
    """Members with their `shares` (S, members), each row adding up to one, tempered and joined by the outside view.

    What the members say together is F. The distribution is logit P = `shift` + `own` logit F + `lent` logit P_ref, all
    three (S,), with P_ref the frequency in the reference class; without `outside` that term is not there.

    `last` and `unit` (S,) are the latest value and the size of a usual step, in the unit of the values. Where
    `is_size` nothing falls below zero: what the members see there is put at zero.
    """

    members: tuple[Member, ...]
    shares: Array
    own: Array
    lent: Array
    shift: Array
    last: Array
    unit: Array
    is_size: bool
    outside: Outside | None = None

    def cdf(self, values: Array) -> Array:
        """Return P(value <= `values`), (S, H, Q), for the years 1 to H."""
        with np.errstate(divide="ignore", invalid="ignore"):
            logs = np.where(values > 0, np.log(values), -np.inf)
        total = np.zeros(values.shape)
        for index, member in enumerate(self.members):
            if not self.shares[:, index].any():
                continue
            total += self.shares[:, index, None, None] * member.cdf(values, logs)
        odds = self.shift[:, None, None] + self.own[:, None, None] * logit(np.clip(total, _LEAST, 1 - _LEAST))
        if self.outside is not None:
            ratios = logs - np.log(self.last)[:, None, None]
            seen = self.outside.table.cdf(self.outside.classes, ratios)
            odds += self.lent[:, None, None] * logit(np.clip(seen, _LEAST, 1 - _LEAST))
        found = expit(odds)
        return np.where(values < 0, 0.0, found) if self.is_size else np.asarray(found)

    def reach(self, tail: float = FAR) -> tuple[Array, Array]:
        """Return bounds that hold every quantile asked for, each (S, H)."""
        lows, highs = [], []
        for index, member in enumerate(self.members):
            if not self.shares[:, index].any():
                continue
            low, high = member.reach(tail)
            if member.is_log:
                middle = np.log(self.last)[:, None]
                low, high = np.exp(np.maximum(low, middle - _FAR_LOG)), np.exp(np.minimum(high, middle + _FAR_LOG))
            lows.append(low)
            highs.append(high)
        return np.min(lows, axis=0), np.max(highs, axis=0)

    def select(self, horizon: int) -> Mixture:
        """Return the mixture for one year ahead, 1 to H."""
        members = tuple(member.select(horizon) for member in self.members)
        outside = None if self.outside is None else self.outside.select(horizon)
        return replace(self, members=members, outside=outside)

    def alone(self, index: int) -> Mixture:
        """Return one member by itself, neither tempered nor joined by the outside view."""
        ones = np.ones(len(self.last))
        member = self.members[index]
        return replace(
            self, members=(member,), shares=ones[:, None], own=ones, lent=0 * ones, shift=0 * ones, outside=None
        )
