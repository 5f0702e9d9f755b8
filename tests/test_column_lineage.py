"""What a column is computed from, read from SQL: small queries with known answers, then every indicator."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from pipelines.answers.explain import explanation
from pipelines.kernel.column_lineage import column_steps, given_columns
from pipelines.kernel.project import Project
from pipelines.kernel.sql import read_queries, read_query
from pipelines.kernel.store import table_path
from tests.observatory import measured

HEAD = "-- what: a\n-- grain: year\n-- inputs: x\n-- caveats: none\n"


def project_with(tmp_path: Path, **queries: str) -> Project:
    """Write SQL files: `mart_…` among the marts, the others among the indicators."""
    for name, text in queries.items():
        path = tmp_path / "sql" / ("marts" if name.startswith("mart_") else "indicators") / f"{name}.sql"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(HEAD + text, encoding="utf-8")
    return Project(tmp_path)


def steps_of(project: Project, wanted: list[str], columns: dict[str, list[str]]) -> list[str]:
    query = read_query(project, project.sql / "indicators" / "ind_x.sql")
    return [
        step.sentence() for step in column_steps(query, wanted, read_queries(project, "marts", "mart_*.sql"), columns)
    ]


def test_a_column_is_followed_through_marts_to_staging(tmp_path: Path) -> None:
    project = project_with(
        tmp_path,
        mart_a__b="with f as (select year, sum(part + rest) as whole from stg_s__t group by year) select * from f",
        ind_x="with a as (select * from mart_a__b) select year, whole as value from a",
    )
    assert steps_of(project, ["value"], {"mart_a__b": ["year", "whole"], "stg_s__t": ["year", "part", "rest"]}) == [
        "ind_x.value ← mart_a__b.whole",
        "mart_a__b.whole ← stg_s__t.part, stg_s__t.rest",
    ]


def test_rows_that_are_counted_are_named(tmp_path: Path) -> None:
    project = project_with(tmp_path, ind_x="select year, count(*) as value from stg_s__t group by year")
    assert steps_of(project, ["value"], {"stg_s__t": ["year"]}) == ["ind_x.value ← rows of stg_s__t"]


def test_a_union_by_name_is_followed_by_name(tmp_path: Path) -> None:
    union = "select year, n as value from stg_s__t union all by name select m as value, 2 as other, year from stg_u__v"
    project = project_with(tmp_path, ind_x=f"with both_ as ({union}) select * from both_")
    columns = {"stg_s__t": ["year", "n"], "stg_u__v": ["m", "year"]}
    assert steps_of(project, ["value"], columns) == ["ind_x.value ← stg_s__t.n, stg_u__v.m"]
    query = read_query(project, project.sql / "indicators" / "ind_x.sql")
    assert given_columns(query, columns) == ("year", "value", "other")


def test_a_column_that_is_not_there_is_refused(tmp_path: Path) -> None:
    project = project_with(tmp_path, ind_x="select year from stg_s__t")
    with pytest.raises(ValueError, match="cannot be traced"):
        steps_of(project, ["value"], {"stg_s__t": ["year"]})


def test_every_figure_of_the_project_leads_down_to_a_source() -> None:
    project = measured()
    values = pl.read_parquet(table_path(project, "ind_values"))
    marts = read_queries(project, "marts", "mart_*.sql")
    columns = {name: _columns(project, name) for name in _tables(project)}
    for query in read_queries(project, "indicators", "ind_*.sql").values():
        wanted = [name for name in ("numerator", "denominator", "value") if name in given_columns(query, columns)]
        assert wanted, query.name
        steps = column_steps(query, wanted, marts, columns)
        reached = {table for step in steps for table in (*step.rows, *(table for table, _ in step.sources))}
        assert any(table.startswith("stg_") for table in reached), query.name
    assert values.height


def _tables(project: Project) -> list[str]:
    staged = [path.stem for path in (*project.staging.glob("*.parquet"), *project.marts.glob("*.parquet"))]
    return [*staged, *(path.stem for path in project.reference.glob("ref_*.csv"))]


def _columns(project: Project, name: str) -> list[str]:
    if name.startswith("ref_"):
        return pl.read_csv(project.reference / f"{name}.csv", n_rows=0, infer_schema=False).columns
    return list(pl.read_parquet_schema(table_path(project, name)))


def test_explanation_is_refused_before_anything_is_published(tmp_path: Path) -> None:
    from pipelines.kernel.problems import BadInput

    with pytest.raises(BadInput, match="Nothing was published yet"):
        explanation(Project(tmp_path), "ENR-REG/tarbes/2014", as_json=False)
