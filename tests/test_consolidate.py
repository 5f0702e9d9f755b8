"""The runner of the marts on a tiny project: what it refuses, in which words, and what it leaves alone."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from pipelines import consolidate
from pipelines.kernel.problems import BadInput
from pipelines.kernel.project import Project, Settings

ROOT = Path(__file__).resolve().parent.parent

SIDECAR = """
id: toy
title: {fr: Jouet, en: Toy}
producer: nobody
licence: none
sensitivity: internal
landing_page: none
citation: none
domain: enrolment
origin: observed
steward: nobody
lag: 1
tables:
  - object: headcount
    grain: [year, uai]
    columns: {year: int, uai: str, students_count: int}
vintages:
  - {id: one, format: csv, files: [toy.csv]}
"""

HEADER = "-- what: a test\n-- grain: year\n-- inputs: {reads}\n-- caveats: none\n"
TOTAL = "select year, cast(sum(students_count) as bigint) as students_count, max(origin) as origin\nfrom {table}\n{by}"

Write = Callable[[str, str], Path]


@pytest.fixture
def toy(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    shutil.copytree(ROOT / "data" / "reference", project.reference)
    project.sources.mkdir()
    (project.sources / "toy.yml").write_text(SIDECAR, encoding="utf-8")
    project.staging.mkdir()
    target = (project.staging / "stg_toy__headcount.parquet").as_posix()
    duckdb.sql(
        f"""
        copy (
            select 2010 + i // 50 as year, 'u' || i % 50 as uai, i as students_count,
                case when i % 2 = 0 then 'observed' else 'simulated' end as origin
            from range(500) t(i)
        ) to '{target}' (format parquet)
        """
    )
    return project


@pytest.fixture
def write(toy: Project) -> Write:
    def put(name: str, body: str) -> Path:
        path = toy.sql / "marts" / f"{name}.sql"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(HEADER.format(reads="x") + body, encoding="utf-8")
        return path

    return put


def total(table: str = "stg_toy__headcount") -> str:
    return TOTAL.format(table=table, by="group by year")


def settings(**changes: object) -> Settings:
    return Settings.model_validate({"edition": 2024, **changes})


def refusal(project: Project, **changes: object) -> str:
    with pytest.raises(BadInput) as refused:
        consolidate.run(project, settings(**changes))
    assert not list(project.marts.glob("*")), "nothing is written half"
    return str(refused.value)


def test_marts_are_made_in_the_order_their_queries_ask_for(toy: Project, write: Write) -> None:
    write("mart_a__year", total("mart_b__year"))
    write("mart_b__year", total("mart_c__year"))
    write("mart_c__year", total())
    assert consolidate.run(toy, settings()).made == ("mart_c__year", "mart_b__year", "mart_a__year")


def test_a_second_run_makes_nothing_and_a_changed_file_only_what_reads_it(toy: Project, write: Write) -> None:
    write("mart_a__year", total())
    write("mart_b__year", total("mart_a__year"))
    write("mart_c__year", total())
    consolidate.run(toy, settings())
    assert consolidate.run(toy, settings()).made == ()
    write("mart_a__year", total().replace("sum(students_count)", "sum(students_count + 1)"))
    report = consolidate.run(toy, settings())
    assert set(report.made) == {"mart_a__year", "mart_b__year"}
    assert report.kept == ("mart_c__year",)


def test_a_change_that_changes_no_figure_stops_there(toy: Project, write: Write) -> None:
    write("mart_a__year", total())
    write("mart_b__year", total("mart_a__year"))
    consolidate.run(toy, settings())
    write("mart_a__year", total() + " -- a remark")
    assert consolidate.run(toy, settings()).made == ("mart_a__year",)


def test_the_mart_of_a_file_that_is_gone_goes(toy: Project, write: Write) -> None:
    write("mart_a__year", total())
    gone = write("mart_b__year", total())
    consolidate.run(toy, settings())
    gone.unlink()
    report = consolidate.run(toy, settings())
    assert [path.stem for path in toy.marts.glob("*.parquet")] == ["mart_a__year"]
    assert "mart_b__year was removed" in report.notes[0]


@pytest.mark.parametrize("threads", [2, 4])
def test_bytes_do_not_depend_on_the_number_of_threads(toy: Project, write: Write, threads: int) -> None:
    write("mart_a__year", total())
    consolidate.run(toy, settings(threads=1))
    alone = (toy.marts / "mart_a__year.parquet").read_bytes()
    shutil.rmtree(toy.data / ".fingerprints")
    consolidate.run(toy, settings(threads=threads))
    assert (toy.marts / "mart_a__year.parquet").read_bytes() == alone


def test_an_edition_sees_only_what_was_known_then(toy: Project, write: Write) -> None:
    write("mart_a__year", total())
    consolidate.run(toy, settings(edition=2013))
    made = (toy.marts / "mart_a__year.parquet").as_posix()
    assert duckdb.sql(f"select max(year) from '{made}'").fetchall() == [(2012,)], "one year of lag"


def test_observed_only_leaves_simulated_rows_out(toy: Project, write: Write) -> None:
    write("mart_a__year", total())
    consolidate.run(toy, settings(observed_only=True))
    origins = duckdb.sql(f"select distinct origin from '{(toy.marts / 'mart_a__year.parquet').as_posix()}'").fetchall()
    assert origins == [("observed",)]


def test_a_source_without_a_file_gives_an_empty_mart_with_its_columns(toy: Project, write: Write) -> None:
    (toy.staging / "stg_toy__headcount.parquet").unlink()
    write("mart_a__year", total())
    report = consolidate.run(toy, settings())
    relation = duckdb.sql(f"select * from '{(toy.marts / 'mart_a__year.parquet').as_posix()}'")
    assert (relation.columns, relation.fetchall()) == (["year", "students_count", "origin"], [])
    assert "mart_a__year is empty" in report.notes[0]


def test_a_circle_is_named(toy: Project, write: Write) -> None:
    write("mart_a__year", total("mart_b__year"))
    write("mart_b__year", total("mart_a__year"))
    message = refusal(toy)
    assert "in a circle" in message
    assert "mart_a__year" in message
    assert "mart_b__year" in message


def test_an_unknown_table_is_named_with_its_line_and_the_closest_name(toy: Project, write: Write) -> None:
    write("mart_a__year", total("stg_toy__headcuont"))
    message = refusal(toy)
    assert "sql/marts/mart_a__year.sql, row 6" in message
    assert "The closest name is stg_toy__headcount." in message


def test_an_unknown_column_is_named_with_its_line_and_the_closest_name(toy: Project, write: Write) -> None:
    write("mart_a__year", total().replace("students_count)", "student_count)"))
    message = refusal(toy)
    assert "sql/marts/mart_a__year.sql, row 5" in message
    assert "student_count" in message
    assert "The closest name is students_count." in message


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("select year,, from stg_toy__headcount", "row 5: DuckDB refuses the query: syntax error"),
        (
            "select\n  yaer(year) as year, origin\nfrom stg_toy__headcount",
            "row 6: DuckDB refuses the query: Scalar Func",
        ),
        ("select year from stg_toy__headcount where (", "The SQL cannot be read"),
        (total() + "; drop table x", "something else than one query"),
        ("create table x as select 1", "something else than one query"),
        ("with stg_x as (select 1 as year) select * from stg_x", "A CTE bears the name of a table"),
        (total().replace("group by year", "group by year, uai"), "Rows share the grain year"),
        ("select 2010 as annee, 'observed' as origin", "does not give a column that its grain needs"),
        ("select 2010 as year", "Every mart says where its rows come from"),
        ("select year, cast(uai as integer) as n, origin from stg_toy__headcount", "DuckDB refuses the query"),
    ],
)
def test_what_cannot_be_run_is_refused_in_words(toy: Project, write: Write, body: str, words: str) -> None:
    write("mart_a__year", body)
    message = refusal(toy)
    assert "sql/marts/mart_a__year.sql" in message
    assert words in message


def test_a_header_without_its_lines_is_refused(toy: Project) -> None:
    (toy.sql / "marts").mkdir(parents=True)
    (toy.sql / "marts" / "mart_a__year.sql").write_text("-- what: a test\n" + total(), encoding="utf-8")
    assert "The header lacks grain, inputs, caveats" in refusal(toy)


def test_a_token_never_stands_in_a_message(toy: Project) -> None:
    path = toy.sql / "marts" / "mart_a__year.sql"
    path.parent.mkdir(parents=True)
    path.write_text(
        "-- what: x\n-- grain: year, student_token\n-- inputs: x\n-- caveats: none\n"
        "select 2010 as year, 'secret' as student_token, origin from stg_toy__headcount",
        encoding="utf-8",
    )
    message = refusal(toy)
    assert "Rows share the grain" in message
    assert "secret" not in message


def test_a_reference_at_fault_stops_the_run_before_any_join(toy: Project, write: Write) -> None:
    write("mart_a__year", total())
    path = toy.reference / "ref_site_uai.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",figeac,", ",figeak,"), encoding="utf-8")
    assert "figeak" in refusal(toy)
