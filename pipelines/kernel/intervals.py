"""The interval of a rate that is drawn from a sample: Wilson's, which stays between 0 and 1 and holds for few answers.

E. B. Wilson (1927), "Probable inference, the law of succession, and statistical inference", Journal of the American
Statistical Association 22 (158), p. 209-212.
"""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist

LEVEL = 0.95


def wilson(share: float, size: float, level: float = LEVEL) -> tuple[float, float]:
    """Return the bounds, between 0 and 1, of the interval of a share observed on `size` answers.

    `size` may be a fraction: of a weighted rate it is the effective number of answers. A graduate survey asks a finite
    number of persons and most answer, which the interval does not count on: it is wider than it need be. It says
    nothing of non-response that depends on the answer. Raises `ValueError` when `size` is not above 0.
    """
    if size <= 0:
        raise ValueError("an interval needs answers")
    quantile = NormalDist().inv_cdf((1 + level) / 2)
    square = quantile * quantile
    centre = (share + square / (2 * size)) / (1 + square / size)
    half = quantile * sqrt(share * (1 - share) / size + square / (4 * size * size)) / (1 + square / size)
    return max(0.0, centre - half), min(1.0, centre + half)


def difference(
    first: float, first_bounds: tuple[float, float], last: float, last_bounds: tuple[float, float]
) -> tuple[float, float]:
    """Return the bounds of `last - first`, two independent estimates with bounds of their own, at the same level.

    The bounds are recovered from each estimate's own (method 10 of R. G. Newcombe (1998), "Interval estimation for
    the difference between independent proportions", Statistics in Medicine 17, p. 873-890), so they need not be even.
    """
    moved = last - first
    below = sqrt((last - last_bounds[0]) ** 2 + (first_bounds[1] - first) ** 2)
    above = sqrt((last_bounds[1] - last) ** 2 + (first - first_bounds[0]) ** 2)
    return moved - below, moved + above
