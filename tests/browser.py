"""A real browser that looks at pages: what it found is returned as lines a person can act on; no finding, no line.

Debian's Chromium, driven by Playwright. One browser and one context serve a whole module.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Request, Route, sync_playwright

from pipelines.kernel.figure_address import FOLDER

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
WIDTHS = (1280, 390, 320)
"""An office screen, a telephone, an office screen at 400 %."""

TELEPHONE = 390
HEIGHT = 900
HEAVIEST = 1_000_000  # bytes of a page with everything it loads
SLOWEST = 1.0  # seconds until a page can be used
TRIES = 3  # again, for a page that was slower
GRAVE = {"serious", "critical"}

FEW = 3
"""Of texts that look alike, so many have their contrast measured: a table has hundreds, in four looks."""

AXE = f"""async () => {{
  const behind = new Map([[null, '']]), alike = new Map()
  const layers = item => {{
    if (!behind.has(item)) {{
      const style = getComputedStyle(item)
      const own = [style.backgroundColor, style.backgroundImage, style.opacity, style.filter, style.mixBlendMode,
        style.position, style.visibility].join(' ')
      const plain = own === 'rgba(0, 0, 0, 0) none 1 none normal static visible'
      behind.set(item, layers(item.parentElement) + (plain ? '' : ` / ${{own}}`))
    }}
    return behind.get(item)
  }}
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (texts.nextNode()) {{
    const item = texts.currentNode.parentElement, text = texts.currentNode.data.trim()
    if (text.length < 2 || !/[\\p{{L}}\\p{{N}}]/u.test(text)) continue  // axe-core does not judge one sign
    const style = getComputedStyle(item), shown = item.getClientRects().length > 0
    const look = [shown, style.color, style.fontSize, style.fontWeight, style.textShadow, layers(item)].join(' | ')
    alike.set(look, (alike.get(look) || new Set()))
    if (alike.get(look).size < {FEW}) alike.get(look).add(item)
  }}
  const how = {{preload: false, resultTypes: ['violations']}}, contrast = 'color-contrast'
  const chosen = [...new Set([...alike.values()].flatMap(items => [...items]))]
  const whole = await axe.run(document, {{...how, rules: {{[contrast]: {{enabled: false}}}}}})
  const colours = chosen.length ? await axe.run({{include: chosen}}, {{...how, runOnly: [contrast]}}) : {{}}
  return [...whole.violations, ...(colours.violations || [])]
    .map(found => ({{id: found.id, impact: found.impact, nodes: found.nodes.map(node => node.html.slice(0, 160))}}))
}}"""
"""All rules on the whole page; contrast, nine tenths of the time, on texts of each look: one has the colours, size and
weight of the other, and the same layers behind it."""

WIDER = """() => {
  const width = document.documentElement.clientWidth, all = document.documentElement.scrollWidth
  if (all <= width) return []
  const beyond = [...document.body.querySelectorAll('*')].filter(item => item.getBoundingClientRect().right > width + 1)
  return [`${all} px, by ${beyond.slice(-3).map(item => item.outerHTML.slice(0, 120)).join(' ')}`]
}"""
"""The page's own scrolling, not that of frames within it; the innermost things that stick out are named."""

CUT = """() => [...document.querySelectorAll('main figure:not(.table-figure, .quarto-float-tbl)')]
  .filter(figure => figure.scrollWidth > figure.clientWidth + 1)
  .map(figure => figure.id || figure.outerHTML.slice(0, 120))"""
"""Figures that one would have to scroll sideways; tables may, in their own frames."""

USABLE = """() => { const timing = performance.getEntriesByType('navigation')[0]
  return Math.max(timing.domInteractive, timing.domContentLoadedEventEnd) / 1000 }"""


def chromium() -> str:
    """Return the browser's path. Without one tests are skipped; in CI, or where it is required, they fail."""
    found = next((path for path in map(shutil.which, BROWSERS) if path), None)
    if found is None:
        said = f"no browser on PATH (looked for {', '.join(BROWSERS)}): the pages were not looked at"
        if os.environ.get("OBSERVATOIRE_BROWSER") == "required" or os.environ.get("CI"):
            pytest.fail(said)
        pytest.skip(said)
    return found


def axe_script() -> str:
    """Return the text of axe-core, as the package `axe-playwright-python` ships it."""
    spec = find_spec("axe_playwright_python")
    assert spec is not None
    assert spec.origin is not None
    return (Path(spec.origin).parent / "axe.min.js").read_text(encoding="utf-8")


@dataclass
class Watched:
    """One tab and what happened in it since `forget`: addresses asked for, files loaded, errors said."""

    page: Page
    axe: str
    outside: list[str] = field(default_factory=list)
    loaded: list[Path] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def forget(self) -> None:
        """Begin a new account."""
        self.outside.clear()
        self.loaded.clear()
        self.errors.clear()

    def open(self, path: Path, width: int = WIDTHS[0]) -> Page:
        """Open a file at a width and return the tab."""
        self.forget()
        self.page.set_viewport_size({"width": width, "height": HEIGHT})
        self.page.goto(path.as_uri(), wait_until="load")
        return self.page

    def resize(self, width: int) -> None:
        """Give the tab another width and let the page settle."""
        self.page.set_viewport_size({"width": width, "height": HEIGHT})
        self.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def evaluate(self, script: str) -> Any:
        """Return what a script says in the page."""
        return self.page.evaluate(script)

    def guard(self, route: Route, request: Request) -> None:
        """Let files through, note everything else and stop it: the test cannot reach the network either."""
        if request.url.startswith("file:"):
            self.loaded.append(Path(request.url.split("?")[0].split("#")[0].removeprefix("file://")))
            route.continue_()
        elif request.url.startswith(("data:", "blob:")):
            route.continue_()
        else:
            self.outside.append(request.url)
            route.abort()


