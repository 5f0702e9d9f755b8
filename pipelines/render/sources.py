"""A page as it is written, and the same page with its shortcodes resolved, each line knowing where it came from.

Shortcodes are resolved in the text, before pandoc reads it: a variable may then stand in an address or an attribute.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml

from pipelines.kernel.problems import BadInput, Problem, shown
from pipelines.kernel.yaml_files import LOADER

SHORTCODE = re.compile(r"(?<!\{)\{\{<\s*(?P<name>[\w-]+)\s*(?P<argument>.*?)\s*>\}\}(?!\})")
ESCAPED = re.compile(r"\{(\{\{<.*?>\}\})\}")
FRONT_MATTER = ("title", "subtitle", "description", "publisher", "format", "toc")
"""What a page may say of itself, besides what it shows with `meta`: anything else would be passed over in silence."""

FENCE = re.compile(r"^\s{0,3}(`{3,}|~{3,})")
TABSET = re.compile(r"\.panel-tabset\b")
REMOTE_IMAGE = re.compile(r"!\[[^\]]*\]\(\s*<?(?P<address>(?:https?:)?//[^)\s>]*)")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a resolved page: its text, the file it stands in, its number there (the first is 1)."""

    text: str
    file: str
    number: int


@dataclass(frozen=True, slots=True)
class Page:
    """A page with includes, variables and metadata resolved.

    `name` is its path in the language's folder (`sites/tarbes.qmd`), `meta` its front matter, `lines` the whole text.
    """

    name: str
    meta: Mapping[str, Any]
    lines: tuple[Line, ...]

    @property
    def text(self) -> str:
        """The whole text, as pandoc reads it."""
        return "\n".join(line.text for line in self.lines) + "\n"

    @property
    def title(self) -> str:
        """The title of the front matter."""
        return str(self.meta["title"])

    @property
    def output(self) -> str:
        """The page's address in the site: `sites/tarbes.html`."""
        return self.name.removesuffix(".qmd") + ".html"

    def where(self, pattern: str, occurrence: int = 1) -> Line:
        """Return the line where the regular expression `pattern` is met for the nth time, else the page's first."""
        found = [line for line in self.lines if re.search(pattern, line.text)]
        return found[min(occurrence, len(found)) - 1] if found else self.lines[0]


