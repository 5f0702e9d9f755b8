"""The engine for when Quarto is absent: pandoc for the pages, Typst for the PDF, only what changed made again."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

from pipelines.kernel.figure_address import FOLDER
from pipelines.kernel.files import link_or_copy, replacing_folder, sha256_of, write_bytes
from pipelines.kernel.freshness import Freshness
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project
from pipelines.kernel.report import StageReport
from pipelines.render import quarto
from pipelines.render.html import html_job, html_page
from pipelines.render.links import Pointers, Target, dead, local_targets, pointers, remote_resources
from pipelines.render.manuscript import Manuscript
from pipelines.render.pandoc import Job
from pipelines.render.pdf import pdf_job, report_pdf, report_typst
from pipelines.render.search import INDEX, Section, sections_of, written_index
from pipelines.render.sources import Page
from pipelines.render.structured import downloads

SHOWN_BY = (*quarto.SCREEN, "frame.css")
"""The files of the theme that every page loads."""

PDF_IN_SITE = "rapport.pdf"
PANDOCS = 2
"""Calls of pandoc at once: one a core, so that a slow machine is not swamped."""


def render(project: Project, manuscript: Manuscript, edition: int, *, with_pdf: bool = True) -> StageReport:
    """Bring `build/site` and the edition's PDF up to date; the PDF is left as it is unless `with_pdf`.

    Raises `BadInput`; the last good outputs then stay.
    """
    quarto.lay_theme(manuscript.folder, manuscript)
    site = project.build / "site"
    pdf_file = project.build / f"observatoire-{edition}.pdf"
    fresh = Freshness(project, "render")
    titles = {page.name: page.title for page in manuscript.pages}
    offered = downloads(manuscript.pages)
    jobs = {
        page.name: html_job(
            page, manuscript.plan, manuscript.frame, titles, manuscript.bibliography, manuscript.brand, offered
        )
        for page in manuscript.pages
    }
    prints = {page.name: fresh.fingerprint([], _facts(page, jobs[page.name])) for page in manuscript.pages}
    stale = [
        page for page in manuscript.pages if not fresh.is_fresh(page.name, prints[page.name], [site / page.output])
    ]

    report = manuscript.report
    report_job = pdf_job(report, manuscript.plan, manuscript.frame, manuscript.bibliography, manuscript.brand)
    pictures = {path: manuscript.folder / path.lstrip("/") for path in pictures_of(report)}
    prints[pdf_file.name] = fresh.fingerprint(pictures.values(), _facts(report, report_job))
    is_left = not with_pdf and pdf_file.exists()
    pdf_is_fresh = is_left or fresh.is_fresh(pdf_file.name, prints[pdf_file.name], [pdf_file, site / PDF_IN_SITE])

    tasks: dict[str, Callable[[], Made]] = {page.name: partial(_html, page, jobs[page.name]) for page in stale}
    if not pdf_is_fresh:
        tasks[pdf_file.name] = partial(_pdf, project, manuscript, report_job)
    rendered = _all_or_problems(tasks)
    pages = {page.output: rendered.get(page.name) or _read(site / page.output) for page in manuscript.pages}
    files = _site_files(project, manuscript, pages)
    prints["assets"] = fresh.fingerprint([], {name: sha256_of(path) for name, path in files.items()})
    assets_are_fresh = fresh.is_fresh("assets", prints["assets"], [site / name for name in (*files, INDEX)])
    gone = fresh.forget_others(prints)
    if not stale and pdf_is_fresh and assets_are_fresh and not gone:
        return StageReport(kept=tuple(fresh.kept))

    pdf = rendered[pdf_file.name].content if pdf_file.name in rendered else pdf_file.read_bytes()
    with replacing_folder(site) as part:
        for name, page in pages.items():
            _write(part / name, page.content)
        for name, path in files.items():
            # pages of figures, thousands, are only ever replaced by a rename: a second name will do
            _lay(path, part / name, named=name.startswith(f"{FOLDER}/"))
        _write(part / INDEX, written_index({name: page.sections for name, page in pages.items()}))
        _write(part / PDF_IN_SITE, pdf)
        if not pdf_is_fresh:
            write_bytes(pdf_file, pdf)
    fresh.remember_all({item: prints[item] for item in fresh.made})
    return StageReport(made=tuple(fresh.made), kept=tuple(fresh.kept))


def _facts(page: Page, job: Job) -> dict[str, object]:
    """Return what a page is made from; the bibliography by its content, since its path is this machine's own."""
    return {**asdict(job), "bibliography": {path.name: sha256_of(path) for path in job.bibliography}, "text": page.text}


