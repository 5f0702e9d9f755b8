"""Sentences that compare: sites with one another and with their whole, a value with a promised path, a year with the last.

Like those of `phrases`, each is a pure function of values, says nothing the values do not show, and is tested with ties,
breaks, missing, confidential and simulated values.
"""

# ruff: noqa: E501  a sentence that is published stands on one line, so that it can be found

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from pipelines.publish.numbers import SIMULATED, difference, enumeration, marked, measure, number
from pipelines.publish.phrases import Point, direction, is_percentage, unbroken

HIDDEN = "c"
"""Flag of a value that is withheld."""


def spread(
    label: str,
    values: Mapping[str, float | None],
    unit: str,
    lang: str,
    *,
    year: int,
    whole: float | None = None,
    together: str,
    hidden: Sequence[str] = (),
    origin: str = "observed",
    places: int | None = None,
) -> str:
    """Return the spread of a measure over places, with the places at both ends, and the whole's value beside it.

    `together`: all places as one, with their article (`les trois sites`). Equal places are all named; places whose value
    is withheld or missing are named as such. With fewer than two values nothing is compared.
    """
    known = {place: value for place, value in values.items() if value is not None}
    missing = [place for place, value in values.items() if value is None and place not in hidden]
    fr = lang == "fr"
    colon = "\u00a0:" if fr else ":"
    if len(known) < 2:
        return f"{label}, {'par site' if fr else 'by site'}{colon} {'trop peu de valeurs pour comparer' if fr else 'too few values to compare'}."
    shown = {place: measure(value, unit, lang, places) for place, value in known.items()}
    ordered = sorted(known, key=lambda place: (known[place], place))
    low, high = shown[ordered[0]], shown[ordered[-1]]
    when = f"en {year}" if fr else f"in {year}"
    word = f" ({SIMULATED[lang]})" if origin == "simulated" else ""
    if low == high:
        said = f"{low} {'sur chacun des sites' if fr else 'on every site'} {when}{word}"
    else:
        lows = enumeration(sorted(place for place in ordered if shown[place] == low), lang)
        highs = enumeration(sorted(place for place in ordered if shown[place] == high), lang)
        said = (
            f"de {low} ({lows}) à {high} ({highs}) {when}{word}"
            if fr
            else f"from {low} ({lows}) to {high} ({highs}) {when}{word}"
        )
    if whole is not None and is_percentage(unit):
        said += f", {'pour' if fr else 'against'} {measure(whole, unit, lang, places)} {f'sur {together} ensemble' if fr else f'for {together} together'}"
    if hidden:
        said += (
            f"\u00a0; confidentiel{colon} {enumeration(sorted(hidden), lang)}"
            if fr
            else f"; confidential: {enumeration(sorted(hidden), lang)}"
        )
    if missing:
        said += (
            f"\u00a0; sans valeur{colon} {enumeration(sorted(missing), lang)}"
            if fr
            else f"; no value: {enumeration(sorted(missing), lang)}"
        )
    return f"{label}, {'par site' if fr else 'by site'}{colon} {said}."


def rank(place: str, values: Mapping[str, float | None], lang: str) -> str:
    """Return the place's rank from the highest value down: `rang 2 sur 7`, with those it is level with; empty without a value."""
    known = {name: value for name, value in values.items() if value is not None}
    mine = known.get(place)
    if mine is None or len(known) < 2:
        return ""
    above = sum(value > mine for value in known.values())
    level = sorted(name for name, value in known.items() if value == mine and name != place)
    said = f"rang {above + 1} sur {len(known)}" if lang == "fr" else f"rank {above + 1} of {len(known)}"
    if level:
        said += (
            f", à égalité avec {enumeration(level, lang)}"
            if lang == "fr"
            else f", level with {enumeration(level, lang)}"
        )
    return said


def against_whole(place: str, value: float | None, whole: float | None, unit: str, lang: str) -> str:
    """Return where a place's percentage stands against the whole's: above, below or level; empty when one is missing.

    Only percentages are compared so: a site's count is a part of the whole's, not beside it.
    """
    if value is None or whole is None or not is_percentage(unit):
        return ""
    way = direction(whole, value, unit)
    if way == 0:
        return (
            f"{place} est au niveau de l'ensemble des sites"
            if lang == "fr"
            else f"{place} is level with the sites together"
        )
    size = difference(value - whole, unit, lang)
    if lang == "fr":
        return f"{place} est {size} {'au-dessus' if way > 0 else 'au-dessous'} de l'ensemble des sites"
    return f"{place} is {size} {'above' if way > 0 else 'below'} the sites together"


