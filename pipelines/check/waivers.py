"""Waivers, `expectations/waivers.yml`: a failure that somebody has answered for, on so many rows, until a day.

A waiver keeps a failed check from stopping the run; it hides nothing. It covers no check without an answer, no opening
check of a suite (on those all others rest), no more rows than it says, and no day after its last. Which day it is
is given (`--as-of`, `as_of` of params.yaml, else the day of the run); results hold what came of it, never the day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipelines.check.outcome import Check
from pipelines.check.suites import SQL, Suite, opening_length
from pipelines.kernel.catalogue import Bilingual
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project
from pipelines.kernel.yaml_files import load_yaml, row_of, yaml_problem

FILE = "waivers.yml"
EXPIRED = "WAIVER-EXPIRED"
TYPE = "waiver"

Key = str | int | float | bool | date
State = Literal["used", "unused", "expired", "exceeded", "no_answer", "not_run", "not_yet"]


class Waiver(BaseModel):
    """One failure answered for. `only` names its rows, by the columns that the check shows; `rows` is their most."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    check: str = Field(pattern=r"^[A-Z]{3}-\d{3}$")
    table: str = Field(pattern=r"^(stg|mart)_[a-z0-9_]+$")
    only: tuple[dict[str, Key], ...] = ()
    rows: int = Field(ge=1)
    who: str = Field(min_length=3, description="Who answers for it, by role: the file is public.")
    why: Bilingual
    since: date
    until: date

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Waiver:
        if self.until < self.since:
            raise ValueError("the last day comes before the first")
        if any(not row for row in self.only):
            raise ValueError("an entry of `only` names at least one column")
        return self


@dataclass(frozen=True, slots=True)
class Held:
    """A waiver and what came of it on the day; `said` is a sentence in each language, without the day."""

    waiver: Waiver
    state: State
    said: tuple[str, str]

    def content(self) -> dict[str, Any]:
        """Return it as the quality report holds it."""
        return {
            **self.waiver.model_dump(mode="json"),
            "state": self.state,
            "said": {"fr": self.said[0], "en": self.said[1]},
        }


