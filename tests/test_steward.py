"""The stewards' list: every problem found is on it, with its place, its count and what to do, and no person is."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.check.outcome import Check
from pipelines.check.steward import Entry, content, entries
from pipelines.check.tables import Tables
from pipelines.kernel.catalogue import Catalogue
from pipelines.kernel.corrections import Correction
from pipelines.kernel.dictionary import read_dictionary
from pipelines.kernel.project import Project, Settings
from tests.register_tables import sidecar

TOKEN = "c0ffee" * 10 + "aaaa"
CATALOGUE = Catalogue([sidecar(source) for source in ("apogee", "crous", "cfa", "relint", "survey")])


def check(outcome: str) -> Check:
    said = {"fr": TOKEN, "en": TOKEN}
    why, mend = {"fr": "pourquoi", "en": "why"}, {"fr": "quoi faire", "en": "what to do"}
    return Check("SCH-999", "stg_crous__scholarship", "sql", None, "warning", outcome, said, TOKEN,
                 10, 3, [TOKEN], why, mend, "Bourses", "2026-11-23")  # fmt: skip


@pytest.fixture
def found(project: Project, tmp_path: Path) -> list[Entry]:
    """The list made of two registers planted with one problem of each kind."""
    home = Project(tmp_path)
    home.marts.mkdir(parents=True)
    home.staging.mkdir()
    pl.DataFrame(
        [(2020, "apogee", 100, 96, 4, 0), (2020, "crous", 50, 49, 1, 2), (2021, "crous", 50, 50, 0, 0)],
        schema=["year", "source_id", "rows_count", "linked_count", "orphans_count", "conflicts_count"],
        orient="row",
    ).with_columns(origin=pl.lit("observed")).write_parquet(home.marts / "mart_linkage__register.parquet")
    pl.DataFrame(
        [(2020, TOKEN, 1), (2020, TOKEN[::-1], 3), (2021, TOKEN, 1)],
        schema=["year", "student_token", "rows_count"],
        orient="row",
    ).with_columns(origin=pl.lit("observed")).write_parquet(home.staging / "stg_crous__scholarship.parquet")
    correction = Correction.model_validate(
        {
            "code": "COR-001",
            "table": "stg_apogee__enrolment",
            "where": {"site_code": "auch"},
            "action": "flag",
            "reason": {"fr": "faux", "en": "wrong"},
            "reported_on": "2026-11-02",
            "reported_to": "scolarite",
            "state": "reported",
            "expect": {"rows": 7},
        }
    )
    with Tables(home, Settings(edition=2024), read_dictionary(project), None) as tables:
        return entries(tables, CATALOGUE, [check("pass"), check("fail"), check("error")], [correction])


def test_each_problem_stands_once_with_its_place_and_its_count(found: list[Entry]) -> None:
    assert [(entry.kind, entry.where, entry.year, entry.count) for entry in found] == [
        ("check", "stg_crous__scholarship SCH-999", None, 3),
        ("check", "stg_crous__scholarship SCH-999", None, 3),
        ("conflict", "stg_crous__scholarship", 2020, 2),
        ("duplicate", "stg_crous__scholarship", 2020, 2),
        ("identifier", "stg_apogee__enrolment", 2020, 4),
        ("orphan", "stg_crous__scholarship", 2020, 1),
        ("correction", "stg_apogee__enrolment COR-001", None, 7),
    ]
    assert [entry.state for entry in found[:3]] == ["no_answer", "to_mend", "to_mend"]
    assert found[-1].state == "waits"
    assert found[-1].how.en == "Reported on 02/11/2026 (scolarite): ask again before the edition."
    assert all(entry.who and entry.what.fr and entry.how.fr for entry in found)


def test_no_token_and_no_offending_value_is_on_the_list(found: list[Entry]) -> None:
    text = json.dumps(content(found))
    assert TOKEN not in text
    assert TOKEN[::-1] not in text
    assert json.loads(text)["problems_count"] == len(found) == len(json.loads(text)["problems"])


def test_a_project_without_registers_has_nothing_to_mend(project: Project, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "data", ignore_errors=True)
    with Tables(Project(tmp_path), Settings(edition=2024), read_dictionary(project), None) as tables:
        nothing: list[Any] = entries(tables, CATALOGUE, [], [])
    assert nothing == []
