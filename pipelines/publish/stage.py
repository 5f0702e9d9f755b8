"""The stage: everything a page includes and everything a reader downloads, made again only where it changed."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path

from pipelines.kernel.files import write_bytes, write_text
from pipelines.kernel.freshness import Freshness
from pipelines.kernel.project import Project, Settings
from pipelines.kernel.report import StageReport
from pipelines.kernel.store import protected_path
from pipelines.publish.addresses import FILE, addresses
from pipelines.publish.bibliography import bibtex
from pipelines.publish.changes import changes, glance
from pipelines.publish.data import published, write_data
from pipelines.publish.explorer import chart
from pipelines.publish.explorer.page import screen as explorer_screen
from pipelines.publish.figures import figures
from pipelines.publish.pages import absent_markdown, figure_markdown, table_markdown
from pipelines.publish.pathway.screen import screen as pathway_screen
from pipelines.publish.picture import Absent, Picture
from pipelines.publish.sheets import sheets
from pipelines.publish.shelf import Shelf
from pipelines.publish.tables import tables
from pipelines.publish.tables.shape import Table
from pipelines.publish.tables.workbook import workbook
from pipelines.publish.tiles import tiles
from pipelines.publish.variables import as_yaml, asked, completed, variables

WORKERS = 2
CHART = "explorer-chart.js"
FEW = 3
"""So few figures are drawn here: starting workers would take longer."""


def publish(project: Project, settings: Settings) -> StageReport:
    """Make figures, tables, variables, references and sheets in the run's language, and the published data.

    Raises `BadInput` when a page names a variable that nothing defines or a template is missing.
    """
    shelf = Shelf(project, settings)
    freshness = Freshness(project, "publish")
    reports = project.reports / shelf.lang
    generated = reports / "_generated"
    for lang in ("fr", "en"):  # DVC keeps track of both folders; the other language's may be empty
        (project.reports / lang / "_generated").mkdir(parents=True, exist_ok=True)
    notes: list[str] = []

    texts: dict[str, dict[Path, str]] = {}
    pictures: dict[str, Picture] = {}
    shown: list[Picture | Absent] = []
    for name, maker in figures(shelf).items():
        made = maker(shelf)
        shown.append(made)
        item = f"{shelf.lang}/fig-{name}"
        if isinstance(made, Absent):
            texts[item] = {generated / f"fig-{name}.md": absent_markdown(made)}
        else:
            pictures[item] = made
    listed = tables(shelf)
    for table in listed:
        texts[f"{shelf.lang}/tbl-{table.name}"] = {
            generated / f"tbl-{table.name}.md": table_markdown(table, shelf.edition),
            generated / f"tbl-{table.name}.csv": table.csv(),
        }
    texts[f"{shelf.lang}/addresses"] = {generated / FILE: addresses(shelf.edition, shelf.lang, shown, listed)}
    texts[f"{shelf.lang}/tiles"] = {generated / "tiles.md": tiles(shelf)}
    texts[f"{shelf.lang}/glance"] = {generated / "glance.md": glance(shelf)}
    texts[f"{shelf.lang}/changes"] = {generated / "changes.md": changes(shelf)}
    texts[f"{shelf.lang}/references"] = {generated / "references.bib": bibtex(shelf.catalogue, shelf.lang)}
    for name, text in {**pathway_screen(shelf), **explorer_screen(shelf)}.items():
        texts[f"{shelf.lang}/{name}"] = {generated / name: text}
    leaves = sheets(shelf)
    texts[f"{shelf.lang}/sheets"] = {reports / path: text for path, text in leaves.items()}
    keys = asked([*reports.glob("*.qmd"), *(reports / "_chapters").glob("*.md")])
    texts[f"{shelf.lang}/variables"] = {reports / "_variables.yml": as_yaml(completed(variables(shelf), shelf, keys))}

    draw_stale(pictures, generated, freshness, shelf.edition)
    write_workbooks(listed, generated, freshness, shelf)
    library = generated / CHART
    make_library(library, f"{shelf.lang}/{CHART}", freshness)
    for item, files in texts.items():
        fingerprint = freshness.fingerprint([], {path.name: text for path, text in files.items()})
        if not freshness.is_fresh(item, fingerprint, files):
            for path, text in files.items():
                write_text(path, text)
            freshness.remember(item, fingerprint)

    target = project.build / "data"
    sources = [protected_path(project, name) for name in published(shelf)]
    dictionary = sorted((project.reference / "dictionary").glob("*.yml"))
    fingerprint = freshness.fingerprint(
        [*sources, *dictionary, *sorted(project.sources.glob("*.yml"))], {"edition": shelf.edition}
    )
    if not freshness.is_fresh("data", fingerprint, [target / "datapackage.json"]):
        unknown = write_data(shelf, target)
        if unknown:
            notes.append(f"The dictionary does not define: {', '.join(unknown)}.")
        freshness.remember("data", fingerprint)

    kept = {library, *(path for files in texts.values() for path in files)}
    kept |= {generated / f"fig-{picture.name}.{end}" for picture in pictures.values() for end in ("svg", "csv", "md")}
    kept |= {generated / f"tbl-{table.name}.xlsx" for table in listed}
    books = [workbook_item(shelf, table) for table in listed]
    others = other_languages(freshness, shelf.lang)
    freshness.forget_others([*texts, *pictures, *books, f"{shelf.lang}/{CHART}", "data", *others])
    clean([generated, reports / "sites", reports / "fields"], kept)
    if any(picture.simulated for picture in pictures.values()):
        count = sum(picture.simulated for picture in pictures.values())
        notes.append(f"{count} of {len(pictures)} figures show simulated data and say so.")
    return StageReport(tuple(freshness.made), tuple(freshness.kept), tuple(notes))


def workbook_item(shelf: Shelf, table: Table) -> str:
    """Return the name under which a table's workbook is remembered."""
    return f"{shelf.lang}/tbl-{table.name}.xlsx"


