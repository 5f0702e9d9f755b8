"""Where one published figure comes from: its formula, and the chain of SQL, tables, checks and files below it.

The chain is read from the SQL files and from what the run left, never written by hand.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from pipelines.kernel.catalogue import Catalogue, read_catalogue
from pipelines.kernel.column_lineage import Step, column_steps, given_columns
from pipelines.kernel.corrections import read_corrections
from pipelines.kernel.figure_address import figure_page
from pipelines.kernel.flags import LABELS, Flag
from pipelines.kernel.indicators import Indicator, read_indicators
from pipelines.kernel.known import known_folders
from pipelines.kernel.lineage import CAUSES, lineage
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project
from pipelines.kernel.received import RECEIPT
from pipelines.kernel.revisions import WORDS
from pipelines.kernel.sealed import EditionName, named_edition, read_manifest, read_values
from pipelines.kernel.sql import Query, read_queries, tables_below
from pipelines.kernel.store import read_protected, table_path
from pipelines.kernel.yaml_files import load_yaml

SHOWN = 3
"""Files of one dataset that the text shows; a register has two a year."""


@dataclass(frozen=True, slots=True)
class TableFact:
    """One table below a figure: where it lies, how many rows it has, what it was made by, how its checks ended."""

    name: str
    file: str
    rows: int | None
    made_by: str
    checks: dict[str, int]


@dataclass(frozen=True, slots=True)
class FileFact:
    """One input file below a figure."""

    source: str
    title: str
    producer: str
    licence: str
    vintage: str
    file: str
    sha256: str
    origin: str


def explanation(project: Project, key: str, *, as_json: bool) -> str:
    """Return the explanation of `INDICATOR/SCOPE/YEAR` as text or JSON.

    Raises `BadInput` when the key is not of that form, or no such figure was published.
    """
    code, scope, year = _parts(key)
    edition = named_edition(project, key)
    figure = _figure(project, code, scope, year, edition)
    indicator = _indicator(project, code)
    query = read_queries(project, "indicators", f"{indicator.sql_name}.sql")[indicator.sql_name]
    beneath = below(project, query.reads)
    tables = [table_fact(project, name, made_by) for name, made_by in beneath.items()]
    staging = [name for name in beneath if name.startswith("stg_")]
    inputs = files(project, staging, edition)
    steps = _steps(project, query, beneath)
    facts: dict[str, Any] = {
        "key": key.split("@")[0],
        "edition": project.settings().edition if edition is None else str(edition),
        "sealed": None if edition is None else _sealed(project, edition, code, scope, year),
        "label": indicator.label.model_dump(),
        "definition": indicator.definition.model_dump(),
        "formula": _formula(indicator),
        "figure": figure,
        "flag_meaning": LABELS[Flag(figure["flag"])][1],
        "sql": query.shown,
        "tables": [asdict(table) for table in tables],
        "files": [asdict(file) for file in inputs],
        "columns": [asdict(step) for step in steps],
        "corrections": _corrections(project, beneath),
        "protection": _protection(figure),
        "page": f"build/site/{figure_page(code, scope, year)}",
    }
    if as_json:
        return json.dumps(facts, ensure_ascii=False, indent=1, sort_keys=True, default=str)
    return _as_text(facts, tables, inputs, query, steps)


def _parts(key: str) -> tuple[str, str, int]:
    parts = key.split("@")[0].split("/")
    if len(parts) != 3 or not parts[2].isdigit():
        raise BadInput(
            Problem(
                "the command",
                "The key of a figure is INDICATOR/SCOPE/YEAR",
                "Try MOB-OUT-RATE/tarbes/2023, or the address below a figure of the report, such as fig-mob-target; "
                "`observatoire indicators` lists what exists.",
                value=key,
            )
        )
    return parts[0], parts[1], int(parts[2])


def _figure(project: Project, code: str, scope: str, year: int, edition: EditionName | None) -> dict[str, Any]:
    if edition is None and not table_path(project, "pub_values").exists():
        raise BadInput(Problem("data/protected", "Nothing was published yet", "Run `observatoire run`."))
    published = read_protected(project, "pub_values") if edition is None else read_values(project, edition)
    values = published.filter(pl.col("indicator_code") == code)
    match = values.filter((pl.col("scope_code") == scope) & (pl.col("year") == year))
    if match.is_empty():
        have = values.filter(pl.col("scope_code") == scope)["year"].sort().to_list()
        scopes = values["scope_code"].unique().sort().to_list()
        mend = (
            f"Years published there: {', '.join(map(str, have))}."
            if have
            else f"Scopes published for it: {', '.join(scopes)}."
            if scopes
            else "`observatoire indicators` lists what exists, and says why an indicator has no value."
        )
        raise BadInput(Problem("the command", "No such figure was published", mend, value=f"{code}/{scope}/{year}"))
    return match.to_dicts()[0]


def _sealed(project: Project, edition: EditionName, code: str, scope: str, year: int) -> dict[str, Any]:
    """Return what pins a figure of a sealed edition, what it depends on that changed since, and what it is now."""
    manifest = read_manifest(project, edition)
    was, now = manifest["lineage"].get(code, {}), lineage(project, [code]).get(code, {})
    today: dict[str, Any] | None = None
    if table_path(project, "pub_values").exists():
        rows = read_protected(project, "pub_values").filter(
            (pl.col("indicator_code") == code) & (pl.col("scope_code") == scope) & (pl.col("year") == year)
        )
        today = rows.select("value", "flag", "origin").to_dicts()[0] if rows.height else None
    return {
        "sealed_on": manifest["sealed_on"],
        "commit": manifest["commit"],
        "changed_since": [cause for cause in CAUSES if was.get(cause) != now.get(cause)],
        "now": today,
    }


def _indicator(project: Project, code: str) -> Indicator:
    return read_indicators(project)[code]


def below(project: Project, reads: Iterable[str]) -> dict[str, str]:
    """Return every table below those that `reads` names, them included: name → what makes it, nearest first."""
    found: dict[str, str] = {}
    for name, mart in tables_below(reads, read_queries(project, "marts", "mart_*.sql")).items():
        if mart is not None:
            found[name] = mart.shown
        elif name.startswith("ref_"):
            found[name] = f"data/reference/{name}.csv"
        else:
            found[name] = f"data/sources/{name.removeprefix('stg_').split('__')[0]}.yml"
    return found


def _steps(project: Project, query: Query, beneath: dict[str, str]) -> tuple[Step, ...]:
    """Return the lineage of the columns the figure is computed from."""
    columns = {name: _columns_of(project, name) for name in beneath}
    given = given_columns(query, columns)
    wanted = [name for name in ("numerator", "denominator", "value") if name in given]
    return column_steps(query, wanted, read_queries(project, "marts", "mart_*.sql"), columns)


def _columns_of(project: Project, name: str) -> list[str]:
    """Return the columns of a table below; of one this run did not make, those its sidecar declares."""
    if name.startswith("ref_"):
        return pl.read_csv(project.reference / f"{name}.csv", n_rows=0, infer_schema=False).columns
    path = table_path(project, name)
    if path.exists():
        return pl.scan_parquet(path).collect_schema().names()
    source, _, table = name.removeprefix("stg_").partition("__")
    declared = {item.object: item for item in read_catalogue(project)[source].tables}
    return [*declared[table].columns, "origin"]


def _corrections(project: Project, beneath: dict[str, str]) -> list[str]:
    """Return the codes of the corrections declared on a table below."""
    return [item.code for item in read_corrections(project, read_catalogue(project)) if item.table in beneath]


def _protection(figure: dict[str, Any]) -> dict[str, str]:
    """Say what disclosure control did to the figure."""
    if figure["flag"] == Flag.CONFIDENTIAL.value:
        return {
            "fr": "masqué : il porte sur trop peu de personnes, ou permettrait d'en retrouver",
            "en": "hidden: it is about too few people, or would let some be found",
        }
    return {"fr": "publié tel quel par le contrôle", "en": "passed disclosure control unchanged"}


def table_fact(project: Project, name: str, made_by: str) -> TableFact:
    """Return what is known of one table below a figure."""
    if name.startswith("ref_"):
        return TableFact(name, made_by, None, "declared, kept under version control", {})
    path = table_path(project, name)
    rows = pl.scan_parquet(path).select(pl.len()).collect().item() if path.exists() else None
    return TableFact(name, project.shown(path), rows, made_by, _check_counts(project, name))


def _check_counts(project: Project, table: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    for path in sorted(project.quality.glob("*.json")):
        for check in json.loads(path.read_text(encoding="utf-8")).get("checks", []):
            if check["table"] == table:
                counts[check["outcome"]] = counts.get(check["outcome"], 0) + 1
    return dict(sorted(counts.items()))


def files(project: Project, staging: list[str], edition: EditionName | None = None) -> list[FileFact]:
    """Return the input files of the staging tables named, of the vintages that the run's edition knows.

    Of a sealed edition, those that its manifest names, with the hashes they had.
    """
    catalogue = read_catalogue(project)
    received = _received(project, catalogue) if edition is None else read_manifest(project, edition)["inputs"]
    facts = []
    for source_id in sorted({name.removeprefix("stg_").split("__")[0] for name in staging}):
        source = catalogue[source_id]
        for vintage in [item for item in received if item["source"] == source_id]:
            folder = project.raw / source_id / vintage["vintage"]
            for file in vintage["files"]:
                facts.append(
                    FileFact(
                        source=source_id,
                        title=source.title.en,
                        producer=source.producer,
                        licence=source.licence,
                        vintage=vintage["vintage"],
                        file=project.shown(folder / file["file"]),
                        sha256=file["sha256"],
                        origin=vintage["origin"],
                    )
                )
    return facts


def _received(project: Project, catalogue: Catalogue) -> list[dict[str, Any]]:
    """Return the receipts of the vintages that the run's edition knows."""
    folders = [
        folder
        for source in catalogue.sources.values()
        for folder in known_folders(project, source, project.settings().edition)[0]
        if (folder / RECEIPT).exists()
    ]
    return [
        {"source": folder.parent.name, **load_yaml((folder / RECEIPT).read_text(encoding="utf-8"))}
        for folder in folders
    ]


