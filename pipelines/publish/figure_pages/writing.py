"""Where the pages are written: `reports/<lang>/chiffres/`, only those whose bytes changed."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from pipelines.kernel.figure_address import FOLDER, indicator_folder, indicator_page
from pipelines.kernel.files import replacing_folder, write_text
from pipelines.kernel.freshness import Freshness
from pipelines.publish.figure_pages.facts import Facts
from pipelines.publish.figure_pages.figure import Leaf
from pipelines.publish.figure_pages.indicator import indicator_html
from pipelines.publish.figure_pages.lineage import lineages
from pipelines.publish.shelf import Shelf

ASSETS = ("figure.css", "figure.js")


def write_figure_pages(shelf: Shelf, freshness: Freshness, reports: Path, generated: Path) -> list[str]:
    """Write the pages of all figures and indicators; return the names of the items, one an indicator.

    `reports` is the language's folder. A page that did not change keeps its file; one whose figure is gone goes.
    """
    facts = Facts(shelf, lineages(shelf, freshness, generated))
    written: dict[str, str] = {}
    items = [f"{shelf.lang}/lineage.json"]
    for code in shelf.indicators:
        pages = {indicator_page(code): indicator_html(facts, code), **Leaf(facts, code).pages()}
        folder = indicator_folder(code)
        item = f"{shelf.lang}/{folder}"
        items.append(item)
        fingerprint = freshness.fingerprint([], pages)
        if not freshness.is_fresh(item, fingerprint, [reports / address for address in pages]):
            lay(reports, folder, pages)
            written[item] = fingerprint
    assets = {f"{FOLDER}/{name}": files(__package__).joinpath(name).read_text(encoding="utf-8") for name in ASSETS}
    for address, text in assets.items():
        if not is_written(reports / address, text):
            write_text(reports / address, text)
    freshness.remember_all(written)
    kept = {reports / indicator_folder(code) for code in shelf.indicators} | {reports / address for address in assets}
    for path in sorted((reports / FOLDER).iterdir()):
        if path not in kept:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    return items


def lay(reports: Path, folder: str, pages: Mapping[str, str]) -> None:
    """Bring the folder of one indicator to hold these pages (address → text) and nothing else."""
    target = reports / folder
    stale = [address for address, text in pages.items() if not is_written(reports / address, text)]
    if 2 * len(stale) > len(pages):  # most are new: a folder in one rename costs less than as many renames
        with replacing_folder(target) as part:
            for address, text in pages.items():
                path = part / address.removeprefix(f"{folder}/")
                path.parent.mkdir(exist_ok=True)
                path.write_text(text, encoding="utf-8", newline="\n")
        return
    for address in stale:
        write_text(reports / address, pages[address])
    for path in sorted(target.rglob("*.html")):
        if path.relative_to(reports).as_posix() not in pages:
            path.unlink()


def is_written(path: Path, text: str) -> bool:
    """Say whether a file holds exactly this text."""
    return path.is_file() and path.read_bytes() == text.encode("utf-8")
