"""From series to their mixture, many at once: the core that one forecast and a benchmark of thousands share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipelines.targets.engine.coefficients import Coefficients
from pipelines.targets.engine.features import growth
from pipelines.targets.engine.members import drift, learnt, naive, theta
from pipelines.targets.engine.mixture import Member, Mixture, Outside
from pipelines.targets.engine.reading import Reading, reading
from pipelines.targets.engine.reference import class_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


def fit(series: Sequence[Array], horizon: int, is_size: bool, known: Coefficients) -> Mixture:
    """Return the mixture of `series` over `horizon` years.

    Each series is of consecutive years, NaN where a year is missing, the last one observed and at least three of
    them. With `is_size` all values are above zero and growth rates make sense: members work on the logarithm as well,
    and the reference class has its say.
    """
    level = reading(series, "level" if is_size else "free", horizon)
    members = [naive(level, horizon), *_trends(level, horizon, known)]
    outside = None
    if is_size:
        logs = reading(series, "log", horizon)
        members += _trends(logs, horizon, known)
        outside = Outside(known.reference, class_of(growth(logs.data, logs.moves)))
    stacking = known.stacking["size" if is_size else "free"]
    shares = stacking.shares_of([member.name for member in members], level.data.points)
    own, lent, shift = stacking.weights(level.data.points)
    return Mixture(tuple(members), shares, own, lent, shift, level.data.last, level.unit, is_size, outside)


def _trends(seen: Reading, horizon: int, known: Coefficients) -> list[Member]:
    return [learnt(seen, known.committees[seen.view], horizon), drift(seen, horizon), theta(seen, horizon)]
