"""Check: every staging table and every mart against its suite in `expectations/`; a critical failure stops the run."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

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


def results(project: Project, settings: Settings, layer: Layer, tables: Collection[str] = ()) -> list[dict[str, Any]]:
    """Check one layer as `run` does, and return its checks, of the tables named only (of all when none is).

    Raises `BadInput` as `run` does, and when no suite bears a name that was given. A failed check does not raise.
    """
    from pipelines.check.layer import checks_of

    return checks_of(project, settings, layer, tables)
