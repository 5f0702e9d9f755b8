"""Rules known from memory, in whole or for their cut-offs: computed and tested, never published until sourced.

SDSN's arrows (Sustainable Development Report), the categories of the UNESCO and GEM scorecard for SDG 4 (its idea, a
probability read off a reference class, is documented; its cut-offs of 75 and 25 % are not in a text that we have read),
and the OECD's modified distance. `pipelines.targets.rules.badges` marks them `sourced=False`.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.kernel.catalogue import Bilingual
from pipelines.targets.rules.points import NO_DISTANCE, NO_TIME, Badge, Point, meets, undefined

ARROW_LABELS: dict[str, Bilingual] = {
    "on_track": Bilingual(fr="en bonne voie", en="on track"),
    "moderately_improving": Bilingual(fr="amélioration modérée", en="moderately improving"),
    "stagnating": Bilingual(fr="stagnation", en="stagnating"),
    "decreasing": Bilingual(fr="recul", en="decreasing"),
}
FASTEST_QUARTER = 0.75
LIKELY, UNLIKELY = 0.75, 0.25

_ARROWS = Bilingual(fr="Règle des flèches du SDSN", en="The rule of SDSN's arrows")


def sdsn_arrow(base: Point, latest: Point, goal: Point, better: int) -> Badge:
    """Return SDSN's arrow: the linear pace seen over the linear pace required; 1, 0.5 and 0 part the arrows."""
    if latest.year <= base.year or goal.year <= base.year:
        return Badge(refused=undefined(_ARROWS, NO_TIME))
    if goal.value == base.value:
        return Badge(refused=undefined(_ARROWS, NO_DISTANCE))
    seen = (latest.value - base.value) / (latest.year - base.year)
    ratio = seen / ((goal.value - base.value) / (goal.year - base.year))
    if ratio >= 1 or (meets(latest.value, goal.value, better) and better * seen >= 0):
        code = "on_track"
    elif ratio >= 0.5:
        code = "moderately_improving"
    else:
        code = "stagnating" if ratio >= 0 else "decreasing"
    return Badge(code, ratio)


def unesco_speed(probability: float, *, is_improving: bool = True) -> Badge:
    """Return UNESCO's category from the probability that the benchmark is reached."""
    if not is_improving:
        return Badge("none", probability)
    code = "fast" if probability >= LIKELY else "average" if probability >= UNLIKELY else "slow"
    return Badge(code, probability)


def unesco_benchmark(base: Point, yearly_changes: Sequence[float], year: int, better: int) -> float:
    """Return the value reached in `year` at the pace from which on the fastest quarter of a reference class moves.

    `yearly_changes` holds the class's changes a year. Raises `ValueError` when it is empty.
    """
    if not yearly_changes:
        raise ValueError("a reference class has one member at least")
    ranked = sorted(better * change for change in yearly_changes)
    place = FASTEST_QUARTER * (len(ranked) - 1)
    below = int(place)
    above = min(below + 1, len(ranked) - 1)
    pace = ranked[below] + (place - below) * (ranked[above] - ranked[below])
    return base.value + better * pace * (year - base.year)


def oecd_distance(value: float, goal: float, spread: float, better: int) -> float:
    """Return the OECD's modified distance: standard deviations (across countries) left to the goal, 0 once met.

    Raises `ValueError` when `spread` is not positive.
    """
    if spread <= 0:
        raise ValueError("a distance in standard deviations needs a spread above zero")
    return 0.0 if meets(value, goal, better) else abs(goal - value) / spread
