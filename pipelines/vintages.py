"""`observatoire add`: a file is tried out, compared with what was known before, and taken in, or nothing changes.

Stages may not call each other; this is where the trial of *stage*, the comparison and the taking in of *acquire* meet.
"""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from pipelines.acquire.add import AddedVintage, Candidate, add_file
from pipelines.compare.figures import compare_figures
from pipelines.compare.rules import Rules
from pipelines.compare.tables import compare_table
from pipelines.kernel.catalogue import Source
from pipelines.kernel.comparison import SEVERITIES, Change, Comparison, TableComparison, read_thresholds
from pipelines.kernel.disclosure import read_policy
from pipelines.kernel.files import write_parquet
from pipelines.kernel.project import Project
from pipelines.kernel.received import Fetched
from pipelines.kernel.reference import read_reference
from pipelines.recount import Recount, Recounting
from pipelines.stage.before import read_register, register_standing, standing, within_perimeter
from pipelines.stage.staging import Tables
from pipelines.stage.trial import try_out


def add_vintage(
    project: Project,
    source_id: str,
    path: Path,
    *,
    accept: str | None = None,
    dry_run: bool = False,
    fetched: Fetched | None = None,
    published: int | None = None,
) -> AddedVintage:
    """Try a file out, compare it, and take it in. Raises as `pipelines.acquire.add.add_file` does."""
    return add_file(
        project,
        source_id,
        path,
        try_out,
        compare,
        accept=accept,
        dry_run=dry_run,
        fetched=fetched,
        published=published,
    )


def compare(project: Project, source: Source, candidate: Candidate) -> Comparison:
    """Compare a candidate with what was taken in of its source before.

    Raises `BadInput` when what is needed for it (thresholds, perimeter, reference, SQL) is at fault.
    """
    project.data.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".compare-", dir=project.data) as name:
        if source.personal:
            return _of_register(project, source, candidate, Path(name))
        return _of_figures(project, source, candidate, Path(name))


def lines_of(comparison: Comparison) -> list[str]:
    """Return the comparison as lines: what it was made against, then the changes, the gravest first."""
    if not comparison.against:
        return [f"Nothing was known of {comparison.source} before: there is no vintage to compare with."]
    lines = [f"Compared with {', '.join(comparison.against)} of {comparison.source}, within the perimeter:"]
    lines += [f"  {_described(table)}" for table in comparison.tables]
    told = f"{comparison.figures_moved} of {comparison.figures_compared} figures of the indicators move."
    lines += [f"  {told}" if comparison.figures_compared else "  No indicator depends on it yet."]
    lines += [f"  {change.line()}" for change in comparison.changes]
    return lines


def as_json(comparison: Comparison | None, added: AddedVintage | None) -> str:
    """Return the comparison as JSON, with `verdict`: taken, same (nothing to compare), dry_run or refused."""
    found = {} if comparison is None else comparison.model_dump(mode="json")
    content = {"verdict": "refused" if added is None else added.verdict, **found}
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True)


def _described(table: TableComparison) -> str:
    parts = [table.table]
    for word, years in (("compared", table.years_common), ("new", table.years_new), ("kept", table.years_kept)):
        if years:
            parts.append(f"years {word} {_span(years)}")
    if table.rows_before is not None and table.rows_after is not None:
        parts.append(f"{table.rows_before:,} → {table.rows_after:,} rows")
    if table.keys_same is not None:
        parts.append(
            f"{table.keys_same:,} the same, {table.keys_changed:,} changed, {table.keys_added:,} added, "
            f"{table.keys_removed:,} removed"
        )
    return "; ".join(parts) + "."


def _span(years: tuple[int, ...]) -> str:
    is_whole = len(years) > 2 and years == tuple(range(years[0], years[-1] + 1))
    return f"{years[0]}-{years[-1]}" if is_whole else ", ".join(map(str, years))


