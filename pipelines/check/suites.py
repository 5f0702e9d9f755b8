"""A suite: what a steward writes in `expectations/<layer>/<table>.yml`, read and typed.

The vocabulary is Great Expectations' own (`type`, `kwargs`); around it stand an id that never changes, a severity,
the reason, the owner and the mend. A suite that could pass on nothing is refused here, before any data are read.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipelines.check import shorthand
from pipelines.check.families import Family, family_of
from pipelines.check.rows import FILLED, ROW_TYPES
from pipelines.kernel.catalogue import Bilingual
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project
from pipelines.kernel.yaml_files import LOADER, Unfilled, refuse_unfilled, row_of, yaml_problem

Layer = Literal["staging", "marts"]
Severity = Literal["critical", "warning", "info"]

SQL = "sql"
"""The one type that is not Great Expectations': a query over the rows looked at, and what each must meet."""

COLUMNS = "expect_table_columns_to_match_set"
ROWS = "expect_table_row_count_to_be_between"
UNIQUE = "expect_column_values_to_be_unique"
UNIQUE_TOGETHER = "expect_compound_columns_to_be_unique"

INHERITED = ("owner", "since", "mend")
"""Keys that an expectation takes from its suite when it does not say them itself."""

TWICE = "A key stands twice"

_TABLE = re.compile(r"\b(?:stg|mart|ref)_[a-z0-9_]+")
_STRICT = ConfigDict(extra="forbid", frozen=True)


class _Loader(LOADER):  # type: ignore[misc, valid-type]
    """YAML that refuses a key written twice: half a suite would be dropped without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys: set[str] = set()
        for key, _ in node.value:
            if key.value in keys:
                raise yaml.constructor.ConstructorError(None, None, TWICE, key.start_mark)
            keys.add(key.value)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping


class Quarantine(BaseModel):
    """Leave to put the rows that break a check aside and to use the others."""

    model_config = _STRICT

    max_share: float = Field(gt=0, le=0.1, description="Largest share of the table's rows; more stops the run.")


class Expectation(BaseModel):
    """One check: what is expected of the table, how grave a failure is, who mends it and how."""

    model_config = _STRICT

    id: str = Field(pattern=r"^[A-Z]{3}-\d{3}$", description="Never reused, never renumbered.")
    type: str = Field(pattern=r"^(sql|expect_[a-z0-9_]+)$")
    kwargs: dict[str, Any] = Field(default_factory=dict)
    severity: Severity
    family: Family = Field(default="coherence", description="What it guards against; GX's types have theirs.")
    why: Bilingual
    mend: Bilingual
    owner: str = Field(min_length=1)
    since: datetime.date
    from_edition: int | None = Field(
        default=None, description="Editions before this year know too little for the check: it is then not run."
    )
    quarantine: Quarantine | None = Field(default=None, description="The rows that fail may be put aside.")

    @model_validator(mode="before")
    @classmethod
    def _with_family(cls, content: Any) -> Any:
        if isinstance(content, dict) and "family" not in content:
            return {**content, "family": family_of(str(content.get("type")))}
        return content

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the table that the expectation looks at, in order."""
        found: list[str] = []
        for key in ("column", "column_A", "column_B"):
            if isinstance(self.kwargs.get(key), str):
                found.append(self.kwargs[key])
        found += [name for name in self.kwargs.get("column_list", ()) if isinstance(name, str)]
        return tuple(found)


