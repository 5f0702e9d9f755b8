"""Corrections of faults of a source, declared in `data/reference/corrections.yml`: what is wrong, who was told.

The file a producer gave is never edited, and neither is staging. A correction is applied where marts begin to read:
rows are dropped, one column is overridden, or the fault is only flagged. Its guard, `expect`, says what the source
holds today: the day the source is mended, the guard fails and the correction must go.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import combinations
from typing import TYPE_CHECKING, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipelines.kernel.catalogue import SQL_TYPES, Bilingual, Catalogue, Dtype
from pipelines.kernel.dictionary import Column, read_dictionary
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project
from pipelines.kernel.quoting import literal, quoted
from pipelines.kernel.validation import said
from pipelines.kernel.yaml_files import load_yaml, row_of, yaml_problem

if TYPE_CHECKING:
    import duckdb

CORRECTIONS = "corrections.yml"

Cell = str | int | float | bool | date | None
_STRICT = ConfigDict(extra="forbid", frozen=True)
_IDENTITY = ("identity_code", "origin")
"""Columns that say what a row stands for and where it comes from: no correction touches them."""

_PYTHON: dict[Dtype, tuple[type, ...]] = {
    "int": (int,),
    "float": (float, int),
    "str": (str,),
    "bool": (bool,),
    "date": (date,),
}


class Guard(BaseModel):
    """What the source holds today: how many rows the correction finds, and what stands in them."""

    model_config = _STRICT

    rows: int = Field(ge=1)
    values: dict[str, Cell] = Field(default_factory=dict)


class Correction(BaseModel):
    """One fault of one table. `where` names its rows; `years` are the first and the last, both included."""

    model_config = _STRICT

    code: str = Field(pattern=r"^COR-\d{3}$", description="Never reused.")
    table: str = Field(pattern=r"^stg_[a-z0-9_]+$")
    years: tuple[int, int] | None = None
    where: dict[str, Cell] = Field(min_length=1)
    action: Literal["drop", "override", "flag"]
    column: str | None = None
    value: Cell = None
    reason: Bilingual
    reported_on: date
    reported_to: str = Field(min_length=1)
    state: Literal["reported", "acknowledged", "declined"]
    expect: Guard

    @model_validator(mode="after")
    def _holds_together(self) -> Correction:
        if self.years is not None and self.years[1] < self.years[0]:
            raise ValueError("the last year comes before the first")
        if (self.action == "override") != ("value" in self.model_fields_set):
            raise ValueError("an override, and nothing else, has a value (null empties the cell)")
        if self.action == "override" and self.column is None:
            raise ValueError("an override names its column")
        if self.action == "drop" and self.column is not None:
            raise ValueError("a drop takes the whole row: it names no column")
        if self.action == "override" and self.column not in self.expect.values:
            raise ValueError("an override expects the value that it replaces: name its column under expect.values")
        return self

    def match(self) -> str:
        """Return the SQL condition that its rows meet; never null."""
        terms = [f"{quoted(column)} is not distinct from {literal(value)}" for column, value in self.where.items()]
        if self.years is not None:
            terms.append(f"coalesce(year between {self.years[0]:d} and {self.years[1]:d}, false)")
        return f"({' and '.join(terms)})"


def read_corrections(project: Project, catalogue: Catalogue) -> tuple[Correction, ...]:
    """Return the corrections, in the order of the file.

    Raises `BadInput`, one problem per fault, when the file is missing, is no YAML or breaks its format; when a
    table or a column is not known, a value has another type than its column, a code stands twice; and when a
    correction touches what names a person or a row.
    """
    path = project.reference / CORRECTIONS
    name = project.shown(path)
    try:
        entries = load_yaml(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        mend = f"Restore it with `git checkout -- {name}`; a list without corrections is `[]`."
        raise BadInput(Problem(name, "The list of corrections is missing", mend)) from error
    except yaml.YAMLError as error:
        raise BadInput(yaml_problem(error, name, "The list of corrections")) from error
    if not isinstance(entries, list):
        raise BadInput(Problem(name, "This file is a list of corrections", "Begin each with `- code:`, or write `[]`."))
    corrections: list[Correction] = []
    problems: list[Problem] = []
    for number, entry in enumerate(entries, start=1):
        who = str(entry.get("code", f"number {number}")) if isinstance(entry, dict) else f"number {number}"
        try:
            corrections.append(Correction.model_validate(entry))
        except ValidationError as error:
            problems += [
                Problem(
                    name,
                    f"A correction breaks its format: {said(item)[0]}",
                    f"{said(item)[1]} The keys are explained in data/reference/README.md.",
                    value=said(item)[2],
                    row=row_of(path, number - 1, *item["loc"]),
                    column=".".join([who, *map(str, item["loc"])]),
                )
                for item in error.errors()
            ]
    twice = [code for code, count in Counter(item.code for item in corrections).items() if count > 1]
    problems += [
        Problem(name, "A code stands twice", "Give the newer one the next number.", value=code) for code in twice
    ]
    if corrections:
        dictionary = read_dictionary(project)
        for item in corrections:
            problems += _faults(item, catalogue, dictionary, name)
    if problems:
        raise BadInput(problems)
    return tuple(corrections)


def _faults(item: Correction, catalogue: Catalogue, dictionary: Mapping[str, Column], name: str) -> Iterable[Problem]:
    if item.table not in catalogue.tables:
        known = ", ".join(catalogue.tables)
        yield Problem(
            name, "No staging table has this name", f"Use one of {known}.", column=item.code, value=item.table
        )
        return
    _, table = catalogue.tables[item.table]
    columns: dict[str, Dtype] = {**table.columns, "origin": "str"}
    for column in dict.fromkeys([*item.where, *item.expect.values, *([item.column] if item.column else [])]):
        place = f"{item.code}.{column}"
        meaning = dictionary.get(column)
        if column not in columns:
            yield Problem(name, f"{item.table} has no such column", f"Use one of {', '.join(columns)}.", column=place)
        elif column.endswith("_token") or (meaning is not None and meaning.personal):
            yield Problem(
                name,
                "No correction may name a person",
                "Have the register itself corrected by its office and taken in again.",
                column=place,
            )
        elif column == item.column and (column in table.grain or column in _IDENTITY):
            yield Problem(
                name,
                "A correction does not change what a row is about",
                "Drop the row instead, or have the source mended.",
                column=place,
            )
        else:
            given = [cells[column] for cells in (item.where, item.expect.values) if column in cells]
            for value in [*given, *([item.value] if column == item.column else [])]:
                if value is not None and not _fits(value, columns[column]):
                    yield Problem(
                        name, f"The column holds {columns[column]}", "Write it so.", column=place, value=str(value)
                    )
    if item.years is not None and "year" not in columns:
        yield Problem(name, f"{item.table} has no years", "Leave `years` out.", column=f"{item.code}.years")


def _fits(value: Cell, dtype: Dtype) -> bool:
    return isinstance(value, _PYTHON[dtype]) and (dtype == "bool") == isinstance(value, bool)


def of_table(corrections: Iterable[Correction], table: str) -> tuple[Correction, ...]:
    """Return the corrections of one table."""
    return tuple(item for item in corrections if item.table == table)


def corrected(query: str, corrections: Sequence[Correction], columns: Mapping[str, Dtype]) -> str:
    """Return the SQL of a staging table with its corrections: `query` itself when there are none.

    Every condition is tried on the row as the source gave it, so the order of corrections does not matter.
    """
    drops = [item.match() for item in corrections if item.action == "drop"]
    overrides: dict[str, list[Correction]] = {}
    for item in corrections:
        if item.action == "override" and item.column is not None:
            overrides.setdefault(item.column, []).append(item)
    if not drops and not overrides:
        return query
    replaced = [
        "case "
        + " ".join(
            f"when {item.match()} then cast({literal(item.value)} as {SQL_TYPES[columns[column]]})" for item in items
        )
        + f" else {quoted(column)} end as {quoted(column)}"
        for column, items in overrides.items()
    ]
    star = f"* replace ({', '.join(replaced)})" if replaced else "*"
    where = f" where not ({' or '.join(drops)})" if drops else ""
    return f"select {star} from ({query}) as as_given{where}"


def facts(corrections: Sequence[Correction]) -> str:
    """Return what corrections do to a table, for fingerprints."""
    return "; ".join(item.model_dump_json() for item in corrections if item.action != "flag")


def guarded(
    connection: duckdb.DuckDBPyConnection, corrections: Sequence[Correction], files: Mapping[str, str], name: str
) -> dict[str, int | None]:
    """Return code → rows of the source that the correction finds; `None` when the source brought no file.

    `files` maps a staging table that exists to its Parquet file. The whole file is looked at, whatever the edition.
    Raises `BadInput` when a guard no longer holds, or two corrections want the same cell.
    """
    found: dict[str, int | None] = {}
    problems: list[Problem] = []
    for item in corrections:
        if item.table not in files:
            found[item.code] = None
            continue
        holds = " and ".join(
            f"{quoted(column)} is not distinct from {literal(value)}" for column, value in item.expect.values.items()
        )
        row = connection.execute(
            f"select count(*), count(*) filter (where {holds or 'true'}) from {files[item.table]} where {item.match()}"
        ).fetchone()
        seen, as_said = row or (0, 0)
        found[item.code] = int(seen)
        if (seen, as_said) != (item.expect.rows, item.expect.rows):
            problems.append(
                Problem(
                    name,
                    f"The source no longer says what {item.code} corrects: of {item.expect.rows} rows expected, {seen} "
                    f"are there and {as_said} hold the values expected",
                    "If the source was mended, remove the correction; if it moved, look at the fault again.",
                    column=f"{item.code}.expect",
                )
            )
    for one, other in combinations([item for item in corrections if item.action != "flag"], 2):
        if one.table != other.table or one.table not in files:
            continue
        if "drop" not in (one.action, other.action) and one.column != other.column:
            continue
        row = connection.execute(
            f"select count(*) from {files[one.table]} where {one.match()} and {other.match()}"
        ).fetchone()
        if row and row[0]:
            problems.append(
                Problem(
                    name,
                    f"{one.code} and {other.code} correct the same rows",
                    "Make one correction of the two.",
                    value=f"{row[0]} rows",
                )
            )
    if problems:
        raise BadInput(problems)
    return found
