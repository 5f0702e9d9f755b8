"""A whole project in a temporary folder, run up to the indicators: what the tests of marts and figures look at."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from pipelines import acquire, consolidate, indicators, simulate, stage
from pipelines.kernel.project import Project, Settings
from pipelines.kernel.store import table_path
from tests.brands import lay_brand
from tests.shared import once

ROOT = Path(__file__).resolve().parent.parent
SMALL = {"students": 900, "simulate_from": 2010, "simulate_to": 2014}


def copy_of_the_project(target: Path) -> Project:
    """Copy what a fresh clone holds and the stages read."""
    target.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "params.yaml", target)
    shutil.copytree(ROOT / "sql", target / "sql")
    for folder in ("sources", "reference", "baseline"):
        shutil.copytree(ROOT / "data" / folder, target / "data" / folder)
    lay_brand(target)
    return Project(target)


@cache
def staged() -> Project:
    """Return a project whose staging tables are made, of few students. Read only: all test processes share it."""
    return Project(once("staged", _stage))


def _stage(folder: Path) -> None:
    project = copy_of_the_project(folder)
    settings = project.settings().model_copy(update=SMALL)
    for module in (simulate, acquire, stage):
        module.run(project, settings)


@cache
def measured(edition: int = 2024, observed_only: bool = False) -> Project:
    """Return a project with marts and indicators of that run. Read only: all test processes share it."""
    asked = {"edition": edition, "observed_only": observed_only, **SMALL}

    def measure(folder: Path) -> None:
        project = copy_of_staged(folder)
        run_figures(project, project.settings().model_copy(update=asked))

    return Project(once(f"measured-{edition}{'-observed' if observed_only else ''}", measure))


def copy_of_staged(target: Path) -> Project:
    """Copy the staged project, to be changed."""
    shutil.copytree(staged().root, target, dirs_exist_ok=True)
    return Project(target)


def run_figures(project: Project, settings: Settings) -> None:
    """Make marts and indicators."""
    consolidate.run(project, settings)
    indicators.run(project, settings)


def rows(project: Project, query: str) -> list[tuple[Any, ...]]:
    """Run SQL on a project's tables, each named in braces: `select * from {mart_enrolment__bac}`."""
    return duckdb.sql(_filled(project, query)).fetchall()


def one(project: Project, query: str) -> Any:
    """Return the single value a query gives."""
    return rows(project, query)[0][0]


def series(project: Project, indicator: str, scope: str = "midi-pyrenees") -> dict[int, Any]:
    """Return year → value of one indicator."""
    return dict(
        rows(
            project,
            "select year, value from {ind_values} "
            f"where indicator_code = '{indicator}' and scope_code = '{scope}' order by year",
        )
    )


def _filled(project: Project, query: str) -> str:
    return query.format_map(_Tables(project))


class _Tables(dict[str, str]):
    def __init__(self, project: Project) -> None:
        super().__init__()
        self.project = project

    def __missing__(self, name: str) -> str:
        return f"read_parquet('{table_path(self.project, name).as_posix()}')"

    def __iter__(self) -> Iterator[str]:
        return iter(())
