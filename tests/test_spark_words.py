"""The SQL files in Spark's words: all can be said, what cannot is refused by name. Neither Spark nor Java is needed."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipelines.cli import observatoire
from pipelines.consolidate.spark.engine import fits
from pipelines.consolidate.spark.lake import spark_type
from pipelines.consolidate.spark.refusals import ALIKE, unlike_pattern
from pipelines.consolidate.spark.session import master_of, require_spark
from pipelines.consolidate.spark.words import to_spark
from pipelines.kernel.catalogue import read_catalogue
from pipelines.kernel.problems import BadInput
from pipelines.kernel.project import Project, Settings
from pipelines.kernel.sql import Query, in_order, read_queries, read_query
from pipelines.kernel.warehouse import Warehouse
from tests.spark_cases import CASES, constructs_of

HEAD = "-- what: a\n-- grain: year\n-- inputs: stg_s__t\n-- caveats: none\n"
TABLES = {
    "stg_s__t": {
        "year": "BIGINT",
        "n": "BIGINT",
        "share": "DOUBLE",
        "points": "DECIMAL(9,2)",
        "label": "VARCHAR",
        "day": "DATE",
        "token": "UUID",
        "ok": "BOOLEAN",
    }
}


def query_of(tmp_path: Path, text: str) -> Query:
    path = tmp_path / "sql" / "marts" / "mart_a__b.sql"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HEAD + text, encoding="utf-8")
    return read_query(Project(tmp_path), path)


def said(tmp_path: Path, expression: str) -> str:
    """What Spark is told for one expression over `stg_s__t`."""
    text = to_spark(query_of(tmp_path, f"select {expression} as x from stg_s__t"), TABLES, {"edition": 2024})
    return text.replace("`stg_s__t`.", "").replace("`", "")


def test_every_sql_file_can_be_said_in_sparks_words(project: Project) -> None:
    refused = []
    with Warehouse(project, project.settings(), read_catalogue(project)) as warehouse:
        for folder, pattern in (("marts", "mart_*.sql"), ("indicators", "ind_*.sql")):
            for query in in_order(read_queries(project, folder, pattern)):
                warehouse.bind(query, query.name)
                tables = {table: warehouse.columns(table) for table in query.reads}
                try:
                    to_spark(query, tables, {"edition": 2024})
                    for column, kind in warehouse.columns(query.name).items() if folder == "marts" else ():
                        spark_type(kind, query.shown, column)
                except BadInput as error:
                    refused += [problem.line() for problem in error.problems]
    assert refused == []


def test_everything_on_the_list_is_tried_on_both_engines() -> None:
    """`tests/test_spark_engine.py` runs these cases: a word on the list without a case would be a promise."""
    tried = set().union(*(constructs_of(case) for case in CASES))
    assert sorted(ALIKE - tried) == []


@pytest.mark.parametrize(
    ("expression", "construct"),
    [
        ("regexp_replace(label, 'a', 'b')", "regexp_replace"),
        ("date_diff('month', day, day)", "date_diff"),
        ("date_diff('year', day, day)", "date_diff"),
        ("dayofweek(day)", "dayofweek"),
        ("day - day", "-"),
        ("day + 1", "+"),
        ("substr(label, 0, 3)", "substr"),
        ("unnest(generate_series(3, 1))", "generate_series"),
        ("unnest(['a', 'b'])", "unnest"),
        ("quantile_cont(n, 0.5)", "quantile_cont"),
        ("median(n)", "median"),
        ("avg(share)", "avg"),
        ("sum(share)", "sum"),
        ("try_strptime(label, '%Y')", "try_strptime"),
        ("strip_accents(label)", "strip_accents"),
        ("cast(n as hugeint)", "hugeint"),
        ("cast(label as bigint)", "cast"),
        ("cast(share as varchar)", "cast"),
        ("try_cast(label as integer)", "try_cast"),
        ("n // 2", "//"),
        ("n % 2", "%"),
        ("n / n", "/"),
        ("n / 0", "/"),
        ("pow(share, 2)", "pow"),
        ("string_agg(label, ',')", "string_agg"),
        ("list(label)", "list"),
        ("any_value(label)", "any_value"),
        ("md5(label)", "md5"),
        ("hash(n)", "hash"),
        ("label || 'a'", "||"),
        ("label like 'a\\_%'", "like"),
        ("regexp_matches(label, '(?i)a')", "regexp_matches"),
        ("label ilike 'a'", "ilike"),
        ("columns('n')", "columns"),
        ("random()", "rand"),
    ],
)
def test_what_the_engines_say_differently_is_refused_by_name(tmp_path: Path, expression: str, construct: str) -> None:
    query = query_of(tmp_path, f"select year, {expression} as x from stg_s__t")
    with pytest.raises(BadInput) as refused:
        to_spark(query, TABLES, {})
    assert construct in [problem.value for problem in refused.value.problems]
    for problem in refused.value.problems:
        assert problem.line().startswith("sql/marts/mart_a__b.sql")
        assert "\n" not in problem.line()


@pytest.mark.parametrize(
    ("text", "construct"),
    [
        ("select year, n from stg_s__t union all by name select n, year from stg_s__t", "by name"),
        ("select * from (pivot stg_s__t on label using sum(n))", "pivot"),
        ("select year, n from stg_s__t limit 3", "limit"),
        ("select distinct on (year) year, n from stg_s__t", "distinct on"),
        ("select a.year from stg_s__t as a asof join stg_s__t as b on a.year >= b.year", "asof"),
        ("with recursive a as (select year from stg_s__t) select * from a", "recursive"),
    ],
)
def test_clauses_are_refused_by_name_too(tmp_path: Path, text: str, construct: str) -> None:
    with pytest.raises(BadInput) as refused:
        to_spark(query_of(tmp_path, text), TABLES, {})
    assert construct in refused.value.problems[0].line()
    assert refused.value.problems[0].row == 5


def test_a_refusal_names_every_construct_and_its_line(tmp_path: Path) -> None:
    query = query_of(
        tmp_path, "select\n    year,\n    md5(label) as a, -- not strip_accents\n    n // 2 as b\nfrom stg_s__t"
    )
    with pytest.raises(BadInput) as refused:
        to_spark(query, TABLES, {})
    assert [(problem.value, problem.row) for problem in refused.value.problems] == [("md5", 7), ("//", 8)]


@pytest.mark.parametrize(
    ("duckdb", "spark"),
    [
        ("cast(share as bigint)", "CAST(RINT(share) AS BIGINT) AS x"),
        ("cast(points as integer)", "CAST(ROUND(points) AS INT) AS x"),
        ("n / 100", "CAST(n AS DOUBLE) / CAST(100 AS DOUBLE) AS x"),
        ("points / nullif(n, 0)", "CAST(points AS DOUBLE) / CAST(NULLIF(n, 0) AS DOUBLE) AS x"),
        ("make_date(year, 10, 1)", "MAKE_DATE(CAST(year AS INT), CAST(10 AS INT), CAST(1 AS INT)) AS x"),
        ("getvariable('edition')", "2024 AS x"),
        ("arg_max(label, day)", "MAX_BY(label, CASE WHEN NOT label IS NULL THEN day END) AS x"),
        ("row_number() over (order by n)", "ROW_NUMBER() OVER (ORDER BY n NULLS LAST) AS x"),
        ("row_number() over (order by n desc)", "ROW_NUMBER() OVER (ORDER BY n DESC) AS x"),
        ("date_diff('day', day, day)", "DATEDIFF(DAY, day, day) AS x"),
    ],
)
def test_what_sqlglot_would_say_otherwise_is_rewritten(tmp_path: Path, duckdb: str, spark: str) -> None:
    assert spark in said(tmp_path, duckdb)


def test_a_star_is_spelt_out_under_qualify(tmp_path: Path) -> None:
    """Spark would hand the helper column on."""
    first = "select * from stg_s__t qualify row_number() over (partition by year order by n) = 1"
    text = f"with a as ({first}) select * from a"
    spark = to_spark(query_of(tmp_path, text), TABLES, {})
    last = spark.rsplit("SELECT", 1)[1]
    assert re.findall(r"AS `(\w+)`", last) == [*TABLES["stg_s__t"], "a"]


def test_hashes_may_help_a_query(tmp_path: Path) -> None:
    text = "with a as (select year, hash(token) as k from stg_s__t) select year from a where k in (select k from a)"
    assert "XXHASH64" in to_spark(query_of(tmp_path, text), TABLES, {}).upper()


def test_patterns_of_the_code_lists_are_read_alike(project: Project) -> None:
    patterns = []
    for path in sorted(project.reference.glob("ref_*.csv")):
        with path.open(encoding="utf-8", newline="") as stream:
            patterns += [(path.name, row["pattern"]) for row in csv.DictReader(stream) if row.get("pattern")]
    assert len(patterns) > 20
    assert [(name, text, unlike_pattern(text)) for name, text in patterns if unlike_pattern(text)] == []


@pytest.mark.parametrize("pattern", [r"\p{L}", "(?i)a", "a++", "[a&&b]", "[[:alpha:]]", r"\Qa\E", r"(?<n>a)", r"a\Z"])
def test_patterns_that_are_not_read_alike_are_named(pattern: str) -> None:
    assert unlike_pattern(pattern)


def test_only_types_that_lose_nothing_are_cast() -> None:
    assert fits("int", "bigint")
    assert fits("decimal(38,2)", "decimal(38,2)")
    assert fits("decimal(30,2)", "decimal(38,2)")
    assert fits("void", "string")
    assert not fits("double", "bigint")
    assert not fits("decimal(30,6)", "decimal(38,2)")
    assert not fits("string", "bigint")
    assert not fits("nothing", "bigint")


def test_without_pyspark_the_command_says_how_to_install_it_and_does_nothing(
    empty_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.consolidate.spark.session.find_spec", lambda _name: None)
    monkeypatch.setenv("OBSERVATOIRE_HOME", str(empty_project.root))
    done = CliRunner().invoke(observatoire, ["run", "--engine", "spark"])
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "make spark" in done.stderr
    assert not (empty_project.data / "run.yaml").exists()


def test_without_java_the_command_says_so(empty_project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.consolidate.spark.session.find_spec", lambda _name: object())
    monkeypatch.setenv("JAVA_HOME", str(empty_project.root))
    with pytest.raises(BadInput, match="Java is not installed"):
        require_spark()


def test_the_master_is_this_machine_unless_another_is_named() -> None:
    assert master_of(Settings(edition=2024, threads=3)) == "local[3]"
    assert master_of(Settings(edition=2024, spark_master="spark://host:7077")) == "spark://host:7077"


def test_a_type_spark_has_not_is_said() -> None:
    with pytest.raises(BadInput, match="HUGEINT"):
        spark_type("HUGEINT", "sql/marts/mart_a__b.sql", "n")
