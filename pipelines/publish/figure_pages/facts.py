"""What all figures of one indicator share: words, sources, checks, lineage, and the markup made of them once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import Any

import yaml

from pipelines.kernel.brand import Brand
from pipelines.kernel.indicators import Indicator, read_indicators
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.yaml_files import LOADER
from pipelines.publish.figure_pages.drawing import Row, drawing
from pipelines.publish.figure_pages.inputs import Input, inputs
from pipelines.publish.figure_pages.lineage import Lineage, source_of
from pipelines.publish.figure_pages.words import WORDS, typeset
from pipelines.publish.names import in_language
from pipelines.publish.numbers import number
from pipelines.publish.shelf import Shelf
from pipelines.publish.variables import report

FILES_DRAWN = 3
"""Files of one source that the drawing names; the indicator's page lists them all."""

FIGURE, QUERY = "@", "?"
"""Keys of the drawing's first two rows."""


@dataclass(frozen=True, slots=True)
class House:
    """What stands around every page: the report's title, edition, banner, licence."""

    title: str
    edition: str
    banner: str
    licence: str
    brand: Brand


class Facts:
    """What the pages are made from, read once: registry, lineages, inputs, checks, corrections."""

    def __init__(self, shelf: Shelf, lineages: Mapping[str, Lineage]) -> None:
        self.shelf = shelf
        self.lang = shelf.lang
        self.words = WORDS[shelf.lang]
        self.registry: dict[str, Indicator] = read_indicators(shelf.project)
        self._lineages = lineages

    def say(self, text: str) -> str:
        """Return a text as HTML, its typography done."""
        return escape(typeset(text, self.lang), quote=False)

    @cached_property
    def house(self) -> House:
        """The frame. Raises `BadInput` when the site's plan does not name the site."""
        path = self.shelf.project.reports / self.lang / "_quarto.yml"
        title = (yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER).get("website") or {}).get("title")
        if not title:
            shown = self.shelf.project.shown(path)
            raise BadInput(Problem(shown, "The site has no title", "Write `website: {title: …}`."))
        said = {name: self.say(text) for name, text in report(self.shelf).items()}
        edition, banner, licence = (said[f"report.{name}"] for name in ("edition", "simulated", "licence"))
        return House(self.say(str(title)), edition, banner, licence, self.shelf.brand)

    @cached_property
    def inputs(self) -> dict[str, list[Input]]:
        """Source → what was taken in of it."""
        return inputs(self.shelf)

    @cached_property
    def checks(self) -> dict[str, dict[str, int]]:
        """Table → outcome → number of checks."""
        found: dict[str, dict[str, int]] = {}
        for item in self.shelf.checks:
            for check in item["content"].get("checks", []) if isinstance(item["content"], dict) else []:
                counts = found.setdefault(check["table"], {})
                counts[check["outcome"]] = counts.get(check["outcome"], 0) + 1
        return found

    def label(self, code: str) -> str:
        """Return the name of an indicator, typography done, not escaped."""
        return typeset(self.shelf.indicators[code].label, self.lang)

    def place(self, scope: str) -> str:
        """Return the name of a scope, typography done, not escaped."""
        known = self.shelf.catalogue.sources.get(scope)
        name = known.title.in_(self.lang) if known and known.personal else self.shelf.place(scope)
        return typeset(name[:1].upper() + name[1:], self.lang)

    def lineage(self, code: str) -> Lineage | None:
        """Return the lineage of an indicator; None for one that no query computes."""
        return self._lineages.get(self.registry[code].sql_name)

    def sources(self, code: str) -> list[str]:
        """Return the datasets of an indicator that have a sidecar, in the order of the registry."""
        return [source for source in self.registry[code].sources if source in self.shelf.catalogue.sources]

    def sources_html(self, code: str, *, with_links: bool = False) -> str:
        """Return a list of sources, an item a licence: titles with their producers, then the licence."""
        by_licence: dict[str, dict[str, list[str]]] = {}
        for source_id in self.sources(code):
            source = self.shelf.catalogue[source_id]
            licence = in_language(source.licence, self.lang, self.shelf.region)
            if not source.licence_confirmed:
                licence += f" ({self.words['to_be_confirmed']})"
            title = self.say(source.title.in_(self.lang))
            if with_links and not source.personal and source.landing_page.startswith("https://"):
                title = f'<a href="{escape(source.landing_page)}">{title}</a>'
            by_licence.setdefault(licence, {}).setdefault(source.producer, []).append(title)
        items = ""
        for licence, producers in by_licence.items():
            named = [
                f"{', '.join(titles)}. {self.say(in_language(who, self.lang, self.shelf.region))}"
                for who, titles in producers.items()
            ]
            items += f"<li>{'. '.join(named)}. {self.say(licence)}.</li>"
        return f"<ul>{items}</ul>" if items else ""

    def checks_text(self, code: str) -> str:
        """Return how many checks of the tables below passed, or did not."""
        total: dict[str, int] = {}
        lineage = self.lineage(code)
        for table in lineage.tables if lineage else ():
            for outcome, count in self.checks.get(table.name, {}).items():
                total[outcome] = total.get(outcome, 0) + count
        return ", ".join(
            f"{number(total[outcome], self.lang)} {self.words[outcome]}"
            for outcome in ("pass", "fail", "error")
            if total.get(outcome)
        )

    def rows(self, code: str) -> tuple[list[Row], list[tuple[str, str]]]:
        """Return the rows and the edges of the drawing."""
        lineage, words = self.lineage(code), self.words
        assert lineage is not None
        query = lineage.query.rsplit("/", 1)[-1]
        rows = [Row("", words["row_figure"]), Row(FIGURE, FIGURE), Row("", words["row_query"]), Row(QUERY, query)]
        edges = [(FIGURE, QUERY), *((QUERY, table) for table in lineage.reads)]
        edges += [(table.name, below) for table in lineage.tables for below in table.reads]
        kinds = {"row_models": "mart", "row_tables": "stg", "row_lists": "ref"}
        for heading, kind in kinds.items():
            names = [table.name for table in lineage.tables if table.name.split("_", 1)[0] == kind]
            rows += [Row("", words[heading]), *(Row(name, name) for name in names)] if names else []
        staging = [table.name for table in lineage.tables if table.name.split("_", 1)[0] == "stg"]
        files: list[Row] = []
        for source in dict.fromkeys(source_of(name) for name in staging):
            drawn = self.file_rows(source)
            files += drawn
            edges += [(name, row.key) for name in staging if source_of(name) == source for row in drawn]
        rows += [Row("", words["row_files"]), *files] if files else []
        return rows, edges

    def file_rows(self, source: str) -> list[Row]:
        """Return the rows of what was taken in of a source: open files by name and hash, registers by vintage."""
        taken = self.inputs.get(source, [])
        rows = []
        for one in taken[:FILES_DRAWN]:
            vintage = self.words["vintage"].format(vintage=one.vintage)
            if one.file is None or one.sha256 is None:
                said = self.words["register"].format(origin=origin_word(self.words, one.origin))
                small = "" if one.vintage == one.origin else vintage  # the simulated ones have no other
                rows.append(Row(f"{source} {one.vintage}", f"{source}, {said}", small))
            else:
                rows.append(Row(f"{source} {one.file}", one.file, f"{vintage}, sha256 {one.sha256[:10]}…"))
        if len(taken) > FILES_DRAWN:
            rows.append(Row(f"{source} …", self.words["more_files"].format(count=len(taken) - FILES_DRAWN)))
        return rows

    def drawing(self, code: str) -> str:
        """Return the drawing of an indicator's lineage, `@` where the figure's own name goes; empty without a query."""
        if self.lineage(code) is None:
            return ""
        rows, edges = self.rows(code)
        return drawing(rows, edges, self.words["lineage_label"], first=FIGURE)

    def corrections(self, code: str) -> list[dict[str, Any]]:
        """Return the corrections declared on the tables below an indicator."""
        lineage = self.lineage(code)
        below = {table.name for table in lineage.tables} if lineage else set()
        return [item for item in self.shelf.declared("corrections") if item.get("table") in below]

    def is_register(self, code: str) -> bool:
        """True when an indicator is drawn from rows about persons."""
        return any(self.shelf.catalogue[source].personal for source in self.sources(code))


def origin_word(words: Mapping[str, str], origin: str) -> str:
    """Return the word for where rows come from."""
    return words["simulated_origin" if origin == "simulated" else origin]
