"""The catalogue: one sidecar per dataset, `data/sources/<source>.yml`, read and validated.

A sidecar says what a dataset is (title, producer, licence, citation, steward), what its files look like, vintage by
vintage (where the bytes are, how columns are called, which codes stand for a missing value), and which staging tables
they become. An adapter in Python exists only where a column map is not enough.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, cached_property
from pathlib import Path
from typing import Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project
from pipelines.kernel.validation import said
from pipelines.kernel.yaml_files import load_yaml, row_of, yaml_problem

Origin = Literal["observed", "declared", "simulated"]
Format = Literal["csv", "parquet", "xlsx", "geojson"]
Dtype = Literal["int", "float", "str", "bool", "date", "token"]

SQL_TYPES: dict[Dtype, str] = {
    "int": "bigint",
    "float": "double",
    "str": "varchar",
    "bool": "boolean",
    "date": "date",
    "token": "uuid",
}
"""Our types → DuckDB's. A token is kept as the number it is: compared, sorted and stored faster than its letters."""

"""The safe loader in C where it was built: every stage reads every sidecar, and the one in Python takes 0.2 s."""

_STRICT = ConfigDict(extra="forbid", frozen=True)


class Bilingual(BaseModel):
    """A text in French and in English."""

    model_config = _STRICT

    fr: str = Field(min_length=1)
    en: str = Field(min_length=1)

    def in_(self, lang: str) -> str:
        """Return the text in `lang` (`fr` or `en`)."""
        return self.en if lang == "en" else self.fr


class Table(BaseModel):
    """One staging table a dataset becomes: `stg_<source>__<object>`."""

    model_config = _STRICT

    object: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    grain: tuple[str, ...] = Field(min_length=1, description="Columns that together name one row.")
    columns: dict[str, Dtype] = Field(description="Canonical column → type; names are defined in the dictionary.")
    required: tuple[str, ...] = Field(default=(), description="Columns that are never empty; the grain is always so.")
    measures: tuple[str, ...] = Field(default=(), description="Columns that are summed when rows are brought together.")
    rank: str | None = Field(
        default=None, description="Column of the grain that numbers, from 1, rows that share the rest of it."
    )

    def name(self, source: str) -> str:
        """Return the table's name."""
        return f"stg_{source}__{self.object}"


class Layout(BaseModel):
    """How one file looks: where each canonical column stands in it, and how its cells are to be read."""

    model_config = _STRICT

    files: tuple[str, ...] = Field(min_length=1, description="File names, or patterns with `*`.")
    separator: str = ","
    encoding: Literal["utf-8", "utf-8-sig", "latin-1"] = "utf-8"
    sheet: str | None = None
    decimal_mark: Literal[".", ","] = "."
    missing: tuple[str, ...] = Field(default=(), description="Codes that stand for a missing value.")
    columns: dict[str, str] = Field(
        default_factory=dict,
        description="Canonical column → the source's own header; `name [2]` is the second column of that name.",
    )
    positions: dict[str, int] = Field(
        default_factory=dict, description="Canonical column or measure → place (from 1) of a column without a header."
    )
    measures: dict[str, str] = Field(
        default_factory=dict, description="Long tables: measure_code → header; one row a measure is made of each."
    )
    ignored: tuple[str, ...] = Field(
        default=(), description="Headers, or patterns with `*`, that are known and left out; any other is refused."
    )
    personal: tuple[str, ...] = Field(
        default=(), description="Registers: headers, or patterns with `*`, of columns that name a person; never kept."
    )
    optional: tuple[str, ...] = Field(
        default=(), description="Registers: canonical columns that a file may do without; their cells are then blank."
    )
    joined: dict[str, str] = Field(
        default_factory=dict, description="Registers: canonical column → header of the column that continues its cells."
    )
    matches: dict[str, dict[str, str]] = Field(
        default_factory=dict,
        description="Registers: canonical column → pattern, tried on lower case without accents → ours; first wins.",
    )
    named: dict[str, str] = Field(
        default_factory=dict,
        description="Registers: canonical column → code list (`country`) whose names it may hold in place of codes.",
    )
    constants: dict[str, str] = Field(default_factory=dict, description="Canonical column → the same value everywhere.")
    fill: dict[str, str] = Field(default_factory=dict, description="Canonical column → value of a blank cell.")
    extract: dict[str, str] = Field(
        default_factory=dict, description="Canonical column → pattern whose first group is kept; no match is blank."
    )
    pad: dict[str, int] = Field(default_factory=dict, description="Canonical column → width, filled with zeros.")
    recode: dict[str, dict[str, str]] = Field(
        default_factory=dict, description="Canonical column → source's code → ours. A closed list: others are refused."
    )
    keep: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="Header → values: rows that hold another are about something else."
    )


