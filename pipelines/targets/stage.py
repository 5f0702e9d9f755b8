"""The stage: reads the values of the indicators and the contracts, writes states, paths, past views and badges."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pipelines.kernel.catalogue import Bilingual
from pipelines.kernel.disclosure import read_policy
from pipelines.kernel.files import write_parquet
from pipelines.kernel.freshness import Freshness
from pipelines.kernel.indicators import Indicator, read_indicators
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project, Settings
from pipelines.kernel.reference import Reference, read_reference
from pipelines.kernel.report import StageReport
from pipelines.kernel.store import read_table, table_path
from pipelines.kernel.targets import StateCode, Target, read_targets
from pipelines.targets.family import Family
from pipelines.targets.forms import follow_each_site, follow_every_year, follow_one_site
from pipelines.targets.reading import series_of
from pipelines.targets.rows import (
    BADGES,
    HISTORY,
    PATHS,
    STATES,
    badge_rows,
    history_rows,
    path_rows,
    state_row,
)
from pipelines.targets.rules.record import FILE as RECORD
from pipelines.targets.rules.record import RuleRecord, read_record
from pipelines.targets.series import Outcome, Series
from pipelines.targets.tracker import follow

if TYPE_CHECKING:
    import polars as pl

TABLES = {"tgt_states": STATES, "tgt_paths": PATHS, "tgt_history": HISTORY, "tgt_badges": BADGES}
"""Table → its columns and their types."""

REFERENCE = ("targets.yml", "indicators.yml", "ref_break.csv", "ref_site.csv", "disclosure.yml", RECORD)
"""What the stage reads in `data/reference`."""

GRAINS = {
    "tgt_states": ("target_id", "scope_level", "scope_code"),
    "tgt_paths": ("target_id", "scope_level", "scope_code", "year", "kind"),
    "tgt_history": ("target_id", "scope_level", "scope_code", "as_of_year"),
    "tgt_badges": ("target_id", "scope_level", "scope_code", "as_of_year", "rule_code"),
}
"""Table → the columns that name one row."""


def follow_all(project: Project, settings: Settings) -> StageReport:
    """Make the four tables when an input changed. Raises `BadInput` when a register or a table is missing."""
    inputs = [
        table_path(project, "ind_values"),
        table_path(project, "ind_status"),
        *(project.reference / name for name in REFERENCE),
    ]
    outputs = [table_path(project, name) for name in TABLES]
    freshness = Freshness(project, "targets")
    fingerprint = freshness.fingerprint(inputs, {"edition": settings.edition})
    if freshness.is_fresh("targets", fingerprint, outputs):
        return StageReport(kept=tuple(TABLES))
    targets = read_targets(project, settings.edition)
    outcomes = list(_outcomes(project, targets, settings.edition))
    _write(project, outcomes, settings.edition, read_record(project))
    freshness.remember("targets", fingerprint)
    silent = sorted({target.id for target, outcome in outcomes if outcome.state is StateCode.NOT_MEASURABLE})
    notes = [f"{len(silent)} of {len(targets)} targets are not measurable, wholly or on some site: {', '.join(silent)}"]
    return StageReport(made=tuple(TABLES), notes=tuple(notes if silent else ()))


def _outcomes(project: Project, targets: Iterable[Target], edition: int) -> Iterable[tuple[Target, Outcome]]:
    values = _values(project)
    why = _reasons(project)
    reference = read_reference(project)
    indicators = read_indicators(project)
    policy = read_policy(project)
    unknown = [target for target in targets if target.indicator not in indicators]
    if unknown:
        mend = "Use a code of data/reference/indicators.yml, or add the indicator there."
        raise BadInput(
            Problem("data/reference/targets.yml", "A target follows an indicator that does not exist", mend,
                    column=f"{target.id}.indicator", value=target.indicator)
            for target in unknown
        )  # fmt: skip
    for target in targets:
        indicator = indicators[target.indicator]
        threshold = max(policy.threshold(indicator.sources), policy.default.threshold)
        for outcome in outcomes_of(target, indicator, values, reference, edition, threshold):
            yield target, _with_reason(outcome, why.get(target.indicator))


def outcomes_of(
    target: Target, indicator: Indicator, values: pl.DataFrame, reference: Reference, edition: int, threshold: int
) -> list[Outcome]:
    """Return the outcomes of one target: its own perimeter first, then each site when the contract follows sites.

    `values` has indicator_code, scope_level, scope_code, year, value, numerator, denominator, origin; nulls stand for
    what is not known. A site with a count below `threshold` teaches the others nothing.
    """
    level, code = target.perimeter.scope_level, target.perimeter.scope_code
    per_site = {site: series_of(indicator, "site", site, values, reference) for site in reference.sites}
    if target.form == "each_site":
        return [
            follow_each_site(target, per_site, (level, code), edition),
            *(follow_one_site(target, series, edition) for series in per_site.values()),
        ]
    series = series_of(indicator, level, code, values, reference)
    if target.form == "each_year":
        return [follow_every_year(target, series, edition)]
    if not target.perimeter.by_site:
        return [follow(target, series, edition)]
    closed = [code for code, one in per_site.items() if has_few(one.until(edition), threshold)]
    family = Family(series, per_site, closed)
    followed = [(code, series), *per_site.items()]
    return [follow(target, one, edition, family.forecaster(scope) if one.values else None) for scope, one in followed]


def has_few(series: Series, threshold: int) -> bool:
    """Say whether a value of the series stands on so few that it may not be shown."""
    counts = list(series.values.values())
    if series.counted:
        counts = [side for many, of in series.counted.values() for side in (many, of, of - many)]
    return any(0 < value < threshold for value in counts)


def _values(project: Project) -> pl.DataFrame:
    name = "ind_values"
    if not table_path(project, name).exists():
        mend = "Run `observatoire run`, or the stage indicators first."
        raise BadInput(Problem(project.shown(table_path(project, name)), "The indicators have no values yet", mend))
    return read_table(project, name).select(
        "indicator_code", "scope_level", "scope_code", "year", "value", "numerator", "denominator", "origin"
    )


def _reasons(project: Project) -> dict[str, Bilingual]:
    """Return indicator → why it has no data, for those that say so."""
    if not table_path(project, "ind_status").exists():
        return {}
    rows = read_table(project, "ind_status").select("indicator_code", "reason_fr", "reason_en").rows()
    return {code: Bilingual(fr=fr, en=en) for code, fr, en in rows if fr and en}


def _with_reason(outcome: Outcome, reason: Bilingual | None) -> Outcome:
    """Say the indicator's own reason where there is no figure at all: it knows better why."""
    if outcome.state is StateCode.NOT_MEASURABLE and not outcome.series.values and reason is not None:
        return replace(outcome, reason=reason)
    return outcome


def _write(project: Project, outcomes: list[tuple[Target, Outcome]], edition: int, record: RuleRecord) -> None:
    import polars as pl

    rows: dict[str, list[dict[str, Any]]] = {
        "tgt_states": [state_row(target, outcome, edition) for target, outcome in outcomes],
        "tgt_paths": [row for target, outcome in outcomes for row in path_rows(target, outcome)],
        "tgt_history": [row for target, outcome in outcomes for row in history_rows(target, outcome)],
        "tgt_badges": [row for target, outcome in outcomes for row in badge_rows(target, outcome, record, edition)],
    }
    types = {"int": pl.Int64, "float": pl.Float64, "str": pl.String, "bool": pl.Boolean}
    for name, columns in TABLES.items():
        schema = {column: types[dtype] for column, dtype in columns.items()}
        frame = pl.DataFrame(rows[name], schema=schema, orient="row")
        write_parquet(table_path(project, name), frame, GRAINS[name])
