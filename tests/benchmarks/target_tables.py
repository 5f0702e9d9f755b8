"""The tables of the benchmark of targets, in Markdown, from forecasts that have been scored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import target_scores as scores
from numpy.typing import NDArray

Array = NDArray[np.float64]

ENOUGH = 200
"""Cases a bin of the reliability table needs to be shown."""


@dataclass(frozen=True)
class Scored:
    """What one method said of one set: `said` (S, 4, 7) of `met`; `found` (S, 6, 5) quantiles of `later`, if any."""

    title: str
    said: Array
    met: NDArray[np.bool_]
    found: Array | None = None
    known: Sequence[Array] = ()
    later: Array | None = None

    @property
    def brier(self) -> float:
        """The mean Brier score."""
        return float(scores.brier(self.said, self.met).mean())

    @property
    def points(self) -> dict[str, float]:
        """The scores of medians and intervals."""
        low, first, middle, ninth, high = np.moveaxis(self.found, -1, 0)
        scale = scores.scales(self.known)
        return {
            "smape": scores.smape(middle, self.later),
            "mase": scores.mase(middle, self.later, scale),
            "owa": scores.owa(middle, self.later, scale),
            "msis": scores.msis(low, high, self.later, scale),
            "inner": float(scores.coverage(first, ninth, self.later).mean()),
            "outer": float(scores.coverage(low, high, self.later).mean()),
        }

    @property
    def bins(self) -> list[tuple[float, float, float, float, int]]:
        """The bins above 0.6 with cases enough."""
        return [row for row in scores.reliability(self.said, self.met) if row[0] > 0.55 and row[4] >= ENOUGH]

    @property
    def worst_gap(self) -> float:
        """The largest distance between what was said and what was seen in those bins."""
        return max(abs(mean - seen) for _, _, mean, seen, _ in self.bins)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table, numbers to the right."""
    lines = ["| " + " | ".join(head) + " |", "|---" + "|--:" * (len(head) - 1) + "|"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def hits(rows: Sequence[Scored]) -> str:
    """Return the table of hits and misses; intervals by bootstrap over series."""
    lines = []
    for row in rows:
        low, high = scores.bootstrap(scores.brier(row.said, row.met))
        reliability, resolution, _ = scores.murphy(row.said, row.met)
        three = (reliability, resolution, scores.auc(row.said, row.met))
        head = [row.title, f"{row.brier:.4f}", f"{low:.4f} to {high:.4f}", f"{scores.log_score(row.said, row.met):.4f}"]
        lines.append([*head, *(f"{one:.4f}" for one in three)])
    return table(["", "Brier", "95 % interval", "log score", "reliability", "resolution", "AUC"], lines)


def reliability(rows: Sequence[Scored]) -> str:
    """Return the table of reliability above 0.6."""
    lines = []
    for row in rows:
        for low, high, mean, seen, cases in row.bins:
            least, most = scores.gap_interval(row.said, row.met, low)
            figures = [
                f"{mean:.3f}",
                f"{seen:.3f}",
                f"{mean - seen:+.3f}",
                f"{least:+.3f} to {most:+.3f}",
                f"{cases:,}",
            ]
            lines.append([row.title, f"{low:.1f} and {high:.1f}", *figures])
    return table(["", "said between", "mean said", "seen", "gap", "its 95 % interval", "cases"], lines)


def points(rows: Sequence[Scored]) -> str:
    """Return the table of points and intervals."""
    lines = []
    for row in rows:
        found = row.points
        outer = scores.coverage(row.found[..., 0], row.found[..., 4], row.later)
        digits = {"smape": 3, "mase": 3, "owa": 4, "msis": 2, "inner": 3, "outer": 3}
        figures = [f"{found[name]:.{count}f}" for name, count in digits.items()]
        lines.append([row.title, *figures, " ".join(f"{one:.3f}" for one in outer)])
    head = ["", "sMAPE", "MASE", "OWA", "MSIS", "inside 80 %", "inside 95 %", "inside 95 %, by year ahead"]
    return table(head, lines)


def goals(full: Scored, eight: Scored, m4: Scored, milliseconds: float) -> str:
    """Return what was known, what was to be reached, and what is."""
    on_m3, on_m4 = full.points, m4.points
    lines = [
        ["M3, last 8 points, Brier", "0.1230", "0.120 or less", f"{eight.brier:.4f}"],
        ["M3, full length, Brier", "0.1172", "0.115 or less", f"{full.brier:.4f}"],
        ["M4, OWA", "0.774 (published: 0.778)", "0.770 or less", f"{on_m4['owa']:.4f}"],
        ["M4, MSIS of 95 %", "26.4 (published: 23.9)", "23.9 or less", f"{on_m4['msis']:.2f}"],
        ["M3, inside 80 and 95 %", "", "78 to 82, 94 to 96 %", f"{on_m3['inner']:.1%}, {on_m3['outer']:.1%}"],
        [
            "M3, last 8 points, inside 80 and 95 %",
            "",
            "78 to 82, 94 to 96 %",
            f"{eight.points['inner']:.1%}, {eight.points['outer']:.1%}",
        ],
        ["M4, inside 80 and 95 %", "80, 93 %", "78 to 82, 94 to 96 %", f"{on_m4['inner']:.1%}, {on_m4['outer']:.1%}"],
        ["M3, last 8 points, largest gap above 0.6", "0.09", "0.04 or less", f"{eight.worst_gap:.3f}"],
        ["milliseconds a series, median", "30", "5 or less", f"{milliseconds:.1f}"],
    ]
    return table(["", "known", "to reach", "reached"], lines)
