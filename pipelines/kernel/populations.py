"""What public counts count, and what holds between them: `data/reference/populations.yml`, typed and checked.

The file's own comments explain its keys. What is not declared there cannot be published from a register: nobody could
say what else gives it back.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipelines.kernel.declared import read_declared
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project
from pipelines.kernel.validation import said
from pipelines.kernel.yaml_files import row_of

_STRICT = ConfigDict(extra="forbid", frozen=True)

Value = bool | int | str


class Population(BaseModel):
    """What is counted: rows of an internal table, or the sum of columns of it."""

    model_config = _STRICT

    reads: str = Field(pattern=r"^mart_[a-z0-9_]+$")
    dims: tuple[str, ...] = Field(min_length=1)
    where: dict[str, Value] = Field(default_factory=dict)
    covered: str | None = None
    sum: str | tuple[str, ...] = ()

    @property
    def sums(self) -> tuple[str, ...]:
        """Columns summed; none when rows are counted."""
        return (self.sum,) if isinstance(self.sum, str) else self.sum


class Relation(BaseModel):
    """A whole, parts of it, and who is in none of them."""

    model_config = _STRICT

    whole: str
    parts: tuple[str, ...] = Field(min_length=1)
    rest: Literal["persons", "other", "none", "supposed"] = "persons"


class Alike(BaseModel):
    """A count that does not depend on one of its dimensions."""

    model_config = _STRICT

    population: str
    over: str


class Hierarchy(BaseModel):
    """A dimension that is known once another one is."""

    model_config = _STRICT

    dimension: str
    of: str
    table: str = Field(pattern=r"^ref_[a-z0-9_]+$")


class Fraction(BaseModel):
    """What stands above and below the line of an indicator. `where` narrows the numerator, `within` both."""

    model_config = _STRICT

    numerator: str
    denominator: str | None = None
    where: dict[str, Value] = Field(default_factory=dict)
    within: dict[str, Value] = Field(default_factory=dict)
    weighted: tuple[str, str] | None = None

    @model_validator(mode="after")
    def _weights_a_rate(self) -> Self:
        if self.weighted is not None and self.denominator is None:
            raise ValueError("a weighted rate has a denominator")
        return self


class Populations(BaseModel):
    """The whole file."""

    model_config = _STRICT

    populations: dict[str, Population]
    relations: tuple[Relation, ...] = ()
    alike: tuple[Alike, ...] = ()
    hierarchies: tuple[Hierarchy, ...] = ()
    indicators: dict[str, Fraction] = Field(default_factory=dict)
    scopes: dict[str, str | None] = Field(default_factory=dict)

    def wholes(self, code: str) -> list[str]:
        """Return the populations that hold this one, directly or not, whose rest is a group of persons."""
        found = [code]
        for known in found:
            found += [
                relation.whole
                for relation in self.relations
                if relation.parts == (known,) and relation.rest == "persons" and relation.whole not in found
            ]
        return found[1:]


def read_populations(project: Project) -> Populations:
    """Read the file. Raises `BadInput`, one problem per fault, when it is missing, ill formed or names what is not."""
    name, content = read_declared(
        project, "populations.yml", "The list of populations", "; without it no count of a register is published"
    )
    try:
        populations = Populations.model_validate(content)
    except ValidationError as error:
        mend = "The comments at the top of the file explain the keys."
        raise BadInput(
            Problem(name, f"The list of populations breaks its format: {said(item)[0]}", f"{said(item)[1]} {mend}",
                    row=row_of(project.reference / "populations.yml", *item["loc"]),
                    column=".".join(map(str, item["loc"])) or None, value=said(item)[2])
            for item in error.errors()
        ) from error  # fmt: skip
    problems = [
        Problem(name, "A population is used that is not declared", "Declare it under `populations`.",
                column=where, value=code)
        for where, code in _used(populations)
        if code not in populations.populations
    ]  # fmt: skip
    if problems:
        raise BadInput(problems)
    return populations


def _used(populations: Populations) -> Iterator[tuple[str, str]]:
    for relation in populations.relations:
        yield from (("relations", code) for code in (relation.whole, *relation.parts))
    for alike in populations.alike:
        yield "alike", alike.population
    for code, fraction in populations.indicators.items():
        for used in (fraction.numerator, fraction.denominator):
            if used is not None:
                yield f"indicators.{code}", used
