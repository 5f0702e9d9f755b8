"""Horizontal bars, hatched when simulated."""

from __future__ import annotations

from typing import cast

from plotnine import (
    aes,
    element_blank,
    element_text,
    geom_text,
    geom_tile,
    scale_fill_identity,
    scale_x_continuous,
    scale_y_continuous,
    theme,
)

from pipelines.kernel.colours import Colours
from pipelines.publish.drawing.frame import begin, frame_of
from pipelines.publish.picture import Picture
from pipelines.publish.style import colours, hatch_simulated, svg, wrapped


def bars(picture: Picture, look: Colours) -> str:
    """Draw horizontal bars with their value at the end; hatched when simulated; a second bar per name when grouped.

    Data: `name, value, label, origin[, group]`, the first row on top. Options: `unit, order (of groups), height`.
    """
    data = frame_of(picture)
    names = list(dict.fromkeys(data["name"]))
    groups = [str(group) for group in cast(list[str], picture.options.get("order", []))]
    data["group"] = data["group"] if "group" in data.columns else ""
    palette = colours(groups or [""], look.lines)
    data["colour"] = data["group"].map(palette)
    count = max(len(groups), 1)
    thick = 0.74 / count
    named = [wrapped(str(name), 34) for name in names]
    row = max(0.24 if any("\n" in name for name in named) else 0.21, 0.13 * count + 0.055)
    place = {name: len(names) - 1 - index for index, name in enumerate(names)}
    shift = {group: (count - 1) / 2 * thick - index * thick for index, group in enumerate(groups or [""])}
    data["y"] = [place[name] + shift[group] for name, group in zip(data["name"], data["group"], strict=True)]
    data["value"] = data["value"].astype(float)
    top = float(data["value"].max()) or 1.0
    data["text_x"] = data["value"].fillna(0) + top * 0.012
    data["colour"] = data["colour"].fillna(look.figure_soft)
    bars_drawn = data.dropna(subset=["value"])
    longest = max((len(str(label)) for label in data["label"]), default=4)
    plot = (
        begin(data, picture, look, float(cast(float, picture.options.get("height", 0.15 + len(names) * row))))
        + geom_tile(
            aes(x="value / 2", y="y", width="value", height=thick * 0.9, fill="colour"), data=bars_drawn, color=None
        )
        + geom_text(aes(x="text_x", y="y", label="label"), ha="left", va="center", size=8.5, color=look.figure_ink)
        + scale_fill_identity()
        + scale_x_continuous(limits=(0, top * (1.02 + longest * 0.03)), expand=(0, 0))
        + scale_y_continuous(
            limits=(-0.6, len(names) - 0.4),
            breaks=[place[name] for name in names],
            labels=named,
            expand=(0, 0),
        )
        + theme(
            panel_grid_major=element_blank(),
            axis_text_x=element_blank(),
            axis_text_y=element_text(ha="right", color=look.figure_ink, size=8.5, linespacing=1.0),
        )
    )
    if len(groups) > 1:  # the group's name stands on the longest bars of the figure, no legend to go and look for
        first = data[data["name"] == names[0]]
        for group in groups:
            row = first[first["group"] == group].head(1)
            if len(row):
                plot += geom_text(
                    aes(x=top * 0.01, y="y"),
                    data=row,
                    label=group,
                    ha="left",
                    va="center",
                    size=8,
                    color=look.paper,
                    fontweight="bold",
                )
    return svg(plot, picture, look, hatch_simulated if picture.simulated else None)
