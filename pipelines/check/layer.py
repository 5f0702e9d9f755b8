"""One layer, whole: which suites are out of date, what they give, the quality report, and whether the run goes on."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from difflib import get_close_matches
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pipelines.check import record
from pipelines.check.engine import check_table, filled, no_suite
from pipelines.check.outcome import OF_TABLES, Check, NotChecked
from pipelines.check.quarantine import put_aside
from pipelines.check.sqlcheck import failing_outside
from pipelines.check.suites import Layer, Suite, read_suites
from pipelines.check.tables import Tables
from pipelines.check.waivers import TYPE, Held, Waiver, applied, of_layer, read_waivers
from pipelines.kernel.catalogue import read_catalogue
from pipelines.kernel.corrections import CORRECTIONS
from pipelines.kernel.dictionary import read_dictionary
from pipelines.kernel.files import write_json
from pipelines.kernel.freshness import Freshness
from pipelines.kernel.problems import BadInput, CheckFailed, Problem
from pipelines.kernel.project import Project, Settings
from pipelines.kernel.quarantine import quarantine_path
from pipelines.kernel.report import StageReport

LAYERS: tuple[Layer, ...] = ("staging", "marts")


def check_layer(project: Project, settings: Settings, layer: Layer) -> StageReport:
    """Do what `pipelines.check.run` says."""
    suites = read_suites(project, layer)
    waivers = of_layer(read_waivers(project), suites, project)
    day = settings.as_of or date.today()
    folder = project.staging if layer == "staging" else project.marts
    present = {path.stem for path in folder.glob("*.parquet")}
    target = project.quality / f"{layer}.json"
    earlier = _earlier(target)
    freshness = Freshness(project, "check")
    # A mart was made from what staging showed in this edition; checked against the whole of it, it would look short.
    catalogue = read_catalogue(project) if layer == "marts" else None
    checks: list[Check] = []
    not_checked: list[NotChecked] = []
    rows: dict[str, Rows] = {}
    done: list[tuple[str, str]] = []
    with Tables(project, settings, read_dictionary(project), catalogue) as tables:
        if layer == "staging":
            put_aside(project, tables, suites.values(), lambda suite, item: filled(tables, suite, item, settings))
        for name in sorted({*suites, *present}):
            suite = suites.get(name)
            if suite is None:
                checks.append(no_suite(name, layer))
                continue
            fingerprint = _fingerprint(freshness, project, settings, tables, suite)
            # Without its earlier result a suite is out of date, whatever its fingerprint.
            kept = earlier.get(name)
            if kept is not None and not kept.answers(suite):
                kept = None
            if freshness.is_fresh(name, fingerprint if kept else "", [target]) and kept is not None:
                checks += kept.checks
                not_checked += kept.not_checked
                rows[name] = kept.rows
                continue
            found, left = check_table(tables, suite, settings)
            checks += found
            not_checked += left
            if name in present:
                tables.declare([name])
                rows[name] = Rows(tables.rows(tables.whole(name)), *tables.quarantined(name))
            done.append((name, fingerprint))
        checks, held = applied(checks, waivers, day, lambda waiver: _outside(tables, suites, waiver))
        write_json(target, quality(layer, checks, not_checked, rows, held))
        if layer == "marts" or any(check.stops for check in checks):
            record.write(project, settings, day, tables, layer)
    for name, fingerprint in done:
        freshness.remember(name, fingerprint)
    freshness.forget_others(_all_suites(project))
    stopping = [check for check in checks if check.stops]
    if stopping:
        raise CheckFailed("\n".join(check.line("en") for check in stopping))
    # What is only for information is written down and not said aloud.
    told = [check for check in checks if check.outcome == "error" or check.severity != "info"]
    others = [rows[name].line(name, project) for name in rows if rows[name].quarantined]
    others += [_told(check) for check in told if check.outcome != "pass"]
    left_out = [f"{item.table} {item.id}: {item.reason['en']}" for item in not_checked]
    return StageReport(made=tuple(freshness.made), kept=tuple(freshness.kept), notes=tuple(others + left_out))


def _told(check: Check) -> str:
    if check.waiver is None:
        return check.line("en")
    return f"{check.line('en')} Waived by {check.waiver['waived_by']} until {check.waiver['until']}."


def checks_of(project: Project, settings: Settings, layer: Layer, tables: Collection[str]) -> list[dict[str, Any]]:
    """Do what `pipelines.check.results` says."""
    known = sorted({*_all_suites(project), *(path.stem for path in project.data.glob("*/*.parquet"))})
    unknown = [name for name in tables if name not in known]
    if unknown:
        raise BadInput(
            Problem(
                "expectations",
                "No suite bears this name",
                f"The closest is {(get_close_matches(name, known, 1, 0.3) or known)[0]}."
                if known
                else "Restore the folder with `git checkout -- expectations`.",
                value=name,
            )
            for name in unknown
        )
    # The critical ones are in the list that is returned: the caller says them in its own way.
    with contextlib.suppress(CheckFailed):
        check_layer(project, settings, layer)
    rows: list[dict[str, Any]] = json.loads((project.quality / f"{layer}.json").read_text(encoding="utf-8"))["checks"]
    return [row for row in rows if not tables or row["table"] in tables]


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a table: all of them, those put aside, and check → how many of these break it."""

    count: int = 0
    quarantined: int = 0
    quarantined_by: dict[str, int] = field(default_factory=dict)

    def line(self, table: str, project: Project) -> str:
        """Return the reconciliation in one line: in, put aside and why, kept."""
        why = ", ".join(f"{check}: {count}" for check, count in self.quarantined_by.items())
        return (
            f"{table}: of {self.count} rows, {self.quarantined} are in quarantine ({why}; "
            f"{project.shown(quarantine_path(project, table))}) and {self.count - self.quarantined} are kept."
        )


