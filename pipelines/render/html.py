"""From a resolved page to the text of its HTML file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from typing import Any

from pipelines.kernel.brand import Brand
from pipelines.render.frame import Frame
from pipelines.render.navigation import Plan, menu_html
from pipelines.render.pandoc import Job, convert
from pipelines.render.sources import Page
from pipelines.render.structured import script, structured
from pipelines.render.words import words

TOC_IDS = re.compile(r'(<a href="#[^"]*") id="toc-[^"]*"')
FEWEST_FOR_TOC = 2
"""A table of contents with one line helps nobody."""


def html_job(
    page: Page,
    plan: Plan,
    frame: Frame,
    titles: Mapping[str, str],
    bibliography: tuple[Path, ...],
    brand: Brand,
    offered: Iterable[str] = (),
) -> Job:
    """Return what pandoc needs to write one page: it depends on nothing else, so it is the page's fingerprint too.

    `offered` are the files of data that the site holds.
    """
    root = "../" * page.name.count("/")
    order = list(plan.pages)
    here = order.index(page.name)
    shown = {name: typeset(title, plan.lang) for name, title in titles.items()}
    variables: dict[str, Any] = {
        "site-root": root,
        "site-title": escape(plan.title),
        "logo": brand.mark(root),
        "menu": menu_html(plan.menu, page.name, shown.__getitem__, root),
        "words": words(plan.lang),
        "structured": script(structured(page, plan, frame, offered)),
        "description-meta": escape(str(page.meta.get("description") or ""), quote=True),
    }
    for name, position in (("previous", here - 1), ("next", here + 1)):
        if 0 <= position < len(order):
            variables[f"{name}-page"] = root + order[position].removesuffix(".qmd") + ".html"
            variables[f"{name}-title"] = escape(shown[order[position]])
    return Job(
        to="html5",
        template="template.html",
        variables=variables,
        metadata={
            **frame.metadata(),
            "lang": plan.lang,
            "site-root": root,
            "references-title": words(plan.lang)["references"],
        },
        bibliography=bibliography,
        toc_depth=3 if _headings(page) >= FEWEST_FOR_TOC and page.meta.get("toc") is not False else 0,
    )


def html_page(page: Page, job: Job) -> str:
    """Return the page as HTML. Raises `BadInput` as `convert` does."""
    return TOC_IDS.sub(r"\1", convert(page, job))  # the contents stand twice (wide and narrow): no ids in them


def typeset(title: str, lang: str) -> str:
    """Return a title of the menu with the apostrophes and spaces the filter gives the page's own heading."""
    title = title.replace("'", "’")
    return re.sub(r" (?=[;!?%»])|(?<=«) ", "\u202f", title).replace(" :", "\u00a0:") if lang[:2] == "fr" else title


def _headings(page: Page) -> int:
    return sum(1 for line in page.lines if re.match(r"#{2,3} ", line.text))
