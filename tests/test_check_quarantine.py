"""Rows put aside: which, how many, what goes on without them, and when the run stops instead."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_check_faults import SETTINGS as LARGE
from test_check_faults import made

from pipelines.check import run
from pipelines.consolidate import run as consolidate
from pipelines.kernel.catalogue import read_catalogue
from pipelines.kernel.problems import BadInput, CheckFailed
from pipelines.kernel.project import Project
from pipelines.kernel.warehouse import Warehouse
from pipelines.steps import check_tables
from tests.brands import lay_brand
from tests.small_suite import BOTH, SETTINGS, TABLE, expectation, opening, project, put, report

__all__ = ["made", "project"]  # fixtures

ROOT = Path(__file__).resolve().parent.parent
COLUMNS = ["key", "students_count", "women_count", "started_on", "student_token", "origin"]
TOKEN = bytes.fromhex("5feceb66ffc86f38d952786c6d696c79")
AT_MOST = 0.1


def quarantining(number: int, kind: str, **kwargs: Any) -> dict[str, Any]:
    return {**expectation(number, kind, **kwargs), "quarantine": {"max_share": AT_MOST}}


CHECKS = [
    quarantining(60, "expect_column_values_to_be_between", column="students_count", min_value=0),
    quarantining(
        61,
        "expect_column_pair_values_a_to_be_greater_than_b",
        column_A="students_count",
        column_B="women_count",
        or_equal=True,
        ignore_row_if="either_value_is_missing",
    ),
    quarantining(62, "sql", expect="started_on >= date '2000-01-01'"),
]
REST = expectation(70, "sql", query=f"select min(students_count) as fewest from {TABLE}", expect="fewest >= 0")


def suite(*more: dict[str, Any], **keys: Any) -> dict[str, Any]:
    return {
        "table": TABLE,
        "layer": "staging",
        "grain": ["key"],
        "min_rows": 2,
        "owner": "steward",
        "since": "2026-11-23",
        "mend": BOTH,
        "expectations": [*opening(COLUMNS, ["key"]), *CHECKS, *more],
        **keys,
    }


def rows(count: int) -> list[dict[str, Any]]:
    return [
        {
            "key": number,
            "students_count": 10,
            "women_count": 4 if number % 3 else None,
            "started_on": date(2020, 9, 1),
            "student_token": TOKEN,
            "origin": "observed",
        }
        for number in range(count)
    ]


FAULTS: dict[str, dict[str, Any]] = {
    "TST-060": {"students_count": -1, "women_count": None},
    "TST-061": {"students_count": 3, "women_count": 4},
    "TST-062": {"started_on": None},
    "TST-060, TST-062": {"students_count": -5, "women_count": None, "started_on": date(1999, 1, 1)},
}


def stops(project: Project) -> bool:
    try:
        run(project, SETTINGS, "staging")
    except CheckFailed:
        return True
    return False


def aside(project: Project, table: str = TABLE) -> pl.DataFrame | None:
    path = project.quarantine / f"{table}.parquet"
    return pl.read_parquet(path) if path.exists() else None


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    count=st.integers(20, 80),
    planted=st.dictionaries(st.integers(0, 79), st.sampled_from(sorted(FAULTS)), max_size=14),
)
def test_rows_in_are_rows_kept_and_rows_quarantined(project: Project, count: int, planted: dict[int, str]) -> None:
    table = rows(count)
    planted = {number: reason for number, reason in planted.items() if number < count}
    for number, reason in planted.items():
        table[number] |= FAULTS[reason]
    put(project, suite(), pl.DataFrame(table, schema_overrides={"women_count": pl.Int64}))
    broken: dict[str, int] = {}
    for reason in planted.values():
        for check in reason.split(", "):
            broken[check] = broken.get(check, 0) + 1
    accepted = {check for check, number in broken.items() if number <= AT_MOST * count}
    reasons = {
        number: ", ".join(check for check in reason.split(", ") if check in accepted)
        for number, reason in planted.items()
    }
    expected = {number: reason for number, reason in sorted(reasons.items()) if reason}
    assert stops(project) is bool(set(broken) - accepted)
    found = aside(project)
    assert (dict(zip(found["key"], found["check_ids"], strict=True)) if found is not None else {}) == expected
    (listed,) = report(project)["tables"]
    assert (listed["rows"], listed["quarantined"]) == (count, len(expected))
    assert listed["kept"] + listed["quarantined"] == listed["rows"]
    assert listed["quarantined_by"] == {check: broken[check] for check in sorted(accepted)}
    for check in report(project)["checks"]:
        assert check["unexpected_count"] == broken.get(check["id"], 0)
        assert check["quarantined_count"] == (broken[check["id"]] if check["id"] in accepted else 0)


def test_other_checks_judge_the_rows_that_go_on(project: Project) -> None:
    table = rows(40)
    table[7] |= FAULTS["TST-060"]
    put(project, suite(REST), pl.DataFrame(table))
    made = run(project, SETTINGS, "staging")
    outcomes = {check["id"]: check["outcome"] for check in report(project)["checks"]}
    assert {number for number, outcome in outcomes.items() if outcome != "pass"} == {"TST-060"}
    assert report(project)["critical_failures"] == 0
    assert made.notes[0] == (
        f"{TABLE}: of 40 rows, 1 are in quarantine (TST-060: 1; data/quarantine/{TABLE}.parquet) and 39 are kept."
    )
    assert "Put in quarantine, left out." in made.notes[1]
    again = run(project, SETTINGS, "staging")
    assert (again.kept, again.notes) == ((TABLE,), made.notes)


def test_a_mended_table_leaves_no_file(project: Project) -> None:
    table = rows(40)
    put(project, suite(), pl.DataFrame([table[0] | FAULTS["TST-062"], *table[1:]]))
    run(project, SETTINGS, "staging")
    assert aside(project) is not None
    put(project, suite(), pl.DataFrame(table))
    assert run(project, SETTINGS, "staging").notes == ()
    assert list(project.quarantine.iterdir()) == []


def test_the_same_rows_give_the_same_bytes_in_any_order_and_on_any_number_of_threads(project: Project) -> None:
    table = rows(40)
    for number in (3, 11, 30):
        table[number] |= FAULTS["TST-061"]
    written = []
    for order, threads in ((table, 1), (table[::-1], 3)):
        put(project, suite(), pl.DataFrame(order))
        run(project, SETTINGS.model_copy(update={"threads": threads}), "staging")
        written.append((project.quarantine / f"{TABLE}.parquet").read_bytes())
    assert written[0] == written[1]


def test_an_identifier_that_staging_let_through_is_not_copied(project: Project) -> None:
    table = rows(40)
    table[6] |= FAULTS["TST-060"]
    put(project, suite(), pl.DataFrame([row | {"student_token": "1234567890A"} for row in table]))
    assert stops(project)
    assert aside(project) is None
    assert "1234567890A" not in (project.quality / "staging.json").read_text(encoding="utf-8")


def test_a_condition_may_name_a_code_list(project: Project) -> None:
    (project.reference / "ref_demo.csv").write_text("origin\nobserved\n", encoding="utf-8")
    item = quarantining(63, "sql", expect="origin in (select origin from ref_demo)")
    table = rows(40)
    table[9]["origin"] = "guessed"
    put(project, suite(item), pl.DataFrame(table))
    run(project, SETTINGS, "staging")
    found = aside(project)
    assert found is not None
    assert found.select("key", "check_ids").rows() == [(9, "TST-063")]


@pytest.mark.parametrize(
    "change",
    [
        {"severity": "warning"},
        {"from_edition": 2020},
        {"kwargs": {"column": "students_count", "min_value": 0, "mostly": 0.9}},
        {"type": "expect_column_max_to_be_between"},
        {"type": "sql", "kwargs": {"query": f"select * from {TABLE}", "expect": "true"}},
        {"type": "sql", "kwargs": {"expect": "students_count > 0", "tolerated": 1}},
        {"type": "sql", "kwargs": {"expect": "key < $edition"}},
    ],
)
def test_a_check_that_cannot_name_its_rows_cannot_put_them_aside(project: Project, change: dict[str, Any]) -> None:
    put(project, suite(expectations=[*opening(COLUMNS, ["key"]), CHECKS[0] | change]), pl.DataFrame(rows(40)))
    with pytest.raises(BadInput, match=r"TST-060\.quarantine"):
        run(project, SETTINGS, "staging")


@pytest.mark.parametrize("share", [0, 0.5, "some"])
def test_a_share_out_of_bounds_is_refused(project: Project, share: object) -> None:
    item = CHECKS[0] | {"quarantine": {"max_share": share}}
    put(project, suite(expectations=[*opening(COLUMNS, ["key"]), item]), pl.DataFrame(rows(40)))
    with pytest.raises(BadInput, match=r"TST-060\.quarantine\.max_share"):
        run(project, SETTINGS, "staging")


CONTRACTS = "stg_cfa__contract"
MART = "mart_apprenticeship__register"
LINKAGE = "mart_linkage__register"


def observatory(root: Path, made: Project, contracts: pl.DataFrame) -> Project:
    """A project with the tables made once, and contracts of its own."""
    (root / "data/staging").mkdir(parents=True)
    lay_brand(root)
    for name in ("sql", "expectations", "params.yaml"):
        (root / name).symlink_to(ROOT / name)
    for name in ("reference", "sources"):
        (root / "data" / name).symlink_to(ROOT / "data" / name)
    for path in made.staging.glob("*.parquet"):
        (root / "data/staging" / path.name).symlink_to(path)
    (root / f"data/staging/{CONTRACTS}.parquet").unlink()
    contracts.write_parquet(root / f"data/staging/{CONTRACTS}.parquet")
    return Project(root)


def backwards(contracts: pl.DataFrame, count: int) -> pl.DataFrame:
    """End the first contracts a day before they begin."""
    is_first = pl.int_range(pl.len()) < count
    before = pl.col("start_date") - pl.duration(days=1)
    return contracts.with_columns(
        pl.when(is_first).then(before).otherwise(pl.col("end_date")).alias("end_date"),
        pl.when(is_first).then(None).otherwise(pl.col("breach_date")).alias("breach_date"),
    )


def marts_of(project: Project) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in project.marts.glob("*.parquet")}


def test_a_quarantined_row_is_absent_from_the_marts_and_comes_back_when_mended(made: Project, tmp_path: Path) -> None:
    contracts = pl.read_parquet(made.staging / f"{CONTRACTS}.parquet")
    assert contracts.height > 200
    project = observatory(tmp_path / "one", made, backwards(contracts, 1))
    run(project, LARGE, "staging")
    found = aside(project, CONTRACTS)
    assert found is not None
    assert found["check_ids"].to_list() == ["APP-217"]
    consolidate(project, LARGE)
    run(project, LARGE, "marts")
    without = observatory(tmp_path / "other", made, contracts.slice(1))
    consolidate(without, LARGE)
    assert marts_of(project) == marts_of(without)
    lines, failures = check_tables(project, (), SETTINGS)
    assert failures == 0
    assert any(line.startswith("fail  critical stg_cfa__contract APP-217") for line in lines)
    assert f"{CONTRACTS}: of {contracts.height} rows, 1 are in quarantine and {contracts.height - 1} are kept." in lines
    content = json.loads(check_tables(project, (), SETTINGS, as_json=True)[0][0])
    assert content["quarantined"] == [
        {"table": CONTRACTS, "rows": contracts.height, "quarantined": 1, "kept": contracts.height - 1}
    ]
    assert "APP-217" in {check["id"] for check in content["not_passed"]}
    assert {"passed", "critical_failures", "problems_count"} < set(content)
    problems = json.loads((project.quality / "steward.json").read_text(encoding="utf-8"))["problems"]
    assert any(problem["where"] == "stg_cfa__contract APP-217" and problem["count"] == 1 for problem in problems)

    contracts.write_parquet(project.staging / f"{CONTRACTS}.parquet")
    run(project, LARGE, "staging")
    again = consolidate(project, LARGE)
    assert {LINKAGE, MART} <= set(again.made)
    assert "mart_offer__admission" in again.kept
    assert aside(project, CONTRACTS) is None
    assert marts_of(project)[f"{MART}.parquet"] == (made.marts / f"{MART}.parquet").read_bytes()


def test_a_quarantine_decides_what_marts_are_made_from(made: Project, tmp_path: Path) -> None:
    project = observatory(tmp_path, made, pl.read_parquet(made.staging / f"{CONTRACTS}.parquet"))
    with Warehouse(project, LARGE, read_catalogue(project)) as warehouse:
        before = warehouse.facts_of(CONTRACTS)
        assert "quarantine" not in before
        project.quarantine.mkdir()
        pl.DataFrame({"check_ids": ["APP-217"]}).write_parquet(project.quarantine / f"{CONTRACTS}.parquet")
        assert warehouse.facts_of(CONTRACTS).startswith(f"{before} quarantine ")


def test_too_many_bad_rows_stop_the_run_and_lose_nothing(made: Project, tmp_path: Path) -> None:
    contracts = pl.read_parquet(made.staging / f"{CONTRACTS}.parquet")
    project = observatory(tmp_path, made, contracts)
    run(project, LARGE, "staging")
    shutil.copytree(made.marts, project.marts)
    marts = marts_of(project)
    broken = backwards(contracts, contracts.height // 50)
    broken.write_parquet(project.staging / f"{CONTRACTS}.parquet")
    with pytest.raises(CheckFailed, match=rf"{CONTRACTS} APP-217"):
        run(project, LARGE, "staging")
    assert aside(project, CONTRACTS) is None
    assert marts_of(project) == marts
    assert pl.read_parquet(project.staging / f"{CONTRACTS}.parquet").equals(broken)
