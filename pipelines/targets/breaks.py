"""Breaks as they bear on a fit: which years are left out as prevented, and from which year a series may be fitted.

In `ref_break.csv` a row names the first year after a change. A pulse is two rows: the year it begins, and the first
year in which things are again as before (2020 and 2022 for the pandemic: 2020 and 2021 are left out).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass

from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project

THEMES = {
    "enrolment": "ENR",
    "scholarship": "SCH",
    "apprenticeship": "APP",
    "mobility": "MOB",
    "employment": "EMP",
}
"""Domain of a break that names no indicator → the theme its indicators begin with."""


@dataclass(frozen=True, slots=True)
class Break:
    """One change in what is counted or how; `prefix` empty: every indicator; `scopes` empty: every scope."""

    year: int
    kind: str
    forbids_growth: bool
    prefix: str = ""
    scopes: frozenset[str] = frozenset()

    def bears_on(self, indicator: str, scope_code: str) -> bool:
        """Say whether the series of that indicator and scope goes through this break."""
        return indicator.startswith(self.prefix) and (not self.scopes or scope_code in self.scopes)


def read_breaks(project: Project) -> tuple[Break, ...]:
    """Return the breaks of `data/reference/ref_break.csv`. Raises `BadInput` when it cannot be read."""
    path = project.reference / "ref_break.csv"
    name = project.shown(path)
    if not path.exists():
        mend = f"Restore it with `git checkout -- {name}`."
        raise BadInput(Problem(name, "The table of breaks is missing", mend))
    breaks = []
    with path.open(encoding="utf-8", newline="") as stream:
        for number, row in enumerate(csv.DictReader(stream), start=2):
            try:
                breaks.append(_break_of(row))
            except (KeyError, ValueError) as error:
                mend = "A row needs year, domain, indicator_prefix, kind and forbids_growth (true or false)."
                raise BadInput(Problem(name, "A break is not readable", mend, row=number, value=str(error))) from error
    return tuple(breaks)


def _break_of(row: dict[str, str]) -> Break:
    prefix = row["indicator_prefix"].strip("*")
    if not prefix and row["domain"] != "*":
        prefix = THEMES.get(row["domain"], "")
    scopes = row.get("scope_codes") or "*"
    if row["forbids_growth"] not in ("true", "false"):
        raise ValueError(row["forbids_growth"])
    return Break(
        year=int(row["year"]),
        kind=row["kind"],
        forbids_growth=row["forbids_growth"] == "true",
        prefix=prefix,
        scopes=frozenset() if scopes == "*" else frozenset(scopes.split("|")),
    )


def prevented_years(breaks: Iterable[Break]) -> frozenset[int]:
    """Return the years inside pulses. A pulse that has a beginning but no end yet holds its first year only."""
    years = sorted({item.year for item in breaks if item.kind == "pulse"})
    prevented: set[int] = set()
    for begin, end in zip(years[::2], [*years[1::2], *([years[-1] + 1] if len(years) % 2 else [])], strict=True):
        prevented.update(range(begin, end))
    return frozenset(prevented)


def comparable_since(breaks: Iterable[Break], until: int) -> int | None:
    """Return the first year from which values up to `until` may be compared, or `None` when all of them may."""
    years = [item.year for item in breaks if item.forbids_growth and item.kind != "pulse" and item.year <= until]
    return max(years, default=None)