@contextmanager
def watching() -> Iterator[Watched]:
    """Start the browser, give a watched tab, end the browser."""
    executable = chromium()
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=executable, args=["--no-sandbox", "--disable-gpu"])
        try:
            yield watched(browser.new_context(locale="fr-FR", reduced_motion="reduce"))
        finally:
            browser.close()


def watched(context: BrowserContext) -> Watched:
    """Return a watched tab of a context."""
    tab = Watched(context.new_page(), axe_script())
    context.route("**/*", tab.guard)
    tab.page.on("console", lambda said: tab.errors.append(said.text) if said.type in {"error", "warning"} else None)
    tab.page.on("pageerror", lambda error: tab.errors.append(str(error)))
    return tab


def findings(tab: Watched, path: Path, name: str, axe_at: tuple[int, ...] = WIDTHS[:1]) -> list[str]:
    """Look at one page in all ways every page is looked at, with axe-core at some widths; `name` begins each line."""
    tab.open(path)
    lines = weight_findings(tab, path)
    for width in WIDTHS:
        tab.resize(width)
        lines += [f"wider than {width} px: {item}" for item in tab.evaluate(WIDER)]
        if width == TELEPHONE:
            lines += [f"a figure scrolls sideways at {width} px: {item}" for item in tab.evaluate(CUT)]
        if width in axe_at:
            lines += [f"at {width} px, {item}" for item in axe_findings(tab)]
    return [f"{name}: {line}" for line in dict.fromkeys([*lines, *quiet_findings(tab)])]


def axe_findings(tab: Watched) -> list[str]:
    """Return what axe-core calls serious or critical."""
    return grave(tab.page, tab.axe)


def grave(page: Page, axe: str) -> list[str]:
    """Return what axe-core, whose text is given, calls serious or critical; it is brought into the page once."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe)
    return [
        f"axe {found['id']} ({found['impact']}): {'; '.join(found['nodes'][:3])}"
        for found in page.evaluate(AXE)
        if found["impact"] in GRAVE
    ]


def quiet_findings(tab: Watched) -> list[str]:
    """Return requests beyond files, and what the console complained of."""
    return [f"asks the network for {address}" for address in tab.outside] + [f"console: {text}" for text in tab.errors]


def weight_findings(tab: Watched, path: Path) -> list[str]:
    """Return a page too heavy or too slow; the best of a few tries counts, since other work may share the machine."""
    lines = []
    weight = weight_of(tab)
    if weight > HEAVIEST:
        lines.append(f"weighs {weight:,} bytes with what it loads, more than {HEAVIEST:,}")
    seconds = tab.evaluate(USABLE)
    for _ in range(TRIES):
        if seconds > SLOWEST:
            tab.open(path)
            seconds = min(seconds, tab.evaluate(USABLE))
    if seconds > SLOWEST:
        lines.append(f"can be used after {seconds:.2f} s, more than {SLOWEST:.0f} s")
    return lines


def weight_of(tab: Watched) -> int:
    """Return the bytes of the page and of everything it loaded, each file once."""
    return sum(path.stat().st_size for path in set(tab.loaded) if path.is_file())


def pages_of(site: Path) -> list[Path]:
    """Return the pages of a site, in order; of those of figures, which a template makes, one of each kind."""
    figures = site / FOLDER
    others = [path for path in site.rglob("*.html") if not path.is_relative_to(figures)]
    return sorted([*others, *sampled(figures)])


KINDS = {
    "rate": "<dt>Calcul</dt>|<dt>Computed as</dt>",
    "count": r"<main (?!.*<dt>(Calcul|Computed))",
    "band": "<dt>Intervalle|<dt>95% interval",
    "simulated": 'figure-value">[^<]*<small>',
    "hidden": 'figure-value">c<',
    "missing": 'figure-value">–<',
    "indicator": "figure-grid",
    "not measured": 'id="why".*<code>|<p class="subtitle"><code>(?!.*figure-grid)',
}
"""Kinds of pages of figures, each with what its first page holds."""


def sampled(figures: Path) -> list[Path]:
    """Return the first page of each kind among the pages of figures."""
    found: dict[str, Path] = {}
    for path in sorted(figures.rglob("*.html")):
        text = path.read_text(encoding="utf-8")
        for kind, pattern in KINDS.items():
            if kind not in found and re.search(pattern, text, re.DOTALL):
                found[kind] = path
        if len(found) == len(KINDS):
            break
    return sorted(set(found.values()))


def findings_of_site(tab: Watched, site: Path, axe_at: tuple[int, ...] = WIDTHS[:1]) -> list[str]:
    """Look at every page of a site."""
    return [
        line
        for path in pages_of(site)
        for line in findings(tab, path, path.relative_to(site).as_posix(), axe_at=axe_at)
    ]
