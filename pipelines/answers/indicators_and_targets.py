"""What `observatoire indicators` and `observatoire targets` print: published figures only, as text or JSON."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable
from typing import Any

import polars as pl

from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project
from pipelines.kernel.store import read_protected, table_path


def indicator_answer(project: Project, codes: tuple[str, ...], scope: str, *, as_json: bool) -> str:
    """Return the published values of the indicators named (all when none is) in one scope.

    Raises `BadInput` when nothing was published yet, or when a code or the scope is unknown.
    """
    values = _published(project, "pub_values")
    status = _published(project, "pub_status")
    _refuse_unknown("indicator", codes, status["indicator_code"].to_list())
    _refuse_unknown("scope", (scope,), values["scope_code"].unique().to_list())
    if codes:
        values = values.filter(pl.col("indicator_code").is_in(codes))
        status = status.filter(pl.col("indicator_code").is_in(codes))
    values = values.filter(pl.col("scope_code") == scope).sort("indicator_code", "year")
    if as_json:
        return _as_json(values)
    lines = []
    for row in status.sort("indicator_code").to_dicts():
        mine = values.filter(pl.col("indicator_code") == row["indicator_code"])
        if mine.is_empty():
            reason = row["reason_en"] or f"no value for {scope}"
            lines.append(f"{row['indicator_code']}: not measurable here: {reason}")
            continue
        series = ", ".join(_point(point) for point in mine.to_dicts())
        lines.append(f"{row['indicator_code']} ({scope}): {series}")
    lines.append(
        "A letter after a value is its flag: S simulated, B break before, P provisional, c confidential, L missing."
    )
    return "\n".join(lines)


def target_answer(project: Project, ids: tuple[str, ...], scope: str | None = None, *, as_json: bool) -> str:
    """Return the state of the targets: a line each, or all that is said of those named in `ids`.

    `scope` keeps one region, country or site. Raises `BadInput` as `indicator_answer` does.
    """
    states = _published(project, "pub_states")
    _refuse_unknown("target", ids, states["target_id"].unique().to_list())
    if scope is not None:
        _refuse_unknown("scope", (scope,), states["scope_code"].unique().to_list())
        states = states.filter(pl.col("scope_code") == scope)
    if ids:
        states = states.filter(pl.col("target_id").is_in(ids))
    is_site = pl.col("scope_level") == "site"  # the whole before its parts
    states = states.sort("target_id", is_site, "scope_code")
    badges = _published(project, "pub_badges").sort("as_of_year", "rule_order")
    rows = states.to_dicts()
    if as_json:
        if not ids:
            return _as_json(states)
        told = [{**row, "badges": _badges_of(badges, row).to_dicts()} for row in rows]
        return json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True, default=str)
    lines = []
    for row in rows:
        lines.append(_state_line(row))
        if ids and (scope is not None or row["scope_level"] != "site"):
            lines += [f"  {line}" for line in _details(row, _badges_of(badges, row))]
    return "\n".join(lines)


def _state_line(row: dict[str, Any]) -> str:
    line = f"{row['target_id']} ({row['scope_code']}): {row['state_label_en']}"
    if row["last_value"] is not None and row["target_value"] is not None:
        simulated = ", simulated" if row["origin"] == "simulated" else ""
        line += f"; {row['last_value']:g} in {row['last_year']}{simulated}, target {row['target_value']:g}"
        line += f" by {row['deadline_year']}" if row["deadline_year"] else ""
    if row["probability"] is not None:
        line += f"; probability {row['probability']:.0%} if the coming years resemble the past"
    if row["reason_en"]:
        line += f"; {row['reason_en']}"
    return line


def _details(row: dict[str, Any], badges: pl.DataFrame) -> list[str]:
    """Return what stands behind a state: paces, intervals, badges with their record, fragility, past editions."""
    rate = row["path_shape"] == "geometric"
    lines = []
    if row["milestone_now_value"] is not None and row["probability"] is not None:
        lines.append(f"milestone of the edition's year {row['milestone_now_value']:g}")
    if row["pace_needed"] is not None and row["probability"] is not None:
        lines.append(
            f"pace needed {_pace(row['pace_needed'], rate)}, reached in {row['pace_kept_count'] or 0} of "
            f"{row['pace_known_count'] or 0} past years"
        )
    if row["pace_observed"] is not None:
        lines.append(f"pace observed since the base {_pace(row['pace_observed'], rate)}")
    if row["low_80"] is not None:
        lines.append(
            f"in {row['deadline_year']}: four chances in five between {row['low_80']:g} and {row['high_80']:g}, "
            f"19 in 20 between {row['low_95']:g} and {row['high_95']:g}"
        )
    if row["probability"] is None and row["probability_low_reason_en"]:
        lines.append(str(row["probability_low_reason_en"]))
    if row["late_probability"] is not None:
        lines.append(f"probability that the figure of {row['late_year']} meets it {row['late_probability']:.0%}")
    if row["reference_probability"] is not None:
        lines.append(
            f"reference class ({row['reference_label_en']}; {row['reference_series_count']} series elsewhere): "
            f"{row['reference_probability']:.0%} reached as much"
        )
    for side, word in (("flip_low_share", "lower"), ("flip_high_share", "higher")):
        if row[side] is not None:
            lines.append(f"the state would be another one with a base {abs(row[side]):.1%} {word}")
    if row["past_brier"] is not None:
        lines.append(f"{row['past_views_count']} past editions, Brier score {row['past_brier']:.3f}")
    said_by = badges.to_dicts()
    last = max((int(badge["as_of_year"]) for badge in said_by), default=0)
    for badge in said_by:
        if badge["as_of_year"] != last:
            continue
        said = badge["category_label_en"] or badge["rule_reason_en"]
        said = said or (f"{badge['rule_measure']:.2f}" if badge["rule_measure"] is not None else "confidential")
        record = badge["record_met_share"]
        kept = "" if record is None else f" (when it says so the target is met {record:.0%} of the time)"
        lines.append(f"{badge['rule_label_en']}, seen from {last}: {said}{kept}")
    return lines


def _badges_of(badges: pl.DataFrame, row: dict[str, Any]) -> pl.DataFrame:
    return badges.filter((pl.col("target_id") == row["target_id"]) & (pl.col("scope_code") == row["scope_code"]))


def _pace(pace: float, is_rate: bool) -> str:
    return f"{pace:+.1%} a year" if is_rate else f"{pace:+.4g} a year"


def _published(project: Project, name: str) -> pl.DataFrame:
    if not table_path(project, name).exists():
        raise BadInput(
            Problem(project.shown(table_path(project, name)), "Nothing was published yet", "Run `observatoire run`.")
        )
    return read_protected(project, name)


def _refuse_unknown(kind: str, asked: Iterable[str], known: list[str]) -> None:
    problems = []
    for name in asked:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=3, cutoff=0.3) or sorted(known)[:5]
            problems.append(
                Problem("the command", f"No {kind} has this name", f"Did you mean {', '.join(close)}?", value=name)
            )
    if problems:
        raise BadInput(problems)


def _point(point: dict[str, Any]) -> str:
    shown = (
        "–" if point["value"] is None else f"{point['value']:.4g}" if point["denominator"] else f"{point['value']:g}"
    )
    flag = "" if point["flag"] == "A" else f" {point['flag']}"
    return f"{point['year']} {shown}{flag}"


def _as_json(frame: pl.DataFrame) -> str:
    return json.dumps(frame.to_dicts(), ensure_ascii=False, indent=1, sort_keys=True, default=str)
