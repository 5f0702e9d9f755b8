"""The stage: read both sides of the door back from the files, attack, write what was found, close on a leak."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isinf
from statistics import median

import numpy as np

from pipelines.audit.attack import Assault, Verdict, intervals
from pipelines.audit.board import Board, board
from pipelines.audit.bounds import with_bounds
from pipelines.audit.editions import memory, read_ledger, rounded_memory
from pipelines.audit.finding import Finding
from pipelines.audit.inherited import inherited
from pipelines.audit.knowledge import Series, read_series, wrongly_flagged, wrongly_shown
from pipelines.audit.modelled import lacking
from pipelines.audit.puzzle import Leak
from pipelines.audit.relations import Relation, relations, with_rests
from pipelines.kernel.audited import digest_of_protected, result_path
from pipelines.kernel.disclosure import read_policy
from pipelines.kernel.files import write_json
from pipelines.kernel.ledger import published_editions
from pipelines.kernel.modelled import read_model, was_written
from pipelines.kernel.problems import CheckFailed
from pipelines.kernel.project import Project
from pipelines.kernel.publications import Publication, read_publications
from pipelines.kernel.report import StageReport
from pipelines.kernel.sharing import Helpers

SAFE = "audit-parts.json"
"""File of marks of parts found safe, in `data/.fingerprints`: they are not solved again while nothing in them moves."""


WORTH_A_PROCESS = 5_000
"""Cells: with fewer, starting processes takes longer than the work."""


@dataclass(frozen=True)
class Result:
    """What one audit found."""

    findings: tuple[Finding, ...]
    laid: Board
    verdict: Verdict
    editions: tuple[str, ...]
    seconds: float


def audit_all(project: Project, workers: int = 1) -> StageReport:
    """Attack what is about to be published. Raises `CheckFailed`, one line per leak, when something can be said."""
    result = attack(project, workers)
    write_json(result_path(project), content(project, result))
    if result.findings:
        raise CheckFailed("\n".join(finding.line() for finding in result.findings))
    hidden = int((result.laid.puzzle.audited & result.laid.puzzle.unknown).sum())
    note = f"{hidden} hidden cells attacked, none can be computed or proved to be under the threshold"
    return StageReport(made=(f"{result.verdict.solved} parts attacked",), notes=(note,))


def attack(project: Project, workers: int = 1) -> Result:
    """Read the files back and attack them, with what every published edition showed.

    `workers`: processes among which the parts are shared out; what is found does not depend on it.
    """
    with Helpers(workers - 1) as helpers:
        return _attack(project, helpers)


def _attack(project: Project, helpers: Helpers) -> Result:
    start = time.monotonic()
    policy, publications = read_policy(project), read_publications(project)
    path = project.fingerprints / SAFE
    safe = frozenset(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else frozenset()
    read = read_series(project, policy, publications)
    if not safe and sum(item.frame.height for item in read) >= WORTH_A_PROCESS:
        helpers.start(_ready)  # while sums are looked for
    series, sums = public_system(read, publications)
    before = published_editions(project)
    ledger = read_ledger(before)
    in_multiples = rounded_memory(series, ledger) if policy.mode == "controlled_rounding" else None
    remembered = in_multiples or memory(series, sums, ledger)
    laid = board(series, sums, remembered)
    assault = Assault(laid.puzzle, safe, helpers)
    others = {*remembered.findings, *of_symbols(series), *of_model(project, series, sums)}
    others |= {*inherited(project, policy, publications)}
    verdict = assault.verdict()
    if policy.mode == "controlled_rounding":
        verdict = verdict.exact_only()  # a multiple of the base says "under" of itself; no single number is told
    if verdict.safe != safe:
        write_json(path, sorted(verdict.safe))
    found = others | {*of_pattern(laid, verdict, bool(before))}
    editions = tuple(path.stem for path in before)
    return Result(tuple(sorted(found)), laid, verdict, editions, time.monotonic() - start)


def _ready() -> None:
    """Do nothing: whoever is asked to has loaded this module."""


def public_system(
    series: Sequence[Series], publications: Mapping[str, Publication]
) -> tuple[list[Series], list[Relation]]:
    """Return all series, rests of parts included, and every relation between their cells."""
    nested = {table: [(pair.part, pair.whole) for pair in item.nested] for table, item in publications.items()}
    nested["pub_values"] = [
        (item.measure, item.measure.replace(".numerator", ".denominator"))
        for item in series
        if item.measure.endswith(".numerator") and item.is_protected
    ]
    rests, wholes = with_rests(series, nested)
    over, bounded = with_bounds([*series, *rests], nested)
    everything = [*series, *rests]
    return [*everything, *over], [*relations(everything), *wholes, *bounded]


def of_symbols(series: Sequence[Series]) -> list[Finding]:
    """Return a finding for each cell with a second symbol, or with a number that is not the true one."""
    found = []
    for item in series:
        if item.is_latent or not item.is_protected:
            continue
        for frame, says in (
            (wrongly_flagged(item), "is empty without the one symbol of a hidden cell, which tells why it is empty"),
            (wrongly_shown(item), "shows a number that is not the true one, or that it says is hidden"),
        ):
            for row in frame.iter_rows(named=True):
                where = " ".join(f"{name}={row[name]}" for name in item.coordinates)
                found.append(Finding(item.table, f"{item.table}.{item.column} {where}", says, "symbol"))
    return found


def of_model(project: Project, series: Sequence[Series], sums: Sequence[Relation]) -> list[Finding]:
    """Return a finding for each sum that the model of `protect` lacks, and one when it left none."""
    if not any(item.is_protected for item in series):
        return []
    if not was_written(project):
        says = "was left by no run of protect, so nobody can say whether it holds every sum that is published"
        return [Finding("", "The model of what is hidden", says, "system")]
    return lacking(series, sums, *read_model(project))


def of_pattern(laid: Board, verdict: Verdict, with_editions: bool) -> list[Finding]:
    """Return a finding for each cell of which something is proved, or that the one who stands in another can compute.

    That such a one bounds a cell is counted, and closes no door: `protect` keeps it from him wherever something can,
    and what is left is his own, such as the two stays that he alone made.
    """
    inside = {cell: leak for proved in verdict.insiders.values() for cell, leak in proved.items() if leak is Leak.EXACT}
    names = laid.named([*verdict.leaks, *inside])
    with_them = ", with what earlier editions showed" if with_editions else ""
    found = [
        Finding(_table(where), where, f"{leak.words}{with_them}", "pattern")
        for cell, leak in verdict.leaks.items()
        for where in names[cell][:1]
    ]
    found += [
        Finding(_table(where), where, f"{leak.words} by somebody alone in another hidden cell", "insider")
        for cell, leak in inside.items()
        if cell not in verdict.leaks
        for where in names[cell][:1]
    ]
    return found


def content(project: Project, result: Result) -> dict[str, object]:
    """Return `audit.json`: counts and coordinates, no value."""
    puzzle = result.laid.puzzle
    attacked = puzzle.audited & puzzle.unknown
    return {
        "protected_sha256": digest_of_protected(project),
        "leaks_count": len(result.findings),
        "leaks_by_audit": dict(sorted(Counter(finding.audit for finding in result.findings).items())),
        "leaks": [
            {"table": finding.table, "audit": finding.audit, "line": finding.line()} for finding in result.findings
        ],
        "cells_count": int(puzzle.value.size),
        "relations_count": int(puzzle.matrix.shape[0]),
        "attacked_count": int(attacked.sum()),
        "small_count": int((attacked & puzzle.small).sum()),
        "bounded_by_insiders_count": len(bounded_by_insiders(result.verdict)),
        "editions": list(result.editions),
        "by_table": tables(result.laid),
    }


def bounded_by_insiders(verdict: Verdict) -> set[int]:
    """Return the cells that somebody alone in another one proves to be under the threshold, without knowing them."""
    return {cell for proved in verdict.insiders.values() for cell, leak in proved.items() if leak is Leak.UNDER}


def tables(laid: Board) -> list[dict[str, object]]:
    """Return for each table of registers how many of its cells are hidden."""
    found: dict[str, list[int]] = {}
    for item in laid.series:
        if item.is_latent or not item.is_protected:
            continue
        counts = found.setdefault(item.table, [0, 0])
        counts[0] += item.frame.height
        counts[1] += int(item.frame["shown"].null_count())
    return [{"table": table, "cells": cells, "hidden": hidden} for table, (cells, hidden) in sorted(found.items())]


def at_worst(laid: Board) -> list[dict[str, object]]:
    """Return for each table how wide the attacker's intervals of its hidden small cells are, at worst and at best.

    A width of none has no bound. No interval is returned with its cell: its ends are near the truth.
    """
    puzzle = laid.puzzle
    small = set(np.flatnonzero(puzzle.audited & puzzle.unknown & puzzle.small).tolist())
    chosen: dict[str, set[int]] = {}
    for item in laid.series:
        cells = set(laid.place[item.frame["cell"].to_numpy()].tolist()) & small
        if cells:
            chosen.setdefault(item.table, set()).update(cells)
    known = intervals(puzzle, set().union(*chosen.values()))
    found: list[dict[str, object]] = []
    for table, cells in sorted(chosen.items()):
        widths = [known[cell][1] - known[cell][0] for cell in cells]
        found.append({"table": table, "small_count": len(cells), "narrowest": _width(min(widths)),
                      "median": _width(median(widths)), "widest": _width(max(widths))})  # fmt: skip
    return found


def _width(width: float) -> int | None:
    return None if isinf(width) else int(width)


def _table(where: str) -> str:
    return where.split(".", 1)[0]
