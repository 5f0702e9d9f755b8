"""Where a target stands: a small state machine over what was observed, what was promised, and the edition.

Three questions in this order decide: is there a figure, is the deadline past, was the goal reached (and kept)?
Whether a goal was met by its deadline is judged on the figure of the deadline year: a later one is never its proxy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipelines.kernel.targets import PathShape, StateCode
from pipelines.targets.paths import milestone
from pipelines.targets.rules import Point


@dataclass(frozen=True, slots=True)
class Aim:
    """A contract with its numbers in place. `base` is `None` when the commitment starts from nothing."""

    goal: float
    better: int
    deadline: int | None = None
    base: Point | None = None
    path: PathShape = "none"

    def meets(self, value: float) -> bool:
        """Say whether `value` meets the goal; equality does."""
        return self.better * (value - self.goal) >= 0

    def milestone(self, year: int) -> float | None:
        """Return the value on the path in `year`, or `None` where there is no path."""
        if self.base is None or self.deadline is None:
            return None
        return milestone(self.base, Point(self.deadline, self.goal), year, self.path)


def state_of(observed: Mapping[int, float], aim: Aim, edition: int) -> StateCode:
    """Return the state of a goal to be reached once, from year → value; years after `edition` are not looked at."""
    known = {year: value for year, value in observed.items() if year <= edition}
    if not known:
        return StateCode.NOT_MEASURABLE
    since = {year: value for year, value in known.items() if aim.base is None or year > aim.base.year}
    if not since:
        return StateCode.NOT_STARTED
    last = max(since)
    if aim.deadline is None or last < aim.deadline:
        if aim.deadline is not None and edition >= aim.deadline:
            return StateCode.AWAITED
        return _before(since, aim)
    return _after(since, aim, aim.deadline)


def state_of_every_year(kept: Mapping[int, bool], edition: int) -> StateCode:
    """Return the state of a promise to be kept in every year, from year → kept."""
    known = [is_kept for year, is_kept in kept.items() if year <= edition]
    if not known:
        return StateCode.NOT_MEASURABLE
    if all(known):
        return StateCode.MET
    return StateCode.PARTLY_MET if any(known) else StateCode.NOT_MET


def _before(since: Mapping[int, float], aim: Aim) -> StateCode:
    last = max(since)
    if aim.meets(since[last]):
        return StateCode.MET
    if any(aim.meets(value) for value in since.values()):
        return StateCode.MET_THEN_LOST
    expected = aim.milestone(last)
    if expected is None:
        return StateCode.NOT_MET
    return StateCode.ON_THE_WAY if aim.better * (since[last] - expected) >= 0 else StateCode.OFF_TRACK


def _after(since: Mapping[int, float], aim: Aim, deadline: int) -> StateCode:
    last = max(since)
    due = since.get(deadline)
    if due is None:
        return StateCode.NOT_MEASURABLE
    reached_in_time = any(aim.meets(value) for year, value in since.items() if year <= deadline)
    if aim.meets(due) and aim.meets(since[last]):
        return StateCode.MET
    if reached_in_time:
        return StateCode.MET_THEN_LOST
    return StateCode.MET_LATE if aim.meets(since[last]) else StateCode.MISSED
