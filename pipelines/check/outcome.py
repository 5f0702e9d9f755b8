"""One check = one row: what was looked at, what came of it, and what to do. Three outcomes: pass, fail, error."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from pipelines.check.families import Family
from pipelines.check.suites import Expectation, Severity

Outcome = Literal["pass", "fail", "error"]

EXAMPLES = 5
"""At most so many offending values are shown."""


OF_TABLES = ("TABLE-MISSING", "TABLE-EMPTY", "SUITE-MISSING", "SUITE-EMPTY", "QUARANTINE-COUNT")
"""What a result is called that speaks of a table as a whole, and not of an expectation."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What the looking gave, before it is worded.

    `seen` is the number of rows or values that the check could judge; `reason` says, in French and in English, why
    there is no answer, and is empty unless the outcome is `error`; `quarantined` is the number of the unexpected rows
    that were put aside: all of them, or none.
    """

    outcome: Outcome
    seen: int = 0
    unexpected: int = 0
    observed: Any = None
    examples: tuple[Any, ...] = ()
    reason: tuple[str, str] = ("", "")
    quarantined: int = 0


@dataclass(frozen=True, slots=True)
class Check:
    """One row of the quality report. Holds no time and no run number: the same data give the same bytes."""

    id: str
    table: str
    type: str
    column: str | None
    severity: Severity
    outcome: Outcome
    message: dict[str, str]
    observed: Any
    seen: int
    unexpected_count: int
    examples: list[Any]
    why: dict[str, str]
    mend: dict[str, str]
    owner: str
    since: str
    quarantined_count: int = 0
    family: Family = "structure"
    waiver: dict[str, Any] | None = None
    """Of a failure that somebody answers for: `waived_by`, `until`, `why`, `rows`."""

    def content(self) -> dict[str, Any]:
        """Return the row as JSON takes it."""
        return asdict(self)

    @property
    def stops(self) -> bool:
        """Whether the run stops here: not for rows that were put aside, since what goes on keeps the rule, nor for a
        failure that is waived. The absence of an answer is neither."""
        is_settled = self.waived or (self.outcome == "fail" and self.quarantined_count > 0)
        return self.severity == "critical" and self.outcome != "pass" and not is_settled

    @property
    def waived(self) -> bool:
        """Whether it failed and somebody answers for it."""
        return self.waiver is not None and self.outcome == "fail"

    def line(self, lang: str) -> str:
        """Return the row as one line: table, id, what was found, what to do."""
        return f"{self.table} {self.id}: {self.message[lang]} {self.mend[lang]}"


@dataclass(frozen=True, slots=True)
class NotChecked:
    """A table or a check that was rightly left alone, and why."""

    id: str
    table: str
    reason: dict[str, str]


def check_of(table: str, item: Expectation, finding: Finding, message: tuple[str, str]) -> Check:
    """Put an expectation and what came of it together."""
    return Check(
        id=item.id,
        table=table,
        type=item.type,
        column=", ".join(item.columns) or None,
        severity=item.severity,
        outcome=finding.outcome,
        message={"fr": message[0], "en": message[1]},
        observed=finding.observed,
        seen=finding.seen,
        unexpected_count=finding.unexpected,
        examples=list(finding.examples),
        why=item.why.model_dump(),
        mend=item.mend.model_dump(),
        owner=item.owner,
        since=item.since.isoformat(),
        quarantined_count=finding.quarantined,
        family=item.family,
    )


def fault_of(table: str, fault: str, message: tuple[str, str], mend: tuple[str, str]) -> Check:
    """Return the critical error that stands for a whole table: no suite, no file, no row, no expectation."""
    return Check(
        id=fault,
        table=table,
        type=fault.lower().replace("-", "_"),
        column=None,
        severity="critical",
        outcome="error",
        message={"fr": message[0], "en": message[1]},
        observed=None,
        seen=0,
        unexpected_count=0,
        examples=[],
        why={
            "fr": "Une vérification qui n'a rien vu ne vaut pas une réussite.",
            "en": "A check that has seen nothing is no success.",
        },
        mend={"fr": mend[0], "en": mend[1]},
        owner="observatory",
        since="2026-11-23",
    )
