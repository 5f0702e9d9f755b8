"""The stage: everything a page includes and everything a reader downloads, made again only where it changed."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from pipelines.kernel.colours import Colours
from pipelines.kernel.figure_address import FOLDER
from pipelines.kernel.files import write_bytes, write_text
from pipelines.kernel.freshness import Freshness
from pipelines.kernel.project import Project, Settings
from pipelines.kernel.report import StageReport
from pipelines.kernel.store import protected_path
from pipelines.kernel.workers import Workers
from pipelines.publish.addresses import FILE, addresses
from pipelines.publish.bibliography import bibtex
from pipelines.publish.changes import changes, glance
from pipelines.publish.data import published, write_data
from pipelines.publish.explorer import chart
from pipelines.publish.explorer.page import screen as explorer_screen
from pipelines.publish.figure_pages import index, lineage
from pipelines.publish.figure_pages.writing import write_figure_pages
from pipelines.publish.figures import figures
from pipelines.publish.figures.asked import asked_figures
from pipelines.publish.pages import absent_markdown, figure_markdown, table_markdown
from pipelines.publish.pathway.screen import screen as pathway_screen
from pipelines.publish.picture import Absent, Picture
from pipelines.publish.resolved import resolved
from pipelines.publish.revised import revision_csv
from pipelines.publish.sheets import sheets
from pipelines.publish.shelf import Shelf
from pipelines.publish.tables import tables
from pipelines.publish.tables.shape import Table
from pipelines.publish.tables.workbook import workbook
from pipelines.publish.tiles import tiles
from pipelines.publish.variables import KEY, as_yaml, asked, completed, dotted, refuse_unfinished, variables
from pipelines.publish.workers import drawn, ready, weight

CHART = "explorer-chart.js"
FEW = 3
"""So few figures are drawn here: starting workers would take longer."""


def publish(project: Project, settings: Settings) -> StageReport:
    """Make figures, tables, variables, references and sheets in the run's language, and the published data.

    Raises `BadInput` when a page names a variable that nothing defines or a template is missing.
    """
    with Workers() as workers:
        return _published(project, settings, workers)


def _published(project: Project, settings: Settings, workers: Workers) -> StageReport:
    shelf = Shelf(project, settings)
    freshness = Freshness(project, "publish")
    reports = project.reports / shelf.lang
    generated = reports / "_generated"
    for lang in ("fr", "en"):  # DVC keeps track of both languages' folders; the other one's may be empty
        for folder in ("_generated", FOLDER):
            (project.reports / lang / folder).mkdir(parents=True, exist_ok=True)
    notes: list[str] = []
    library = generated / CHART
    making = begin_library(library, f"{shelf.lang}/{CHART}", freshness, shelf.colours, workers)
    if not any("/fig-" in item for item in freshness.known_items()):
        workers.submit(ready)  # all figures will be drawn: the second worker gets ready while the first bundles

    texts: dict[str, dict[Path, str]] = {}
    pictures: dict[str, Picture] = {}
    shown: list[Picture | Absent] = []
    pages = [*reports.glob("*.qmd"), *(reports / "_chapters").glob("*.md")]
    refuse_unfinished(project, pages)
    for name, maker in {**figures(shelf), **asked_figures(shelf, pages)}.items():
        made = maker(shelf)
        shown.append(made)
        item = f"{shelf.lang}/fig-{name}"
        if isinstance(made, Absent):
            texts[item] = {generated / f"fig-{name}.md": absent_markdown(made)}
        else:
            pictures[item] = made
    drawing = begin_drawing(pictures, generated, freshness, shelf, workers)
    listed = tables(shelf)
    for table in listed:
        texts[f"{shelf.lang}/tbl-{table.name}"] = {
            generated / f"tbl-{table.name}.md": table_markdown(table, shelf.edition, shelf.house),
            generated / f"tbl-{table.name}.csv": table.csv(),
        }
    texts[f"{shelf.lang}/tiles"] = {generated / "tiles.md": tiles(shelf)}
    texts[f"{shelf.lang}/glance"] = {generated / "glance.md": glance(shelf)}
    texts[f"{shelf.lang}/changes"] = {generated / "changes.md": changes(shelf)}
    texts[f"{shelf.lang}/revisions"] = {generated / "revisions.csv": revision_csv(shelf)}
    texts[f"{shelf.lang}/references"] = {
        generated / "references.bib": bibtex(shelf.catalogue, shelf.region, shelf.lang)
    }
    for name, text in {**pathway_screen(shelf), **explorer_screen(shelf), **index.screen(shelf)}.items():
        texts[f"{shelf.lang}/{name}"] = {generated / name: text}
    leaves = sheets(shelf)
    texts[f"{shelf.lang}/sheets"] = {reports / path: text for path, text in leaves.items()}
    keys = asked(pages)
    filled = completed(variables(shelf), shelf, keys)
    texts[f"{shelf.lang}/variables"] = {reports / "_variables.yml": as_yaml(filled)}
    named = {*keys, *(key for text in leaves.values() for key in KEY.findall(text))}
    quoted = resolved(shelf, filled, [key for key in named if "$" not in key], dotted)
    texts[f"{shelf.lang}/addresses"] = {generated / FILE: addresses(shelf.edition, shelf.lang, shown, listed, quoted)}

    write_texts(texts, freshness)
    addressed = write_figure_pages(shelf, freshness, reports, generated)
    write_workbooks(listed, generated, freshness, shelf)

    target = project.build / "data"
    sources = [protected_path(project, name) for name in published(shelf)]
    dictionary = sorted((project.reference / "dictionary").glob("*.yml"))
    fingerprint = freshness.fingerprint(
        [*sources, *dictionary, *sorted(project.sources.glob("*.yml"))],
        {"edition": shelf.edition, "link": shelf.colours.link},
    )
    if not freshness.is_fresh("data", fingerprint, [target / "datapackage.json"]):
        unknown = write_data(shelf, target)
        if unknown:
            notes.append(f"The dictionary does not define: {', '.join(unknown)}.")
        freshness.remember("data", fingerprint)
    end_library(library, making, freshness)
    end_drawing(drawing, generated, freshness, shelf)

    kept = {library, generated / lineage.FILE, *(path for files in texts.values() for path in files)}
    kept |= {generated / f"fig-{picture.name}.{end}" for picture in pictures.values() for end in ("svg", "csv", "md")}
    kept |= {generated / f"tbl-{table.name}.xlsx" for table in listed}
    books = [workbook_item(shelf, table) for table in listed]
    others = other_languages(freshness, shelf.lang)
    freshness.forget_others([*texts, *addressed, *pictures, *books, f"{shelf.lang}/{CHART}", "data", *others])
    clean([generated, reports / "sites", reports / "fields"], kept)
    if any(picture.simulated for picture in pictures.values()):
        count = sum(picture.simulated for picture in pictures.values())
        notes.append(f"{count} of {len(pictures)} figures show simulated data and say so.")
    return StageReport(tuple(freshness.made), tuple(freshness.kept), tuple(notes))


def workbook_item(shelf: Shelf, table: Table) -> str:
    """Return the name under which a table's workbook is remembered."""
    return f"{shelf.lang}/tbl-{table.name}.xlsx"


