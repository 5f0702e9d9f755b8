"""The shape of a table: rows of text, ready to be written as Markdown and as CSV."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass

from pipelines.publish.numbers import SIMULATED
from pipelines.publish.tables.cells import for_machines

REFERENCE = re.compile(r"\s*\[-?@[\w:-]+\]")
"""A citation of the bibliography."""

MARKS = re.compile(r"`(?P<code>[^`]*)`|\[(?P<text>[^\]]*)\](?:\([^)]*\)|\{[^}]*\})")
"""What Markdown adds to a cell: code, a link, a span with a class."""


@dataclass(frozen=True)
class Table:
    """One table. `right` names the columns of numbers; `widths` gives the relative width of each column.

    `filters` names the columns a reader may choose values of, on screen.
    """

    name: str
    caption: str
    heading: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: tuple[str, ...] = ()
    widths: tuple[int, ...] = ()
    simulated: bool = False
    lang: str = "fr"
    filters: tuple[str, ...] = ()

    def markdown(self) -> str:
        """Return the table as a pipe table with its caption and identifier; a table without rows says so."""
        if not self.rows:
            nothing = "Aucune ligne pour cette édition." if self.lang == "fr" else "No row for this edition."
            rows: tuple[tuple[str, ...], ...] = ((nothing, *[""] * (len(self.heading) - 1)),)
        else:
            rows = self.rows
        widths = self.widths or (1,) * len(self.heading)
        scale = 100 / sum(widths)
        rule = "|".join(
            "-" * max(3, round(width * scale)) + (":" if column in self.right else "-")
            for column, width in zip(self.heading, widths, strict=True)
        )
        lines = [f"| {' | '.join(self.heading)} |", f"|{rule}|"]
        lines += [f"| {' | '.join(_cell(cell) for cell in row)} |" for row in rows]
        mention = f" ({SIMULATED[self.lang]})" if self.simulated else ""
        return "\n".join(lines) + f"\n\n: {self.caption}{mention} {{#tbl-{self.name}}}\n"

    def csv(self) -> str:
        """Return the table as CSV: the same cells, their Markdown taken off, numbers with a point and no spaces."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow([plain(heading) for heading in self.heading])
        writer.writerows([for_machines(plain(cell), self.lang) for cell in row] for row in self.rows)
        return out.getvalue()


def plain(text: str) -> str:
    """Return a cell without the Markdown of code, links and spans: ``[Tarbes](/sites/tarbes.qmd)`` is `Tarbes`."""
    return MARKS.sub(lambda found: found["code"] or found["text"] or "", REFERENCE.sub("", text))


def _cell(text: str) -> str:
    return " ".join(text.split("\n")).replace("|", "\\|") or "\u2013"
