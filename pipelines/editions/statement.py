"""The quality statement of an edition: checks run, failed, waived by whom and until when."""

from __future__ import annotations

import json
from typing import Any

from pipelines.kernel.problems import CheckFailed
from pipelines.kernel.project import Project

LAYERS = ("staging", "marts")


def quality_statement(project: Project) -> dict[str, Any]:
    """Return the statement, from the results the last run left.

    Raises `CheckFailed` when the checks did not run, or found a critical failure that nobody answers for.
    """
    layers, points = {}, []
    for layer in LAYERS:
        path = project.quality / f"{layer}.json"
        if not path.exists():
            raise CheckFailed(
                f"{project.shown(path)}: these checks have not run. Run `observatoire run` before sealing."
            )
        result = json.loads(path.read_text(encoding="utf-8"))
        if result["critical_failures"]:
            raise CheckFailed(
                f"{project.shown(path)}: {result['critical_failures']} critical failure(s), so nothing is sealed. "
                "`observatoire check` lists them."
            )
        outcomes = [check["outcome"] for check in result["checks"]]
        layers[layer] = {outcome: outcomes.count(outcome) for outcome in sorted(set(outcomes))}
        points += [_point(check) for check in result["checks"] if check["outcome"] != "pass"]
    return {"checks": layers, "not_passed": sorted(points, key=lambda point: (point["table"], point["id"]))}


def _point(check: dict[str, Any]) -> dict[str, Any]:
    """Return what the statement keeps of a check that did not pass: no example, since examples are internal."""
    kept = {name: check[name] for name in ("id", "table", "severity", "outcome", "since", "waiver")}
    return {**kept, "why": check["why"], "unexpected_count": check["unexpected_count"]}
