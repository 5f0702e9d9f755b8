"""Waivers: what they cover and what they never do, until when, and how a wrong file is told."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from pipelines.check import run
from pipelines.check.suites import read_suites
from pipelines.check.waivers import of_layer, read_waivers
from pipelines.kernel.problems import BadInput, CheckFailed
from pipelines.kernel.project import Project
from tests.small_suite import SETTINGS, bare, changed, checks, expectation, good, put, report, suite

ROOT = Path(__file__).resolve().parent.parent
TABLE = "stg_demo__students"
DAY = date(2026, 11, 23)
TODAY = changed(as_of=DAY)
WHY = {"fr": "Le producteur corrige.", "en": "The producer is mending it."}
QUERY = "select year, site_code, students_count from stg_demo__students"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with one staging table whose first row breaks a critical check in SQL."""
    home = bare(tmp_path)
    in_sql = expectation(60, "sql", query=QUERY, expect="students_count > 10 or students_count is null")
    below = expectation(61, "expect_column_values_to_be_between", column="students_count", max_value=100)
    put(home, suite(in_sql, below), good())
    return home


def waive(project: Project, *entries: dict[str, Any], **keys: Any) -> None:
    made = entries or (waiver(**keys),)
    text = yaml.safe_dump(list(made), allow_unicode=True)
    (project.expectations / "waivers.yml").write_text(text, encoding="utf-8")


def waiver(**keys: Any) -> dict[str, Any]:
    return {"check": "TST-060", "table": TABLE, "rows": 1, "who": "steward of demo", "why": WHY,
            "since": date(2026, 11, 1), "until": date(2026, 12, 31), **keys}  # fmt: skip


def state(project: Project) -> str:
    return str(report(project)["waivers"][0]["state"])


def test_a_waived_critical_failure_no_longer_stops_and_stays_visible(project: Project) -> None:
    with pytest.raises(CheckFailed, match="TST-060"):
        run(project, TODAY, "staging")
    waive(project)
    made = run(project, TODAY, "staging")
    row = checks(project, TODAY)["TST-060"]
    assert (row["outcome"], row["unexpected_count"]) == ("fail", 1)
    assert row["waiver"] == {"waived_by": "steward of demo", "until": "2026-12-31", "why": WHY, "rows": 1}
    content = report(project)
    assert (content["critical_failures"], content["waived"], content["tables"][0]["waived"]) == (0, 1, 1)
    assert any("Waived by steward of demo until 2026-12-31." in note for note in made.notes)


@pytest.mark.parametrize(("day", "expected"), [(date(2026, 12, 31), "used"), (date(2027, 1, 1), "expired"),
                                               (date(2026, 10, 31), "not_yet")])  # fmt: skip
def test_it_holds_from_its_first_day_to_its_last(project: Project, day: date, expected: str) -> None:
    waive(project)
    found = checks(project, changed(as_of=day))
    assert state(project) == expected
    assert (found["TST-060"]["waiver"] is not None) == (expected == "used")
    assert report(project)["critical_failures"] == {"used": 0, "expired": 2, "not_yet": 1}[expected]


def test_an_expired_waiver_is_an_error_of_its_own_and_says_whom_to_ask(project: Project) -> None:
    waive(project)
    row = checks(project, changed(as_of=date(2027, 1, 1)))["WAIVER-EXPIRED"]
    assert (row["outcome"], row["severity"], row["owner"]) == ("error", "critical", "steward of demo")
    assert "TST-060" in row["message"]["en"]
    assert row["mend"]["en"].startswith("Ask steward of demo")
    # judged anew each time, and never kept from an earlier run
    assert "WAIVER-EXPIRED" not in checks(project, TODAY)


def test_an_expired_waiver_on_what_passes_does_not_stop_the_run(project: Project) -> None:
    waive(project, check="TST-061")
    row = checks(project, changed(as_of=date(2027, 1, 1)))["WAIVER-EXPIRED"]
    assert row["severity"] == "warning"


def test_the_day_enters_no_byte_of_the_results_only_what_came_of_it(project: Project) -> None:
    waive(project)
    path = project.quality / "staging.json"
    contents = set()
    for day in (date(2026, 11, 23), date(2026, 12, 30)):
        run(project, changed(as_of=day), "staging")
        contents.add(path.read_bytes())
    assert len(contents) == 1


