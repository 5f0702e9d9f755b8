"""What is followed, and what is said of it: a series with its breaks, the points of its picture, the outcome."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from pipelines.kernel.catalogue import Bilingual
from pipelines.kernel.reference import Break
from pipelines.kernel.targets import StateCode
from pipelines.targets.breaks import comparable_since, documented_steps, fitted_since, prevented_years
from pipelines.targets.engine.reference import ReferenceClass
from pipelines.targets.rules import Badge, Verdict
from pipelines.targets.states import Aim

SMALL = 30.0
"""Mean count of the last five usable years below which a count is forecast as one."""


@dataclass(frozen=True, slots=True)
class Series:
    """Year → value of one indicator on one scope, with the breaks it goes through.

    `counted` is year → (so many, of so many) for a share whose counts are known; `is_count` says that values are whole
    numbers of things.
    """

    scope_level: str
    scope_code: str
    values: Mapping[int, float]
    origin: str = "declared"
    breaks: tuple[Break, ...] = ()
    is_share: bool = False
    is_count: bool = False
    counted: Mapping[int, tuple[float, float]] = field(default_factory=dict)

    def until(self, year: int) -> Series:
        """Return the series as it was known in `year`."""
        known = {when: value for when, value in self.values.items() if when <= year}
        return replace(self, values=known)

    @property
    def fit_years(self) -> dict[int, float]:
        """The values a forecast may use: since the last break it may not cross, prevented years left out."""
        if not self.values:
            return {}
        last = max(self.values)
        since = (fitted_since if self.knows_steps else comparable_since)(self.breaks, last)
        prevented = prevented_years(self.breaks)
        return {
            year: value
            for year, value in self.values.items()
            if (since is None or year >= since) and year not in prevented
        }

    @property
    def knows_steps(self) -> bool:
        """Say whether its model can fit a documented change of level: counts, and shares whose counts are known."""
        return self.is_count or (self.is_share and all(year in self.counted for year in self.values))

    @property
    def steps(self) -> tuple[int, ...]:
        """First years after a documented change of level, within the years that are fitted."""
        usable = self.fit_years
        if not usable or not self.knows_steps:
            return ()
        return tuple(year for year in documented_steps(self.breaks, max(usable)) if min(usable) < year)

    @property
    def is_small(self) -> bool:
        """Say whether it counts so few that chance is as large as what it measures."""
        usable = self.fit_years
        recent = [usable[year] for year in sorted(usable)[-5:]]
        return self.is_count and bool(recent) and sum(recent) / len(recent) < SMALL


@dataclass(frozen=True, slots=True)
class PathPoint:
    """One point of the picture: an observation, the path, or a forecast with its intervals by width in per cent."""

    year: int
    kind: str
    value: float
    intervals: Mapping[int, tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PastView:
    """What the edition of `as_of_year` would have said, badges included, and what happened (`None`: not known)."""

    as_of_year: int
    probability: float | None
    outcome_met: bool | None
    points: int
    badges: Mapping[str, Badge] = field(default_factory=dict)

    @property
    def brier(self) -> float | None:
        """The Brier score of this view: 0 for a sure and right one, 1 for a sure and wrong one."""
        if self.probability is None or self.outcome_met is None:
            return None
        return (self.probability - float(self.outcome_met)) ** 2


@dataclass(frozen=True, slots=True)
class Insight:
    """What helps to judge a verdict: how far it hangs on the base, and how usual the pace that is still needed is.

    `flip_low` and `flip_high`: relative change of the base (-0.05 for 5 % less) from which the state would be another
    one, `None` when none within half of it is. `pace_kept` of `pace_known` past yearly changes were at the pace needed.
    """

    flip_low: float | None = None
    flip_high: float | None = None
    pace_kept: int | None = None
    pace_known: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """Everything said of one target on one scope.

    `late` is told once a deadline has passed unmet: a later year, and the chance that its value meets the goal.
    """

    state: StateCode
    series: Series
    aim: Aim | None = None
    base_series_value: float | None = None
    verdict: Verdict = field(default_factory=Verdict)
    badges: Mapping[str, Badge] = field(default_factory=dict)
    pace_needed: float | None = None
    pace_observed: float | None = None
    probability: float | None = None
    no_probability: Bilingual | None = None
    model: str | None = None
    reference: ReferenceClass | None = None
    late: tuple[int, float] | None = None
    at_deadline: Mapping[int, tuple[float, float]] = field(default_factory=dict)
    coverage: tuple[int, int] | None = None
    insight: Insight = field(default_factory=Insight)
    reason: Bilingual | None = None
    path: tuple[PathPoint, ...] = ()
    history: tuple[PastView, ...] = ()


def worst_origin(origins: Iterable[str]) -> str:
    """Return the origin that what is made of several must bear: simulated before declared before observed."""
    found = set(origins)
    return next((origin for origin in ("simulated", "declared", "observed") if origin in found), "declared")