class Resolver:
    """Resolves the shortcodes of one language's pages. Problems are gathered so that all are told at once."""

    def __init__(self, folder: Path, root: Path, variables: Mapping[str, Any], metadata: Mapping[str, Any]) -> None:
        self._folder = folder
        self._root = root
        self._variables = variables
        self._metadata = metadata
        self._shown: set[str] = set()
        self.problems: list[Problem] = []

    def page(self, name: str) -> Page:
        """Read and resolve one page. Its problems go to `problems`; raises `BadInput` when there is no such page."""
        path = self._folder / name
        if not path.is_file():
            raise BadInput(
                Problem(shown(path, self._root), "The page does not exist", "Write it, or take it out of _quarto.yml.")
            )
        meta = self._front_matter(path)
        self._shown = set()
        lines = tuple(self._resolved(path, (path,), meta))
        self._refuse_strangers(path, meta)
        self._check(lines)
        if any(SHORTCODE.search(str(value)) for value in meta.values()):  # a title may hold a variable
            meta = yaml.load("\n".join(_front_matter_text([line.text for line in lines])), Loader=LOADER) or {}
        if not str(meta.get("title") or "").strip():
            self._report(Line("", shown(path, self._root), 1), "The page has no title", 'Begin it with `title: "…"`.')
            meta = {**meta, "title": name}
        return Page(name, meta, lines or (Line("", shown(path, self._root), 1),))

    def _front_matter(self, path: Path) -> dict[str, Any]:
        text = "\n".join(_front_matter_text(_read(path, self._root).splitlines()))
        try:
            meta = yaml.load(text, Loader=LOADER) if text.strip() else {}
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            row = mark.line + 2 if mark is not None else 1
            self._report(
                Line("", shown(path, self._root), row),
                "The front matter is no valid YAML",
                "Put texts that hold a colon or a quote between quotes.",
            )
            return {"title": path.stem}
        return meta if isinstance(meta, dict) else {}

    def _refuse_strangers(self, path: Path, meta: Mapping[str, Any]) -> None:
        for key in meta:
            if key not in FRONT_MATTER and key not in self._shown:
                row = row_of_key(_read(path, self._root).splitlines(), str(key))
                close = get_close_matches(str(key), FRONT_MATTER, 1)
                mend = f"The closest is {close[0]}." if close else f"Use one of {', '.join(FRONT_MATTER)}."
                where = Line("", shown(path, self._root), row)
                self._report(where, "Nothing reads this key of the front matter", mend, str(key))

    def _resolved(self, path: Path, chain: tuple[Path, ...], meta: Mapping[str, Any]) -> list[Line]:
        lines: list[Line] = []
        name = shown(path, self._root)
        for number, text in enumerate(_read(path, self._root).splitlines(), start=1):
            line = Line(text, name, number)
            include = SHORTCODE.fullmatch(text.strip())
            if include and include["name"] == "include":
                lines += self._included(line, include["argument"].strip("\"'"), path, chain, meta)
            else:
                resolved = SHORTCODE.sub(lambda match, line=line: self._value(match, line, meta), text)  # type: ignore[misc]
                lines += [Line(part, name, number) for part in ESCAPED.sub(r"\1", resolved).split("\n")]
        return lines

    def _included(
        self, line: Line, wanted: str, path: Path, chain: tuple[Path, ...], meta: Mapping[str, Any]
    ) -> list[Line]:
        target = self._folder / wanted.lstrip("/") if wanted.startswith("/") else path.parent / wanted
        if target in chain:
            self._report(line, "The file includes itself", "Take this include out.", wanted)
            return []
        if not target.is_file():
            self._report(
                line,
                "The included file does not exist",
                "Correct its path (/ is the language's folder), or run `observatoire run`, which writes _generated.",
                wanted,
            )
            return []
        blank = Line("", line.file, line.number)  # an include is a block of its own, as in Quarto
        return [blank, *self._resolved(target, (*chain, target), meta), blank]

    def _value(self, match: re.Match[str], line: Line, meta: Mapping[str, Any]) -> str:
        name, argument = match["name"], match["argument"]
        if name == "var":
            value = looked_up(self._variables, argument)
            if isinstance(value, str | int | float):
                return str(value)
            mend = "Correct the key, or add it where `publish` writes _variables.yml."
            self._report(line, "No variable has this key", mend, argument)
        elif name == "meta":
            self._shown.add(argument.split(".")[0])
            value = looked_up(meta, argument)
            value = looked_up(self._metadata, argument) if value is None else value
            if isinstance(value, str | int | float):
                return str(value)
            self._report(line, "No metadata has this key", "Add it to the page's front matter.", argument)
        elif name == "pagebreak":
            return "\n::: {.page-break}\n:::\n"
        elif name == "include":
            self._report(line, "An include must stand alone on its line", "Give it a line of its own.", argument)
        else:
            self._report(line, "No such shortcode", "Use var, meta, include or pagebreak.", name)
        return ""

    def _check(self, lines: tuple[Line, ...]) -> None:
        fence = ""
        for line in lines:
            mark = FENCE.match(line.text)
            if mark and (not fence or mark[1].startswith(fence)):
                fence = "" if fence else mark[1]
            if fence:
                continue
            if TABSET.search(line.text):
                self._report(line, "Panel tabsets are not used", "The PDF would flatten them: use headings.")
            remote = REMOTE_IMAGE.search(line.text)
            if remote:
                mend = "Pages work with no network: put the file in the project."
                self._report(line, "An image comes from the network", mend, remote["address"])

    def _report(self, line: Line, rule: str, mend: str, value: str | None = None) -> None:
        self.problems.append(Problem(file=line.file, row=line.number, rule=rule, value=value, mend=mend))


def row_of_key(lines: list[str], key: str) -> int:
    """Return the line (from 1) of a key at the top of a page's front matter; 1 when it is not found."""
    wanted = re.compile(rf"""["']?{re.escape(key)}["']?\s*:""")
    return next((number for number, line in enumerate(lines, start=1) if wanted.match(line)), 1)


def looked_up(tree: Any, key: str) -> Any:
    """Return the value at the dotted `key` of nested mappings, `None` when there is none.

    A part that is a number names nothing, as in Quarto, which reads it as a position in a list.
    """
    for part in key.split("."):
        if not isinstance(tree, Mapping) or part.isdecimal():
            return None
        tree = tree.get(part)
    return tree


def read_yaml(path: Path, root: Path, mend: str) -> dict[str, Any]:
    """Read a YAML file that must hold a mapping. Raises `BadInput` when it is missing, broken or something else."""
    name = shown(path, root)
    if not path.is_file():
        raise BadInput(Problem(name, "The file is missing", mend))
    try:
        content = yaml.load(_read(path, root), Loader=LOADER)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        row = mark.line + 1 if mark is not None else None
        raise BadInput(Problem(name, "The file is no valid YAML", "Mend this line.", row=row)) from error
    if not isinstance(content, dict):
        raise BadInput(Problem(name, "The file holds no `name: value` lines", mend))
    return content


def _read(path: Path, root: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(
            Problem(shown(path, root), "The file is not UTF-8", "Save it again with the encoding UTF-8.")
        ) from error


def _front_matter_text(lines: list[str]) -> list[str]:
    if not lines or lines[0].rstrip() != "---":
        return []
    end = next((n for n, line in enumerate(lines[1:], start=1) if line.rstrip() in {"---", "..."}), len(lines))
    return lines[1:end]
