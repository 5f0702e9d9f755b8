"""Quantiles by search: where a distribution function of several series reaches given probabilities."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

_PARTS = 32
"""Parts an interval is divided by in each round; seven rounds leave 3e-11 of it, four a millionth."""


def quantiles(
    cdf: Callable[[Array], Array],
    probabilities: Array,
    low: Array,
    high: Array,
    last: Array,
    unit: Array,
    rounds: int = 7,
) -> Array:
    """Return the values (S, H, P) where `cdf`, of (S, H, Q) values, reaches `probabilities` (P,).

    The search runs between `low` and `high` (S, H) on asinh((value - last) / unit), which takes a tail of a thousand
    steps as easily as one of three, and on which no unit matters; `last` and `unit` are (S,).
    """
    shift, scale = last[:, None, None], unit[:, None, None]
    shape = (*low.shape, len(probabilities))
    left = np.broadcast_to(np.arcsinh((low[..., None] - shift) / scale), shape)
    right = np.broadcast_to(np.arcsinh((high[..., None] - shift) / scale), shape)
    parts = np.arange(1, _PARTS) / _PARTS
    for _ in range(rounds):
        width = right - left
        inner = left[..., None] + width[..., None] * parts
        values = shift + scale * np.sinh(inner.reshape(*low.shape, -1))
        below = (cdf(values).reshape(inner.shape) < probabilities[:, None]).sum(axis=-1)
        left = left + width * below / _PARTS
        right = left + width / _PARTS
    return np.asarray(shift + scale * np.sinh((left + right) / 2))
