"""Spark and DuckDB over the same SQL: construct by construct, then every mart and indicator, equal cell by cell.

One session for all; skipped, saying so, where PySpark or Java is missing, unless OBSERVATOIRE_SPARK=required.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines import acquire, consolidate, simulate, stage
from pipelines.consolidate.marts import make
from pipelines.consolidate.spark.engine import InSpark
from pipelines.consolidate.spark.session import require_spark, session_of
from pipelines.consolidate.spark.words import to_spark
from pipelines.kernel.catalogue import read_catalogue
from pipelines.kernel.problems import BadInput
from pipelines.kernel.project import Project, Settings
from pipelines.kernel.sql import Query, in_order, read_queries, read_query
from pipelines.kernel.store import table_path
from pipelines.kernel.warehouse import Warehouse
from tests.observatory import copy_of_the_project
from tests.spark_cases import CASES, ROWS

pytestmark = [pytest.mark.spark, pytest.mark.slow]

SIZE = {"students": 20_000, "simulate_from": 2015, "simulate_to": 2024}
"""Ten years of the five registers: 200,000 student-years, beside every open figure that ships."""


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    try:
        require_spark()
    except BadInput as error:
        if os.environ.get("OBSERVATOIRE_SPARK") == "required":
            raise
        pytest.skip(error.problems[0].line())
    before = os.environ.get("JDK_JAVA_OPTIONS")
    # a minute of small queries is not worth compiling well, nor several threads that clear up after them
    os.environ["JDK_JAVA_OPTIONS"] = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
    try:
        with session_of(Settings(edition=2024)) as opened:
            opened.conf.set("spark.sql.shuffle.partitions", "2")
            yield opened
    finally:
        if before is None:
            del os.environ["JDK_JAVA_OPTIONS"]
        else:
            os.environ["JDK_JAVA_OPTIONS"] = before


@pytest.fixture(scope="module")
def made(session: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, Project, Settings, list[str]]:
    """The marts of one project by DuckDB, and of another, with the same staging tables, by Spark."""
    ours = copy_of_the_project(tmp_path_factory.mktemp("duckdb"))
    settings = ours.settings().changed(**SIZE)
    for module in (simulate, acquire, stage, consolidate):
        module.run(ours, settings)
    theirs = copy_of_the_project(tmp_path_factory.mktemp("spark"))
    shutil.copytree(ours.staging, theirs.staging)
    names = []
    with Warehouse(theirs, settings, read_catalogue(theirs)) as warehouse:
        engine = InSpark(theirs, settings, warehouse, session)
        for query in in_order(read_queries(theirs, "marts", "mart_*.sql")):
            make(warehouse, query, theirs, engine)
            names.append(query.name)
    return ours, theirs, settings, names


def differing(one: Path, other: Path) -> tuple[int, int]:
    """Count the rows of two files, each with its place, that the other has not; and the rows of the first.

    Raises when the two differ in a column or in its type.
    """
    connection = duckdb.connect()
    ours, theirs = (f"read_parquet('{path.as_posix()}')" for path in (one, other))
    described = [connection.execute(f"describe from {table}").fetchall() for table in (ours, theirs)]
    assert [row[:2] for row in described[0]] == [row[:2] for row in described[1]], one.stem
    ours, theirs = (table.replace(")", ", file_row_number = true)") for table in (ours, theirs))
    apart = f"(from {ours} except all from {theirs}) union all (from {theirs} except all from {ours})"
    found = connection.execute(f"select (select count(*) from ({apart})), (select count(*) from {ours})").fetchall()
    return int(found[0][0]), int(found[0][1])


def said_once(project: Project, text: str) -> Query:
    path = project.root / "sql" / "marts" / "mart_a__b.sql"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"-- what: a\n-- grain: id\n-- inputs: rows_\n-- caveats: none\n{text}", encoding="utf-8")
    return read_query(project, path)


@pytest.mark.parametrize("case", CASES)
def test_each_construct_gives_the_same_on_both_engines(session: Any, tmp_path: Path, case: str) -> None:
    connection = duckdb.connect()
    connection.execute("set variable edition = 2024")
    connection.execute(f"create table rows_ as {ROWS}")
    connection.execute(f"copy rows_ to '{tmp_path}/rows_.parquet'")
    described = {str(row[0]): str(row[1]) for row in connection.execute("describe rows_").fetchall()}
    session.read.parquet((tmp_path / "rows_.parquet").as_uri()).createOrReplaceTempView("rows_")
    expected = connection.execute(case)
    columns = [item[0] for item in expected.description or ()]
    wanted = sorted(expected.fetchall(), key=repr_of)
    frame = session.sql(to_spark(said_once(Project(tmp_path), case), {"rows_": described}, {"edition": 2024}))
    given = sorted((tuple(row) for row in frame.collect()), key=repr_of)
    assert frame.columns == columns
    assert len(given) == len(wanted) > 0
    for ours, theirs in zip(wanted, given, strict=True):
        assert dict(zip(columns, theirs, strict=True)) == dict(zip(columns, ours, strict=True))


def repr_of(row: tuple[Any, ...]) -> list[tuple[str, str]]:
    """A key to sort rows by, gaps and all; decimals of any scale alike."""
    return [("0", "") if item is None else ("1", f"{item}".rstrip("0").rstrip(".")) for item in row]


def test_200_000_student_years_are_there(made: tuple[Project, Project, Settings, list[str]]) -> None:
    path = table_path(made[0], "mart_student__year")
    _, rows = differing(path, path)
    assert rows > 190_000


def test_every_mart_is_equal_cell_by_cell(made: tuple[Project, Project, Settings, list[str]]) -> None:
    """Columns, types, order and values: what comes after cannot tell which engine made a mart."""
    ours, theirs, _, names = made
    assert len(names) > 20
    for name in names:
        apart, rows = differing(table_path(ours, name), table_path(theirs, name))
        assert rows > 0, name
        assert apart == 0, name


def test_persons_lie_in_one_folder_a_year(made: tuple[Project, Project, Settings, list[str]]) -> None:
    theirs = made[1]
    years = {path.name for path in (theirs.partitions / "stg_apogee__enrolment").glob("year=*")}
    assert years == {f"year={year}" for year in range(SIZE["simulate_from"], SIZE["simulate_to"] + 1)}
    assert {path.name for path in (theirs.partitions / "mart_student__year").glob("year=*")} == years
    assert not list((theirs.partitions / "mart_enrolment__bac").glob("year=*"))


def test_every_indicator_is_equal_too(made: tuple[Project, Project, Settings, list[str]], session: Any) -> None:
    """They are computed by DuckDB, from marts small enough for any machine; that Spark could is part of the promise."""
    _, theirs, settings, _ = made
    different = []
    with Warehouse(theirs, settings, read_catalogue(theirs)) as warehouse:
        engine = InSpark(theirs, settings, warehouse, session)
        for query in read_queries(theirs, "indicators", "ind_*.sql").values():
            warehouse.bind(query, query.name)
            expected = sorted(warehouse.rows(query.name, query.grain, query.shown), key=repr_of)
            given = sorted((tuple(row) for row in engine.rows(query, query.name).collect()), key=repr_of)
            if given != expected:
                different.append(query.name)
    assert different == []


def test_what_was_laid_out_is_not_laid_out_again(
    made: tuple[Project, Project, Settings, list[str]], session: Any
) -> None:
    """A mart made again reads the folders that are there; another edition lays them out anew."""
    _, theirs, settings, _ = made
    query = read_queries(theirs, "marts", "mart_apprenticeship__cfa.sql")["mart_apprenticeship__cfa"]
    folder = theirs.partitions / "stg_inserjeunes__cfa"
    before = folder.stat().st_ino
    for edition, kept in ((settings.edition, True), (2014, False)):
        changed = settings.changed(edition=edition)
        with Warehouse(theirs, changed, read_catalogue(theirs)) as warehouse:
            rows = make(warehouse, query, theirs, InSpark(theirs, changed, warehouse, session))
        assert (folder.stat().st_ino == before) == kept
        assert (rows > 0) == kept


def test_two_rows_of_one_grain_are_refused_whoever_made_them(
    made: tuple[Project, Project, Settings, list[str]], session: Any
) -> None:
    _, theirs, settings, _ = made
    path = theirs.sql / "marts" / "mart_doubled__year.sql"
    path.write_text(
        "-- what: a\n-- grain: year\n-- inputs: mart_enrolment__bac\n-- caveats: none\n"
        "select year, origin from mart_enrolment__bac",
        encoding="utf-8",
    )
    query = read_query(theirs, path)
    with (
        Warehouse(theirs, settings, read_catalogue(theirs)) as warehouse,
        pytest.raises(BadInput, match="share the grain year"),
    ):
        make(warehouse, query, theirs, InSpark(theirs, settings, warehouse, session))
    path.unlink()
    assert not table_path(theirs, query.name).exists()


def test_what_spark_refuses_is_one_line_that_names_the_file(
    made: tuple[Project, Project, Settings, list[str]], session: Any
) -> None:
    """A whole number that does not fit stops the run: under other rules it would have become another number."""
    _, theirs, settings, _ = made
    path = theirs.sql / "marts" / "mart_large__year.sql"
    path.write_text(
        "-- what: a\n-- grain: year\n-- inputs: mart_enrolment__bac\n-- caveats: none\n"
        "select max(year) as year, max(origin) as origin,\n"
        "cast(sum(students_count * 4000000000) as integer) as n from mart_enrolment__bac",
        encoding="utf-8",
    )
    query = read_query(theirs, path)
    with (
        Warehouse(theirs, settings, read_catalogue(theirs)) as warehouse,
        pytest.raises(BadInput) as refused,
    ):
        make(warehouse, query, theirs, InSpark(theirs, settings, warehouse, session))
    path.unlink()
    line = refused.value.problems[0].line()
    assert line.startswith("sql/marts/mart_large__year.sql")
    assert "\n" not in line
