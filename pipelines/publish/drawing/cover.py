"""Which cell of site and year has what, a panel a domain: a mark in each cell, hatches on simulated ones."""

from __future__ import annotations

from functools import partial
from typing import Any, cast

import pandas as pd
from matplotlib.colors import to_hex
from plotnine import (
    aes,
    element_blank,
    element_text,
    facet_wrap,
    geom_text,
    geom_tile,
    scale_color_identity,
    scale_fill_identity,
    scale_x_continuous,
    scale_y_continuous,
    theme,
)

from pipelines.kernel.colours import Colours
from pipelines.publish.drawing.frame import begin, frame_of
from pipelines.publish.drawing.grids import span
from pipelines.publish.picture import Picture
from pipelines.publish.style import svg


def cover(picture: Picture, look: Colours) -> str:
    """Draw the grids. Data: `domain, site, year, state (or None), text`. Options: `domains, sites` (their orders)."""
    data = frame_of(picture)
    sites = cast(list[str], picture.options["sites"])
    domains = cast(list[str], picture.options["domains"])
    years = sorted(set(data["year"]))
    data["x"] = data["year"] - years[0]
    data["y"] = data["site"].map({name: len(sites) - 1 - place for place, name in enumerate(sites)})
    fills = {"observed": look.cell_observed, "simulated": look.cell_simulated, "withheld": look.cell_withheld}
    data["fill"] = data["state"].map(lambda state: fills.get(state, look.figure_empty))
    data["ink"] = data["state"].map(lambda state: look.paper if state == "observed" else look.figure_ink)
    data["domain"] = pd.Categorical(data["domain"], domains)
    every = max(1, -(-len(years) // 10))
    ticks = [place for place in range(len(years)) if (len(years) - 1 - place) % every == 0]
    plot = (
        begin(data, picture, look, len(domains) * (0.132 * len(sites) + 0.3) + 0.1)
        # each kind of cell is a layer of its own, so that one of them can be hatched
        + geom_tile(aes("x", "y", fill="fill"), data=data[data["state"] != "simulated"], color=look.paper, size=0.5)
        + geom_tile(aes("x", "y", fill="fill"), data=data[data["state"] == "simulated"], color=look.paper, size=0.5)
        + geom_text(aes("x", "y", label="text", color="ink"), size=6.5, va="center_baseline")
        + facet_wrap("domain", ncol=1)
        + scale_fill_identity()
        + scale_color_identity()
        + scale_x_continuous(
            breaks=ticks,
            labels=[str(years[place]) for place in ticks],
            limits=span([str(y) for y in years]),
            expand=(0, 0),
        )
        + scale_y_continuous(
            breaks=list(range(len(sites))), labels=list(reversed(sites)), limits=span(sites), expand=(0, 0)
        )
        + theme(
            panel_grid_major=element_blank(),
            plot_subtitle=element_text(margin={"b": 14, "units": "pt"}),
            axis_text_x=element_text(size=8.5),
            axis_text_y=element_text(ha="right", color=look.figure_ink, size=8),
        )
    )
    return svg(plot, picture, look, partial(_hatch, fill=look.cell_simulated.lower()))


def _hatch(drawn: Any, fill: str) -> None:
    """Hatch the cells of simulated figures, found by their `fill`, in small letters."""
    for axis in drawn.get_axes():
        for collection in axis.collections:
            faces = collection.get_facecolor()
            if len(faces) and to_hex(faces[0]) == fill:
                collection.set_hatch("/////")
