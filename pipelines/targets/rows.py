"""The columns of the four tables, and outcomes written as their rows."""

from __future__ import annotations

from statistics import fmean
from typing import Any

from pipelines.kernel.catalogue import Dtype
from pipelines.kernel.targets import STATES as STATE_WORDS
from pipelines.kernel.targets import Target
from pipelines.targets.models import LEVELS
from pipelines.targets.rules import LABELS, Badge
from pipelines.targets.rules.badges import published_rules
from pipelines.targets.rules.record import RuleRecord
from pipelines.targets.series import Outcome

DIGITS = 10
"""Significant digits kept: fewer than a double has, so that the last bits of a library never reach a file."""

_KEY: dict[str, Dtype] = {"target_id": "str", "scope_level": "str", "scope_code": "str"}

_INTERVALS: dict[str, Dtype] = {f"{side}_{level}": "float" for level in LEVELS for side in ("low", "high")}

STATES: dict[str, Dtype] = {
    **_KEY,
    "indicator_code": "str",
    "edition": "int",
    "state_code": "str",
    "state_label_fr": "str",
    "state_label_en": "str",
    "state_shape": "str",
    "base_year": "int",
    "base_value": "float",
    "base_origin": "str",
    "base_series_value": "float",
    "target_value": "float",
    "deadline_year": "int",
    "last_year": "int",
    "last_value": "float",
    "milestone_value": "float",
    "milestone_now_value": "float",
    "path_shape": "str",
    "pace_needed": "float",
    "pace_observed": "float",
    "eurostat_code": "str",
    "eurostat_label_fr": "str",
    "eurostat_label_en": "str",
    "eurostat_ratio": "float",
    "eurostat_reason_fr": "str",
    "eurostat_reason_en": "str",
    "probability": "float",
    "probability_low_reason_fr": "str",
    "probability_low_reason_en": "str",
    "forecast_model": "str",
    "reference_probability": "float",
    "reference_series_count": "int",
    "reference_label_fr": "str",
    "reference_label_en": "str",
    "late_year": "int",
    "late_probability": "float",
    **_INTERVALS,
    "points_count": "int",
    "usable_points_count": "int",
    "flip_low_share": "float",
    "flip_high_share": "float",
    "pace_kept_count": "int",
    "pace_known_count": "int",
    "past_views_count": "int",
    "past_brier": "float",
    "coverage_count": "int",
    "coverage_total_count": "int",
    "origin": "str",
    "reason_fr": "str",
    "reason_en": "str",
}

PATHS: dict[str, Dtype] = {**_KEY, "year": "int", "kind": "str", "value": "float", **_INTERVALS, "origin": "str"}

HISTORY: dict[str, Dtype] = {
    **_KEY,
    "as_of_year": "int",
    "probability": "float",
    "outcome_met": "bool",
    "brier": "float",
    "points_count": "int",
    "origin": "str",
}

BADGES: dict[str, Dtype] = {
    **_KEY,
    "as_of_year": "int",
    "rule_code": "str",
    "rule_order": "int",
    "rule_label_fr": "str",
    "rule_label_en": "str",
    "category_code": "str",
    "category_label_fr": "str",
    "category_label_en": "str",
    "is_best_category": "bool",
    "rule_measure": "float",
    "rule_score": "float",
    "rule_reason_fr": "str",
    "rule_reason_en": "str",
    "record_cases_count": "int",
    "record_met_share": "float",
    "outcome_met": "bool",
    "rule_source": "str",
    "origin": "str",
}


def state_row(target: Target, outcome: Outcome, edition: int) -> dict[str, Any]:
    """Return the row of `tgt_states`."""
    words = STATE_WORDS[outcome.state]
    aim, series, verdict = outcome.aim, outcome.series, outcome.verdict
    last = max(series.values, default=None)
    is_own = series.scope_code == target.perimeter.scope_code
    seed_base = is_own and target.base is not None and target.base_kind == "fixed"
    eurostat_label = LABELS[verdict.code] if verdict.code else None
    outside = outcome.reference
    scored = [view.brier for view in outcome.history if view.brier is not None]
    return {
        **_key(target, outcome),
        "indicator_code": target.indicator,
        "edition": edition,
        "state_code": outcome.state.value,
        "state_label_fr": words.label.fr,
        "state_label_en": words.label.en,
        "state_shape": words.shape,
        "base_year": aim.base.year if aim and aim.base else None,
        "base_value": rounded(aim.base.value) if aim and aim.base else None,
        "base_origin": ("seed" if seed_base else "series") if aim and aim.base else None,
        "base_series_value": rounded(outcome.base_series_value),
        "target_value": rounded(aim.goal) if aim else None,
        "deadline_year": target.deadline,
        "last_year": last,
        "last_value": rounded(series.values[last]) if last is not None else None,
        "milestone_value": rounded(aim.milestone(last)) if aim and last is not None else None,
        "milestone_now_value": rounded(aim.milestone(edition)) if aim else None,
        "path_shape": target.path,
        "pace_needed": rounded(outcome.pace_needed),
        "pace_observed": rounded(outcome.pace_observed),
        "eurostat_code": verdict.code,
        "eurostat_label_fr": eurostat_label.fr if eurostat_label else None,
        "eurostat_label_en": eurostat_label.en if eurostat_label else None,
        "eurostat_ratio": rounded(verdict.ratio),
        "eurostat_reason_fr": verdict.refused.fr if verdict.refused else None,
        "eurostat_reason_en": verdict.refused.en if verdict.refused else None,
        "probability": rounded(outcome.probability),
        "probability_low_reason_fr": outcome.no_probability.fr if outcome.no_probability else None,
        "probability_low_reason_en": outcome.no_probability.en if outcome.no_probability else None,
        "forecast_model": outcome.model,
        "reference_probability": rounded(outside.frequency) if outside else None,
        "reference_series_count": outside.count if outside else None,
        "reference_label_fr": outside.label.fr if outside else None,
        "reference_label_en": outside.label.en if outside else None,
        "late_year": outcome.late[0] if outcome.late else None,
        "late_probability": rounded(outcome.late[1]) if outcome.late else None,
        **_intervals(dict(outcome.at_deadline)),
        "points_count": len(series.values),
        "usable_points_count": len(series.fit_years),
        "flip_low_share": rounded(outcome.insight.flip_low),
        "flip_high_share": rounded(outcome.insight.flip_high),
        "pace_kept_count": outcome.insight.pace_kept,
        "pace_known_count": outcome.insight.pace_known,
        "past_views_count": len(scored) or None,
        "past_brier": rounded(fmean(scored)) if scored else None,
        "coverage_count": outcome.coverage[0] if outcome.coverage else None,
        "coverage_total_count": outcome.coverage[1] if outcome.coverage else None,
        "origin": series.origin,
        "reason_fr": outcome.reason.fr if outcome.reason else None,
        "reason_en": outcome.reason.en if outcome.reason else None,
    }


