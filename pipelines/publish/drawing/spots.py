"""The map: discs at the places, contours where they are at hand."""

from __future__ import annotations

from typing import cast

import pandas as pd
from plotnine import (
    aes,
    coord_cartesian,
    element_blank,
    geom_label,
    geom_point,
    geom_polygon,
    scale_color_identity,
    scale_size_identity,
    theme,
)

from pipelines.kernel.colours import Colours
from pipelines.publish.drawing.frame import begin, frame_of
from pipelines.publish.picture import Picture
from pipelines.publish.style import WIDTH, hatch_simulated, svg

TALLEST = 3.0
"""Inches: a map that would be higher has wider margins, so that two figures stand on a printed page."""


def chart_map(picture: Picture, look: Colours) -> str:
    """Draw the sites on the map, a disc as large as its students.

    Data: `name, label, longitude, latitude, value, below (1: label under the disc)[, colour]`.
    Options: `contours [[[longitude, latitude] …] …]`.
    One degree of longitude is drawn at the cosine of the mean latitude, so that distances look right.
    """
    data = frame_of(picture)
    data["value"] = data["value"].astype(float)
    contours = cast(list[list[list[float]]], picture.options.get("contours", []))
    outline = pd.DataFrame(
        [(number, x, y) for number, ring in enumerate(contours) for x, y in ring], columns=["ring", "x", "y"]
    )
    xs = list(outline["x"]) or list(data["longitude"])
    ys = list(outline["y"]) or list(data["latitude"])
    pad = 0.08 if contours else 0.35
    west, east, south, north = min(xs) - pad, max(xs) + pad, min(ys) - pad, max(ys) + pad
    ratio = (north - south) / ((east - west) * 0.723)
    biggest = float(data["value"].fillna(0.0).max()) or 1.0  # no site may have been counted yet
    data["size"] = data["value"].fillna(0).map(lambda value: 2.0 + 12.0 * (value / biggest) ** 0.5)
    away = data["size"] * 0.0052 * (north - south) / 2 + 0.03
    data["side"] = data["below"].map(lambda below: "top" if below else "bottom")
    data["text_y"] = data["latitude"] + away * data["below"].map(lambda below: -1 if below else 1)
    if "colour" not in data.columns:
        data["colour"] = data["value"].map(lambda value: look.series[0] if value == value else look.state_none)
    high = min(WIDTH * ratio * 0.92, TALLEST)
    spare = ((north - south) / 0.723 * WIDTH * 0.97 / high - (east - west)) / 2
    west, east = west - max(spare, 0), east + max(spare, 0)
    plot = begin(data, picture, look, high)
    if contours:
        plot += geom_polygon(
            aes("x", "y", group="ring"), data=outline, fill=look.figure_pale, color=look.figure_outline, size=0.5
        )
    plot = (
        plot
        + geom_point(aes("longitude", "latitude", size="size", color="colour"), alpha=0.75)
        + geom_label(
            aes("longitude", "text_y", label="label", va="side"),
            data=data[data["label"] != ""],
            ha="center",
            size=9,
            color=look.figure_ink,
            fill=f"{look.paper}c0",
            label_size=0,
            label_padding=0.05,
            lineheight=1.15,
        )
        + scale_size_identity()
        + scale_color_identity()
        + coord_cartesian(xlim=(west, east), ylim=(south, north), expand=False)
        + theme(axis_text=element_blank(), panel_grid_major=element_blank())
    )
    return svg(plot, picture, look, hatch_simulated if picture.simulated else None)
