"""Sentences whose truth depends on the data: a small set, each a pure function, each tested.

A page never says by hand that something "rose" or "is the largest": it asks for one of these sentences by its key.
Every function takes points in the order of years and says nothing that the points do not show. No comparison is
made across a break.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.publish.numbers import SIMULATED, difference, enumeration, marked, measure, number, per_cent

STABLE = 0.01
"""A relative change under one per cent is called stable; so is a change under half a point of a percentage."""

STABLE_POINTS = 0.5

MULTIPLIED = 2.0
"""From twice as much on, a count is said to be multiplied: "666 % more" is not read as "7.7 times as many"."""


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a series; None when confidential or missing. `is_break`: not comparable with what is before."""

    year: int
    value: float | None
    is_break: bool = False
    origin: str = "observed"


def unbroken(points: Sequence[Point]) -> list[Point]:
    """Return the last unbroken stretch that holds a value, in order of years; empty when no point does."""
    found = stretches(points)
    return found[-1] if found else []


def is_percentage(unit: str) -> bool:
    """Say whether differences in this unit are counted in points."""
    return unit in ("share", "percent")


def direction(first: float, last: float, unit: str) -> int:
    """Return 1 when `last` is above `first`, -1 when below, 0 when the change is too small to be called one."""
    if is_percentage(unit):
        points = (last - first) * (100 if unit == "share" else 1)
        return 0 if abs(points) < STABLE_POINTS else (1 if points > 0 else -1)
    if first == 0:
        return 0 if last == 0 else 1
    change = last / first - 1
    return 0 if abs(change) < STABLE else (1 if change > 0 else -1)


def change(first: float, last: float, unit: str, lang: str) -> str:
    """Return `en hausse de 4,5 %`, `down by 2.3 points`, `stable`; counts in per cent, percentages in points."""
    way = direction(first, last, unit)
    if way == 0:
        return "stable"
    if is_percentage(unit):
        size = difference(last - first, unit, lang)
    elif first == 0:
        return "en hausse" if lang == "fr" else "up"
    elif last / first >= MULTIPLIED:
        times = number(last / first, lang, 1)
        return f"multiplication par {times}" if lang == "fr" else f"multiplied by {times}"
    else:
        size = per_cent(abs(last / first - 1) * 100, lang, 1)
    if lang == "fr":
        return f"en {'hausse' if way > 0 else 'baisse'} de {size}"
    return f"{'up' if way > 0 else 'down'} by {size}"


def evolution(label: str, points: Sequence[Point], unit: str, lang: str, places: int | None = None) -> str:
    """Return one full sentence on a series: last value, and its change since the first comparable year.

    `label` names the measure and its perimeter. A series with no value says so.
    """
    run = unbroken(points)
    colon = "\u00a0:" if lang == "fr" else ":"
    if not run:
        return f"{label}{colon} {'aucune valeur publiable' if lang == 'fr' else 'no publishable value'}."
    first, last = run[0], run[-1]
    assert first.value is not None
    assert last.value is not None
    shown = marked(measure(last.value, unit, lang, places), last.origin, lang)
    said = f"{label}{colon} {shown} {'en' if lang == 'fr' else 'in'} {last.year}"
    if first is not last:
        began = measure(first.value, unit, lang, places)
        began += f", {SIMULATED[lang]}" if first.origin == "simulated" else ""
        moved = change(first.value, last.value, unit, lang)
        said += f", {moved} {'depuis' if lang == 'fr' else 'since'} {first.year} ({began})"
    before = [stretch for stretch in stretches(points) if stretch[-1].year < first.year]
    if before:
        said += (
            f" ; rupture de série avant {first.year}, pas de comparaison au-delà"
            if lang == "fr"
            else f"; break in the series before {first.year}, no comparison beyond it"
        )
    longest = max(before, key=lambda stretch: (len(stretch), stretch[-1].year), default=[])
    if first is last and len(longest) > 1:
        start, end = float(longest[0].value or 0), float(longest[-1].value or 0)
        span = f"{change(start, end, unit, lang)} {{}} {longest[0].year} {{}} {longest[-1].year}"
        said += (
            f" ; auparavant, {span.format('de', 'à')}" if lang == "fr" else f"; earlier, {span.format('from', 'to')}"
        )
    return said.replace(" ;", "\u00a0;") + "."


def stretches(points: Sequence[Point]) -> list[list[Point]]:
    """Return the unbroken stretches of a series, each a list of points that hold a value, in order of years."""
    found: list[list[Point]] = [[]]
    for point in sorted(points, key=lambda point: point.year):
        if point.is_break:
            found.append([])
        if point.value is not None:
            found[-1].append(point)
    return [stretch for stretch in found if stretch]


def trend_title(subject: str, points: Sequence[Point], unit: str, lang: str) -> str:
    """Return the finding of a series as a title: its last value, and the trend of its longest unbroken stretch.

    `Étudiants en DUT ou BUT : 10 234 en 2024 ; en hausse de 4,5 % de 2012 à 2020`. The latest stretch
    is taken when two are as long.
    """
    found = stretches(points)
    colon = "\u00a0:" if lang == "fr" else ":"
    if not found:
        return subject
    last = found[-1][-1]
    longest = max(found, key=lambda stretch: (len(stretch), stretch[-1].year))
    said = (
        f"{subject}{colon} {measure(float(last.value or 0), unit, lang)} {'en' if lang == 'fr' else 'in'} {last.year}"
    )
    if len(longest) < 2:
        return said
    moved = change(float(longest[0].value or 0), float(longest[-1].value or 0), unit, lang)
    if lang == "fr":
        return f"{said}\u00a0; {moved} de {longest[0].year} à {longest[-1].year}"
    return f"{said}; {moved} from {longest[0].year} to {longest[-1].year}"


def range_title(subject: str, values: dict[str, float], unit: str, lang: str, places: int | None = None) -> str:
    """Return the spread as a title: `La part de boursiers va de 12,0 % (Castres) à 31,0 % (Tarbes)`.

    Ties are broken by the alphabet, so the same values always give the same words.
    """
    if not values:
        return subject
    ordered = sorted(values.items(), key=lambda item: (item[1], item[0]))
    least, most = (f"{measure(value, unit, lang, places)} ({name})" for name, value in (ordered[0], ordered[-1]))
    if len(ordered) == 1 or ordered[0][1] == ordered[-1][1]:
        colon = "\u00a0:" if lang == "fr" else ":"
        return f"{subject}{colon} {most}"
    if lang == "fr":
        return f"{subject}, de {least} à {most}"
    return f"{subject}, from {least} to {most}"


def largest(values: dict[str, float], lang: str, many: int = 3) -> str:
    """Return the names of the `many` largest values, in order, as an enumeration."""
    ordered = sorted(values.items(), key=lambda item: (-item[1], item[0]))
    return enumeration([name for name, _ in ordered[:many]], lang)


def states_title(counts: dict[str, int], total: int, lang: str) -> str:
    """Return the state of the targets as a title: `8 engagements : 7 « non mesurable », 1 « … »`."""
    opening, closing = ("«\u00a0", "\u00a0»") if lang == "fr" else ("“", "”")
    listed = ", ".join(f"{count} {opening}{label}{closing}" for label, count in counts.items() if count)
    plural = "" if total == 1 else "s"
    if lang == "fr":
        return f"{total} engagement{plural} du document de départ\u00a0: {listed}"
    return f"{total} commitment{plural} of the founding document: {listed}"
