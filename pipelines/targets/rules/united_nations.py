"""Rules of the United Nations: the global SDG Progress Chart, and the two indices of the regional commissions.

The chart (2023 and later, as restated by EUSTAT-DES/site, _pages/en/metodologia.md) carries the growth seen since the
base to the deadline and looks at the share of the way that would then be covered. ESCAP's current status index is a
position on the way (data.unescap.org/dataviz/methodology); its anticipated progress index projects by a regression
that gives recent years more weight (w3.unece.org/sdg2022, technical notes; neither the weights nor the cut-offs are in
a text that we have read, so its categories are computed but not published).
"""

from __future__ import annotations

from collections.abc import Mapping

from pipelines.kernel.catalogue import Bilingual
from pipelines.targets.rules.points import (
    NO_DISTANCE,
    NO_TIME,
    NOT_POSITIVE,
    Badge,
    Point,
    meets,
    undefined,
    yearly_growth,
)

MET, FAIR = 0.95, 0.10
"""Share of the way expected at the deadline from which the chart gives 3, then 2."""

FAST_YEARLY, SLOW_YEARLY = 0.02, 0.005
"""Growth a year in the direction wanted from which the chart gives 3, then 2, when there is no target."""

CHART_LABELS: dict[str, Bilingual] = {
    "met_or_on_track": Bilingual(fr="atteinte ou en bonne voie", en="met or on track"),
    "fair_progress": Bilingual(fr="progrès, à accélérer", en="fair progress, to accelerate"),
    "stagnation_or_regression": Bilingual(fr="stagnation ou recul", en="stagnation or regression"),
}
"""Scores 3, 2 and 1 of the chart in words."""

GAP_LABELS: dict[str, Bilingual] = {
    "maintain": Bilingual(fr="maintenir", en="maintain"),
    "accelerate": Bilingual(fr="accélérer", en="accelerate"),
    "reverse": Bilingual(fr="inverser la tendance", en="reverse"),
}
"""What the anticipated progress index asks for."""

_CHART = Bilingual(fr="Règle du tableau de progrès de l'ONU", en="The rule of the UN progress chart")
_INDEX = Bilingual(fr="Règle de la CESAP", en="ESCAP's rule")
_SCORES = {3.0: "met_or_on_track", 2.0: "fair_progress", 1.0: "stagnation_or_regression"}


def progress_chart(base: Point, latest: Point, goal: Point, better: int, *, is_percentage: bool = False) -> Badge:
    """Return the score of the chart: share of the way expected at the deadline, and 3, 2 or 1.

    A latest value that meets the target, or a percentage (0 to 100) within a point of the end it is meant to reach,
    scores 3 whatever the trend.
    """
    refused = _no_way(base, latest, goal)
    if refused is None and (base.value <= 0 or latest.value <= 0):
        refused = NOT_POSITIVE
    share = None if refused else _share_expected(base, latest, goal)
    at_the_end = is_percentage and (latest.value >= 99 if better > 0 else latest.value <= 1)
    if meets(latest.value, goal.value, better) or at_the_end:
        return Badge(_SCORES[3.0], share, 3.0)
    if share is None:
        return Badge(refused=undefined(_CHART, refused or NO_DISTANCE))
    return _scored(share, MET, FAIR)


def progress_chart_without_target(base: Point, latest: Point, better: int) -> Badge:
    """Return the chart's score of a change in the direction wanted, when no target is set."""
    if base.value <= 0 or latest.value <= 0:
        return Badge(refused=undefined(_CHART, NOT_POSITIVE))
    if latest.year <= base.year:
        return Badge(refused=undefined(_CHART, NO_TIME))
    return _scored(better * yearly_growth(base, latest), FAST_YEARLY, SLOW_YEARLY)


def current_status_index(base: Point, latest: Point, goal: Point, better: int) -> Badge:
    """Return ESCAP's current status index: 0 at the base, 10 at the target. It is a position: it has no category."""
    if goal.value == base.value:
        return Badge(refused=undefined(_INDEX, NO_DISTANCE))
    return Badge(None, 10 * better * (latest.value - base.value) / abs(goal.value - base.value))


def parity_status_index(base: Point, latest: Point, goal: Point) -> Badge:
    """Return the index for a target of parity, missed on either side: 10 at it, 0 as far off as the base."""
    if goal.value == base.value:
        return Badge(refused=undefined(_INDEX, NO_DISTANCE))
    return Badge(None, 10 - 10 * abs(goal.value - latest.value) / abs(goal.value - base.value))


def anticipated_gap(base: Point, projected: float, goal: Point, better: int) -> Badge:
    """Return the gap left at the deadline in per cent of the way from `base` to `goal`, and what it asks for."""
    if goal.value == base.value:
        return Badge(refused=undefined(_INDEX, NO_DISTANCE))
    if meets(projected, goal.value, better):
        return Badge("maintain", 0.0)
    gap = 100 * abs(goal.value - projected) / abs(goal.value - base.value)
    code = "maintain" if gap <= 10 else "accelerate" if gap <= 100 else "reverse"
    return Badge(code, gap)


def weighted_projection(values: Mapping[int, float], year: int) -> float:
    """Return the value of `year` on the line fitted to year → value with weights that grow by one each year.

    Raises `ValueError` with fewer than two years.
    """
    if len(values) < 2:
        raise ValueError("a line needs two years")
    first = min(values)
    weights = {when: float(when - first + 1) for when in values}
    whole = sum(weights.values())
    mean_year = sum(weights[when] * when for when in values) / whole
    mean = sum(weights[when] * value for when, value in values.items()) / whole
    spread = sum(weights[when] * (when - mean_year) ** 2 for when in values)
    slope = sum(weights[when] * (when - mean_year) * (value - mean) for when, value in values.items()) / spread
    return mean + slope * (year - mean_year)


def _share_expected(base: Point, latest: Point, goal: Point) -> float:
    growth = yearly_growth(base, latest)
    expected = latest.value * (1 + growth) ** (goal.year - latest.year)
    return float((expected - base.value) / (goal.value - base.value))


def _scored(measure: float, high: float, fair: float) -> Badge:
    score = 3.0 if measure >= high else 2.0 if measure >= fair else 1.0
    return Badge(_SCORES[score], measure, score)


def _no_way(base: Point, latest: Point, goal: Point) -> Bilingual | None:
    if latest.year <= base.year or goal.year <= base.year:
        return NO_TIME
    return NO_DISTANCE if goal.value == base.value else None