def path_rows(target: Target, outcome: Outcome) -> list[dict[str, Any]]:
    """Return the rows of `tgt_paths`: observations, path and forecast of one outcome."""
    return [
        {
            **_key(target, outcome),
            "year": point.year,
            "kind": point.kind,
            "value": rounded(point.value),
            **_intervals(dict(point.intervals)),
            "origin": outcome.series.origin,
        }
        for point in outcome.path
    ]


def history_rows(target: Target, outcome: Outcome) -> list[dict[str, Any]]:
    """Return the rows of `tgt_history`: what each past edition would have said of one outcome."""
    return [
        {
            **_key(target, outcome),
            "as_of_year": view.as_of_year,
            "probability": rounded(view.probability),
            "outcome_met": view.outcome_met,
            "brier": rounded(view.brier),
            "points_count": view.points,
            "origin": outcome.series.origin,
        }
        for view in outcome.history
    ]


def badge_rows(target: Target, outcome: Outcome, record: RuleRecord, edition: int) -> list[dict[str, Any]]:
    """Return the rows of `tgt_badges`: what each rule says and would have said, and how often that came true elsewhere.

    Once the deadline has been observed only past editions have badges: there is nothing left to be said of the way.
    """
    views = [(view.as_of_year, view.badges, view.outcome_met) for view in outcome.history if view.as_of_year < edition]
    if target.deadline is not None and max(outcome.series.values, default=target.deadline) < target.deadline:
        views.append((edition, outcome.badges, None))
    return [
        _badge_row(target, outcome, record, as_of, place, badges[rule.code], met)
        for as_of, badges, met in views
        for place, rule in enumerate(published_rules(), start=1)
        if rule.code in badges
    ]


def _badge_row(
    target: Target, outcome: Outcome, record: RuleRecord, as_of: int, place: int, badge: Badge, met: bool | None
) -> dict[str, Any]:
    rule = published_rules()[place - 1]
    words = rule.categories.get(badge.code or "")
    kept = record.of(rule.code, badge.code)
    return {
        **_key(target, outcome),
        "as_of_year": as_of,
        "rule_code": rule.code,
        "rule_order": place,
        "rule_label_fr": rule.label.fr,
        "rule_label_en": rule.label.en,
        "category_code": badge.code,
        "category_label_fr": words.fr if words else None,
        "category_label_en": words.en if words else None,
        "is_best_category": badge.code in rule.good if badge.code else None,
        "rule_measure": rounded(badge.measure),
        "rule_score": rounded(badge.score),
        "rule_reason_fr": badge.refused.fr if badge.refused else None,
        "rule_reason_en": badge.refused.en if badge.refused else None,
        "record_cases_count": kept.cases if kept else None,
        "record_met_share": rounded(kept.met_share) if kept else None,
        "outcome_met": met,
        "rule_source": rule.source,
        "origin": outcome.series.origin,
    }


def rounded(value: float | None) -> float | None:
    """Return `value` with `DIGITS` significant digits."""
    return None if value is None else float(f"{value:.{DIGITS}g}")


def _key(target: Target, outcome: Outcome) -> dict[str, Any]:
    return {
        "target_id": target.id,
        "scope_level": outcome.series.scope_level,
        "scope_code": outcome.series.scope_code,
    }


def _intervals(intervals: dict[int, tuple[float, float]]) -> dict[str, float | None]:
    row: dict[str, float | None] = {}
    for level in LEVELS:
        low, high = intervals.get(level, (None, None))
        row[f"low_{level}"], row[f"high_{level}"] = rounded(low), rounded(high)
    return row
