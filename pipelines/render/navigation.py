"""The site's plan, read from `_quarto.yml`: title, menu, pages in reading order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from pipelines.kernel.problems import BadInput, Problem, shown
from pipelines.render.sources import read_yaml

REPORT = "rapport.qmd"
"""The page that becomes the PDF; it is no page of the site."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the menu: a page (`page`), or a section (`entries`). `text` is empty when the page's title serves."""

    text: str
    page: str = ""
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What `_quarto.yml` says. `pages` are the names of all pages, those of the menu first and in its order."""

    title: str
    lang: str
    menu: tuple[Entry, ...]
    pages: tuple[str, ...]
    bibliography: tuple[str, ...]
    metadata: Mapping[str, Any]


def read_plan(folder: Path, root: Path) -> Plan:
    """Read `_quarto.yml` of one language's folder. Raises `BadInput` for what is missing or names no page."""
    path = folder / "_quarto.yml"
    metadata = read_yaml(path, root, "Restore it with `git checkout`.")
    website = metadata.get("website") or {}
    sidebar = website.get("sidebar") or {}
    sidebar = sidebar[0] if isinstance(sidebar, list) else sidebar
    menu = tuple(_entry(item) for item in sidebar.get("contents") or [])
    named = list(dict.fromkeys(_pages_of(menu)))
    missing = [name for name in named if not (folder / name).is_file()]
    if missing:
        lines = path.read_text(encoding="utf-8").splitlines()
        raise BadInput(
            Problem(
                shown(path, root),
                "The menu names a page that does not exist",
                "Write the page, or take it out of the menu; sheets of sites and fields are written by `publish`.",
                row=next((n for n, line in enumerate(lines, start=1) if name in line), None),
                value=name,
            )
            for name in missing
        )
    others = sorted(
        item.relative_to(folder).as_posix()
        for item in folder.rglob("*.qmd")
        if not any(part.startswith(("_", ".")) for part in item.relative_to(folder).parts)
    )
    bibliography = metadata.get("bibliography") or []
    return Plan(
        title=str(website.get("title") or metadata.get("title") or ""),
        lang=str(metadata.get("lang") or folder.name),
        menu=menu,
        pages=tuple(dict.fromkeys([*named, *(name for name in others if name != REPORT)])),
        bibliography=tuple([bibliography] if isinstance(bibliography, str) else bibliography),
        metadata=metadata,
    )


def menu_html(menu: tuple[Entry, ...], current: str, title: Callable[[str], str], root: str) -> str:
    """Return the menu as nested lists. `title` gives a page's title, `root` leads from this page to the site's."""
    items = []
    for entry in menu:
        if entry.page:
            here = ' aria-current="page"' if entry.page == current else ""
            address = escape(root + entry.page.removesuffix(".qmd") + ".html", quote=True)
            items.append(f'<li><a href="{address}"{here}>{escape(entry.text or title(entry.page))}</a></li>')
        else:
            inner = menu_html(entry.entries, current, title, root)
            items.append(f'<li><span class="menu-section">{escape(entry.text)}</span>{inner}</li>')
    return "<ul>" + "".join(items) + "</ul>"


def _entry(item: Any) -> Entry:
    if isinstance(item, str):
        return Entry("", page=item.lstrip("/"))
    if "section" in item:
        return Entry(str(item["section"]), entries=tuple(_entry(part) for part in item.get("contents") or []))
    return Entry(str(item.get("text") or ""), page=str(item.get("href") or item.get("file") or "").lstrip("/"))


def _pages_of(menu: tuple[Entry, ...]) -> Iterator[str]:
    for entry in menu:
        if entry.page:
            yield entry.page
        yield from _pages_of(entry.entries)
