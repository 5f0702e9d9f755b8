"""Figures that a page asks for by an indicator's code: an author adds one by its key, and nobody writes code.

`{{< include /_generated/fig-ind-mob-out.md >}}` draws MOB-OUT in the region, `fig-ind-mob-out-sites.md` a small panel a
site, `-establishments` and `-departements` likewise.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from pathlib import Path

from pipelines.kernel.problems import BadInput, Problem
from pipelines.publish.figures.common import two
from pipelines.publish.figures.series import by_scope, one_line
from pipelines.publish.picture import Absent, Picture
from pipelines.publish.shelf import Shelf

Maker = Callable[[Shelf], Picture | Absent]

KEY = re.compile(r"/_generated/fig-(ind-[a-z0-9-]+)\.md")
LEVELS = {"sites": "site", "establishments": "establishment", "departements": "departement"}
"""How a key ends → the level of the panels."""


def asked_figures(shelf: Shelf, pages: Iterable[Path]) -> dict[str, Maker]:
    """Return name → maker for every figure that the pages ask for by an indicator's code, sorted by name.

    Raises `BadInput`, one problem per page and key, when no indicator has this code.
    """
    slugs = {code.lower(): code for code in shelf.indicators}
    makers: dict[str, Maker] = {}
    problems: list[Problem] = []
    for page in sorted(pages):
        for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1):
            for name in KEY.findall(line):
                stem, _, end = name.removeprefix("ind-").rpartition("-")
                slug, level = (stem, LEVELS[end]) if end in LEVELS else (name.removeprefix("ind-"), "region")
                if slug in slugs:
                    makers[name] = _maker(name, slugs[slug], level)
                    continue
                close = get_close_matches(slug, slugs, n=1)
                nearest = f"The closest is fig-ind-{close[0]}. " if close else ""
                mend = f"{nearest}`observatoire indicators` lists the codes; write them in lower case."
                problems.append(Problem(shelf.project.shown(page), "No indicator has this code", mend, row=number,
                                        value=f"fig-{name}"))  # fmt: skip
    if problems:
        raise BadInput(problems)
    return dict(sorted(makers.items()))


def _maker(name: str, code: str, level: str) -> Maker:
    def make(shelf: Shelf) -> Picture | Absent:
        label = shelf.indicators[code].label
        if level == "region":
            return one_line(
                shelf, name, code, shelf.whole, short=label, subtitle=label, perimeter=shelf.place(shelf.whole)
            )
        perimeter = two(shelf, "chaque lieu pour lui-même", "each place for itself")
        return by_scope(shelf, name, code, level, short=label, subtitle=label, perimeter=perimeter)

    return make
