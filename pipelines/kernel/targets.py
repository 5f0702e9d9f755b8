"""The commitments of the seed as contracts, and the words and shapes in which their states are told.

`data/reference/targets.yml` holds the contracts; the stage `targets` follows them, the public side prints them. Both
meet here, because no stage imports another.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipelines.kernel.catalogue import Bilingual
from pipelines.kernel.declared import read_declared
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project
from pipelines.kernel.validation import said
from pipelines.kernel.yaml_files import row_of

_STRICT = ConfigDict(extra="forbid", frozen=True)

Form = Literal["ratio", "level", "share", "count", "exists", "each_site", "each_year"]
PathShape = Literal["geometric", "linear", "none"]


class StateCode(StrEnum):
    """Where a target stands. One and only one holds for a target, a scope and an edition."""

    MET = "met"
    MET_THEN_LOST = "met_then_lost"
    MET_LATE = "met_late"
    PARTLY_MET = "partly_met"
    MISSED = "missed"
    ON_THE_WAY = "on_the_way"
    OFF_TRACK = "off_track"
    NOT_MET = "not_met"
    NOT_STARTED = "not_started"
    AWAITED = "awaited"
    NOT_MEASURABLE = "not_measurable"
    CONFIDENTIAL = "confidential"


@dataclass(frozen=True, slots=True)
class StateWords:
    """How a state is told: a word in each language, and the name of the shape drawn beside it, never colour alone."""

    label: Bilingual
    shape: str


def _words(fr: str, en: str, shape: str) -> StateWords:
    return StateWords(Bilingual(fr=fr, en=en), shape)


STATES: dict[StateCode, StateWords] = {
    StateCode.MET: _words("atteinte", "met", "disc"),
    StateCode.MET_THEN_LOST: _words("atteinte, puis perdue", "met, then lost", "broken-disc"),
    StateCode.MET_LATE: _words("atteinte après l'échéance", "met after the deadline", "ring-disc"),
    StateCode.PARTLY_MET: _words("tenue certaines années", "kept in some years", "half-disc"),
    StateCode.MISSED: _words("échéance passée : manquée", "deadline passed: missed", "cross"),
    StateCode.ON_THE_WAY: _words("en bonne voie", "on the way", "triangle-up"),
    StateCode.OFF_TRACK: _words("en retard sur le chemin", "behind the path", "triangle-down"),
    StateCode.NOT_MET: _words("pas atteinte à ce jour", "not met so far", "square"),
    StateCode.NOT_STARTED: _words("pas encore de point après la base", "no figure since the base", "ring"),
    StateCode.AWAITED: _words("échéance passée, résultat attendu", "deadline passed, result awaited", "clock"),
    StateCode.NOT_MEASURABLE: _words("non mesurable", "not measurable", "dash"),
    StateCode.CONFIDENTIAL: _words("confidentiel", "confidential", "lock"),
}
"""Every state in words and in a shape."""


class Base(BaseModel):
    """The figure that a target starts from."""

    model_config = _STRICT

    year: int = Field(ge=1990, le=2100)
    value: float | None = Field(default=None, description="Required when the seed states it; else the series gives it.")
    origin: Literal["seed", "series"]
    qualifier: Literal["exactly", "more_than", "about"] = "exactly"
    quotation: str | None = Field(default=None, description="Exact words of the seed, emphasis marks left out.")

    @model_validator(mode="after")
    def _seed_states_it(self) -> Self:
        if self.origin == "seed" and (self.value is None or not self.quotation):
            raise ValueError("a base that the seed states has a value and a quotation")
        return self


class Perimeter(BaseModel):
    """Whose figure is followed."""

    model_config = _STRICT

    scope_level: Literal["region", "country"]
    scope_code: str = Field(min_length=1)
    label: Bilingual
    by_site: bool = Field(
        default=False, description="True: each site is followed too, by the same contract applied to its own base."
    )


class Target(BaseModel):
    """One commitment as a contract: what, from where, to where, by when, by whom.

    `form` says how the goal is reckoned: `ratio` × base; `level`, `share` or `count` as such; `exists` (at least
    one); `each_site` (`level` on every site, added up since the adoption unless `each_year` too); `each_year` (`level`
    in every year since the adoption).
    """

    model_config = _STRICT

    id: str = Field(pattern=r"^[A-Z0-9]+-[A-Z0-9]+$")
    title: Bilingual
    text: Bilingual
    quotation: str = Field(min_length=10, description="Exact words of the seed, emphasis marks left out.")
    objective: int = Field(ge=1, le=6)
    indicator: str = Field(pattern=r"^[A-Z0-9]+(-[A-Z0-9]+)+$")
    form: Form
    ratio: float | None = Field(default=None, gt=0)
    level: float | None = None
    every_year: bool = Field(default=False, description="For `each_site`: anew in every year, not once for all.")
    added_up: bool = Field(
        default=False, description="For `each_site`: yearly figures are new ones, added since adoption."
    )
    base: Base | None = None
    base_kind: Literal["fixed", "revised"] | None = Field(
        default=None, description="fixed: as stated, for ever; revised: what the series now says of the base year."
    )
    path: PathShape
    direction: Literal["up", "down"]
    deadline: int | None = Field(default=None, ge=1990, le=2100)
    perimeter: Perimeter
    owners: tuple[str, ...] = Field(min_length=1)
    adopted: int = Field(ge=1990, le=2100)
    adopted_qualifier: Literal["exactly", "about"]
    notes: tuple[Bilingual, ...] = ()

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if self.form == "ratio" and (self.ratio is None or self.base is None or self.base_kind is None):
            raise ValueError("a ratio needs `ratio`, `base` and `base_kind`")
        if self.form not in ("ratio", "exists") and self.level is None:
            raise ValueError(f"the form {self.form} needs `level`")
        if self.path != "none" and (self.base is None or self.deadline is None):
            raise ValueError("a path leads from a base to a deadline: both are needed, or `path: none`")
        if self.base is not None and self.deadline is not None and self.deadline <= self.base.year:
            raise ValueError("the deadline comes after the base year")
        if (self.every_year or self.added_up) and self.form != "each_site":
            raise ValueError("`every_year` and `added_up` go with the form each_site; else use the form each_year")
        if (
            self.base is not None
            and self.base.origin == "series"
            and self.base_kind == "fixed"
            and self.base.value is None
        ):
            raise ValueError("a fixed base needs its value")
        return self

    @property
    def better(self) -> int:
        """+1 when more is better, -1 when less is."""
        return 1 if self.direction == "up" else -1


def read_targets(project: Project, edition: int | None = None) -> tuple[Target, ...]:
    """Return the targets in the file's order; those adopted after `edition` are left out.

    Raises `BadInput`, one problem per fault, when the file is missing, is no YAML, or a contract is inconsistent.
    """
    name, entries = read_declared(project, "targets.yml", "The register of targets")
    if not isinstance(entries, list) or not entries:
        raise BadInput(Problem(name, "The register of targets is a list of contracts", "Begin each with `- id: …`."))
    targets, problems = _validated(entries, name, project.reference / "targets.yml")
    if problems:
        raise BadInput(problems)
    return tuple(target for target in targets if edition is None or target.adopted <= edition)


def _validated(entries: Iterable[object], name: str, path: Path) -> tuple[list[Target], list[Problem]]:
    targets: list[Target] = []
    problems: list[Problem] = []
    for number, entry in enumerate(entries, start=1):
        who = entry.get("id", f"number {number}") if isinstance(entry, dict) else f"number {number}"
        try:
            target = Target.model_validate(entry)
        except ValidationError as error:
            for item in error.errors():
                column = ".".join([str(who), *(str(part) for part in item["loc"])])
                rule, mend, value = said(item)
                mend = f"{mend} pipelines/kernel/targets.py explains the fields."
                row = row_of(path, number - 1, *item["loc"])
                problems.append(Problem(name, f"A contract does not hold together: {rule}", mend, row, column, value))
            continue
        if any(target.id == other.id for other in targets):
            problems.append(
                Problem(name, "A target stands once", "Give it another id.", row_of(path, number - 1), value=target.id)
            )
        targets.append(target)
    return targets, problems
