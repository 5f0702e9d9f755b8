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


def target_answer(project: Project, ids: tuple[str, ...], *, as_json: bool) -> str:
    """Return the state of the targets named (all when none is). Raises `BadInput` as `indicator_answer` does."""
    states = _published(project, "pub_states")
    _refuse_unknown("target", ids, states["target_id"].unique().to_list())
    if ids:
        states = states.filter(pl.col("target_id").is_in(ids))
    is_site = pl.col("scope_level") == "site"  # the whole before its parts
    states = states.sort("target_id", is_site, "scope_code")
    if as_json:
        return _as_json(states)
    lines = []
    for row in states.to_dicts():
        line = f"{row['target_id']} ({row['scope_code']}): {row['state_label_en']}"
        if row["last_value"] is not None and row["target_value"] is not None:
            simulated = ", simulated" if row["origin"] == "simulated" else ""
            line += f"; {row['last_value']:g} in {row['last_year']}{simulated}, target {row['target_value']:g}"
            line += f" by {row['deadline_year']}" if row["deadline_year"] else ""
        if row["probability"] is not None:
            line += f"; probability {row['probability']:.0%} if the coming years resemble the past"
        if row["reason_en"]:
            line += f"; {row['reason_en']}"
        lines.append(line)
    return "\n".join(lines)


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
