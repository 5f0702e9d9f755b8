"""A small project with a repository and a made-up build: what the tests of editions seal."""

from __future__ import annotations

import json
import shutil
import subprocess
from datetime import date
from pathlib import Path

import polars as pl

from pipelines.editions.sums import hashes_below
from pipelines.kernel.files import sha256_of
from pipelines.kernel.ledger import published_editions
from pipelines.kernel.project import Project
from tests.observatory import copy_of_the_project

DAY = date(2025, 3, 14)


def values(**changed: float | None) -> pl.DataFrame:
    """Return a small `pub_values`; `tarbes=…` and the like change the value of 2023 there."""
    rows = []
    for scope, value in (("tarbes", 100.0), ("rodez", 50.0), ("figeac", 20.0)):
        for year in (2022, 2023):
            now = changed.get(scope, value) if year == 2023 else value
            rows.append(("ENR-REG", "site", scope, year, now, "c" if now is None else "A", "observed"))
    made = pl.DataFrame(
        rows,
        orient="row",
        schema=["indicator_code", "scope_level", "scope_code", "year", "value", "flag", "origin"],
        strict=False,
    )
    return made.with_columns(pl.col("value").alias("numerator"), pl.lit(None, dtype=pl.Float64).alias("denominator"))


def build(
    project: Project, frame: pl.DataFrame, text: str = "page", origin: str = "observed", edition: int = 2024
) -> None:
    """Write what a run leaves: data, a page, a PDF, results of checks and the manifest."""
    shutil.rmtree(project.build, ignore_errors=True)
    for folder in (project.build / "data", project.build / "site", project.quality):
        folder.mkdir(parents=True, exist_ok=True)
    pdf = f"observatoire-{edition}.pdf"
    frame.write_parquet(project.build / "data" / "pub_values.parquet")
    fields = [{"name": name, "title": "titre", "description": "l'unité"} for name in frame.columns]
    package = {"resources": [{"name": "pub_values", "title": "L'été", "format": "csv", "schema": {"fields": fields}}]}
    (project.build / "data" / "datapackage.json").write_text(json.dumps(package), encoding="utf-8")
    (project.build / "site" / "index.html").write_text(text, encoding="utf-8")
    (project.build / pdf).write_bytes(b"%PDF " + text.encode())
    check = {"id": "X-1", "table": "mart_x", "severity": "warning", "outcome": "fail", "since": "2025-01-01",
             "waiver": {"waived_by": "N. N.", "until": "2026-01-01"}, "why": {"fr": "x", "en": "x"},
             "unexpected_count": 1, "examples": ["never sealed"]}  # fmt: skip
    for layer in ("staging", "marts"):
        content = {"critical_failures": 0, "checks": [check, {**check, "outcome": "pass"}]}
        (project.quality / f"{layer}.json").write_text(json.dumps(content), encoding="utf-8")
    files = {f"data/{name}": sha for name, sha in hashes_below(project.build / "data").items()}
    files |= {f"site/{name}": sha for name, sha in hashes_below(project.build / "site").items()}
    files[pdf] = sha256_of(project.build / pdf)
    manifest = {"edition": edition, "settings": {"observed_only": False}, "software": {"polars": "2"},
                "inputs": [{"source": "apogee", "vintage": "simulated", "origin": origin, "files": []}],
                "files": files}  # fmt: skip
    (project.build / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    audited = {"leaks_count": 0, "editions": [path.stem for path in published_editions(project)]}
    (project.quality / "audit.json").write_text(json.dumps(audited), encoding="utf-8")


def git(project: Project, *arguments: str) -> None:
    """Run git in the project as someone."""
    someone = ["-c", "user.name=n", "-c", "user.email=n@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *someone, *arguments], cwd=project.root, check=True, capture_output=True)


def committed(tmp_path: Path) -> Project:
    """Return a copy of the project, committed, with a build."""
    made = copy_of_the_project(tmp_path / "observatory")
    made_by_runs = ("/build/", "/data/build/", "/data/.*lock", "/data/quality/", "/data/raw/")
    (made.root / ".gitignore").write_text("\n".join(made_by_runs) + "\n", encoding="utf-8")
    git(made, "init", "-q")
    git(made, "add", "-A")
    git(made, "commit", "-q", "-m", "start")
    build(made, values())
    return made
