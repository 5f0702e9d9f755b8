"""The stewards' list, `data/quality/steward.json`: what somebody has to mend at its source, one entry a problem.

Nothing is dropped in silence: rows that link to nobody, identifiers that cannot be used, rows given twice, checks that
failed without stopping the run, corrections that wait for their producer. Counts and places only: no token, no row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from pipelines.check.outcome import Check
from pipelines.check.tables import Tables
from pipelines.kernel.catalogue import Bilingual, Catalogue
from pipelines.kernel.corrections import Correction
from pipelines.kernel.register_forms import FORMS

LINKAGE = "mart_linkage__register"

Kind = Literal["orphan", "identifier", "conflict", "contradiction", "duplicate", "check", "correction"]


class Entry(BaseModel):
    """One problem: of which kind, in what (table and year), how many rows, for whom, what is wrong, how to mend it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Kind
    where: str
    year: int | None = None
    count: int | None = None
    who: str
    what: Bilingual
    how: Bilingual


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
    tables: Tables, catalogue: Catalogue, checks: Iterable[Check], corrections: Iterable[Correction]
) -> list[Entry]:
    """Return every problem, registers first, in an order that depends on nothing but what was found."""
    found = [*_linkage(tables, catalogue), *_duplicates(tables, catalogue)]
    found.sort(key=lambda entry: (entry.kind, entry.where, entry.year or 0))
    return [*found, *_failed(checks), *_waiting(corrections, catalogue)]


def content(found: Iterable[Entry]) -> dict[str, Any]:
    """Return the list as it is written to JSON."""
    rows = [entry.model_dump(mode="json") for entry in found]
    return {"layer": "steward", "problems_count": len(rows), "problems": rows}


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
                kind=kind, where=where, year=row["year"], count=row[column], who=source.steward, what=what, how=how
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
            )


def _failed(checks: Iterable[Check]) -> Iterator[Entry]:
    for check in checks:
        if check.outcome == "pass":
            continue
        yield Entry(
            kind="check",
            where=f"{check.table} {check.id}",
            count=check.unexpected_count or None,
            who=check.owner,
            what=_both(check.why),
            how=_both(check.mend),
        )


def _waiting(corrections: Iterable[Correction], catalogue: Catalogue) -> Iterator[Entry]:
    for item in corrections:
        source, _ = catalogue.tables[item.table]
        yield Entry(
            kind="correction",
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
