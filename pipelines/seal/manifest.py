"""Write `build/manifest.json`: what a reader of `build/` needs to say which bytes came from which inputs.

The manifest holds no date and no path of the machine, so that the same inputs give the same manifest.
"""

from __future__ import annotations

import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

from pipelines.kernel.files import sha256_of, write_json
from pipelines.kernel.project import Project, Settings
from pipelines.kernel.report import StageReport

LIBRARIES = ("duckdb", "great-expectations", "plotnine", "polars", "pypandoc-binary", "statsmodels", "typst")


def run(project: Project, settings: Settings) -> StageReport:
    """Write the manifest of `build/`. Raises `FileNotFoundError` when the report or the data were not made."""
    manifest = {
        "edition": settings.edition,
        "settings": settings.model_dump(mode="json", exclude={"threads", "memory", "as_of"}),
        "software": {"observatoire-sresr": version("observatoire-sresr"), **_versions()},
        "inputs": _inputs(project),
        "files": _hashes(project),
    }
    write_json(project.build / "manifest.json", manifest)
    return StageReport(made=("build/manifest.json",))


def _versions() -> dict[str, str]:
    return {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}}


def _inputs(project: Project) -> list[dict[str, Any]]:
    """Return what was taken in: the content of every `vintage.yml`, with the source and vintage it belongs to."""
    return [
        {"source": path.parent.parent.name, **yaml.safe_load(path.read_text(encoding="utf-8"))}
        for path in sorted(project.raw.glob("*/*/vintage.yml"))
    ]


def _hashes(project: Project) -> dict[str, str]:
    pdf = project.build / f"observatoire-{project.settings().edition}.pdf"
    folders = [project.build / "data", project.build / "site"]
    files: list[Path] = [item for folder in folders for item in folder.rglob("*") if item.is_file()]
    return {item.relative_to(project.build).as_posix(): sha256_of(item) for item in sorted([*files, pdf])}