def read_waivers(project: Project) -> tuple[Waiver, ...]:
    """Return the waivers, in the order of the file; none when there is no file, for then nothing is waived.

    Raises `BadInput`, one problem per fault: no YAML, no list, an unknown or missing key, a check waived twice.
    """
    path = project.expectations / FILE
    name = project.shown(path)
    if not path.exists():
        return ()
    try:
        entries = load_yaml(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise BadInput(yaml_problem(error, name, "The list of waivers")) from error
    except UnicodeDecodeError as error:
        row = path.read_bytes()[: error.start].count(b"\n") + 1
        raise BadInput(Problem(name, "The waivers are not in UTF-8", "Save them again as UTF-8.", row=row)) from error
    if not isinstance(entries, list):
        raise BadInput(Problem(name, "This file is a list of waivers", "Begin each with `- check:`, or write `[]`."))
    waivers: list[Waiver] = []
    problems: list[Problem] = []
    for number, entry in enumerate(entries, start=1):
        who = str(entry.get("check", f"number {number}")) if isinstance(entry, dict) else f"number {number}"
        try:
            waivers.append(Waiver.model_validate(entry))
        except ValidationError as error:
            problems += [
                Problem(
                    name,
                    f"A waiver breaks its format: {item['msg'].removeprefix('Value error, ')}",
                    "The keys are explained in expectations/README.md, under Waiving.",
                    row=row_of(path, number - 1, *item["loc"]),
                    column=".".join([who, *map(str, item["loc"])]),
                )
                for item in error.errors()
            ]
    twice = [check for check, count in Counter(item.check for item in waivers).items() if count > 1]
    problems += [
        Problem(name, "A check is waived twice", "Make one waiver of the two; `only` takes several rows.", value=check)
        for check in twice
    ]
    if problems:
        raise BadInput(problems)
    return tuple(waivers)


def of_layer(waivers: Iterable[Waiver], suites: Mapping[str, Suite], project: Project) -> tuple[Waiver, ...]:
    """Return the waivers of the tables of one layer, given its suites.

    Raises `BadInput` for a table or a check that is not there, for one of the opening checks, and for rows named
    (`only`) in a check that is not in SQL: which rows failed is then not known column by column.
    """
    name = project.shown(project.expectations / FILE)
    prefix = {"staging": "stg_", "marts": "mart_"}
    layer = next((prefix[suite.layer] for suite in suites.values()), "")
    mine = tuple(item for item in waivers if layer and item.table.startswith(layer))
    problems: list[Problem] = []
    for item in mine:
        suite = suites.get(item.table)
        if suite is None:
            closest = (get_close_matches(item.table, list(suites), 1, 0.3) or sorted(suites))[0]
            mend = f"The closest is {closest}; take the waiver away when the table is gone."
            problems.append(
                Problem(name, "No table of this name is checked", mend, column=item.check, value=item.table)
            )
            continue
        ids = [expectation.id for expectation in suite.expectations]
        if item.check not in ids:
            mend = f"Its checks are {ids[0]} to {ids[-1]}; take the waiver away when the check is gone." if ids else ""
            problems.append(Problem(name, f"{item.table} has no check of this id", mend, column=item.check))
            continue
        place = ids.index(item.check)
        if place < opening_length(suite):
            mend = "Mend the table, the sidecar or min_rows: every other check rests on these."
            problems.append(Problem(name, "The opening checks of a suite cannot be waived", mend, column=item.check))
        elif item.only and suite.expectations[place].type != SQL:
            mend = "Take `only` away and let `rows` bound the waiver."
            problems.append(Problem(name, "Rows can be named for a check in SQL only", mend, column=item.check))
    if problems:
        raise BadInput(problems)
    return mine


def applied(
    checks: Sequence[Check], waivers: Iterable[Waiver], day: date, outside: Callable[[Waiver], int]
) -> tuple[list[Check], list[Held]]:
    """Return the checks with their waivers, an error for each that has expired, and what came of every waiver.

    `outside` counts the failing rows that `only` does not name; it is asked only where a waiver names rows.
    """
    found = {(check.table, check.id): check for check in checks}
    covered: dict[tuple[str, str], Waiver] = {}
    held: list[Held] = []
    expired: list[Check] = []
    for waiver in waivers:
        check = found.get((waiver.table, waiver.check))
        state, said = _judged(waiver, check, day, outside)
        held.append(Held(waiver, state, said))
        if state == "used":
            covered[(waiver.table, waiver.check)] = waiver
        if state == "expired":
            expired.append(_expired(waiver, check, said))
    result = [replace(check, waiver=_shown(covered.get((check.table, check.id)))) for check in checks]
    return [*result, *expired], held


def _judged(
    waiver: Waiver, check: Check | None, day: date, outside: Callable[[Waiver], int]
) -> tuple[State, tuple[str, str]]:
    """An expired waiver is told whatever became of its check: an old promise does not lie about."""
    if waiver.until < day:
        return "expired", (
            f"La dérogation accordée par {waiver.who} valait jusqu'au {waiver.until:%d/%m/%Y} : elle a expiré.",
            f"The waiver granted by {waiver.who} held until {waiver.until:%d/%m/%Y}: it has expired.",
        )
    if waiver.since > day:
        return "not_yet", ("La dérogation ne vaut pas encore.", "The waiver does not hold yet.")
    if check is None:
        return "not_run", ("Le contrôle n'a pas été joué dans cette édition.", "The check was not run in this edition.")
    if check.outcome == "pass":
        return "unused", (
            "Le contrôle réussit : la dérogation ne sert plus, la retirer.",
            "The check passes: the waiver is of no use any more, remove it.",
        )
    if check.outcome == "error":
        return "no_answer", (
            "Le contrôle n'a pas de réponse : une dérogation couvre un échec, jamais une absence de réponse.",
            "The check has no answer: a waiver covers a failure, never the absence of an answer.",
        )
    if check.unexpected_count > waiver.rows:
        return "exceeded", (
            f"La dérogation tolère {waiver.rows} ligne(s) : il y en a davantage hors règle.",
            f"The waiver tolerates {waiver.rows} row(s): more than that break the rule.",
        )
    if waiver.only and outside(waiver):
        return "exceeded", (
            "Des lignes hors règle ne sont pas celles que nomme la dérogation.",
            "Some rows that break the rule are not those that the waiver names.",
        )
    return "used", (
        f"Dérogation accordée par {waiver.who} jusqu'au {waiver.until:%d/%m/%Y}.",
        f"Waived by {waiver.who} until {waiver.until:%d/%m/%Y}.",
    )


def _shown(waiver: Waiver | None) -> dict[str, Any] | None:
    if waiver is None:
        return None
    return {
        "waived_by": waiver.who,
        "until": waiver.until.isoformat(),
        "why": waiver.why.model_dump(),
        "rows": waiver.rows,
    }


def _expired(waiver: Waiver, check: Check | None, said: tuple[str, str]) -> Check:
    """An error of its own: as grave as the failure it covered, never graver than a warning when nothing fails."""
    fails = check is not None and check.outcome != "pass"
    return Check(
        id=EXPIRED,
        table=waiver.table,
        type=TYPE,
        column=None,
        severity=check.severity if check is not None and fails else "warning",
        outcome="error",
        message={"fr": f"{waiver.check} : {said[0]}", "en": f"{waiver.check}: {said[1]}"},
        observed=waiver.check,
        seen=0,
        unexpected_count=0,
        examples=[],
        why={
            "fr": f"La dérogation du contrôle {waiver.check} a expiré : personne n'en répond plus.",
            "en": f"The waiver of check {waiver.check} has expired: nobody answers for it any more.",
        },
        mend={
            "fr": f"Demander à {waiver.who} de faire corriger la source, ou de renouveler la dérogation et de dire "
            f"pourquoi ; sinon la retirer de expectations/{FILE}.",
            "en": f"Ask {waiver.who} to have the source mended, or to renew the waiver and say why; else remove it "
            f"from expectations/{FILE}.",
        },
        owner=waiver.who,
        since=waiver.until.isoformat(),
    )