def _of_figures(project: Project, source: Source, candidate: Candidate, folder: Path) -> Comparison:
    sides = standing(project, source, candidate.tables, candidate.layout, candidate.vintage)
    if sides is None:
        return Comparison(source=source.id, vintage=candidate.vintage)
    rules = _rules(project, source)
    before, after, given = (
        within_perimeter(project, source, tables) for tables in (sides.before, sides.after, candidate.tables)
    )
    described: list[TableComparison] = []
    changes: list[Change] = []
    for table in source.tables:
        name = table.name(source.id)
        if given[name].is_empty() and candidate.tables[name].height:
            changes.append(_outside(name, candidate.tables[name].height))
            continue
        one, found = compare_table(name, table, before[name], after[name], given[name], rules)
        described.append(one.model_copy(update={"rows_given": candidate.tables[name].height}))
        changes += found
    paths = {
        side: {name: folder / side / f"{name}.parquet" for name in tables}
        for side, tables in (("before", sides.before), ("after", sides.after))
    }
    for side, tables in (("before", sides.before), ("after", sides.after)):
        _write(source, tables, paths[side])
    return _finished(
        project, source, candidate, sides.against, described, changes, paths["before"], paths["after"], folder, rules
    )


def _of_register(project: Project, source: Source, candidate: Candidate, folder: Path) -> Comparison:
    (tokens,) = candidate.files
    sides = register_standing(project, source, tokens, candidate.vintage, folder, project.settings().threads)
    if sides is None:
        return Comparison(source=source.id, vintage=candidate.vintage)
    against, before, after = sides
    rules = _rules(project, source)
    table = source.tables[0]
    name = table.name(source.id)
    described, changes = compare_table(
        name, table, read_register(before), read_register(after), read_register(tokens), rules
    )
    return _finished(
        project, source, candidate, against, [described], changes, {name: before}, {name: after}, folder, rules
    )


def _finished(
    project: Project,
    source: Source,
    candidate: Candidate,
    against: tuple[str, ...],
    tables: list[TableComparison],
    changes: list[Change],
    before: dict[str, Path],
    after: dict[str, Path],
    folder: Path,
    rules: Rules,
) -> Comparison:
    """Add the figures that would move. A structural change makes them meaningless, so they are then left out."""
    compared = moved = 0
    if not any(change.severity == "structural" for change in changes):
        recounting = Recounting(project, source, folder)
        old, now = recounting.count("old", before), recounting.count("new", after)
        compared, moved, found = compare_figures(recounting.indicators, old.figures, now.figures, rules)
        impossible = {code: text for code, text in now.impossible.items() if code not in old.impossible}
        changes += [change for change in found if change.subject not in impossible]
        changes += _stopping(Recount({}, impossible, tuple(sorted(set(now.corrections) - set(old.corrections)))), rules)
    return Comparison(
        source=source.id,
        vintage=candidate.vintage,
        against=against,
        tables=tuple(tables),
        figures_compared=compared,
        figures_moved=moved,
        changes=tuple(sorted(changes, key=lambda change: SEVERITIES.index(change.severity))),
    )


def _outside(name: str, rows: int) -> Change:
    text = f"none of the {rows:,} rows of the file lies within the observatory's perimeter."
    return Change(severity="structural", kind="perimeter", table=name, subject="rows", message=text)


def _stopping(recount: Recount, rules: Rules) -> list[Change]:
    """Return what would stop the next run: impossible figures, corrections whose fault is gone."""
    impossible = [
        Change(
            severity="critical",
            kind="figure",
            table="",
            subject=code,
            message="could not be computed, and the next run would stop" + (f": {text}" if not rules.least else "."),
        )
        for code, text in recount.impossible.items()
    ]
    outdated = [
        Change(
            severity="warning",
            kind="correction",
            table="",
            subject="corrections",
            message=f"the next run would stop: {text}",
        )
        for text in recount.corrections
    ]
    return [*impossible, *outdated]


def _write(source: Source, tables: Tables, paths: dict[str, Path]) -> None:
    for table in source.tables:
        name = table.name(source.id)
        write_parquet(paths[name], tables[name], table.grain)


def _rules(project: Project, source: Source) -> Rules:
    limits = read_thresholds(project)
    return Rules(
        limits=limits,
        least=read_policy(project).threshold([source.id]) if source.personal else 0,
        scopes=_scopes(project),
        gone=limits.may_be_gone(source.id),
    )


def _scopes(project: Project) -> dict[str, str]:
    """Return every code by which a source may name a site, an establishment or a département of ours → whose it is."""
    reference = read_reference(project)
    return {
        **{row.territory_code: row.territory_label for row in reference.territory_rows if row.is_in_region},
        **{row.identifier: row.establishment_code for row in reference.identities},
        **{row.uai: row.site_code for row in reference.site_uais},
        **{row.site_code: row.site_code for row in reference.site_rows},
    }
