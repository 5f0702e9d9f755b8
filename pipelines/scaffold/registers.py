"""A new indicator or a new target: an entry at the end of its register, and the indicator's query."""

from __future__ import annotations

import re
from string import Template
from typing import get_args

from pipelines.kernel.indicators import REGISTRY, Theme, read_indicators
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project
from pipelines.kernel.reference import whole_scope
from pipelines.kernel.sql import read_queries, read_query, tables_below
from pipelines.kernel.targets import read_targets
from pipelines.kernel.yaml_files import FILL_IN
from pipelines.scaffold import Draft, added
from pipelines.scaffold.texts import template

CODE = re.compile(r"[A-Z0-9]+(-[A-Z0-9]+)+")
OBJECTIVES = {"ENR": 1, "OFF": 1, "APP": 2, "EMP": 2, "LLL": 2, "SCH": 3, "RES": 4, "TRF": 5, "MOB": 6}
"""Theme → the objective of the seed that it mostly serves: a proposal."""


def indicator(project: Project, code: str, mart: str, *, is_share: bool) -> list[Draft]:
    """Return the drafts of an indicator drawn from a mart: its entry in the registry, its query.

    Raises `BadInput` when the code is not one or is taken, or when no mart has that name.
    """
    name = f"data/reference/{REGISTRY}"
    theme = code.partition("-")[0]
    if not CODE.fullmatch(code) or theme not in get_args(Theme):
        mend = f"Write THEME-OBJECT in capitals, the theme one of {', '.join(get_args(Theme))}: ENR-HOUSING, say."
        raise BadInput(Problem(name, "This is no code for an indicator", mend, value=code))
    if code in read_indicators(project):
        raise BadInput(Problem(name, "An indicator has this code already", "Choose another.", value=code))
    path = project.sql / "marts" / f"{mart}.sql"
    if not path.exists():
        known = ", ".join(sorted(found.stem for found in path.parent.glob("mart_*.sql")))
        raise BadInput(Problem("sql/marts", "No mart has this name", f"Use one of: {known}.", value=mart))
    marts = read_queries(project, "marts", "mart_*.sql")
    sources = sorted({table.split("__")[0].removeprefix("stg_") for table in tables_below([mart], marts)
                      if table.startswith("stg_")})  # fmt: skip
    entry = Template(template("indicator.yml")).substitute(
        fill=FILL_IN,
        code=code,
        theme=theme,
        unit="share" if is_share else "persons",
        denominator=f'  denominator: {{fr: "{FILL_IN}", en: "{FILL_IN}"}}\n' if is_share else "",
        objective=str(OBJECTIVES.get(theme, 1)),
        sources=", ".join(sources),
        decimals="1" if is_share else "0",
    )
    measure = _measure(read_query(project, path).text) or f"/* {FILL_IN}: a column of {mart} */"
    sql = Template(template("indicator.sql")).substitute(
        fill=FILL_IN,
        mart=mart,
        measure=measure,
        below=f"/* {FILL_IN}: who could have been counted */ null" if is_share else "cast(null as bigint)",
    )
    file = f"ind_{code.lower().replace('-', '_')}.sql"
    return [added(project.reference / REGISTRY, entry), Draft(project.sql / "indicators" / file, sql)]


def target(project: Project, target_id: str, indicator_code: str, edition: int) -> list[Draft]:
    """Return the draft of a target on an indicator: its contract at the end of the register.

    Raises `BadInput` when the id is not one or is taken, or when no indicator has that code.
    """
    name = "data/reference/targets.yml"
    if not re.fullmatch(r"[A-Z0-9]+-[A-Z0-9]+", target_id):
        raise BadInput(
            Problem(name, "This is no id for a target", "Write it like MOB-X2, in capitals.", value=target_id)
        )
    if any(one.id == target_id for one in read_targets(project)):
        raise BadInput(Problem(name, "A target has this id already", "Choose another.", value=target_id))
    indicators = read_indicators(project)
    if indicator_code not in indicators:
        mend = "`observatoire indicators` lists the codes; `observatoire new indicator` begins one."
        raise BadInput(Problem(name, "No indicator has this code", mend, value=indicator_code))
    entry = Template(template("target.yml")).substitute(
        fill=FILL_IN,
        id=target_id,
        scope=whole_scope(project),
        indicator=indicator_code,
        objective=str(indicators[indicator_code].objective or 1),
        deadline=str(edition + 5),
        adopted=str(edition),
    )
    return [added(project.reference / "targets.yml", entry)]


def _measure(sql: str) -> str | None:
    """Return the first count that a query gives, by its name."""
    found = re.findall(r"\b([a-z0-9_]+_count)\b", sql)
    return str(found[0]) if found else None
