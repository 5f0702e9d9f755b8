"""The house style of every picture: size, type, palette, caption, the word on simulated data, the same bytes each time.

Drawn 480 px wide, in type of 8.5 points and more: what is read on screen and on paper is still read when a telephone
shows it 358 px wide (only marks inside a cell fall under 8 px there), without a second drawing of each figure, which
would take publication past its 15 s. Type is left as text in the SVG, so that it can be searched, selected and read
aloud.
"""

from __future__ import annotations

import io
import re
import textwrap
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import Any

import matplotlib as mpl

mpl.use("svg")

import matplotlib.pyplot as plt
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.font_manager import FontProperties, findfont
from matplotlib.ft2font import FT2Font
from plotnine import element_blank, element_line, element_rect, element_text, theme, theme_minimal

from pipelines.kernel.colours import Colours
from pipelines.publish.numbers import SIMULATED
from pipelines.publish.picture import Picture

WIDTH = 480 / 96
"""Inches: 480 px at 96 px an inch."""

LINE = WIDTH * 72 * 0.955
"""Points: the longest line of text between the margins."""

_FONTS = ["DejaVu Sans"]


@cache
def house(look: Colours) -> Any:
    """Return the style that every plot begins with; not to be changed, it is kept."""
    return theme_minimal(base_size=10, base_family=_FONTS[0]) + theme(
        plot_title=element_text(
            size=12, weight="bold", color=look.figure_ink, ha="left", margin={"b": 4, "units": "pt"}, linespacing=1.2
        ),
        plot_subtitle=element_text(
            size=9.5, color=look.figure_soft, ha="left", margin={"b": 7, "units": "pt"}, linespacing=1.25
        ),
        plot_caption=element_text(
            size=8.5, color=look.figure_soft, ha="left", margin={"t": 7, "units": "pt"}, linespacing=1.35
        ),
        plot_title_position="plot",
        plot_caption_position="plot",
        plot_background=element_rect(fill=look.paper, color=look.paper),
        panel_background=element_rect(fill=look.paper, color=look.paper),
        panel_grid_minor=element_blank(),
        panel_grid_major_x=element_blank(),
        panel_grid_major_y=element_line(color=look.figure_rule, size=0.5),
        axis_title=element_blank(),
        axis_text=element_text(size=9, color=look.figure_soft),
        panel_spacing_x=0.03,
        panel_spacing_y=0.035,
        strip_text=element_text(size=9, linespacing=1.1, weight="bold", color=look.figure_ink, ha="left"),
        legend_position="none",
        plot_margin=0.015,
    )


def colours(order: list[str], palette: Sequence[str]) -> dict[str, str]:
    """Give each name of `order` its colour, in order; past its end it starts again (labels tell them apart)."""
    return {name: palette[index % len(palette)] for index, name in enumerate(order)}


def wrapped(text: str, width: int) -> str:
    """Break a text into lines of at most `width` characters, at ordinary spaces only."""
    lines = []
    for paragraph in text.split("\n"):
        lines += textwrap.wrap(
            paragraph.replace("\u00a0", "\ue000").replace("\u202f", "\ue001"),
            width,
            break_long_words=False,
            break_on_hyphens=False,
        ) or [""]
    return "\n".join(lines).replace("\ue000", "\u00a0").replace("\ue001", "\u202f")


def bound(text: str) -> str:
    """Keep a mark of punctuation, and the dot between two facts of a caption, on the line of the word before it."""
    return re.sub(r" (?=[;:!?»·])", "\u00a0", text)


@lru_cache(256)  # asked for twice a picture: for its height, then for its words
def fitted(text: str, size: float, *, bold: bool = False) -> str:
    """Break a text into lines that fit the width of a figure in type of `size` points, as the font measures them."""
    words = text.split(" ")
    lines: list[str] = []
    while words:
        count = words_that_fit(words, size, bold)
        lines.append(" ".join(words[:count]))
        words = words[count:]
    return "\n".join(lines)


