"""The house's logo and colours: `reports/brand/brand.yml`, in the format of Quarto's brand.yml, read or refused.

A few colours must be there; each of the others that is left out is mixed from them. What could not be read against
its ground, or not be told apart, is refused with a sentence, as is a logo that would load something from elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from html import escape
from itertools import combinations
from pathlib import Path
from typing import Any

import yaml

from pipelines.kernel.colours import Colours, contrast, distance, luminance
from pipelines.kernel.palette import APART, LEGIBLE, PALETTE, ROLES, SERIES_NAMES, completed, grounds
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project
from pipelines.kernel.yaml_files import load_yaml, row_of, yaml_problem

FOLDER, FILE = "brand", "brand.yml"

COMPULSORY = ("foreground", "background", "primary", "success", "warning", "danger")
LINK = "typography.link.color"
COLOUR = re.compile(r"#[0-9a-fA-F]{6}\Z")


LARGEST_LOGO = 200_000
"""Bytes: every page loads it."""

SIGNS = {".svg": b"<svg", ".png": b"\x89PNG\r\n"}
ELSEWHERE = re.compile(
    rb"<script|<foreignObject|\son\w+\s*=|(?:href|src)\s*=\s*[\"'](?!#|data:)|url\(\s*[\"']?(?!#|data:)|@import", re.I
)


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture for a light ground and the words that stand for it; `path` is absolute."""

    path: Path
    alt: str

    @property
    def name(self) -> str:
        """Return its file's name beside the pages: `logo.svg` or `logo.png`."""
        return f"logo{self.path.suffix.lower()}"


@dataclass(frozen=True, slots=True)
class Brand:
    """What the house looks like; `logo` is None where it has none."""

    colours: Colours
    logo: Logo | None = None

    def themed(self, style: Path) -> bytes:
        """Return a stylesheet or a Typst file of the theme; those that open the others begin with the colours."""
        opening = {"theme.css": self.colours.css, "classes.typ": self.colours.typst}.get(style.name)
        return (opening().encode() if opening else b"") + style.read_bytes()

    def mark(self, root: str) -> str:
        """Return the logo for the head of a page, as HTML; `root` leads to the site's. Empty where there is none."""
        if self.logo is None:
            return ""
        return f'<img class="site-logo" src="{root}_theme/{self.logo.name}" alt="{escape(self.logo.alt, quote=True)}"> '


def read_brand(project: Project) -> Brand:
    """Read `reports/brand/brand.yml`. Raises `BadInput`, one problem a fault."""
    path = project.reports / FOLDER / FILE
    reader = _Reader(path, project.shown(path))
    content = reader.content()
    colours = reader.colours(content)
    logo = reader.logo(content)
    if colours is not None and not reader.problems:
        reader.refuse_illegible(colours)
    if reader.problems or colours is None:
        raise BadInput(reader.problems)
    return Brand(colours, logo)


