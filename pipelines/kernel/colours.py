"""Colours as numbers: mixed, held against one another, told apart; and the set that everything drawn takes them from.

Nothing here is a choice of colours: those stand in `reports/brand/brand.yml`, which `brand` reads.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any

SERIES = 8
"""Colours of the lines and bars of one figure."""


@dataclass(frozen=True, slots=True)
class Colours:
    """What every page, figure, table and workbook is drawn with, each as `#rrggbb`.

    First what pages are made of, then what only figures have; `series` are lines, bars and places in their order, and
    `whole` is the region among its sites.
    """

    ink: str
    paper: str
    brand: str
    met: str
    late: str
    missed: str
    link: str
    muted: str
    quiet: str
    tint: str
    rule: str
    border: str
    focus: str
    focus_on_brand: str
    notice: str
    notice_ink: str
    notice_rule: str
    notice_edge: str
    highlight: str

    figure_ink: str
    figure_soft: str
    figure_rule: str
    figure_pale: str
    figure_outline: str
    figure_grey: str
    figure_empty: str
    cell_observed: str
    cell_simulated: str
    cell_withheld: str
    scale_low: str
    scale_high: str
    state_good: str
    state_bad: str
    state_none: str
    whole: str
    series: tuple[str, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """Return the colours of a figure's series, in order; the last is the region's, so that it stands apart."""
        return (*self.series[: SERIES - 1], self.whole)

    @property
    def states(self) -> dict[str, str]:
        """Return family of a target's state → its colour in figures."""
        return {
            "good": self.state_good,
            "under_way": self.series[0],
            "bad": self.state_bad,
            "none": self.state_none,
        }

    def named(self) -> dict[str, str]:
        """Return the colours by the names that stylesheets give them: `ink`, `focus-on-brand`, `series-1`."""
        names = {
            field.name.replace("_", "-"): str(getattr(self, field.name))
            for field in fields(self)
            if field.name != "series"
        }
        return names | {f"series-{place}": colour for place, colour in enumerate(self.series, start=1)}

    def css(self) -> str:
        """Return the colours as properties of a stylesheet."""
        lines = "".join(f"  --{name}: {colour};\n" for name, colour in self.named().items())
        return f"/* From reports/brand/brand.yml. */\n:root {{\n{lines}}}\n\n"

    def typst(self) -> str:
        """Return the colours as definitions of a Typst document; Typst has a `link` of its own."""
        taken = {"link": "link-ink", "highlight": "highlight-ground"}
        return "".join(f'#let {taken.get(name, name)} = rgb("{colour}")\n' for name, colour in self.named().items())


def head_of_a_sheet(look: Colours) -> dict[str, Any]:
    """Return how the head of a workbook's table looks, in the words of XlsxWriter."""
    return {"bold": True, "bg_color": look.brand, "font_color": look.paper, "text_wrap": True, "valign": "top"}


def channels(colour: str) -> tuple[int, int, int]:
    """Return red, green and blue, 0 to 255, of a colour written `#rrggbb`."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def mixed(colour: str, other: str, share: float) -> str:
    """Return `colour` with a share (0-1) of `other` mixed in, channel by channel in sRGB."""
    parts = (round(a + (b - a) * share) for a, b in zip(channels(colour), channels(other), strict=True))
    return "#" + "".join(f"{part:02x}" for part in parts)


def _linear(colour: str) -> tuple[float, float, float]:
    """Return the light of each channel, 0-1: the inverse of sRGB's curve (IEC 61966-2-1)."""
    light = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (value / 255 for value in channels(colour))
    ]
    return light[0], light[1], light[2]


def luminance(colour: str) -> float:
    """Return the relative luminance, 0 (black) to 1 (white), as WCAG 2.2 defines it."""
    red, green, blue = _linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21, as WCAG 2.2 defines it."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def legible(colour: str, ground: str, least: float = 4.5) -> str:
    """Return the colour of a text that goes with a line: darkened until it contrasts with its light ground."""
    for step in range(21):
        darker = mixed(colour, "#000000", step / 20) if step else colour
        if contrast(darker, ground) >= least:
            return darker
    return darker


def clearest(ground: str, *inks: str) -> str:
    """Return the ink that contrasts most with a ground; the first of those that do equally."""
    return max(inks, key=lambda ink: contrast(ink, ground))


def distance(one: str, other: str) -> float:
    """Return how far apart two colours look: their distance in Oklab (Ottosson, 2020), black and white are at 1."""
    return math.dist(oklab(one), oklab(other))


def oklab(colour: str) -> tuple[float, float, float]:
    """Return lightness (0-1) and the two axes of hue, green to red and blue to yellow; the matrices are those of https://bottosson.github.io/posts/oklab."""
    red, green, blue = _linear(colour)
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    middle = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )
