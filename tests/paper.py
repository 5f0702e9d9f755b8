"""What a PDF must hold to be read aloud: the rules of PDF/UA-1 that a machine can check."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name

FONT_FILES = ("/FontFile", "/FontFile2", "/FontFile3")


def elements(pdf: pikepdf.Pdf) -> Iterator[Any]:
    """Yield every structure element, in reading order."""
    waiting = [pdf.Root.StructTreeRoot]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, Dictionary):
            continue  # the number of a piece of a page
        if "/S" in node:
            yield node
        kids = node.get("/K")
        waiting += reversed(list(kids)) if isinstance(kids, Array) else [] if kids is None else [kids]


def fonts(pdf: pikepdf.Pdf) -> Iterator[Any]:
    """Yield every font of the file, those inside drawings too."""
    for thing in pdf.objects:
        if isinstance(thing, Dictionary) and thing.get("/Type") == Name.Font:
            yield thing


def bookmarks(pdf: pikepdf.Pdf) -> list[tuple[int, str]]:
    """Return the titles of the outline with their depth, the first level being 0."""
    found: list[tuple[int, str]] = []

    def walk(items: Any, depth: int) -> None:
        for item in items:
            found.append((depth, item.title))
            walk(item.children, depth + 1)

    with pdf.open_outline() as outline:
        walk(outline.root, 0)
    return found


def pages_of_chapters(path: Path) -> dict[str, int]:
    """Return how many pages pass from the beginning of each part and chapter to that of the next, by bookmark."""
    found: list[tuple[str, int]] = []
    with pikepdf.open(path) as pdf:
        numbers = {page.obj.objgen: number for number, page in enumerate(pdf.pages)}
        with pdf.open_outline() as outline:
            for part in outline.root:
                for item in (part, *part.children):
                    found.append((item.title.replace("\u00a0", " "), numbers[_page_of(pdf, item).objgen]))
        found.append(("", len(pdf.pages)))
    return {title: after - page for (title, page), (_, after) in pairwise(found)}


def _page_of(pdf: pikepdf.Pdf, item: pikepdf.OutlineItem) -> Any:
    target = item.destination if item.destination is not None else item.action.D
    if not isinstance(target, Array):  # by name
        found = pikepdf.NameTree(pdf.Root.Names.Dests)[str(target)]
        target = found if isinstance(found, Array) else found.D
    return target[0]


def _embedded(font: Any) -> bool:
    if font.get("/Subtype") == Name.Type3:
        return True  # its letters are drawings within the file
    if font.get("/Subtype") == Name.Type0:
        return all(_embedded(part) for part in font.DescendantFonts)
    return any(key in font.get("/FontDescriptor", {}) for key in FONT_FILES)


def faults(path: Path, lang: str) -> list[str]:
    """Return what keeps the file from being read aloud well, in words; nothing when it is sound."""
    said = []
    with pikepdf.open(path) as pdf:
        root = pdf.Root
        if root.get("/MarkInfo", {}).get("/Marked") is not True:
            said.append("not marked as tagged")
        if str(root.get("/Lang", "")) != lang:
            said.append(f"language is not {lang}")
        if root.get("/ViewerPreferences", {}).get("/DisplayDocTitle") is not True:
            said.append("the window would show the file's name")
        with pdf.open_metadata() as meta:
            if not meta.get("dc:title"):
                said.append("no title")
            if meta.get("{http://www.aiim.org/pdfua/ns/id/}part") != "1":
                said.append("does not say that it is PDF/UA-1")
        if not bookmarks(pdf):
            said.append("no bookmarks")
        if any(page.get("/Tabs") != Name.S for page in pdf.pages if "/Annots" in page):
            said.append("links are not visited in reading order")
        said += [f"font not embedded: {font.get('/BaseFont')}" for font in fonts(pdf) if not _embedded(font)]
        if "/StructTreeRoot" not in root:
            return [*said, "no structure"]
        drawn = 0
        for element in elements(pdf):
            if Name.Figure == element.S:
                drawn += 1
                if not str(element.get("/Alt", "")).strip():
                    said.append("a figure without alternative text")
            if Name.Table == element.S and not any(kid.get("/S") in {Name.THead, Name.TR} for kid in element.K):
                said.append("a table without rows")
        if not drawn:
            said.append("no figure is tagged")
    return said