class _Reader:
    """One reading of the file: what it gives, and the problems met on the way."""

    def __init__(self, path: Path, name: str) -> None:
        self.path = path
        self.name = name
        self.problems: list[Problem] = []

    def content(self) -> dict[str, Any]:
        """Return the whole file. Raises `BadInput` when it is absent or no YAML."""
        try:
            content = load_yaml(self.path.read_text(encoding="utf-8-sig"))
        except FileNotFoundError as error:
            mend = f"Restore it with `git checkout -- {self.name}`: it holds the colours of pages and figures."
            raise BadInput(Problem(self.name, "The brand is missing", mend)) from error
        except yaml.YAMLError as error:
            raise BadInput(yaml_problem(error, self.name, "The brand")) from error
        except UnicodeDecodeError as error:
            raise BadInput(Problem(self.name, "The brand is not in UTF-8", "Save it again as UTF-8.")) from error
        if not isinstance(content, dict):
            raise BadInput(Problem(self.name, "The brand holds no keys", "Write `color:` and what stands below it."))
        return self.block({"": content}, "", ("logo", "color", "typography"))

    def say(self, at: str, rule: str, mend: str, value: str | None = None, place: tuple[str, ...] = ()) -> None:
        """Note a problem at a key, written with dots."""
        parts = place or tuple(at.split("."))
        self.problems.append(Problem(self.name, rule, mend, row_of(self.path, *parts), at, value))

    def block(self, content: Mapping[str, Any], at: str, known: tuple[str, ...]) -> dict[str, Any]:
        """Return the mapping at a key; none is an empty one. A key that is not known is refused."""
        block = content.get(at.rpartition(".")[2]) or {}
        if not isinstance(block, dict):
            self.say(at, "Keys are expected below this one", f"Write one or more of: {', '.join(known)}.", str(block))
            return {}
        for key in block:
            if str(key) not in known:
                near = get_close_matches(str(key), known, n=1) or [", ".join(known)]
                here = f"{at}.{key}".strip(".")
                self.say(here, "Nothing is drawn with a key of this name", f"Known here: {near[0]}.")
        return {str(key): value for key, value in block.items() if str(key) in known}

    def colours(self, content: Mapping[str, Any]) -> Colours | None:
        """Return the colours, or None and say what is wrong with them."""
        color = self.block(content, "color", ("palette", *ROLES))
        palette = self.block(color, "color.palette", PALETTE)
        typography = self.block(content, "typography", ("link",))
        link = self.block(typography, "typography.link", ("color",))
        given = {name: (f"color.palette.{name}", value) for name, value in palette.items()}
        given |= {ROLES[name]: (f"color.{name}", value) for name, value in color.items() if name in ROLES}
        given |= {"link": (LINK, link["color"])} if "color" in link else {}
        absent = [name for name in COMPULSORY if name not in color]
        absent += [f"palette.{name}" for name in SERIES_NAMES if name not in palette]
        for name in absent:
            self.say(f"color.{name}", "A colour is missing", 'Write it as "#1b3a5c": six digits, in quotes.')
        names = {at.rpartition(".")[2]: ours for ours, (at, _) in given.items()} | {ours: ours for ours in given}
        resolved = {ours: self.resolved(ours, given, names) for ours in given}
        if self.problems:
            return None
        return completed({name: colour for name, colour in resolved.items() if colour is not None})

    def resolved(self, ours: str, given: Mapping[str, tuple[str, Any]], names: Mapping[str, str]) -> str | None:
        """Return a colour as digits; one that names another of the file is that one's."""
        at, value = given[ours]
        seen = {ours}
        while isinstance(value, str) and value in names and names[value] not in seen:
            seen.add(names[value])
            value = given[names[value]][1]
        if isinstance(value, str) and COLOUR.match(value):
            return value
        mend = (
            'Write it as "#1b3a5c", six digits in quotes (else YAML takes # for a remark), or name another of the file.'
        )
        self.say(at, "This is no colour", mend, None if given[ours][1] is None else str(given[ours][1]))
        return None

    def refuse_illegible(self, colours: Colours) -> None:
        """Say what could not be read or told apart."""
        found = colours.named()
        if luminance(found["paper"]) < 0.5:
            self.say(
                "color.background", "The background is dark", "Pages are printed: choose a light one.", found["paper"]
            )
            return
        for seen, ground, least in grounds(colours):
            ratio = contrast(found[seen], found[ground])
            if ratio < least:
                kind = "The text cannot be read" if least == LEGIBLE else "The mark cannot be seen"
                rule = f"{kind} on {self.key(ground)} {found[ground]}: its contrast is {ratio:.1f}, {least:g} at least"
                self.say(self.key(seen), rule, "Make one of the two darker or lighter.", found[seen])
        for one, other in combinations((*SERIES_NAMES, "whole"), 2):
            if distance(found[one], found[other]) < APART:
                rule = f"Readers cannot tell this colour from {self.key(one)} {found[one]}"
                self.say(self.key(other), rule, "Change one of the two; figures show both.", found[other])

    def key(self, ours: str) -> str:
        """Return the key of the file that gives one of our colours."""
        roles = {mine: f"color.{name}" for name, mine in ROLES.items()} | {"link": LINK}
        return roles.get(ours, f"color.palette.{ours}")

    def logo(self, content: Mapping[str, Any]) -> Logo | None:
        """Return the logo: `logo.medium` names one of `logo.images`, which has a `path` and its words, `alt`."""
        if content.get("logo") is None:
            return None
        block = self.block(content, "logo", ("images", "medium"))
        images = block.get("images") if isinstance(block.get("images"), dict) else {}
        name = block.get("medium")
        image = images.get(name) if isinstance(images, dict) else None
        if not isinstance(image, dict):
            mend = "Write `images: {house: {path: logo.svg, alt: the house's name}}` and `medium: house`."
            self.say("logo.medium", "The logo is none of logo.images", mend, None if name is None else str(name))
            return None
        at = f"logo.images.{name}"
        path, alt = image.get("path"), image.get("alt")
        if not isinstance(alt, str) or not alt.strip():
            self.say(
                at, "The logo has no words that stand for it", "Add `alt:`, the house's name: screen readers say it."
            )
        if not isinstance(path, str):
            self.say(at, "The logo has no file", "Add `path: logo.svg`, the file beside brand.yml.")
            return None
        file = (self.path.parent / path).resolve()
        fault = logo_fault(file, self.path.parent.resolve())
        if fault is not None:
            self.say(f"{at}.path", *fault, path)
        return Logo(file, str(alt))


def logo_fault(file: Path, folder: Path) -> tuple[str, str] | None:
    """Return what is wrong with a logo, rule and mend; None when it can be shown."""
    if not file.is_relative_to(folder):
        return "The logo lies outside the brand's folder", "Copy it beside brand.yml: what is drawn depends on it."
    if file.suffix.lower() not in SIGNS:
        return "The logo is neither SVG nor PNG", "Save it as one of them."
    if not file.is_file():
        return "The logo's file does not exist", "Copy it beside brand.yml, or correct its name."
    content = file.read_bytes()
    if SIGNS[file.suffix.lower()] not in content[:2000]:
        return "The logo is not what its name says", "Save it again as SVG or PNG."
    if len(content) > LARGEST_LOGO:
        return (
            f"The logo takes {len(content) // 1000} kB, {LARGEST_LOGO // 1000} at most",
            "Make it smaller: every page loads it.",
        )
    if file.suffix.lower() == ".svg" and ELSEWHERE.search(content):
        return "The logo holds a script or loads something", "Save it as plain SVG, its pictures and letters inside."
    return None
