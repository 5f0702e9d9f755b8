"""What the pages are told, and what of it they may show: the one place that masks the counts of registers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from pipelines.check.agenda import Line
from pipelines.check.history import Opened, Run
from pipelines.check.outcome import Check, Finding
from pipelines.check.suites import Expectation, Suite
from pipelines.check.waivers import TYPE
from pipelines.check.wording import found, rule_of
from pipelines.kernel.brand import Brand

Outcome = Literal["pass", "waived", "fail", "blocks", "error", "left"]

REGISTER_KINDS = ("orphan", "identifier", "conflict", "contradiction", "duplicate")
"""Kinds of problems that are counts of rows of a register, wherever they were found."""


@dataclass(frozen=True)
class Told:
    """The results of a run, for its pages. `threshold`: counts of registers below it are masked; none masks all."""

    edition: int
    lang: str
    layers: tuple[Mapping[str, Any], ...]
    suites: Mapping[str, Suite]
    lines: tuple[Line, ...]
    history: tuple[Run, ...]
    opened: Mapping[str, Opened]
    threshold: int | None
    stopped: bool
    brand: Brand

    def say(self, fr: str, en: str) -> str:
        """Return the text of the pages' language."""
        return fr if self.lang == "fr" else en

    def text(self, both: Mapping[str, str]) -> str:
        """Return the text of the pages' language."""
        return str(both[self.lang])

    @cached_property
    def checks(self) -> dict[str, list[Check]]:
        """Table → its checks, in the order of its suite."""
        made: dict[str, list[Check]] = {}
        for layer in self.layers:
            for row in layer["checks"]:
                made.setdefault(row["table"], []).append(Check(**row))
        return made

    @cached_property
    def left(self) -> dict[str, list[Mapping[str, Any]]]:
        """Table → what was rightly not checked of it."""
        made: dict[str, list[Mapping[str, Any]]] = {}
        for layer in self.layers:
            for row in layer["not_checked"]:
                made.setdefault(row["table"], []).append(row)
        return made

    @cached_property
    def rows(self) -> dict[str, int | None]:
        """Table → its number of rows, as it may be shown: `None` when it may not, or is not known."""
        return {row["table"]: row["rows"] for layer in self.layers for row in layer["tables"]}

    @cached_property
    def tables(self) -> list[str]:
        """Every table that has a page: those of staging before the marts."""
        return sorted({*self.checks, *self.left}, key=lambda name: (not name.startswith("stg_"), name))

    def hides(self, table: str) -> bool:
        """Say whether a table is made of registers: a table that no suite describes is taken to be."""
        suite = self.suites.get(table)
        return suite is None or suite.confidential

    def count(self, value: int, table: str) -> str:
        """Return a number of rows of a table as it may be shown."""
        if not self.hides(table) or value == 0:
            return number(value, self.lang)
        if self.threshold is None:
            return self.say("masqué", "hidden")
        if value < self.threshold:
            return self.say(f"moins de {self.threshold}", f"fewer than {self.threshold}")
        return number(value, self.lang)

    def broken(self, check: Check) -> str:
        """Return how many rows break the rule, as it may be shown: neither they nor the others may be few."""
        kept = check.seen - check.unexpected_count
        if self.hides(check.table) and 0 < kept < (self.threshold or kept + 1) and check.unexpected_count:
            return self.say("masqué", "hidden")
        return self.count(check.unexpected_count, check.table)

    def rule(self, check: Check) -> str:
        """Return what is expected, in a sentence."""
        item = self.expectation(check)
        if item is None or check.type == TYPE:
            return self.text(check.message)
        shown = {name: self._shown(check.table, name, value) for name, value in item.kwargs.items()}
        return rule_of(item, shown)[self.lang == "en"]

    def found(self, check: Check) -> str:
        """Return what was found, in a sentence; of a register no value and no small count."""
        if self.hides(check.table) and check.type != TYPE and self.expectation(check) is not None:
            return self._found_in_register(check)
        if check.outcome == "error":  # the reason stands in the message, after the rule
            return self.text(check.message).rpartition(self.rule(check))[2].strip() or self.text(check.message)
        finding = Finding(
            "pass" if check.outcome == "pass" else "fail",
            seen=check.seen,
            unexpected=check.unexpected_count,
            observed=check.observed,
            examples=tuple(check.examples),
        )
        return found(finding)[self.lang == "en"]

    def found_in(self, line: Line) -> str:
        """Return what a line of the list says was found, as it may be shown."""
        check = next((item for item in self.checks.get(line.table, []) if item.id == line.check), None)
        if line.kind == "check" and check is not None:
            said = f"{self.rule(check)} {self.found(check)}"
            extra = line.found.in_(self.lang).removeprefix(self.text(check.message)) if line.found else ""
            return said + extra
        if line.count and (line.kind in REGISTER_KINDS):
            count = self.count(line.count, line.table)
            rows = self.say("ligne(s)", "row(s)")
            return f"{line.what.in_(self.lang)} {count[:1].upper()}{count[1:]} {rows}."
        return (line.found or line.what).in_(self.lang)

    def expectation(self, check: Check) -> Expectation | None:
        """Return the expectation behind a check; none for a fault of the whole table or an expired waiver."""
        suite = self.suites.get(check.table)
        return next((item for item in suite.expectations if item.id == check.id), None) if suite else None

    def _shown(self, table: str, name: str, value: Any) -> Any:
        """Return an argument as it is shown: a floor by its number, a code list by its name."""
        if not (isinstance(value, dict) and "from" in value):
            return value
        if value["from"] == "min_rows":
            return self.suites[table].floor(self.edition)
        return [value["from"], *value.get("plus", [])] if name == "value_set" else value["from"]

    def _found_in_register(self, check: Check) -> str:
        if check.outcome == "error":
            return self.say(
                "Pas de réponse ; la raison est dans data/quality, à l'intérieur de l'observatoire.",
                "No answer; the reason is in data/quality, inside the observatory.",
            )
        seen = self.count(check.seen, check.table)
        if check.outcome == "pass" and not check.unexpected_count:
            return self.say(f"Vérifié sur {seen} lignes.", f"Checked on {seen} rows.")
        return self.say(
            f"Hors règle : {self.broken(check)}, sur {seen} lignes. Table faite de registres : "
            "aucune valeur n'est montrée.",
            f"Break the rule: {self.broken(check)}, of {seen} rows. A table made of registers: no value is shown.",
        )


def outcome_of(check: Check) -> Outcome:
    """Return the outcome of a check as the pages tell it."""
    if check.outcome == "pass":
        return "pass"
    if check.waived:
        return "waived"
    if check.outcome == "error":
        return "error"
    return "blocks" if check.stops else "fail"


def number(value: int, lang: str) -> str:
    """Return a whole number with its thousands apart."""
    return f"{value:,}".replace(",", "\u202f" if lang == "fr" else ",")