def write_texts(texts: dict[str, dict[Path, str]], freshness: Freshness) -> None:
    """Write the texts of every item whose content changed."""
    written: dict[str, str] = {}
    for item, files in texts.items():
        fingerprint = freshness.fingerprint([], {path.name: text for path, text in files.items()})
        if not freshness.is_fresh(item, fingerprint, files):
            for path, text in files.items():
                write_text(path, text)
            written[item] = fingerprint
    freshness.remember_all(written)


def write_workbooks(listed: list[Table], generated: Path, freshness: Freshness, shelf: Shelf) -> None:
    """Write the workbook of every table whose content changed."""
    written: dict[str, str] = {}
    for table in listed:
        path = generated / f"tbl-{table.name}.xlsx"
        item = workbook_item(shelf, table)
        fingerprint = freshness.fingerprint(
            [], {"table": asdict(table), "edition": shelf.edition, "house": shelf.house, "look": shelf.colours.named()}
        )
        if not freshness.is_fresh(item, fingerprint, [path]):
            write_bytes(path, workbook(table, shelf.edition, shelf.house, shelf.colours))
            written[item] = fingerprint
    freshness.remember_all(written)


@dataclass(frozen=True, slots=True)
class Making:
    """The explorer's script on its way: what it is remembered by, and the worker's answer to come."""

    item: str
    fingerprint: str
    script: Future[str]


