"""Which engine renders, and what both check first."""

from __future__ import annotations

from dataclasses import replace

from pipelines.kernel.project import Project, Settings
from pipelines.kernel.report import StageReport
from pipelines.render import embedded, quarto
from pipelines.render.manuscript import read_manuscript


def render_screen(project: Project, settings: Settings) -> StageReport:
    """Render the pages that changed, without Quarto and without the PDF: what an author looks at while writing."""
    return embedded.render(project, read_manuscript(project, settings.lang), settings.edition, with_pdf=False)


def render_report(project: Project, settings: Settings) -> StageReport:
    """Read the pages, then render them with Quarto if it is there, else with the embedded engine."""
    manuscript = read_manuscript(project, settings.lang)
    quarto.lay_theme(manuscript.folder, manuscript)
    binary = quarto.quarto_binary()
    if binary is None:
        return embedded.render(project, manuscript, settings.edition)
    report = quarto.render(project, manuscript, settings.edition, binary)
    return replace(report, notes=(*report.notes, "Rendered by Quarto."))
