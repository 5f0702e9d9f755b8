"""The reference of a project, as stages ask for it: by code, by year, by label."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project
from pipelines.kernel.reference import mission, rows
from pipelines.kernel.reference.files import read_table, read_tables
from pipelines.kernel.reference.rules import check, one_region

T = TypeVar("T")


@dataclass(frozen=True)
class Reference:
    """Every reference table, in the order of its file, and the few look-ups that stages share."""

    region: rows.Region
    site_rows: tuple[rows.Site, ...]
    site_uais: tuple[rows.SiteUai, ...]
    establishment_rows: tuple[rows.Establishment, ...]
    establishment_labels: tuple[rows.EstablishmentLabel, ...]
    identities: tuple[rows.Identity, ...]
    perimeters: tuple[rows.Perimeter, ...]
    diploma_rows: tuple[rows.Diploma, ...]
    diploma_labels: tuple[rows.DiplomaLabel, ...]
    speciality_rows: tuple[rows.Speciality, ...]
    speciality_labels: tuple[rows.SpecialityLabel, ...]
    bts_fields: tuple[rows.BtsField, ...]
    sectors: tuple[rows.Sector, ...]
    breaks: tuple[rows.Break, ...]
    explained_differences: tuple[rows.ExplainedDifference, ...]
    territory_rows: tuple[rows.Territory, ...]
    country_rows: tuple[rows.Country, ...]
    owner_rows: tuple[mission.Owner, ...]
    objective_rows: tuple[mission.Objective, ...]
    action_rows: tuple[mission.Action, ...]
    figure_rows: tuple[mission.SeedFigure, ...]
    platform_rows: tuple[mission.Platform, ...]
    themes: tuple[mission.Theme, ...]
    priority_rows: tuple[mission.SitePriority, ...]

    @cached_property
    def sites(self) -> dict[str, rows.Site]:
        """Site code → site, in the file's order."""
        return {row.site_code: row for row in self.site_rows}

    @cached_property
    def establishments(self) -> dict[str, rows.Establishment]:
        """Establishment code → establishment."""
        return {row.establishment_code: row for row in self.establishment_rows}

    @cached_property
    def diplomas(self) -> dict[str, rows.Diploma]:
        """Diploma code → diploma."""
        return {row.diploma_code: row for row in self.diploma_rows}

    @cached_property
    def specialities(self) -> dict[str, rows.Speciality]:
        """Speciality code → speciality."""
        return {row.speciality_code: row for row in self.speciality_rows}

    @cached_property
    def territories(self) -> dict[str, rows.Territory]:
        """Département code → département."""
        return {row.territory_code: row for row in self.territory_rows}

    @cached_property
    def owners(self) -> dict[str, mission.Owner]:
        """Owner code → owner."""
        return {row.code: row for row in self.owner_rows}

    @cached_property
    def objectives(self) -> dict[int, mission.Objective]:
        """Number → objective."""
        return {row.number: row for row in self.objective_rows}

    @cached_property
    def actions(self) -> dict[str, mission.Action]:
        """Action id → action, in the text's order."""
        return {row.id: row for row in self.action_rows}

    @cached_property
    def figures(self) -> dict[str, mission.SeedFigure]:
        """Code → figure of the text, in the text's order."""
        return {row.code: row for row in self.figure_rows}

    @cached_property
    def platforms(self) -> dict[str, mission.Platform]:
        """Field code → competence platform."""
        return {row.field_code: row for row in self.platform_rows}

    @cached_property
    def priorities(self) -> dict[str, mission.SitePriority]:
        """Site code → what objective 2 sets as its priority; Albi has none."""
        return {row.site_code: row for row in self.priority_rows}

    def breaks_for(self, indicator_code: str, domain: str, scope_code: str | None = None) -> list[rows.Break]:
        """Return the breaks in an indicator's series, by year; those of every scope when no scope is given."""
        found = [row for row in self.breaks if row.touches(indicator_code, domain, scope_code)]
        return sorted(found, key=lambda row: (row.year, row.break_code))

    def identity(self, scheme: str, identifier: str, year: int) -> str | None:
        """Return the establishment a source means by `identifier` (scheme paysage, uai or erasmus) in that year."""
        return _one(
            row.establishment_code
            for row in self.identities
            if row.scheme == scheme and row.identifier == identifier and row.holds_in(year)
        )

    def establishment_of(self, site_code: str, diploma_code: str, year: int) -> str | None:
        """Return the establishment that carries a diploma on a site in that year."""
        return _one(
            row.establishment_code
            for row in self.perimeters
            if row.site_code == site_code and row.diploma_code == diploma_code and row.holds_in(year)
        )

    def diploma_of(self, label: str, source_id: str) -> str | None:
        """Return the diploma a source means by `label`, letter for letter."""
        return _one(
            row.diploma_code for row in self.diploma_labels if row.source_id == source_id and row.source_label == label
        )

    def speciality_of(self, label: str, source_id: str) -> str | None:
        """Return the speciality of a DUT or BUT label; of other diplomas' labels the answer means nothing."""
        return _one(row.speciality_code for row in self._matching(self.speciality_labels, label, source_id))

    def field_of_bts(self, label: str, source_id: str) -> str | None:
        """Return the field a BTS label clearly belongs to."""
        return _one(row.field_code for row in self._matching(self.bts_fields, label, source_id))

    def current(self, speciality_code: str) -> str:
        """Return the name a speciality bears today: its successor's code, or its own."""
        return self.specialities[speciality_code].successor_code or speciality_code

    @staticmethod
    def _matching(patterns: Iterable[Labelled], label: str, source_id: str) -> list[Labelled]:
        low = label.lower()
        found = [row for row in patterns if row.source_id in ("*", source_id) and re.search(row.pattern, low)]
        return sorted(found, key=lambda row: row.rank)


