"""What a template holds, before it is a workbook: its columns, their rules in French, their lists, the example line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipelines.kernel.catalogue import Source
from pipelines.kernel.dictionary import Column
from pipelines.kernel.reference import Reference
from pipelines.kernel.register_forms import ECHELONS, FORMS, Cell
from pipelines.kernel.register_layouts import plain
from pipelines.templates import wording

LAYOUT = "template"
"""Vintage of a register's sidecar that describes its template."""

FRENCH_SOIL = {"FR", "GP", "MQ", "GF", "RE", "YT", "BL", "MF", "PM", "WF", "PF", "NC", "TF"}
"""A stay there is no stay abroad: the list of a template does not offer it."""

Choices = tuple[tuple[str, str], ...]
"""What a cell may hold, with what it means."""


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a template; `choices` is empty where no list holds."""

    column: str
    header: str
    kind: str  # a kind of cell, or `identifier`
    meaning: str
    rule: str
    choices: Choices
    bounds: tuple[int, int] | None
    example: wording.Example | None


@dataclass(frozen=True, slots=True)
class Plan:
    """One template: the register's name, what a line is, the sheet of the rows, the columns in their order."""

    register: str
    title: str
    producer: str
    sheet: str
    fields: tuple[Field, ...]


def plan_of(source: Source, reference: Reference, dictionary: Mapping[str, Column]) -> Plan:
    """Return the plan of a register's template. Pure."""
    layout, form = source.vintage(LAYOUT), FORMS[source.id]
    examples = {**wording.EXAMPLES[source.id], **_somewhere(reference)}
    fields = []
    for column, header in layout.columns.items():
        cell = form.cells.get(column)
        choices = _choices(column, cell, reference) if cell else ()
        key = "year_survey" if (source.id, column) == ("survey", "year") else column
        meaning = wording.MEANINGS.get(key) or dictionary[column].meaning.fr
        fields.append(
            Field(
                column=column,
                header=header,
                kind=cell.kind if cell else "identifier",
                meaning=meaning,
                rule=wording.rule(
                    cell.kind, cell.required, cell.bounds, bool(choices), cell.shape[1] if cell.shape else None
                )
                if cell
                else wording.IDENTIFIER_RULE,
                choices=choices,
                bounds=cell.bounds if cell else None,
                example=examples.get(column),
            )
        )
    return Plan(source.id, wording.TITLES[source.id], source.producer, layout.sheet or "Saisie", tuple(fields))


def _somewhere(reference: Reference) -> dict[str, wording.Example]:
    """Return the columns of a place, filled with a site of the region."""
    site = next(row for row in reference.site_rows if row.uai is not None)
    return {
        "establishment_code": reference.establishments[site.establishment_code].uai,
        "site_code": site.site_code,
        "employer_commune_code": site.commune_code,
    }


def _choices(column: str, cell: Cell, reference: Reference) -> Choices:
    if column in wording.CHOICES:
        return tuple(wording.CHOICES[column].items())
    if column == "echelon_code":
        return tuple((code, f"échelon {code}") for code in ECHELONS)
    if column == "diploma_code":
        return tuple(
            (code, reference.diplomas[code].diploma_label_fr) for code in map(str, (cell.codes or {}).values())
        )
    if cell.listed == "site":
        return tuple((row.site_code, row.site_label) for row in reference.site_rows)
    if cell.listed == "speciality":
        return tuple(sorted((row.speciality_code, row.speciality_label_fr) for row in reference.speciality_rows))
    if cell.listed == "establishment":
        labels = {code: row.establishment_label for code, row in reference.establishments.items()}
        return tuple(
            (row.identifier, labels[row.establishment_code] + (f" ({row.note})" if row.note else ""))
            for row in reference.identities
            if row.scheme == "uai"
        )
    if cell.listed == "country":
        abroad = [row for row in reference.country_rows if row.country_code not in FRENCH_SOIL]
        return tuple(
            (row.country_label_fr, row.country_code)
            for row in sorted(abroad, key=lambda row: plain(row.country_label_fr))
        )
    return tuple(wording.YES_NO.items()) if cell.codes else ()
