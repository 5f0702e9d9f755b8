"""The stages by name: what a line of `dvc.yaml` calls. Each imports only its own stage."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import import_module
from typing import Literal

from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project
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
    "publish",
    "render",
    "seal",
)
"""Every stage, in the order of `dvc.yaml` (a test holds the two together)."""


def run_step(project: Project, name: str) -> StageReport:
    """Run one stage with the current settings and return its report. Raises `BadInput` on an unknown name."""
    if name not in STAGES:
        raise BadInput(Problem("dvc.yaml", "No stage has this name", f"Use one of: {', '.join(STAGES)}.", value=name))
    settings = project.settings()
    package, _, layer = name.partition("-")
    run: Callable[..., StageReport] = import_module(f"pipelines.{package}").run
    return run(project, settings, layer) if layer else run(project, settings)


def check_tables(project: Project, tables: tuple[str, ...]) -> tuple[list[str], int]:
    """Run the suites of the tables named (all when none is); return what did not pass, one line each.

    The second value is the number of critical failures.
    """
    from pipelines.check import results

    lines: list[str] = []
    passed = failures = 0
    for layer in LAYERS:
        for check in results(project, project.settings(), layer, tables):
            if check["outcome"] == "pass":
                passed += 1
                continue
            failures += check["severity"] == "critical" and not check["quarantined_count"]
            lines.append(
                f"{check['outcome']:<5} {check['severity']:<8} {check['table']} {check['id']}: "
                f"{check['message']['en']} {check['mend']['en']}"
            )
    lines.append(f"{passed} checks passed, {len(lines)} did not, {failures} of them critical.")
    lines += _quarantined(project)
    waiting = json.loads((project.quality / "steward.json").read_text(encoding="utf-8"))["problems_count"]
    if waiting:
        lines.append(f"{waiting} problems wait for the stewards of the sources: data/quality/steward.json.")
    return lines, failures


def _quarantined(project: Project) -> list[str]:
    """Return one line per table with rows in quarantine: how many came in, how many were put aside, how many kept."""
    content = json.loads((project.quality / "staging.json").read_text(encoding="utf-8"))
    return [
        f"{table['table']}: of {table['rows']} rows, {table['quarantined']} are in quarantine and {table['kept']} are "
        "kept."
        for table in content["tables"]
        if table["quarantined"]
    ]
