"""Why the engine gives no probability: a code for programs, a sentence in each language for readers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipelines.kernel.catalogue import Bilingual

Code = Literal["too_few", "already_observed", "too_far", "still"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """No probability, and the reason."""

    code: Code
    reason: Bilingual


def too_few(points: int, needed: int) -> Refusal:
    """There are not enough observed years."""
    return Refusal(
        "too_few",
        Bilingual(
            fr=f"Pas de probabilité : {points} point(s) exploitable(s), il en faut au moins {needed}.",
            en=f"No probability: {points} usable point(s), at least {needed} are needed.",
        ),
    )


def too_far(ahead: int, furthest: int) -> Refusal:
    """The deadline lies beyond what any past year teaches."""
    return Refusal(
        "too_far",
        Bilingual(
            fr=f"Pas de probabilité : l'échéance est à {ahead} ans du dernier point, au-delà de {furthest}.",
            en=f"No probability: the deadline is {ahead} years after the latest point, beyond {furthest}.",
        ),
    )


ALREADY_OBSERVED = Refusal(
    "already_observed",
    Bilingual(
        fr="Pas de probabilité : l'année de l'échéance est déjà observée.",
        en="No probability: the deadline year has already been observed.",
    ),
)
STILL = Refusal(
    "still",
    Bilingual(
        fr="Pas de probabilité : la série ne varie pas, son incertitude ne s'estime pas.",
        en="No probability: the series does not vary, its uncertainty cannot be estimated.",
    ),
)
