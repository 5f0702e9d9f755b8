"""What a page says, whichever engine made it: anchors, numbers, texts and addresses, without its frame."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import lxml.html

FRAME = ".//header | .//nav | .//details[@class='toc-narrow'] | .//section[@id='footnotes'] | .//script | .//button"
"""What stands around the text, and notes, whose place is the engine's own."""
ANCHOR = re.compile(r"(?:fig|tbl|sec|ref)-[\w-]+$")
OURS = re.compile(
    r"(?:page-intro|kpi[\w-]*|status[\w-]*|simulated|figure-pair|source-note|quotation|download|page-break"
    r"|figure-tools|table-tools|table-block|screen-only)$"
)
NOT_SHARED = {"kpi-mention"}
"""Set by the filter after both engines have parted: the look of one word, no text."""


def said(element: Any) -> str:
    """Return an element's text on one line, every kind of space a plain one."""
    return " ".join(re.sub(r"[\u00a0\u202f]", " ", element.text_content()).split())


def _caption(element: Any) -> str:
    return re.sub(r"^((?:Figure|Tableau|Table) \d+)\s*:\s*", r"\1 : ", said(element))


def _address(element: Any) -> str:
    return str(element.get("href")).removeprefix("./")


def _is_own(heading: Any) -> bool:
    """Tell a heading of the text from that of the list of sources, which each engine names."""
    named = heading.get("data-anchor-id") or heading.get("id")
    return bool(named) and named != "references"


def _alternative(image: Any) -> str:
    """Return a picture's words; Quarto leaves them on the division when they were written there."""
    holder = next((item for item in image.iterancestors("div") if item.get("alt")), None)
    return str(image.get("alt") or (holder.get("alt") if holder is not None else ""))


def page_facts(path: Path) -> dict[str, Any]:
    """Return the facts of one HTML page, ready for JSON."""
    main = lxml.html.fromstring(path.read_text(encoding="utf-8")).find(".//main")
    title = said(main.find(".//h1"))
    for part in main.xpath(FRAME):
        part.drop_tree()
    links = [item for item in main.iter("a") if "footnote" not in str(item.get("class"))]
    numbered = [item for item in links if re.match(r"#(fig|tbl)-", _address(item))]
    identifiers = [str(item.get("id")) for item in main.iter() if isinstance(item.tag, str) and item.get("id")]
    classes = [name for item in main.iter() if isinstance(item.tag, str) for name in str(item.get("class", "")).split()]
    paragraphs = [item for item in main.iter("p") if not re.search("callout-title", str(item.get("class")))]
    for item in list(main.iter("a")):
        if _address(item).startswith("#sec-"):
            item.text = _address(item)  # "section « Titre »" here, "section 1.2" there: the address is what counts
    return {
        "title": title,
        "headings": [f"{item.tag} {said(item)}" for item in main.iter("h2", "h3", "h4") if _is_own(item)],
        "anchors": [name for name in identifiers if ANCHOR.fullmatch(name) and "-caption" not in name],
        "captions": [_caption(item) for item in main.iter("figcaption", "caption")],
        "references": [f"{_address(item)} {said(item)}" for item in numbered],
        "links": [_address(item) for item in links],
        "pictures": [f"{str(item.get('src')).removeprefix('./')} {_alternative(item)}" for item in main.iter("img")],
        "paragraphs": [said(item) for item in paragraphs if said(item)],
        "items": [said(item) for item in main.iter("li")],
        "cells": [said(item) for item in main.iter("th", "td")],
        "formulas": [" ".join(item.text_content().split()) for item in main.iter("annotation")],
        "code": [said(item) for item in main.iter("pre")],
        "sources": [said(item) for item in main.xpath(".//div[starts-with(@id, 'ref-')]")],
        "classes": sorted(name for name in classes if OURS.fullmatch(name) and name not in NOT_SHARED),
    }


def report_facts(path: Path) -> dict[str, Any]:
    """Return the facts of the PDF: its outline, and how many pictures, tables and formulas are tagged."""
    import pikepdf

    from tests.paper import bookmarks, elements

    with pikepdf.open(path) as pdf:
        outline = [f"{depth} {title.replace(chr(39), chr(0x2019))}" for depth, title in bookmarks(pdf)]
        tags = [str(element.S).removeprefix("/") for element in elements(pdf)]
    counted = {name: tags.count(name) for name in ("Figure", "Table", "TR", "TH", "TD", "Caption", "Formula", "Note")}
    return {"outline": [line for line in outline if not line.endswith("Références")], "tags": counted}


def facts(site: Path, pages: tuple[str, ...]) -> dict[str, Any]:
    """Return the facts of a rendered site: each page's, and those of `rapport.pdf`."""
    return {**{name: page_facts(site / name) for name in pages}, "rapport.pdf": report_facts(site / "rapport.pdf")}
