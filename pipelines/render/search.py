"""The index of the search box: every section of every page, read from the pages as they are shown.

It is a script that sets one variable, because a page opened from a file may load scripts and nothing else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser

INDEX = "_theme/search-index.js"
"""Where the script lies in the site; `theme/search.js` loads it when the box is first used."""

VARIABLE = "window.observatoireIndex"
HEADINGS = {"h1", "h2", "h3", "h4", "h5"}
VOID = {"area", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
INLINE = {"a", "abbr", "b", "code", "em", "i", "mark", "q", "s", "small", "span", "strong", "sub", "sup", "u"}
REFERENCES = "references"
"""The anchor of the list that each page repeats."""

UNSAID_TAGS = {"nav", "script", "style", "math", "button"}
UNSAID_CLASSES = {"toc-narrow", "figure-tools", "table-tools", "download", "caption-label", REFERENCES}
"""What no reader looks for: menus, links to files, numbers of figures, the list of references each page repeats."""

BETWEEN_CELLS = " · "

NUMBER_ALONE = re.compile(r"^[\s\d.,%+\-−–—\u00a0\u202f()]*$")


@dataclass(slots=True)
class Section:
    """A heading, its anchor (`""` is the page's top), the text below it up to the next heading."""

    anchor: str
    heading: str = ""
    parts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The text with single plain spaces."""
        return " ".join("".join(self.parts).split()).removesuffix(BETWEEN_CELLS.rstrip())


class _Reader(HTMLParser):
    """Cuts the page's `<main>` into sections. The first one is the page's title and what stands before any heading."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.sections: list[Section] = [Section("")]
        self._open: list[str] = []
        self._silent = 0
        self._heading = False
        self._cell: list[str] | None = None
        self._around = ""
        self._done = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "main" and not self._done:
            self._open = ["main"]
        elif not self._open:
            return
        elif tag in VOID and not self._silent:
            self._say(f" {values.get('alt', '')} ")
        if tag in VOID or tag == "main":
            return
        self._open.append(tag)
        if self._silent or tag in UNSAID_TAGS or UNSAID_CLASSES & set(values.get("class", "").split()):
            self._silent += 1
            return
        if tag == "section" and values.get("id"):  # Quarto carries the anchor on the section around the heading
            self._around = values["id"]
        if tag in HEADINGS:
            anchor = "" if tag == "h1" else values.get("id") or values.get("data-anchor-id") or self._around
            if anchor:
                self.sections.append(Section(anchor))
            self._heading = True
        elif tag in {"td", "th"}:
            self._cell = []
        elif tag not in INLINE:
            self._say(" ")

    def handle_endtag(self, tag: str) -> None:
        if not self._open or tag in VOID:
            return
        self._open.pop()
        if tag == "main":
            self._open, self._done = [], True
        elif self._silent:
            self._silent -= 1
        elif tag in HEADINGS:
            self._heading = False
        elif tag in {"td", "th"}:
            said, self._cell = "".join(self._cell or []), None
            if not NUMBER_ALONE.match(said):
                self._say(f" {said.strip()}{BETWEEN_CELLS}")
        elif tag not in INLINE:
            self._say(" ")

    def handle_data(self, data: str) -> None:
        if self._open and not self._silent:
            self._say(data)

    def _say(self, text: str) -> None:
        section = self.sections[-1]
        if self._cell is not None:
            self._cell.append(text)
        elif self._heading:
            section.heading += text
        else:
            section.parts.append(text)


def sections_of(html: str) -> list[Section]:
    """Return the sections of one page in order, without its references; the first bears the page's title."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    for section in reader.sections:
        section.heading = " ".join(section.heading.split())
    return [section for section in reader.sections if section.heading and section.anchor != REFERENCES]


def search_index(pages: Mapping[str, str]) -> bytes:
    """Return the script for `pages` (address in the site → HTML), in their order: the same pages, the same bytes."""
    return written_index({address: sections_of(html) for address, html in pages.items()})


def written_index(pages: Mapping[str, Sequence[Section]]) -> bytes:
    """Return the script for pages whose sections are known (address in the site → sections)."""
    names, rows = [], []
    for position, (address, sections) in enumerate(pages.items()):
        names.append([address, sections[0].heading if sections else address])
        rows += [[position, section.anchor, section.heading, section.text] for section in sections]
    content = json.dumps({"pages": names, "sections": rows}, ensure_ascii=False, separators=(",", ":"))
    return f"{VARIABLE}={content};\n".encode()
