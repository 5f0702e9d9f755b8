"""The three outcomes, on tables made for it: what passes, what fails, and what must never pass on nothing."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
import yaml

from pipelines.check import gx, results, run
from pipelines.kernel.files import write_json
from pipelines.kernel.problems import BadInput, CheckFailed
from pipelines.kernel.project import Project
from tests.small_suite import (
    BOTH,
    SETTINGS,
    TABLE,
    changed,
    checks,
    expectation,
    good,
    opening,
    project,
    put,
    report,
    suite,
)

__all__ = ["project"]  # fixture


def test_a_good_table_passes_and_says_what_it_looked_at(project: Project) -> None:
    at_least_0 = expectation(60, "expect_column_values_to_be_between", column="students_count", min_value=0)
    put(project, suite(at_least_0), good())
    made = run(project, SETTINGS, "staging")
    content = report(project)
    assert made.made == (TABLE,)
    assert {row["outcome"] for row in content["checks"]} == {"pass"}
    counts = {"rows": 4, "kept": 4, "quarantined": 0, "quarantined_by": {}}
    assert content["tables"] == [{"table": TABLE, **counts, "pass": 6, "fail": 0, "error": 0, "waived": 0}]
    assert content["checks"][-1]["seen"] == 3  # the null is no value that could be judged
    assert (content["critical_failures"], content["warnings"], content["errors"]) == (0, 0, 0)


@pytest.mark.parametrize(
    ("kind", "kwargs", "unexpected", "examples"),
    [
        ("expect_column_values_to_be_between", {"column": "students_count", "max_value": 15}, 1, [20]),
        ("expect_column_values_to_be_in_set", {"column": "site_code", "value_set": ["auch"]}, 2, ["rodez"]),
        ("expect_column_values_to_match_regex", {"column": "site_code", "regex": "^a"}, 2, ["rodez"]),
        ("expect_column_values_to_not_be_null", {"column": "students_count"}, 1, []),
        ("expect_column_values_to_be_unique", {"column": "year"}, 4, [2020, 2021]),
        (
            "expect_column_pair_values_a_to_be_greater_than_b",
            {"column_A": "students_count", "column_B": "year", "ignore_row_if": "either_value_is_missing"},
            3,
            [
                {"students_count": 10, "year": 2020},
                {"students_count": 20, "year": 2020},
                {"students_count": 11, "year": 2021},
            ],
        ),
        (
            "sql",
            {
                "query": f"select site_code, sum(students_count) as total from {TABLE} group by all",
                "expect": "total > 20",
            },
            1,
            [{"site_code": "rodez", "total": 20}],
        ),
    ],
)
def test_a_failure_counts_and_shows_the_offending_values(
    project: Project, kind: str, kwargs: dict[str, Any], unexpected: int, examples: list[Any]
) -> None:
    put(project, suite(expectation(60, kind, **kwargs)), good())
    row = checks(project)["TST-060"]
    assert row["outcome"] == "fail"
    assert row["unexpected_count"] == unexpected
    assert row["examples"] == examples


def test_the_message_names_rule_values_and_mend_in_both_languages(project: Project) -> None:
    put(
        project,
        suite(expectation(60, "expect_column_values_to_be_in_set", column="site_code", value_set=["auch"])),
        good(),
    )
    with pytest.raises(CheckFailed) as caught:
        run(project, SETTINGS, "staging")
    assert str(caught.value) == (
        f"{TABLE} TST-060: site_code takes its values among “auch”. "
        "Found: 2 of 4 break the rule, for example “rodez”. Mend the file."
    )
    row = checks(project)["TST-060"]
    assert row["message"]["fr"] == (
        "site_code prend ses valeurs parmi « auch ». Constaté : 2 sur 4 hors règle, par exemple « rodez »."
    )


def test_an_empty_table_is_an_error(project: Project) -> None:
    put(project, suite(), good().clear())
    row = checks(project)["TABLE-EMPTY"]
    assert (row["outcome"], row["severity"]) == ("error", "critical")
    with pytest.raises(CheckFailed, match="TABLE-EMPTY"):
        run(project, SETTINGS, "staging")


@pytest.mark.parametrize(
    ("kind", "kwargs"),
    [
        ("expect_column_values_to_be_between", {"column": "students_count", "min_value": 0}),
        ("expect_column_values_to_be_in_set", {"column": "students_count", "value_set": [1]}),
        ("expect_column_values_to_not_be_null", {"column": "students_count", "mostly": 0.5}),
        ("expect_column_max_to_be_between", {"column": "students_count", "min_value": 0}),
        ("expect_column_distinct_values_to_contain_set", {"column": "students_count", "value_set": [1]}),
        (
            "expect_column_pair_values_a_to_be_greater_than_b",
            {"column_A": "year", "column_B": "students_count", "ignore_row_if": "either_value_is_missing"},
        ),
    ],
)
def test_a_column_without_a_value_is_an_error(project: Project, kind: str, kwargs: dict[str, Any]) -> None:
    hollow = good().with_columns(pl.lit(None, dtype=pl.Int64).alias("students_count"))
    put(project, suite(expectation(60, kind, **kwargs)), hollow)
    assert checks(project)["TST-060"]["outcome"] == "error"


def test_a_dropped_column_fails_the_structure_and_is_an_error_where_it_is_looked_at(project: Project) -> None:
    at_least_0 = expectation(60, "expect_column_values_to_be_between", column="students_count", min_value=0)
    put(project, suite(at_least_0), good().drop("students_count"))
    rows = checks(project)
    assert rows["TST-001"]["outcome"] == "fail"
    assert "manque students_count" in rows["TST-001"]["message"]["fr"]
    assert rows["TST-060"]["outcome"] == "error"
    assert "la colonne students_count est absente" in rows["TST-060"]["message"]["fr"]


@pytest.mark.parametrize(
    ("item", "said"),
    [
        (expectation(60, "expect_moon", column="year"), "knows no type expect_moon"),
        (expectation(60, "expect_column_values_to_be_between", column="year", mn=3, min_value=1), "do not fit"),
        (expectation(60, "expect_column_values_to_be_between", column="year"), "do not fit"),
        (expectation(60, "expect_column_values_to_be_between", column="origin", min_value=1), "broke down"),
        (
            expectation(60, "expect_column_values_to_be_in_set", column="year", value_set={"from": "ref_x.code"}),
            "missing",
        ),
        (expectation(60, "sql", query="select 1 as x where false", expect="x = 1"), "no row to look at"),
        (expectation(60, "sql", query="select nothing from nowhere", expect="true"), "the query failed"),
        (expectation(60, "sql", query="select 1 as x", expects="x = 1"), "unknown argument: expects"),
        (expectation(60, "sql", query="select 1 as x"), "argument expect is missing"),
    ],
)
def test_what_cannot_be_judged_is_an_error(project: Project, item: dict[str, Any], said: str) -> None:
    put(project, suite(item), good())
    rows = checks(project)
    assert rows["TST-060"]["outcome"] == "error"
    assert said in rows["TST-060"]["message"]["en"]
    assert all(row["outcome"] == "pass" for number, row in rows.items() if number != "TST-060")


def test_great_expectations_losing_an_expectation_is_an_error(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    from great_expectations.datasource.fluent.interfaces import Batch

    rare = [
        expectation(number, "expect_column_value_lengths_to_be_between", column="site_code", min_value=1, max_value=9)
        for number in (60, 61)
    ]
    whole = Batch.validate

    def forgetful(batch: Batch, *given: Any, **named: Any) -> Any:
        outcome = whole(batch, *given, **named)
        outcome.results = outcome.results[:-1]
        return outcome

    monkeypatch.setattr(Batch, "validate", forgetful)
    put(project, suite(*rare), good())
    rows = checks(project)
    assert (rows["TST-060"]["outcome"], rows["TST-061"]["outcome"]) == ("pass", "error")
    assert "gave no result" in rows["TST-061"]["message"]["en"]


def test_an_expectation_of_the_file_without_a_result_is_an_error(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = gx.findings

    def forgetful(*given: Any) -> dict[str, Any]:
        return {name: found for name, found in whole(*given).items() if name != "TST-050"}

    monkeypatch.setattr(gx, "findings", forgetful)
    put(project, suite(), good())
    rows = checks(project)
    assert {number: row["outcome"] for number, row in rows.items() if row["outcome"] != "pass"} == {"TST-050": "error"}
    assert "lost on the way" in rows["TST-050"]["message"]["en"]


def test_stored_results_that_lack_an_expectation_are_not_kept(project: Project) -> None:
    put(project, suite(), good())
    run(project, SETTINGS, "staging")
    whole = report(project)
    write_json(project.quality / "staging.json", whole | {"checks": whole["checks"][1:]})
    assert run(project, SETTINGS, "staging").made == (TABLE,)
    assert report(project) == whole


def test_an_empty_suite_a_table_without_suite_and_a_suite_without_table_are_errors(project: Project) -> None:
    put(project, suite(expectations=[]), good())
    good().write_parquet(project.staging / "stg_demo__orphan.parquet")
    put(project, suite(table="stg_demo__gone", expectations=[]), None, "stg_demo__gone")
    checks(project)
    assert {(row["table"], row["id"], row["outcome"], row["severity"]) for row in report(project)["checks"]} == {
        (TABLE, "SUITE-EMPTY", "error", "critical"),
        ("stg_demo__orphan", "SUITE-MISSING", "error", "critical"),
        ("stg_demo__gone", "TABLE-MISSING", "error", "critical"),
    }


def test_an_optional_table_may_be_absent_and_the_report_says_so(project: Project) -> None:
    put(project, suite(optional=BOTH), None)
    assert run(project, SETTINGS, "staging").notes == (f"{TABLE} TABLE-MISSING: Because.",)
    assert report(project)["not_checked"][0]["id"] == "TABLE-MISSING"


def test_a_warning_goes_to_the_list_and_does_not_stop(project: Project) -> None:
    late = expectation(60, "expect_column_max_to_be_between", "warning", column="year", min_value=2024)
    put(project, suite(late), good())
    notes = run(project, SETTINGS, "staging").notes
    assert len(notes) == 1
    assert "TST-060" in notes[0]
    assert "Found: 2021." in notes[0]
    assert report(project)["warnings"] == 1


def test_a_critical_failure_raises_after_the_report_is_written_and_again_when_nothing_changed(project: Project) -> None:
    put(project, suite(min_rows=100), good())
    for _ in range(2):
        with pytest.raises(CheckFailed, match="TST-002"):
            run(project, SETTINGS, "staging")
        assert report(project)["critical_failures"] == 1


def test_sql_tolerates_what_it_says_and_shows_it(project: Project) -> None:
    filled = expectation(60, "sql", query=f"select * from {TABLE}", expect="students_count is not null", tolerated=1)
    put(project, suite(filled), good())
    row = checks(project)["TST-060"]
    assert (row["outcome"], row["unexpected_count"]) == ("pass", 1)
    assert "(tolerated)" in row["message"]["en"]


def test_no_token_and_no_measure_of_a_register_reaches_the_report(project: Project) -> None:
    token = "5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9"
    frame = good().with_columns(pl.lit(2020).alias("year"), pl.Series("student_token", [token] * 4))
    more = [
        expectation(60, "expect_column_values_to_be_unique", column="student_token"),
        expectation(61, "sql", query=f"select * from {TABLE}", expect="false"),
    ]
    grain = ["year", "student_token"]
    columns = ["year", "student_token", "site_code", "students_count", "origin"]
    put(project, suite(grain=grain, confidential=True, expectations=[*opening(columns, grain), *more]), frame)
    rows = checks(project)
    assert {rows[number]["outcome"] for number in ("TST-050", "TST-060", "TST-061")} == {"fail"}
    assert token not in (project.quality / "staging.json").read_text(encoding="utf-8")
    assert rows["TST-050"]["examples"] == rows["TST-060"]["examples"] == []
    assert rows["TST-061"]["examples"][0] == {"year": 2020, "site_code": "auch"}


@pytest.fixture
def with_register(project: Project) -> Project:
    project.sources.mkdir()
    sidecar = {
        "id": "demo",
        "title": BOTH,
        **dict.fromkeys(("producer", "licence", "landing_page", "citation", "steward"), "x"),
        "domain": "enrolment",
        "origin": "simulated",
        "sensitivity": "internal",
        "lag": 1,
        "tables": [{"object": "students", "grain": ["year"], "columns": {"year": "int"}}],
        "vintages": [{"id": "v1", "format": "csv", "files": ["x.csv"]}],
    }
    (project.sources / "demo.yml").write_text(yaml.safe_dump(sidecar), encoding="utf-8")
    return project


MART = "mart_demo__register"


@pytest.mark.parametrize(("origin", "is_checked"), [("simulated", False), ("observed", True)])
def test_observed_only_excuses_an_empty_mart_of_simulated_sources_and_of_no_other(
    with_register: Project, origin: str, is_checked: bool
) -> None:
    project = with_register
    good().with_columns(pl.lit(origin).alias("origin")).write_parquet(project.staging / f"{TABLE}.parquet")
    put(project, suite(table=MART, layer="marts", needs=[TABLE]), good().clear(), MART)
    rows = checks(project, changed(observed_only=True), "marts")
    assert bool(rows) is is_checked
    assert bool(report(project, "marts")["not_checked"]) is not is_checked
    assert "TABLE-EMPTY" in checks(project, SETTINGS, "marts")


def test_an_edition_before_the_first_data_excuses_an_empty_mart_and_later_ones_raise_the_floor(
    with_register: Project,
) -> None:
    project = with_register
    good().write_parquet(project.staging / f"{TABLE}.parquet")  # 2020 and 2021, known a year later
    put(project, suite(table=MART, layer="marts", needs=[TABLE], min_rows={2016: 4, 2022: 5}), good().clear(), MART)
    assert checks(project, changed(edition=2020), "marts") == {}
    assert [item["id"] for item in report(project, "marts")["not_checked"]] == ["TABLE-EMPTY"]
    assert "TABLE-EMPTY" in checks(project, changed(edition=2021), "marts")
    good().write_parquet(project.marts / f"{MART}.parquet")
    assert checks(project, changed(edition=2015), "marts")["TST-002"]["outcome"] == "pass"
    assert checks(project, changed(edition=2021), "marts")["TST-002"]["outcome"] == "pass"
    assert checks(project, SETTINGS, "marts")["TST-002"]["outcome"] == "fail"


def test_a_mart_is_compared_with_the_staging_rows_known_in_its_edition(with_register: Project) -> None:
    project = with_register
    good().write_parquet(project.staging / f"{TABLE}.parquet")
    known = expectation(60, "sql", query=f"select max(year) as last from {TABLE}", expect="last = 2020")
    put(project, suite(known, table=MART, layer="marts"), good(), MART)
    assert checks(project, changed(edition=2021), "marts")["TST-060"]["outcome"] == "pass"
    assert checks(project, changed(edition=2022), "marts")["TST-060"]["outcome"] == "fail"


def test_a_check_that_needs_a_later_edition_is_left_out_and_named(project: Project) -> None:
    late = {**expectation(60, "expect_column_max_to_be_between", column="year", min_value=2024), "from_edition": 2030}
    put(project, suite(late), good())
    assert "TST-060" not in checks(project)
    assert [item["id"] for item in report(project)["not_checked"]] == ["TST-060"]


def test_an_unchanged_table_is_not_checked_again_and_gives_the_same_bytes(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(project, suite(), good())
    run(project, SETTINGS, "staging")
    before = (project.quality / "staging.json").read_bytes()

    def refuse(*given: object) -> None:
        raise AssertionError("nothing has changed")

    with monkeypatch.context() as patched:
        patched.setattr("pipelines.check.layer.check_table", refuse)
        again = run(project, SETTINGS, "staging")
    assert (again.made, again.kept) == ((), (TABLE,))
    assert (project.quality / "staging.json").read_bytes() == before
    put(project, suite(), good().head(3))
    assert run(project, SETTINGS, "staging").made == (TABLE,)
    (project.quality / "staging.json").unlink()
    assert run(project, SETTINGS, "staging").made == (TABLE,)


@pytest.mark.parametrize(
    ("change", "key", "said"),
    [
        ({"serverity": "x"}, "serverity", "Extra inputs"),
        ({"grain": []}, "grain", "at least 1"),
        ({"table": "stg_other__table"}, "", "bears the name of its table"),
        ({"expectations": opening(["year"], ["year", "site_code"])[1:]}, "expectations", "opens with"),
        ({"expectations": opening(["year"], ["year"])}, "expectations", "opens with"),
        ({"expectations": [{**expectation(1, "expect_x"), "severity": "grave"}]}, "TST-001.severity", "critical"),
        ({"expectations": [{**expectation(1, "expect_x"), "id": "1"}]}, "1.id", "pattern"),
        ({"owner": None, "since": "soon"}, "since", "date"),
    ],
)
def test_a_suite_that_breaks_its_format_is_refused_with_file_and_key(
    project: Project, change: dict[str, Any], key: str, said: str
) -> None:
    put(project, suite() | change, good())
    with pytest.raises(BadInput) as caught:
        run(project, SETTINGS, "staging")
    lines = [problem.line() for problem in caught.value.problems]
    assert any(f"expectations/staging/{TABLE}.yml" in line and key in line and said in line for line in lines), lines
    assert not (project.quality / "staging.json").exists()


def test_the_same_id_twice_and_a_broken_yaml_are_refused(project: Project) -> None:
    put(project, suite(expectation(1, "expect_column_max_to_be_between", column="year", min_value=1)), good())
    (project.expectations / "staging/stg_demo__broken.yml").write_text("table: [", encoding="utf-8")
    (project.expectations / "staging/stg_demo__text.yml").write_text("hello", encoding="utf-8")
    twice = yaml.safe_dump(suite()) + yaml.safe_dump({"expectations": []})
    (project.expectations / "staging/stg_demo__twice.yml").write_text(twice, encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        run(project, SETTINGS, "staging")
    text = str(caught.value)
    assert "already used" in text
    assert "TST-001" in text
    assert "not valid YAML" in text
    assert "stg_demo__twice.yml, row" in text
    assert "A key stands twice" in text
    assert "holds no `key: value` lines" in text


def test_the_command_gets_its_rows_of_the_tables_named_and_an_unknown_name_is_refused(
    with_register: Project,
) -> None:
    project = with_register
    put(project, suite(min_rows=100), good())
    assert {row["id"]: row["outcome"] for row in results(project, SETTINGS, "staging", (TABLE,))}["TST-002"] == "fail"
    assert len(results(project, SETTINGS, "staging")) == 5
    assert results(project, SETTINGS, "marts", (TABLE,)) == []
    with pytest.raises(BadInput, match=f"No suite bears this name.*closest is {TABLE}"):
        results(project, SETTINGS, "staging", ("stg_demo__student",))
