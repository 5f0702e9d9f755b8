"""The last lines of a run: what was made, what is simulated, what failed, where to look."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pipelines.kernel.project import Project, Settings
from pipelines.kernel.yaml_files import load_yaml
from pipelines.run import StageOutcome


def closing_lines(project: Project, settings: Settings, outcomes: list[StageOutcome], seconds: float) -> list[str]:
    """Return the closing lines of a run that succeeded."""
    ran = [outcome for outcome in outcomes if outcome.has_run]
    lines: list[str] = []
    if ran:
        lines.append(f"Done in {seconds:.1f} s: {len(ran)} of {len(outcomes)} stages had something to do.")
        lines += [f"  {outcome.name}: {note}" for outcome in ran for note in outcome.report.notes]
    else:
        lines.append(f"Nothing to do: everything is up to date ({seconds:.1f} s).")
    lines += list(_made(project, settings))
    lines += list(_simulated(project, settings))
    lines += list(_checks(project))
    lines.append("Look at: build/site/index.html")
    return lines


def _made(project: Project, settings: Settings) -> Iterator[str]:
    made = _made_counts(project, settings)
    yield f"Made: build/site/ ({made['pages']} pages), {made['pdf']}, build/data/ ({made['tables']} CSV tables)."


def _made_counts(project: Project, settings: Settings) -> dict[str, Any]:
    return {
        "pages": len(list((project.build / "site").rglob("*.html"))),
        "tables": len(list((project.build / "data").glob("*.csv"))),
        "pdf": f"build/observatoire-{settings.edition}.pdf",
    }


def _simulated(project: Project, settings: Settings) -> Iterator[str]:
    names = simulated_sources(project)
    if settings.observed_only:
        yield "Simulated: nothing; --observed-only left the simulated sources out."
    elif names:
        yield (
            f"Simulated: {', '.join(names)}. Every figure drawn from them says so; "
            "`observatoire add FILE --source ID` puts a real register in the place of one."
        )
    else:
        yield "Simulated: nothing; every source is observed or declared."


def _checks(project: Project) -> Iterator[str]:
    passed, waived, open_points = _check_counts(project)
    yield f"Checks: {passed} passed, {len(open_points)} did not, {waived} are waived; see build/quality/index.html."
    for check in open_points[:10]:
        yield f"  {check['severity']}: {check['table']} {check['id']}: {check['message']['en']}"
    if len(open_points) > 10:
        yield f"  … and {len(open_points) - 10} more: `observatoire check` lists them all."


def _check_counts(project: Project) -> tuple[int, int, list[dict[str, Any]]]:
    """Return how many checks passed, how many are waived, and those that are neither."""
    passed, waived, open_points = 0, 0, []
    for layer in ("staging", "marts"):
        result = json.loads((project.quality / f"{layer}.json").read_text(encoding="utf-8"))
        for check in result["checks"]:
            if check["outcome"] == "pass":
                passed += 1
            elif check.get("waiver"):
                waived += 1
            else:
                open_points.append(check)
    return passed, waived, open_points


def closing_facts(project: Project, settings: Settings) -> dict[str, Any]:
    """Return what the closing lines say, for scripts: what was made, what is simulated, how the checks ended."""
    passed, waived, open_points = _check_counts(project)
    return {
        "made": _made_counts(project, settings),
        "simulated": [] if settings.observed_only else simulated_sources(project),
        "checks": {"passed": passed, "waived": waived, "open": [f"{c['table']} {c['id']}" for c in open_points]},
    }


def simulated_sources(project: Project) -> list[str]:
    """Return the ids of the sources of which a simulated vintage was taken in."""
    names = set()
    for path in project.raw.glob("*/*/vintage.yml"):
        if load_yaml(path.read_text(encoding="utf-8")).get("origin") == "simulated":
            names.add(path.parent.parent.name)
    return sorted(names)
