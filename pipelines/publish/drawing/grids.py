"""Grids of words and numbers, and the targets, one line each."""

from __future__ import annotations

from typing import cast

from plotnine import (
    aes,
    element_blank,
    element_text,
    geom_point,
    geom_segment,
    geom_text,
    geom_tile,
    scale_color_identity,
    scale_fill_identity,
    scale_linetype_identity,
    scale_shape_identity,
    scale_x_continuous,
    scale_y_continuous,
    theme,
)

from pipelines.kernel.colours import Colours, clearest, legible, mixed
from pipelines.publish.drawing.frame import begin, frame_of
from pipelines.publish.picture import Picture
from pipelines.publish.style import WIDTH, length, svg, wrapped

ROW, LINE = 0.215, 0.125
"""Inches: the height of a row whose name takes one line, and what each further line adds."""


def span(names: list[str]) -> tuple[float, float]:
    """Return the limits of an axis of cells, one unit each: a single cell would have no width of its own."""
    return (-0.52, len(names) - 0.48)


def matrix(picture: Picture, look: Colours) -> str:
    """Draw a grid of cells, each with its word or number, so that nothing rests on colour alone.

    Data: `row, column, text, level (0-1 or None)[, origin]`. Options: `rows, columns` (their orders).
    """
    data = frame_of(picture)
    rows = cast(list[str], picture.options["rows"])
    columns = cast(list[str], picture.options["columns"])
    data["x"] = data["column"].map({name: index for index, name in enumerate(columns)})
    names = [wrapped(name, 32) for name in rows]
    thick = [ROW + LINE * name.count("\n") for name in names]
    middles = [sum(thick[index:]) - thick[index] / 2 for index in range(len(rows))]
    data["y"] = data["row"].map(dict(zip(rows, middles, strict=True)))
    data["thick"] = data["row"].map(dict(zip(rows, thick, strict=True)))
    data["fill"] = data["level"].map(
        lambda level: shade(look, None if level is None or level != level else float(level))
    )
    data["ink"] = data["fill"].map(lambda fill: clearest(fill, look.figure_ink, look.paper))
    named = max(length(line, 8.5) for name in names for line in name.split("\n")) / 72
    longest = max(length(line, 8.5) for column in columns for line in column.split("\n")) / 72
    every = -(-(longest + 0.06) // ((WIDTH * 0.95 - named) / len(columns)))
    tight = every > 1 and not all(column.isdecimal() for column in columns)  # names that would touch stand aslant
    every = 1 if tight else int(every)  # years that would touch leave some out, never the last
    ticks = [index for index in range(len(columns)) if (len(columns) - 1 - index) % every == 0]
    below = 0.5 * longest if tight else 0.15 * max(column.count("\n") for column in columns)
    height = sum(thick) + 0.3 + below
    plot = (
        begin(data, picture, look, height)
        + geom_tile(aes("x", "y", fill="fill", height="thick"), width=1, color=look.paper, size=0.8)
        + geom_text(aes("x", "y", label="text", color="ink"), size=8.5)
        + scale_fill_identity()
        + scale_color_identity()
        + scale_x_continuous(
            breaks=ticks, labels=[columns[index] for index in ticks], limits=span(columns), expand=(0, 0)
        )
        + scale_y_continuous(breaks=middles, labels=names, limits=(0, sum(thick)), expand=(0, 0))
        + theme(
            panel_grid_major=element_blank(),
            axis_text_x=element_text(size=8.5, rotation=30, ha="right") if tight else element_text(size=8.5),
            axis_text_y=element_text(ha="right", color=look.figure_ink, size=8.5, linespacing=1.0),
        )
    )
    return svg(plot, picture, look)


def shade(look: Colours, level: float | None) -> str:
    """Return the fill of a cell: the empty one for nothing, then from the low end of the scale to the high one."""
    if level is None:
        return look.figure_empty
    return mixed(look.scale_low, look.scale_high, min(max(level, 0.0), 1.0))


def targets(picture: Picture, look: Colours) -> str:
    """Draw every target as a road from its base to its goal, with the last value on it and its state in words.

    Data: `name, position (0 base, 1 goal; None when not measured), state, colour, shape, simulated`.
    """
    data = frame_of(picture)
    data["position"] = data["position"].astype(float)
    data["word"] = data["colour"].map(lambda colour: legible(colour, look.paper))
    data["at"] = data["position"].clip(-0.12, 1.12)
    data["state"] = data["state"].map(lambda state: wrapped(str(state), 19))
    data["name"] = data["name"].map(lambda name: wrapped(str(name), 27))
    thick = [
        0.08 + LINE * (1 + max(name.count("\n"), state.count("\n")))
        for name, state in zip(data["name"], data["state"], strict=True)
    ]
    data["y"] = [sum(thick[index:]) - thick[index] / 2 for index in range(len(data))]
    roads = data.dropna(subset=["position"]).copy()
    roads["dash"] = roads["origin"].map(lambda origin: "dashed" if origin == "simulated" else "solid")
    plot = (
        begin(data, picture, look, sum(thick) + 0.3)
        + geom_segment(aes(x=0, xend=1, y="y", yend="y"), color=look.figure_rule, size=2.2)
        + geom_segment(aes(x=1, xend=1, y="y - 0.06", yend="y + 0.06"), color=look.figure_soft, size=0.9)
        + geom_segment(aes(x=0, xend="at", y="y", yend="y", color="colour", linetype="dash"), data=roads, size=1.8)
        + scale_linetype_identity()
        + geom_point(aes("at", "y", color="colour", shape="shape"), data=roads, size=3.2)
        + geom_text(
            aes(x=1.18, y="y", label="state", color="word"),
            ha="left",
            va="center",
            size=8.5,
            fontweight="bold",
            lineheight=1.1,
        )
        + scale_color_identity()
        + scale_shape_identity()
        + scale_x_continuous(
            limits=(-0.15, 2.45), breaks=[0, 1], labels=list(cast(list[str], picture.options["ends"])), expand=(0, 0)
        )
        + scale_y_continuous(
            limits=(0, sum(thick)),
            breaks=list(data["y"]),
            labels=list(data["name"]),
            expand=(0, 0),
        )
        + theme(
            panel_grid_major=element_blank(),
            axis_text_y=element_text(ha="right", color=look.figure_ink, size=8.5, linespacing=1.05),
        )
    )
    return svg(plot, picture, look)
