"""A place over the region: one small panel per share, both lines on the panel's own scale."""

from __future__ import annotations

from typing import cast

import pandas as pd
from plotnine import (
    aes,
    element_line,
    element_text,
    facet_wrap,
    geom_blank,
    geom_line,
    geom_point,
    geom_text,
    scale_color_identity,
    scale_linetype_identity,
    scale_size_identity,
    scale_x_continuous,
    scale_y_continuous,
    theme,
)

from pipelines.kernel.colours import Colours
from pipelines.publish.drawing.frame import begin, frame_of
from pipelines.publish.drawing.series import few_breaks, year_ticks
from pipelines.publish.numbers import axis_labels
from pipelines.publish.picture import Picture
from pipelines.publish.style import svg, wrapped

NAME_WIDTH = 16
NARROWEST = 0.2
"""Least height of an axis that does not begin at zero: twenty points of percentage."""

APART = 0.28
"""Least distance between the two values written at the end of a panel, as a fraction of its height."""


def beside(picture: Picture, look: Colours) -> str:
    """Draw small panels of shares: the place in colour with its points, the region in grey under it.

    Data: `year, facet, series, value, run, origin, label`; `label` is written at the end of a line. Options:
    `order [region, place], facets, from_zero (panels whose axis begins at 0), word_on, columns`.
    """
    options = picture.options
    facets = cast(list[str], options["facets"])
    columns = int(cast(int, options.get("columns", 3)))
    region, place = cast(list[str], options["order"])
    data = frame_of(picture)
    names = {facet: wrapped(facet, NAME_WIDTH) for facet in facets}
    data["facet"] = pd.Categorical(data["facet"].map(names), categories=list(names.values()), ordered=True)
    shown = data.dropna(subset=["value"]).copy()
    shown["value"] = shown["value"].astype(float)
    shown["colour"] = shown["series"].map({region: look.figure_grey, place: look.series[0]})
    shown["thick"] = shown["series"].map({region: 0.8, place: 1.0})
    shown["dash"] = shown["origin"].map(lambda origin: "dashed" if origin == "simulated" else "solid")
    joined = shown[shown.groupby("run")["run"].transform("size") > 1]
    first, last = int(shown["year"].min()), int(shown["year"].max())
    floors = corners(shown, names, options)
    two_lines = any("\n" in name for name in names.values())
    panels = -(-len(facets) // columns)
    plot = begin(shown, picture, look, (1.08 if two_lines else 0.96) * panels + 0.1)
    plot = (
        plot
        + geom_blank(aes("year", "value"), data=floors)
        + geom_line(aes("year", "value", group="run", color="colour", linetype="dash", size="thick"), data=joined)
        + geom_point(aes("year", "value"), data=shown[shown["series"] == region], color=look.figure_grey, size=0.5)
        + geom_point(aes("year", "value"), data=shown[shown["series"] == place], color=look.series[0], size=1.3)
        + geom_text(aes("x", "y", label="label", color="colour"), data=ends(shown, names, options), ha="left", size=8)
        + scale_color_identity()
        + scale_linetype_identity()
        + scale_size_identity()
        + scale_x_continuous(
            limits=(first - 0.3, last + (last - first) * 0.56),
            breaks=year_ticks(first, last, 3),
            labels=lambda years: [str(round(year)) for year in years],
        )
        + scale_y_continuous(labels=axis_labels("share", picture.lang), breaks=few_breaks, expand=(0.04, 0, 0.16, 0))
        + facet_wrap("facet", ncol=columns, scales="free_y")
        + theme(
            axis_ticks_major_x=element_line(color=look.figure_rule),
            axis_text=element_text(size=8, color=look.figure_soft),
            strip_text=element_text(size=8.5, linespacing=1.1, weight="bold", ha="left"),
        )
    )
    return svg(plot, picture, look)


def corners(shown: pd.DataFrame, names: dict[str, str], options: dict[str, object]) -> pd.DataFrame:
    """Return invisible points that open each panel's axis: down to zero, or wide enough not to magnify small moves."""
    from_zero = {names[facet] for facet in cast(list[str], options.get("from_zero", []))}
    points = []
    for facet, panel in shown.groupby("facet", sort=True, observed=True):
        low, high, year = float(panel["value"].min()), float(panel["value"].max()), int(panel["year"].max())
        middle = (low + high) / 2
        around = [0.0] if facet in from_zero else [middle - NARROWEST / 2, min(middle + NARROWEST / 2, 1.0)]
        points += [{"facet": facet, "year": year, "value": value} for value in around]
    found = pd.DataFrame(points)
    found["facet"] = pd.Categorical(found["facet"], categories=list(names.values()), ordered=True)
    return found


def ends(shown: pd.DataFrame, names: dict[str, str], options: dict[str, object]) -> pd.DataFrame:
    """Return the last value of each line in each panel, the two pushed apart where they would touch."""
    from_zero = {names[facet] for facet in cast(list[str], options.get("from_zero", []))}
    shift = 0.03 * max(float(shown["year"].max() - shown["year"].min()), 1.0)
    placed = []
    for facet, panel in shown.groupby("facet", sort=True, observed=True):
        low, high = float(panel["value"].min()), float(panel["value"].max())
        span = high if facet in from_zero else max(high - low, NARROWEST)
        last = panel.sort_values(["series", "year"]).groupby("series", sort=True).tail(1).sort_values("value").copy()
        last["x"] = last["year"] + shift
        last["y"] = last["value"]
        least = APART * (span or 1.0)
        if len(last) == 2 and (gap := float(last["y"].iloc[1] - last["y"].iloc[0])) < least:
            last["y"] = last["y"] + [-(least - gap) / 2, (least - gap) / 2]
        placed.append(last)
    return pd.concat(placed)
