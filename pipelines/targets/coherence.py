"""Sites and region agree: forecasts of a whole and of its parts made coherent, draw by draw.

y~ = S (S' W^-1 S)^-1 S' W^-1 y^, with S the summing matrix, y^ a draw of (whole, part 1, …, part n) and W the diagonal
of the forecast variances (WLS; Wickramasuriya, Athanasopoulos and Hyndman 2019, JASA 114). Draws of the whole and of
the parts are first made to go together as the errors of one region do: parts share so much chance as makes their sum
as uncertain as the whole, and the whole's draws are ordered as the sum's, as far as its variance is not raised by it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


def reconciled(whole: Array, parts: Array, *, is_given: bool = False) -> Array:
    """Return coherent draws (draws, 1 + n) from draws of the whole (draws,) and of the parts (draws, n), as they pair.

    A row that adds up already is unchanged. What no variance tells apart (all variances zero) is shared evenly. A whole
    that is given stays as it is, and the parts take up the whole gap.
    """
    drawn = np.column_stack([whole, parts])
    variances = drawn.var(axis=0)
    if is_given:
        variances[0] = 0.0
    if not variances.any() and not is_given:
        variances = np.ones_like(variances)
    # S' W^-1 S = diag(1/v) + 1/v0 11': its inverse spreads the gap over the parts in proportion to their variances
    gap = drawn[:, 0] - drawn[:, 1:].sum(axis=1)
    shares = variances[1:] / variances.sum() if variances[1:].any() else np.full(parts.shape[1], 1 / parts.shape[1])
    coherent = drawn[:, 1:] + gap[:, None] * shares
    return np.column_stack([coherent.sum(axis=1), coherent])


def paired(whole: Array, parts: Array, seed: int) -> tuple[Array, Array]:
    """Return the same draws, each column in an order that makes parts and whole go together.

    `whole` is (draws,), `parts` (draws, n), columns independent. No value is changed: only which draws meet.
    """
    generator = np.random.default_rng(seed)
    size, count = parts.shape
    alone, together = parts.var(axis=0).sum(), parts.std(axis=0).sum() ** 2
    common = 0.0
    if together > alone:
        common = float(np.clip((whole.var() - alone) / (together - alone), 0.0, 1.0))
    shock = generator.standard_normal((size, 1))
    scores = np.sqrt(common) * shock + np.sqrt(1 - common) * generator.standard_normal((size, count))
    ordered = np.column_stack([_ordered(parts[:, n], scores[:, n]) for n in range(count)])
    total = ordered.sum(axis=1)
    r, s = float(whole.std()), float(total.std())
    bond = 1.0 if s <= r else r * (r**2 + s**2) / (2 * s**3)
    standing = total if s == 0 else (total - total.mean()) / s
    score = bond * standing + np.sqrt(max(0.0, 1 - bond**2)) * generator.standard_normal(size)
    return _ordered(whole, score), ordered


def counted(coherent: Array) -> Array:
    """Return coherent draws (draws, 1 + n) as whole numbers that still add up, none below zero.

    The whole is rounded; what the parts lose by rounding down goes to the largest remainders.
    """
    parts = np.maximum(coherent[:, 1:], 0.0)
    total = np.rint(np.maximum(coherent[:, 0], 0.0))
    held = parts.sum(axis=1)
    even = np.full_like(parts, 1 / parts.shape[1])
    shares = np.divide(parts, held[:, None], out=even, where=held[:, None] > 0)
    fair = shares * total[:, None]
    least = np.floor(fair + 1e-9)
    left = np.rint(total - least.sum(axis=1)).astype(int)
    rank = np.argsort(np.argsort(least - fair, axis=1, kind="stable"), axis=1, kind="stable")
    whole_parts = least + (rank < left[:, None])
    return np.column_stack([whole_parts.sum(axis=1), whole_parts])


def _ordered(values: Array, scores: Array) -> Array:
    """Return `values` in the order of `scores`: the smallest where the score is smallest."""
    placed = np.empty_like(values)
    placed[np.argsort(scores, kind="stable")] = np.sort(values)
    return placed
