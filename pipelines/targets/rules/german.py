"""The weather symbols of the German sustainability strategy (DnsTestEnvironment/dns-indicators, _pages/en/status.md).

The mean change a year over the last five years (six points, four at least) is carried on to the target year; what would
then be missing is compared with what is missing now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipelines.kernel.catalogue import Bilingual
from pipelines.targets.rules.points import Badge, Point, meets, undefined

POINTS, MINIMUM_POINTS = 6, 4
SUN, SLIGHTLY_CLOUDY = 0.05, 0.20
"""Share of the missing way below which the sun shines, and up to which it stands behind a cloud."""

LABELS: dict[str, Bilingual] = {
    "sun": Bilingual(fr="soleil", en="sun"),
    "slightly_cloudy": Bilingual(fr="soleil voilé", en="sun behind a cloud"),
    "cloud": Bilingual(fr="nuage", en="cloud"),
    "thunderstorm": Bilingual(fr="orage", en="thunderstorm"),
}
"""The four symbols in words."""

_RULE = Bilingual(fr="Règle des symboles météo allemands", en="The rule of the German weather symbols")
_TOO_SHORT = Bilingual(
    fr=f"il faut au moins {MINIMUM_POINTS} points sur les cinq dernières années.",
    en=f"at least {MINIMUM_POINTS} points in the last five years are needed.",
)
_REACHED = Bilingual(
    fr="le dernier point satisfait déjà la cible, mais son évolution l'en éloigne.",
    en="the latest point already meets the target, but its trend leads away from it.",
)
_PASSED = Bilingual(fr="l'échéance est déjà observée.", en="the deadline has already been observed.")


def weather(values: Mapping[int, float], goal: Point, better: int) -> Badge:
    """Return the symbol for year → value and the share of the missing way that would still be missing.

    A symbol is refused when there are too few points, when the deadline has passed, and when the target is met already
    while the trend leads away from it: the text read does not define it there.
    """
    change = mean_change(values)
    if change is None:
        return Badge(refused=_no(_TOO_SHORT))
    last = max(values)
    if goal.year <= last:
        return Badge(refused=_no(_PASSED))
    projected = values[last] + change * (goal.year - last)
    if meets(projected, goal.value, better):
        return Badge("sun", 0.0)
    if meets(values[last], goal.value, better):
        return Badge(refused=_no(_REACHED))
    missed = (goal.value - projected) / (goal.value - values[last])
    if better * change < 0:
        code = "thunderstorm"
    elif missed < SUN:
        code = "sun"
    else:
        code = "slightly_cloudy" if missed <= SLIGHTLY_CLOUDY else "cloud"
    return Badge(code, missed)


def weather_without_target(values: Mapping[int, float], better: int) -> Badge:
    """Return the symbol of a wish without a number: the signs of the mean change and of the last one."""
    change = mean_change(values)
    if change is None:
        return Badge(refused=_no(_TOO_SHORT))
    last, before = sorted(values)[-1], sorted(values)[-2]
    mean_is_good, last_is_good = better * change > 0, better * (values[last] - values[before]) > 0
    if mean_is_good:
        return Badge("sun" if last_is_good else "slightly_cloudy", change)
    return Badge("cloud" if last_is_good else "thunderstorm", change)


def mean_change(values: Mapping[int, float]) -> float | None:
    """Return the mean change a year over the last five years, `None` with fewer than four points in them."""
    if not values:
        return None
    last = max(values)
    years = sorted(year for year in values if year > last - POINTS)
    if len(years) < MINIMUM_POINTS:
        return None
    return (values[last] - values[years[0]]) / (last - years[0])


def weakest_bound(low: float, high: float, better: int) -> float:
    """Return the end of a target interval that is the easier to reach: it is the one that counts."""
    return min(low, high) if better > 0 else max(low, high)


def next_goal(goals: Sequence[Point], year: int) -> Point | None:
    """Return the goal that comes next when several years have one; `None` when all are past."""
    return min((goal for goal in goals if goal.year >= year), key=lambda goal: goal.year, default=None)


def _no(why: Bilingual) -> Bilingual:
    return undefined(_RULE, why)
