"""Check: every staging table and every mart against its suite in `expectations/`; a critical failure stops the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.kernel.project import Project, Settings
from pipelines.kernel.report import StageReport

if TYPE_CHECKING:
    from pipelines.check.suites import Layer


def run(project: Project, settings: Settings, layer: Layer) -> StageReport:
    """Check the tables of one layer (`staging` or `marts`) and write `data/quality/<layer>.json`.

    Only suites whose table, expectations, reference or settings have changed are run again. Raises `BadInput` when a
    suite breaks its format and `CheckFailed`, one line per failure, when a critical check fails or has no answer;
    the report is then already written, warnings and all.
    """
    from pipelines.check.layer import check_layer

    return check_layer(project, settings, layer)
