"""Everything one language's report is made of, read and resolved: plan, pages, report, bibliography, frame."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from pipelines.kernel.brand import Brand, read_brand
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
    brand: Brand
    pages: tuple[Page, ...]
    report: Page
    bibliography: tuple[Path, ...]


def read_page(project: Project, lang: str, named: str) -> Manuscript:
    """Read one page of one language, by its name in the menu (`sites/tarbes`); it stands for the report too.

    Raises `BadInput` with all problems of the page, one with the closest names when there is no such page.
    """
    variables = project.reports / lang / "_variables.yml"
    if not variables.is_file():  # before the menu, whose sheets nobody wrote either
        mend = f"Run `observatoire run --lang {lang}`: an export shows what the last run left."
        raise BadInput(Problem(shown(variables, project.root), "The report was not made in this language", mend))
    folder, plan, frame, bibliography, resolver = _opened(project, lang)
    name = f"{named.removesuffix('.qmd')}.qmd"
    if name not in plan.pages:
        names = [page.removesuffix(".qmd") for page in plan.pages]
        near = get_close_matches(named, names, n=3, cutoff=0.4) or names[:3]
        mend = f"The closest names: {', '.join(near)}. The menu of the report names them all."
        raise BadInput(Problem("the command", "The report has no such page", mend, value=named))
    page = resolver.page(name)
    if resolver.problems:
        raise BadInput(dict.fromkeys(resolver.problems))
    return Manuscript(folder, plan, frame, read_brand(project), (page,), page, bibliography)


def read_manuscript(project: Project, lang: str) -> Manuscript:
    """Read the pages of one language. Raises `BadInput` with all problems of all pages."""
    folder, plan, frame, bibliography, resolver = _opened(project, lang)
    pages = tuple(resolver.page(name) for name in plan.pages)
    report = resolver.page(REPORT)
    if resolver.problems:
        raise BadInput(dict.fromkeys(resolver.problems))  # a file that two pages include tells its problem once
    return Manuscript(folder, plan, frame, read_brand(project), pages, report, bibliography)


def _opened(project: Project, lang: str) -> tuple[Path, Plan, Frame, tuple[Path, ...], Resolver]:
    """Return what all pages of one language share. Raises `BadInput` for what the last run did not leave."""
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
    return folder, plan, frame, bibliography, Resolver(folder, project.root, variables, plan.metadata)
