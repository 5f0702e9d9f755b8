"""The page of one figure: its value and what it is worth, where it comes from, how it is cited."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from pipelines.kernel.figure_address import figure_page
from pipelines.kernel.flags import LABELS, Flag
from pipelines.publish.citing import HOUSE, LICENCE
from pipelines.publish.explorer.words import UNITS
from pipelines.publish.figure_pages.facts import FIGURE, Facts
from pipelines.publish.figure_pages.frame import ALL, page, section
from pipelines.publish.figure_pages.structured import figure, script
from pipelines.publish.numbers import measure, number
from pipelines.publish.shelf import REGION
from pipelines.publish.tiles import COUNTED_BY_GRADUATION, bounds_of

Row = Mapping[str, Any]
DEPTH = 3


class Leaf:
    """What is made once for the figures of one indicator; `pages` makes theirs."""

    def __init__(self, facts: Facts, code: str) -> None:
        self.facts, self.code = facts, code
        self.indicator = facts.shelf.indicators[code]
        self.label = facts.label(code)
        self.definition = facts.say(self.indicator.definition)
        self.sources = facts.sources_html(code)
        self.drawing = facts.drawing(code)
        words, checks = facts.words, facts.checks_text(code)
        link = f'<a href="../../../qualite.html">{words["checks_link"]}</a>.'
        self.checks = words["checks_text"].format(counts=checks, link=link) if checks else words["checks_none"]
        self.unit = UNITS.get(self.indicator.unit, (self.indicator.unit,) * 2)[facts.lang == "en"]

    def pages(self) -> dict[str, str]:
        """Return address in the site → page, for every figure of the indicator."""
        made = {}
        for scope in self.facts.shelf.scopes(self.code):
            series = self.facts.shelf.series(self.code, scope)
            bounds = bounds_of(self.facts.shelf, self.code, scope)
            for position, row in enumerate(series):
                year = int(row["year"])
                made[figure_page(self.code, scope, year)] = self.page(series, position, bounds.get(year))
        return made

    def page(self, series: Sequence[Row], position: int, bounds: tuple[float, float] | None) -> str:
        """Return the page of one figure of a series."""
        facts, words, row = self.facts, self.facts.words, series[position]
        scope, year, flag = str(row["scope_code"]), int(row["year"]), str(row["flag"])
        key = f"{self.code}/{scope}/{year}"
        address = f"{key}@{facts.shelf.edition}"
        place = facts.place(scope)
        kind = "class" if self.code.startswith(COUNTED_BY_GRADUATION) else "year"
        when = words[kind].format(year=year)
        shown = self.shown(row["value"])
        is_simulated = row["origin"] == "simulated"
        said = f"{shown} <small>({words['simulated']})</small>" if is_simulated else shown
        if row["value"] is None:
            said = words["hidden"] if flag == Flag.CONFIDENTIAL else words["missing"]
        lines = [
            (words["address"], f"<code>{escape(address)}</code>"),
            (words["flag"], f"{escape(flag)}{words['colon']}{self.flag_words(flag)}"),
            (words["computed"], self.computed(row)),
            (words["band"], self.band(bounds) if row["value"] is not None else ""),
            (words["break"], self.broken(scope, year) if row.get("is_break") else ""),
        ]
        listed = "".join(f"<dt>{name}</dt><dd>{text}</dd>" for name, text in lines if text)
        mention = f'<p class="source-note">{words["simulated_note"]}</p>\n' if is_simulated else ""
        why = self.why(row, series)
        head = script(
            figure(
                facts.lang, facts.shelf.edition, address=address, label=self.label, place=place, year=year,
                unit=self.unit, value=row["value"], bounds=bounds, flag=LABELS[Flag(flag)][facts.lang == "en"],
            )
        )  # fmt: skip
        body = f"""<h1 class="title">{escape(self.label, quote=False)}</h1>
