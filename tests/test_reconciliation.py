"""Registers beside the open figures: rows worked out by hand, explanations and their expiry."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from pipelines.check.engine import check_table
from pipelines.check.suites import read_suites
from pipelines.check.tables import Tables
from pipelines.kernel.dictionary import read_dictionary
from pipelines.kernel.problems import BadInput
from pipelines.kernel.project import Project, Settings
from pipelines.kernel.reference import read_reference

MART = "mart_reconciliation__register"
HEADER = (
    "explanation_code,establishment_code,diploma_code,year_from,year_to,lowest_share,highest_share,reason_fr,reason_en,"
    "declared_by,declared_on,last_edition\n"
)
EXPLAINED = "lp,ut1,LP,2020,,0.3,0.6,pourquoi,why,somebody,2026-11-23,2026\n"


def reconciled(
    project: Project,
    register: Sequence[tuple[int, str, str, int]],
    known: Sequence[tuple[int, str, str, int]],
    explained: str = "",
    origin: str = "observed",
    edition: int = 2024,
) -> list[dict[str, Any]]:
    """Run the mart's SQL on counts written by hand: year, establishment, diploma, students."""
    connection = duckdb.connect()
    connection.execute("create table mart_student__year (year bigint, establishment_code varchar, "
                       "diploma_code varchar, origin varchar)")  # fmt: skip
    for *key, students in register:
        connection.execute(f"insert into mart_student__year select ?, ?, ?, '{origin}' from range({students})", key)
    connection.execute("create table mart_enrolment__establishment (year bigint, establishment_code varchar, "
                       "diploma_code varchar, students_count bigint, origin varchar)")  # fmt: skip
    for *key, students in known:
        # Two cells of a finer grain: they are summed.
        rows = [(*key, students // 3), (*key, students - students // 3)]
        connection.executemany("insert into mart_enrolment__establishment values (?, ?, ?, ?, 'observed')", rows)
    path = project.data / "explained.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HEADER + explained, encoding="utf-8")
    connection.execute(
        f"create table ref_explained_difference as from read_csv('{path}', header = true, all_varchar = true)"
    )
    for column, kind in {"year_from": "int", "year_to": "int", "last_edition": "int",
                         "lowest_share": "double", "highest_share": "double"}.items():  # fmt: skip
        connection.execute(f"alter table ref_explained_difference alter {column} type {kind}")
    connection.execute(f"set variable edition = {edition}")
    root = Path(__file__).resolve().parents[1]
    result = connection.execute((root / "sql" / "marts" / f"{MART}.sql").read_text(encoding="utf-8"))
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def test_differences_are_those_worked_out_by_hand(empty_project: Project) -> None:
    rows = reconciled(
        empty_project,
        [(2020, "ut1", "DUT", 95), (2020, "ut3", "DUT", 7), (2019, "ut1", "DUT", 50)],
        [(2020, "ut1", "DUT", 100), (2020, "ut2j", "LP", 40), (2021, "ut1", "DUT", 80)],
    )
    # 2019 and 2021 stand in one source only; a diploma that one of the two does not know counts as none there.
    keys = (
        "year",
        "establishment_code",
        "register_students_count",
        "open_students_count",
        "difference_count",
        "origin",
    )
    assert [tuple(row[key] for key in keys) for row in rows] == [
        (2020, "ut1", 95, 100, -5, "observed"),
        (2020, "ut2j", 0, 40, -40, "observed"),
        (2020, "ut3", 7, 0, 7, "observed"),
    ]
    assert {row["scale_share"] for row in rows} == {1}


def test_a_simulated_register_is_held_against_its_own_size(empty_project: Project) -> None:
    rows = reconciled(
        empty_project,
        [(2020, "ut1", "DUT", 20), (2020, "ut3", "DUT", 30), (2020, "ut1", "LP", 9)],
        [(2020, "ut1", "DUT", 40), (2020, "ut3", "DUT", 60), (2020, "ut1", "LP", 40), (2020, "inuc", "LP", 8)],
        explained=EXPLAINED,
        origin="simulated",
    )
    assert {row["scale_share"] for row in rows} == {0.5}  # 50 of 100 in DUT
    assert {row["origin"] for row in rows} == {"simulated"}
    # 9 of 40 x 0.5 = 20 is 0.45: between the bounds of the explanation.
    assert {row["diploma_code"]: row["explanation_code"] for row in rows if row["establishment_code"] == "ut1"} == {
        "DUT": None,
        "LP": "lp",
    }


@pytest.mark.parametrize(
    ("students", "year", "edition", "code"),
    [
        (45, 2020, 2024, "lp"),
        (30, 2020, 2024, "lp"),  # both bounds are included
        (60, 2020, 2024, "lp"),
        (29, 2020, 2024, None),  # a wider gap is another gap
        (61, 2020, 2024, None),
        (45, 2019, 2024, None),  # before the years it is about
        (45, 2020, 2026, "lp"),  # the last edition
        (45, 2020, 2027, None),  # expired
    ],
)
def test_an_explanation_holds_within_its_bounds_its_years_and_its_editions(
    empty_project: Project, students: int, year: int, edition: int, code: str | None
) -> None:
    rows = reconciled(
        empty_project, [(year, "ut1", "LP", students)], [(year, "ut1", "LP", 100)], EXPLAINED, edition=edition
    )
    assert [row["explanation_code"] for row in rows] == [code]


def outcome(project: Project, home: Project, rows: list[tuple[Any, ...]], edition: int = 2024) -> dict[str, str]:
    """Check rows (year, establishment, diploma, register, open, explanation): id → outcome, of the SQL checks."""
    schema = ["year", "establishment_code", "diploma_code", "register_students_count", "open_students_count",
              "explanation_code"]  # fmt: skip
    frame = pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        pl.lit(1.0).alias("scale_share"), pl.lit("observed").alias("origin"),
        (pl.col("register_students_count") - pl.col("open_students_count")).alias("difference_count"),
    )  # fmt: skip
    home.marts.mkdir(parents=True, exist_ok=True)
    frame.write_parquet(home.marts / f"{MART}.parquet")
    settings = Settings(edition=edition)
    suite = read_suites(project, "marts")[MART]
    wanted = tuple(item for item in suite.expectations if item.id in ("REC-011", "REC-012", "REC-013", "REC-014"))
    with Tables(home, settings, read_dictionary(project)) as tables:
        found, _ = check_table(tables, suite.model_copy(update={"expectations": wanted}), settings)
    return {check.id: check.outcome for check in found}


@pytest.fixture
def home(project: Project, empty_project: Project) -> Project:
    """A project with the reference, to be changed."""
    shutil.copytree(project.reference, empty_project.reference)
    return empty_project


@pytest.mark.parametrize(
    ("register", "explained", "failing"),
    [
        (1000, None, set()),
        (901, None, set()),
        (890, None, {"REC-012", "REC-014"}),
        (1110, None, {"REC-012", "REC-014"}),
        (490, None, {"REC-011", "REC-012", "REC-014"}),
        (490, "lp-whole-ut1", {"REC-014"}),  # an explanation of one diploma does not save the region's total
    ],
)
def test_coverage_warns_and_then_stops(
    project: Project, home: Project, register: int, explained: str | None, failing: set[str]
) -> None:
    found = outcome(project, home, [(2020, "ut3", "DUT", register, 1000, explained)])
    assert {check for check, result in found.items() if result == "fail"} == failing
    assert set(found.values()) <= {"pass", "fail"}


def test_a_small_diploma_and_a_licence_do_not_decide(project: Project, home: Project) -> None:
    rows = [(2020, "ut3", "DUT", 1000, 1000, None), (2020, "ut1", "DUT", 3, 0, None), (2020, "ut1", "LP", 20, 99, None)]
    assert set(outcome(project, home, rows).values()) == {"pass"}


def test_an_expired_explanation_stops_the_run(project: Project, home: Project) -> None:
    rows = [(2020, "ut3", "DUT", 1000, 1000, None)]
    last = max(item.last_edition for item in read_reference(project).explained_differences)
    assert outcome(project, home, rows, last)["REC-013"] == "pass"
    assert outcome(project, home, rows, last + 1)["REC-013"] == "fail"
    severities = {item.id: item.severity for item in read_suites(project, "marts")[MART].expectations}
    assert (severities["REC-011"], severities["REC-012"], severities["REC-013"]) == ("critical", "warning", "critical")


def test_nothing_to_explain_is_no_fault(project: Project, home: Project) -> None:
    (home.reference / "ref_explained_difference.csv").write_text(HEADER, encoding="utf-8")
    assert read_reference(home).explained_differences == ()
    assert outcome(project, home, [(2020, "ut3", "DUT", 1000, 1000, None)])["REC-013"] == "pass"


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        (EXPLAINED.replace("ut1", "ut9"), "ut9"),
        (EXPLAINED.replace("LP", "LPX"), "LPX"),
        (EXPLAINED.replace("2020,,", "2020,2019,"), "year_to comes before year_from"),
        (EXPLAINED.replace("0.3,0.6", "0.6,0.3"), "highest_share is below lowest_share"),
        (EXPLAINED.replace(",2026\n", ",2030\n"), "holds 3 years at most"),
        (EXPLAINED.replace("pourquoi", ""), "must not be empty"),
        (EXPLAINED + EXPLAINED, "already stands on row 2"),
        (EXPLAINED + EXPLAINED.replace("lp,", "other,"), "A difference has one explanation a year"),
    ],
)
def test_a_slip_in_the_explanations_is_named(home: Project, row: str, rule: str) -> None:
    (home.reference / "ref_explained_difference.csv").write_text(HEADER + row, encoding="utf-8")
    with pytest.raises(BadInput, match=rule) as error:
        read_reference(home)
    assert {problem.file for problem in error.value.problems} == {"data/reference/ref_explained_difference.csv"}