@dataclass(frozen=True, slots=True)
class Made:
    """A page or the PDF; of a page also what it points to and the sections the search box knows."""

    content: bytes
    points: Pointers = field(default_factory=Pointers)
    sections: tuple[Section, ...] = ()


def _html(page: Page, job: Job) -> Made:
    return _taken_in(html_page(page, job))


def _read(path: Path) -> Made:
    return _taken_in(path.read_bytes().decode("utf-8"))


def _taken_in(html: str) -> Made:
    """Read a page as soon as it is made, while pandoc is at work on others."""
    return Made(html.encode("utf-8"), pointers(html), tuple(sections_of(html)))


def _pdf(project: Project, manuscript: Manuscript, job: Job) -> Made:
    report = manuscript.report
    return Made(report_pdf(report, report_typst(report, job), manuscript.folder, project.root))


def _all_or_problems(tasks: dict[str, Callable[[], Made]]) -> dict[str, Made]:
    """Do all tasks, some at once, the PDF first since it takes longest. Raises `BadInput` with the problems of all."""
    done: dict[str, Made] = {}
    problems: list[Problem] = []
    with ThreadPoolExecutor(PANDOCS) as pool:
        futures = {name: pool.submit(tasks[name]) for name in reversed(tasks)}
        for name in tasks:
            try:
                done[name] = futures[name].result()
            except BadInput as error:
                problems += error.problems
    if problems:
        raise BadInput(dict.fromkeys(problems))  # a chapter's problem shows in its page and in the report
    return done


def pictures_of(page: Page) -> list[str]:
    """Return the addresses of the pictures that a page shows, as they are written."""
    return sorted({match[1] for line in page.lines for match in re.finditer(r"!\[.*?\]\((\S+?)[\s)]", line.text)})


def _site_files(project: Project, manuscript: Manuscript, pages: Mapping[str, Made]) -> dict[str, Path]:
    """Return the files the pages need, by their place in the site, after checking that every address leads somewhere.

    `data/…` means `build/data/…`, everything else the language's folder.
    """
    found = {name: page.points for name, page in pages.items()}
    laid = [f"_theme/{name}" for name in (*SHOWN_BY, *quarto.logo_files(manuscript.brand))]
    files = {name: manuscript.folder / name for name in laid} | _figure_pages(manuscript)
    problems: list[Problem] = []
    for page in manuscript.pages:
        for address in remote_resources(found[page.output]):
            problems.append(
                _problem(page, address, "The page loads this from the network", "Put the file in the project.")
            )
        for target in local_targets(page.output, found[page.output]):
            name = target.file
            source = project.build / name if name.startswith("data/") else manuscript.folder / name
            if name not in files and name not in found and _may_be_shown(name) and source.is_file():
                files[name] = source
            if dead(target, found, {*files, PDF_IN_SITE}):
                problems.append(_dead_link(page, target))
    if problems:
        raise BadInput(problems)
    return dict(sorted(files.items()))


def _figure_pages(manuscript: Manuscript) -> dict[str, Path]:
    """Return the pages of figures, which `publish` wrote whole, by their place in the site."""
    below = sorted(path for path in (manuscript.folder / FOLDER).rglob("*") if path.is_file())
    return {path.relative_to(manuscript.folder).as_posix(): path for path in below}


def _may_be_shown(name: str) -> bool:
    """Keep what lies outside the language's folder, and the sources of the pages, out of the site."""
    return not name.startswith("../") and not name.endswith((".qmd", ".yml"))


def _dead_link(page: Page, target: Target) -> Problem:
    return _problem(page, target.written, "The address leads nowhere", "Correct it, or write what it leads to.")


def _problem(page: Page, written: str, rule: str, mend: str) -> Problem:
    tail = written.rsplit("/", 1)[-1]
    line = page.where(re.escape(tail).replace(r"\.html", r"\.(qmd|html)"))
    return Problem(line.file, rule, mend, row=line.number, value=written)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _lay(source: Path, path: Path, *, named: bool) -> None:
    """Lay a file in the site, as a copy, or `named` as a second name of the same."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if named:
        link_or_copy(source, path)
    else:
        shutil.copyfile(source, path)
