"""How far a figure moved since its last comparable year, and what that move is worth: pure functions of points.

A figure of a survey has an interval, and so has its change. A full count has no sampling error: what tells a
remarkable move from an ordinary one is how much the same series moves from year to year.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import median

from pipelines.kernel.intervals import difference as bounds_of_difference
from pipelines.publish.numbers import MINUS, difference, number, per_cent
from pipelines.publish.phrases import MULTIPLIED, Point, change, direction, is_percentage, stretches, unbroken

ENOUGH_YEARS = 3
"""Under so many year-to-year changes nothing is called usual."""

Bounds = Mapping[int, tuple[float, float]]
"""Year → bounds of the value, for a figure drawn from a sample."""


def last_two(points: Sequence[Point]) -> tuple[Point, Point] | None:
    """Return the last value and the one before it in the same unbroken stretch; None when the last stands alone."""
    run = unbroken(points)
    return (run[-2], run[-1]) if len(run) > 1 else None


def usual_move(points: Sequence[Point], unit: str) -> float | None:
    """Return the median size of the changes between consecutive years, none across a break.

    A fraction for counts (0.02 is two per cent), the indicator's own unit for percentages; None under `ENOUGH_YEARS`.
    """
    moves = []
    for run in stretches(points):
        for before, after in pairwise(run):
            if after.year - before.year != 1 or before.value is None or after.value is None:
                continue
            if is_percentage(unit):
                moves.append(abs(after.value - before.value))
            elif before.value:
                moves.append(abs(after.value / before.value - 1))
    return median(moves) if len(moves) >= ENOUGH_YEARS else None


def size_of(first: float, last: float, unit: str) -> float | None:
    """Return the size of a change as `usual_move` counts it; None when a count starts from nothing."""
    if is_percentage(unit):
        return abs(last - first)
    return abs(last / first - 1) if first else None


def move_and_worth(points: Sequence[Point], unit: str, lang: str, bounds: Bounds | None = None) -> tuple[str, str]:
    """Return the change since the last comparable year, and what it is worth: two short texts, the second maybe empty.

    `en hausse de 1,7 % depuis 2023`, `d'ordinaire ± 1,5 % par an`; of a survey, `entre +0,1 et +4,6 points`.
    """
    pair = last_two(points)
    if pair is None:
        return ("aucune année comparable" if lang == "fr" else "no comparable year"), ""
    first, last = pair
    assert first.value is not None
    assert last.value is not None
    moved = f"{change(first.value, last.value, unit, lang)} {'depuis' if lang == 'fr' else 'since'} {first.year}"
    if bounds and first.year in bounds and last.year in bounds:
        low, high = bounds_of_difference(first.value, bounds[first.year], last.value, bounds[last.year])
        return moved, _interval(low, high, unit, lang)
    usual = usual_move(points, unit)
    if usual is None:
        return (
            moved,
            "série courte, habituel inconnu" if lang == "fr" else "short series, usual unknown",
        )
    size = difference(usual, unit, lang) if is_percentage(unit) else per_cent(usual * 100, lang, 1)
    if lang == "fr":
        return moved, f"d'ordinaire ±\u202f{size} par an"
    return moved, f"usually ±{size} a year"


def signed_move(points: Sequence[Point], unit: str, lang: str) -> str:
    """Return the move since the last comparable year for a tile: `+1,7 % depuis 2023`, `stable depuis 2023`."""
    pair = last_two(points)
    if pair is None or pair[0].value is None or pair[1].value is None:
        return "aucune année comparable" if lang == "fr" else "no comparable year"
    first, last = pair[0].value, pair[1].value
    since = f"{'depuis' if lang == 'fr' else 'since'} {pair[0].year}"
    way = direction(first, last, unit)
    if way == 0 or not (first or is_percentage(unit)):
        return f"{change(first, last, unit, lang)} {since}"
    sign = "+" if way > 0 else MINUS
    if is_percentage(unit):
        return f"{sign}{difference(last - first, unit, lang)} {since}"
    if last / first >= MULTIPLIED:
        return f"× {number(last / first, lang, 1)} {since}"
    return f"{sign}{per_cent(abs(last / first - 1) * 100, lang, 1)} {since}"


def _interval(low: float, high: float, unit: str, lang: str) -> str:
    scale = 100 if unit == "share" else 1
    ends = [_signed(bound * scale, lang) for bound in (low, high)]
    zero = low <= 0 <= high
    if lang == "fr":
        return f"entre {ends[0]} et {ends[1]} points{', peut-être le hasard' if zero else ''}"
    return f"between {ends[0]} and {ends[1]} points{', maybe chance' if zero else ''}"


def _signed(value: float, lang: str) -> str:
    text = number(abs(value), lang, 1)
    return text if text in ("0,0", "0.0") else f"{MINUS if value < 0 else '+'}{text}"


def is_beyond_usual(points: Sequence[Point], unit: str) -> bool | None:
    """Say whether the last change is larger than the usual one of the series; None when nothing is known as usual."""
    pair, usual = last_two(points), usual_move(points, unit)
    if pair is None or usual is None or pair[0].value is None or pair[1].value is None:
        return None
    size = size_of(pair[0].value, pair[1].value, unit)
    return size is not None and size > usual and direction(pair[0].value, pair[1].value, unit) != 0