def quality(
    layer: Layer,
    checks: list[Check],
    not_checked: list[NotChecked],
    rows: dict[str, Rows],
    waivers: Sequence[Held] = (),
) -> dict[str, Any]:
    """Return the quality report of a layer, as it is written to JSON. It holds no day: only what came of the waivers.

    `tables` has one entry per table checked: of its `rows` some are `kept`, the others `quarantined` (`null` for a
    table that does not exist); `waived` are among `fail`. `critical_failures`, `warnings` and `errors` count the
    checks that stop the run, those that go to the list, and those without an answer (whatever their severity);
    `waived` the failures that somebody answers for, which are in none of the three.
    """
    names = sorted({check.table for check in checks})
    return {
        "layer": layer,
        "tables": [
            {
                "table": name,
                **_rows_of(rows.get(name)),
                **{
                    outcome: sum(check.table == name and check.outcome == outcome for check in checks)
                    for outcome in ("pass", "fail", "error")
                },
                "waived": sum(check.table == name and check.waived for check in checks),
            }
            for name in names
        ],
        "critical_failures": sum(check.stops for check in checks),
        "warnings": sum(
            check.severity == "warning" and check.outcome == "fail" and not check.waived for check in checks
        ),
        "infos": sum(check.severity == "info" and check.outcome == "fail" for check in checks),
        "waived": sum(check.waived for check in checks),
        "errors": sum(check.outcome == "error" for check in checks),
        "checks": [check.content() for check in checks],
        "not_checked": [asdict(item) for item in not_checked],
        "waivers": [item.content() for item in waivers],
    }


def _rows_of(rows: Rows | None) -> dict[str, Any]:
    if rows is None:
        return {"rows": None, "kept": None, "quarantined": None, "quarantined_by": {}}
    return {
        "rows": rows.count,
        "kept": rows.count - rows.quarantined,
        "quarantined": rows.quarantined,
        "quarantined_by": rows.quarantined_by,
    }


class _Kept:
    """What an earlier run found on one table."""

    def __init__(self) -> None:
        self.checks: list[Check] = []
        self.not_checked: list[NotChecked] = []
        self.rows = Rows()

    def answers(self, suite: Suite) -> bool:
        """Say whether every expectation of the suite has its result here, or the table as a whole has one."""
        found = [*(check.id for check in self.checks), *(item.id for item in self.not_checked)]
        return sorted(found) == sorted(item.id for item in suite.expectations) or (
            len(found) == 1 and found[0] in OF_TABLES
        )


def _earlier(path: Path) -> dict[str, _Kept]:
    """Read the results of the run before; a report that cannot be read is as good as none: everything runs again."""
    kept: dict[str, _Kept] = {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        for row in content["checks"]:
            if row["type"] == TYPE:  # an expired waiver: judged anew at every run
                continue
            kept.setdefault(row["table"], _Kept()).checks.append(Check(**row))
        for row in content["not_checked"]:
            kept.setdefault(row["table"], _Kept()).not_checked.append(NotChecked(**row))
        for row in content["tables"]:
            kept[row["table"]].rows = Rows(row["rows"] or 0, row["quarantined"] or 0, row["quarantined_by"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return kept


def _fingerprint(freshness: Freshness, project: Project, settings: Settings, tables: Tables, suite: Suite) -> str:
    facts: dict[str, object] = {"great-expectations": version("great-expectations")}
    if suite.depends_on_edition or suite.layer == "marts":
        facts["edition"] = settings.edition
    if suite.layer == "marts":
        facts["observed_only"] = settings.observed_only
    inputs = [
        tables.path(suite.table),
        project.expectations / suite.layer / f"{suite.table}.yml",
        project.reference / "dictionary",
        *([_sidecar_of(project, suite.table)] if suite.reads_sidecar else []),
        *(_sidecar_of(project, name) for name in (suite.tables_read if suite.layer == "marts" else ())),
        *([project.reference / CORRECTIONS] if suite.layer == "marts" else []),
        *(tables.path(name) for name in suite.tables_read),
        *(quarantine_path(project, name) for name in (suite.table, *suite.tables_read)),
    ]
    return freshness.fingerprint(inputs, facts)


def _outside(tables: Tables, suites: Mapping[str, Suite], waiver: Waiver) -> int:
    """Count the failing rows that a waiver does not name, whether its check was run now or in an earlier run."""
    suite = suites[waiver.table]
    item = next(item for item in suite.expectations if item.id == waiver.check)
    tables.declare([waiver.table, *(name for name in suite.tables_read if tables.path(name).exists())])
    relation = tables.whole(waiver.table) if item.quarantine else waiver.table
    return failing_outside(tables, item.kwargs, waiver.only, relation)


def _all_suites(project: Project) -> list[str]:
    """Both layers share one file of fingerprints: neither forgets the other's."""
    return [path.stem for layer in LAYERS for path in (project.expectations / layer).glob("*.yml")]


def _sidecar_of(project: Project, table: str) -> Path:
    """The lag of a source decides what a mart was made from; other tables have no sidecar and cost nothing here."""
    return project.sources / f"{table.removeprefix('stg_').split('__')[0]}.yml"
