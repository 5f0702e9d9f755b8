"""A cell of a published table read back as a number: what a workbook and a CSV need, since cells are texts for readers.

The inverse of `publish.numbers`: only what those functions write is read as a number, everything else stays a text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipelines.publish.numbers import MINUS, THIN

NUMBER = {
    "fr": re.compile(rf"{MINUS}?(?:\d{{1,3}}(?:{THIN}\d{{3}})+|\d+)(?:,\d+)?"),
    "en": re.compile(rf"{MINUS}?(?:\d{{1,3}}(?:,\d{{3}})+|\d+)(?:\.\d+)?"),
}
PER_CENT = {"fr": f"{THIN}%", "en": "%"}


@dataclass(frozen=True, slots=True)
class Number:
    """A number as a table shows it: value (10.4 for `10,4 %`), decimals, `%` after it, thousands set apart."""

    value: float
    places: int
    is_percentage: bool
    is_grouped: bool


def read_back(text: str, lang: str) -> Number | None:
    """Return the number that a whole cell writes in the language's typography; None when it is anything else."""
    is_percentage = text.endswith(PER_CENT[lang])
    bare = text.removesuffix(PER_CENT[lang])
    if not NUMBER[lang].fullmatch(bare):
        return None
    if len(bare) > 1 and bare[0] == "0" and bare[1].isdigit():
        return None  # a code such as "031"
    plain = bare.replace(MINUS, "-").replace(THIN, "")
    plain = plain.replace(",", ".") if lang == "fr" else plain.replace(",", "")
    places = len(plain.partition(".")[2])
    return Number(float(plain), places, is_percentage, bare.count(THIN if lang == "fr" else ",") > 0)


def for_machines(text: str, lang: str) -> str:
    """Return a cell as a CSV holds it: `8412` for `8 412`, `10.4%` for `10,4 %`; any other text as it is."""
    found = read_back(text, lang)
    if found is None:
        return text
    return f"{found.value:.{found.places}f}{'%' if found.is_percentage else ''}"
