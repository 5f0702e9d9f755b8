"""The steward's list as people read it: one line a problem, its years together, what stops the run first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from pipelines.check.steward import RANK, Entry, State
from pipelines.kernel.catalogue import Bilingual

WORDS: dict[State, tuple[str, str]] = {
    "blocks": ("bloque", "blocks"),
    "no_answer": ("sans réponse", "no answer"),
    "to_mend": ("à corriger", "to mend"),
    "waits": ("en attente du producteur", "waits for the producer"),
    "waived": ("dérogation", "waived"),
    "noted": ("pour information", "noted"),
}
"""State → its word in French and in English."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the list: the entries that share state, kind, place and fault, whatever their year."""

    state: State
    kind: str
    where: str
    years: str
    count: int | None
    who: str
    what: Bilingual
    found: Bilingual | None
    how: Bilingual
    since: date | None
    since_edition: int | None
    waived_by: str | None
    until: date | None

    @property
    def table(self) -> str:
        """The table it was found in."""
        return self.where.split(" ")[0]

    @property
    def check(self) -> str:
        """The check that found it; empty for what no check found."""
        return self.where.partition(" ")[2]


def lines(entries: Iterable[Entry], owner: str | None = None) -> list[Line]:
    """Return the list, sorted by what blocks; of one owner when `owner` is given (part of the name, any case)."""
    groups: dict[tuple[str, str, str, str], list[Entry]] = {}
    for item in entries:
        if owner is None or owner.casefold() in item.who.casefold():
            groups.setdefault((item.state, item.kind, item.where, item.what.fr), []).append(item)
    made = [_line(group) for group in groups.values()]
    return sorted(made, key=lambda line: (RANK.index(line.state), line.kind != "check", line.where, line.kind))


def said(line: Line, lang: str) -> str:
    """Return a line of the list as the terminal shows it, all on one line."""
    at = 0 if lang == "fr" else 1
    where = line.where + (f" {line.years}" if line.years else "")
    since = ""
    if line.since is not None:
        since = (
            f" (depuis le {line.since:%d/%m/%Y}, édition {line.since_edition})"
            if lang == "fr"
            else f" (since {line.since.isoformat()}, edition {line.since_edition})"
        )
    what = line.found or line.what
    count = ""
    if line.found is None and line.count:
        count = f" {line.count} ligne(s)." if lang == "fr" else f" {line.count} row(s)."
    waived = ""
    if line.waived_by is not None and line.until is not None:
        waived = (
            f" Dérogation : {line.waived_by}, jusqu'au {line.until:%d/%m/%Y}."
            if lang == "fr"
            else f" Waived by {line.waived_by} until {line.until.isoformat()}."
        )
    colon = " :" if lang == "fr" else ":"
    text = (
        f"{WORDS[line.state][at]}{colon} {where}{since}{colon} {what.in_(lang)}{count}{waived} "
        f"{line.who}{colon} {line.how.in_(lang)}"
    )
    return " ".join(text.split())


def counted(found: Sequence[Line], lang: str) -> str:
    """Return the last line of the list: how many of each state."""
    at = 0 if lang == "fr" else 1
    parts = [
        f"{WORDS[state][at]} {sum(line.state == state for line in found)}"
        for state in RANK
        if any(line.state == state for line in found)
    ]
    if lang == "fr":
        return f"{len(found)} ligne(s) : {', '.join(parts)}." if parts else "Rien à faire : la liste est vide."
    return f"{len(found)} line(s): {', '.join(parts)}." if parts else "Nothing to do: the list is empty."


def _line(group: Sequence[Entry]) -> Line:
    first = group[0]
    counts = [item.count for item in group if item.count is not None]
    days = [item.since for item in group if item.since is not None]
    editions = [item.since_edition for item in group if item.since_edition is not None]
    return Line(
        state=first.state,
        kind=first.kind,
        where=first.where,
        years=spans(sorted({item.year for item in group if item.year is not None})),
        count=sum(counts) if counts else None,
        who=first.who,
        what=first.what,
        found=first.found,
        how=first.how,
        since=min(days, default=None),
        since_edition=min(editions, default=None),
        waived_by=first.waived_by,
        until=first.until,
    )


def spans(years: Sequence[int]) -> str:
    """Return years as spans: `2008-2012, 2015`."""
    parts: list[list[int]] = []
    for year in years:
        if parts and year == parts[-1][-1] + 1:
            parts[-1].append(year)
        else:
            parts.append([year])
    return ", ".join(str(part[0]) if len(part) == 1 else f"{part[0]}-{part[-1]}" for part in parts)
