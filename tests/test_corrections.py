"""Corrections of the sources: each action on planted rows, the guard that fires, and what no correction may touch."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from pipelines import consolidate
from pipelines.check.tables import Tables
from pipelines.kernel.catalogue import read_catalogue
from pipelines.kernel.corrections import read_corrections
from pipelines.kernel.files import write_parquet
from pipelines.kernel.problems import BadInput
from pipelines.kernel.project import Project, Settings
from pipelines.kernel.store import read_table

SETTINGS = Settings(edition=2024)
QUERY = """-- what: contracts
-- grain: year, territory_code
-- inputs: stg_barometre__contracts
-- caveats: none
select year, territory_code, contracts_count, origin from stg_barometre__contracts
"""
ROWS = [(2019, "31", 5000), (2020, "31", 56000), (2020, "12", 900), (2021, "31", 6000), (2021, "99", 7)]


def correction(**changes: Any) -> dict[str, Any]:
    """A correction that holds: ten times too many contracts in one row."""
    entry = {
        "code": "COR-001",
        "table": "stg_barometre__contracts",
        "years": [2020, 2020],
        "where": {"territory_code": "31"},
        "action": "override",
        "column": "contracts_count",
        "value": 5600,
        "reason": {"fr": "Un zéro de trop.", "en": "One nought too many."},
        "reported_on": "2026-11-23",
        "reported_to": "the producer",
        "state": "reported",
        "expect": {"rows": 1, "values": {"contracts_count": 56000}},
    }
    return {key: value for key, value in {**entry, **changes}.items() if value is not ...}


DROP = correction(
    code="COR-002", action="drop", column=..., value=..., years=..., where={"territory_code": "99"}, expect={"rows": 1}
)
FLAG = correction(code="COR-003", action="flag", value=..., where={"territory_code": "12"}, expect={"rows": 1})


@pytest.fixture
def home(project: Project, empty_project: Project) -> Project:
    """A project with one staging table and one mart of it."""
    empty_project.sources.mkdir(parents=True)
    shutil.copy(project.sources / "barometre.yml", empty_project.sources)
    shutil.copytree(project.reference, empty_project.reference)
    (empty_project.sql / "marts").mkdir(parents=True)
    (empty_project.sql / "marts" / "mart_apprenticeship__planted.sql").write_text(QUERY, encoding="utf-8")
    frame = pl.DataFrame(ROWS, schema=["year", "territory_code", "contracts_count"], orient="row").with_columns(
        territory_level=pl.lit("departement"),
        territory_label=pl.lit("x"),
        period_end=pl.lit(None, dtype=pl.Date),
        months_covered=pl.lit(12),
        origin=pl.lit("observed"),
    )
    write_parquet(empty_project.staging / "stg_barometre__contracts.parquet", frame, ["year", "territory_code"])
    return empty_project


def declare(project: Project, *entries: dict[str, Any]) -> None:
    text = yaml.safe_dump(list(entries), allow_unicode=True)
    (project.reference / "corrections.yml").write_text(text, encoding="utf-8")


def counted(project: Project) -> list[tuple[Any, ...]]:
    consolidate.run(project, SETTINGS)
    return read_table(project, "mart_apprenticeship__planted").drop("origin").rows()


def listed(project: Project) -> list[dict[str, Any]]:
    content = json.loads((project.quality / "corrections.json").read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = content["corrections"]
    return found


def test_the_list_that_ships_is_sound(project: Project) -> None:
    catalogue = read_catalogue(project)
    corrections = read_corrections(project, catalogue)
    assert all(correction.table in catalogue.tables for correction in corrections)


def test_without_corrections_nothing_changes_and_the_list_says_so(home: Project) -> None:
    assert sorted(counted(home)) == sorted(ROWS)
    assert listed(home) == []


def test_each_action_does_what_it_says_and_staging_stays_as_it_was(home: Project) -> None:
    staging = home.staging / "stg_barometre__contracts.parquet"
    before = staging.read_bytes()
    declare(home, correction(), DROP, FLAG)
    # Worked out by hand: the row of 2020 loses a nought, that of territory 99 goes, that of 12 stays.
    assert counted(home) == [(2019, "31", 5000), (2020, "12", 900), (2020, "31", 5600), (2021, "31", 6000)]
    assert staging.read_bytes() == before
    assert [(item["code"], item["action"], item["rows"]) for item in listed(home)] == [
        ("COR-001", "override", 1),
        ("COR-002", "drop", 1),
        ("COR-003", "flag", 1),
    ]


def test_a_cell_may_be_emptied_and_what_is_empty_may_be_filled(home: Project) -> None:
    where = {"territory_code": "31"}
    declare(
        home,
        correction(value=None),
        correction(code="COR-004", years=[2019, 2021], where=where, column="period_end", value="2020-12-31",
                   expect={"rows": 3, "values": {"period_end": None}}),
    )  # fmt: skip
    # A date in quotes is a text, and is refused as one: YAML reads 2020-12-31 as a day.
    with pytest.raises(BadInput, match=r"COR-004\.period_end.*The column holds date"):
        counted(home)
    declare(home, correction(value=None))
    assert (2020, "31", None) in counted(home)


def test_a_change_of_the_list_makes_the_mart_again_and_a_withdrawal_too(home: Project) -> None:
    counted(home)
    declare(home, correction())
    assert consolidate.run(home, SETTINGS).made == ("mart_apprenticeship__planted",)
    assert consolidate.run(home, SETTINGS).kept == ("mart_apprenticeship__planted",)
    declare(home)
    assert sorted(counted(home)) == sorted(ROWS)


def test_the_checks_of_marts_see_the_corrected_rows_and_those_of_staging_the_source(home: Project) -> None:
    declare(home, correction(), DROP)
    query = "select sum(contracts_count) from stg_barometre__contracts"
    for catalogue, total in ((read_catalogue(home), 5000 + 5600 + 900 + 6000), (None, sum(row[2] for row in ROWS))):
        with Tables(home, SETTINGS, {}, catalogue) as tables:
            tables.declare(["stg_barometre__contracts"])
            assert tables.fetch(query) == [(total,)]


@pytest.mark.parametrize(
    ("entry", "found"),
    [
        (correction(expect={"rows": 1, "values": {"contracts_count": 5600}}), "1 are there and 0 hold"),
        (correction(expect={"rows": 2, "values": {"contracts_count": 56000}}), "of 2 rows expected, 1 are there"),
        (correction(years=[2022, 2023]), "of 1 rows expected, 0 are there"),
        ({**DROP, "where": {"territory_code": "98"}}, "0 are there"),
        ({**FLAG, "expect": {"rows": 1, "values": {"contracts_count": 901}}}, "1 are there and 0 hold"),
    ],
)
def test_the_guard_fires_as_soon_as_the_source_says_something_else(
    home: Project, entry: dict[str, Any], found: str
) -> None:
    counted(home)
    kept = (home.marts / "mart_apprenticeship__planted.parquet").read_bytes()
    declare(home, entry)
    with pytest.raises(BadInput, match=f"no longer says what {entry['code']} corrects.*{found}.*remove the correction"):
        counted(home)
    assert (home.marts / "mart_apprenticeship__planted.parquet").read_bytes() == kept


def test_a_source_that_brought_no_file_has_nothing_to_correct(home: Project) -> None:
    declare(home, correction())
    (home.staging / "stg_barometre__contracts.parquet").unlink()
    assert counted(home) == []
    assert listed(home)[0]["rows"] is None


def test_the_guard_looks_at_the_whole_source_whatever_the_edition(home: Project) -> None:
    declare(home, correction())
    consolidate.run(home, Settings(edition=2019))
    assert listed(home)[0]["rows"] == 1


def test_two_corrections_of_one_cell_are_refused(home: Project) -> None:
    declare(
        home, correction(), correction(code="COR-009", years=[2019, 2020], value=1, expect={"rows": 2, "values": {}})
    )
    with pytest.raises(BadInput, match=r"expects the value that it replaces"):
        counted(home)
    drop = {**DROP, "years": [2020, 2020], "where": {"territory_code": "31"}}
    declare(home, correction(), drop)
    with pytest.raises(BadInput, match="COR-001 and COR-002 correct the same rows"):
        counted(home)


Change = Callable[[dict[str, Any]], dict[str, Any]]


@pytest.mark.parametrize(
    ("entry", "rule"),
    [
        (correction(table="stg_barometer__contracts"), "No staging table has this name"),
        (correction(where={"territory": "31"}), "has no such column"),
        (correction(value="many"), "The column holds int"),
        (correction(value=True), "The column holds int"),
        (correction(column="territory_code", value="32", expect={"rows": 1, "values": {"territory_code": "31"}}),
         "does not change what a row is about"),
        (correction(column="origin", value="declared", expect={"rows": 1, "values": {"origin": "observed"}}),
         "does not change what a row is about"),
        (correction(value=...), "an override, and nothing else, has a value"),
        (correction(column=...), "an override names its column"),
        (correction(action="drop", value=...), "it names no column"),
        (correction(years=[2021, 2020]), "the last year comes before the first"),
        (correction(where={}), "the list is empty"),
        (correction(state="open"), "reported"),
        (correction(code="1"), "the code has not the form"),
        (correction(expect={"rows": 0}), r"out of bounds \(limit 1\)"),
        (correction(colum="x"), "no entry has a key of this name"),
    ],
)  # fmt: skip
def test_a_slip_in_the_list_is_named(home: Project, entry: dict[str, Any], rule: str) -> None:
    declare(home, entry)
    with pytest.raises(BadInput, match=rule) as error:
        read_corrections(home, read_catalogue(home))
    assert error.value.problems[0].file == "data/reference/corrections.yml"


def test_no_correction_names_a_person(project: Project, tmp_path: Path) -> None:
    copy = Project(tmp_path)
    shutil.copytree(project.reference, copy.reference)
    token = {"student_token": "a" * 64}
    common = {"table": "stg_crous__scholarship", "years": ..., "column": ..., "value": ...}
    for entry in (
        correction(**common, action="drop", where=token, expect={"rows": 1}),
        correction(**common, action="flag", where={"echelon_code": "3"}, expect={"rows": 1, "values": token}),
        correction(**{**common, "column": "student_token", "value": "b", "where": {"echelon_code": "3"}},
                   expect={"rows": 1, "values": token}),
    ):  # fmt: skip
        declare(copy, entry)
        with pytest.raises(BadInput, match="No correction may name a person") as error:
            read_corrections(copy, read_catalogue(project))
        assert "aaaa" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "rule"),
    [("code: x", "is a list of corrections"), ("- a: [", "not valid YAML"), ("- 3", "breaks its format")],
)
def test_a_file_that_is_no_list_is_refused(home: Project, text: str, rule: str) -> None:
    (home.reference / "corrections.yml").write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=rule):
        read_corrections(home, read_catalogue(home))
    (home.reference / "corrections.yml").unlink()
    with pytest.raises(BadInput, match="git checkout"):
        read_corrections(home, read_catalogue(home))


def test_a_code_stands_once(home: Project) -> None:
    declare(home, correction(), {**DROP, "code": "COR-001"})
    with pytest.raises(BadInput, match="A code stands twice"):
        read_corrections(home, read_catalogue(home))
