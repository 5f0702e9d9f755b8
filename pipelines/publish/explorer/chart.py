"""The explorer's chart: a Vega-Lite specification compiled here, drawn in the browser by Vega alone.

Compiled at build time, it spares the reader Vega-Lite and Vega-Embed: 587 kB of script in place of 898 kB. The
specification is written as it is, without Altair: a chart whose data come in the browser gains nothing from it.
"""

from __future__ import annotations

import json
from typing import Any

from pipelines.kernel.colours import Colours

VEGA_LITE = "6.4"

SNIPPET = """
import {{ View, parse, defaultLocale }} from "/npm/vega@{vega}/+esm";
import {{ expressionInterpreter }} from "/npm/vega-interpreter@2.0.0/+esm";
window.explorerVega = {{ View, parse, defaultLocale, expressionInterpreter }};
"""
"""What the bundle keeps. The names are those of the modules inside the package: nothing is fetched.

The package's own default export of Vega is empty unless Vega-Embed comes with it. With the interpreter no expression
is compiled in the browser, so that a policy without `unsafe-eval` holds.
"""

SOURCES = ("bands", "breaks", "future", "lines", "paths", "points", "hidden", "labels")
"""The data sets that the browser fills; `explorer.js` makes their rows."""

Spec = dict[str, Any]


def specification(look: Colours) -> Spec:
    """Return the Vega-Lite chart: years across, one indicator up, one colour and shape a place.

    Parameters: `x_low`, `x_high`, `y_low`, `y_high` the domains, `tick_format` the d3 format of the axis.
    """
    x: Spec = {"field": "year", "type": "quantitative"}
    y: Spec = {"field": "value", "type": "quantitative"}
    colour: Spec = {"field": "colour", "type": "nominal", "scale": None}
    by_run: Spec = {"field": "run", "type": "nominal"}
    axis_x: Spec = {
        "scale": {"zero": False, "nice": False, "domainMin": {"expr": "x_low"}, "domainMax": {"expr": "x_high"}},
        "axis": {
            "format": "d",
            "tickMinStep": 1,
            "tickCount": {"expr": "max(2, floor(width / 48))"},
            "title": None,
            "grid": False,
            "labelFlush": False,
        },
    }
    axis_y: Spec = {
        "scale": {"zero": False, "nice": False, "domainMin": {"expr": "y_low"}, "domainMax": {"expr": "y_high"}},
        "axis": {"title": None, "labelExpr": "format(datum.value, tick_format)", "tickCount": 6},
    }
    low_high: Spec = {"y": {"field": "low", "type": "quantitative"}, "y2": {"field": "high"}}

    def layer(source: str, mark: Spec, encoding: Spec) -> Spec:
        return {"data": {"name": source}, "mark": {**mark, "aria": False}, "encoding": encoding}  # the table is read

    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": 480,
        "height": 320,
        "padding": 0,
        "autosize": "none",
        "background": "transparent",
        "params": [
            {"name": "x_low", "value": 2008},
            {"name": "x_high", "value": 2024},
            {"name": "y_low", "value": 0},
            {"name": "y_high", "value": 1},
            {"name": "tick_format", "value": ",.0f"},
        ],
        "datasets": {name: [] for name in SOURCES},
        "layer": [
            layer(
                "bands",
                {"type": "area", "opacity": 0.16},
                {"x": {**x, **axis_x}, **low_high, "color": colour, "detail": by_run},
            ),
            layer(
                "future",
                {"type": "area", "opacity": 0.12},
                {"x": x, **low_high, "color": colour, "detail": by_run},
            ),
            layer("breaks", {"type": "rule", "color": look.figure_soft, "strokeDash": [2, 3]}, {"x": x}),
            layer(
                "breaks",
                {"type": "text", "align": "left", "dx": 3, "baseline": "top", "fontSize": 10.5,
                 "color": look.figure_soft},
                {"x": x, "y": {"field": "row", "type": "quantitative", "scale": None}, "text": {"field": "word"}},
            ),
            layer(
                "paths",
                {"type": "line", "strokeWidth": 1.4},
                {"x": x, "y": y, "color": colour, "detail": by_run,
                 "strokeDash": {"field": "dash", "type": "nominal", "scale": None}},
            ),
            layer(
                "lines",
                {"type": "line", "strokeWidth": 1.8},
                {"x": x, "y": {**y, **axis_y}, "color": colour, "detail": by_run,
                 "strokeDash": {"field": "dash", "type": "nominal", "scale": None}},
            ),
            layer(
                "points",
                {"type": "point", "size": 34, "strokeWidth": 1.4, "opacity": 1},
                {"x": x, "y": y, "color": colour,
                 "fill": {"field": "fill", "type": "nominal", "scale": None},
                 "shape": {"field": "shape", "type": "nominal", "scale": None},
                 "tooltip": {"field": "told", "type": "nominal"}},
            ),
            layer(
                "hidden",
                {"type": "text", "fontSize": 11, "fontStyle": "italic", "color": look.figure_soft},
                {"x": x, "y": {"value": {"expr": "height - 7"}}, "text": {"value": "c"},
                 "tooltip": {"field": "told", "type": "nominal"}},
            ),
            layer(
                "labels",
                {"type": "text", "align": "left", "baseline": "middle", "fontSize": 11.5},
                {"x": {"value": {"expr": "width + 10"}}, "y": y, "text": {"field": "label"}, "color": colour},
            ),
        ],
        "config": {
            "font": "system-ui, sans-serif",
            "view": {"stroke": None},
            "axis": {
                "labelColor": look.figure_soft,
                "labelFontSize": 11.5,
                "domainColor": look.figure_rule,
                "tickColor": look.figure_rule,
                "gridColor": look.figure_rule,
                "titleColor": look.figure_ink,
            },
        },
    }  # fmt: skip


def chart_script(look: Colours) -> str:
    """Return the script that sets `window.explorerVega` (what is needed of Vega) and `window.explorerChart`.

    Made in about two seconds, so only when something it depends on changed. The same versions give the same bytes.
    """
    import vl_convert

    compiled = vl_convert.vegalite_to_vega(specification(look), vl_version=VEGA_LITE)
    text = json.dumps(compiled, separators=(",", ":"), sort_keys=True)
    library = vl_convert.javascript_bundle(SNIPPET.format(vega=vl_convert.get_vega_version()), vl_version=VEGA_LITE)
    return f"(function(){{\n{library}\n}})();\nwindow.explorerChart={text};\n"
