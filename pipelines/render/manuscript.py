"""Everything one language's report is made of, read and resolved: plan, pages, report, bibliography, frame."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipelines.kernel.problems import BadInput, Problem, shown
from pipelines.kernel.project import Project
from pipelines.render.frame import Frame, read_frame
from pipelines.render.navigation import REPORT, Plan, read_plan
from pipelines.render.sources import Page, Resolver, read_yaml


@dataclass(frozen=True, slots=True)
class Manuscript:
    """The report of one language, ready for an engine. `folder` is `reports/<lang>`; `report` becomes the PDF."""

    folder: Path
    plan: Plan
    frame: Frame
    pages: tuple[Page, ...]
    report: Page
    bibliography: tuple[Path, ...]


def read_manuscript(project: Project, lang: str) -> Manuscript:
    """Read the pages of one language. Raises `BadInput` with all problems of all pages."""
    folder = project.reports / lang
    plan = read_plan(folder, project.root)
    variables_file = folder / "_variables.yml"
    run_first = "Run `observatoire run`: the stage `publish` writes it."
    variables = read_yaml(variables_file, project.root, run_first)
    frame = read_frame(variables, shown(variables_file, project.root))
    bibliography = tuple(folder / name.lstrip("/") for name in plan.bibliography)
    absent = [path for path in bibliography if not path.is_file()]
    if absent:
        raise BadInput(Problem(shown(path, project.root), "The bibliography is missing", run_first) for path in absent)
    resolver = Resolver(folder, project.root, variables, plan.metadata)
    pages = tuple(resolver.page(name) for name in plan.pages)
    report = resolver.page(REPORT)
    if resolver.problems:
        raise BadInput(dict.fromkeys(resolver.problems))  # a file that two pages include tells its problem once
    return Manuscript(folder, plan, frame, pages, report, bibliography)