def test_more_rows_than_tolerated_fail_again(project: Project) -> None:
    waive(project)
    put(project, yaml.safe_load((project.expectations / "staging" / f"{TABLE}.yml").read_text()),
        good().with_columns(pl.lit(1).alias("students_count").cast(pl.Int64)))  # fmt: skip
    with pytest.raises(CheckFailed, match="TST-060"):
        run(project, TODAY, "staging")
    assert state(project) == "exceeded"


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        ([{"year": 2020, "site_code": "auch"}], "used"),
        ([{"site_code": "rodez"}, {"year": 2020}], "used"),
        ([{"year": 2021, "site_code": "auch"}], "exceeded"),
    ],
)
def test_named_rows_bound_a_waiver(project: Project, only: list[dict[str, Any]], expected: str) -> None:
    waive(project, only=only)
    checks(project, TODAY)
    assert state(project) == expected
    checks(project, TODAY)  # the suite is fresh now: the rows are counted all the same
    assert state(project) == expected


def test_a_column_that_the_check_does_not_show_is_told(project: Project) -> None:
    waive(project, only=[{"town": "Auch"}])
    with pytest.raises(BadInput, match="`only` cannot be read"):
        run(project, TODAY, "staging")


def test_no_waiver_covers_a_missing_answer(project: Project) -> None:
    waive(project, check="TST-061")
    put(project, yaml.safe_load((project.expectations / "staging" / f"{TABLE}.yml").read_text()),
        good().with_columns(pl.lit(None, pl.Int64).alias("students_count")))  # fmt: skip
    found = checks(project, TODAY)
    assert (found["TST-061"]["outcome"], found["TST-061"]["waiver"], state(project)) == ("error", None, "no_answer")


def test_a_waiver_of_no_use_is_noted_and_fails_nothing(project: Project) -> None:
    waive(project, waiver(), waiver(check="TST-061"))
    run(project, TODAY, "staging")
    assert [item["state"] for item in report(project)["waivers"]] == ["used", "unused"]


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"until": date(2026, 10, 1)}, "the last day comes before the first"),
        ({"rows": 0}, "rows"),
        ({"reason": "x"}, "TST-060.reason"),
        ({"only": [{}]}, "at least one column"),
        ({"until": "soon"}, "TST-060.until"),
        ({"who": ""}, "TST-060.who"),
        ({"why": {"fr": "x"}}, "TST-060.why.en"),
        ({"check": "TABLE-EMPTY"}, "TABLE-EMPTY.check"),
        ({"check": "TST-099"}, "no check of this id"),
        ({"check": "TST-001"}, "opening checks"),
        ({"check": "TST-050"}, "opening checks"),
        ({"table": "stg_demo__student"}, "The closest is stg_demo__students"),
        ({"check": "TST-061", "only": [{"year": 2020}]}, "check in SQL only"),
    ],
)
def test_a_wrong_waiver_is_one_line_and_nothing_is_written(project: Project, entry: dict[str, Any], said: str) -> None:
    waive(project, **entry)
    with pytest.raises(BadInput) as raised:
        run(project, TODAY, "staging")
    assert said in str(raised.value)
    assert all(problem.line().startswith("expectations/waivers.yml") for problem in raised.value.problems)
    assert not (project.quality / "staging.json").exists()


@pytest.mark.parametrize(("text", "said"), [("- check: [", "row 2"), ("check: TST-060", "is a list"),
                                            ("- TST-060", "number 1")])  # fmt: skip
def test_a_wrong_file_is_one_line(project: Project, text: str, said: str) -> None:
    (project.expectations / "waivers.yml").write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=said):
        read_waivers(project)


def test_a_check_waived_twice_is_refused(project: Project) -> None:
    waive(project, waiver(), waiver(rows=2))
    with pytest.raises(BadInput, match="waived twice"):
        read_waivers(project)


def test_the_waivers_that_ship_name_checks_that_are_there() -> None:
    project = Project(ROOT)
    found = read_waivers(project)
    for layer in ("staging", "marts"):
        of_layer(found, read_suites(project, layer), project)
    assert json.dumps([item.check for item in found]) == '["EMP-123", "EMP-021"]'
    assert SETTINGS.as_of is None
