"""What search engines and harvesters read of each page: schema.org, as JSON-LD in its head, for both engines.

https://schema.org: Report, WebPage, Dataset, DataDownload, DefinedTermSet, Place, Organization. The pages of figures
bring their own, which `publish` writes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any

from pipelines.render.frame import Frame
from pipelines.render.navigation import Plan
from pipelines.render.sources import Page

CONTEXT = "https://schema.org"
LICENCE = "https://spdx.org/licenses/etalab-2.0.html"
PUBLISHER = "Association des IUT de Midi-Pyrénées (ARIUT)"
HOME = "index.qmd"
DATA_PAGES = ("explorer.qmd", "chiffres.qmd")
DICTIONARY = "dictionnaire.qmd"
KINDS = {".csv": "text/csv", ".json": "application/json", ".txt": "text/plain", ".jsonld": "application/ld+json"}
LINKED = re.compile(r"\(/data/([^)\s#]+)\)")


def downloads(pages: Iterable[Page]) -> tuple[str, ...]:
    """Return the files of data that the pages offer, by name: those that lie in the site."""
    return tuple(sorted({name for page in pages for name in LINKED.findall(page.text)}))


def structured(page: Page, plan: Plan, frame: Frame, offered: Iterable[str]) -> dict[str, Any]:
    """Return what a page says of itself. `offered` are the files of data in the site."""
    root = "../" * page.name.count("/")
    report = {"@type": "Report", "name": plan.title, "version": frame.edition, "url": f"{root}index.html"}
    if page.name == HOME:
        return {
            "@context": CONTEXT,
            **report,
            "description": description(page),
            "inLanguage": plan.lang,
            "license": LICENCE,
            "publisher": {"@type": "Organization", "name": PUBLISHER},
            "about": dataset(page, plan, frame, root, offered),
        }
    content: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": "WebPage",
        "name": page.title,
        "description": description(page),
        "inLanguage": plan.lang,
        "license": LICENCE,
        "isPartOf": report,
    }
    if page.name in DATA_PAGES:
        content["mainEntity"] = dataset(page, plan, frame, root, offered)
    elif page.name == DICTIONARY:
        content["mainEntity"] = {"@type": "DefinedTermSet", "name": page.title, "url": "data/dictionary.csv"}
    elif page.name.startswith("sites/"):
        content["about"] = {"@type": "Place", "name": page.title.split(":")[-1].strip()}
    return content


def dataset(page: Page, plan: Plan, frame: Frame, root: str, offered: Iterable[str]) -> dict[str, Any]:
    """Return the published tables as one dataset with its files."""
    return {
        "@type": "Dataset",
        "name": plan.title,
        "description": description(page),
        "version": frame.edition,
        "license": LICENCE,
        "isAccessibleForFree": True,
        "creator": {"@type": "Organization", "name": PUBLISHER},
        "distribution": [
            {
                "@type": "DataDownload",
                "name": name,
                "contentUrl": f"{root}data/{name}",
                "encodingFormat": KINDS.get(PurePosixPath(name).suffix, "application/octet-stream"),
            }
            for name in offered
        ],
    }


def description(page: Page) -> str:
    """Return what the page says it holds; its title where it says nothing."""
    return str(page.meta.get("description") or page.title)


def script(content: Mapping[str, Any]) -> str:
    """Return the element of the head, on one line. Nothing in it can end the element."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return f'<script type="application/ld+json">{text}</script>'


def with_header(text: str, element: str) -> str:
    """Return a page's text with an element for the head in its front matter, as Quarto documents it."""
    head, separator, rest = text.partition("\n")
    if head.rstrip() != "---":
        return f"---\ninclude-in-header:\n  - text: |\n      {element}\n---\n\n{text}"
    return f"{head}{separator}include-in-header:\n  - text: |\n      {element}\n{rest}"
