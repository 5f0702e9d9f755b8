"""What the checks found, in the report's words: by source, by family, one by one, how fresh, from edition to edition.

Counts of checks and what their authors wrote, nothing else: messages and values stay inside, they may speak of single
rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from pipelines.publish.figures.common import short_title, two
from pipelines.publish.figures.overview import years_of_sources
from pipelines.publish.names import in_language
from pipelines.publish.numbers import number
from pipelines.publish.shelf import Shelf
from pipelines.publish.tables.overview import NOTHING
from pipelines.publish.tables.shape import Table

FAMILIES = {
    "structure": ("colonnes, nombre de lignes, cases vides", "columns, number of rows, empty cells"),
    "uniqueness": ("une seule ligne par clé", "one row only for each key"),
    "codes": ("listes de codes et formes", "code lists and forms"),
    "range": ("bornes", "ranges"),
    "coherence": ("cohérence de la ligne", "coherence of a row"),
    "totals": ("parties et totaux", "parts and totals"),
    "coverage": ("chaque site, chaque année", "every site, every year"),
    "freshness": ("fraîcheur", "freshness"),
    "continuity": ("continuité d'une année à l'autre", "continuity from year to year"),
    "consistency": ("accord entre sources", "agreement between sources"),
    "reconciliation": ("personne de perdu entre deux étapes", "nobody lost between two stages"),
    "golden": ("chiffres connus par ailleurs", "figures known from elsewhere"),
}
"""Family of a check → what it looks at, in the report's words."""

DOMAINS = {
    "enrolment": ("inscriptions", "enrolment"),
    "scholarship": ("bourses", "scholarships"),
    "apprenticeship": ("apprentissage", "apprenticeship"),
    "mobility": ("mobilité", "mobility"),
    "employment": ("insertion", "employment"),
    "offer": ("offre de formation", "training offer"),
    "student": ("étudiants reliés", "linked students"),
    "success": ("réussite", "success"),
    "linkage": ("appariement des registres", "linkage of the registers"),
    "reconciliation": ("rapprochement des registres", "reconciliation of the registers"),
}
"""Domain of a mart → its name."""

Counts = tuple[int, int, int, int, int]
"""Passed, failed, of them waived, without an answer, not checked."""


def rows_of(shelf: Shelf, key: str) -> list[Mapping[str, Any]]:
    """Return the `checks`, the `not_checked` or the `waivers` of every layer, in order."""
    return [
        row
        for found in shelf.checks
        if isinstance(found["content"], dict)
        for row in found["content"].get(key, [])
        if isinstance(row, dict)
    ]


def counts(checks: Iterable[Mapping[str, Any]], left: Iterable[object] = ()) -> Counts:
    """Count outcomes."""
    found = list(checks)
    return (
        sum(row["outcome"] == "pass" for row in found),
        sum(row["outcome"] == "fail" for row in found),
        sum(row["outcome"] == "fail" and bool(row.get("waiver")) for row in found),
        sum(row["outcome"] == "error" for row in found),
        len(list(left)),
    )


def by_source(shelf: Shelf) -> Table:
    """Checks run, passed, failed, waived, without an answer and not run: by source, then by domain of the marts."""
    checks: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    left: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for key, groups in (("checks", checks), ("not_checked", left)):
        for row in rows_of(shelf, key):
            groups[_group(str(row["table"]))].append(row)
    names = sorted({*checks, *left}, key=lambda name: (name.startswith("mart_"), _label(shelf, name)))
    rows = [(_label(shelf, name), *_cells(shelf, counts(checks[name], left[name]))) for name in names]
    return Table(
        name="checks",
        caption=two(
            shelf,
            "Résultat des contrôles, par source puis par domaine des tables consolidées",
            "Results of the checks, by source, then by domain of the consolidated tables",
        ),
        heading=(two(shelf, "Source ou domaine", "Source or domain"), *_headings(shelf)),
        rows=tuple(rows),
        right=_headings(shelf),
        widths=(34, 11, 11, 11, 11, 11, 11),
        lang=shelf.lang,
    )


