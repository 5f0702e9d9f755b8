"""The stages by name: what a line of `dvc.yaml` calls. Each imports only its own stage."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import import_module
from typing import Any, Literal

from pipelines.kernel.audited import require_audited
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project, Settings
from pipelines.kernel.report import StageReport

LAYERS: tuple[Literal["staging", "marts"], ...] = ("staging", "marts")
STAGES = (
    "simulate",
    "acquire",
    "stage",
    "check-staging",
    "consolidate",
    "check-marts",
    "indicators",
    "targets",
    "protect",
    "audit",
    "publish",
    "render",
    "seal",
)
"""Every stage, in the order of `dvc.yaml` (a test holds the two together)."""


def run_step(project: Project, name: str) -> StageReport:
    """Run one stage with the current settings and return its report.

    Raises `BadInput` on an unknown name, `CheckFailed` when what is to be published was not audited as it stands.
    """
    if name not in STAGES:
        raise BadInput(Problem("dvc.yaml", "No stage has this name", f"Use one of: {', '.join(STAGES)}.", value=name))
    if name == "publish":
        require_audited(project)
    settings = project.settings()
    package, _, layer = name.partition("-")
    run: Callable[..., StageReport] = import_module(f"pipelines.{package}").run
    return run(project, settings, layer) if layer else run(project, settings)


def check_tables(
    project: Project, tables: tuple[str, ...], settings: Settings, *, as_json: bool = False
) -> tuple[list[str], int]:
    """Run the suites of the tables named (all when none is); return what did not pass, one line each, or as JSON.

    The second value is the number of critical failures that nobody answers for.
    """
    from pipelines.check import results

    passed = failures = 0
    found = []
    for layer in LAYERS:
        for check in results(project, settings, layer, tables):
            if check["outcome"] == "pass":
                passed += 1
                continue
            failures += check["severity"] == "critical" and check["waiver"] is None and not check["quarantined_count"]
            found.append(check)
    waiting = json.loads((project.quality / "steward.json").read_text(encoding="utf-8"))["problems_count"]
    put_aside = _quarantined(project)
    if as_json:
        content = {
            "passed": passed,
            "critical_failures": failures,
            "not_passed": found,
            "quarantined": put_aside,
            "problems_count": waiting,
        }
        return [json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True)], failures
    lines = [_check_line(check) for check in found]
    waived = sum(check["waiver"] is not None for check in found)
    lines.append(f"{passed} checks passed, {len(lines)} did not ({waived} waived), {failures} of them critical.")
    lines += [
        f"{table['table']}: of {table['rows']} rows, {table['quarantined']} are in quarantine and {table['kept']} are "
        "kept."
        for table in put_aside
    ]
    if waiting:
        from pipelines.check import agenda, steward

        listed = len(agenda.lines(steward.read(project), None))
        lines.append(f"{listed} line(s) wait for the stewards: `observatoire check --list`.")
        lines.append(f"The same year by year, {waiting} line(s): data/quality/liste.xlsx.")
    lines.append("Look at: build/quality/index.html")
    return lines, failures


def _check_line(check: dict[str, Any]) -> str:
    line = f"{check['outcome']:<5} {check['severity']:<8} {check['table']} {check['id']}: "
    line += f"{check['message']['en']} {check['mend']['en']}"
    waiver = check["waiver"]
    return line if waiver is None else f"{line} Waived by {waiver['waived_by']} until {waiver['until']}."


def _quarantined(project: Project) -> list[dict[str, Any]]:
    """Return the tables with rows in quarantine: how many came in, how many were put aside, how many kept."""
    content = json.loads((project.quality / "staging.json").read_text(encoding="utf-8"))
    kept = ("table", "rows", "quarantined", "kept")
    return [{name: table[name] for name in kept} for table in content["tables"] if table["quarantined"]]


def steward_list(
    project: Project, settings: Settings, owner: str | None, lang: str, *, as_json: bool
) -> tuple[list[str], int]:
    """Run what is out of date, then return the steward's list, one line a problem, and how many of them block."""
    from pipelines.check import agenda, results, steward

    failures = 0
    for layer in LAYERS:
        results(project, settings, layer)
        failures += json.loads((project.quality / f"{layer}.json").read_text(encoding="utf-8"))["critical_failures"]
    found = steward.read(project)
    if as_json:
        mine = [item for item in found if owner is None or owner.casefold() in item.who.casefold()]
        return [json.dumps(steward.content(mine), ensure_ascii=False, indent=1, sort_keys=True)], failures
    listed = agenda.lines(found, owner)
    return [*(agenda.said(line, lang) for line in listed), agenda.counted(listed, lang)], failures