def write_workbooks(listed: list[Table], generated: Path, freshness: Freshness, shelf: Shelf) -> None:
    """Write the workbook of every table whose content changed."""
    for table in listed:
        path = generated / f"tbl-{table.name}.xlsx"
        item = workbook_item(shelf, table)
        fingerprint = freshness.fingerprint([], {"table": asdict(table), "edition": shelf.edition})
        if not freshness.is_fresh(item, fingerprint, [path]):
            write_bytes(path, workbook(table, shelf.edition))
            freshness.remember(item, fingerprint)


def make_library(path: Path, item: str, freshness: Freshness) -> None:
    """Write the explorer's script of Vega and its chart, unless the specification and the library are the same."""
    facts = {"chart": chart.specification(), "vl-convert-python": version("vl-convert-python")}
    fingerprint = freshness.fingerprint([], facts)
    if not freshness.is_fresh(item, fingerprint, [path]):
        write_text(path, chart.chart_script())
        freshness.remember(item, fingerprint)


def draw_stale(pictures: dict[str, Picture], generated: Path, freshness: Freshness, edition: str) -> None:
    """Draw the pictures whose content changed, two at a time; the drawing of one does not depend on another's."""
    stale: dict[str, tuple[Picture, str]] = {}
    for item, picture in pictures.items():
        fingerprint = freshness.fingerprint([], {"picture": picture.fingerprint(), "edition": edition})
        outputs = [generated / f"fig-{picture.name}.{end}" for end in ("svg", "csv", "md")]
        if not freshness.is_fresh(item, fingerprint, outputs):
            stale[item] = (picture, fingerprint)
    for item, drawn in zip(stale, drawings([picture for picture, _ in stale.values()]), strict=True):
        picture, fingerprint = stale[item]
        write_text(generated / f"fig-{picture.name}.svg", drawn)
        write_text(generated / f"fig-{picture.name}.csv", picture.csv())
        write_text(generated / f"fig-{picture.name}.md", figure_markdown(picture, edition))
        freshness.remember(item, fingerprint)


def drawings(pictures: list[Picture]) -> Iterable[str]:
    """Return the SVG of each picture, in order."""
    if len(pictures) <= FEW:
        if not pictures:
            return []
        from pipelines.publish.drawing import draw

        return [draw(picture) for picture in pictures]
    # Spawned, not forked: polars has started threads by now, and a fork would copy their locks.
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
        return list(pool.map(drawn, pictures, chunksize=2))


def drawn(picture: Picture) -> str:
    """Draw one picture in a worker."""
    from pipelines.publish.drawing import draw

    return draw(picture)


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