def by_family(shelf: Shelf) -> Table:
    """What the checks look for, and how many of each kind passed."""
    groups: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows_of(shelf, "checks"):
        groups[str(row.get("family", "structure"))].append(row)
    headings = _headings(shelf)[:-1]
    rows = [
        (_capital(words[shelf.lang == "en"]), *_cells(shelf, counts(groups[family]))[:-1])
        for family, words in FAMILIES.items()
        if family in groups
    ]
    return Table(
        name="families",
        caption=two(shelf, "Ce que les contrôles cherchent", "What the checks look for"),
        heading=(two(shelf, "Le contrôle regarde", "The check looks at"), *headings),
        rows=tuple(rows),
        right=headings,
        widths=(40, 12, 12, 12, 12, 12),
        lang=shelf.lang,
    )


def warnings(shelf: Shelf) -> Table:
    """The checks that failed without stopping the run: who answers for it, why the check exists, what to do."""
    rows = []
    for check in rows_of(shelf, "checks"):
        if check["outcome"] == "pass":
            continue
        waiver = check.get("waiver")
        state = (
            two(shelf, "sans réponse", "no answer") if check["outcome"] == "error" else two(shelf, "échec", "failed")
        )
        kind = "missed" if check["outcome"] == "error" else "off-track"
        if waiver:
            state, kind = two(shelf, "dérogation", "waived"), "declared"
            who = in_language(str(waiver["waived_by"]), shelf.lang, shelf.region)
        said = f"[{_capital(state)}]{{.status .status-{kind}}}"
        if waiver:
            said += two(
                shelf,
                f" {who}, jusqu'au {_day(shelf, waiver['until'])}. {shelf.say(waiver['why'])}",
                f" {who}, until {_day(shelf, waiver['until'])}. {shelf.say(waiver['why'])}",
            )
        rows.append(
            (
                f"{_label(shelf, _group(str(check['table'])))} (`{check['id']}`)",
                said,
                shelf.say(check.get("why")),
                shelf.say(check.get("mend")),
            )
        )
    return Table(
        name="warnings",
        caption=two(shelf, "Contrôles échoués ou sans réponse", "Checks that failed or have no answer"),
        heading=(
            two(shelf, "Contrôle", "Check"),
            two(shelf, "État", "State"),
            two(shelf, "Pourquoi il existe", "Why it exists"),
            two(shelf, "Que faire", "What to do"),
        ),
        rows=tuple(rows),
        widths=(22, 26, 26, 26),
        lang=shelf.lang,
    )


def lateness(shelf: Shelf) -> dict[str, tuple[int | None, int | None]]:
    """Return source → its last year known, and the year that its sidecar promised for this edition (none if once)."""
    covered = years_of_sources(shelf)
    return {
        source.id: (
            max(covered.get(source.id, {}), default=None),
            shelf.settings.edition - source.lag if source.frequency == "annual" else None,
        )
        for source in shelf.catalogue.sources.values()
    }


def is_late(last: int | None, due: int | None) -> bool:
    """Say whether a source that promised a year has an older one only."""
    return last is not None and due is not None and last < due


def freshness(shelf: Shelf) -> Table:
    """How fresh each source is: last year known, year due, state, publication, years between."""
    rows = []
    for source_id, (last, due) in lateness(shelf).items():
        if last is None:
            continue
        source = shelf.catalogue[source_id]
        published = max((vintage.published or 0 for vintage in source.vintages), default=0)
        if due is None:
            state, kind = two(shelf, "Série close", "Closed series"), "declared"
        elif is_late(last, due):
            many = due - last
            state, kind = (
                two(shelf, f"En retard de {many}\u00a0an{'s' * (many > 1)}", f"{many} year{'s' * (many > 1)} late"),
                "off-track",
            )
        else:
            state, kind = two(shelf, "À jour", "Up to date"), "met"
        simulated = "simulated" in years_of_sources(shelf)[source_id].values()
        age = shelf.settings.edition - last
        rows.append(
            (
                short_title(source.title.in_(shelf.lang)),
                str(last),
                NOTHING if due is None else str(due),
                f"[{state}]{{.status .status-{kind}}}",
                two(shelf, "simulée", "simulated") if simulated else str(published) if published else NOTHING,
                two(shelf, f"{age}\u00a0an{'s' * (age > 1)}", f"{age} year{'s' * (age != 1)}"),
            )
        )
    headings = (
        two(shelf, "Dernière année", "Last year"),
        two(shelf, "Attendue", "Due"),
        two(shelf, "Fraîcheur", "Freshness"),
        two(shelf, "Publiée en", "Published in"),
        two(shelf, "Âge à l'édition", "Age at the edition"),
    )
    return Table(
        name="freshness",
        caption=two(shelf, "La fraîcheur de chaque source", "How fresh each source is"),
        heading=("Source", *headings),
        rows=tuple(rows),
        right=(headings[0], headings[1], headings[3], headings[4]),
        widths=(34, 12, 12, 18, 12, 12),
        lang=shelf.lang,
    )