def _formula(indicator: Indicator) -> str:
    if indicator.denominator is None:
        return indicator.numerator.en
    return f"{indicator.numerator.en} ÷ {indicator.denominator.en}"


def _as_text(
    facts: dict[str, Any], tables: list[TableFact], inputs: list[FileFact], query: Query, steps: tuple[Step, ...]
) -> str:
    figure = facts["figure"]
    value = "not published" if figure["value"] is None else f"{figure['value']:.6g}"
    lines = [
        f"{facts['key']}@{facts['edition']}",
        f"  {facts['label']['en']} ({facts['label']['fr']})",
        f"  value       {value}, flag {figure['flag']} ({facts['flag_meaning']}), origin {figure['origin']}",
    ]
    if figure["numerator"] is not None and figure["denominator"] is not None:
        lines.append(f"  computed as {figure['numerator']:g} ÷ {figure['denominator']:g}")
    if facts["sealed"]:
        lines += _sealed_lines(facts["sealed"])
    if figure["interval_low"] is not None:
        lines.append(f"  band        {figure['interval_low']:.6g} to {figure['interval_high']:.6g}")
    lines += [
        f"  page        {facts['page']} (with the drawing of this lineage)",
        f"  formula     {facts['formula']}",
        f"  definition  {facts['definition']['en']}",
        f"  SQL         {query.shown}: {query.what}",
        f"  caveats     {query.caveats}",
        "  tables, nearest first:",
    ]
    lines += table_lines(tables)
    lines.append("  columns, nearest first (joins and filters are in the SQL):")
    lines += [f"    {step.sentence()}" for step in steps]
    lines.append(f"  corrections {', '.join(facts['corrections']) or 'none declared on these tables'}")
    lines.append(f"  protection  {facts['protection']['en']}")
    lines += file_lines(inputs)
    return "\n".join(lines)