def begin_library(path: Path, item: str, freshness: Freshness, look: Colours, workers: Workers) -> Making | None:
    """Have a worker bundle the explorer's script of Vega and its chart, unless both are the same."""
    facts = {"chart": chart.specification(look), "vl-convert-python": version("vl-convert-python")}
    fingerprint = freshness.fingerprint([], facts)
    if freshness.is_fresh(item, fingerprint, [path]):
        return None
    return Making(item, fingerprint, workers.submit(chart.chart_script, look))


def end_library(path: Path, making: Making | None, freshness: Freshness) -> None:
    """Write the script when it is there."""
    if making is not None:
        write_text(path, making.script.result())
        freshness.remember(making.item, making.fingerprint)


@dataclass(frozen=True, slots=True)
class Drawing:
    """The stale pictures, each by its item with its fingerprint, and their SVG to come, in the same order."""

    stale: dict[str, tuple[Picture, str]]
    drawn: Iterable[str]


def begin_drawing(
    pictures: dict[str, Picture], generated: Path, freshness: Freshness, shelf: Shelf, workers: Workers
) -> Drawing:
    """Begin to draw the pictures whose content changed; the drawing of one does not depend on another's."""
    stale: dict[str, tuple[Picture, str]] = {}
    look = shelf.colours.named()
    for item, picture in pictures.items():
        fingerprint = freshness.fingerprint(
            [], {"picture": picture.fingerprint(), "edition": shelf.edition, "house": shelf.house, "look": look}
        )
        outputs = [generated / f"fig-{picture.name}.{end}" for end in ("svg", "csv", "md")]
        if not freshness.is_fresh(item, fingerprint, outputs):
            stale[item] = (picture, fingerprint)
    return Drawing(stale, drawings([picture for picture, _ in stale.values()], shelf.colours, workers))


def end_drawing(drawing: Drawing, generated: Path, freshness: Freshness, shelf: Shelf) -> None:
    """Write the pictures as they come, with their data and includes."""
    for (picture, _), svg in zip(drawing.stale.values(), drawing.drawn, strict=True):
        write_text(generated / f"fig-{picture.name}.svg", svg)
        write_text(generated / f"fig-{picture.name}.csv", picture.csv())
        write_text(generated / f"fig-{picture.name}.md", figure_markdown(picture, shelf.edition, shelf.house))
    freshness.remember_all({item: fingerprint for item, (_, fingerprint) in drawing.stale.items()})


def drawings(pictures: list[Picture], look: Colours, workers: Workers) -> Iterable[str]:
    """Return the SVG of each picture, in order; they are drawn beside the caller, those that take longest first."""
    if len(pictures) <= FEW:
        return (drawn_here(picture, look) for picture in pictures)
    longest_first = sorted(range(len(pictures)), key=lambda place: weight(pictures[place]), reverse=True)
    answers = {place: workers.submit(drawn, pictures[place], look) for place in longest_first}
    return (answers[place].result() for place in range(len(pictures)))


def drawn_here(picture: Picture, look: Colours) -> str:
    """Draw one picture in this process."""
    from pipelines.publish.drawing import draw  # plotnine takes 0.8 s to import, and often nothing is drawn

    return draw(picture, look)


def other_languages(freshness: Freshness, lang: str) -> list[str]:
    """Return the items made for the other language by an earlier run: they stay."""
    return [item for item in freshness.known_items() if "/" in item and not item.startswith(f"{lang}/")]


def clean(folders: list[Path], kept: set[Path]) -> None:
    """Remove what an earlier run left that this one does not make."""
    for folder in folders:
        for path in sorted(folder.glob("*")) if folder.exists() else []:
            if path.is_dir():
                shutil.rmtree(path)
            elif path not in kept:
                path.unlink()
