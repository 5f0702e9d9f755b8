"""From a picture to its SVG: one function per kind of drawing, each taking the data and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pandas as pd
from plotnine import (
    aes,
    annotate,
    coord_cartesian,
    element_blank,
    element_line,
    element_text,
    expand_limits,
    facet_wrap,
    geom_line,
    geom_point,
    geom_polygon,
    geom_ribbon,
    geom_segment,
    geom_text,
    geom_tile,
    geom_vline,
    ggplot,
    labs,
    scale_color_identity,
    scale_fill_identity,
    scale_linetype_identity,
    scale_shape_identity,
    scale_size_identity,
    scale_x_continuous,
    scale_y_continuous,
    theme,
)

from pipelines.publish.numbers import axis_labels
from pipelines.publish.picture import Picture
from pipelines.publish.style import (
    HOUSE,
    INK,
    PALE,
    PALETTE,
    RULE,
    SOFT,
    WIDTH,
    colours,
    lines_in,
    svg,
    titles,
    wrapped,
)

CHARACTER = 0.0128
"""Width of one character of a direct label, as a fraction of the panel's width."""


def draw(picture: Picture) -> str:
    """Return the picture as SVG. Raises `KeyError` when no kind of drawing has its name."""
    return KINDS[picture.kind](picture)


def frame_of(picture: Picture) -> pd.DataFrame:
    """Return the picture's data as a pandas frame (built from lists: the environment has no pyarrow)."""
    return pd.DataFrame(dict(picture.data))


def begin(data: pd.DataFrame, picture: Picture, panel_height: float) -> Any:
    """Return an empty plot with the picture's texts, in the house style, its panel `panel_height` inches high."""
    return (
        ggplot(data)
        + labs(x="", y="", **titles(picture))
        + HOUSE
        + theme(figure_size=(WIDTH, panel_height + lines_in(picture)))
    )


