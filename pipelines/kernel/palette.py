"""The colours a brand may leave out, each mixed from others, and the pairs that must contrast.

What the file says is read by `brand`; what all colours are for stands in `colours`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields

from pipelines.kernel.colours import SERIES, Colours, mixed

ROLES = {
    "foreground": "ink",
    "background": "paper",
    "primary": "brand",
    "secondary": "muted",
    "light": "tint",
    "success": "met",
    "warning": "late",
    "danger": "missed",
}
"""Names that brand.yml itself has → ours. All others of ours stand in its `color.palette`, under their own name."""

SERIES_NAMES = tuple(f"series-{place}" for place in range(1, SERIES + 1))

LEGIBLE, VISIBLE, APART = 4.5, 3.0, 0.05
"""Least contrast of a text and of a mark with its ground (WCAG 2.2, 1.4.3 and 1.4.11); least distance of two series."""


def completed(given: Mapping[str, str]) -> Colours:
    """Return all colours from those given by our names: a colour that is left out is mixed from others."""
    has = dict(given)
    series = tuple(has[f"series-{place}"] for place in range(1, SERIES + 1))
    ink, paper, brand, late = has["ink"], has["paper"], has["brand"], has["late"]
    made = {
        "link": brand,
        "muted": mixed(ink, paper, 0.28),
        "quiet": mixed(ink, paper, 0.12),
        "tint": mixed(paper, brand, 0.05),
        "rule": mixed(ink, paper, 0.83),
        "border": mixed(ink, paper, 0.4),
        "focus": late,
        "focus-on-brand": mixed(brand, paper, 0.8),
        "notice": mixed(late, paper, 0.88),
        "notice-ink": mixed(late, ink, 0.7),
        "notice-rule": mixed(late, paper, 0.6),
        "notice-edge": late,
        "highlight": mixed(late, paper, 0.75),
        "figure-ink": ink,
        "figure-outline": mixed(ink, paper, 0.7),
        "figure-pale": mixed(ink, paper, 0.93),
        "figure-empty": mixed(ink, paper, 0.95),
        "cell-observed": brand,
        "cell-withheld": mixed(late, paper, 0.75),
        "scale-low": mixed(series[0], paper, 0.84),
        "scale-high": mixed(series[0], ink, 0.3),
        "state-good": has["met"],
        "state-bad": late,
        "whole": ink,
    } | has
    made = {
        "figure-soft": made["muted"],
        "figure-rule": made["rule"],
        "figure-grey": made["muted"],
        "cell-simulated": mixed(made["cell-observed"], paper, 0.7),
        "state-none": made["border"],
    } | made
    ours = {name.replace("-", "_"): colour for name, colour in made.items() if not name.startswith("series-")}
    return Colours(**ours, series=series)


PALETTE = (
    *(
        field.name.replace("_", "-")
        for field in fields(Colours)
        if field.name not in (*ROLES.values(), "link", "series")
    ),
    *SERIES_NAMES,
)
"""The names of colours that stand in `color.palette`."""


def grounds(colours: Colours) -> Iterator[tuple[str, str, float]]:
    """Give each pair that must contrast, by our names (what is read or seen, its ground), and the least contrast."""
    words = ("ink", "muted", "quiet", "brand", "link", "met", "late", "missed")
    yield from ((name, "paper", LEGIBLE) for name in words)
    yield from ((name, "tint", LEGIBLE) for name in words)
    yield "notice-ink", "notice", LEGIBLE
    yield "ink", "highlight", LEGIBLE
    yield from (
        (name, "paper", LEGIBLE) for name in ("figure-ink", "figure-soft", "figure-grey", "state-good", "state-bad")
    )
    yield from (
        ("figure-ink", ground, LEGIBLE) for ground in ("figure-pale", "cell-simulated", "cell-withheld", "scale-low")
    )
    yield from (("paper", ground, LEGIBLE) for ground in ("cell-observed", "scale-high"))
    yield from ((name, "paper", VISIBLE) for name in ("border", "state-none", "whole", "notice-edge"))
    yield from ((f"series-{place}", "paper", VISIBLE) for place in range(1, len(colours.series) + 1))