Labelled = TypeVar("Labelled", rows.SpecialityLabel, rows.BtsField)


def read_reference(project: Project) -> Reference:
    """Read and check every file of `data/reference/` that this package knows.

    Raises `BadInput`, one problem per fault, all of them at once: a missing, empty or mis-encoded file, an unknown,
    missing or doubled column, a value of the wrong type or out of bounds, a doubled key, a code that another table does
    not have, windows that overlap, a declared state without evidence. What holds between tables is looked at once each
    can be read: a row that is not there would make the rows that name it look wrong.
    """
    tables, problems = read_tables(project)
    problems = problems or list(check(tables))
    if problems:
        raise BadInput(problems)
    of = {name: tuple(line.row for line in table.lines) for name, table in tables.items()}
    return Reference(
        region=of["ref_region"][0],
        site_rows=of["ref_site"],
        site_uais=of["ref_site_uai"],
        establishment_rows=of["ref_establishment"],
        establishment_labels=of["ref_establishment_label"],
        identities=of["ref_identity"],
        perimeters=of["ref_perimeter"],
        diploma_rows=of["ref_diploma"],
        diploma_labels=of["ref_diploma_label"],
        speciality_rows=of["ref_speciality"],
        speciality_labels=of["ref_speciality_label"],
        bts_fields=of["ref_bts_field"],
        sectors=of["ref_sector"],
        breaks=of["ref_break"],
        explained_differences=of["ref_explained_difference"],
        territory_rows=of["ref_territory"],
        country_rows=of["ref_country"],
        owner_rows=of["owners"],
        objective_rows=of["objectives"],
        action_rows=of["actions"],
        figure_rows=of["seed_figures"],
        platform_rows=of["platforms"],
        themes=of["platform_themes"],
        priority_rows=of["site_priorities"],
    )


def whole_scope(project: Project) -> str:
    """Return the code of the scope that is the whole region, of `ref_region.csv` alone.

    For stages that need nothing else of the reference. Raises `BadInput` when the file does not name one region.
    """
    problems: list[Problem] = []
    table = read_table(project, "ref_region", problems)
    if table is not None:
        problems += one_region(table)
    if table is None or problems:
        raise BadInput(problems)
    return str(table.lines[0].row.scope_code)


def _one(values: Iterable[T]) -> T | None:
    return next(iter(values), None)
