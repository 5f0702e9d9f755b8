"""Eurostat's rule of progress, as restated by open-sdg (docs/progress-methodology.md).

With a quantitative target, the growth seen since the base is divided by the growth required; 95, 60 and 0 % part the
categories. Without one, a growth of 1 % a year parts significant from moderate. It uses two points, says nothing of
uncertainty, and is undefined for values that are not positive or a base already past the target: then it is refused.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.kernel.catalogue import Bilingual
from pipelines.targets.rules.points import (
    ALREADY_PAST,
    NO_DISTANCE,
    NO_TIME,
    NOT_POSITIVE,
    SIGN_CHANGE,
    Point,
    undefined,
    yearly_growth,
)

SIGNIFICANT, MODERATE, NONE = 0.95, 0.60, 0.0
"""Ratio of the growth seen to the growth required from which progress is significant, moderate, insufficient."""

STRONG_YEARLY = 0.01
"""Growth a year from which a change without a target is significant."""

LABELS: dict[str, Bilingual] = {
    "significant_progress": Bilingual(fr="progrès significatif", en="significant progress"),
    "moderate_progress": Bilingual(fr="progrès modéré", en="moderate progress"),
    "insufficient_progress": Bilingual(fr="progrès insuffisant", en="insufficient progress"),
    "movement_away": Bilingual(fr="éloignement de la cible", en="movement away"),
    "moderate_movement_away": Bilingual(fr="éloignement modéré", en="moderate movement away"),
    "significant_movement_away": Bilingual(fr="éloignement significatif", en="significant movement away"),
}
"""Eurostat's categories in words."""

_RULE = Bilingual(fr="Règle d'Eurostat", en="Eurostat's rule")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rule says: a category and the figures behind it, or `None` everywhere and the reason of the refusal."""

    code: str | None = None
    ratio: float | None = None
    growth_seen: float | None = None
    growth_required: float | None = None
    refused: Bilingual | None = None


def eurostat(base: Point, latest: Point, goal: Point, better: int) -> Verdict:
    """Return Eurostat's verdict on the way from `base` to `goal`, seen from `latest`; `better` is +1 or -1."""
    refused = _refusal(base, latest, goal, better)
    if refused is not None:
        return Verdict(refused=undefined(_RULE, refused))
    seen, required = yearly_growth(base, latest), yearly_growth(base, goal)
    if required == 0:  # a goal that differs from the base by less than a rate can tell
        return Verdict(refused=undefined(_RULE, NO_DISTANCE))
    ratio = seen / required
    if ratio >= SIGNIFICANT:
        code = "significant_progress"
    elif ratio >= MODERATE:
        code = "moderate_progress"
    elif ratio >= NONE:
        code = "insufficient_progress"
    else:
        code = "movement_away"
    return Verdict(code, ratio, seen, required)


def eurostat_without_target(base: Point, latest: Point, better: int) -> Verdict:
    """Return Eurostat's verdict on a change with a good direction but no target; ±1 % a year part the categories."""
    if base.value <= 0 or latest.value <= 0:
        return Verdict(refused=undefined(_RULE, NOT_POSITIVE))
    if latest.year <= base.year:
        return Verdict(refused=undefined(_RULE, NO_TIME))
    seen = yearly_growth(base, latest)
    towards = seen * better
    if towards >= STRONG_YEARLY:
        code = "significant_progress"
    elif towards >= 0:
        code = "moderate_progress"
    elif towards > -STRONG_YEARLY:
        code = "moderate_movement_away"
    else:
        code = "significant_movement_away"
    return Verdict(code, growth_seen=seen)


def _refusal(base: Point, latest: Point, goal: Point, better: int) -> Bilingual | None:
    if base.value <= 0:
        return NOT_POSITIVE
    if latest.value < 0 or goal.value < 0:
        return SIGN_CHANGE
    if latest.value == 0 or goal.value == 0:
        return NOT_POSITIVE
    if latest.year <= base.year or goal.year <= base.year:
        return NO_TIME
    if better * (goal.value - base.value) <= 0:
        return ALREADY_PAST
    return None
