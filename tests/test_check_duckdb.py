"""DuckDB's figures lead Great Expectations to the verdict that it reaches by itself on a pandas frame."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pipelines.check import gx
from pipelines.check.engine import check_table
from pipelines.check.outcome import Finding
from pipelines.check.suites import Expectation, read_suite
from pipelines.check.tables import Tables
from pipelines.kernel.dictionary import read_dictionary
from pipelines.kernel.project import Project
from tests.small_suite import SETTINGS, expectation, project, put, suite

__all__ = ["project"]  # fixture

A, B, SHARE, SITE = {"column": "a"}, {"column": "b"}, {"column": "share"}, {"column": "site"}
PAIR = {"column_A": "a", "column_B": "b"}
EITHER = {"ignore_row_if": "either_value_is_missing"}
ITEMS: list[tuple[str, dict[str, Any]]] = [
    ("expect_table_columns_to_match_set", {"column_set": ["a", "b", "share", "site"]}),
    ("expect_table_columns_to_match_set", {"column_set": ["a", "b", "c"]}),
    ("expect_table_row_count_to_be_between", {"min_value": 5}),
    ("expect_column_values_to_not_be_null", A),
    ("expect_column_values_to_not_be_null", SHARE),
    ("expect_column_values_to_not_be_null", {**B, "mostly": 0.7}),
    ("expect_column_values_to_be_in_set", {**A, "value_set": [0, 1, 2]}),
    ("expect_column_values_to_be_in_set", {**SITE, "value_set": ["auch", "l'Isle"], "mostly": 0.5}),
    ("expect_column_values_to_be_between", {**A, "min_value": 1}),
    ("expect_column_values_to_be_between", {**B, "min_value": 0, "max_value": 2, "strict_min": True}),
    ("expect_column_values_to_be_between", {**SHARE, "max_value": 0.5, "strict_max": True, "mostly": 0.6}),
    ("expect_column_values_to_match_regex", {**SITE, "regex": "^a"}),
    ("expect_column_values_to_match_regex", {**SITE, "regex": "[A-Z]|d.z"}),
    ("expect_column_values_to_be_unique", A),
    ("expect_column_values_to_be_unique", SITE),
    ("expect_compound_columns_to_be_unique", {"column_list": ["a", "site"]}),
    ("expect_compound_columns_to_be_unique", {"column_list": ["a", "b", "share"]}),
    ("expect_column_pair_values_a_to_be_greater_than_b", {**PAIR, **EITHER}),
    ("expect_column_pair_values_a_to_be_greater_than_b", {**PAIR, **EITHER, "or_equal": True, "mostly": 0.3}),
    ("expect_column_distinct_values_to_contain_set", {**SITE, "value_set": ["auch", "rodez"]}),
    ("expect_column_max_to_be_between", {**A, "max_value": 2}),
    ("expect_column_min_to_be_between", {**B, "min_value": 0}),
    ("expect_column_sum_to_be_between", {**A, "min_value": 3, "max_value": 30}),
    ("expect_column_mean_to_be_between", {**B, "min_value": 1.5}),
]
ROW = st.fixed_dictionaries(
    {
        "a": st.none() | st.integers(-1, 3),
        "b": st.none() | st.integers(-1, 3),
        "share": st.none() | st.sampled_from([0.0, 0.25, 0.5, 1.0, math.nan]),
        "site": st.none() | st.sampled_from(["auch", "rodez", "l'Isle", "castres"]),
    }
)
TYPES = {"a": pl.Int64, "b": pl.Int64, "share": pl.Float64, "site": pl.String}


def judged(project: Project, items: list[Expectation], frame: pl.DataFrame) -> dict[str, Finding]:
    frame.write_parquet(project.staging / "stg_demo__any.parquet")
    with Tables(project, SETTINGS, read_dictionary(project)) as tables:
        tables.declare(["stg_demo__any"])
        return gx.findings(tables, "stg_demo__any", items, {item.id: dict(item.kwargs) for item in items})


@pytest.fixture
def items(project: Project) -> list[Expectation]:
    content = suite(*(expectation(100 + number, kind, **kwargs) for number, (kind, kwargs) in enumerate(ITEMS)))
    put(project, content, None)
    found = read_suite(project.expectations / "staging/stg_demo__students.yml", project).expectations
    return [item for item in found if item.id >= "TST-100"]


@settings(
    max_examples=6,
    derandomize=True,
    deadline=None,
    phases=[Phase.generate],  # a smaller failing table would take minutes to find
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(rows=st.lists(ROW, min_size=3, max_size=12))
def test_duckdb_and_a_pandas_frame_give_the_same_verdict(
    project: Project, items: list[Expectation], rows: list[dict[str, Any]]
) -> None:
    frame = pl.DataFrame(rows, schema=TYPES, strict=False)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(gx, "_on_frame", refuse)
        ours = judged(project, items, frame)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(gx, "_judged", no_figures)
        theirs = judged(project, items, frame)
    differing = [
        (item.type, item.kwargs, ours[item.id], theirs[item.id])
        for item in items
        if shown(item, ours[item.id]) != shown(item, theirs[item.id])
    ]
    assert differing == []


def shown(item: Expectation, found: Finding) -> tuple[Any, ...]:
    """What must be the same: not the order of a code list that GX keeps as a set, nor that of keys, which is sorted."""
    observed = sorted(found.observed) if isinstance(found.observed, list) else found.observed
    examples = len(found.examples) if item.type.endswith("_unique") else found.examples
    return found.outcome, found.seen, found.unexpected, observed, examples


@pytest.mark.parametrize(("ignored", "unexpected"), [("both_values_are_missing", 2), ("neither", 3)])
def test_a_missing_value_that_is_not_ignored_breaks_a_comparison(
    project: Project, ignored: str, unexpected: int
) -> None:
    # On a frame GX breaks down on it, in other databases it passes.
    item = expectation(60, "expect_column_pair_values_a_to_be_greater_than_b", **PAIR, ignore_row_if=ignored)
    put(project, suite(item), None)
    pair = read_suite(project.expectations / "staging/stg_demo__students.yml", project).expectations[-1]
    frame = pl.DataFrame({"a": [2, None, 1, None], "b": [1, 1, None, None]})
    found = judged(project, [pair], frame)["TST-060"]
    assert (found.outcome, found.unexpected) == ("fail", unexpected)


def no_figures(*given: object) -> None:
    """Stand for DuckDB, and have nothing to say."""


def refuse(*given: object) -> None:
    raise AssertionError("DuckDB has figures for each of these")


@pytest.mark.parametrize(
    ("kind", "kwargs", "outcome"),
    [
        ("expect_column_values_to_match_regex", {**SITE, "regex": "^(?!x)"}, "pass"),  # not a regex of RE2's
        ("expect_column_values_to_match_regex", {**SITE, "regex": "("}, "error"),
        ("expect_column_values_to_be_in_set", {**A, "value_set": ["1"]}, "fail"),
        ("expect_column_values_to_be_between", {**SITE, "min_value": 1}, "error"),
        ("expect_column_value_lengths_to_be_between", {**SITE, "min_value": 4}, "pass"),
        ("expect_column_values_to_not_be_in_set", {**SITE, "value_set": ["auch"]}, "fail"),
    ],
)
def test_what_duckdb_cannot_judge_goes_the_usual_way_and_the_others_do_not(
    project: Project, kind: str, kwargs: dict[str, Any], outcome: str
) -> None:
    rest = expectation(61, "expect_column_values_to_be_between", column="a", min_value=1)
    put(project, suite(expectation(60, kind, **kwargs), rest), None)
    both = read_suite(project.expectations / "staging/stg_demo__students.yml", project).expectations[-2:]
    frame = pl.DataFrame({"a": [1, 2], "b": [1, 1], "share": [0.5, 0.5], "site": ["auch", "rodez"]})
    found = judged(project, list(both), frame)
    assert (found["TST-060"].outcome, found["TST-061"].outcome) == (outcome, "pass")


def test_values_of_a_personal_column_stay_in_duckdb(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    token = "5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9"
    wrong = [
        expectation(60, "expect_column_values_to_be_unique", column="student_token"),
        expectation(61, "expect_column_values_to_match_regex", column="student_token", regex="^x"),
        expectation(62, "expect_column_values_to_be_in_set", column="student_token", value_set=["x"]),
        expectation(63, "expect_compound_columns_to_be_unique", column_list=["year", "student_token"]),
    ]
    columns = {"year": [2020] * 4, "student_token": [token] * 4, "site_code": ["auch"] * 4, "origin": ["observed"] * 4}
    put(project, suite(*wrong), pl.DataFrame(columns))
    fetched: list[Any] = []
    whole = Tables.fetch

    def remember(tables: Tables, query: str) -> list[tuple[Any, ...]]:
        rows = whole(tables, query)
        fetched.extend(rows)
        return rows

    monkeypatch.setattr(Tables, "fetch", remember)
    path = Path(project.expectations / "staging/stg_demo__students.yml")
    with Tables(project, SETTINGS, read_dictionary(project)) as tables:
        checks, _ = check_table(tables, read_suite(path, project), SETTINGS)
    found = {check.id: check for check in checks}
    assert {found[f"TST-{number:03}"].outcome for number in (60, 61, 62, 63)} == {"fail"}
    assert all(not found[f"TST-{number:03}"].examples for number in (60, 61, 62, 63))
    assert token not in str(fetched)
