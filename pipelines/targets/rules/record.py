"""How often each category of each rule came true: measured once on public series, kept as data with its provenance.

`data/reference/rule_record.yml` is written by `tests/benchmarks/targets_rules.py`; it holds counts only, no series.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipelines.kernel.declared import read_declared
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project
from pipelines.kernel.yaml_files import row_of

FILE = "rule_record.yml"
_STRICT = ConfigDict(extra="forbid", frozen=True)


class Record(BaseModel):
    """Cases in which a rule said a category, on one set of series, and how many of them then met their target."""

    model_config = _STRICT

    rule: str
    category: str
    series: str = Field(description="A set of `sets`.")
    cases: int = Field(gt=0)
    met: int = Field(ge=0)

    @model_validator(mode="after")
    def _no_more_met_than_cases(self) -> Record:
        if self.met > self.cases:
            raise ValueError("more targets were met than there were cases")
        return self

    @property
    def met_share(self) -> float:
        """Share of the cases in which the target was then met."""
        return self.met / self.cases


class SeriesSet(BaseModel):
    """A public set of yearly series: how many cases it gives, how often a target is met, where it comes from."""

    model_config = _STRICT

    cases: int
    met: int
    source: str
    licence: str


class RuleRecord(BaseModel):
    """The whole file."""

    model_config = _STRICT

    command: str
    protocol: str
    sets: dict[str, SeriesSet]
    records: tuple[Record, ...]

    def of(self, rule: str, category: str | None, series: str = "m4") -> Record | None:
        """Return the record of a category on a set; `None` when the rule never said it there."""
        return next((r for r in self.records if (r.rule, r.category, r.series) == (rule, category, series)), None)


def read_record(project: Project) -> RuleRecord:
    """Read the record. Raises `BadInput` when the file is missing or breaks its format."""
    name, content = read_declared(project, FILE, "The record of the official rules")
    try:
        return RuleRecord.model_validate(content)
    except ValidationError as error:
        mend = "Write it again with `python tests/benchmarks/targets_rules.py`."
        raise BadInput(
            Problem(
                name,
                f"The record breaks its format: {item['msg']}",
                mend,
                row=row_of(project.reference / FILE, *item["loc"]),
                column=".".join(map(str, item["loc"])),
            )
            for item in error.errors()
        ) from error