def lines(picture: Picture) -> str:
    """Draw series over years, labelled at their end, cut and announced at each break; dashed when simulated.

    Data: `year, value, series, run, origin[, facet]`. A point without a value is a gap. Options: `unit, order,
    breaks [[year, label]], height, columns, zero`.
    """
    options = picture.options
    unit = str(options.get("unit", "persons"))
    data = frame_of(picture)
    shown = data.dropna(subset=["value"]).copy()
    shown["value"] = shown["value"].astype(float)
    order = cast(list[str], options["order"])
    palette = dict.fromkeys(order, PALETTE[0]) if options.get("one_colour") else colours(order)
    shown["colour"] = shown["series"].map(palette)
    shown["dash"] = shown["origin"].map(lambda origin: "dashed" if origin == "simulated" else "solid")
    faceted = "facet" in data.columns
    free = bool(options.get("free", False))
    two_lines = False
    if faceted:
        panels_named = [wrapped(name, 36) for name in cast(list[str], options["facets"])]
        shown["facet"] = pd.Categorical(
            shown["facet"].map(lambda name: wrapped(name, 36)), categories=panels_named, ordered=True
        )
        two_lines = any("\n" in name for name in panels_named)
    columns = int(cast(int, options.get("columns", 2))) if faceted else 1
    top = float(shown["value"].max())
    bottom = 0.0 if options.get("zero", True) else float(shown["value"].min())
    panels = -(-data["facet"].nunique() // columns) if faceted else 1
    ends = direct_labels(shown, (top - bottom) or 1.0, faceted, 0.075 if not faceted else 0.13)
    longest = max((len(label) for label in ends["series"]), default=0)
    first, last = int(data["year"].min()), int(data["year"].max())
    many_series = shown["series"].nunique() > 1 and not options.get("one_colour")
    fraction = min(0.42, CHARACTER * longest * columns) if many_series else 0.06
    room = max(last - first, 1) * fraction / (1 - fraction)
    height = float(
        cast(float, options.get("height", 3.2 if not faceted else (1.7 if two_lines else 1.5) * panels + 0.2))
    )
    plot = begin(shown, picture, height)
    breaks = cast(list[tuple[int, str]], options.get("breaks", []))
    for year, label in breaks:
        if first < year <= last:
            plot += geom_vline(xintercept=year - 0.5, linetype="dotted", color=SOFT, size=0.5)
            if not faceted:
                plot += annotate(
                    "text",
                    x=year - 0.45,
                    y=bottom + (top - bottom) * 1.1,
                    label=wrapped(label, 24),
                    ha="left",
                    va="top",
                    size=8,
                    color=SOFT,
                )
    plot = (
        plot
        + geom_line(aes("year", "value", group="run", color="colour", linetype="dash"), size=0.9)
        + geom_point(aes("year", "value", color="colour"), size=1.5)
        + scale_color_identity()
        + scale_linetype_identity()
        + scale_x_continuous(
            limits=(first - 0.3, last + room),
            breaks=year_ticks(first, last, 4 if columns > 1 else 8),
            labels=lambda years: [str(round(year)) for year in years],
        )
        + theme(axis_ticks_major_x=element_line(color=RULE))
    )
    if free:
        plot += scale_y_continuous(labels=axis_labels(unit, picture.lang), breaks=few_breaks)
        plot += expand_limits(y=0)
    else:
        ceiling = bottom + ((top - bottom) or 1.0) * (1.12 if breaks else 1.05)
        plot += scale_y_continuous(limits=(bottom, ceiling), labels=axis_labels(unit, picture.lang), breaks=few_breaks)
    if many_series:
        plot += geom_text(
            aes("x", "y", label="series", color="colour"),
            data=ends,
            ha="left",
            va="center",
            size=9 if not faceted else 8,
        )
    if faceted:
        plot += facet_wrap("facet", ncol=columns, scales="free_y" if free else "fixed")
    return svg(plot, picture)


def few_breaks(limits: tuple[float, float]) -> list[float]:
    """Return three to five round values for an axis, whole numbers as soon as the axis is longer than 3."""
    from mizani.breaks import breaks_extended

    return [float(value) for value in breaks_extended(n=4)(limits)]


def direct_labels(shown: pd.DataFrame, span: float, faceted: bool, gap: float) -> pd.DataFrame:
    """Place one label at the end of each series, pushed apart so that no two touch.

    `span` is the height of the axis in data units, `gap` the least distance between labels as a fraction of it.
    """
    keys = ["facet", "series"] if faceted else ["series"]
    ends = shown.sort_values("year").groupby(keys, sort=True, observed=True).tail(1).copy()
    x_shift = 0.018 * max(float(shown["year"].max() - shown["year"].min()), 1.0)
    ends["x"] = ends["year"] + x_shift
    ends["y"] = ends["value"]
    groups = ends.groupby("facet", sort=True, observed=True) if faceted else [(None, ends)]
    placed = []
    for _, group in groups:
        group = group.sort_values(["value", "series"])
        heights: list[float] = []
        for value in group["value"]:
            heights.append(max(float(value), heights[-1] + gap * span) if heights else float(value))
        overflow = heights[-1] - (float(shown["value"].max()) + gap * span / 2)
        if overflow > 0:  # the stack went through the ceiling: lower it from the top
            ceiling = heights[-1] - overflow
            for index in range(len(heights) - 1, -1, -1):
                heights[index] = min(heights[index], ceiling)
                ceiling = heights[index] - gap * span
        group = group.assign(y=heights)
        placed.append(group)
    return pd.concat(placed)


def year_ticks(first: int, last: int, most: int) -> list[int]:
    """Return at most `most` whole years from `first` to `last`, evenly spaced, the last one always among them."""
    step = max(1, -(-(last - first) // max(most - 1, 1)))
    return sorted(range(last, first - 1, -step))


def bars(picture: Picture) -> str:
    """Draw horizontal bars with their value at the end; hatched when simulated; a second bar per name when grouped.

    Data: `name, value, label, origin[, group]`, the first row on top. Options: `unit, order (of groups), height`.
    """
    data = frame_of(picture)
    names = list(dict.fromkeys(data["name"]))
    groups = [str(group) for group in cast(list[str], picture.options.get("order", []))]
    data["group"] = data["group"] if "group" in data.columns else ""
    palette = colours(groups or [""])
    data["colour"] = data["group"].map(palette)
    count = max(len(groups), 1)
    thick = 0.74 / count
    place = {name: len(names) - 1 - index for index, name in enumerate(names)}
    shift = {group: (count - 1) / 2 * thick - index * thick for index, group in enumerate(groups or [""])}
    data["y"] = [place[name] + shift[group] for name, group in zip(data["name"], data["group"], strict=True)]
    data["value"] = data["value"].astype(float)
    top = float(data["value"].max()) or 1.0
    data["text_x"] = data["value"].fillna(0) + top * 0.012
    data["colour"] = data["colour"].fillna(SOFT)
    bars_drawn = data.dropna(subset=["value"])
    longest = max((len(str(label)) for label in data["label"]), default=4)
    plot = (
        begin(
            data, picture, float(cast(float, picture.options.get("height", 0.3 + len(names) * max(0.3, 0.21 * count))))
        )
        + geom_tile(
            aes(x="value / 2", y="y", width="value", height=thick * 0.9, fill="colour"), data=bars_drawn, color=None
        )
        + geom_text(aes(x="text_x", y="y", label="label"), ha="left", va="center", size=8.5, color=INK)
        + scale_fill_identity()
        + scale_x_continuous(limits=(0, top * (1.02 + longest * 0.0165)), expand=(0, 0))
        + scale_y_continuous(
            limits=(-0.6, len(names) - 0.4),
            breaks=[place[name] for name in names],
            labels=[wrapped(str(name), 34) for name in names],
            expand=(0, 0),
        )
        + theme(
            panel_grid_major=element_blank(),
            axis_text_x=element_blank(),
            axis_text_y=element_text(ha="right", color=INK, size=9),
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
                    color="white",
                    fontweight="bold",
                )
    return svg(plot, picture, hatch_simulated if picture.simulated else None)


def hatch_simulated(drawn: Any) -> None:
    """Hatch every bar of a simulated picture."""
    for axis in drawn.get_axes():
        for collection in axis.collections:
            collection.set_hatch("////")
        for patch in axis.patches:
            patch.set_hatch("////")


def path(picture: Picture) -> str:
    """Draw a measured series, the path to its target and the fan of a forecast.

    Data: `year, kind (observed|path|forecast), value, low_50 … high_95`. Options: `unit, labels {kind: text}`.
    """
    data = frame_of(picture)
    for column in data.columns:
        if column not in ("year", "kind"):
            data[column] = data[column].astype(float)
    labels = cast(dict[str, str], picture.options["labels"])
    unit = str(picture.options.get("unit", "persons"))
    look = {
        "observed": ("#0072B2", "dashed" if picture.simulated else "solid"),
        "path": ("#b84a00", "dashdot"),
        "forecast": ("#3a8fc2", "dotted"),
    }
    fan = data[data["kind"] == "forecast"]
    high = float(data[["value", "high_80"]].max().max())
    first, last = int(data["year"].min()), int(data["year"].max())
    plot = begin(data, picture, 3.3)
    for level, alpha in ((95, 0.12), (80, 0.16), (50, 0.22)):
        band = fan.dropna(subset=[f"low_{level}", f"high_{level}"])
        if len(band):
            plot += geom_ribbon(
                aes("year", ymin=f"low_{level}", ymax=f"high_{level}"), data=band, fill="#3a8fc2", alpha=alpha
            )
    ends = []
    for kind, (colour, dash) in look.items():
        part = data[(data["kind"] == kind)].dropna(subset=["value"]).sort_values("year")
        if not len(part):
            continue
        plot += geom_line(aes("year", "value"), data=part, color=colour, linetype=dash, size=0.9)
        if kind == "observed":
            plot += geom_point(aes("year", "value"), data=part, color=colour, size=1.5)
        tail = part.tail(1)
        ends.append(
            {
                "year": float(tail["year"].iloc[0]),
                "value": float(tail["value"].iloc[0]),
                "series": labels[kind],
                "colour": colour,
            }
        )
    for year, label in cast(list[tuple[int, str]], picture.options.get("breaks", [])):
        if first < year <= last:
            plot += geom_vline(xintercept=year - 0.5, linetype="dotted", color=SOFT, size=0.5)
            plot += annotate(
                "text", x=year - 0.4, y=high * 1.1, label=wrapped(label, 24), ha="left", va="top", size=8, color=SOFT
            )
    # The measured line ends where the fan opens: its label stands above the line, to the left.
    last_measured = next((end for end in ends if end["series"] == labels["observed"]), None)
    if last_measured is not None:
        plot += annotate(
            "text",
            x=last_measured["year"],
            y=float(str(last_measured["value"])) + high * 0.09,
            label=labels["observed"],
            ha="right",
            va="bottom",
            size=9,
            color=str(last_measured["colour"]),
        )
    placed = direct_labels(pd.DataFrame([end for end in ends if end is not last_measured]), high, False, 0.08)
    plot = (
        plot
        + geom_text(aes("x", "y", label="series", color="colour"), data=placed, ha="left", va="center", size=9)
        + scale_color_identity()
        + scale_x_continuous(
            limits=(first - 0.3, last + (last - first) * 0.4),
            breaks=year_ticks(first, last, 7),
            labels=lambda years: [str(round(year)) for year in years],
        )
        + scale_y_continuous(labels=axis_labels(unit, picture.lang))
        + coord_cartesian(ylim=(0, high * 1.12))
    )
    return svg(plot, picture)


def chart_map(picture: Picture) -> str:
    """Draw the sites on the map, a disc as large as its students.

    Data: `name, label, longitude, latitude, value, below (1: label under the disc)[, colour]`. Options: `contours [[[longitude, latitude] …] …]`.
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
    biggest = float(data["value"].max()) or 1.0
    data["size"] = data["value"].fillna(0).map(lambda value: 2.0 + 15.0 * (value / biggest) ** 0.5)
    away = data["size"] * 0.0052 * (north - south) / 2 + 0.03
    data["side"] = data["below"].map(lambda below: "top" if below else "bottom")
    data["text_y"] = data["latitude"] + away * data["below"].map(lambda below: -1 if below else 1)
    if "colour" not in data.columns:
        data["colour"] = data["value"].map(lambda value: "#0072B2" if value == value else "#7a8290")
    plot = begin(data, picture, min(WIDTH * ratio * 0.92, 5.4))
    if contours:
        plot += geom_polygon(aes("x", "y", group="ring"), data=outline, fill=PALE, color="#b9c0ca", size=0.5)
    plot = (
        plot
        + geom_point(aes("longitude", "latitude", size="size", color="colour"), alpha=0.75)
        + geom_text(
            aes("longitude", "text_y", label="label", va="side"), ha="center", size=9, color=INK, lineheight=1.15
        )
        + scale_size_identity()
        + scale_color_identity()
        + coord_cartesian(xlim=(west, east), ylim=(south, north), expand=False)
        + theme(axis_text=element_blank(), panel_grid_major=element_blank())
    )
    return svg(plot, picture, hatch_simulated if picture.simulated else None)


def matrix(picture: Picture) -> str:
    """Draw a grid of cells, each with its word or number, so that nothing rests on colour alone.

    Data: `row, column, text, level (0-1 or None)[, origin]`. Options: `rows, columns` (orders), `wide` (row label width).
    """
    data = frame_of(picture)
    rows = cast(list[str], picture.options["rows"])
    columns = cast(list[str], picture.options["columns"])
    data["x"] = data["column"].map({name: index for index, name in enumerate(columns)})
    data["y"] = data["row"].map({name: len(rows) - 1 - index for index, name in enumerate(rows)})
    data["fill"] = data["level"].map(lambda level: shade(None if level is None or level != level else float(level)))
    data["ink"] = data["level"].map(
        lambda level: "#ffffff" if level is not None and level == level and level > 0.55 else INK
    )
    every = max(1, -(-len(columns) // 12))
    ticks = [index for index in range(len(columns)) if (len(columns) - 1 - index) % every == 0]
    names = [wrapped(name, 34) for name in rows]
    deep = max(name.count("\n") for name in names) + 1
    height = (0.13 + 0.155 * deep) * len(rows) + 0.35 + 0.16 * max(column.count("\n") for column in columns)
    plot = (
        begin(data, picture, height)
        + geom_tile(aes("x", "y", fill="fill"), color="white", size=0.8)
        + geom_text(aes("x", "y", label="text", color="ink"), size=8)
        + scale_fill_identity()
        + scale_color_identity()
        + scale_x_continuous(breaks=ticks, labels=[columns[index] for index in ticks], expand=(0, 0.02))
        + scale_y_continuous(breaks=list(range(len(rows))), labels=list(reversed(names)), expand=(0, 0.02))
        + theme(panel_grid_major=element_blank(), axis_text_y=element_text(ha="right", color=INK, size=9))
    )
    return svg(plot, picture)


def shade(level: float | None) -> str:
    """Return the fill of a cell: pale grey for nothing, then from light to dark blue."""
    if level is None:
        return "#f1f3f5"
    light, dark = (214, 230, 244), (0, 83, 140)
    return "#" + "".join(
        f"{round(a + (b - a) * min(max(level, 0.0), 1.0)):02x}" for a, b in zip(light, dark, strict=True)
    )


def targets(picture: Picture) -> str:
    """Draw every target as a road from its base to its goal, with the last value on it and its state in words.

    Data: `name, position (0 base, 1 goal; None when not measured), state, colour, shape, simulated`.
    """
    data = frame_of(picture)
    data["position"] = data["position"].astype(float)
    data["y"] = [len(data) - 1 - index for index in range(len(data))]
    data["at"] = data["position"].clip(-0.12, 1.12)
    data["state"] = data["state"].map(lambda state: wrapped(str(state), 26))
    data["name"] = data["name"].map(lambda name: wrapped(str(name), 34))
    depth = (
        max(max(name.count("\n"), state.count("\n")) for name, state in zip(data["name"], data["state"], strict=True))
        + 1
    )
    roads = data.dropna(subset=["position"])
    plot = (
        begin(data, picture, (0.16 + 0.16 * depth) * len(data) + 0.45)
        + geom_segment(aes(x=0, xend=1, y="y", yend="y"), color=RULE, size=2.2)
        + geom_segment(aes(x=1, xend=1, y="y - 0.2", yend="y + 0.2"), color=SOFT, size=0.9)
        + geom_segment(aes(x=0, xend="at", y="y", yend="y", color="colour"), data=roads, size=2.2)
        + geom_point(aes("at", "y", color="colour", shape="shape"), data=roads, size=3.6)
        + geom_text(
            aes(x=1.18, y="y", label="state", color="colour"),
            ha="left",
            va="center",
            size=9,
            fontweight="bold",
            lineheight=1.15,
        )
        + scale_color_identity()
        + scale_shape_identity()
        + scale_x_continuous(
            limits=(-0.15, 2.45), breaks=[0, 1], labels=list(cast(list[str], picture.options["ends"])), expand=(0, 0)
        )
        + scale_y_continuous(
            limits=(-0.5, len(data) - 0.5),
            breaks=list(data["y"]),
            labels=list(data["name"]),
            expand=(0, 0),
        )
        + theme(
            panel_grid_major=element_blank(), axis_text_y=element_text(ha="right", color=INK, size=9, linespacing=1.1)
        )
    )
    return svg(plot, picture)


KINDS: dict[str, Callable[[Picture], str]] = {
    "lines": lines,
    "bars": bars,
    "path": path,
    "map": chart_map,
    "matrix": matrix,
    "targets": targets,
}
