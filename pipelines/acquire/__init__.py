"""Acquire: what ships and what analysts added lies in `data/raw/`, byte for byte, with its receipt."""

from __future__ import annotations

from pipelines.kernel.project import Project, Settings
from pipelines.kernel.report import StageReport


def run(project: Project, settings: Settings) -> StageReport:
    """Take in the shipped figures and the simulated registers; check what was added. Raises `BadInput`."""
    from pipelines.acquire.take_in import take_in_all

    return take_in_all(project, settings)
