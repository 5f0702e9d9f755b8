"""Protect: disclosure control, the only door from what the observatory knows to what it shows."""

from __future__ import annotations

from pipelines.kernel.project import Project, Settings
from pipelines.kernel.report import StageReport


def run(project: Project, settings: Settings) -> StageReport:
    """Write every public table of `publications.yml` to `data/protected/pub_*.parquet`, small cells hidden.

    Raises `CheckFailed` when the checks found a critical failure or did not run, `BadInput` when a table or a column
    may not leave.
    """
    from pipelines.kernel.collecting import seldom_collected
    from pipelines.protect.stage import protect_all

    with seldom_collected():
        return protect_all(project, settings)
