"""Consolidate: staging tables become marts, by the SQL files of `sql/marts/`, in the order their queries ask for."""

from __future__ import annotations

from pipelines.kernel.project import Project, Settings
from pipelines.kernel.report import StageReport


def run(project: Project, settings: Settings) -> StageReport:
    """Make every mart that is out of date; leave the others, remove those whose SQL file is gone.

    Raises `BadInput`, naming file and line, on broken SQL, a circle, an unknown table or column, a false grain.
    """
    from pipelines.consolidate.marts import make_marts

    return make_marts(project, settings)
