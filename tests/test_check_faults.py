"""Every expectation can fail: a fault is planted for each, on the smallest change that breaks it, in a real table.

The tables are made by the project itself from what ships (and a small simulation). The faults of Great Expectations'
types follow from the type; those of the checks in SQL stand in `check_sql_faults.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import polars as pl
import pytest

from pipelines.check import run
from pipelines.check.engine import check_table, filled
from pipelines.check.suites import COLUMNS, FILLED, ROWS, SQL, Expectation, Suite, read_suites
from pipelines.check.tables import Tables
from pipelines.kernel.catalogue import read_catalogue
from pipelines.kernel.dictionary import read_dictionary
from pipelines.kernel.files import write_parquet
from pipelines.kernel.problems import CheckFailed
from pipelines.kernel.project import Project, Settings
from pipelines.protect.guard import require_passed_checks
from tests.brands import lay_brand
from tests.check_sql_faults import BY_ID, fault_of
from tests.shared import once

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = Settings(edition=2024, students=1500, simulate_from=2018, threads=1)
SUITES: dict[str, Suite] = {
    name: suite for layer in ("staging", "marts") for name, suite in read_suites(Project(ROOT), layer).items()
}


@pytest.fixture(scope="session")
def made() -> Project:
    """A project whose tables have been made once, whatever the number of test processes."""
    return Project(once("check-tables", _make))


def _make(root: Path) -> None:
    (root / "data").mkdir()
    for name in ("sql", "expectations"):
        (root / name).symlink_to(ROOT / name)
    for name in ("reference", "sources", "baseline"):
        (root / "data" / name).symlink_to(ROOT / "data" / name)
    project = Project(root)
    for stage in ("simulate", "acquire", "stage", "consolidate"):
        import_module(f"pipelines.{stage}").run(project, SETTINGS)
    _contours(project)


def _contours(project: Project) -> None:
    """Contours do not ship: eight squares stand for them."""
    codes = ["09", "12", "31", "32", "46", "65", "81", "82"]
    square = '{"coordinates": [[[0, 43], [1, 43], [1, 44], [0, 43]]], "type": "Polygon"}'
    frame = pl.DataFrame(
        {"departement_code": codes, "departement_label": codes, "geometry_geojson": square, "origin": "observed"}
    )
    write_parquet(project.staging / "stg_contours__departement.parquet", frame, ["departement_code"])


@pytest.fixture
def tables(made: Project, request: pytest.FixtureRequest) -> Iterator[Tables]:
    suite = SUITES[request.getfixturevalue("name")]
    catalogue = read_catalogue(made) if suite.layer == "marts" else None
    with Tables(made, SETTINGS, read_dictionary(made), catalogue) as opened:
        opened.declare([suite.table])
        opened.connection.execute(f"create table kept as select * from {suite.table}")
        opened.connection.execute("create table good as select * from kept")
        opened.connection.execute(f"create or replace view {suite.table} as select * from good")
        yield opened


def fault(tables: Tables, suite: Suite, item: Expectation) -> str | None:
    """Return the SQL that plants the fault of one expectation in the table `good`."""
    arguments = filled(tables, suite, item, SETTINGS)
    column = arguments.get("column")
    first = f"where rowid = (select min(rowid) from good where {column} is not null)"
    if item.type == SQL:
        planted = fault_of(item.id, arguments["expect"])
        return planted and planted.format(t="good")
    if item.type == COLUMNS:
        return "alter table good drop column origin"
    if item.type == ROWS:
        return f"delete from good where rowid >= {arguments['min_value'] - 1}"
    if item.type == FILLED:
        return f"update good set {column} = null " + (
            "where rowid % 2 = 0" if "mostly" in arguments else "where rowid = 0"
        )
    if item.type.endswith("to_be_unique"):
        return "insert into good select * from good limit 1"
    if item.type.endswith("values_to_be_in_set"):
        return f"update good set {column} = {99 if isinstance(arguments['value_set'][0], int) else repr('?')} {first}"
    if item.type.endswith("values_to_contain_set"):
        return f"update good set {column} = '?' where {column} = '{arguments['value_set'][0]}'"
    if item.type.endswith("match_regex"):
        return f"update good set {column} = '#' {first}"
    if item.type.endswith("a_to_be_greater_than_b"):
        low, high = arguments["column_A"], arguments["column_B"]
        both = f"(select min(rowid) from good where {low} is not null and {high} is not null)"
        return f"update good set {low} = {high} - 1 where rowid = {both}"
    if item.type.endswith("values_to_be_between"):
        beyond = arguments["max_value"] + 1 if "max_value" in arguments else arguments["min_value"] - 1
        return f"update good set {column} = {beyond} {first}"
    raise AssertionError(f"{item.id}: no fault is known for {item.type}")


ELSEWHERE = {
    "APP-517": "test_contracts_and_regimes_that_disagree_are_seen",
    "REC-013": "test_reconciliation.py",
}
"""Checks that read other tables only → the test that plants their fault there."""

FRESH = f"insert into good select * replace ({SETTINGS.edition} as year) from good where rowid = 0"
"""What a late source lacks: a row of the edition's year."""


