"""The page of all figures: a list of indicators that needs no script, and a search over every figure that does.

The search reads `explorer-data.js`, which the explorer's page has already: every value, once.
"""

from __future__ import annotations

from importlib.resources import files

from pipelines.kernel.figure_address import indicator_page
from pipelines.publish.explorer.words import UNITS
from pipelines.publish.figures.common import two
from pipelines.publish.numbers import number
from pipelines.publish.shelf import Shelf
from pipelines.publish.tables.quality import ORIGINS
from pipelines.publish.tables.shape import Table

ASSETS = ("all-figures.js", "all-figures.css")

BLOCK = """```{{=html}}
<link rel="stylesheet" href="_generated/all-figures.css">
<noscript><p class="source-note">{without}</p></noscript>
<div class="all-figures" id="all-figures"></div>
<script src="_generated/explorer-data.js" defer></script>
<script src="_generated/all-figures.js" defer></script>
```
"""


def screen(shelf: Shelf) -> dict[str, str]:
    """Return file name → text of what the page includes and loads, all of it below `_generated/`."""
    made = {name: files(__package__).joinpath(name).read_text(encoding="utf-8") for name in ASSETS}
    without = two(
        shelf,
        "La recherche a besoin de JavaScript, éteint dans votre navigateur : la liste ci-dessous mène à tout chiffre.",
        "The search needs JavaScript, which is off in your browser: the list below leads to all figures.",
    )
    made["all-figures.md"] = BLOCK.format(without=without.replace(" :", "\u00a0:"))
    return made


def indicators(shelf: Shelf) -> Table:
    """Every indicator with a link to its page, its unit, origin, years and number of published figures."""
    rows = []
    for code, item in shelf.indicators.items():
        found = [row for scope in shelf.scopes(code) for row in shelf.series(code, scope)]
        years = sorted({int(row["year"]) for row in found})
        span = "" if not years else str(years[0]) if len(years) == 1 else f"{years[0]}\u2013{years[-1]}"
        origins = sorted({str(row["origin"]) for row in found})
        rows.append(
            (
                f"[{item.label}](/{indicator_page(code)})",
                f"`{code}`",
                UNITS.get(item.unit, (item.unit,) * 2)[shelf.lang == "en"],
                ", ".join(ORIGINS[origin][shelf.lang == "en"] for origin in origins)
                or two(shelf, "non mesuré", "not measured"),
                span,
                number(len(found), shelf.lang),
            )
        )
    counted = two(shelf, "Chiffres", "Figures")
    origin = two(shelf, "Origine", "Origin")
    return Table(
        name="addresses",
        caption=two(shelf, "Les indicateurs et leurs chiffres", "The indicators and their figures"),
        heading=(
            two(shelf, "Indicateur", "Indicator"), "Code", two(shelf, "Unité", "Unit"), origin,
            two(shelf, "Années", "Years"), counted,
        ),
        rows=tuple(rows),
        right=(counted,),
        widths=(38, 18, 12, 12, 11, 9),
        lang=shelf.lang,
        filters=(origin,),
    )  # fmt: skip
