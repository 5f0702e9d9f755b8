"""The stewards' list, `data/quality/steward.json`: what somebody has to mend at its source, one entry a problem.

Nothing is dropped in silence: checks that failed, rows that link to nobody, identifiers that cannot be used, rows
given twice, corrections that wait for their producer, waivers of no use. Counts and places only: no token, no row.
What stops the run comes first.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict

from pipelines.check.history import Opened, key_of
from pipelines.check.outcome import Check
from pipelines.check.tables import Tables
from pipelines.check.waivers import TYPE, Held
from pipelines.kernel.catalogue import Bilingual, Catalogue
from pipelines.kernel.corrections import Correction
from pipelines.kernel.project import Project
from pipelines.kernel.register_forms import FORMS

LINKAGE = "mart_linkage__register"

Kind = Literal["orphan", "identifier", "conflict", "contradiction", "duplicate", "check", "correction", "waiver"]
State = Literal["blocks", "no_answer", "to_mend", "waits", "waived", "noted"]

RANK: tuple[State, ...] = get_args(State)
"""What comes first: what stops the run, what has no answer, what failed, what waits for a producer, what is waived."""


class Entry(BaseModel):
    """One problem: of which kind, in what (table and year), how many rows, for whom, what is wrong, how to mend it.

    `found` is what the check said; `since` the first day on which it did, in an unbroken row of runs. `key` is the name
    under which the history follows it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Kind
    state: State = "to_mend"
    where: str
    year: int | None = None
    count: int | None = None
    who: str
    what: Bilingual
    found: Bilingual | None = None
    how: Bilingual
    since: date | None = None
    since_edition: int | None = None
    waived_by: str | None = None
    until: date | None = None
    key: str = ""

    @property
    def table(self) -> str:
        """The table it was found in."""
        return self.where.split(" ")[0]


SAID: dict[str, tuple[Kind, Bilingual, Bilingual]] = {
    "orphans_count": (
        "orphan",
        Bilingual(
            fr="Lignes dont l'étudiant n'est pas dans le registre des inscriptions de l'année.",
            en="Rows whose student is not in the enrolment register of the year.",
        ),
        Bilingual(
            fr="Comparer la liste de l'année avec celle de la scolarité : un INE faux, un étudiant d'ailleurs, une "
            "inscription qui manque.",
            en="Compare the year's list with the enrolment office's: a wrong INE, a student from elsewhere, an "
            "enrolment that is missing.",
        ),
    ),
    "conflicts_count": (
        "conflict",
        Bilingual(
            fr="Lignes dont les identifiants désignent deux étudiants différents.",
            en="Rows whose identifiers name two different students.",
        ),
        Bilingual(
            fr="Vérifier l'INE et le numéro d'étudiant de ces lignes avec la scolarité.",
            en="Check the INE and the student number of these rows with the enrolment office.",
        ),
    ),
    "contradictions_count": (
        "contradiction",
        Bilingual(
            fr="Lignes de même clé qui ne disent pas la même chose du même étudiant.",
            en="Rows with the same key that do not say the same of the same student.",
        ),
        Bilingual(
            fr="Garder dans l'application la ligne juste, puis extraire de nouveau.",
            en="Keep the right row in the application, then extract again.",
        ),
    ),
}
"""Column of the linkage mart, where it has it → what a number above zero in it means."""

UNUSABLE = (
    Bilingual(
        fr="Inscriptions dont l'INE manque ou est mal formé : comptées, mais sans lien par l'INE.",
        en="Enrolments whose INE is missing or malformed: counted, but not linked by it.",
    ),
    Bilingual(
        fr="Compléter ou corriger l'INE dans l'application de scolarité, puis extraire de nouveau.",
        en="Complete or correct the INE in the enrolment application, then extract again.",
    ),
)
DUPLICATES = (
    Bilingual(
        fr="Lignes données plusieurs fois à l'identique : comptées une fois.",
        en="Rows given several times, all alike: counted once.",
    ),
    Bilingual(
        fr="Chercher dans l'extraction la jointure qui double les lignes.",
        en="Look in the extract for the join that doubles rows.",
    ),
)


def entries(
    tables: Tables,
    catalogue: Catalogue,
    checks: Iterable[Check],
    corrections: Iterable[Correction],
    waivers: Sequence[Held] = (),
    open_tables: Collection[str] = (),
) -> list[Entry]:
    """Return every problem, what stops the run first, in an order that depends on nothing but what was found.

    `open_tables` are those whose values may be quoted: made of open figures, of no register.
    """
    found = [*_failed(checks, waivers, open_tables), *_linkage(tables, catalogue)]
    found += [*_duplicates(tables, catalogue), *_waiting(corrections, catalogue), *_useless(waivers)]
    return sorted(found, key=lambda item: (RANK.index(item.state), item.kind, item.where, item.year or 0))


def failures(checks: Iterable[Check], waivers: Sequence[Held], open_tables: Collection[str]) -> list[Entry]:
    """Return the problems of a run that staging stopped: its checks only, for what comes after is not of this run."""
    found = [*_failed(checks, waivers, open_tables), *_useless(waivers)]
    return sorted(found, key=lambda item: (RANK.index(item.state), item.kind, item.where))


def dated(found: Iterable[Entry], opened: Mapping[str, Opened]) -> list[Entry]:
    """Return the problems with the day and the edition in which each was first seen."""
    return [
        item.model_copy(update={"since": opened[item.key].day, "since_edition": opened[item.key].edition})
        if item.key in opened
        else item
        for item in found
    ]


