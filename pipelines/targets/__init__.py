"""Targets: from the values of the indicators to states, paths and probabilities, by the contracts of targets.yml."""

from __future__ import annotations

from pipelines.kernel.project import Project, Settings
from pipelines.kernel.report import StageReport


def run(project: Project, settings: Settings) -> StageReport:
    """Follow every target adopted by the edition; write `data/targets/tgt_{states,paths,history,badges}.parquet`."""
    from pipelines.targets.stage import follow_all

    return follow_all(project, settings)
