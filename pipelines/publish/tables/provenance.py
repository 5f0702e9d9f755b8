"""What stands under every table: its unit, the marks in its cells explained, its source, its address.

Found by the table's name, since the tables of one family (`site-…`, `actions-…`) share all of it.
"""

# ruff: noqa: E501  a sentence that is published stands on one line, so that it can be found

from __future__ import annotations

import re
from dataclasses import dataclass

from pipelines.publish.citing import address
from pipelines.publish.numbers import SIMULATED
from pipelines.publish.tables.shape import Table, plain

Words = tuple[str, str]
"""French, English."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where the cells come from: in words, and as files or tables that `explain` resolves; what they count in."""

    source: Words
    of: tuple[str, ...]
    unit: Words = ("", "")


VALUES: Words = (
    "valeurs publiées de l'observatoire ; la source de chaque indicateur est dans sa définition",
    "the observatory's published values; the source of each indicator stands in its definition",
)
STATES: Words = (
    "contribution des IUT au SRESR, valeurs publiées",
    "contribution of the IUTs to the SRESR, published values",
)
CHECKS: Words = ("contrôles de l'observatoire, édition en cours", "the observatory's checks, this edition")
CATALOGUE: Words = ("catalogue de l'observatoire", "the observatory's catalogue")
DECLARED: Words = (
    "contribution des IUT au SRESR, états déclarés par les porteurs",
    "contribution of the IUTs to the SRESR, states declared by the owners",
)
PARCOURSUP: Words = (
    "ministère chargé de l'enseignement supérieur et de la recherche (SIES), Parcoursup",
    "ministry of higher education and research (SIES), Parcoursup",
)
PERSONS: Words = ("personnes, sauf %", "persons, except %")
MIXED: Words = (
    "personnes, sauf %, mention contraire dans l'intitulé",
    "persons, except %, unless the label says otherwise",
)
PROBABILITY: Words = (
    "personnes ; rythmes en % par an ; probabilités en %",
    "persons; paces in % a year; probabilities in %",
)

FAMILIES: dict[str, Provenance] = {
    "targets": Provenance(STATES, ("pub_states",), ("celle de chaque engagement", "that of each commitment")),
    "paces": Provenance(STATES, ("pub_states",), PROBABILITY),
    "states": Provenance(STATES, ("pub_states",), ("engagements", "commitments")),
    "badges": Provenance(STATES, ("pub_badges",), ("% des cibles", "% of targets")),
    "past": Provenance(STATES, ("pub_history",), ("probabilités en %", "probabilities in %")),
    "seed": Provenance(
        ("contribution des IUT au SRESR, valeurs publiées", "contribution of the IUTs to the SRESR, published values"),
        ("data/reference/seed_figures.yml", "pub_values"),
        MIXED,
    ),
    "sites": Provenance(VALUES, ("pub_values",), PERSONS),
    "actions": Provenance(DECLARED, ("data/reference/actions.yml",)),
    "sources": Provenance(CATALOGUE, ("data/sources",)),
    "freshness": Provenance(CATALOGUE, ("data/sources",), ("années", "years")),
    "checks": Provenance(CHECKS, ("data/quality",), ("contrôles", "checks")),
    "families": Provenance(CHECKS, ("data/quality",), ("contrôles", "checks")),
    "warnings": Provenance(CHECKS, ("data/quality",)),
    "trend": Provenance(CHECKS, ("data/quality",), ("contrôles", "checks")),
    "suppression": Provenance(
        ("contrôle de confidentialité de l'observatoire", "the observatory's disclosure control"),
        ("pub_suppression",),
        ("valeurs", "values"),
    ),
    "reconciliation": Provenance(
        ("registres des IUT et ministère chargé de l'enseignement supérieur (SIES)", "registers of the IUTs and ministry of higher education (SIES)"),
        ("pub_reconciliation__register",),
        PERSONS,
    ),
    "linkage": Provenance(("registres des IUT", "registers of the IUTs"), ("pub_linkage__register",), ("lignes", "rows")),
    "corrections": Provenance(
        ("corrections déclarées par l'observatoire", "corrections declared by the observatory"),
        ("data/reference/corrections.yml",),
    ),
    "breaks": Provenance(
        ("liste des ruptures de l'observatoire", "the observatory's list of breaks"), ("data/reference/ref_break.csv",)
    ),
    "flags": Provenance(
        ("liste SDMX CL_OBS_STATUS, complétée par l'observatoire", "SDMX code list CL_OBS_STATUS, completed by the observatory"),
        ("pipelines/kernel/flags.py",),
    ),
    "definitions": Provenance(
        ("registre des indicateurs de l'observatoire", "the observatory's register of indicators"),
        ("data/reference/indicators.yml",),
    ),
    "revisions": Provenance(
        ("valeurs publiées de ce rapport et de la dernière édition scellée", "published values of this report and of the last sealed edition"),
        ("pub_values", "data/reference/revisions.yml"),
        MIXED,
    ),
    "editions": Provenance(
        ("manifestes des éditions scellées", "manifests of the sealed editions"),
        ("data/reference/revisions.yml",),
        ("chiffres révisés", "revised figures"),
    ),
    "addresses": Provenance(VALUES, ("pub_values",)),
    "dictionary": Provenance(
        ("dictionnaire de l'observatoire", "the observatory's dictionary"), ("data/reference/dictionary",)
    ),
    "pathway": Provenance(PARCOURSUP, ("pub_offer__formation",), ("formations", "programmes")),
    "objective": Provenance(VALUES, ("pub_values",), MIXED),
    "site-actions": Provenance(DECLARED, ("data/reference/actions.yml",)),
    "site-targets": Provenance(STATES, ("pub_states",), ("celle de chaque engagement", "that of each commitment")),
    "site": Provenance(VALUES, ("pub_values",), MIXED),
    "field-employment": Provenance(VALUES, ("pub_employment__dut",), MIXED),
    "field-territory": Provenance(VALUES, ("pub_apprenticeship__territory",), MIXED),
    "field": Provenance(
        PARCOURSUP,
        ("pub_scholarship__entrants",),
        ("personnes", "persons"),
    ),
    "platform": Provenance(
        ("annexe du document, états déclarés", "annex of the document, declared states"), ("data/reference/platforms.yml",)
    ),
}  # fmt: skip
"""Name of a table, or what the names of its family begin with → what stands under it."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark that cells may bear, and what it means."""

    seen: tuple[re.Pattern[str], re.Pattern[str]]
    said: Words


