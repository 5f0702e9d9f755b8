"""Two checks that every table needs and nobody should have to write in SQL: `freshness` and `coverage`.

They are written as one line of a suite and become checks in SQL while the suite is read: what runs, what is shown and
what is planted in the tests is the query.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from pipelines.check.families import Family
from pipelines.kernel.project import Project

KINDS: tuple[Family, ...] = ("freshness", "coverage")


def written_out(item: Mapping[str, Any], table: str, project: Project) -> dict[str, Any]:
    """Return an expectation as a check in SQL. Raises `ValueError`, in a sentence, when its arguments do not fit."""
    kwargs = item.get("kwargs") or {}
    made = freshness(table, project, kwargs) if item["type"] == "freshness" else coverage(table, kwargs)
    return {**item, "type": "sql", "family": item["type"], "kwargs": made}


def freshness(table: str, project: Project, kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The last year of a staging table is the edition's less the lag that its sidecar promises, or a later one."""
    if kwargs:
        raise ValueError("freshness takes no argument: the lag stands in the sidecar of the source")
    if not table.startswith("stg_"):
        raise ValueError("freshness is asked of a staging table: a mart is as fresh as what it is made of")
    path = project.sources / f"{table.removeprefix('stg_').split('__')[0]}.yml"
    try:
        lag = int((yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("lag", 0))
    except (OSError, ValueError, TypeError, AttributeError, yaml.YAMLError) as error:
        raise ValueError(f"freshness reads the lag of {project.shown(path)}, which cannot be read") from error
    return {
        "query": f"select max(year) as last_year, $edition - {lag:d} as due_year from {table}",
        "expect": "last_year >= due_year",
    }


def coverage(table: str, kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Every year from the first to the last of the table has rows; with `column`, each value of `among` every year."""
    if set(kwargs) not in (set(), {"column", "among"}):
        raise ValueError("coverage takes nothing, or column and among: <list>.<column>")
    years = (
        f"with years as (select unnest(generate_series((select min(year) from {table}), "
        f"(select max(year) from {table}))) as year)"
    )
    if not kwargs:
        return {
            "query": (
                f"{years}\nselect years.year, count(found.year) as rows_found\n"
                f"from years left join {table} as found on years.year = found.year\ngroup by all"
            ),
            "expect": "rows_found > 0",
        }
    column, source = str(kwargs["column"]), str(kwargs["among"])
    if source.count(".") != 1 or not source.replace(".", "").replace("_", "").isalnum() or not column.isidentifier():
        raise ValueError(f"coverage finds its values in <list>.<column>, not in {source}")
    listed, code = source.split(".")
    return {
        "query": (
            f"{years},\nlisted as (select distinct {code} as {column} from {listed} where {code} is not null)\n"
            f"select years.year, listed.{column}, count(found.year) as rows_found\n"
            f"from years cross join listed\n"
            f"left join {table} as found on years.year = found.year and listed.{column} = found.{column}\ngroup by all"
        ),
        "expect": "rows_found > 0",
    }
