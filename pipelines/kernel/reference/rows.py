"""What one row of each code list is (`data/reference/ref_*.csv`): typed, frozen, refusing what it does not know."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator


def _flag(value: object) -> object:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return value == "true"
    raise ValueError("write true or false")


def _compiles(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"this is no regular expression: {error}") from error
    if value != value.lower():
        raise ValueError("patterns are tried on lower-case labels: write them in lower case")
    return value


def _plausible(value: date) -> date:
    if not 1800 <= value.year <= 2100:
        raise ValueError("a date lies between 1800 and 2100")
    return value


Code = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
UpperCode = Annotated[str, Field(pattern=r"^[A-Z0-9][A-Z0-9-]*$")]
Uai = Annotated[str, Field(pattern=r"^\d{7}[A-Z]$")]
Commune = Annotated[str, Field(pattern=r"^\d[0-9AB]\d{3}$")]
Departement = Annotated[str, Field(pattern=r"^(\d{2,3}|2[AB])$")]
Text = Annotated[str, Field(min_length=1)]
YesNo = Annotated[bool, BeforeValidator(_flag)]
Day = Annotated[date, AfterValidator(_plausible)]
AnySource = Annotated[str, Field(pattern=r"^(\*|[a-z][a-z0-9_]*)$")]
SourceId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Pattern = Annotated[str, Field(min_length=1), AfterValidator(_compiles)]


LONGEST_EXPLANATION = 3
"""Years for which a difference may be declared as explained."""


class Row(BaseModel):
    """One row of a reference table."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Dated(Row):
    """A row that holds between two days, both included; an empty day leaves that side open.

    Convention: a window that begins with a rentrée begins on 1 January of its year, one that ends with a rentrée ends
    on 31 December of its year, so that `year` alone decides.
    """

    valid_from: Day | None = None
    valid_to: Day | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Dated:
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise ValueError("valid_to comes before valid_from")
        return self

    def holds_in(self, year: int) -> bool:
        """Say whether the row holds at the rentrée of that year (1 October)."""
        rentree = date(year, 10, 1)
        return (self.valid_from or date.min) <= rentree <= (self.valid_to or date.max)

    def overlaps(self, other: Dated) -> bool:
        """Say whether some day lies in both windows."""
        starts = max(self.valid_from or date.min, other.valid_from or date.min)
        ends = min(self.valid_to or date.max, other.valid_to or date.max)
        return starts <= ends


class Region(Row):
    """The region the observatory is of: the code of its scope, and how open data call what it lies in.

    `region_2016_*` is the administrative region that holds it since 2016, itself where nothing was merged.
    """

    scope_code: Code
    academie_label: Text
    region_2016_code: Annotated[str, Field(pattern=r"^\d{2}$")]
    region_2016_label: Text


class Site(Row):
    """One of the region's sites."""

    site_code: Code
    site_label: Text
    departement_code: Departement
    departement_label: Text
    commune_code: Commune
    uai: Uai | None
    establishment_code: Code
    latitude: float = Field(ge=41, le=52)
    longitude: float = Field(ge=-6, le=10)
    is_hub: YesNo
    is_named_in_seed_list: YesNo
    note_fr: str | None
    note_en: str | None


class SiteUai(Row):
    """An implantation of a site: its main one or a branch counted with it."""

    uai: Uai
    site_code: Code
    role: Literal["main", "branch"]
    uai_label: Text
    commune_code: Commune


class Establishment(Dated):
    """A university or similar that carries sites."""

    establishment_code: Code
    establishment_label: Text
    label_short: Text
    uai: Uai
    commune_label: Text
    created_on: Day | None
    note_fr: str | None
    note_en: str | None


class EstablishmentLabel(Dated):
    """The name of an establishment at a time."""

    establishment_code: Code
    establishment_label: Text
    note: str | None


class Identity(Dated):
    """An identifier under which a source knows an establishment."""

    establishment_code: Code
    scheme: Literal["paysage", "uai", "erasmus"]
    identifier: Text
    note: str | None


class Perimeter(Dated):
    """Which establishment carries which diploma on which site.

    `is_whole`: the establishment's figure for the diploma is wholly this site's.
    """

    establishment_code: Code
    site_code: Code
    diploma_code: UpperCode
    is_whole: YesNo
    note: str | None


class Diploma(Dated):
    """A diploma of the technological pathway."""

    diploma_code: UpperCode
    diploma_label_fr: Text
    diploma_label_en: Text


class DiplomaLabel(Row):
    """How a source names a diploma."""

    source_id: SourceId
    source_label: Text
    diploma_code: UpperCode


class Speciality(Row):
    """A speciality of DUT or BUT; `successor_code` is the name it bears today."""

    speciality_code: UpperCode
    speciality_label_fr: Text
    speciality_label_en: Text
    field_code: Code | None
    successor_code: UpperCode | None


class SpecialityLabel(Row):
    """A pattern that recognises a speciality in a DUT or BUT label, in lower case; the lowest rank wins."""

    source_id: AnySource
    pattern: Pattern
    speciality_code: UpperCode
    rank: int = Field(ge=1)
    note: str | None


