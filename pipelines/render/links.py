"""What the pages of the site point to: every link leads somewhere, and nothing is loaded from the network."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

LOADED = {("link", "href"), ("img", "src"), ("script", "src"), ("iframe", "src"), ("source", "src"), ("object", "data")}
"""What a browser fetches by itself, as against what a reader may click on."""


@dataclass(slots=True)
class Pointers(HTMLParser):
    """The identifiers a page defines, and what it points to as (tag, address) in order."""

    ids: set[str] = field(default_factory=set)
    links: list[tuple[str, str]] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        HTMLParser.__init__(self, convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note one element's identifier and addresses."""
        for name, value in attrs:
            if name == "id" and value:
                self.ids.add(value)
            if value and (tag, name) in LOADED:
                self.loaded.append(value)
            elif value and tag == "a" and name == "href":
                self.links.append((tag, value))


def pointers(html: str) -> Pointers:
    """Parse one page."""
    parser = Pointers()
    parser.feed(html)
    parser.close()
    return parser


@dataclass(frozen=True, slots=True)
class Target:
    """A local address of a page: as written, the file it means in the site, the anchor in it."""

    written: str
    file: str
    anchor: str


def local_targets(page: str, found: Pointers) -> list[Target]:
    """Return the addresses of `page` (`sites/tarbes.html`) that mean a file of the site, in order, each once."""
    targets = []
    for address in dict.fromkeys([*found.loaded, *(address for _, address in found.links)]):
        parts = urlsplit(address)
        if parts.scheme or parts.netloc:
            continue
        path = unquote(parts.path)
        file = posixpath.normpath(posixpath.join(posixpath.dirname(page), path)) if path else page
        targets.append(Target(address, file, unquote(parts.fragment)))
    return targets


def remote_resources(found: Pointers) -> list[str]:
    """Return what the page would load from the network."""
    return [address for address in found.loaded if urlsplit(address).scheme in {"http", "https"} or address[:2] == "//"]


def dead(target: Target, pages: Mapping[str, Pointers], files: set[str]) -> bool:
    """Say whether a local address leads nowhere: to no page, no file, or no anchor of its page."""
    if target.file in pages:
        return bool(target.anchor) and target.anchor not in pages[target.file].ids
    return target.file not in files
