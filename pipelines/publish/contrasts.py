"""Sentences that set a site beside the region: only a gap that chance would hardly give is called one.

Pure functions of numbers to text, as in `phrases`; the words of each measure come from the caller.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.publish.numbers import SIMULATED, enumeration

LEAST = 0.01
"""A gap under one point of percentage is never a finding."""

CLEAR = 1.96
"""Standard errors from which a gap is called one: chance alone gives as much one time in twenty."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A share at a site and in the region in one year.

    `words`: what there is more or less of, after "plus" and "more" (`("de boursiers", "scholarship holders")`).
    `persons`: the denominator at the site; `low`, `high`: its published 95 % interval, for a survey.
    """

    words: tuple[str, str]
    here: float
    region: float
    persons: float | None = None
    low: float | None = None
    high: float | None = None
    simulated: bool = False

    def errors(self) -> float:
        """Return how many standard errors the site lies above the region; 0 when nothing tells its precision."""
        if self.low is not None and self.high is not None and self.high > self.low:
            return (self.here - self.region) / ((self.high - self.low) / (2 * CLEAR))
        spread = self.region * (1 - self.region)
        if not self.persons or spread <= 0:
            return 0.0
        return (self.here - self.region) / math.sqrt(spread / self.persons)

    def is_clear(self) -> bool:
        """Say whether the gap is both large enough to matter and larger than chance."""
        return abs(self.here - self.region) >= LEAST and abs(self.errors()) >= CLEAR


def gap_title(place: str, gaps: Sequence[Gap], lang: str) -> str:
    """Return what sets a site apart: `Tarbes : plus de boursiers que la région, moins de mobilité`.

    One gap on each side is told, or two when all lie on one side: observed ones first, then the clearest.
    """
    clear = sorted(
        (gap for gap in gaps if gap.is_clear()), key=lambda gap: (gap.simulated, -abs(gap.errors()), gap.words)
    )
    colon = "\u00a0:" if lang == "fr" else ":"
    if not clear:
        return place + (
            f"{colon} aucun écart net avec la région" if lang == "fr" else f"{colon} no clear gap from the region"
        )
    more = [_told(gap, lang) for gap in clear if gap.here > gap.region]
    less = [f"{_less(gap, lang)} {_told(gap, lang)}" for gap in clear if gap.here < gap.region]
    plus = "plus" if lang == "fr" else "more"
    than = "que la région" if lang == "fr" else "than the region"
    if more and less:
        return f"{place}{colon} {plus} {more[0]} {than}, {less[0]}"
    told = [f"{plus} {item}" for item in more] or less
    return f"{place}{colon} {enumeration(told[:2], lang)} {than}"


def _less(gap: Gap, lang: str) -> str:
    """Return "moins"; in English "fewer" before what is counted, a plural, and "less" before the rest."""
    if lang == "fr":
        return "moins"
    return "fewer" if gap.words[1].split(" among ")[0].endswith("s") else "less"


def _told(gap: Gap, lang: str) -> str:
    return gap.words[lang == "en"] + (f" ({SIMULATED[lang]})" if gap.simulated else "")
