"""Cells spoilt on their way: broken accents, invisible marks, a spreadsheet's errors. No source means them."""

from __future__ import annotations

from typing import NamedTuple


class Spoilt(NamedTuple):
    """A pattern that Python and polars read alike, what a cell that holds it suffers from, what to do."""

    pattern: str
    rule: str
    mend: str


SPOILT = (
    Spoilt(
        "\ufffd|Ã[\x80-\xbf‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—™š›œžŸ]|â€",
        "Letters with accents are broken: the text was once read in the wrong encoding",
        "Fetch the file again from where it came; do not open and save it with a spreadsheet.",
    ),
    Spoilt(
        r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b-\u200f\u2060\ufeff]",
        "An invisible character stands in the cell, so that it equals no other",
        "Write the cell again by hand, or fetch the file again.",
    ),
    Spoilt(
        r"^#(N/A|REF!|VALUE!|DIV/0!|NAME\?|NUM!|NULL!|VALEUR!|NOM\?|NOMBRE!)$",
        "The cell holds a spreadsheet's error",
        "Mend the formula and save the values, or leave the cell blank.",
    ),
)
