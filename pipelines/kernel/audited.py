"""The auditor's result, as the public side reads it: nothing is published that was not audited as it stands."""

from __future__ import annotations

import json
from pathlib import Path

from pipelines.kernel.files import sha256_of, sha256_of_text
from pipelines.kernel.problems import CheckFailed
from pipelines.kernel.project import Project


def result_path(project: Project) -> Path:
    """Return where the auditor leaves its result: `data/quality/audit.json`. Internal."""
    return project.quality / "audit.json"


def digest_of_protected(project: Project) -> str:
    """Return the hash of all public tables as they stand."""
    paths = sorted(project.protected.glob("*.parquet"))
    return sha256_of_text("\n".join(f"{path.name} {sha256_of(path)}" for path in paths))


def editions_seen(project: Project) -> frozenset[str]:
    """Return the published editions that the last audit laid beside the public tables; none when it never ran."""
    path = result_path(project)
    if not path.exists():
        return frozenset()
    return frozenset(json.loads(path.read_text(encoding="utf-8")).get("editions", ()))


def require_audited(project: Project) -> None:
    """Raise `CheckFailed` unless the public tables, byte for byte, were audited and nothing was found in them."""
    path = result_path(project)
    name = project.shown(path)
    if not path.exists():
        raise CheckFailed(f"{name}: what is about to be published was not audited. Run `observatoire run`.")
    result = json.loads(path.read_text(encoding="utf-8"))
    if result.get("leaks_count") != 0:
        raise CheckFailed(f"{name}: {result.get('leaks_count')} hidden cells can be told, so nothing is published.")
    if result.get("protected_sha256") != digest_of_protected(project):
        raise CheckFailed(f"{name}: the public tables changed since they were audited. Run `observatoire run`.")
