"""What the checks gave from run to run, `data/quality/history.json`, and since when each problem has been open.

A run is written down only when its results differ from the last ones of the same edition: keyed by edition and by the
hash of the results, not by the clock. The day beside it is the day on which waivers were judged. The file is state,
as a logbook is: results are made from inputs, the dates of the steward's list from this.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipelines.check.outcome import Check, NotChecked
from pipelines.kernel.files import sha256_of_text, write_json
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project, Settings

_STRICT = ConfigDict(extra="forbid", frozen=True)


class Opened(BaseModel):
    """When a problem was first seen, in an unbroken row of runs."""

    model_config = _STRICT

    day: date
    edition: int


class Run(BaseModel):
    """One run that gave something new. `tables` has pass, fail, waived and error of each table, in this order."""

    model_config = _STRICT

    run: int = Field(ge=1)
    day: date
    edition: int
    observed_only: bool
    stopped: bool = Field(description="True when staging stopped the run: marts were then not checked.")
    results: str = Field(description="Hash of what was found.")
    checks: int
    passed: int
    failed: int
    waived: int = Field(description="Of the failed.")
    unanswered: int
    not_checked: int
    tables: dict[str, tuple[int, int, int, int]]


class History(BaseModel):
    """Every run, in order, and the problems open in each edition (with or without simulated sources)."""

    model_config = _STRICT

    runs: tuple[Run, ...] = ()
    open: dict[str, dict[str, Opened]] = {}

    def of(self, settings: Settings) -> tuple[Run, ...]:
        """Return the runs of this edition, with simulated sources or without as in these settings."""
        return tuple(
            run for run in self.runs if (run.edition, run.observed_only) == (settings.edition, settings.observed_only)
        )

    def opened(self, settings: Settings) -> Mapping[str, Opened]:
        """Return the problems that were open in this edition, or else in the closest one before it."""
        kept = [scope for scope in self.open if _edition(scope) <= settings.edition and _like(scope, settings)]
        return self.open[max(kept, key=_edition)] if kept else {}


def path_of(project: Project) -> Path:
    """Return where the history lies."""
    return project.quality / "history.json"


def read_history(project: Project) -> History:
    """Return the history; a project without one has none yet. Raises `BadInput` when the file is damaged."""
    path = path_of(project)
    if not path.exists():
        return History()
    try:
        return History.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, ValidationError) as error:
        mend = "Restore it, or delete it: the dates of the steward's list then begin again today."
        raise BadInput(Problem(project.shown(path), "The history of the checks cannot be read", mend)) from error


def key_of(check: Check) -> str:
    """Return the name under which a problem found by a check is followed; an expired waiver by the check it covered."""
    return f"{check.table} {check.id}" + (f" {check.observed}" if check.type == "waiver" else "")


def continued(
    history: History,
    settings: Settings,
    day: date,
    checks: Sequence[Check],
    not_checked: Sequence[NotChecked],
    others: Iterable[str],
    *,
    stopped: bool,
) -> History:
    """Return the history with this run, if it gave something new. `others` are problems that no check found.

    A run stopped in staging says nothing of marts: what was open there stays open.
    """
    scope = _scope(settings)
    found = {key_of(check) for check in checks if check.outcome != "pass"} | set(others)
    before = history.opened(settings)
    if stopped:
        found |= {key for key in before if not key.startswith("stg_")}
    now = Opened(day=day, edition=settings.edition)
    opened = {key: before.get(key, now) for key in sorted(found)}
    made = _run(settings, day, checks, not_checked, sorted(found), stopped=stopped)
    mine = history.of(settings)
    if mine and mine[-1].results == made.results:
        return history
    made = made.model_copy(update={"run": len(history.runs) + 1})
    return History(runs=(*history.runs, made), open={**history.open, scope: opened})


def write_history(project: Project, history: History) -> None:
    """Write the history; the same history gives the same bytes."""
    write_json(path_of(project), history.model_dump(mode="json"))


def _run(
    settings: Settings,
    day: date,
    checks: Sequence[Check],
    not_checked: Sequence[NotChecked],
    found: Sequence[str],
    *,
    stopped: bool,
) -> Run:
    facts = [f"{check.table} {check.id} {check.outcome} {check.unexpected_count} {check.waived}" for check in checks]
    facts += [f"{item.table} {item.id} left" for item in not_checked]
    tables: dict[str, tuple[int, int, int, int]] = {}
    for name in sorted({check.table for check in checks}):
        mine = [check for check in checks if check.table == name]
        tables[name] = _counts(mine)
    passed, failed, waived, unanswered = _counts(checks)
    return Run(
        run=1,
        day=day,
        edition=settings.edition,
        observed_only=settings.observed_only,
        stopped=stopped,
        results=sha256_of_text("\n".join([*sorted(facts), *found]))[:16],
        checks=len(checks),
        passed=passed,
        failed=failed,
        waived=waived,
        unanswered=unanswered,
        not_checked=len(not_checked),
        tables=tables,
    )


def _counts(checks: Sequence[Check]) -> tuple[int, int, int, int]:
    return (
        sum(check.outcome == "pass" for check in checks),
        sum(check.outcome == "fail" for check in checks),
        sum(check.waived for check in checks),
        sum(check.outcome == "error" for check in checks),
    )


def _scope(settings: Settings) -> str:
    return f"{settings.edition}{' observed' if settings.observed_only else ''}"


def _edition(scope: str) -> int:
    return int(scope.split(" ")[0])


def _like(scope: str, settings: Settings) -> bool:
    return scope.endswith(" observed") == settings.observed_only
