"""Indicators: marts become figures, one SQL file an indicator, each value with its flag."""

from __future__ import annotations

from pipelines.kernel.project import Project, Settings
from pipelines.kernel.report import StageReport


def run(project: Project, settings: Settings) -> StageReport:
    """Compute every indicator of the registry; write `ind_values` and `ind_status`.

    Raises `BadInput` when the registry or a query is at fault, `CheckFailed` when a share leaves 0 to 1.
    """
    from pipelines.indicators.figures import make_figures

    return make_figures(project, settings)
