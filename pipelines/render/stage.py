"""Which engine renders, and what both check first."""

from __future__ import annotations

from dataclasses import replace

from pipelines.kernel.figure_history import IDENTITY, NOW, identity_script
from pipelines.kernel.files import write_text
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
    lay_identity(project, settings)
    binary = quarto.quarto_binary()
    if binary is None:
        return embedded.render(project, manuscript, settings.edition)
    report = quarto.render(project, manuscript, settings.edition, binary)
    return replace(report, notes=(*report.notes, "Rendered by Quarto."))


def lay_identity(project: Project, settings: Settings) -> None:
    """Say beside the site that it is no edition yet, and whether there are any to ask for the past of its figures."""
    has_shelf = (project.editions / NOW).is_dir()
    write_text(project.build / IDENTITY, identity_script({"edition": str(settings.edition), "shelf": has_shelf}))
