"""One page of the report as a file of its own: a PDF like the report's, or a DOCX to take up elsewhere.

It is made from what the last run left in `reports/<lang>`, by the converter, the filters and the bibliography of the
report. Numbers of figures and tables count from one, references lead to what the page itself holds.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path

from pipelines.kernel.files import write_bytes
from pipelines.kernel.problems import BadInput, shown
from pipelines.kernel.project import Project
from pipelines.render.embedded import pictures_of
from pipelines.render.manuscript import Manuscript, read_page
from pipelines.render.pandoc import PROBLEMS, Job, converted
from pipelines.render.pdf import fonts, missing_picture, pdf_job, report_pdf, report_typst
from pipelines.render.quarto import lay_theme
from pipelines.render.sources import Line, Page
from pipelines.render.words import words

DOTS = 200
"""Dots an inch of the pictures in a DOCX; `word.lua` gives them the size they were drawn in."""

CSS_DOTS, POINTS = 96, 72
"""An SVG's inch is 96 of its dots; the converter counts 72 of them to an inch."""

DRAWING = re.compile(r"\]\((?P<path>[^()\s]+\.svg)[\s)]")

SAID = "SAID"

BANNER = {
    "pdf": ("```{=typst}", "#banner[", "```", "", SAID, "", "```{=typst}", "]", "```"),
    "docx": ('::: {custom-style="Block Text"}', SAID, ":::"),
}
"""Lines of the mention of simulated data, under the title; its sentence takes the place of `SAID`."""


def export_page(project: Project, lang: str, named: str, form: str, out: Path | None = None) -> Path:
    """Write the page `named` (`sites/tarbes`) in the format `form`, `pdf` or `docx`, and return the file.

    Without `out` it is `<edition>-<page>.<form>` in the current folder. Raises `BadInput` for a page that does not
    exist or cannot be made; nothing is then written.
    """
    manuscript = read_page(project, lang, named)
    manuscript = replace(manuscript, report=alone(manuscript.report, manuscript.frame.simulated, form))
    made = page_docx if form == "docx" else partial(page_pdf, root=project.root)
    try:
        content = made(manuscript)
    except BadInput as error:
        content = made(with_what_it_names(manuscript, error))
    name = manuscript.report.name.removesuffix(".qmd").replace("/", "-")
    path = out or Path(f"{manuscript.frame.edition}-{name}.{form}")
    write_bytes(path, content)
    return path


def alone(page: Page, simulated: str, form: str) -> Page:
    """Return the page under its title, a heading of level 1, and the sentence on simulated data where there is one."""
    texts = [line.text.rstrip() for line in page.lines]
    begins = texts.index("---", 1) + 1 if texts[0] == "---" else 0
    added = ["", f"# {page.title} {{.unnumbered}}", ""]
    if simulated:
        added += [*(simulated if line == SAID else line for line in BANNER[form]), ""]
    first = page.lines[0]
    heading = tuple(Line(text, first.file, first.number) for text in added)
    return replace(page, lines=(*page.lines[:begins], *heading, *page.lines[begins:]))


def with_what_it_names(manuscript: Manuscript, error: BadInput) -> Manuscript:
    """Return the page with the tables and figures at its end that it names and the report shows in another chapter.

    `error` is what was said of the page without them; it is raised again when it says anything else.
    """
    _, rule, _ = PROBLEMS["reference"]
    files = [manuscript.folder / "_generated" / f"{problem.value}.md" for problem in error.problems]
    if any(problem.rule != rule for problem in error.problems) or not all(path.is_file() for path in files):
        raise error
    page = manuscript.report
    added = [Line("", page.lines[-1].file, page.lines[-1].number)]
    for path in files:
        name = shown(path, manuscript.folder.parent.parent)
        lines = path.read_text(encoding="utf-8").splitlines()
        added += [Line(text, name, number) for number, text in enumerate([*lines, ""], start=1)]
    return replace(manuscript, report=replace(page, lines=(*page.lines, *added)))


def page_pdf(manuscript: Manuscript, root: Path) -> bytes:
    """Return the page as PDF/UA-1, set as the report is, without cover and contents."""
    page = manuscript.report
    lay_theme(manuscript.folder, manuscript)  # the logo lies there
    job = pdf_job(page, manuscript.plan, manuscript.frame, manuscript.bibliography, manuscript.brand)
    job = replace(job, metadata={**job.metadata, "single": True})
    return report_pdf(page, report_typst(page, job), manuscript.folder, root)


def page_docx(manuscript: Manuscript) -> bytes:
    """Return the page as DOCX: tables of Word, pictures with their words. Raises `BadInput` for a picture missing."""
    page, folder = manuscript.report, manuscript.folder
    missing = [path for path in pictures_of(page) if not (folder / path.lstrip("/")).is_file()]
    if missing:
        places = [(page.where(re.escape(f"({path}")), path) for path in missing]
        raise BadInput(missing_picture(line.file, line.number, path) for line, path in places)
    with tempfile.TemporaryDirectory(prefix="export-") as made:
        drawings = {match["path"].lstrip("/") for line in page.lines for match in DRAWING.finditer(line.text)}
        draw_again(folder, drawings, Path(made))
        return converted(page, docx_job(manuscript, Path(made)))


def docx_job(manuscript: Manuscript, drawings: Path) -> Job:
    """Return what pandoc needs to write the page as DOCX; `drawings` is the folder of its pictures as PNG."""
    spoken = words(manuscript.plan.lang)
    return Job(
        to="docx",
        template="word.openxml",
        variables={},
        metadata={
            **manuscript.frame.metadata(),
            **{f"{name}-word": spoken[name] for name in ("edition", "cite", "licence")},
            "lang": manuscript.plan.lang,
            "references-title": spoken["references"],
        },
        bibliography=manuscript.bibliography,
        filters=("word.lua",),
        resources=(drawings, manuscript.folder),
    )


def draw_again(folder: Path, drawings: Iterable[str], made: Path) -> None:
    """Write each SVG of `folder` as PNG at the same place in `made`."""
    import vl_convert

    for fonts_folder in fonts():
        vl_convert.register_font_directory(fonts_folder)
    for name in sorted(drawings):
        svg = (folder / name).read_text(encoding="utf-8")
        path = (made / name).with_suffix(".png")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(vl_convert.svg_to_png(svg, ppi=DOTS * POINTS / CSS_DOTS))
