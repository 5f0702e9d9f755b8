"""The map of the technological pathway: outlines, discs, names, and the crowded surroundings drawn apart."""

from __future__ import annotations

import math
from typing import Any, cast

import pandas as pd
from plotnine import (
    aes,
    annotate,
    coord_fixed,
    element_blank,
    geom_polygon,
    geom_text,
    scale_fill_identity,
    theme,
)

from pipelines.kernel.colours import Colours
from pipelines.publish.drawing.frame import begin, frame_of
from pipelines.publish.picture import Picture
from pipelines.publish.style import WIDTH, svg

SIDES = 40
"""Sides of the polygon that stands for a disc: its size is then in the map's own pixels, whatever the panel."""


def chart_towns(picture: Picture, look: Colours) -> str:
    """Draw towns as discs at the places that `pathway.layout` gave them.

    Data: `town, …, colour`. Options, in pixels from the upper left corner: `size [width, height]`, `marks [[town, x,
    y, radius, text, text x, text y, anchor] …]`, `rings [[[x, y] …] …]`, `zone` and `inset [left, top, right, bottom]`
    or null, `apart` the title of the inset, `see_apart` the words in its place.
    """
    data = frame_of(picture)
    width, height = cast(list[float], picture.options["size"])
    colours = dict(zip(data["town"], data["colour"], strict=True))
    marks = cast(list[list[Any]], picture.options["marks"])
    plot = begin(data, picture, look, WIDTH * height / width * 0.97)
    rings = cast(list[list[list[float]]], picture.options["rings"])
    if rings:
        outline = pd.DataFrame(
            [(number, x, height - y) for number, ring in enumerate(rings) for x, y in ring], columns=["ring", "x", "y"]
        )
        plot += geom_polygon(
            aes("x", "y", group="ring"), data=outline, fill=look.figure_pale, color=look.figure_outline, size=0.5
        )
    for name, fill in (("zone", "none"), ("inset", look.paper)):
        box = cast(list[float] | None, picture.options.get(name))
        if box:
            plot += annotate(
                "rect", xmin=box[0], xmax=box[2], ymin=height - box[3], ymax=height - box[1], fill=fill,
                color=look.figure_soft, size=0.5,
            )  # fmt: skip
            middle = name == "zone"
            plot += annotate(
                "text", x=(box[0] + box[2]) / 2 if middle else box[0] + 6,
                y=height - ((box[1] + box[3]) / 2 if middle else box[1] + 10),
                label=str(picture.options["see_apart" if middle else "apart"]), ha="center" if middle else "left",
                size=7.8, color=look.figure_soft,
            )  # fmt: skip
    discs = pd.DataFrame(
        [
            (
                town,
                colours[town],
                x + radius * math.cos(2 * math.pi * side / SIDES),
                height - y + radius * math.sin(2 * math.pi * side / SIDES),
            )
            for town, x, y, radius, *_ in marks
            for side in range(SIDES)
        ],
        columns=["town", "colour", "x", "y"],
    )
    discs["town"] = pd.Categorical(discs["town"], [mark[0] for mark in marks])  # small discs lie on large ones
    plot += geom_polygon(aes("x", "y", group="town", fill="colour"), data=discs, alpha=0.8, color=look.paper, size=0.4)
    for anchor, side in (("start", "left"), ("end", "right"), ("middle", "center")):
        texts = pd.DataFrame(
            [(mark[4], mark[5], height - mark[6]) for mark in marks if mark[7] == anchor], columns=["text", "x", "y"]
        )
        if len(texts):
            plot += geom_text(
                aes("x", "y", label="text"), data=texts, ha=side, va="center", size=7.8, color=look.figure_ink
            )
    plot = (
        plot
        + scale_fill_identity()
        + coord_fixed(xlim=(0, width), ylim=(0, height), expand=False)
        + theme(axis_text=element_blank(), panel_grid_major=element_blank())
    )
    return svg(plot, picture, look)
