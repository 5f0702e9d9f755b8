"""Audit: what somebody could tell of hidden cells from everything that is published, before it is.

A stage of its own, not a part of `protect`: it imports nothing of the code that chose what to hide (no stage imports
another, a test holds that), and reads what was written to disk.
"""

from __future__ import annotations

from pipelines.kernel.project import Project, Settings
from pipelines.kernel.report import StageReport


def run(project: Project, settings: Settings) -> StageReport:
    """Attack the public tables; raises `CheckFailed` with a line per leak, and writes `data/quality/audit.json`."""
    from pipelines.audit.stage import audit_all
    from pipelines.kernel.collecting import seldom_collected

    with seldom_collected():
        return audit_all(project, settings.threads)
