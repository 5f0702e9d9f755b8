"""The registry of indicators, `data/reference/indicators.yml`: what each figure means, before any figure exists.

Two denominators are two indicators: nothing here lets one code change its population from year to year.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipelines.kernel.catalogue import Bilingual
from pipelines.kernel.declared import read_declared
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project
from pipelines.kernel.validation import said
from pipelines.kernel.yaml_files import row_of

Theme = Literal["ENR", "SCH", "APP", "MOB", "EMP", "OFF", "RES", "LLL", "TRF", "QUA"]
Unit = Literal[
    "persons",
    "contracts",
    "places",
    "share",
    "programmes",
    "specialities",
    "establishments",
    "towns",
    "grants",
    "posts",
    "committees",
    "projects",
    "bodies",
]
ScopeLevel = Literal["region", "site", "establishment", "departement", "country", "register"]

DOMAINS: dict[str, str] = {
    "ENR": "enrolment",
    "SCH": "scholarship",
    "APP": "apprenticeship",
    "MOB": "mobility",
    "EMP": "employment",
    "OFF": "offer",
    "RES": "research",
    "LLL": "lifelong",
    "TRF": "transfer",
    "QUA": "quality",
}
"""Theme of an indicator → domain, as breaks and marts name it."""

REGISTRY = "indicators.yml"


class Indicator(BaseModel):
    """One indicator: its name, its exact meaning, where it comes from, how it is shown."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: str = Field(pattern=r"^[A-Z0-9]+(-[A-Z0-9]+)+$")
    theme: Theme
    label: Bilingual
    definition: Bilingual
    unit: Unit
    numerator: Bilingual
    denominator: Bilingual | None = Field(default=None, description="None for a count.")
    objective: int | None = Field(
        default=None, ge=1, le=6, description="Objective of the seed it measures; None for the quality of the figures."
    )
    sources: tuple[str, ...] = Field(default=(), description="Ids of the datasets it is drawn from.")
    steward: str
    good_direction: Literal["up", "down", "none"]
    decimals: int = Field(ge=0, le=3, description="Decimals shown; for a share, those of the percentage.")
    scopes: tuple[ScopeLevel, ...] = Field(min_length=1)
    sql: str | None = Field(default=None, pattern=r"^ind_[a-z0-9_]+$")
    not_measurable: Bilingual | None = Field(default=None, description="Why no figure exists, when none does.")
    growth_allowed: bool = True
    is_estimated: bool = Field(default=False, description="True: our weighting of published rates, flagged E.")
    breaks_ignored: tuple[str, ...] = Field(
        default=(), description="Breaks of the theme that do not touch this indicator, because its source has none."
    )

    @model_validator(mode="after")
    def _holds_together(self) -> Indicator:
        if (self.unit == "share") != (self.denominator is not None):
            raise ValueError("a share has a denominator, and nothing else has")
        if (self.theme == "QUA") != (self.objective is None):
            raise ValueError(
                "an indicator measures an objective of the seed; one of quality, and nothing else, has none"
            )
        if not self.sources and self.not_measurable is None:
            raise ValueError("an indicator has sources, or says under `not_measurable` why it has none")
        return self

    @property
    def is_measured(self) -> bool:
        """True when sources and a query give its figures; false when only `not_measurable` can be said."""
        return bool(self.sources)

    @property
    def sql_name(self) -> str:
        """Return the name of its SQL file, without folder and suffix."""
        return self.sql or f"ind_{self.code.lower().replace('-', '_')}"

    @property
    def domain(self) -> str:
        """Return the domain its breaks and marts belong to."""
        return DOMAINS[self.theme]

    @property
    def key(self) -> str:
        """Return the code as pages write it in a variable: `mob.out.rate`."""
        return self.code.lower().replace("-", ".")


def read_indicators(project: Project) -> dict[str, Indicator]:
    """Return code → indicator, in the order of the registry.

    Raises `BadInput`, one problem per fault, when the registry is missing, is no YAML, breaks its format or uses a
    code twice.
    """
    name, content = read_declared(project, REGISTRY, "The registry of indicators")
    if not isinstance(content, list):
        raise BadInput(Problem(name, "The registry is a list of indicators", "Begin each one with `- code:`."))
    indicators: dict[str, Indicator] = {}
    problems: list[Problem] = []
    for number, entry in enumerate(content, start=1):
        code = str(entry.get("code", number)) if isinstance(entry, dict) else str(number)
        try:
            indicator = Indicator.model_validate(entry)
        except ValidationError as error:
            problems += [
                Problem(
                    name,
                    f"Indicator {code} breaks its format: {said(item)[0]}",
                    said(item)[1],
                    row=row_of(project.reference / REGISTRY, number - 1, *item["loc"]),
                    value=said(item)[2],
                    column=".".join(str(part) for part in item["loc"]) or None,
                )
                for item in error.errors()
            ]
            continue
        if indicator.code in indicators:
            row = row_of(project.reference / REGISTRY, number - 1)
            problems.append(Problem(name, "A code is used twice", "Give one of them another code.", row, value=code))
        indicators[indicator.code] = indicator
    if problems:
        raise BadInput(problems)
    return indicators
