"""A new vintage against what was known of its source before: what was found, and from which size on a move is large.

`observatoire add` fills a `Comparison`; the receipt of the vintage keeps its summary, so that a revision of a figure
can later be told from an error of ours. The thresholds stand in `data/reference/vintages.yml`.
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipelines.kernel.declared import read_declared
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project
from pipelines.kernel.validation import said
from pipelines.kernel.yaml_files import row_of

Severity = Literal["structural", "critical", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("structural", "critical", "warning", "info")
"""The gravest first: a structural change stops, a critical one asks for a reason, the others are only said."""

THRESHOLDS = "vintages.yml"
_STRICT = ConfigDict(extra="forbid", frozen=True)


class Limit(BaseModel):
    """From which size on a change is a warning, and from which on it asks for a reason."""

    model_config = _STRICT

    warning: float = Field(ge=0)
    critical: float = Field(gt=0)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.critical < self.warning:
            raise ValueError("`critical` lies above `warning`")
        return self

    def severity(self, size: float) -> Severity:
        """Return how grave a change of that size is, whatever its sign."""
        size = abs(size) + 1e-12  # 0.15 is 0.15, however it was computed
        if size >= self.critical:
            return "critical"
        return "warning" if size >= self.warning and size > 1e-9 else "info"


class Gone(BaseModel):
    """A site or an establishment that a source rightly no longer names."""

    model_config = _STRICT

    source: str
    code: str
    reason: str = Field(min_length=10)


class Thresholds(BaseModel):
    """The content of `data/reference/vintages.yml`; its comments say what each size is a size of."""

    model_config = _STRICT

    rows: Limit
    totals: Limit
    growth: Limit
    codes: Limit
    nulls: Limit
    spread: Limit
    unit: float = Field(gt=1)
    counts: Limit
    shares: Limit
    small: float = Field(ge=0)
    gone: tuple[Gone, ...] = ()

    def may_be_gone(self, source: str) -> frozenset[str]:
        """Return the codes that a source may rightly lack."""
        return frozenset(item.code for item in self.gone if item.source == source)


class Change(BaseModel):
    """One thing that is otherwise than before. `subject` is a column, a code list or an indicator."""

    model_config = _STRICT

    severity: Severity
    kind: str
    table: str
    subject: str
    message: str = Field(description="One sentence; of registers, without a cell below the disclosure threshold.")
    year: int | None = None
    size: float | None = Field(default=None, description="What was held against the threshold; None when not shown.")

    def line(self) -> str:
        """Return the change as one line."""
        where = f"{self.table}, {self.subject}" if self.table else self.subject
        return f"{self.severity:<10} {where}: {self.message}"


class ColumnComparison(BaseModel):
    """One column in the rows compared. Of registers only the names are given."""

    model_config = _STRICT

    column: str
    total_before: float | None = None
    total_after: float | None = None
    quantiles_before: tuple[float, ...] | None = Field(default=None, description="Deciles 1, 5 and 9.")
    quantiles_after: tuple[float, ...] | None = None
    nulls_before: float | None = Field(default=None, description="Share of cells without a value.")
    nulls_after: float | None = None
    distance: float | None = Field(default=None, description="Kolmogorov-Smirnov distance.")
    codes_new: tuple[str, ...] = ()
    codes_gone: tuple[str, ...] = ()


class TableComparison(BaseModel):
    """One staging table, within the observatory's perimeter."""

    model_config = _STRICT

    table: str
    years_common: tuple[int, ...] = ()
    years_new: tuple[int, ...] = ()
    years_kept: tuple[int, ...] = Field(default=(), description="Known before, not given now: their rows stay.")
    rows_given: int | None = Field(default=None, description="Rows of the file, the perimeter left aside.")
    rows_before: int | None = None
    rows_after: int | None = None
    keys_same: int | None = None
    keys_changed: int | None = None
    keys_added: int | None = None
    keys_removed: int | None = None
    columns: tuple[ColumnComparison, ...] = ()


class Comparison(BaseModel):
    """All that was found. Without `against` there was nothing to compare with."""

    model_config = _STRICT

    source: str
    vintage: str
    against: tuple[str, ...] = ()
    tables: tuple[TableComparison, ...] = ()
    figures_compared: int = 0
    figures_moved: int = 0
    changes: tuple[Change, ...] = ()

    def of(self, severity: Severity) -> tuple[Change, ...]:
        """Return the changes of one severity."""
        return tuple(change for change in self.changes if change.severity == severity)

    def summary(self) -> ComparisonSummary:
        """Return what the receipt keeps."""
        kept = tuple(change for change in self.changes if change.severity != "info")
        return ComparisonSummary(
            against=self.against,
            changes={name: len(self.of(name)) for name in SEVERITIES},
            figures_compared=self.figures_compared,
            figures_moved=self.figures_moved,
            said=tuple(change.line() for change in kept),
        )


class ComparisonSummary(BaseModel):
    """What the receipt of a vintage keeps of its comparison."""

    model_config = _STRICT

    against: tuple[str, ...]
    changes: dict[Severity, int]
    figures_compared: int
    figures_moved: int
    said: tuple[str, ...] = Field(default=(), description="The changes above information, as they were shown.")


def read_thresholds(project: Project) -> Thresholds:
    """Read `data/reference/vintages.yml`. Raises `BadInput`, one problem per fault, when it breaks its format."""
    name, content = read_declared(project, THRESHOLDS, "The list of thresholds for new vintages")
    try:
        return Thresholds.model_validate(content)
    except ValidationError as error:
        raise BadInput(
            Problem(
                name,
                f"The thresholds break their format: {said(item)[0]}",
                f"{said(item)[1]} Its comments and README.md say what each key means.",
                row=row_of(project.reference / THRESHOLDS, *item["loc"]),
                value=said(item)[2],
                column=".".join(map(str, item["loc"])) or None,
            )
            for item in error.errors()
        ) from error
