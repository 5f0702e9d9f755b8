"""Why something is not said: one sentence a case, in French and in English."""

from __future__ import annotations

from pipelines.kernel.catalogue import Bilingual

MINIMUM_POINTS = 5
"""Fewest observed years, masked ones not counted, from which a probability is told to a reader."""


def deadline_not_observed(year: int | None) -> Bilingual:
    """There are later figures, but none for the deadline year."""
    return Bilingual(
        fr=f"Aucune valeur pour {year}, l'année de l'échéance : une autre année n'en tient pas lieu.",
        en=f"No value for {year}, the deadline year: another year does not stand in for it.",
    )


def no_base(year: int) -> Bilingual:
    """The base year has no figure."""
    return Bilingual(
        fr=f"Aucune valeur pour {year}, l'année de base : la cible n'a pas de point de départ.",
        en=f"No value for {year}, the base year: the target has no starting point.",
    )


def broken(year: int) -> Bilingual:
    """A break lies between the base and the latest point."""
    return Bilingual(
        fr=f"Pas de taux de croissance : la série a une rupture en {year}, entre la base et le dernier point.",
        en=f"No growth rate: the series has a break in {year}, between the base and the latest point.",
    )


def too_few(usable: int, observed: int) -> Bilingual:
    """There are not enough usable years, because few were observed or because breaks leave few."""
    if usable < observed:
        return cut(usable, observed)
    return Bilingual(
        fr=f"Pas de probabilité : {usable} point(s) exploitable(s), il en faut au moins {MINIMUM_POINTS}.",
        en=f"No probability: {usable} usable point(s), at least {MINIMUM_POINTS} are needed.",
    )


def cut(usable: int, observed: int) -> Bilingual:
    """There would be points enough, but breaks and prevented years leave too few."""
    return Bilingual(
        fr=(
            f"Pas de probabilité : {usable} point(s) exploitable(s) sur {observed} une fois mises à part les années "
            f"empêchées et celles d'avant une rupture, il en faut au moins {MINIMUM_POINTS}."
        ),
        en=(
            f"No probability: {usable} usable point(s) of {observed}, prevented years and those before a break left "
            f"aside; at least {MINIMUM_POINTS} are needed."
        ),
    )


NO_FIGURE = Bilingual(
    fr="Aucune donnée : le registre déclaré est vide ou la source n'existe pas.",
    en="No data: the declared register is empty or the source does not exist.",
)
TOGETHER = Bilingual(
    fr="Pas de probabilité site par site : elle est dite pour les sites ensemble.",
    en="No probability site by site: it is told for the sites together.",
)
ZERO_BASE = Bilingual(
    fr="La base est nulle : un multiple de zéro n'est pas une cible.",
    en="The base is zero: a multiple of zero is no target.",
)
NO_PATH = Bilingual(
    fr="Pas de règle de progrès : il manque une base ou une échéance.",
    en="No progress rule: a base or a deadline is missing.",
)
NO_DEADLINE = Bilingual(
    fr="Pas de probabilité : l'engagement n'a pas d'échéance.", en="No probability: the commitment has no deadline."
)
DEADLINE_PASSED = Bilingual(
    fr="Pas de probabilité : l'échéance est passée, le résultat est connu.",
    en="No probability: the deadline has passed, the outcome is known.",
)
FEW_YEARS = Bilingual(
    fr="Pas de probabilité : il faut au moins trois années observées avant l'échéance.",
    en="No probability: it takes at least three years observed before the deadline.",
)
NOTHING_SINCE = Bilingual(fr="Aucune valeur après l'année de base.", en="No value after the base year.")