def _sealed_lines(sealed: dict[str, Any]) -> list[str]:
    now = sealed["now"]
    value = "no longer published" if now is None else "not published" if now["value"] is None else f"{now['value']:.6g}"
    changed = ", ".join(WORDS[cause][1] for cause in sealed["changed_since"])
    return [
        f"  sealed      on {sealed['sealed_on']}, from commit {sealed['commit']}",
        f"  now         {value}" + (f", flag {now['flag']}" if now else ""),
        "  since       "
        + (
            f"changed: {changed}; SQL, tables and rows below are today's, `git show {sealed['commit'][:12]}:FILE` "
            "gives those of the edition"
            if changed
            else "nothing it depends on changed: SQL and tables below are those of the edition"
        ),
    ]


def table_lines(tables: list[TableFact]) -> list[str]:
    """Return one line a table: rows, what made it, how its checks ended."""
    lines = []
    for table in tables:
        rows = "" if table.rows is None else f", {table.rows} rows"
        checks = ", ".join(f"{count} {outcome}" for outcome, count in table.checks.items())
        lines.append(f"    {table.name}{rows}, made by {table.made_by}" + (f"; checks: {checks}" if checks else ""))
    return lines


def file_lines(inputs: list[FileFact]) -> list[str]:
    """Return the input files by dataset, the first few of each."""
    lines = ["  files:"]
    for source in dict.fromkeys(file.source for file in inputs):
        mine = [file for file in inputs if file.source == source]
        lines.append(f"    {mine[0].title}, {mine[0].producer} ({mine[0].licence}):")
        lines += [f"      {file.file} (sha256 {file.sha256[:16]}…, {file.origin})" for file in mine[:SHOWN]]
        if len(mine) > SHOWN:
            lines.append(f"      … and {len(mine) - SHOWN} more; --json lists them all.")
    return lines
