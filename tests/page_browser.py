"""One page made of a block that publish writes and the files it loads, opened in the machine's own Chromium."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from tests.browser import chromium

POLICY = "script-src file: 'unsafe-inline'"
"""No `eval`: what a strict site would ask of the page."""


def laid(folder: Path, block: str, loaded: Mapping[str, str], after: str = "", lang: str = "fr") -> Path:
    """Write the page and what stands in `_generated/`; return the page's path."""
    (folder / "_generated").mkdir(parents=True, exist_ok=True)
    for name, text in loaded.items():
        (folder / "_generated" / name).write_text(text, encoding="utf-8")
    page = folder / "page.html"
    page.write_text(
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>Page</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}"></head>'
        f"<body><main><h1>Page</h1>\n{block}\n{after}</main></body></html>",
        encoding="utf-8",
    )
    return page


@contextmanager
def opened() -> Iterator[tuple[Any, list[str]]]:
    """Give a tab, and the list that gathers its errors and whatever it asks of the network.

    Without Chromium it is as `chromium` says: skipped, or failed where a browser is required.
    """
    executable = chromium()
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=executable, args=["--no-sandbox", "--disable-gpu"])
        try:
            tab, wrong = browser.new_page(), []
            tab.on("pageerror", lambda error: wrong.append(str(error)))
            tab.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
            tab.on(
                "request",
                lambda asked: None if asked.url.startswith(("file:", "blob:", "data:")) else wrong.append(asked.url),
            )
            yield tab, wrong
        finally:
            browser.close()


def seconds_to_use(tab: Any, page: Path) -> float:
    """Return how long the page takes until its scripts have run, the best of three."""
    took = []
    for _ in range(3):
        tab.goto(page.as_uri())
        took.append(tab.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd") / 1000)
    return min(took)


def weight(page: Path) -> int:
    """Return the bytes of the page and of everything laid beside it."""
    return sum(path.stat().st_size for path in page.parent.rglob("*") if path.is_file())
