"""What if: the same contract with another deadline, another level, or a pace that is assumed.

Nothing is written. A pace that is assumed moves the middle of the forecast and keeps its uncertainty in proportion: the
coming years may be better than the past ones, they are not surer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipelines.kernel.catalogue import Bilingual
from pipelines.kernel.targets import Target
from pipelines.targets.family import Family
from pipelines.targets.models import LEVELS, Ahead
from pipelines.targets.series import Outcome, Series
from pipelines.targets.tracker import follow

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

FURTHEST_REACH = 50
"""Years after which a pace that has not reached the goal is said not to reach it."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is supposed: growth a year from the latest value on (0.12 for 12 %), a deadline, a level."""

    growth: float | None = None
    deadline: int | None = None
    level: float | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The outcome under the question as the past goes, and what the pace that is assumed would change."""

    outcome: Outcome
    assumed_probability: float | None = None
    assumed_interval: tuple[float, float] | None = None
    reached_in: int | None = None


@dataclass(frozen=True)
class AssumedAhead:
    """A forecast moved so that its median grows by `growth` a year from `last_value`."""

    inner: Ahead
    last_value: float
    growth: float

    @property
    def last_year(self) -> int:
        """The last year seen."""
        return self.inner.last_year

    @property
    def until(self) -> int:
        """The last year ahead."""
        return self.inner.until

    def probability(self, target: float, better: int, year: int | None = None) -> float:
        """Return P(value of `year` meets `target`) under the assumption."""
        return self.inner.probability(target / self._factor(year), better, year)

    def median(self, year: int | None = None) -> float:
        """Return the assumed value of `year`."""
        return self.inner.median(year) * self._factor(year)

    def interval(self, level: float, year: int | None = None) -> tuple[float, float]:
        """Return the central interval of `level` per cent under the assumption."""
        low, high = self.inner.interval(level, year)
        return low * self._factor(year), high * self._factor(year)

    def draws(self, count: int, seed: int) -> Array:
        """Return possible paths under the assumption."""
        years = range(self.last_year + 1, self.until + 1)
        return np.asarray(self.inner.draws(count, seed) * np.array([self._factor(year) for year in years]))

    def _factor(self, year: int | None) -> float:
        at = self.until if year is None else year
        assumed = self.last_value * (1 + self.growth) ** (at - self.last_year)
        return assumed / max(self.inner.median(at), 1e-9)


def supposed(target: Target, question: Question) -> Target:
    """Return the contract with the deadline and the level of the question; a level set aside the base's multiple."""
    changes: dict[str, object] = {}
    if question.deadline is not None:
        changes["deadline"] = question.deadline
    if question.level is not None:
        changes |= {"form": "level", "level": question.level, "ratio": None}
    return target.model_copy(update=changes)


def ask(target: Target, family: Family, series: Series, edition: int, question: Question) -> Answer:
    """Return what the question changes for `series`, the whole of `family` or one of its parts."""
    contract = supposed(target, question)
    forecaster = family.forecaster(series.scope_code)
    outcome = follow(contract, series, edition, forecaster, look_back=False)
    if question.growth is None or outcome.probability is None or outcome.aim is None or contract.deadline is None:
        return Answer(outcome)
    known = series.until(edition).values
    inner = forecaster(edition, contract.deadline)
    if isinstance(inner, Bilingual):
        return Answer(outcome)
    ahead = AssumedAhead(inner, known[max(known)], question.growth)
    return Answer(
        outcome,
        ahead.probability(outcome.aim.goal, outcome.aim.better),
        ahead.interval(LEVELS[1]),
        reached_in(known, outcome.aim.goal, outcome.aim.better, question.growth),
    )


def reached_in(known: Mapping[int, float], goal: float, better: int, growth: float) -> int | None:
    """Return the first year in which the latest value, grown by `growth` a year, meets `goal`; `None` if none does."""
    last = max(known)
    value = known[last]
    for year in range(last, last + FURTHEST_REACH + 1):
        if better * (value - goal) >= -1e-9:
            return year
        value *= 1 + growth
    return None
