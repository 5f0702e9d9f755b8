"""The drawing of a lineage: one row a thing, from the figure down to the files, arcs at the left from each to its own.

Text in rows stays legible on a telephone, where boxes side by side do not; it is read by a screen reader as it stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

ROW = 18
LEFT = 66
"""Room left of the texts, which begin at 0, for the arcs."""

MARKS = -12
"""Where the marks stand."""

WIDTH = 320


@dataclass(frozen=True, slots=True)
class Row:
    """One thing of the drawing: its key, what is written, a smaller line below it; a heading has no key."""

    key: str
    text: str
    small: str = ""


def drawing(rows: Sequence[Row], edges: Iterable[tuple[str, str]], label: str, first: str = "@") -> str:
    """Return the SVG. `edges` go from what is made to what it is made from, by key; one to an absent row is left out.

    The text of the row whose key is `first` is left to the caller, as `@` by default: each figure puts its own name.
    """
    places: dict[str, int] = {}
    texts, y = [], 0
    for row in rows:
        y += ROW
        if not row.key:
            y += 5
            texts.append(f'<text class="h" y="{y}">{escape(row.text)}</text>')
            continue
        places[row.key] = y - 4
        said = row.text if row.key == first else escape(row.text)
        texts.append(f'<text y="{y}">{said}</text>')
        if row.small:
            y += ROW - 4
            texts.append(f'<text class="s" y="{y}">{escape(row.small)}</text>')
    arcs = ""
    for made, source in edges:
        if made in places and source in places:
            drop = places[source] - places[made]
            arcs += f"M{MARKS} {places[made]}q-{min(2 * (LEFT + MARKS), 20 + drop // 3)} {drop // 2} 0 {drop}"
    marks = "".join(f"M{MARKS} {place}h0" for place in places.values())
    return (
        f'<svg class="lineage" viewBox="-{LEFT} 0 {WIDTH} {y + 6}" role="group" aria-label="{escape(label)}">'
        f'<path d="{arcs}"/><path class="m" d="{marks}"/>{"".join(texts)}</svg>'
    )
