"""The path from a base to a goal: the milestone of each year, the pace that is needed, the pace that was seen."""

from __future__ import annotations

from pipelines.kernel.targets import PathShape
from pipelines.targets.rules import Point, yearly_growth


def milestone(base: Point, goal: Point, year: int, shape: PathShape) -> float | None:
    """Return the value that lies on the path in `year`; the goal from the deadline on.

    `geometric` grows by the same share each year (400 to 800 in five years: 400, 459.5, 527.8, 606.3, 696.4, 800),
    `linear` by the same amount; with `none`, before the base year, or when a geometric path would need a value of zero
    or below, there is no milestone: `None`.
    """
    if shape == "none" or year < base.year:
        return None
    if year >= goal.year:
        return goal.value
    part = (year - base.year) / (goal.year - base.year)
    if shape == "linear":
        return base.value + (goal.value - base.value) * part
    if base.value <= 0 or goal.value <= 0:
        return None
    return float(base.value * (goal.value / base.value) ** part)


def pace(start: Point, end: Point, shape: PathShape) -> float | None:
    """Return the change a year from `start` to `end`: a share (0.1 for +10 %) when geometric, an amount when linear.

    `None` when there is no path, no time between the two, or no growth rate.
    """
    if shape == "none" or end.year <= start.year:
        return None
    if shape == "linear":
        return (end.value - start.value) / (end.year - start.year)
    if start.value <= 0 or end.value <= 0:
        return None
    return yearly_growth(start, end)