class Suite(BaseModel):
    """All that is expected of one table."""

    model_config = _STRICT

    table: str = Field(pattern=r"^(stg|mart)_[a-z0-9_]+$")
    layer: Layer
    grain: tuple[str, ...] = Field(min_length=1)
    min_rows: int | dict[int, int] = Field(
        description="Floor of the row count; or edition → floor from that edition on."
    )
    optional: Bilingual | None = Field(default=None, description="Why the table may be absent altogether.")
    may_be_empty: Bilingual | None = Field(
        default=None, description="What is true of good data when the table has no row; left out, that is a fault."
    )
    needs: tuple[str, ...] = Field(
        default=(),
        description="Staging tables without whose rows this one has none: it may be empty when the run sees none.",
    )
    needs_years: int = Field(default=1, ge=1, description="Fewest years that these must show for rows to be due.")
    confidential: bool = Field(default=False, description="True: made of registers; examples show no measure.")
    owner: str | None = None
    since: datetime.date | None = None
    mend: Bilingual | None = None
    expectations: tuple[Expectation, ...]

    def floor(self, edition: int) -> int:
        """Return the fewest rows accepted in that edition; 1 before the first edition that is named."""
        if isinstance(self.min_rows, int):
            return self.min_rows
        return next((self.min_rows[year] for year in sorted(self.min_rows, reverse=True) if year <= edition), 1)

    @property
    def tables_read(self) -> tuple[str, ...]:
        """Other tables that its expectations read: named in SQL, or after `from:`; sorted."""
        text = "\n".join(
            [f"{item.kwargs.get('query')} {item.kwargs.get('expect')}" for item in self.expectations]
            + [source for item in self.expectations for source in _sources_of_lists(item.kwargs)]
            + list(self.needs)
        )
        return tuple(sorted(set(_TABLE.findall(text)) - {self.table}))

    @property
    def reads_sidecar(self) -> bool:
        """Whether the sidecar of its source says what is due."""
        return any(item.family == "freshness" for item in self.expectations)

    @property
    def depends_on_edition(self) -> bool:
        """Whether another edition may give another result on the same table."""
        return not isinstance(self.min_rows, int) or any(
            item.from_edition is not None or "$edition" in str(item.kwargs) for item in self.expectations
        )


def read_suites(project: Project, layer: Layer) -> dict[str, Suite]:
    """Read every suite of a layer: table → suite, sorted.

    Raises `BadInput`, one problem per fault: a file that is no YAML, an unknown or missing key, a file not named
    after its table, an id used twice in the project, a suite that does not open as every suite must.
    """
    problems: list[Problem] = []
    suites: dict[str, Suite] = {}
    owner_of_id: dict[str, str] = {}
    for path in sorted((project.expectations / layer).glob("*.yml")):
        try:
            suite = read_suite(path, project)
        except BadInput as error:
            problems.extend(error.problems)
            continue
        name = project.shown(path)
        if suite.layer != layer:
            problems.append(
                Problem(
                    name, f"A suite of the folder {layer} says another layer", "Correct `layer`.", value=suite.layer
                )
            )
        suites[suite.table] = suite
        for item in suite.expectations:
            if item.id in owner_of_id:
                problems.append(
                    Problem(
                        name,
                        f"This id is already used in {owner_of_id[item.id]}",
                        "Give the newer expectation the next free number.",
                        column="id",
                        value=item.id,
                    )
                )
            owner_of_id[item.id] = name
    if problems:
        raise BadInput(problems)
    return suites


def read_suite(path: Path, project: Project) -> Suite:
    """Read one suite. Raises `BadInput` as `read_suites` does."""
    name = project.shown(path)
    try:
        text = path.read_text(encoding="utf-8")
        refuse_unfilled(text)
        content = yaml.load(text, Loader=_Loader)
    except Unfilled as error:
        raise BadInput(yaml_problem(error, name, "The suite")) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        twice = getattr(error, "problem", None) == TWICE
        raise BadInput(
            Problem(
                name,
                f"{TWICE}: of the two, YAML would drop the first" if twice else "The suite is not valid YAML in UTF-8",
                "Keep one." if twice else "Mend the line; a text that holds a colon needs quotes.",
                row=mark.line + 1 if mark else None,
            )
        ) from error
    if not isinstance(content, dict):
        raise BadInput(
            Problem(name, "The suite holds no `key: value` lines", "Copy the head of another suite of this folder.")
        )
    content = _written_out(content, name, project)
    try:
        suite = Suite.model_validate(_with_inherited(content))
    except ValidationError as error:
        raise BadInput(
            Problem(
                file=name,
                row=row_of(path, *item["loc"]),
                column=_where(item["loc"], content),
                rule=f"The suite breaks its format: {item['msg']}",
                mend="The keys of a suite are explained in expectations/README.md.",
            )
            for item in error.errors()
        ) from error
    problems = [*_opening_faults(suite, name), *_quarantine_faults(suite, name)]
    if suite.table != path.stem:
        problems.append(Problem(name, "A suite bears the name of its table", f"Rename it to {suite.table}.yml."))
    if problems:
        raise BadInput(problems)
    return suite


