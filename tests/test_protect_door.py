"""Nothing public reads an unprotected table: by the sources of the public side, and by the pipeline's own graph."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from pipelines.kernel.project import Project
from pipelines.kernel.store import read_protected

ROOT = Path(__file__).resolve().parent.parent
PUBLIC_CODE = ("pipelines/publish", "pipelines/render", "pipelines/seal")
INTERNAL = ("raw", "staging", "marts", "indicators", "targets", "simulated", "quarantine")

FORBIDDEN = re.compile(
    r"data/(?:" + "|".join(INTERNAL) + r")\b"
    r"|\bread_table\b|\btable_path\b|\bFOLDERS\b|\bWarehouse\b"
    r"|\bproject\.(?:" + "|".join(INTERNAL) + r")\b"
    r"|[\"'](?:stg|mart|ind|tgt)_[a-z]"
    r"|\.data\s*/\s*[\"'](?:" + "|".join(INTERNAL) + r")"
)
ALLOWED = {
    # The manifest hashes what was taken in: it names files and their sha256, it opens no table.
    "pipelines/seal": re.compile(r"project\.raw|data/raw"),
    # The pages of figures name open files with their hash, from the receipts; of registers they say the vintage alone.
    "pipelines/publish/figure_pages/inputs.py": re.compile(r"project\.raw"),
}
RECEIPTS = {("publish", "data/raw")}


def public_sources() -> list[Path]:
    files = [path for folder in PUBLIC_CODE for path in sorted((ROOT / folder).rglob("*.py"))]
    reports = [
        path
        for path in sorted((ROOT / "reports").rglob("*"))
        if path.suffix in {".qmd", ".md", ".yml", ".lua", ".py"} and "_generated" not in path.parts
    ]
    return files + reports


def offences(path: Path) -> list[str]:
    allowed = next((rule for folder, rule in ALLOWED.items() if path.is_relative_to(ROOT / folder)), None)
    text = path.read_text(encoding="utf-8")
    return [hit.group() for hit in FORBIDDEN.finditer(text) if allowed is None or not allowed.fullmatch(hit.group())]


def test_the_public_side_names_no_unprotected_table():
    found = {path.relative_to(ROOT).as_posix(): hits for path in public_sources() if (hits := offences(path))}
    assert found == {}


@pytest.mark.parametrize(
    "line",
    [
        'pl.read_parquet("data/marts/mart_student__year.parquet")',
        "from pipelines.kernel.store import read_table",
        "duckdb.sql(\"select * from 'data/indicators/ind_values.parquet'\")",
        "project.marts / name",
        'read(project.data / "targets")',
        'name = "ind_values"',
        "with Warehouse(project, settings, catalogue, dictionary) as warehouse:",
    ],
)
def test_the_search_is_not_blind(line):
    assert FORBIDDEN.search(line)


@pytest.mark.parametrize(
    "line", ['read_protected(project, "pub_values")', "project.protected", "data/protected", "ind."]
)
def test_the_search_cries_no_wolf(line):
    assert not FORBIDDEN.search(line)


def stages() -> dict[str, dict]:
    path = ROOT / "dvc.yaml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))["stages"] if path.exists() else {}


def outputs(stage: dict) -> set[str]:
    return {next(iter(item)) if isinstance(item, dict) else item for item in stage.get("outs", ())}


def inputs(stage: dict) -> set[str]:
    return {next(iter(item)) if isinstance(item, dict) else item for item in stage.get("deps", ())}


@pytest.mark.skipif(not stages(), reason="the pipeline file is not there")
def test_publish_and_render_depend_on_nothing_unprotected():
    for name in ("publish", "render"):
        for path in inputs(stages()[name]):
            if (name, path) in RECEIPTS:  # no table: names, vintages and hashes; a test reads what comes of them
                assert path in stages()[name]["meta"]["lets_in"]
                continue
            assert not path.startswith(tuple(f"data/{folder}" for folder in INTERNAL)), f"{name} reads {path}"


@pytest.mark.skipif(not stages(), reason="the pipeline file is not there")
def test_every_output_says_who_may_see_it_and_no_way_but_protect_leads_out():
    by_output = {path: name for name, stage in stages().items() for path in outputs(stage)}
    for name, stage in stages().items():
        sensitivity = stage.get("meta", {}).get("sensitivity")
        assert sensitivity in ("internal", "public"), f"{name} does not say"
        if sensitivity == "internal" or name == "protect":
            continue
        for path in inputs(stage):
            maker = next((who for out, who in by_output.items() if path == out or path.startswith(f"{out}/")), None)
            if maker is None or stages()[maker]["meta"]["sensitivity"] == "public":
                continue
            # What is no table is let in by name: results of checks (printed as counts of failures), hashes of inputs.
            assert path in stage["meta"]["lets_in"], f"{name} reads {path}"


def test_the_public_reader_opens_nothing_else(tmp_path):
    for name in ("mart_student__year", "ind_values", "tgt_states", "stg_apogee__enrolment"):
        with pytest.raises(PermissionError, match="has not been through protect"):
            read_protected(Project(tmp_path), name)
