"""The patterns of all years: made where a year's system changed, kept where it did not, and never shown more of.

`data/.fingerprints/patterns.json` holds them, internal: which places are hidden, and the hash of the system that each
year's pattern was chosen for.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pipelines.kernel.collecting import seldom_collected
from pipelines.kernel.disclosure import Policy
from pipelines.kernel.files import sha256_of_text, write_json
from pipelines.kernel.freshness import Freshness
from pipelines.kernel.identity import drawing_seed
from pipelines.kernel.ledger import published_editions
from pipelines.kernel.modelled import was_written, write_model
from pipelines.kernel.populations import read_populations
from pipelines.kernel.problems import CheckFailed
from pipelines.kernel.project import Project
from pipelines.kernel.publications import Publication
from pipelines.kernel.sharing import Helpers
from pipelines.kernel.store import table_path
from pipelines.protect.earlier import Edition, best_since, read_editions
from pipelines.protect.growth import Unprotectable
from pipelines.protect.model import Model, build
from pipelines.protect.system import System

WORTH_A_PROCESS = 5_000
"""Cells: with fewer, starting processes takes longer than the work."""

ValueKey = tuple[str, str, str, int]


@dataclass(frozen=True)
class Hidden:
    """What the chosen patterns hide, as tables name it.

    `rows`: public table → column → row keys. `values`: rows of `pub_values`, by indicator, scope level, scope code and
    year. `weighted`: rates shown rounded. `modelled`: indicators about which the patterns decide alone.
    `years`: what `data/quality/protect.json` says of each year; `solved`: the years chosen in this run.
    """

    rows: Mapping[str, Mapping[str, frozenset[str]]]
    values: frozenset[ValueKey]
    weighted: frozenset[str]
    modelled: frozenset[str]
    years: Mapping[str, Mapping[str, float | None]]
    solved: tuple[int, ...]

    def facts(self, table: str) -> dict[str, object]:
        """Return what a public table depends on, for its fingerprint."""
        facts: dict[str, object] = {
            f"hidden {column}": sha256_of_text("\n".join(sorted(rows)))
            for column, rows in self.rows.get(table, {}).items()
        }
        return {**facts, "values": sha256_of_text(repr(sorted(self.values)))}


def hidden_of(project: Project, publications: Mapping[str, Publication], policy: Policy, workers: int = 1) -> Hidden:
    """Return what is hidden, from the patterns kept where nothing they stand on changed.

    `workers`: processes among which years are shared out; what they find does not depend on it.

    Raises `BadInput` as `build` does, and `CheckFailed` when a cell cannot be protected.
    """
    path = _path(project)
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    before = published_editions(project)
    inputs = Freshness(project, "protect").fingerprint(_inputs(project, publications, before))
    if known.get("inputs") == inputs and was_written(project):
        return _told(known, ())
    last = known.get("years", {})
    with Helpers(workers - 1) as helpers:
        if not last and _cells_count(project, publications) >= WORTH_A_PROCESS:
            helpers.start(_ready)  # while the model is built
        return _made(project, publications, policy, inputs, last, before, helpers)


def _made(
    project: Project,
    publications: Mapping[str, Publication],
    policy: Policy,
    inputs: str,
    last: Mapping[str, Mapping[str, object]],
    before: Sequence[Path],
    helpers: Helpers,
) -> Hidden:
    """Make the patterns of the years whose system is not the one that the last pattern was made for, and keep all."""
    model = build(project, publications, policy)
    write_model(project, *model.as_tables())
    editions = read_editions(before)
    seed = drawing_seed(project, simulated=is_simulated(project, publications))
    code = Freshness(project, "protect").fingerprint([], {"rounds": policy.search_rounds})
    fingerprints = {year: _fingerprint(system, editions, code) for year, system in model.systems.items()}
    years: dict[str, dict[str, object]] = {
        str(year): dict(last[str(year)])
        for year, fingerprint in fingerprints.items()
        if last.get(str(year), {}).get("fingerprint") == fingerprint
    }
    solved = [year for year in fingerprints if str(year) not in years]
    task = partial(_chosen, seed=seed, editions=editions, rounds=policy.search_rounds)
    if sum(len(model.systems[year].cells) for year in solved) >= WORTH_A_PROCESS:
        helpers.start(_ready)
    found = helpers.ask(task, [model.systems[year] for year in solved]).answers()
    years |= {str(year): {"fingerprint": fingerprints[year], **one} for year, one in zip(solved, found, strict=True)}
    years = dict(sorted(years.items()))
    content = {"inputs": inputs, "years": years, **_of_values(model, years, project)}
    write_json(_path(project), content)
    return _told(content, tuple(solved))


def _path(project: Project) -> Path:
    return project.fingerprints / "patterns.json"


def _ready() -> None:
    """Do nothing: whoever is asked to has loaded this module."""


def _cells_count(project: Project, publications: Mapping[str, Publication]) -> int:
    """Return about how many cells of registers are published, without reading them."""
    import polars as pl

    return sum(
        len(item.counts) * int(pl.scan_parquet(table_path(project, item.reads)).select(pl.len()).collect().item())
        for item in publications.values()
        if item.counts and item.reads
    )


def _inputs(project: Project, publications: Mapping[str, Publication], before: Iterable[Path]) -> list[Path]:
    names = ("disclosure.yml", "publications.yml", "indicators.yml", "populations.yml", "ref_site.csv")
    tables = {item.reads for item in publications.values() if (item.reads or "").startswith(("mart_", "ind_"))}
    populations = project.reference / "populations.yml"
    if populations.exists():
        tables |= {item.reads for item in read_populations(project).populations.values()}
    return [*(project.reference / name for name in names), *before,
            *(table_path(project, table) for table in sorted(filter(None, tables)))]  # fmt: skip


def is_simulated(project: Project, publications: Mapping[str, Publication]) -> bool:
    """Say whether all counts of registers are simulated: then nobody stands behind them and the seed may be known."""
    import polars as pl

    tables = [item.reads for item in publications.values() if item.counts and item.reads]
    origins: set[str | None] = set()
    for table in tables:
        origins |= set(pl.read_parquet(table_path(project, table), columns=["origin"])["origin"].unique().to_list())
    return origins - {None} <= {"simulated"}  # a row without origin is refused further on


def _fingerprint(system: System, editions: Iterable[Edition], inputs_of_code: str) -> str:
    lines = [inputs_of_code]
    lines += [
        f"{cell.key} {cell.value} {cell.public_elsewhere} {cell.primary} {cell.weight} {cell.threshold} {cell.floor}"
        for cell in system.cells
    ]
    lines += system.relations
    places = {place for cell in system.cells for place in cell.places}
    for edition in editions:
        lines += sorted(f"{place} {value}" for place, value in edition.items() if place in places)
    return sha256_of_text("\n".join(lines))


def _chosen(system: System, seed: bytes, editions: list[Edition], rounds: int) -> dict[str, object]:
    try:
        with seldom_collected():
            chosen = best_since(system, editions, seed, rounds=rounds)
    except Unprotectable as error:
        raise CheckFailed(
            f"{error.key}: nothing that may be hidden keeps this cell from being told, so nothing is published. "
            "Publish its table at a coarser grain (data/reference/publications.yml), or leave it internal."
        ) from error
    gone = [place for cell in system.cells if cell.key in chosen.pattern.hidden for place in cell.places]
    places = sorted({(place.table, place.row, place.column) for place in gone})
    return {
        "hidden": places,
        "cells": sorted(chosen.pattern.hidden),
        "primary": chosen.primary_count,
        "secondary": chosen.secondary_count,
        "cost": round(chosen.cost, 3),
        "gap": None if chosen.gap is None else round(chosen.gap, 6),
    }


def _of_values(model: Model, years: Mapping[str, Mapping[str, object]], project: Project) -> dict[str, object]:
    cells: set[str] = set()
    for year in years.values():
        listed = year["cells"]
        assert isinstance(listed, list)
        cells.update(listed)
    values = sorted(key for key, needed in model.dependents.items() if needed & cells)
    modelled = sorted(read_populations(project).indicators) if model.systems else []
    return {"values": [list(key) for key in values], "weighted": sorted(model.weighted), "modelled": modelled}


def _told(content: Mapping[str, object], solved: tuple[int, ...]) -> Hidden:
    years = content["years"]
    assert isinstance(years, dict)
    rows: dict[str, dict[str, set[str]]] = {}
    listed = content["values"]
    assert isinstance(listed, list)
    values = {(code, level, scope, int(year)) for code, level, scope, year in listed}
    for one in years.values():
        for table, row, column in one["hidden"]:
            if table == "pub_values":
                parts = dict(part.split("=", 1) for part in row.split("|"))
                values.add((parts["indicator_code"], parts["scope_level"], parts["scope_code"], int(parts["year"])))
            rows.setdefault(table, {}).setdefault(column, set()).add(row)
    weighted, modelled = content["weighted"], content["modelled"]
    assert isinstance(weighted, list)
    assert isinstance(modelled, list)
    told = ("primary", "secondary", "cost", "gap")
    return Hidden(
        {table: {column: frozenset(keys) for column, keys in columns.items()} for table, columns in rows.items()},
        frozenset(values), frozenset(weighted), frozenset(modelled),
        {year: {name: one[name] for name in told} for year, one in years.items()}, solved,
    )  # fmt: skip