def words_that_fit(words: list[str], size: float, bold: bool) -> int:
    """Return how many of `words` a line holds, at least one.

    The widths of the words alone say about where the line ends; only the lines around that are measured whole, since
    the font takes a millisecond for each.
    """
    space = length("n n", size, bold=bold) - length("nn", size, bold=bold)
    count, reach = 1, length(words[0], size, bold=bold)
    while count < len(words) and (reach := reach + space + length(words[count], size, bold=bold)) <= LINE:
        count += 1
    while count > 1 and length(" ".join(words[:count]), size, bold=bold) > LINE:
        count -= 1
    while count < len(words) and length(" ".join(words[: count + 1]), size, bold=bold) <= LINE:
        count += 1
    return count


@lru_cache(4096)
def length(text: str, size: float, *, bold: bool = False) -> float:
    """Return the length of a line in points."""
    face = _face(bold)
    face.set_size(size, 72)
    face.set_text(text, 0.0)
    return float(face.get_width_height()[0]) / 64


@cache
def _face(bold: bool) -> FT2Font:
    return FT2Font(findfont(FontProperties(family=_FONTS, weight="bold" if bold else "normal")))


def svg(plot: Any, picture: Picture, look: Colours, finish: Callable[[Any], None] | None = None) -> str:
    """Draw `plot` once and return the SVG; the same picture always gives the same bytes.

    `finish` may still edit the drawn figure (hatches); then the word is laid on simulated panels. The plot is drawn,
    never saved too: plotnine doubles the labels of a plot that is both.
    """
    settings: dict[Any, Any] = {
        "svg.hashsalt": picture.name,
        "svg.fonttype": "none",
        "font.family": _FONTS,
        "hatch.linewidth": 0.6,
        "hatch.color": look.paper,
        "figure.facecolor": look.paper,
    }
    with mpl.rc_context(settings):
        drawn = plot.draw()
        try:
            if finish is not None:
                finish(drawn)
            if picture.simulated:
                lay_the_word(drawn, SIMULATED[picture.lang], look.figure_soft, picture.options)
            out = io.StringIO()
            canvas: Any = FigureCanvasSVG(drawn)
            # not `savefig`, which draws all once more beforehand: laying out is part of each drawing
            canvas.print_svg(out, metadata={"Date": None, "Creator": None, "Title": picture.title})
        finally:
            plt.close(drawn)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def lay_the_word(drawn: Any, word: str, colour: str, options: dict[str, object]) -> None:
    """Write the word across every panel, pale and large, behind the data; only on the panels of `word_on` if given."""
    axes = drawn.get_axes()
    size = 28 if len(axes) == 1 else 16 if len(axes) < 5 else 12
    panels, marked = options.get("facets"), options.get("word_on")
    for number, axis in enumerate(axes):
        if isinstance(marked, list) and not (isinstance(panels, list) and panels[number] in marked):
            continue
        axis.text(
            0.5,
            0.5,
            word,
            transform=axis.transAxes,
            ha="center",
            va="center",
            rotation=18,
            fontsize=size,
            color=colour,
            alpha=0.22,
            weight="bold",
            zorder=0.6,
        )


def titles(picture: Picture) -> dict[str, str]:
    """Return the texts of a picture, broken into lines that fit the width."""
    return {
        "title": fitted(bound(picture.title), 12, bold=True),
        "subtitle": fitted(bound(picture.subtitle), 9.5),
        "caption": fitted(bound(picture.caption), 8.5),
    }


def lines_in(picture: Picture) -> float:
    """Return the height in inches that the texts above and below the panel take."""
    texts = titles(picture)
    return (
        0.21 * (texts["title"].count("\n") + 1)
        + 0.17 * (texts["subtitle"].count("\n") + 1)
        + 0.162 * (texts["caption"].count("\n") + 1)
        + 0.62
    )


def hatch_simulated(drawn: Any) -> None:
    """Hatch every bar of a simulated picture."""
    for axis in drawn.get_axes():
        for collection in axis.collections:
            collection.set_hatch("////")
        for patch in axis.patches:
            patch.set_hatch("////")
