"""How a number is written for a reader: French typography in French, English in English, and simulated when it is.

Pure functions of numbers to text. French puts U+202F (narrow no-break space) between thousands and before `%`, a
comma before decimals; both languages write a minus sign (U+2212), not a hyphen.
"""

from __future__ import annotations

import math
from collections.abc import Callable

THIN = "\u202f"
"""Narrow no-break space: between thousands and before a per-cent sign in French."""

MINUS = "\u2212"

SIMULATED = {"fr": "simulé", "en": "simulated"}
"""The word that stands beside every simulated number and inside every simulated picture."""

UNAVAILABLE = {"fr": "non disponible", "en": "not available"}
CONFIDENTIAL = {"fr": "confidentiel", "en": "confidential"}


def number(value: float, lang: str, places: int = 0) -> str:
    """Return `value` rounded half up to `places` decimals: `8 412`, `10,4` in French; `8,412`, `10.4` in English."""
    scale = 10**places
    rounded = math.floor(abs(value) * scale + 0.5 + 1e-9) / scale
    text = f"{rounded:,.{places}f}"
    if lang == "fr":
        text = text.replace(",", THIN).replace(".", ",")
    return f"{MINUS}{text}" if value < 0 and rounded else text


def per_cent(value: float, lang: str, places: int = 1) -> str:
    """Return a percentage already on the 0-100 scale: `10,4 %` in French, `10.4%` in English."""
    return f"{number(value, lang, places)}{THIN}%" if lang == "fr" else f"{number(value, lang, places)}%"


def share(value: float, lang: str, places: int = 1) -> str:
    """Return a share between 0 and 1 as a percentage."""
    return per_cent(value * 100, lang, places)


def euros(value: float, lang: str) -> str:
    """Return an amount in euros: `1 480 €` in French, `€1,480` in English."""
    return f"{number(value, lang)}{THIN}€" if lang == "fr" else f"€{number(value, lang)}"


def measure(value: float, unit: str, lang: str, places: int | None = None) -> str:
    """Return `value` as its unit asks: `share` (0-1), `percent` (0-100) as percentages, `eur` in euros, else a count.

    `places` is the number of decimals; by default 1 for percentages and 0 otherwise.
    """
    if unit == "share":
        return share(value, lang, 1 if places is None else places)
    if unit == "percent":
        return per_cent(value, lang, 1 if places is None else places)
    if unit == "eur":
        return euros(value, lang)
    return number(value, lang, places or 0)


def marked(text: str, origin: str, lang: str) -> str:
    """Return `text`, followed by `(simulé)` or `(simulated)` when it comes from simulated data."""
    return f"{text} ({SIMULATED[lang]})" if origin == "simulated" else text


def difference(change: float, unit: str, lang: str) -> str:
    """Return a change between two percentages in points, unsigned: `2,3 points`, `1 point`, `0.4 points`."""
    points = abs(change) * (100 if unit == "share" else 1)
    text = number(points, lang, 1)
    plural = points >= 2 if lang == "fr" else text not in ("1.0", "1")
    return f"{text}{THIN if lang == 'fr' else ' '}point{'s' if plural else ''}"


def axis_labels(unit: str, lang: str) -> Callable[[list[float]], list[str]]:
    """Return the labelling function of an axis, made with mizani in the language's typography."""
    from mizani.labels import label_number, label_percent

    marks = {"decimal_mark": ",", "big_mark": THIN} if lang == "fr" else {"decimal_mark": ".", "big_mark": ","}
    suffix = f"{THIN}%" if lang == "fr" else "%"
    if unit == "share":
        labeller: Callable[[list[float]], list[str]] = label_percent(accuracy=1, suffix=suffix, **marks)
    elif unit == "percent":
        labeller = label_number(accuracy=1, suffix=suffix, **marks)
    else:
        labeller = label_number(accuracy=1, **marks)
    return labeller


def enumeration(items: list[str], lang: str) -> str:
    """Return `a, b et c` or `a, b and c`."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {'et' if lang == 'fr' else 'and'} {items[-1]}"
