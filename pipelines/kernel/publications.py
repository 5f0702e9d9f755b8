"""The public tables, `data/reference/publications.yml`: what becomes public, at which grain, under which title.

A table that is not on this list is internal. `protect` makes the tables, the public side describes them from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipelines.kernel.catalogue import Bilingual
from pipelines.kernel.declared import read_declared
from pipelines.kernel.dictionary import Column
from pipelines.kernel.flags import LABELS
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project
from pipelines.kernel.validation import said
from pipelines.kernel.yaml_files import row_of

_STRICT = ConfigDict(extra="forbid", frozen=True)


class Part(BaseModel):
    """Two counts of one row, one inside the other: who is not in the part can be counted too."""

    model_config = _STRICT

    part: str
    whole: str


class Shadow(BaseModel):
    """The people behind a weighted rate: weights hide how few they are, so their plain counts decide."""

    model_config = _STRICT

    indicator: str
    reads: str = Field(pattern=r"^mart_[a-z0-9_]+$")
    where: dict[str, int | str] = Field(default_factory=dict)
    numerator: str
    denominator: str


class Publication(BaseModel):
    """One public table."""

    model_config = _STRICT

    table: str = Field(pattern=r"^pub_[a-z0-9_]+$")
    reads: str | None = Field(
        pattern=r"^(mart|ind|tgt|stg)_[a-z0-9_]+$", description="The internal table; null: protect counts it itself."
    )
    sensitivity: Literal["public"] = Field(description="Said, never presumed.")
    title: Bilingual
    grain: tuple[str, ...] = Field(min_length=1, description="Columns kept; measures are summed over the others.")
    measures: tuple[str, ...] = Field(default=(), description="Columns with a flag each; of marts, they are summed.")
    copied: tuple[str, ...] = Field(default=(), description="Other columns kept; only at the grain of the table read.")
    parts: tuple[Part, ...] = ()
    counts: dict[str, str] = Field(
        default_factory=dict,
        description="Measure → the population it counts (populations.yml); `open`: its producer's.",
    )
    shadows: tuple[Shadow, ...] = Field(default=(), description="Of the indicators' values: weighted rates.")
    sources: tuple[str, ...] = Field(default=(), description="Ids of the datasets; of indicators, each has its own.")
    optional: bool = Field(default=False, description="True: left out without a word when the table read is absent.")

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        named = [*self.grain, *self.measures, *self.copied]
        if len(set(named)) != len(named):
            raise ValueError("a column is named once")
        for pair in self.parts:
            if pair.part not in self.measures or pair.whole not in self.measures:
                raise ValueError(f"{pair.part} in {pair.whole}: both are measures of the table")
        for measure in self.counts:
            if measure not in self.measures:
                raise ValueError(f"{measure} is counted and is no measure of the table")
        if self.reads is not None and self.reads.startswith(("mart_", "stg_")) and not self.sources:
            raise ValueError("name the sources: their rules decide what is hidden")
        return self

    @property
    def nested(self) -> tuple[Part, ...]:
        """All parts, with those of parts: who holds a stable job is among the employed, hence among the active."""
        pairs = {(pair.part, pair.whole) for pair in self.parts}
        while longer := {(a, d) for a, b in pairs for c, d in pairs if b == c} - pairs:
            pairs |= longer
        return tuple(Part(part=part, whole=whole) for part, whole in sorted(pairs))

    @property
    def flags(self) -> dict[str, str]:
        """Measure → its flag column; one `flag` for the whole row when there is one measure or none."""
        if len(self.measures) < 2:
            return dict.fromkeys(self.measures, "flag")
        return {measure: f"{measure}_flag" for measure in self.measures}


def read_publications(project: Project) -> dict[str, Publication]:
    """Return public table → its description, in the file's order.

    Raises `BadInput`, one problem per fault, when the list is missing, is no YAML, breaks its format or names a table
    twice.
    """
    name, entries = read_declared(
        project, "publications.yml", "The list of public tables", "; nothing is published without it"
    )
    if not isinstance(entries, list):
        raise BadInput(Problem(name, "This file is a list of public tables", "Begin each one with `- table: pub_…`."))
    publications: dict[str, Publication] = {}
    problems: list[Problem] = []
    for number, entry in enumerate(entries, start=1):
        who = str(entry.get("table", f"number {number}")) if isinstance(entry, dict) else f"number {number}"
        try:
            publication = Publication.model_validate(entry)
        except ValidationError as error:
            mend = "Compare with the table above it; pipelines/kernel/publications.py explains the fields."
            problems += [
                Problem(name, f"A public table breaks its format: {said(item)[0]}", mend,
                        row=row_of(project.reference / "publications.yml", number - 1, *item["loc"]),
                        column=".".join([who, *map(str, item["loc"])]))
                for item in error.errors()
            ]  # fmt: skip
            continue
        if publication.table in publications:
            problems.append(Problem(name, "A public table stands once", "Give one of them another name.", value=who))
        publications[publication.table] = publication
    if problems:
        raise BadInput(problems)
    return publications


def column_of(dictionary: Mapping[str, Column], name: str) -> Column | None:
    """Return what a public column means; the flag of a column that is known is known too. `None` when it is not."""
    if name in dictionary:
        return dictionary[name]
    measured = dictionary.get(name.removesuffix("_flag"))
    if not name.endswith("_flag") or measured is None:
        return None
    codes = {lang: ", ".join(f"{flag.value} {words[place]}" for flag, words in LABELS.items())
             for place, lang in enumerate(("fr", "en"))}  # fmt: skip
    return Column(
        type="str",
        label=Bilingual(fr=f"indicateur d'observation : {measured.label.fr}", en=f"flag: {measured.label.en}"),
        meaning=Bilingual(
            fr=f"Ce que vaut la valeur de « {measured.label.fr} » : {codes['fr']}.",
            en=f'What the value of "{measured.label.en}" is worth: {codes["en"]}.',
        ),
    )
