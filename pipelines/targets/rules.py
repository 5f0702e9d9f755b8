"""Official rules of progress towards a target, as pure functions.

Eurostat's, as restated by open-sdg (docs/progress-methodology.md): with a quantitative target, the growth seen since
the base is divided by the growth required; 95, 60 and 0 % part the categories. It uses two points, says nothing of
uncertainty, and is undefined for values that are not positive or a base already past the target: then it is refused.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.kernel.catalogue import Bilingual

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

_NOT_POSITIVE = Bilingual(
    fr="Règle d'Eurostat non définie : une valeur nulle ou négative n'a pas de taux de croissance.",
    en="Eurostat's rule is undefined: a value of zero or below has no growth rate.",
)
_SIGN_CHANGE = Bilingual(
    fr="Règle d'Eurostat non définie : la valeur ou la cible change de signe depuis la base.",
    en="Eurostat's rule is undefined: the value or the target changes sign since the base.",
)
_NO_TIME = Bilingual(
    fr="Règle d'Eurostat non définie : il faut un an au moins de la base au point et de la base à l'échéance.",
    en="Eurostat's rule is undefined: it takes a year or more from the base to the point and to the deadline.",
)
_ALREADY_PAST = Bilingual(
    fr="Règle d'Eurostat non définie : la base satisfait déjà la cible.",
    en="Eurostat's rule is undefined: the base already meets the target.",
)


@dataclass(frozen=True, slots=True)
class Point:
    """A value in a year."""

    year: int
    value: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule says: a category and the figures behind it, or `None` everywhere and the reason of the refusal."""

    code: str | None = None
    ratio: float | None = None
    growth_seen: float | None = None
    growth_required: float | None = None
    refused: Bilingual | None = None


def yearly_growth(start: Point, end: Point) -> float:
    """Return the compound growth a year from `start` to `end` (0.1 for +10 % a year).

    Raises `ValueError` unless both values are positive and `end` is at least a year later.
    """
    if start.value <= 0 or end.value <= 0 or end.year <= start.year:
        raise ValueError("compound growth needs two positive values, the second at least a year later")
    return float((end.value / start.value) ** (1 / (end.year - start.year)) - 1)


def eurostat(base: Point, latest: Point, goal: Point, better: int) -> Verdict:
    """Return Eurostat's verdict on the way from `base` to `goal`, seen from `latest`; `better` is +1 or -1."""
    refused = _refusal(base, latest, goal, better)
    if refused is not None:
        return Verdict(refused=refused)
    seen, required = yearly_growth(base, latest), yearly_growth(base, goal)
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
        return Verdict(refused=_NOT_POSITIVE)
    if latest.year <= base.year:
        return Verdict(refused=_NO_TIME)
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
        return _NOT_POSITIVE
    if latest.value < 0 or goal.value < 0:
        return _SIGN_CHANGE
    if latest.value == 0 or goal.value == 0:
        return _NOT_POSITIVE
    if latest.year <= base.year or goal.year <= base.year:
        return _NO_TIME
    if better * (goal.value - base.value) <= 0:
        return _ALREADY_PAST
    return None
