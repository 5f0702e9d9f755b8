"""A small observatory whose marts are made up: it goes through protect, audit, publish, render and seal in seconds.

One register of five sites by four specialities over three years. Counts are large primes, so that one that ought to be
hidden is found wherever it is written; in each year a few are small, and others are hidden with them.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import yaml

from pipelines.indicators.figures import VALUES_SCHEMA as SCHEMA
from pipelines.kernel.files import write_json
from pipelines.kernel.project import Project, Settings
from pipelines.kernel.store import table_path
from tests.publish_project import ROOT, made_up

YEARS = (2021, 2022, 2023)
SITES = ("auch", "tarbes", "rodez", "albi", "figeac")
SPECIALITIES = ("gea", "tc", "mmi", "info")
DIPLOMA = "DUT"

SMALLEST = {
    2021: [[7919, 6841, 5641, 4871], [9437, 3, 8093, 7177], [6299, 8467, 2, 5153],
           [9973, 7523, 6607, 5807], [1, 1, 1, 0]],
    2022: [[7927, 6857, 4, 4877], [9439, 8699, 8101, 7187], [6301, 8501, 6113, 5167],
           [3, 7529, 6619, 5813], [1, 0, 2, 1]],
    2023: [[7933, 6863, 5651, 4889], [9461, 8707, 2, 7193], [6311, 4, 6121, 5171],
           [10007, 7537, 6637, 5821], [0, 1, 1, 1]],
}  # fmt: skip
"""Year → sites by specialities, in little. The last site has so few that its total is hidden too."""

COUNTS = {
    year: [[count if count < 5 else count * 100_003 + 31 for count in line] for line in lines]
    for year, lines in SMALLEST.items()
}
"""The same with large counts of nine digits, which nothing else in a file bears by chance, hashes included."""

OTHERS = 900_000_011
"""Students of each cell who are no apprentices."""

POPULATIONS = {
    "populations": {
        name: {"reads": "mart_apprenticeship__register", "sum": f"{name}_count",
               "dims": ["site_code", "diploma_code", "speciality_code"]}
        for name in ("students", "apprentices")
    },
    "relations": [{"whole": "students", "parts": ["apprentices"]}],
    "indicators": {
        "ENR-REG": {"numerator": "students"},
        "APP-COUNT": {"numerator": "apprentices"},
        "APP-SHARE": {"numerator": "apprentices", "denominator": "students"},
    },
    "scopes": {"region": None, "site": "site_code"},
}  # fmt: skip

Counts = dict[int, list[list[int]]]


def observatory(root: Path, counts: Counts = COUNTS, *, threshold: int | None = None) -> tuple[Project, Settings]:
    """Write the project below `root`, ready for `protect`; with `threshold`, that one holds for every source."""
    project, settings = made_up(root, tables=False)
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(ROOT / name, root / name)
    known = {item["table"]: item for item in read_yaml(project.reference / "publications.yml")}
    kept = [known[name] for name in ("pub_values", "pub_apprenticeship__register", "pub_suppression")]
    kept[0] = {name: said for name, said in kept[0].items() if name != "shadows"}
    kept[1] = {**kept[1], "measures": ["students_count", "apprentices_count"],
               "counts": {"students_count": "students", "apprentices_count": "apprentices"}}  # fmt: skip
    write_yaml(project.reference / "publications.yml", kept)
    write_yaml(project.reference / "populations.yml", POPULATIONS)
    if threshold is not None:
        policy = read_yaml(project.reference / "disclosure.yml")
        for rule in (policy["default"], *policy["sources"].values()):
            if rule["rule"] == "threshold":
                rule["threshold"] = threshold
        write_yaml(project.reference / "disclosure.yml", policy)
    for layer in ("staging", "marts"):
        write_json(project.quality / f"{layer}.json", {"layer": layer, "critical_failures": 0, "checks": []})
    write_marts(project, counts)
    return project, settings


def write_marts(project: Project, counts: Counts) -> None:
    """Write the mart, and the indicators that count it by site and in all, with their growth."""
    project.marts.mkdir(exist_ok=True)
    project.indicators.mkdir(exist_ok=True)
    names = ["year", "site_code", "diploma_code", "speciality_code", "apprentices_count", "students_count", "origin"]
    cells = [
        (year, site, DIPLOMA, speciality, counts[year][i][j], counts[year][i][j] + OTHERS, "simulated")
        for year in counts for i, site in enumerate(SITES) for j, speciality in enumerate(SPECIALITIES)
    ]  # fmt: skip
    mart = pl.DataFrame(cells, schema=names, orient="row")
    mart.write_parquet(table_path(project, "mart_apprenticeship__register"))
    summed = [pl.col("apprentices_count", "students_count").sum().cast(pl.Float64)]
    by_site = mart.group_by("year", pl.col("site_code").alias("scope_code")).agg(summed)
    in_all = mart.group_by("year", pl.lit("midi-pyrenees").alias("scope_code")).agg(summed)
    both = pl.concat([
        by_site.select("year", "scope_code", pl.lit("site").alias("scope_level"), pl.col("^.*_count$")),
        in_all.select("year", "scope_code", pl.lit("region").alias("scope_level"), pl.col("^.*_count$")),
    ])  # fmt: skip
    share = pl.col("apprentices_count") / pl.col("students_count")
    values = pl.concat([
        both.with_columns(pl.lit("APP-COUNT").alias("indicator_code"), pl.lit(None, pl.Float64).alias("denominator"),
                          pl.col("apprentices_count").alias("value")),
        both.with_columns(pl.lit("APP-SHARE").alias("indicator_code"), pl.col("students_count").alias("denominator"),
                          share.alias("value")),
        both.with_columns(pl.lit("ENR-REG").alias("indicator_code"), pl.lit(None, pl.Float64).alias("denominator"),
                          pl.col("students_count").alias("value"), pl.col("students_count").alias("apprentices_count")),
    ]).rename({"apprentices_count": "numerator"})  # fmt: skip
    last = pl.col("value").shift(1).over("indicator_code", "scope_code", order_by="year")
    values = values.with_columns(
        (pl.col("value") / last - 1).alias("growth"), pl.lit("S").alias("flag"), pl.lit(value=False).alias("is_break"),
        pl.lit("simulated").alias("origin"),
    )  # fmt: skip
    missing = [pl.lit(None, dtype=kind).alias(name) for name, kind in SCHEMA.items() if name not in values.columns]
    values.with_columns(missing).select(*SCHEMA).sort(
        "indicator_code", "scope_level", "scope_code", "year"
    ).write_parquet(table_path(project, "ind_values"))


def read_yaml(path: Path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def write_yaml(path: Path, content: object) -> None:
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