@pytest.mark.parametrize("name", sorted(SUITES))
def test_a_good_table_passes_and_each_expectation_fails_on_its_planted_fault(
    name: str, tables: Tables, record_property: Callable[[str, object], None], pytestconfig: pytest.Config
) -> None:
    all_of_them = pytestconfig.get_verbosity() > 0  # which others see a fault is told with -vv: it takes a minute
    suite = SUITES[name]
    family = {item.id: item.family for item in suite.expectations}
    good, _ = check_table(tables, suite, SETTINGS)
    # Four sources that ship are late and known to be: all else passes.
    late = {check.id for check in good if check.outcome == "fail" and family[check.id] == "freshness"}
    assert [check.message["en"] for check in good if check.outcome != "pass" and check.id not in late] == []
    assert {check.id for check in good} == set(family)
    missed, caught = [], 0
    alike: dict[str, list[str]] = {}
    for item in suite.expectations:
        planted = fault(tables, suite, item)
        if planted is None:
            assert item.id in ELSEWHERE
            caught += 1
            continue
        only = suite.model_copy(update={"expectations": (item,)})
        tables.connection.execute("create or replace table good as select * from kept")
        if item.id in late:
            tables.connection.execute(FRESH)
            mended, _ = check_table(tables, only, SETTINGS)
            assert [check.outcome for check in mended] == ["pass"]
        tables.connection.execute(planted)
        tables.connection.execute(f"create or replace view {name} as select * from good")
        found, _ = check_table(tables, suite if all_of_them else only, SETTINGS)
        broken = {check.id: check.outcome for check in found if check.outcome != "pass"}
        if broken.get(item.id) != "fail":
            missed.append((item.id, planted, broken))
            continue
        caught += 1
        others = sorted(set(broken) - {item.id} - late)
        if others:
            alike[item.id] = others
    # conftest adds them up at the end of the session, and lists which other checks see the same fault
    record_property("faults", [caught, len(suite.expectations), alike])
    assert missed == []


def test_the_short_forms_and_the_families_are_used_where_they_are_due() -> None:
    catalogue = read_catalogue(Project(ROOT))
    fresh = {name for name, suite in SUITES.items() if any(item.family == "freshness" for item in suite.expectations)}
    annual = {
        name
        for name, (source, table) in catalogue.tables.items()
        if source.frequency == "annual" and "year" in table.columns
    }
    assert annual <= fresh
    for name, (source, _) in catalogue.tables.items():
        assert SUITES[name].confidential == source.personal, name
    for name, suite in SUITES.items():
        text = (ROOT / "expectations" / suite.layer / f"{name}.yml").read_text(encoding="utf-8")
        assert text.count("type: sql\n") == text.count("type: sql\n    family: "), name
        if "year" in suite.grain and len(suite.grain) > 1 and name.startswith("mart_") and "site_code" in suite.grain:
            families = {item.family for item in suite.expectations}
            assert families & {"coverage", "reconciliation", "totals"}, name


def test_every_check_in_sql_has_a_fault_and_every_fault_a_check() -> None:
    checks = {item.id: item for suite in SUITES.values() for item in suite.expectations if item.type == SQL}
    assert sorted(set(BY_ID) - set(checks)) == []
    for item in checks.values():
        fault_of(item.id, item.kwargs["expect"])


@pytest.mark.parametrize("name", ["mart_apprenticeship__register"])
def test_contracts_and_regimes_that_disagree_are_seen(name: str, tables: Tables, made: Project) -> None:
    del made
    suite = SUITES[name]
    item = next(item for item in suite.expectations if item.id == "APP-517")
    tables.declare(["mart_student__year"])
    path = tables.path("mart_student__year").as_posix()
    tables.connection.execute(
        "create or replace view mart_student__year as "
        f"select * replace ('FI' as regime_code) from read_parquet('{path}')"
    )
    found, _ = check_table(tables, suite.model_copy(update={"expectations": (item,)}), SETTINGS)
    assert [check.outcome for check in found] == ["fail"]


def test_every_table_made_has_a_suite_and_every_suite_its_table(made: Project) -> None:
    present = {path.stem for folder in (made.staging, made.marts) for path in folder.glob("*.parquet")}
    assert present == set(SUITES)


def test_columns_and_grain_of_a_staging_suite_are_those_of_its_sidecar() -> None:
    for name, (_, table) in read_catalogue(Project(ROOT)).tables.items():
        suite = SUITES[name]
        assert set(suite.expectations[0].kwargs["column_set"]) == {*table.columns, "origin"}, name
        assert set(suite.grain) == set(table.grain), name


def test_texts_are_there_in_both_languages_and_end_like_sentences() -> None:
    for suite in SUITES.values():
        for item in suite.expectations:
            for text in (item.why.fr, item.why.en, item.mend.fr, item.mend.en):
                assert text.endswith("."), (item.id, text)


def test_a_critical_failure_stops_the_run_and_protect_refuses(made: Project, tmp_path: Path) -> None:
    for name in ("sql", "expectations"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "data").mkdir()
    for name in ("reference", "sources"):
        (tmp_path / "data" / name).symlink_to(ROOT / "data" / name)
    lay_brand(tmp_path)
    project = Project(tmp_path)
    project.staging.mkdir()
    for path in made.staging.glob("*.parquet"):
        (project.staging / path.name).symlink_to(path)
    broken = project.staging / "stg_sise__enrolment.parquet"
    broken.unlink()
    frame = pl.read_parquet(made.staging / broken.name).with_columns(pl.col("students_count") + 1)
    write_parquet(broken, frame, SUITES[broken.stem].grain)
    with pytest.raises(CheckFailed, match=r"stg_sise__enrolment ENR-023: .*5,363"):
        run(project, SETTINGS, "staging")
    (project.quality / "marts.json").write_text('{"critical_failures": 0}', encoding="utf-8")
    with pytest.raises(CheckFailed, match=r"staging\.json: \d+ critical failure"):
        require_passed_checks(project)
