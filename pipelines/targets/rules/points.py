"""What every rule of progress is made of: a value in a year, a growth a year, and what a rule says of them."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.kernel.catalogue import Bilingual


@dataclass(frozen=True, slots=True)
class Point:
    """A value in a year."""

    year: int
    value: float


@dataclass(frozen=True, slots=True)
class Badge:
    """What a rule says: a category, the figure behind it, or neither and the reason of the refusal.

    `measure` is the number that the rule compares with its thresholds (a ratio, a share of the way, a gap); `score`
    is the rule's own mark, where it gives one.
    """

    code: str | None = None
    measure: float | None = None
    score: float | None = None
    refused: Bilingual | None = None


NOT_POSITIVE = Bilingual(
    fr="une valeur nulle ou négative n'a pas de taux de croissance.",
    en="a value of zero or below has no growth rate.",
)
SIGN_CHANGE = Bilingual(
    fr="la valeur ou la cible change de signe depuis la base.",
    en="the value or the target changes sign since the base.",
)
NO_TIME = Bilingual(
    fr="il faut un an au moins de la base au point et de la base à l'échéance.",
    en="it takes a year or more from the base to the point and to the deadline.",
)
ALREADY_PAST = Bilingual(
    fr="la base satisfait déjà la cible.",
    en="the base already meets the target.",
)
NO_DISTANCE = Bilingual(
    fr="la base est la cible elle-même : il n'y a pas de chemin.",
    en="the base is the target itself: there is no way to go.",
)


def undefined(rule: Bilingual, why: Bilingual) -> Bilingual:
    """Return the sentence that refuses: the rule, then the reason."""
    return Bilingual(fr=f"{rule.fr} non définie : {why.fr}", en=f"{rule.en} is undefined: {why.en}")


def yearly_growth(start: Point, end: Point) -> float:
    """Return the compound growth a year from `start` to `end` (0.1 for +10 % a year).

    Raises `ValueError` unless both values are positive and `end` is at least a year later.
    """
    if start.value <= 0 or end.value <= 0 or end.year <= start.year:
        raise ValueError("compound growth needs two positive values, the second at least a year later")
    return float((end.value / start.value) ** (1 / (end.year - start.year)) - 1)


def meets(value: float, goal: float, better: int) -> bool:
    """Say whether `value` meets `goal`, equality included; `better` is +1 when more is better, -1 when less is."""
    return better * (value - goal) >= 0