<p class="subtitle">{escape(place, quote=False)}, {when}</p>
<p class="figure-value">{said}</p>
{mention}<dl>{listed}</dl>
{why}{section("definition", words["definition"], f"<p>{self.definition}</p>")}\
{section("lineage", words["lineage"], self.origin(f"{place}, {year}"))}\
{section("sources", words["sources"], self.sources)}\
{section("checks", words["checks"], f"<p>{self.checks}</p>")}\
{section("cite", words["cite"], f'<p class="quotation">{self.cited(address, place, when, shown, is_simulated)}</p>')}\
{section("history", words["history"], f"<p>{words['history_static'].format(key=escape(key))}</p>")}\
{self.neighbours(series, position)}"""
        data: dict[str, Any] = {"key": key, "unit": self.indicator.unit, "places": self.indicator.decimals}
        data["cited"] = "non publié" if row["value"] is None else f"{row['value']:.6g}"  # as `observatoire cite` has it
        if is_simulated:
            data["simulated"] = 1
        if facts.lang != "fr":  # `observatoire cite` writes in French; a French page says it in its heading
            data["label"] = facts.registry[self.code].label.fr
        attributes = f" data-figure='{in_quotes(json.dumps(data, ensure_ascii=False, separators=(',', ':')))}'"
        trail = (
            ("../../../index.html", words["home"]),
            (f"../../../{ALL}", words["all"]),
            ("../index.html", self.label),
        )
        title = f"{self.label}, {place}, {year}"
        head = f'{head}\n<script defer src="../../figure.js"></script>'
        return page(facts, depth=DEPTH, title=title, head=head, trail=trail, body=body, attributes=attributes)

    def shown(self, value: float | None) -> str:
        """Return a value as pages write it."""
        if value is None:
            return ""
        return measure(value, self.indicator.unit, self.facts.lang, self.indicator.decimals)

    def flag_words(self, flag: str) -> str:
        """Return what a flag means."""
        return LABELS[Flag(flag)][self.facts.lang == "en"]

    def computed(self, row: Row) -> str:
        """Return numerator and denominator with their words, where both are public and there is a division."""
        known = self.facts.registry[self.code]
        if row["numerator"] is None or row["denominator"] is None or known.denominator is None:
            return ""
        parts = [
            f"{amount(row[name], self.facts.lang)} ({self.facts.say(words.in_(self.facts.lang))})"
            for name, words in (("numerator", known.numerator), ("denominator", known.denominator))
        ]
        return " ÷ ".join(parts)

    def band(self, bounds: tuple[float, float] | None) -> str:
        """Return the interval in words."""
        if bounds is None:
            return ""
        low, high = (self.shown(bound) for bound in bounds)
        return self.facts.words["band_text"].format(low=low, high=high)

    def broken(self, scope: str, year: int) -> str:
        """Return why the series is broken before this year."""
        told = [item.label for item in self.facts.shelf.breaks_of(self.code, [scope]) if item.year == year]
        return self.facts.say(" ".join(told)) or self.flag_words(Flag.BREAK)

    def why(self, row: Row, series: Sequence[Row]) -> str:
        """Return why there is no value and what may still be said; nothing when there is one."""
        if row["value"] is not None:
            return ""
        words, lang = self.facts.words, self.facts.lang
        if row["flag"] != Flag.CONFIDENTIAL:
            reason = str(row.get(f"reason_{lang}") or words["missing_text"])
            return section("why", words["why_missing"], f"<p>{self.facts.say(reason)}</p>")
        return section(
            "why", words["why_hidden"], f"<p>{words['hidden_text']}</p><p>{self.still_said(row, series)}</p>"
        )

    def still_said(self, row: Row, series: Sequence[Row]) -> str:
        """Return links to the figures nearest to a hidden one that are published: the whole, the years beside it."""
        words, year = self.facts.words, int(row["year"])
        links = []
        whole = [other for other in self.facts.shelf.series(self.code, REGION) if int(other["year"]) == year]
        if whole and whole[0]["value"] is not None and row["scope_code"] != REGION:
            links.append(f'<a href="../{REGION}/{year}.html">{words["whole"]}</a>')
        known = sorted(
            (abs(int(item["year"]) - year), int(item["year"])) for item in series if item["value"] is not None
        )
        links += [f'<a href="{near}.html">{near}</a>' for _, near in known[:2]]
        return words["may_be_said"] + (", ".join(links) + "." if links else words["nothing_said"])

    def origin(self, name: str) -> str:
        """Return the drawing with the figure's own name, and the way to the rest."""
        if not self.drawing:
            return ""
        more = self.facts.words["details"].format(page="../index.html")
        drawn = self.drawing.replace(f">{FIGURE}<", f">{escape(name)}<", 1)
        return f"{drawn}\n<p>{more}.</p>"

    def cited(self, address: str, place: str, when: str, shown: str, is_simulated: bool) -> str:
        """Return the reference as one sentence; the script pins it to the edition once there is one."""
        facts, words = self.facts, self.facts.words
        value = f"{words['colon']}{shown}" if shown else ""
        mention = f" ({words['simulated']})" if is_simulated else ""
        parts = [HOUSE[facts.lang], f"{self.label}, {place}, {when}{value}{mention}", address]
        return facts.say(". ".join(parts) + f". {LICENCE}.")

    def neighbours(self, series: Sequence[Row], position: int) -> str:
        """Return the links to the years before and after."""
        words, links = self.facts.words, []
        if position:
            links.append(
                f'<a rel="prev" href="{series[position - 1]["year"]}.html">← {series[position - 1]["year"]}</a>'
            )
        if position + 1 < len(series):
            links.append(
                f'<a rel="next" href="{series[position + 1]["year"]}.html">{series[position + 1]["year"]} →</a>'
            )
        return f'<nav class="neighbours" aria-label="{words["neighbours"]}">{"".join(links)}</nav>' if links else ""


def amount(value: float, lang: str) -> str:
    """Return a numerator or a denominator: whole where it is, else with one decimal."""
    return number(value, lang, 0 if float(value).is_integer() else 1)


def in_quotes(text: str) -> str:
    """Return a text that can stand between single quotes in HTML; JSON's own quotes are left, which spares bytes."""
    return escape(text, quote=False).replace("'", "&#39;")