class BtsField(Row):
    """A pattern that recognises the field a BTS label clearly belongs to."""

    source_id: AnySource
    pattern: Pattern
    field_code: Code
    rank: int = Field(ge=1)


class Sector(Row):
    """A SISE sector; `field_code` when it is one field alone, `part_of_field_code` when it is a part of one."""

    sector_label: Text
    sector_code: Code
    discipline_label: Text
    field_code: Code | None
    part_of_field_code: Code | None
    note: str | None


class Break(Row):
    """A break in a series; `year` is the first year after it."""

    break_code: Code
    year: int = Field(ge=2006, le=2100)
    domain: Literal["enrolment", "scholarship", "apprenticeship", "mobility", "employment", "*"]
    indicator_prefix: UpperCode | None
    scope_codes: Text
    kind: Literal["perimeter", "label", "level", "pulse", "coverage", "source"]
    forbids_growth: YesNo
    label_fr: Text
    label_en: Text
    source: Text

    @property
    def parts_series(self) -> bool:
        """Say whether what is before and after cannot be read as one series; a mere change of name does not part it."""
        return self.forbids_growth or self.kind != "label"

    def touches(self, indicator_code: str, domain: str, scope_code: str | None = None) -> bool:
        """Say whether the break lies in that indicator's series; in every scope's when no scope is given."""
        prefix = self.indicator_prefix
        return (
            self.domain in ("*", domain)
            and (prefix is None or indicator_code == prefix or indicator_code.startswith(f"{prefix}-"))
            and (scope_code is None or self.scope_codes == "*" or scope_code in self.scope_codes.split("|"))
        )


class Territory(Row):
    """A département of the administrative region; `is_in_region` for those the observatory is of."""

    territory_code: Departement
    territory_label: Text
    is_in_region: YesNo
    region_2016_code: Annotated[str, Field(pattern=r"^\d{2}$")]


class Country(Row):
    """A country or territory of ISO 3166-1; `other_names`, with `|` between, are what offices also write."""

    country_code: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    country_label_fr: Text
    country_label_en: Text
    other_names: str | None


class ExplainedDifference(Row):
    """Why registers and open figures differ for a diploma of an establishment, from `year_from` to `year_to`.

    It holds while the register's share of the open figure lies between the two bounds (a wider gap is another gap), and
    up to the edition `last_edition`: then a steward looks again, or the checks stop the run.
    """

    explanation_code: Code
    establishment_code: Code
    diploma_code: UpperCode
    year_from: int = Field(ge=2006, le=2100)
    year_to: int | None = Field(default=None, ge=2006, le=2100)
    lowest_share: float = Field(ge=0)
    highest_share: float = Field(ge=0, le=10)
    reason_fr: Text
    reason_en: Text
    declared_by: Text
    declared_on: Day
    last_edition: int = Field(ge=2006, le=2100)

    @model_validator(mode="after")
    def _in_order(self) -> ExplainedDifference:
        if self.year_to is not None and self.year_to < self.year_from:
            raise ValueError("year_to comes before year_from")
        if self.highest_share < self.lowest_share:
            raise ValueError("highest_share is below lowest_share")
        if self.last_edition > self.declared_on.year + LONGEST_EXPLANATION:
            raise ValueError(f"an explanation holds {LONGEST_EXPLANATION} years at most, then somebody looks again")
        return self

    def overlaps(self, other: ExplainedDifference) -> bool:
        """Say whether two explanations speak of the same year."""
        return self.year_from <= (other.year_to or 9999) and other.year_from <= (self.year_to or 9999)


CSV_TABLES: dict[str, tuple[type[Row], tuple[str, ...]]] = {
    "ref_region": (Region, ("scope_code",)),
    "ref_territory": (Territory, ("territory_code",)),
    "ref_establishment": (Establishment, ("establishment_code",)),
    "ref_establishment_label": (EstablishmentLabel, ("establishment_code", "valid_from")),
    "ref_site": (Site, ("site_code",)),
    "ref_site_uai": (SiteUai, ("uai",)),
    "ref_identity": (Identity, ("scheme", "identifier", "valid_from")),
    "ref_diploma": (Diploma, ("diploma_code",)),
    "ref_diploma_label": (DiplomaLabel, ("source_id", "source_label")),
    "ref_perimeter": (Perimeter, ("establishment_code", "site_code", "diploma_code", "valid_from")),
    "ref_speciality": (Speciality, ("speciality_code",)),
    "ref_speciality_label": (SpecialityLabel, ("source_id", "rank")),
    "ref_bts_field": (BtsField, ("source_id", "rank")),
    "ref_sector": (Sector, ("sector_label",)),
    "ref_country": (Country, ("country_code",)),
    "ref_break": (Break, ("break_code", "domain", "indicator_prefix")),
    "ref_explained_difference": (ExplainedDifference, ("explanation_code",)),
}
"""Table → what a row is and the columns that together name one row."""
