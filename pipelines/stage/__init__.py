"""Stage: raw bytes become typed, named, faithful tables in `data/staging/`; no judgement."""

from __future__ import annotations

from pipelines.kernel.project import Project, Settings
from pipelines.kernel.report import StageReport


def run(project: Project, settings: Settings) -> StageReport:
    """Stage every dataset whose raw files, sidecar or code changed. Raises `BadInput`, a line a problem."""
    from pipelines.stage.datasets import stage_all

    return stage_all(project, settings)
