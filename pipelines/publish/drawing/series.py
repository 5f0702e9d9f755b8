"""Series over years: lines with their breaks, and the path of a target with the fan of a forecast."""

from __future__ import annotations

import itertools
from typing import cast

import pandas as pd
from plotnine import (
    aes,
    annotate,
    coord_cartesian,
    element_line,
    expand_limits,
    facet_wrap,
    geom_hline,
    geom_line,
    geom_point,
    geom_ribbon,
    geom_text,
    geom_vline,
    scale_color_identity,
    scale_linetype_identity,
    scale_x_continuous,
    scale_y_continuous,
    theme,
)

from pipelines.kernel.colours import Colours, legible
from pipelines.publish.drawing.frame import begin, frame_of
from pipelines.publish.numbers import axis_labels
from pipelines.publish.picture import Picture
from pipelines.publish.style import colours, svg, wrapped

STRIP = {1: 60, 2: 24, 3: 16, 4: 11}
"""Characters of a panel's name on one line, by the number of panels side by side."""

CHARACTER = 0.0172
"""Width of one character of a direct label, as a fraction of the panel's width."""


def lines(picture: Picture, look: Colours) -> str:
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
    palette = dict.fromkeys(order, look.series[0]) if options.get("one_colour") else colours(order, look.lines)
    shown["colour"] = shown["series"].map(palette)
    shown["dash"] = shown["origin"].map(lambda origin: "dashed" if origin == "simulated" else "solid")
    faceted = "facet" in data.columns
    free = bool(options.get("free", False))
    deep = 0
    columns = int(cast(int, options.get("columns", 2))) if faceted else 1
    if faceted:
        panels_named = [wrapped(name, STRIP.get(columns, 11)) for name in cast(list[str], options["facets"])]
        shown["facet"] = pd.Categorical(
            shown["facet"].map(lambda name: wrapped(name, STRIP.get(columns, 11))),
            categories=panels_named,
            ordered=True,
        )
        deep = max(name.count("\n") for name in panels_named)
    top = float(shown["value"].max())
    bottom = 0.0 if options.get("zero", True) else float(shown["value"].min())
    panels = -(-data["facet"].nunique() // columns) if faceted else 1
    ends = direct_labels(shown, (top - bottom) or 1.0, faceted, 0.085 if not faceted else 0.15)
    longest = max((len(label) for label in ends["series"]), default=0)
    first, last = int(data["year"].min()), int(data["year"].max())
    many_series = shown["series"].nunique() > 1 and not options.get("one_colour")
    fraction = min(0.42, CHARACTER * longest * columns) if many_series else 0.06
    room = max(last - first, 1) * fraction / (1 - fraction)
    height = float(cast(float, options.get("height", 2.5 if not faceted else (1.1 + 0.13 * deep) * panels + 0.2)))
    joined = shown[shown.groupby("run")["run"].transform("size") > 1]  # a lone point is no line
    plot = begin(shown, picture, look, height)
    breaks = cast(list[tuple[int, str]], options.get("breaks", []))
    level, before = 0, first - 9
    shown_breaks = [year for year, _ in breaks if first < year <= last]
    # in small panels two words side by side would hide the lines: the small print then says them
    apart = all(b - a >= (last - first) * 0.2 for a, b in itertools.pairwise(shown_breaks))
    for year, label in breaks:
        if first < year <= last:
            plot += geom_vline(xintercept=year - 0.5, linetype="dotted", color=look.figure_soft, size=0.5)
            # Two breaks close together: the second label goes one line down, so that the words do not run together.
            level = (level + 1) % 3 if year - before < (last - first) * 0.14 else 0
            before = year
            if faceted and apart:
                word = pd.DataFrame({"facet": pd.Categorical([panels_named[0]], categories=panels_named, ordered=True)})
                word["x"], word["y"], word["label"] = year - 0.65, bottom, f" {label}"
                plot += geom_text(
                    aes("x", "y", label="label"),
                    data=word,
                    angle=90,
                    ha="right",
                    va="bottom",
                    size=8,
                    color=look.figure_soft,
                )
            elif not faceted:
                plot += annotate(
                    "text",
                    x=year - 0.45,
                    y=bottom + (top - bottom) * (1.15 - 0.065 * level),
                    label=wrapped(label, 24),
                    ha="left",
                    va="top",
                    size=8.5,
                    color=look.figure_soft,
                )
    plot = (
        plot
        + geom_line(aes("year", "value", group="run", color="colour", linetype="dash"), data=joined, size=0.9)
        + geom_point(aes("year", "value", color="colour"), size=1.5 if columns < 3 else 0.7)
        + scale_color_identity()
        + scale_linetype_identity()
        + scale_x_continuous(
            limits=(first - 0.3, last + room),
            breaks=year_ticks(first, last, 7 if columns == 1 else 4)
            if columns < 3
            else [first if free else (first + last) // 2, last],
            labels=lambda years: [str(round(year)) for year in years],
        )
        + theme(axis_ticks_major_x=element_line(color=look.figure_rule))
    )
    if free:
        plot += scale_y_continuous(labels=axis_labels(unit, picture.lang), breaks=few_breaks)
        plot += expand_limits(y=0)
    else:
        ceiling = bottom + ((top - bottom) or 1.0) * (1.15 if breaks else 1.05)
        plot += scale_y_continuous(limits=(bottom, ceiling), labels=axis_labels(unit, picture.lang), breaks=few_breaks)
    if many_series:
        plot += geom_text(
            aes("x", "y", label="series", color="colour"),
            data=words_of(ends, look),
            ha="left",
            va="center",
            size=9 if not faceted else 8.5,
        )
    if faceted:
        plot += facet_wrap("facet", ncol=columns, scales="free_y" if free else "fixed")
    return svg(plot, picture, look)


def words_of(labelled: pd.DataFrame, look: Colours) -> pd.DataFrame:
    """Return labels in the colour of their line, darkened where a text in it could not be read."""
    return labelled.assign(colour=labelled["colour"].map(lambda colour: legible(colour, look.paper)))


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
    x_shift = 0.03 * max(float(shown["year"].max() - shown["year"].min()), 1.0)
    ends["x"] = ends["year"] + x_shift
    groups = ends.groupby("facet", sort=True, observed=True) if faceted else [(None, ends)]
    ceiling = float(shown["value"].max()) + gap * span / 2
    placed = []
    for _, group in groups:
        group = group.sort_values(["value", "series"])
        placed.append(group.assign(y=pushed_apart(list(group["value"]), gap * span, ceiling - span, ceiling)))
    return pd.concat(placed)


def pushed_apart(values: list[float], gap: float, floor: float, ceiling: float) -> list[float]:
    """Return heights at least `gap` apart, as near as can be to `values` (ascending), between `floor` and `ceiling`.

    Labels that would touch make a stack centred on what they name. A stack too high for the axis leaves it upwards.
    """
    stacks: list[list[float]] = []  # each: sum of the centres asked, number of labels
    for value in values:
        stacks.append([float(value), 1.0])
        while len(stacks) > 1:
            (low_sum, low_count), (high_sum, high_count) = stacks[-2:]
            room = (low_count + high_count) / 2 * gap
            if centre(stacks[-1], gap, floor, ceiling) - centre(stacks[-2], gap, floor, ceiling) >= room - 1e-9:
                break
            stacks[-2:] = [[low_sum + high_sum, low_count + high_count]]
    return [
        centre(stack, gap, floor, ceiling) + (index - (stack[1] - 1) / 2) * gap
        for stack in stacks
        for index in range(int(stack[1]))
    ]


def centre(stack: list[float], gap: float, floor: float, ceiling: float) -> float:
    """Return where the middle of a stack of labels stands, kept within the axis."""
    total, count = stack
    half = (count - 1) / 2 * gap
    return max(min(total / count, ceiling - half), floor + half)


def year_ticks(first: int, last: int, most: int) -> list[int]:
    """Return at most `most` whole years from `first` to `last`, evenly spaced, the last one always among them."""
    step = max(1, -(-(last - first) // max(most - 1, 1)))
    return sorted(range(last, first - 1, -step))


def path(picture: Picture, look: Colours) -> str:
    """Draw a measured series, the path to its target and the fan of a forecast.

    Data: `year, kind (observed|path|forecast), value, low_50 … high_95`. Options: `unit, labels {kind: text}, goal
    [value, text]`.
    """
    data = frame_of(picture)
    for column in data.columns:
        if column not in ("year", "kind"):
            data[column] = data[column].astype(float)
    labels = cast(dict[str, str], picture.options["labels"])
    unit = str(picture.options.get("unit", "persons"))
    kinds = {
        "observed": (look.series[0], "dashed" if picture.simulated else "solid"),
        "path": (look.state_bad, "dashdot"),
        "forecast": (look.series[5], "dotted"),
    }
    fan = data[data["kind"] == "forecast"]
    goal = cast("tuple[float | None, str]", picture.options.get("goal", (None, "")))
    usual = float(max(data[["value", "high_80"]].max().max(), goal[0] or 0.0))
    # The widest band is shown whole, unless it would flatten all the rest: it then leaves the top of the figure.
    high = max(usual, min(float(data["high_95"].max()), 1.5 * usual)) if data["high_95"].notna().any() else usual
    first, last = int(data["year"].min()), int(data["year"].max())
    plot = begin(data, picture, look, 2.35)
    for level, alpha in ((95, 0.12), (80, 0.16), (50, 0.22)):
        band = fan.dropna(subset=[f"low_{level}", f"high_{level}"])
        if len(band):
            plot += geom_ribbon(
                aes("year", ymin=f"low_{level}", ymax=f"high_{level}"), data=band, fill=look.series[5], alpha=alpha
            )
    if goal[0] is not None:
        plot += geom_hline(yintercept=goal[0], linetype="dashed", color=look.state_bad, size=0.5)
        plot += annotate(
            "text",
            x=first,
            y=goal[0] + high * 0.02,
            label=goal[1],
            ha="left",
            va="bottom",
            size=9,
            color=look.state_bad,
        )
    ends = []
    for kind, (colour, dash) in kinds.items():
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
                "series": wrapped(labels[kind], 12) if kind == "forecast" else labels[kind],
                "colour": colour,
            }
        )
    level, before = 0, first - 9
    for year, label in cast(list[tuple[int, str]], picture.options.get("breaks", [])):
        if first < year <= last:
            level = (level + 1) % 3 if year - before < (last - first) * 0.14 else 0
            before = year
            plot += geom_vline(xintercept=year - 0.5, linetype="dotted", color=look.figure_soft, size=0.5)
            plot += annotate(
                "text",
                x=year - 0.4,
                y=high * (1.1 - 0.065 * level),
                label=wrapped(label, 24),
                ha="left",
                va="top",
                size=8.5,
                color=look.figure_soft,
            )
    # The measured line ends where the fan opens: its label stands at its beginning, below it where there is room.
    measured = data[data["kind"] == "observed"].dropna(subset=["value"]).sort_values("year")
    last_measured = next((end for end in ends if end["series"] == labels["observed"]), None)
    if last_measured is not None:
        beginning = measured[measured["year"] <= first + (last - first) * 0.35]["value"]
        under = float(beginning.min()) > high * 0.16
        plot += annotate(
            "text",
            x=float(measured["year"].iloc[0]),
            y=float(beginning.min()) - high * 0.05 if under else float(beginning.max()) + high * 0.06,
            label=labels["observed"],
            ha="left",
            va="top" if under else "bottom",
            size=9,
            color=legible(str(last_measured["colour"]), look.paper),
        )
    for end in ends:  # the path ends on the line of the target: its label stands above it
        if goal[0] is not None and end["series"] == labels["path"]:
            end["value"] = float(str(end["value"])) + high * 0.05
        elif goal[0] is not None and abs(float(str(end["value"])) - goal[0]) < high * 0.1:
            below = float(str(end["value"])) <= goal[0]
            end["value"] = goal[0] + high * (-0.1 if below else 0.1)
    placed = direct_labels(pd.DataFrame([end for end in ends if end is not last_measured]), high, False, 0.08)
    plot = (
        plot
        + geom_text(
            aes("x", "y", label="series", color="colour"), data=words_of(placed, look), ha="left", va="center", size=9
        )
        + scale_color_identity()
        + scale_x_continuous(
            limits=(first - 0.3, last + (last - first) * 0.28),
            breaks=year_ticks(first, last, 6),
            labels=lambda years: [str(round(year)) for year in years],
        )
        + scale_y_continuous(labels=axis_labels(unit, picture.lang))
        + coord_cartesian(ylim=(0, high * 1.12))
    )
    return svg(plot, picture, look)
