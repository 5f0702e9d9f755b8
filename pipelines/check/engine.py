"""From a suite and its table to checks: fills code lists in, runs both kinds of check, words what came of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pipelines.check import sqlcheck
from pipelines.check.outcome import Check, Finding, NotChecked, check_of, fault_of
from pipelines.check.suites import SQL, Expectation, Suite
from pipelines.check.tables import Tables
from pipelines.check.wording import message_of
from pipelines.kernel.project import Settings

LOST = Finding(
    "error",
    reason=(
        "vérification non exécutée (l'attente s'est perdue en route)",
        "not run (the expectation was lost on the way)",
    ),
)
"""What stands for an expectation of the file that came back without an answer: never silence."""


def check_table(tables: Tables, suite: Suite, settings: Settings) -> tuple[list[Check], list[NotChecked]]:
    """Check one table against its suite: the checks in the suite's order, and what was rightly left out.

    Nothing passes on nothing: a table without a row, a suite without an expectation, an absent table or code list
    each give an error.
    """
    name = suite.table
    if not tables.path(name).exists():
        return _absent(suite)
    if not suite.expectations:
        return [_no_expectation(name)], []
    tables.declare([name])
    rows = tables.rows(name)
    if rows == 0:
        reason = _why_empty(tables, suite, settings)
        if reason:
            return [], [NotChecked("TABLE-EMPTY", name, {"fr": reason[0], "en": reason[1]})]
        return [_no_row(name)], []
    due = [item for item in suite.expectations if not item.from_edition or item.from_edition <= settings.edition]
    left = [
        NotChecked(
            item.id,
            name,
            {
                "fr": f"L'édition {settings.edition} en sait trop peu : vérifié à partir de {item.from_edition}.",
                "en": f"Edition {settings.edition} knows too little: checked from {item.from_edition} on.",
            },
        )
        for item in suite.expectations
        if item not in due
    ]
    aside, by_check = tables.quarantined(name)
    if aside and tables.rows(tables.whole(name)) != rows + aside:
        return [_lost_rows(name)], left
    arguments: dict[str, dict[str, Any]] = {}
    found: dict[str, Finding] = {}
    for item in due:
        try:
            arguments[item.id] = filled(tables, suite, item, settings)
        except (FileNotFoundError, LookupError, ValueError) as error:
            arguments[item.id] = dict(item.kwargs)
            found[item.id] = Finding(
                "error", reason=(f"la liste de référence manque ({error})", f"the reference list is missing ({error})")
            )
    # A check that puts rows aside looks at all of them; the others judge what goes on.
    for relation, asking in ((tables.whole(name), True), (name, False)):
        items = [item for item in due if (item.quarantine is not None) is asking and item.id not in found]
        found |= _sql_findings(tables, suite, [item for item in items if item.type == SQL], arguments, relation)
        for_gx = [item for item in items if item.id not in found]
        if for_gx:
            from pipelines.check import gx  # two seconds: not for a run with nothing to check

            found |= gx.findings(tables, relation, for_gx, arguments)
    checks = []
    for item in due:
        finding = _discreet(found.get(item.id, LOST), item, tables, suite.confidential)
        if finding.outcome == "fail" and by_check.get(item.id) == finding.unexpected:
            finding = replace(finding, quarantined=finding.unexpected)
        checks.append(check_of(name, item, finding, message_of(item, arguments[item.id], finding)))
    return checks, left


def filled(tables: Tables, suite: Suite, item: Expectation, settings: Settings) -> dict[str, Any]:
    """Return the arguments of an expectation with `{from: …}` replaced by what it points to.

    `{from: min_rows}` is the suite's floor in this edition, `{from: ref_site.site_code}` a code list, to which
    `plus: […]` adds values. Raises `FileNotFoundError` or `ValueError` when the list is absent or empty.
    """
    arguments: dict[str, Any] = {}
    for key, value in item.kwargs.items():
        if not (isinstance(value, dict) and "from" in value):
            arguments[key] = value
            continue
        source = str(value["from"])
        if source == "min_rows":
            arguments[key] = suite.floor(settings.edition)
            continue
        if source.count(".") != 1:
            raise ValueError(f"{source} is not <table>.<column>")
        tables.declare([source.split(".")[0]])
        values = tables.values(source)
        if not values:
            raise ValueError(f"{source} is empty")
        arguments[key] = values + [extra for extra in value.get("plus", []) if extra not in values]
    return arguments


def _sql_findings(
    tables: Tables, suite: Suite, items: list[Expectation], arguments: dict[str, dict[str, Any]], relation: str
) -> dict[str, Finding]:
    if items:
        # A table that a query names and that does not exist is DuckDB's to report, check by check.
        tables.declare(name for name in suite.tables_read if tables.path(name).exists())
    return {
        item.id: sqlcheck.finding(tables, arguments[item.id], suite.confidential, relation, suite.grain)
        for item in items
    }


def _discreet(finding: Finding, item: Expectation, tables: Tables, confidential: bool) -> Finding:
    """Take out of a finding what a quality report may not show: personal values, and rows of a confidential table."""
    if item.type == SQL or not finding.examples:
        return finding
    if any(tables.is_personal(column) for column in item.columns) or (confidential and len(item.columns) > 1):
        return replace(finding, examples=())
    return finding


def _why_empty(tables: Tables, suite: Suite, settings: Settings) -> tuple[str, str] | None:
    """Return why no row is due, or `None` when the emptiness is a fault."""
    if suite.may_be_empty:
        return suite.may_be_empty.fr, suite.may_be_empty.en
    for name in suite.needs:
        years = 0
        if tables.path(name).exists():
            tables.declare([name])
            years = tables.years(name)
        if years < suite.needs_years:
            without = (
                (" sans les sources simulées", " without simulated sources") if settings.observed_only else ("", "")
            )
            due = suite.needs_years
            return (
                f"La table est vide à bon droit : l'édition {settings.edition}{without[0]} voit {years} rentrée(s) de "
                f"{name}, il en faut {due}.",
                f"The table is rightly empty: edition {settings.edition}{without[1]} sees {years} year(s) of {name}, "
                f"{due} needed.",
            )
    return None


def _lost_rows(table: str) -> Check:
    return fault_of(
        table,
        "QUARANTINE-COUNT",
        (
            "Les lignes gardées et les lignes en quarantaine ne font pas ensemble celles de la table.",
            "The rows kept and the rows in quarantine do not make up those of the table.",
        ),
        (
            "Effacer data/quarantine et relancer : ces lignes y sont mises d'après la table telle qu'elle est.",
            "Delete data/quarantine and run again: rows are put there from the table as it is now.",
        ),
    )


def _absent(suite: Suite) -> tuple[list[Check], list[NotChecked]]:
    if suite.optional:
        return [], [NotChecked("TABLE-MISSING", suite.table, suite.optional.model_dump())]
    check = fault_of(
        suite.table,
        "TABLE-MISSING",
        ("La table attendue par cette suite n'existe pas.", "The table that this suite expects does not exist."),
        (
            "Refaire l'étape qui la produit ; si la table est abandonnée, retirer sa suite.",
            "Run the stage that makes it again; if the table is given up, remove its suite.",
        ),
    )
    return [check], []


def _no_expectation(table: str) -> Check:
    return fault_of(
        table,
        "SUITE-EMPTY",
        ("La suite de cette table ne contient aucune attente.", "The suite of this table holds no expectation."),
        (
            "Écrire au moins l'ouverture que demande expectations/README.md.",
            "Write at least the opening that expectations/README.md asks for.",
        ),
    )


def _no_row(table: str) -> Check:
    return fault_of(
        table,
        "TABLE-EMPTY",
        ("La table n'a aucune ligne : rien n'a pu être vérifié.", "The table holds no row: nothing could be checked."),
        (
            "Vérifier le fichier d'entrée et l'étape qui produit la table.",
            "Check the input file and the stage that makes the table.",
        ),
    )


def no_suite(table: str, layer: str) -> Check:
    """Return the error of a table that exists and that nobody checks."""
    return fault_of(
        table,
        "SUITE-MISSING",
        ("Aucune suite ne vérifie cette table.", "No suite checks this table."),
        (f"Écrire expectations/{layer}/{table}.yml.", f"Write expectations/{layer}/{table}.yml."),
    )