def trend(shelf: Shelf) -> Table:
    """The last recorded run of each edition: a correction seen once is one line, and no clock is in it."""
    headings = _headings(shelf)
    rows = [
        (
            str(run["edition"]),
            *_cells(shelf, (run["passed"], run["failed"], run["waived"], run["unanswered"], run["not_checked"])),
        )
        for run in editions(shelf)
    ]
    return Table(
        name="trend",
        caption=two(
            shelf,
            "Dernier état connu des contrôles de chaque édition",
            "Last known state of the checks of each edition",
        ),
        heading=(two(shelf, "Édition", "Edition"), *headings),
        rows=tuple(rows),
        right=headings,
        widths=(16, 14, 14, 14, 14, 14, 14),
        lang=shelf.lang,
    )


def editions(shelf: Shelf) -> list[Mapping[str, Any]]:
    """Return the last whole run of each edition up to this one, as the history has it, in order."""
    latest: dict[int, Mapping[str, Any]] = {}
    for run in runs(shelf):
        if run["edition"] <= shelf.settings.edition:
            latest[run["edition"]] = run
    return [latest[year] for year in sorted(latest)]


def runs(shelf: Shelf) -> list[Mapping[str, Any]]:
    """Return the whole runs of the history, with simulated sources or without as this one."""
    return [
        run
        for run in rows_of(shelf, "runs")
        if not run["stopped"] and run["observed_only"] == shelf.settings.observed_only
    ]


def trend_said(shelf: Shelf) -> str:
    """Return the sentence on how the checks moved since the run before of this edition."""
    mine = [run for run in runs(shelf) if run["edition"] == shelf.settings.edition]
    if len(mine) < 2:
        return two(
            shelf,
            "C'est le premier état enregistré de cette édition : il n'y a pas encore d'évolution à montrer.",
            "This is the first recorded state of this edition: there is no change to show yet.",
        )
    change = (mine[-1]["failed"] + mine[-1]["unanswered"]) - (mine[-2]["failed"] + mine[-2]["unanswered"])
    if change == 0:
        return two(
            shelf,
            "Il y a autant de contrôles échoués ou sans réponse qu'à l'état précédent de cette édition.",
            "As many checks failed or have no answer as in the state before of this edition.",
        )
    many = number(abs(change), shelf.lang)
    more = two(shelf, "de plus", "more") if change > 0 else two(shelf, "de moins", "fewer")
    return two(
        shelf,
        f"Contrôles échoués ou sans réponse : {many} {more} qu'à l'état précédent de cette édition.",
        f"Checks that failed or have no answer: {many} {more} than in the state before of this edition.",
    )


def _group(table: str) -> str:
    """Return the source of a staging table, or the domain of a mart with its prefix."""
    stem = table.split("__")[0]
    return stem.removeprefix("stg_")


def _label(shelf: Shelf, group: str) -> str:
    if group.startswith("mart_"):
        words = DOMAINS.get(group.removeprefix("mart_"), (group, group))
        return two(shelf, f"Consolidation : {words[0]}", f"Consolidation: {words[1]}")
    known = shelf.catalogue.sources
    return short_title(known[group].title.in_(shelf.lang)) if group in known else f"`{group}`"


def _headings(shelf: Shelf) -> tuple[str, ...]:
    return (
        two(shelf, "Contrôles", "Checks"),
        two(shelf, "Réussis", "Passed"),
        two(shelf, "Échoués", "Failed"),
        two(shelf, "dont sous dérogation", "of them waived"),
        two(shelf, "Sans réponse", "Without answer"),
        two(shelf, "Non vérifiés", "Not checked"),
    )


def _cells(shelf: Shelf, found: Counts) -> tuple[str, ...]:
    passed, failed, waived, unanswered, left = found
    total = passed + failed + unanswered
    return tuple(number(count, shelf.lang) for count in (total, passed, failed, waived, unanswered, left))


def _day(shelf: Shelf, iso: str) -> str:
    year, month, day = iso.split("-")
    return two(shelf, f"{day}/{month}/{year}", iso)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
