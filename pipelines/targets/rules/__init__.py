"""Official rules of progress towards a target, as pure functions: one module a family, and `badges` that lists them."""

from pipelines.targets.rules.european import LABELS, Verdict, eurostat, eurostat_without_target
from pipelines.targets.rules.points import Badge, Point, yearly_growth

__all__ = ["LABELS", "Badge", "Point", "Verdict", "eurostat", "eurostat_without_target", "yearly_growth"]