def content(found: Iterable[Entry]) -> dict[str, Any]:
    """Return the list as it is written to JSON."""
    rows = [entry.model_dump(mode="json", exclude={"key"}) for entry in found]
    return {"layer": "steward", "problems_count": len(rows), "problems": rows}


def read(project: Project) -> list[Entry]:
    """Return the list as it was last written, in its order."""
    rows = json.loads((project.quality / "steward.json").read_text(encoding="utf-8"))["problems"]
    return [Entry.model_validate(row) for row in rows]


def _linkage(tables: Tables, catalogue: Catalogue) -> Iterator[Entry]:
    if not tables.path(LINKAGE).exists():
        return
    tables.declare([LINKAGE])
    for row in tables.records(f"select * from {LINKAGE} order by year, source_id"):
        source = catalogue[row["source_id"]]
        where = source.tables[0].name(source.id)
        for column, (kind, what, how) in SAID.items():
            if not row.get(column):
                continue
            if source.id == "apogee" and column == "orphans_count":
                kind, (what, how) = "identifier", UNUSABLE
            yield Entry(
                kind=kind,
                where=where,
                year=row["year"],
                count=row[column],
                who=source.steward,
                what=what,
                how=how,
                key=f"{kind} {where} {row['year']}",
            )


def _duplicates(tables: Tables, catalogue: Catalogue) -> Iterator[Entry]:
    for source in FORMS:
        if source not in catalogue.sources:
            continue
        name = catalogue[source].tables[0].name(source)
        if not tables.path(name).exists():
            continue
        tables.declare([name])
        query = (
            f"select year, sum(rows_count - 1) from {name} group by year having sum(rows_count) > count(*) order by 1"
        )
        for year, count in tables.fetch(query):
            yield Entry(
                kind="duplicate",
                where=name,
                year=year,
                count=int(count),
                who=catalogue[source].steward,
                what=DUPLICATES[0],
                how=DUPLICATES[1],
                key=f"duplicate {name} {year}",
            )


def _failed(checks: Iterable[Check], waivers: Sequence[Held], open_tables: Collection[str]) -> Iterator[Entry]:
    judged = {(held.waiver.table, held.waiver.check): held for held in waivers}
    for check in checks:
        if check.outcome == "pass":
            continue
        found = _found(check, check.table in open_tables or check.type == TYPE)
        held = judged.get((check.table, check.id))
        if held is not None and held.state != "used":
            found = Bilingual(fr=f"{found.fr} {held.said[0]}", en=f"{found.en} {held.said[1]}")
        yield Entry(
            kind="waiver" if check.type == TYPE else "check",
            state=state_of(check),
            where=f"{check.table} {check.id}",
            count=check.unexpected_count or None,
            who=check.owner,
            what=_both(check.why),
            found=found,
            how=_both(check.mend),
            waived_by=check.waiver["waived_by"] if check.waiver else None,
            until=check.waiver["until"] if check.waiver else None,
            key=key_of(check),
        )


def _found(check: Check, is_open: bool) -> Bilingual:
    """Return what a check found: its message; of a table made of registers the reason and a count, no value."""
    if is_open or not check.id[-3:].isdecimal():  # a fault of the whole table quotes nothing
        return _both(check.message)
    if check.outcome == "error":
        return Bilingual(
            fr=f"{check.why['fr']} Pas de réponse : `observatoire check {check.table}` en dit la raison.",
            en=f"{check.why['en']} No answer: `observatoire check {check.table}` says why.",
        )
    n, seen = check.unexpected_count, check.seen
    return Bilingual(
        fr=f"{check.why['fr']} {n} sur {seen} hors règle.", en=f"{check.why['en']} {n} of {seen} break the rule."
    )


def state_of(check: Check) -> State:
    """Return where a check that did not pass stands in the list."""
    if check.stops:
        return "blocks"
    if check.waived:
        return "waived"
    if check.outcome == "error":
        return "no_answer"
    return "noted" if check.severity == "info" else "to_mend"


def _useless(waivers: Iterable[Held]) -> Iterator[Entry]:
    for held in waivers:
        if held.state != "unused":
            continue
        yield Entry(
            kind="waiver",
            state="noted",
            where=f"{held.waiver.table} {held.waiver.check}",
            who=held.waiver.who,
            what=Bilingual(fr=held.said[0], en=held.said[1]),
            how=Bilingual(
                fr="Retirer la dérogation de expectations/waivers.yml.",
                en="Remove the waiver from expectations/waivers.yml.",
            ),
            key=f"unused {held.waiver.check}",
        )


def _waiting(corrections: Iterable[Correction], catalogue: Catalogue) -> Iterator[Entry]:
    for item in corrections:
        source, _ = catalogue.tables[item.table]
        yield Entry(
            kind="correction",
            state="waits",
            key=f"correction {item.code}",
            where=f"{item.table} {item.code}",
            count=item.expect.rows,
            who=source.steward,
            what=item.reason,
            how=Bilingual(
                fr=f"Signalée le {item.reported_on:%d/%m/%Y} ({item.reported_to}) : relancer avant l'édition.",
                en=f"Reported on {item.reported_on:%d/%m/%Y} ({item.reported_to}): ask again before the edition.",
            ),
        )


def _both(text: Mapping[str, str]) -> Bilingual:
    return Bilingual(fr=text["fr"], en=text["en"])
