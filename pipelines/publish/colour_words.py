"""What a colour of the house is called in a caption that has to name it: the words follow the brand.

The bounds are angles of hue in Oklab, set by eye on the colours that people give these names.
"""

from __future__ import annotations

import math

from pipelines.kernel.colours import oklab

HUES = (
    (15, "rose", "pink"),
    (45, "rouge", "red"),
    (100, "orange", "orange"),
    (115, "jaune", "yellow"),
    (170, "vert", "green"),
    (225, "bleu-vert", "teal"),
    (285, "bleu", "blue"),
    (345, "violet", "purple"),
    (361, "rose", "pink"),
)
"""Upper bound of the hue in degrees, its word in French (of something masculine) and in English."""

PALE, DARK = ("clair", "light"), ("foncé", "dark")
GREY_BELOW = 0.035
"""Chroma under which a colour is a grey."""


def colour_word(colour: str, lang: str) -> str:
    """Return the word for a colour: `bleu`, `grey`."""
    light, across, along = oklab(colour)
    if math.hypot(across, along) < GREY_BELOW:
        return "gris" if lang == "fr" else "grey"
    hue = math.degrees(math.atan2(along, across)) % 360
    fr, en = next((fr, en) for bound, fr, en in HUES if hue < bound)
    if en == "orange" and (light < 0.5 or (light < 0.64 and hue > 55)):
        fr, en = "brun", "brown"
    return fr if lang == "fr" else en


def colour_words(one: str, other: str, lang: str) -> tuple[str, str]:
    """Return the words for two colours; where both have the same one, the lighter is called so."""
    first, second = colour_word(one, lang), colour_word(other, lang)
    if first != second:
        return first, second
    english = lang != "fr"
    is_paler = oklab(one)[0] >= oklab(other)[0]
    ways = [word[english] for word in ((PALE, DARK) if is_paler else (DARK, PALE))]
    return (f"{ways[0]} {first}", f"{ways[1]} {second}") if english else (f"{first} {ways[0]}", f"{second} {ways[1]}")