def _mark(fr: str, en: str, said_fr: str, said_en: str) -> Mark:
    return Mark((re.compile(fr), re.compile(en)), (said_fr, said_en))


MARKS = (
    _mark(
        rf"\b{SIMULATED['fr']}\b",
        rf"\b{SIMULATED['en']}\b",
        "simulé\u00a0: tiré de registres simulés, ne décrit personne",
        "simulated: drawn from simulated registers, describes nobody",
    ),
    _mark(
        r"^confidentiel\b",
        r"^confidential\b",
        "confidentiel\u00a0: trop peu de personnes, valeur retirée (drapeau c)",
        "confidential: too few persons, value withheld (flag c)",
    ),
    _mark(r"^non mesuré\b", r"^not measured\b", "non mesuré\u00a0: aucune source ne le donne (drapeau L)", "not measured: no source gives it (flag L)"),
    _mark(
        r"^non mesurable\b",
        r"^not measurable\b",
        "non mesurable\u00a0: aucune donnée ne permet de dire si l'engagement est tenu",
        "not measurable: no data allow to say whether the commitment is kept",
    ),
    _mark(r"^\u2013?$", r"^\u2013?$", "\u2013\u00a0: sans objet ou sans donnée (drapeaux M, L)", "\u2013: not applicable or no data (flags M, L)"),
    _mark(r"^n\. d\.$", r"^n/a$", "n. d.\u00a0: non disponible", "n/a: not available"),
)  # fmt: skip
"""Every mark a cell of a table may bear beside its number or in its place."""


class UnknownTableError(ValueError):
    """A table whose provenance nobody declared."""


def provenance(name: str) -> Provenance:
    """Return what stands under the table `name`. Raises `UnknownTableError` when no family has it."""
    for length in range(len(name.split("-")), 0, -1):
        family = "-".join(name.split("-")[:length])
        if family in FAMILIES:
            return FAMILIES[family]
    raise UnknownTableError(f"The table {name} has no source: declare one in FAMILIES of {__name__}.")


def marks_in(table: Table) -> list[str]:
    """Return the meaning of each mark that the table bears, and of no other."""
    english = table.lang == "en"
    cells = [plain(cell).strip() for row in table.rows for cell in row]
    if table.name == "flags":  # it is itself the explanation
        return []
    said = [*cells, *table.heading, table.caption, SIMULATED[table.lang] if table.simulated else "-"]
    return [mark.said[english] for mark in MARKS if any(mark.seen[english].search(text) for text in said)]


def is_simulated(table: Table) -> bool:
    """Say whether any number of the table comes from simulated data; a list of sources may say it of a source."""
    measures = bool(provenance(table.name).unit[0])
    return measures and MARKS[0].said[table.lang == "en"] in marks_in(table)


def small_print(table: Table, edition: str) -> str:
    """Return the line under a table: marks explained, unit, source, address."""
    english = table.lang == "en"
    found = provenance(table.name)
    colon = ": " if english else "\u00a0: "
    parts = marks_in(table)
    if found.unit[english]:
        parts.append(f"{'Unit' if english else 'Unité'}{colon}{found.unit[english]}")
    parts.append(f"Source{colon}{found.source[english]}")
    parts.append(address(f"tbl-{table.name}", edition))
    return " · ".join(part[0].upper() + part[1:] if number == 0 else part for number, part in enumerate(parts))
