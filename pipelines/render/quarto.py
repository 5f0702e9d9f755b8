"""The engine for when Quarto is on PATH: the same pages in a copy, its log read, its outputs taken whole."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from base64 import b64encode
from html import escape
from pathlib import Path

from pipelines.kernel.brand import Brand, Logo
from pipelines.kernel.files import replacing_folder, write_bytes
from pipelines.kernel.freshness import Freshness, file_fingerprint
from pipelines.kernel.problems import CheckFailed
from pipelines.kernel.project import Project
from pipelines.kernel.report import StageReport
from pipelines.render.manuscript import Manuscript
from pipelines.render.navigation import REPORT
from pipelines.render.pandoc import THEME
from pipelines.render.pdf import logo_typst, typst_string
from pipelines.render.search import INDEX, search_index
from pipelines.render.sources import Page
from pipelines.render.structured import downloads, script, structured, with_header
from pipelines.render.words import words

SCREEN = ("theme.css", "tools.css", "report.js", "search.js", "tables.js", "cite.js")
"""What both engines show pages with; `_quarto.yml` names the styles, `shared.lua` the scripts."""

SHARED = (*SCREEN, "frame.css", "classes.typ", "quarto.typ", "shared.lua")
"""What `_quarto.yml` names below `_theme/`: laid into the copy, and beside the pages for who has only Quarto.

`frame.css` stands around the pages of figures, which no engine renders."""

COMPLAINT = re.compile(
    r"unable to resolve crossref|citation .* not found|unable to resolve link"
    r"|unknown (?:var|meta key) |\?var:|\?meta:|\bERROR\b",
    re.IGNORECASE,
)
ANSI = re.compile(r"\x1b\[[0-9;]*m")


def quarto_binary() -> Path | None:
    """Return the path of Quarto, `None` when it is not installed."""
    found = shutil.which("quarto")
    return Path(found).resolve() if found else None


def complaints(log: str) -> list[str]:
    """Return the lines of Quarto's log that mean a broken report although its exit status is 0."""
    return [line.strip() for line in ANSI.sub("", log).splitlines() if COMPLAINT.search(line)]


def logo_files(brand: Brand) -> dict[str, Path]:
    """Return name below `_theme/` → file of the logo; nothing where there is none."""
    return {} if brand.logo is None else {brand.logo.name: brand.logo.path}


def lay_theme(folder: Path, manuscript: Manuscript) -> None:
    """Bring `<folder>/_theme` up to date: what `_quarto.yml` names there, and the banner on simulated data."""
    frame, brand = manuscript.frame, manuscript.brand
    contents = {name: brand.themed(THEME / name) for name in SHARED}
    sentence = f'<div class="site-banner" role="note"><p>{escape(frame.simulated)}</p></div>' if frame.simulated else ""
    for name, path in logo_files(brand).items():
        contents[name] = path.read_bytes()
    contents["banner.html"] = f"{_head(brand.logo)}{sentence}\n".encode()
    lines = [f"{words(manuscript.plan.lang)['edition']} {frame.edition}", frame.simulated]
    cover = [f'#block(inset: 9pt, fill: tint)[#"{typst_string(line)}"]\n' for line in lines if line]
    contents["banner.typ"] = (
        "#set heading(numbering: chapter-numbers)\n" + logo_typst(brand.logo) + "".join(cover)
    ).encode()
    for name, content in contents.items():
        path = folder / "_theme" / name
        if not path.is_file() or path.read_bytes() != content:
            write_bytes(path, content)


def _head(logo: Logo | None) -> str:
    """Return the logo above Quarto's page, inside the page itself: pages lie at several depths."""
    if logo is None:
        return ""
    kind = "svg+xml" if logo.path.suffix.lower() == ".svg" else "png"
    inside = b64encode(logo.path.read_bytes()).decode("ascii")
    return (
        f'<p><img class="site-logo" src="data:image/{kind};base64,{inside}" alt="{escape(logo.alt, quote=True)}"></p>\n'
    )


def resolved(page: Page) -> str:
    """Return a page for Quarto with its shortcodes resolved by us, those meant to be shown escaped again.

    Quarto takes a part of a variable's key that is all digits for a position: it would not find `emp.dut.30.FR`.
    """
    return page.text.replace("{{<", "{{{<").replace(">}}", ">}}}")


def render(project: Project, manuscript: Manuscript, edition: int, binary: Path) -> StageReport:
    """Render everything when anything changed: Quarto keeps no account of the pages we could rely on.

    Raises `CheckFailed` with the log's complaints; the last good outputs then stay.
    """
    site, pdf_file = project.build / "site", project.build / f"observatoire-{edition}.pdf"
    fresh = Freshness(project, "render")
    item = "quarto"
    stat = binary.stat()
    lay_theme(manuscript.folder, manuscript)  # beside the pages, for who renders them by hand
    with tempfile.TemporaryDirectory(prefix="quarto-") as name:
        copy = Path(name) / "pages"
        shutil.copytree(
            manuscript.folder, copy, ignore=shutil.ignore_patterns("_site", ".quarto", "_theme"), symlinks=True
        )
        lay_theme(copy, manuscript)
        offered = downloads(manuscript.pages)
        for page in manuscript.pages:
            told = script(structured(page, manuscript.plan, manuscript.frame, offered))
            (copy / page.name).write_text(with_header(resolved(page), told), encoding="utf-8")
        (copy / manuscript.report.name).write_text(resolved(manuscript.report), encoding="utf-8")
        for file in offered:
            target = copy / "data" / file
            if (project.build / "data" / file).is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(project.build / "data" / file, target)
        made_from = fresh.fingerprint(
            [], {"pages": file_fingerprint(copy), "quarto": (str(binary), stat.st_size, stat.st_mtime_ns)}
        )
        outputs = [pdf_file, site / "rapport.pdf", site / INDEX, *(site / page.output for page in manuscript.pages)]
        if fresh.is_fresh(item, made_from, outputs):
            return StageReport(kept=(item,))
        log = _quarto(binary, copy)
        found = complaints(log)
        made = copy / "_site"
        pdf = made / REPORT.replace(".qmd", ".pdf")
        if not found and not pdf.is_file():
            found = ["Quarto made no rapport.pdf."]
        if found:
            raise CheckFailed("Quarto: " + "\nQuarto: ".join(found))
        shown = {page.output: (made / page.output).read_text(encoding="utf-8") for page in manuscript.pages}
        write_bytes(made / INDEX, search_index(shown))
        with replacing_folder(site) as part:
            shutil.copytree(made, part, dirs_exist_ok=True)
            write_bytes(pdf_file, pdf.read_bytes())
    fresh.forget_others([item])
    fresh.remember(item, made_from)
    return StageReport(made=(item,))


def _quarto(binary: Path, folder: Path) -> str:
    """Run `quarto render` on a whole project (with `--to` it would remove the other formats' outputs)."""
    done = subprocess.run(
        [str(binary), "render", str(folder)],
        capture_output=True,
        check=False,
        env={**os.environ, "NO_COLOR": "1"},
    )
    log = (done.stdout + done.stderr).decode("utf-8", "replace")
    if done.returncode != 0:
        raise CheckFailed("Quarto failed:\n" + "\n".join(ANSI.sub("", log).splitlines()[-20:]))
    return log
