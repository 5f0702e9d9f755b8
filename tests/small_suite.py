"""One small table with its suite, and the project they stand in: what the tests of checks start from."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from pipelines.check import run
from pipelines.kernel.problems import CheckFailed
from pipelines.kernel.project import Project, Settings
from tests.brands import lay_brand

TABLE = "stg_demo__students"
BOTH = {"fr": "Parce que.", "en": "Because."}
SETTINGS = Settings(edition=2024, threads=2)


def expectation(number: int, kind: str, severity: str = "critical", **kwargs: Any) -> dict[str, Any]:
    return {"id": f"TST-{number:03}", "type": kind, "kwargs": kwargs, "severity": severity, "why": BOTH}


def opening(columns: list[str], grain: list[str]) -> list[dict[str, Any]]:
    unique = (
        expectation(50, "expect_column_values_to_be_unique", column=grain[0])
        if len(grain) == 1
        else expectation(50, "expect_compound_columns_to_be_unique", column_list=grain)
    )
    return [
        expectation(1, "expect_table_columns_to_match_set", column_set=columns),
        expectation(2, "expect_table_row_count_to_be_between", min_value={"from": "min_rows"}),
        *(expectation(10 + at, "expect_column_values_to_not_be_null", column=name) for at, name in enumerate(grain)),
        unique,
    ]


def suite(*more: dict[str, Any], **keys: Any) -> dict[str, Any]:
    return {
        "table": TABLE,
        "layer": "staging",
        "grain": ["year", "site_code"],
        "min_rows": 2,
        "owner": "steward",
        "since": "2026-11-23",
        "mend": {"fr": "Corriger le fichier.", "en": "Mend the file."},
        "expectations": [*opening(["year", "site_code", "students_count", "origin"], ["year", "site_code"]), *more],
        **keys,
    }


def good() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "year": [2020, 2020, 2021, 2021],
            "site_code": ["auch", "rodez", "auch", "rodez"],
            "students_count": [10, 20, 11, None],
            "origin": ["observed"] * 4,
        }
    )


def bare(folder: Path) -> Project:
    """A project with room for tables and suites, and none."""
    for name in ("data/staging", "data/marts", "data/reference/dictionary", "expectations/staging",
                 "expectations/marts"):  # fmt: skip
        (folder / name).mkdir(parents=True)
    (folder / "data/reference/corrections.yml").write_text("[]", encoding="utf-8")
    lay_brand(folder)
    return Project(folder)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return bare(tmp_path)


def put(project: Project, content: dict[str, Any], frame: pl.DataFrame | None, name: str = TABLE) -> None:
    target = project.expectations / content["layer"] / f"{name}.yml"
    target.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    if frame is not None:
        frame.write_parquet(project.data / content["layer"] / f"{name}.parquet")


def report(project: Project, layer: str = "staging") -> dict[str, Any]:
    content: dict[str, Any] = json.loads((project.quality / f"{layer}.json").read_text(encoding="utf-8"))
    return content


def checks(project: Project, settings: Settings = SETTINGS, layer: Any = "staging") -> dict[str, dict[str, Any]]:
    """Run the layer whatever comes of it; return id → row of the report."""
    with contextlib.suppress(CheckFailed):
        run(project, settings, layer)
    return {row["id"]: row for row in report(project, layer)["checks"]}


def changed(**values: Any) -> Settings:
    return SETTINGS.model_copy(update=values)
