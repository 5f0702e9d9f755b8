"""What the page of the explorer includes: an empty block that the script fills, and what to do without a script."""

from __future__ import annotations

from importlib.resources import files

from pipelines.publish.explorer.data import data_script
from pipelines.publish.shelf import Shelf

ASSETS = ("explorer.js", "explorer.css")

WITHOUT = {
    "fr": "Cette page a besoin de JavaScript, qui est éteint dans votre navigateur. Les mêmes valeurs se "
    "téléchargent\u00a0: "
    '<a href="data/pub_values.csv">toutes les valeurs (CSV)</a>, '
    '<a href="data/pub_paths.csv">trajectoires et prévisions (CSV)</a>.',
    "en": "This page needs JavaScript, which is off in your browser. The same values can be downloaded: "
    '<a href="data/pub_values.csv">all values (CSV)</a>, <a href="data/pub_paths.csv">paths and forecasts (CSV)</a>.',
}


def screen(shelf: Shelf) -> dict[str, str]:
    """Return file name → text of what the page includes and loads, the library left out: it is made apart."""
    made = {name: files(__package__).joinpath(name).read_text(encoding="utf-8") for name in ASSETS}
    made["explorer-data.js"] = data_script(shelf)
    made["explorer.md"] = f"```{{=html}}\n{markup(shelf.lang)}\n```\n"
    return made


def markup(lang: str) -> str:
    """Return the block and the addresses of what it loads, all of it below `_generated/`."""
    return f"""<link rel="stylesheet" href="_generated/explorer.css">
<noscript><p class="explorer-without">{WITHOUT[lang]}</p></noscript>
<div class="explorer" id="explorer"></div>
<script src="_generated/explorer-data.js" defer></script>
<script src="_generated/explorer-chart.js" defer></script>
<script src="_generated/explorer.js" defer></script>"""
