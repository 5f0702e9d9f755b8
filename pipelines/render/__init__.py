"""Stage *render*: the pages of `reports/<lang>` become `build/site` and `build/observatoire-<edition>.pdf`.

Quarto does it when it is on PATH; otherwise the renderer of this package, from the same pages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipelines.kernel.project import Project, Settings
    from pipelines.kernel.report import StageReport


def run(project: Project, settings: Settings) -> StageReport:
    """Render the report of `settings.lang` for `settings.edition`; only what changed is made again.

    Raises `BadInput` for what an author can mend and `CheckFailed` when Quarto complains; the last good site stays.
    """
    from pipelines.render.stage import render_report

    return render_report(project, settings)
