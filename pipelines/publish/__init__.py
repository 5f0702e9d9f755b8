"""Publish: from protected tables to what pages include and readers download."""

from __future__ import annotations

from pipelines.kernel.project import Project, Settings
from pipelines.kernel.report import StageReport

__all__ = ["run"]


def run(project: Project, settings: Settings) -> StageReport:
    """Make figures, tables, variables, references, sheets and `build/data/`.

    Raises `BadInput` on a page that names a variable which nothing defines, and on a missing template.
    """
    from pipelines.publish.stage import publish

    return publish(project, settings)