def against_path(
    last: float | None, promised: float | None, unit: str, lang: str, *, year: int | None, origin: str = "observed"
) -> str:
    """Return where a value stands against what the promised path had for that year, as one full sentence."""
    fr = lang == "fr"
    if last is None or year is None:
        return (
            "Aucune valeur ne permet de se situer sur le chemin promis."
            if fr
            else "No value says where one stands on the path promised."
        )
    if promised is None:
        return (
            "L'engagement n'a pas de chemin d'année en année."
            if fr
            else "The commitment has no path from year to year."
        )
    shown, goal = marked(measure(last, unit, lang), origin, lang), measure(promised, unit, lang)
    way = direction(promised, last, unit)
    if way == 0:
        return (
            f"En {year}, la valeur est celle du chemin promis\u00a0: {shown}."
            if fr
            else f"In {year} the value is that of the path promised: {shown}."
        )
    side = ("au-dessus" if way > 0 else "au-dessous") if fr else ("above" if way > 0 else "below")
    if fr:
        return f"En {year}, la valeur est {side} du chemin promis\u00a0: {shown}, pour {goal}."
    return f"In {year} the value is {side} the path promised: {shown}, against {goal}."


def course(label: str, points: Sequence[Point], unit: str, lang: str, places: int | None = None) -> str:
    """Return since when a series has moved the same way without turning, or that it has not moved, as one full sentence.

    Only its last unbroken stretch is read; a single comparable year says so.
    """
    fr = lang == "fr"
    colon = "\u00a0:" if fr else ":"
    run = unbroken(points)
    if not run:
        return f"{label}{colon} {'aucune valeur publiable' if fr else 'no publishable value'}."
    last = run[-1]
    assert last.value is not None
    shown = f"{marked(measure(last.value, unit, lang, places), last.origin, lang)} {'en' if fr else 'in'} {last.year}"
    if len(run) < 2:
        return f"{label}{colon} {shown}, {'seule année comparable' if fr else 'the only comparable year'}."
    ways = [direction(float(a.value or 0), float(b.value or 0), unit) for a, b in pairwise(run)]
    way, since = ways[-1], len(ways) - 1
    while since > 0 and ways[since - 1] == way:
        since -= 1
    began, steps = run[since].year, len(ways) - since
    if way == 0:
        moved = f"n'a pas bougé depuis {began}" if fr else f"has not moved since {began}"
    elif steps == 1:
        moved = (
            (f"{'en hausse' if way > 0 else 'en baisse'} depuis {began}")
            if fr
            else f"{'up' if way > 0 else 'down'} since {began}"
        )
    else:
        moved = (
            f"{'en hausse' if way > 0 else 'en baisse'} à chaque mesure depuis {began}"
            if fr
            else f"{'up' if way > 0 else 'down'} at every measure since {began}"
        )
    return f"{label}{colon} {shown}, {moved}."


def part(numerator: float | None, denominator: float | None, lang: str, *, origin: str = "observed") -> str:
    """Return a share as its two counts, `583 sur 2 619`; empty when one is missing or nothing is counted."""
    if numerator is None or not denominator:
        return ""
    text = f"{number(numerator, lang)} {'sur' if lang == 'fr' else 'of'} {number(denominator, lang)}"
    return marked(text, origin, lang)


def one_or(count: int, lang: str) -> str:
    """Return the number of actions as a sentence says it: one is a word, of the gender of "action"."""
    if count == 1:
        return "une" if lang == "fr" else "one"
    return number(count, lang)


def register(total: int, declared: int, late: int, orphans: int, lang: str) -> str:
    """Return the state of the register of actions in one sentence: how many declared, late, without owner."""
    if lang == "fr":
        said = f"{number(total, lang)} action{'s' if total > 1 else ''}\u00a0: " + (
            "aucune n'est déclarée"
            if not declared
            else f"{one_or(declared, lang)} déclarée{'s' if declared > 1 else ''}"
        )
        said += (
            ", aucune n'a dépassé son échéance"
            if not late
            else f", {one_or(late, lang)} {'ont' if late > 1 else 'a'} dépassé {'leur' if late > 1 else 'son'} échéance sans être déclarée{'s' if late > 1 else ''} faite{'s' if late > 1 else ''}"
        )
        return said + (", toutes ont un porteur." if not orphans else f", {one_or(orphans, lang)} sans porteur.")
    said = f"{number(total, lang)} action{'s' if total != 1 else ''}: " + (
        "none is reported" if not declared else f"{one_or(declared, lang)} reported"
    )
    said += (
        ", none is past its deadline"
        if not late
        else f", {one_or(late, lang)} past {'their' if late > 1 else 'its'} deadline and not reported as done"
    )
    return said + (", all have an owner." if not orphans else f", {one_or(orphans, lang)} without an owner.")
