"""What the text of the mission commits to, entry by entry (`data/reference/*.yml`): figures, actions, platforms."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from pipelines.kernel.catalogue import Bilingual
from pipelines.kernel.reference.rows import Code, Day, Row, Text, UpperCode

ObjectiveNumber = Annotated[int, Field(ge=1, le=6)]
ActionId = Annotated[str, Field(pattern=r"^A[1-6]-\d{2}$")]
State = Literal["not_reported", "not_started", "under_way", "done", "abandoned"]


class Owner(Row):
    """Someone the text names before an action, with every way it writes the name."""

    code: UpperCode
    wording: tuple[Text, ...] = Field(min_length=1)
    label: Bilingual


class Objective(Row):
    """One of the six objectives; `title.fr` word for word."""

    number: ObjectiveNumber
    title: Bilingual
    note: Bilingual | None = None


class Declared(Row):
    """Something a steward declares each year, with evidence."""

    state: State = "not_reported"
    evidence: str | None = None
    updated: Day | None = None
    updated_by: str | None = None

    @model_validator(mode="after")
    def _evidence(self) -> Declared:
        if self.state != "not_reported" and not (self.evidence and self.updated and self.updated_by):
            raise ValueError(f"a state {self.state} needs evidence, updated and updated_by")
        return self


class Action(Declared):
    """One action; `text.fr` word for word, `heading` the line it stands under, `target` the contract that states it.

    `by_site`: the sites whose sheets list it, where the text speaks of them one by one.
    `due` is the year its owners set themselves; without it the deadline of the contract holds.
    """

    id: ActionId
    objective: ObjectiveNumber
    owners: tuple[UpperCode, ...] = Field(min_length=1)
    text: Bilingual
    heading: str | None = None
    parent: ActionId | None = None
    target: UpperCode | None = None
    by_site: Literal["all", "outside_hub"] | None = None
    due: int | None = Field(default=None, ge=2010, le=2100)
    note: Bilingual | None = None


class SeedFigure(Row):
    """A baseline figure as the text states it; a share between 0 and 1 when `unit` is share."""

    code: UpperCode
    value: float = Field(ge=0)
    qualifier: Literal["exactly", "more_than", "nearly", "about"]
    unit: Literal["persons", "share", "count"]
    objective: ObjectiveNumber
    indicator: UpperCode | None = None
    label: Bilingual
    quotation: Text
    caveat: Bilingual | None = None

    @model_validator(mode="after")
    def _share(self) -> SeedFigure:
        if self.unit == "share" and self.value > 1:
            raise ValueError("a share lies between 0 and 1: write 0.36 for 36 %")
        return self


class Platform(Row):
    """A competence platform of the annex: what the text names, and what a steward declares of it."""

    field_code: Code
    label: Bilingual
    quotation: Text
    departments: tuple[Text, ...] = Field(min_length=1)
    specialities: tuple[UpperCode, ...] = Field(min_length=1)
    sites: tuple[Code, ...] = Field(min_length=1)
    planned_sites: tuple[Code, ...] = ()
    themes: tuple[int, ...] = ()
    note: Bilingual | None = None
    steering_committee: Declared = Declared()
    road_map: Declared = Declared()
    convention: Declared = Declared()


class Theme(Row):
    """A theme around which the annex says partnerships may be organised."""

    number: int = Field(ge=1, le=5)
    title: Bilingual
    points: tuple[Bilingual, ...] = ()


class SitePriority(Row):
    """What objective 2 sets as the priority of one site for the DUT."""

    site_code: Code
    text: Bilingual


YAML_TABLES: dict[str, tuple[type[Row], tuple[str, ...]]] = {
    "owners": (Owner, ("code",)),
    "objectives": (Objective, ("number",)),
    "actions": (Action, ("id",)),
    "seed_figures": (SeedFigure, ("code",)),
    "platforms": (Platform, ("field_code",)),
    "platform_themes": (Theme, ("number",)),
    "site_priorities": (SitePriority, ("site_code",)),
}
"""YAML file → what an entry is and the key that names it."""
