"""Write `build/manifest.json`: what a reader of `build/` needs to say which bytes came from which inputs.

The manifest holds no date and no path of the machine, so that the same inputs give the same manifest.
"""

from __future__ import annotations

import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

from pipelines.kernel.catalogue import read_catalogue
from pipelines.kernel.files import sha256_of, write_json
from pipelines.kernel.known import known_folders
from pipelines.kernel.project import Project, Settings
from pipelines.kernel.report import StageReport

LIBRARIES = ("duckdb", "great-expectations", "plotnine", "polars", "pypandoc-binary", "statsmodels", "typst")

OF_REGISTERS = ("source", "vintage", "layout", "origin", "published", "files")
"""What the manifest says of a vintage of a register."""


def run(project: Project, settings: Settings) -> StageReport:
    """Write the manifest of `build/`. Raises `FileNotFoundError` when the report or the data were not made."""
    manifest = {
        "edition": settings.edition,
        "settings": settings.model_dump(mode="json", exclude={"threads", "as_of"}),
        "software": {"observatoire-sresr": version("observatoire-sresr"), **_versions()},
        "inputs": inputs_of(project, settings.edition),
        "files": _hashes(project),
    }
    write_json(project.build / "manifest.json", manifest)
    return StageReport(made=("build/manifest.json",))


def _versions() -> dict[str, str]:
    return {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}}


def inputs_of(project: Project, edition: int) -> list[dict[str, Any]]:
    """Return what the edition was made from: the content of the `vintage.yml` of every vintage it knows.

    Of a register, names and hashes only (`OF_REGISTERS`): its comparison with the vintage before quotes counts as they
    were before protection, and so may the reason somebody gave for a large move.
    """
    sources = read_catalogue(project).sources
    opened = {source.id for source in sources.values() if source.sensitivity == "public"}
    found = []
    for path in sorted(project.raw.glob("*/*/vintage.yml")):
        source = path.parent.parent.name
        if source in sources and path.parent not in known_folders(project, sources[source], edition)[0]:
            continue
        receipt = {"source": source, **yaml.safe_load(path.read_text(encoding="utf-8"))}
        found.append({name: said for name, said in receipt.items() if source in opened or name in OF_REGISTERS})
    return found


def _hashes(project: Project) -> dict[str, str]:
    pdf = project.build / f"observatoire-{project.settings().edition}.pdf"
    folders = [project.build / "data", project.build / "site"]
    files: list[Path] = [item for folder in folders for item in folder.rglob("*") if item.is_file()]
    return {item.relative_to(project.build).as_posix(): sha256_of(item) for item in sorted([*files, pdf])}
