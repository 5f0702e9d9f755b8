"""What commands that do something say with `--json`; JSON.md beside this file documents each shape."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipelines.editions.answers import cite_answer, revision_rows
from pipelines.editions.citation import FORMATS
from pipelines.editions.comparing import read_manifest
from pipelines.editions.names import known
from pipelines.editions.rebuilding import Rebuilt
from pipelines.editions.sealing import Sealed
from pipelines.editions.sums import faults
from pipelines.kernel.project import Project, Settings
from pipelines.run import StageOutcome


def text(content: Any) -> str:
    """Return content as the commands print it."""
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True, default=str)


def run_answer(
    settings: Settings, outcomes: Sequence[StageOutcome], seconds: float, failed: str | None, summary: dict[str, Any]
) -> str:
    """Return what a run did; `failed` is the stage it stopped at, `summary` is empty then."""
    stages = [
        {
            "stage": outcome.name,
            "has_run": outcome.has_run,
            "seconds": round(outcome.seconds, 1),
            "made": len(outcome.report.made),
            "kept": len(outcome.report.kept),
            "notes": outcome.report.notes,
        }
        for outcome in outcomes
    ]
    return text(
        {
            "settings": settings.model_dump(mode="json"),
            "failed": failed,
            "seconds": round(seconds, 1),
            "stages": stages,
            **{name: summary.get(name) for name in ("made", "simulated", "checks")},
        }
    )


def seal_answer(made: Sealed) -> str:
    """Return the edition that was sealed, and each figure that changed since the one before."""
    since = None if made.since is None else str(made.since)
    return text(
        {
            "edition": str(made.name),
            "folder": f"editions/{made.name}",
            "since": since,
            "revisions": revision_rows(made.revisions),
        }
    )


def verify_answer(project: Project, edition: str) -> tuple[str, bool]:
    """Return what is not as it was sealed, and whether every byte is. Raises `BadInput` on an unknown edition."""
    name = known(project, edition)
    told = faults(project.editions / str(name))
    count = None if told else len(read_manifest(project, name)["files"])
    return text({"edition": str(name), "is_whole": not told, "files": count, "faults": list(told)}), not told


def rebuild_answer(rebuilt: Rebuilt, edition: str) -> str:
    """Return which files of an edition came out byte for byte."""
    return text({"edition": edition, "agrees": rebuilt.agrees, **asdict(rebuilt)})


def cite_answers(project: Project, key: str) -> str:
    """Return a citation in every format. Raises `BadInput` as `cite_answer` does."""
    return text({"key": key, "citations": {form: cite_answer(project, key, form) for form in FORMATS}})


def files_answer(files: Sequence[Path], **facts: Any) -> str:
    """Return the files that a command wrote, and what is to be known of them."""
    return text({**facts, "files": [path.as_posix() for path in files]})
