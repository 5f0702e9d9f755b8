"""Rules that hold between reference tables: known codes, windows that do not overlap, parents that exist."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pipelines.kernel.problems import Problem
from pipelines.kernel.reference.files import Table

KEYS: tuple[tuple[str, str, str, str], ...] = (
    ("ref_site", "establishment_code", "ref_establishment", "establishment_code"),
    ("ref_site", "departement_code", "ref_territory", "territory_code"),
    ("ref_site_uai", "site_code", "ref_site", "site_code"),
    ("ref_establishment_label", "establishment_code", "ref_establishment", "establishment_code"),
    ("ref_identity", "establishment_code", "ref_establishment", "establishment_code"),
    ("ref_perimeter", "establishment_code", "ref_establishment", "establishment_code"),
    ("ref_perimeter", "site_code", "ref_site", "site_code"),
    ("ref_perimeter", "diploma_code", "ref_diploma", "diploma_code"),
    ("ref_diploma_label", "diploma_code", "ref_diploma", "diploma_code"),
    ("ref_explained_difference", "establishment_code", "ref_establishment", "establishment_code"),
    ("ref_explained_difference", "diploma_code", "ref_diploma", "diploma_code"),
    ("ref_speciality", "field_code", "platforms", "field_code"),
    ("ref_speciality", "successor_code", "ref_speciality", "speciality_code"),
    ("ref_speciality_label", "speciality_code", "ref_speciality", "speciality_code"),
    ("ref_bts_field", "field_code", "platforms", "field_code"),
    ("ref_sector", "field_code", "platforms", "field_code"),
    ("ref_sector", "part_of_field_code", "platforms", "field_code"),
    ("actions", "owners", "owners", "code"),
    ("actions", "objective", "objectives", "number"),
    ("actions", "parent", "actions", "id"),
    ("seed_figures", "objective", "objectives", "number"),
    ("platforms", "specialities", "ref_speciality", "speciality_code"),
    ("platforms", "sites", "ref_site", "site_code"),
    ("platforms", "planned_sites", "ref_site", "site_code"),
    ("platforms", "themes", "platform_themes", "number"),
    ("site_priorities", "site_code", "ref_site", "site_code"),
)
"""Table, column → the table and column where its values must stand."""

WINDOWS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("ref_identity", ("scheme", "identifier"), "An identifier names one establishment at a time"),
    ("ref_perimeter", ("site_code", "diploma_code"), "One establishment at a time carries a diploma on a site"),
    ("ref_establishment_label", ("establishment_code",), "An establishment has one name at a time"),
    ("ref_explained_difference", ("establishment_code", "diploma_code"), "A difference has one explanation a year"),
)
"""Table, columns → why two rows that share them may not hold on the same day."""


def check(tables: Mapping[str, Table[Any]]) -> Iterator[Problem]:
    """Yield every breach of a rule between tables. Tables that could not be read are left out: that is said already."""
    for name, column, target, target_column in KEYS:
        if name in tables and target in tables:
            yield from _unknown_codes(tables[name], column, tables[target], target_column)
    for name, columns, rule in WINDOWS:
        if name in tables:
            yield from _overlaps(tables[name], columns, rule)
    if "ref_region" in tables:
        yield from one_region(tables["ref_region"])
    if {"ref_site", "ref_site_uai"} <= set(tables):
        yield from _main_uai(tables["ref_site"], tables["ref_site_uai"])
    if "ref_speciality" in tables:
        yield from _successors(tables["ref_speciality"])
    if {"ref_break", "ref_region", "ref_site", "ref_establishment", "ref_territory"} <= set(tables):
        yield from _break_scopes(tables)
    if "actions" in tables:
        yield from _actions(tables["actions"])


def _values(table: Table[Any], column: str) -> set[Any]:
    return {getattr(line.row, column) for line in table.lines}


def _unknown_codes(table: Table[Any], column: str, target: Table[Any], target_column: str) -> Iterator[Problem]:
    known = _values(target, target_column)
    for line in table.lines:
        value = getattr(line.row, column)
        for code in value if isinstance(value, tuple) else (value,):
            if code is not None and code not in known:
                yield Problem(
                    table.file,
                    f"The code does not stand in {target.file}",
                    f"Use one of: {', '.join(sorted(map(str, known)))}; or add it there first.",
                    row=line.number,
                    column=column,
                    value=str(code),
                )


def _overlaps(table: Table[Any], columns: Iterable[str], rule: str) -> Iterator[Problem]:
    groups: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
    for line in table.lines:
        key = tuple(getattr(line.row, column) for column in columns)
        for other in groups[key]:
            if line.row.overlaps(other.row):
                first, last = (
                    ("year_from", "year_to")
                    if "year_from" in type(line.row).model_fields
                    else ("valid_from", "valid_to")
                )
                yield Problem(
                    table.file,
                    f"{rule}, and the row holds on days on which row {other.number} holds too",
                    f"Mend {first} or {last} of one of the two.",
                    row=line.number,
                    column=first,
                    value=", ".join(map(str, key)),
                )
        groups[key].append(line)


def _main_uai(sites: Table[Any], uais: Table[Any]) -> Iterator[Problem]:
    main = {line.row.site_code: line.row.uai for line in uais.lines if line.row.role == "main"}
    for line in sites.lines:
        if line.row.uai != main.get(line.row.site_code):
            yield sites.problem(
                line, "uai", f"A site's UAI is that of its main row in {uais.file}", "Make the two agree."
            )


def _successors(table: Table[Any]) -> Iterator[Problem]:
    for line in table.lines:
        successor = line.row.successor_code
        # One step only: a successor that has one itself would have to be followed in every query.
        chained = any(other.row.speciality_code == successor and other.row.successor_code for other in table.lines)
        if successor and (successor == line.row.speciality_code or chained):
            yield table.problem(
                line, "successor_code", "A successor is the name borne today", "Name the last speciality of the chain."
            )


def one_region(table: Table[Any]) -> Iterator[Problem]:
    """Yield every row of the table of the region beyond its first."""
    for line in table.lines[1:]:
        yield table.problem(line, "scope_code", "An observatory is of one region", "Keep one row.")


def _break_scopes(tables: Mapping[str, Table[Any]]) -> Iterator[Problem]:
    region = tables["ref_region"].lines[0].row
    known = {
        region.scope_code,
        region.region_2016_code,
        region.region_2016_label.lower(),
        "FR",
        *_values(tables["ref_site"], "site_code"),
        *_values(tables["ref_establishment"], "establishment_code"),
        *_values(tables["ref_territory"], "territory_code"),
    }
    table = tables["ref_break"]
    for line in table.lines:
        for scope in line.row.scope_codes.split("|"):
            if line.row.scope_codes != "*" and scope not in known:
                yield table.problem(
                    line,
                    "scope_codes",
                    f"No scope is called {scope or 'nothing'}",
                    "Write *, or known codes with | between.",
                )


def _actions(table: Table[Any]) -> Iterator[Problem]:
    objectives = {line.row.id: line.row.objective for line in table.lines}
    for line in table.lines:
        action = line.row
        if int(action.id[1]) != action.objective:
            yield table.problem(
                line, "id", "An action's id begins with its objective", f"Call it A{action.objective}-…"
            )
        if action.parent == action.id or objectives.get(action.parent or action.id) not in (action.objective, None):
            yield table.problem(
                line, "parent", "An action's parent is another action of the same objective", "Name that action."
            )
