"""From the resolved report to the bytes of a PDF that a screen reader can follow (PDF/UA-1)."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.kernel.brand import Brand, Logo
from pipelines.kernel.problems import BadInput, Problem, shown
from pipelines.render.frame import Frame
from pipelines.render.navigation import Plan
from pipelines.render.pandoc import THEME, Job, convert
from pipelines.render.words import words

if TYPE_CHECKING:
    from pipelines.render.sources import Page

EPOCH = 0
"""The date written in the PDF: one for all, so that the same report gives the same bytes."""

PICTURE = re.compile(r'#picture\("(?P<path>[^"]+)"')


def pdf_job(page: Page, plan: Plan, frame: Frame, bibliography: tuple[Path, ...], brand: Brand) -> Job:
    """Return what pandoc needs to write the report as Typst."""
    return Job(
        to="typst-citations-smart",
        template="report.typ",
        variables={
            "words": words(plan.lang),
            "title-text": typst_string(page.title),
            "publisher-text": typst_string(str(page.meta.get("publisher") or plan.title)),
            "colours": brand.colours.typst(),
            "logo": logo_typst(brand.logo).strip(),
            "header-includes": [(THEME / "classes.typ").read_text(encoding="utf-8")],
        },
        metadata={
            **frame.metadata(),
            "lang": plan.lang,
            "references-title": words(plan.lang)["references"],
        },
        bibliography=bibliography,
        number_sections=True,
    )


def report_typst(page: Page, job: Job) -> str:
    """Return the report as Typst. Raises `BadInput` as `convert` does."""
    return convert(page, job)


def report_pdf(page: Page, source: str, folder: Path, root: Path) -> bytes:
    """Compile `source` to PDF; pictures are read from `folder`. Raises `BadInput` naming a picture that is missing."""
    import typst

    problems = []
    for path in dict.fromkeys(match["path"] for match in PICTURE.finditer(source)):
        if not (folder / path.lstrip("/")).is_file():
            line = page.where(re.escape(f"({path}"))
            problems.append(missing_picture(line.file, line.number, path))
    if problems:
        raise BadInput(problems)
    try:
        compiler = typst.Compiler(
            source.encode("utf-8"),
            root=str(folder),
            font_paths=typst.Fonts(include_system_fonts=False, font_paths=fonts()),
        )
        pdf = compiler.compile(format="pdf", pdf_standards=["ua-1"], timestamp=EPOCH)
    except typst.TypstError as error:
        hints = " ".join(error.hints)
        raise BadInput(
            Problem(
                shown(folder / page.name, root),
                f"The PDF could not be made: {error.message} {hints}".strip(),
                "Headings begin at level 1 and skip no level; a construct outside the theme's README may not print.",
            )
        ) from error
    if not isinstance(pdf, bytes):
        raise TypeError("Typst gave pages instead of one PDF")
    return pdf


def fonts() -> list[str]:
    """Return the folder of DejaVu fonts that matplotlib ships: the lettering its figures were measured with."""
    spec = find_spec("matplotlib")
    if spec is None or spec.origin is None:  # figures then fall back to the body's font
        return []
    return [str(Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf")]


def missing_picture(file: str, row: int, path: str) -> Problem:
    """Return what is said of a picture that a page names and nobody drew."""
    return Problem(file, "The figure's file does not exist", "Run `observatoire run`, which draws it.", row, value=path)


def logo_typst(logo: Logo | None) -> str:
    """Return the logo as Typst, its file where `lay_theme` put it; empty where there is none."""
    if logo is None:
        return ""
    return f'#image("/_theme/{logo.name}", height: 15mm, alt: "{typst_string(logo.alt)}")\n'


def typst_string(text: str) -> str:
    """Return plain text for the inside of a Typst string."""
    return text.replace("\\", "\\\\").replace('"', '\\"')