def _written_out(content: dict[str, Any], name: str, project: Project) -> dict[str, Any]:
    """Return the content with `freshness` and `coverage` written out in SQL."""
    items = content.get("expectations")
    if not isinstance(items, list):
        return content
    made: list[Any] = []
    for item in items:
        if not isinstance(item, dict) or item.get("type") not in shorthand.KINDS:
            made.append(item)
            continue
        try:
            made.append(shorthand.written_out(item, str(content.get("table")), project))
        except ValueError as error:
            mend = "The two short forms are explained in expectations/README.md."
            raise BadInput(Problem(name, str(error), mend, column=str(item.get("id")))) from error
    return {**content, "expectations": made}


def _with_inherited(content: dict[str, Any]) -> dict[str, Any]:
    inherited = {key: content[key] for key in INHERITED if key in content}
    items = content.get("expectations")
    if not isinstance(items, list):
        return content
    return {**content, "expectations": [{**inherited, **item} if isinstance(item, dict) else item for item in items]}


def _where(location: tuple[int | str, ...], content: dict[str, Any]) -> str:
    """Return the place of a fault as a steward finds it: `ENR-004.severity`, not `expectations.3.severity`."""
    parts = [str(part) for part in location]
    if len(location) > 1 and location[0] == "expectations" and isinstance(location[1], int):
        item = content["expectations"][location[1]]
        parts = [
            str(item.get("id", f"expectation {location[1] + 1}")) if isinstance(item, dict) else parts[1],
            *parts[2:],
        ]
    return ".".join(parts)


def opening_length(suite: Suite) -> int:
    """Return how many checks open a suite: columns, row floor, non-null floor of each column of the grain, grain."""
    return 3 + len(suite.grain)


def _opening_faults(suite: Suite, name: str) -> Iterable[Problem]:
    """Say what keeps a suite from failing on an empty, headless or doubled table.

    An empty list is let through: the engine reports it as an error of that table, in the same list as the others.
    """
    if not suite.expectations:
        return
    floor = [] if suite.may_be_empty else [ROWS]
    due = [COLUMNS, *floor, *[FILLED] * len(suite.grain), UNIQUE if len(suite.grain) == 1 else UNIQUE_TOGETHER]
    opening = suite.expectations[: len(due)]
    filled = {item.kwargs.get("column") for item in opening if item.type == FILLED and "mostly" not in item.kwargs}
    together = opening[-1].columns
    if (
        [item.type for item in opening] != due
        or filled != set(suite.grain)
        or set(together) != set(suite.grain)
        or any(item.severity != "critical" or item.from_edition is not None for item in opening)
    ):
        yield Problem(
            name,
            "A suite opens with the columns, the row-count floor, the non-null floor of each column of the grain and "
            "the uniqueness of the grain, all critical",
            f"Begin `expectations` with: {', '.join(due)}; on {', '.join(suite.grain)}.",
            column="expectations",
        )
        return
    if opening[0].kwargs.get("exact_match", True) is not True or not opening[0].kwargs.get("column_set"):
        yield Problem(name, "The columns are listed exactly", "List them in `column_set`.", column=opening[0].id)
    if floor and opening[1].kwargs.get("min_value") != {"from": "min_rows"}:
        yield Problem(
            name, "The row-count floor is the suite's own", "Write `min_value: {from: min_rows}`.", column=opening[1].id
        )


def _quarantine_faults(suite: Suite, name: str) -> Iterable[Problem]:
    """Say which checks put rows aside without being able to: only a single row's own fault can be quarantined."""
    for item in suite.expectations:
        if item.quarantine is None:
            continue
        by_row = "query" not in item.kwargs if item.type == SQL else item.type in ROW_TYPES
        lenient = {"mostly", "tolerated"} & set(item.kwargs)
        dated = item.from_edition is not None or "$edition" in str(item.kwargs)
        if suite.layer != "staging" or item.severity != "critical" or not by_row or lenient or dated:
            yield Problem(
                name,
                "Rows are put aside by a critical check of a staging table that looks at each row by itself, in every "
                "edition, and tolerates none",
                f"Take `quarantine` away, or write the check as one of {', '.join(ROW_TYPES)}, or as sql with "
                "`expect` alone.",
                column=f"{item.id}.quarantine",
            )


def _sources_of_lists(kwargs: dict[str, Any]) -> Iterable[str]:
    for value in kwargs.values():
        if isinstance(value, dict) and isinstance(value.get("from"), str):
            yield value["from"]
