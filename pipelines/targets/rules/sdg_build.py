"""The progress measure of open-sdg (sdg-build, sdg/ProgressMeasure.py at commit 139fede): a status and a score.

It divides the growth seen by the size of the growth required, as Eurostat does, but counts with the direction wanted;
it has a score from -5 to 5, and thresholds that shrink as a value comes near a natural limit. Its oddities are kept:
a target or a base of zero is taken as 0.001, and the direction wanted is "less" unless said otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from pipelines.kernel.catalogue import Bilingual
from pipelines.targets.rules.points import NO_DISTANCE, NO_TIME, SIGN_CHANGE, Point, meets, undefined

SUBSTANTIAL, MODERATE, LIMITED = 0.95, 0.60, 0.0
"""Thresholds of the ratio, when there is a target."""

STRONG_YEARLY, FAIR_YEARLY = 0.015, 0.005
"""Thresholds of the growth a year, when there is none; multiplied by the coefficient of the limit."""

LIMIT_POWER = 4.44
INSTEAD_OF_ZERO = 0.001

LABELS: dict[str, Bilingual] = {
    "target_achieved": Bilingual(fr="cible atteinte", en="target achieved"),
    "substantial_progress": Bilingual(fr="progrès substantiel", en="substantial progress"),
    "moderate_progress": Bilingual(fr="progrès modéré", en="moderate progress"),
    "limited_progress": Bilingual(fr="progrès limité", en="limited progress"),
    "deterioration": Bilingual(fr="détérioration", en="deterioration"),
}
"""Its statuses in words."""

_RULE = Bilingual(fr="Mesure d'open-sdg", en="The measure of open-sdg")


@dataclass(frozen=True, slots=True)
class Progress:
    """Status, value compared with the thresholds, score from -5 to 5; or the reason why there is none."""

    status: str | None = None
    value: float | None = None
    score: float | None = None
    refused: Bilingual | None = None


def progress(base: Point, latest: Point, goal: Point, better: int = -1) -> Progress:
    """Return the progress towards a target. `better` is -1 unless said otherwise, as in sdg-build."""
    start = base.value or INSTEAD_OF_ZERO
    end = goal.value or INSTEAD_OF_ZERO
    is_achieved = meets(latest.value, end, better)
    refused = _refusal(base.year, start, latest)
    if refused is None and goal.year - base.year < 1:
        refused = NO_TIME
    if refused is None and (end > 0) != (start > 0):
        refused = SIGN_CHANGE
    if refused is None and _growth(start, end, goal.year - base.year) == 0:
        refused = NO_DISTANCE
    if refused is not None:
        if is_achieved:
            return Progress("target_achieved", None, 5.0)
        return Progress(refused=undefined(_RULE, refused))
    seen = _growth(start, latest.value, latest.year - base.year)
    required = _growth(start, end, goal.year - base.year)
    value = (1 if start > 0 else -1) * better * seen / abs(required)
    if is_achieved:
        return Progress("target_achieved", value, 5.0)
    return Progress(_status(value, 1.0, (SUBSTANTIAL, MODERATE, LIMITED)), value, score_with_target(value))


def progress_without_target(base: Point, latest: Point, better: int = -1, limit: float | None = None) -> Progress:
    """Return the progress in a direction; `limit` is a natural bound of the values (100 for a percentage)."""
    start = base.value or INSTEAD_OF_ZERO
    refused = _refusal(base.year, start, latest)
    if refused is not None:
        return Progress(refused=undefined(_RULE, refused))
    value = (1 if start > 0 else -1) * better * _growth(start, latest.value, latest.year - base.year)
    coefficient = 1.0 if limit is None else limit_coefficient(base.value, limit)
    status = _status(value, coefficient, (STRONG_YEARLY, FAIR_YEARLY, 0.0))
    return Progress(status, value, score_without_target(value, coefficient))


def score_with_target(value: float) -> float:
    """Return the score from -5 to 5 of a ratio of growths."""
    if value >= MODERATE:
        return min(7.1429 * value - 4.2857, 5.0)
    return max(4.1667 * value - 2.5, -5.0)


def score_without_target(value: float, coefficient: float = 1.0) -> float:
    """Return the score from -5 to 5 of a growth a year; `coefficient` shrinks the thresholds near a limit."""
    if value < 0:
        return max(125 * value - 2.5, -5.0)
    if coefficient == 0:
        return 5.0
    if value >= STRONG_YEARLY * coefficient:
        return min(500 * value / coefficient - 5, 5.0)
    if value >= FAIR_YEARLY * coefficient:
        return 250 * value / coefficient - 1.25
    return 500 * value / coefficient - 2.5


def limit_coefficient(base: float, limit: float) -> float:
    """Return what the thresholds are multiplied by near the natural bound `limit`: 0 at it, 1 far from it."""
    value, bound = abs(base), abs(limit)
    if value >= 2 * bound:
        return 1.0
    near = value if value <= bound else 2 * bound - value
    return float(1 - (near / bound) ** LIMIT_POWER)


def indicator_status(scores: Sequence[float], *, all_achieved: bool = False) -> str:
    """Return the status of an indicator made of several series, from the mean of their scores (one at least)."""
    if all_achieved:
        return "target_achieved"
    mean = fmean(scores)
    if mean >= 2.5:
        return "substantial_progress"
    if mean >= 0:
        return "moderate_progress"
    return "limited_progress" if mean >= -2.5 else "deterioration"


def _growth(start: float, end: float, years: int) -> float:
    return float((end / start) ** (1 / years) - 1)


def _status(value: float, coefficient: float, thresholds: tuple[float, float, float]) -> str:
    high, fair, low = (threshold * coefficient for threshold in thresholds)
    if value >= high:
        return "substantial_progress"
    if value >= fair:
        return "moderate_progress"
    return "limited_progress" if value >= low else "deterioration"


def _refusal(base_year: int, start: float, latest: Point) -> Bilingual | None:
    if start * latest.value < 0:
        return SIGN_CHANGE
    return NO_TIME if latest.year - base_year < 1 else None
