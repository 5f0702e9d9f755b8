"""The ledger of revisions: every published figure that two editions do not give alike, how much it moved, and why.

A reason is proven when the two manifests differ in exactly one kind of cause for the indicator, or when the figure was
hidden or shown by confidentiality; else a person gives it in `data/reference/revisions.yml`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipelines.kernel.catalogue import Bilingual
from pipelines.kernel.lineage import CAUSES
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project
from pipelines.kernel.sealed import KEYS, NAME
from pipelines.kernel.validation import said
from pipelines.kernel.yaml_files import load_yaml, row_of, yaml_problem

if TYPE_CHECKING:
    import polars as pl

RED, AMBER = 0.15, 0.01
"""Relative changes from which a revision is called large, and worth a look."""

Cause = Literal["source", "correction", "method", "perimeter", "break", "protection"]
Size = Literal["red", "amber", "green"]

WORDS: dict[str, tuple[str, str]] = {
    "source": ("source révisée", "source revised"),
    "correction": ("notre correction", "our correction"),
    "method": ("méthode", "method"),
    "perimeter": ("périmètre", "perimeter"),
    "break": ("rupture de série", "break in the series"),
    "protection": ("confidentialité", "confidentiality"),
}
"""Cause → its name in French and in English."""


class Reason(BaseModel):
    """Why figures changed, said by a person."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    indicator: str
    since: str = Field(pattern=NAME.pattern, description="The edition that published the old figure.")
    cause: Cause
    text: Bilingual
    by: str = Field(min_length=2, description="Who answers for the sentence.")
    years: tuple[int, ...] = ()
    scopes: tuple[str, ...] = ()

    def covers(self, revision: Revision, since: str) -> bool:
        """Say whether this reason was given for that figure."""
        return (
            self.indicator == revision.indicator
            and self.since == since
            and (not self.years or revision.year in self.years)
            and (not self.scopes or revision.scope in self.scopes)
        )


class Ledger(BaseModel):
    """`data/reference/revisions.yml`: tolerances by indicator (`default` for the others), and reasons."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tolerance: dict[str, float]
    reasons: tuple[Reason, ...] = ()

    def tolerated(self, indicator: str) -> float:
        """Return the relative change of an indicator's figure below which no reason is asked for."""
        return self.tolerance.get(indicator, self.tolerance["default"])


@dataclass(frozen=True, slots=True)
class Revision:
    """One figure that changed. `change` is relative to the old value; None when one of the two is not a number."""

    indicator: str
    scope_level: str
    scope: str
    year: int
    old: float | None
    new: float | None
    old_flag: str
    new_flag: str
    change: float | None
    size: Size
    old_origin: str = "observed"
    new_origin: str = "observed"
    causes: tuple[str, ...] = ()
    is_proven: bool = False
    text: Bilingual | None = None

    @property
    def key(self) -> str:
        """The address of the figure, without its edition."""
        return f"{self.indicator}/{self.scope}/{self.year}"

    @property
    def is_explained(self) -> bool:
        """True when a reason is proven or given."""
        return self.is_proven or self.text is not None


def read_ledger(project: Project) -> Ledger:
    """Read `data/reference/revisions.yml`. Raises `BadInput` naming what is wrong in it."""
    path = project.reference / "revisions.yml"
    shown = project.shown(path)
    if not path.exists():
        raise BadInput(Problem(shown, "The list of reasons is missing", f"Restore it: `git checkout -- {shown}`."))
    try:
        ledger = Ledger.model_validate(load_yaml(path.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise BadInput(yaml_problem(error, shown, "The list of reasons")) from error
    except ValidationError as error:
        raise BadInput(
            Problem(
                shown,
                said(item)[0],
                said(item)[1],
                row=row_of(path, *item["loc"]),
                column=".".join(map(str, item["loc"])),
                value=said(item)[2],
            )
            for item in error.errors()
        ) from error
    if "default" not in ledger.tolerance:
        raise BadInput(Problem(shown, "No tolerance holds by default", "Write `default: 0.01`.", column="tolerance"))
    return ledger


def changed_figures(old: pl.DataFrame, new: pl.DataFrame) -> list[Revision]:
    """Return the figures of `old` that `new` does not give alike, the largest change first.

    Both are tables `pub_values`, unique in `KEYS`. A figure that only `new` has is no revision.
    """
    import polars as pl

    columns = [*KEYS, "value", "flag", "origin"]
    both = old.select(columns).join(new.select(columns), on=KEYS, how="left", suffix="_new", maintain_order="left")
    moved = both.filter(
        pl.col("value").ne_missing(pl.col("value_new")) | (pl.col("flag") == "c").ne_missing(pl.col("flag_new") == "c")
    )
    found = [_revision(row) for row in moved.to_dicts()]
    return sorted(found, key=lambda item: (-_rank(item), item.key, item.scope_level))


def explained(
    revisions: Sequence[Revision],
    before: Mapping[str, Mapping[str, str]],
    after: Mapping[str, Mapping[str, str]],
    ledger: Ledger,
    since: str,
) -> list[Revision]:
    """Return the revisions with their reasons: what the two lineages prove, else what the ledger says.

    `before` and `after` are the lineages (indicator → cause → hash) of the two manifests, `since` the older edition.
    """
    from dataclasses import replace

    told = []
    for revision in revisions:
        was, now = before.get(revision.indicator, {}), after.get(revision.indicator, {})
        differing = tuple(cause for cause in CAUSES if was.get(cause) != now.get(cause))
        if "c" in (revision.old_flag, revision.new_flag) and revision.old_flag != revision.new_flag:
            told.append(replace(revision, causes=("protection",), is_proven=True))
            continue
        given = next((reason for reason in ledger.reasons if reason.covers(revision, since)), None)
        if given is not None:
            told.append(replace(revision, causes=(given.cause,), text=given.text))
        else:
            told.append(replace(revision, causes=differing, is_proven=len(differing) == 1))
    return told


def unexplained(revisions: Sequence[Revision], ledger: Ledger) -> list[Revision]:
    """Return the revisions beyond their indicator's tolerance that nothing explains."""
    return [
        revision
        for revision in revisions
        if not revision.is_explained
        and (revision.change is None or abs(revision.change) > ledger.tolerated(revision.indicator))
    ]


def _revision(row: Mapping[str, object]) -> Revision:
    old, new = row["value"], row["value_new"]
    was = float(old) if isinstance(old, int | float) else None
    now = float(new) if isinstance(new, int | float) else None
    change = now / was - 1 if was and now is not None else None
    if was == 0 and now is not None:
        change = None  # from nothing to something has no relative size: it counts as large
    return Revision(
        indicator=str(row["indicator_code"]),
        scope_level=str(row["scope_level"]),
        scope=str(row["scope_code"]),
        year=int(str(row["year"])),
        old=was,
        new=now,
        old_flag=str(row["flag"]),
        new_flag=str(row["flag_new"] or "gone"),
        change=change,
        size=_size(change),
        old_origin=str(row["origin"]),
        new_origin=str(row["origin_new"] or row["origin"]),
    )


def _size(change: float | None) -> Size:
    if change is None or abs(change) >= RED:
        return "red"
    return "amber" if abs(change) >= AMBER else "green"


def _rank(revision: Revision) -> float:
    return float("inf") if revision.change is None else abs(revision.change)
