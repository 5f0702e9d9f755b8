"""Where a figure or a table of the report comes from: its data file, its series, and the tables and files below them.

The address is the one that stands below it: `fig-mob-target@2024`, or `fig-mob-target@2024.1` of a sealed edition. The
key of a sentence (`enr.dut.but.tarbes.last`) is an address too.
"""

from __future__ import annotations

import difflib
import json
from dataclasses import asdict
from typing import Any

import polars as pl
import yaml

from pipelines.answers.explain import TableFact, below, file_lines, files, table_fact, table_lines
from pipelines.kernel.indicators import read_indicators
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project
from pipelines.kernel.sealed import named_edition, read_addresses, read_manifest
from pipelines.kernel.sql import read_queries
from pipelines.kernel.store import read_protected, table_path

SEALED = "edition {edition}, on {sealed_on}, from commit {commit}; tables and files below are those of today's run"


def is_shown(key: str) -> bool:
    """Say whether a key is the address of a figure or table, or the key of a sentence, and not of a value."""
    return "/" not in key.split("@")[0]


def shown_explanation(project: Project, key: str, *, as_json: bool) -> str:
    """Return what stands behind a figure or table of the report, as text or JSON.

    Raises `BadInput` when no report was published, when nothing in it has this address, or when the address names
    another edition than the one at hand.
    """
    item, edition, sealed = _item(project, key)
    series = [_series(project, entry) for entry in item["of"] if is_series(entry)]
    reads = _reads(project, item["of"])
    beneath = below(project, reads)
    tables = [table_fact(project, name, made_by) for name, made_by in beneath.items()]
    inputs = files(project, [name for name in beneath if name.startswith("stg_")])
    declared = [entry for entry in item["of"] if entry.startswith(("data/", "pipelines/"))]
    published = [_published(project, entry) for entry in item["of"] if entry.startswith("pub_")]
    facts: dict[str, Any] = {
        "address": f"{key.split('@')[0]}@{edition}",
        **item,
        "series": series,
        "published": [asdict(table) for table in published],
        "declared": declared,
        "tables": [asdict(table) for table in tables],
        "files": [asdict(file) for file in inputs],
        "sealed": sealed,
    }
    if as_json:
        return json.dumps(facts, ensure_ascii=False, indent=1, sort_keys=True, default=str)
    lines = [facts["address"], f"  {item['title']}"]
    if item.get("reason"):
        return "\n".join([*lines, f"  not drawn: {item['reason']}"])
    if item.get("measure"):
        lines.append(f"  measure     {item['measure']}")
    if item.get("note"):
        lines.append(f"  note        {item['note']}")
    if item.get("data"):
        lines.append(f"  data        {item['data']}, {item['rows']} rows" + (", simulated in part" * item["simulated"]))
    if sealed:
        lines.append(f"  sealed      {SEALED.format(**sealed)}")
    for one in series:
        lines.append(f"  series      {one['key']}: {one['label']}, {one['years']}; explain {one['last']} for its SQL")
    if published:
        lines.append("  published tables:")
        lines += table_lines(published)
    lines += [f"  declared in {path}" for path in declared]
    if tables:
        lines.append("  tables below, nearest first:")
        lines += table_lines(tables)
    return "\n".join([*lines, *(file_lines(inputs) if inputs else [])])


def is_series(entry: str) -> bool:
    """Say whether an entry of what an item is made of is a series, INDICATOR/SCOPE, and no table or file."""
    return "/" in entry and not entry.startswith(("data/", "pipelines/"))


def _item(project: Project, key: str) -> tuple[dict[str, Any], str, dict[str, str] | None]:
    """Return what an address leads to, the edition it is of, and what pins that edition when it is a sealed one."""
    settings, name = project.settings(), key.partition("@")[0]
    edition = named_edition(project, key)
    if edition is not None:
        listed, manifest = read_addresses(project, edition), read_manifest(project, edition)
        sealed = {"edition": str(edition), "sealed_on": manifest["sealed_on"], "commit": manifest["commit"]}
        return _found(listed, name, key), str(edition), sealed
    path = project.reports / settings.lang / "_generated/addresses.json"
    if not path.is_file():
        raise BadInput(Problem(project.shown(path), "No report was published yet", "Run `observatoire run`."))
    listed = json.loads(path.read_text(encoding="utf-8"))
    return _found(listed, name, key), str(listed["edition"]), None


def _found(listed: dict[str, Any], name: str, key: str) -> dict[str, Any]:
    if name not in listed["items"]:
        close = difflib.get_close_matches(name, listed["items"], n=3, cutoff=0.3)
        mend = f"Did you mean {', '.join(close)}?" if close else "Copy the address that stands below the figure."
        raise BadInput(Problem("the command", "Nothing in the report has this address", mend, value=key))
    item: dict[str, Any] = listed["items"][name]
    return item


def _series(project: Project, entry: str) -> dict[str, Any]:
    code, scope = entry.split("/")[:2]
    indicator = read_indicators(project)[code]
    values = read_protected(project, "pub_values").filter(
        (pl.col("indicator_code") == code) & (pl.col("scope_code") == scope)
    )
    years = values["year"].sort().to_list()
    span = f"{years[0]} to {years[-1]}" if years else "no year"
    return {
        "key": f"{code}/{scope}",
        "label": indicator.label.en,
        "years": span,
        "last": f"{code}/{scope}/{years[-1]}" if years else f"{code}/{scope}",
    }


def _reads(project: Project, of: list[str]) -> list[str]:
    """Return the internal tables and marts that the series and protected tables of an item are made from."""
    entries = yaml.safe_load((project.reference / "publications.yml").read_text(encoding="utf-8"))
    made_from = {entry["table"]: entry.get("reads") for entry in entries}
    indicators, found = read_indicators(project), []
    for entry in of:
        if entry.startswith("pub_"):
            mart = made_from.get(entry)
            found += [mart] if mart and mart.startswith("mart_") else []
        elif is_series(entry):
            name = indicators[entry.split("/")[0]].sql_name
            queries = read_queries(project, "indicators", f"{name}.sql")  # none when nothing measures the indicator
            found += queries[name].reads if name in queries else []
    return list(dict.fromkeys(found))


def _published(project: Project, name: str) -> TableFact:
    path = table_path(project, name)
    rows = pl.scan_parquet(path).select(pl.len()).collect().item() if path.exists() else None
    return TableFact(name, project.shown(path), rows, "protect, from what data/reference/publications.yml allows", {})