class Part(Layout):
    """One kind of file of a vintage that comes in several; `name` is what its adapter calls it."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")


class Vintage(Layout):
    """How the files of one vintage look: the same dataset may change its headers, its format, its codes."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9_.-]*$")
    format: Format
    parts: tuple[Part, ...] = Field(default=(), description="Kinds of files, when they do not all look the same.")
    sha256: dict[str, str] = Field(default_factory=dict, description="File name → hash, where the bytes are known.")
    published: int | None = Field(default=None, description="Year in which the producer published this vintage.")
    first_edition: int | None = Field(
        default=None, description="First edition that may use it, where that is not the year of publication."
    )
    maturity: Literal["provisional", "final"] = "final"
    shipped: bool = Field(default=False, description="True for the regional figures that ship in data/baseline.")


class Source(BaseModel):
    """One dataset: its identity, its tables, its vintages."""

    model_config = _STRICT

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: Bilingual
    producer: str
    licence: str
    licence_confirmed: bool = Field(default=False, description="False: stated from general knowledge, to be confirmed.")
    landing_page: str
    api: str | None = None
    citation: str
    domain: Literal["enrolment", "scholarship", "apprenticeship", "mobility", "employment", "reference"]
    origin: Origin
    steward: str
    frequency: Literal["annual", "irregular", "once"] = "annual"
    lag: int = Field(
        default=0, ge=0, le=5, description="Years after the observed year before a figure is known; used by --edition."
    )
    personal: bool = Field(default=False, description="True for registers: identifiers become tokens while being read.")
    sensitivity: Literal["internal", "public"] = Field(description="Who may see its rows. Said, never presumed.")
    caveats: tuple[Bilingual, ...] = ()
    adapter: str = Field(default="mapped", description="Name of the adapter in pipelines/stage/adapters.")
    tables: tuple[Table, ...] = Field(min_length=1)
    vintages: tuple[Vintage, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _persons_stay_inside(self) -> Self:
        if self.personal and self.sensitivity != "internal":
            raise ValueError("rows about persons are internal")
        return self

    def vintage(self, vintage_id: str) -> Vintage:
        """Return the vintage of that id. Raises `KeyError`, naming those that exist, when there is none."""
        for vintage in self.vintages:
            if vintage.id == vintage_id:
                return vintage
        known = ", ".join(vintage.id for vintage in self.vintages)
        raise KeyError(f"{self.id} has no vintage {vintage_id}; it has {known}")


class Catalogue:
    """All sidecars of a project, by source id."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self.sources: dict[str, Source] = {source.id: source for source in sorted(sources, key=lambda s: s.id)}

    def __getitem__(self, source_id: str) -> Source:
        try:
            return self.sources[source_id]
        except KeyError:
            raise BadInput(
                Problem(
                    file="data/sources",
                    rule="No dataset has this id",
                    value=source_id,
                    mend=f"Use one of: {', '.join(self.sources)}; or write data/sources/{source_id}.yml.",
                )
            ) from None

    @cached_property
    def tables(self) -> dict[str, tuple[Source, Table]]:
        """Staging table name → its dataset and its description."""
        return {table.name(source.id): (source, table) for source in self.sources.values() for table in source.tables}


def read_catalogue(project: Project) -> Catalogue:
    """Read every sidecar of the project.

    Raises `BadInput`, one problem per fault, when a sidecar is no YAML, lacks or misspells a key, bears another
    name than its id, or describes a grain or a required column that it does not declare.
    """
    sources: list[Source] = []
    problems: list[Problem] = []
    for path in sorted(project.sources.glob("*.yml")):
        try:
            sources.append(read_sidecar(path, project))
        except BadInput as error:
            problems.extend(error.problems)
    if not sources and not problems:
        problems.append(
            Problem(
                file=project.shown(project.sources),
                rule="No sidecar was found",
                mend="Restore the folder with `git checkout -- data/sources`.",
            )
        )
    if problems:
        raise BadInput(problems)
    return Catalogue(sources)


@cache
def _source_of(text: str) -> Source:
    """Return what a sidecar says. One command reads the catalogue several times, and a source is never changed."""
    return Source.model_validate(load_yaml(text))


def read_sidecar(path: Path, project: Project) -> Source:
    """Read one sidecar. Raises `BadInput` as `read_catalogue` does."""
    name = project.shown(path)
    try:
        source = _source_of(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise BadInput(yaml_problem(error, name, "The sidecar")) from error
    except ValidationError as error:
        raise BadInput(
            Problem(
                file=name,
                row=row_of(path, *item["loc"]),
                column=".".join(str(part) for part in item["loc"]) or None,
                rule=f"The sidecar breaks its format: {said(item)[0]}",
                mend=f"{said(item)[1]} Keys are explained in data/sources/README.md.",
                value=said(item)[2],
            )
            for item in error.errors()
        ) from error
    problems = []
    if source.id != path.stem:
        problems.append(
            Problem(
                name,
                "A sidecar bears the name of its id",
                f"Rename it to {source.id}.yml.",
                row_of(path, "id"),
                value=source.id,
            )
        )
    for number, table in enumerate(source.tables):
        for column in (*table.grain, *table.required, *table.measures, *filter(None, (table.rank,))):
            if column not in table.columns:
                problems.append(
                    Problem(
                        name,
                        f"Table {table.object} names a column that it does not declare",
                        "Add it under `columns`, with its type.",
                        row=row_of(path, "tables", number),
                        column=column,
                    )
                )
    if problems:
        raise BadInput(problems)
    return source
