"""The quality statement of an edition: checks run, failed, waived by whom and until when."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from pipelines.kernel.catalogue import read_catalogue
from pipelines.kernel.problems import CheckFailed
from pipelines.kernel.project import Project

LAYERS = ("staging", "marts")


def quality_statement(project: Project) -> dict[str, Any]:
    """Return the statement, from the results the last run left.

    Raises `CheckFailed` when the checks did not run, or found a critical failure that nobody answers for.
    """
    layers, points = {}, []
    tables = read_catalogue(project).tables
    of_open_data = {name for name, (source, _) in tables.items() if source.sensitivity == "public"}
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
        points += [_point(check, of_open_data) for check in result["checks"] if check["outcome"] != "pass"]
    return {"checks": layers, "not_passed": sorted(points, key=lambda point: (point["table"], point["id"]))}


def _point(check: dict[str, Any], of_open_data: Collection[str]) -> dict[str, Any]:
    """Return what the statement keeps of a check that did not pass: no example, since examples are internal.

    How many rows failed is kept for open data only. In a register or a mart it is a count of persons that has been
    through no protection, and may be one.
    """
    kept = {name: check[name] for name in ("id", "table", "severity", "outcome", "since", "waiver")}
    count = {"unexpected_count": check["unexpected_count"]} if check["table"] in of_open_data else {}
    return {**kept, "why": check["why"], **count}
