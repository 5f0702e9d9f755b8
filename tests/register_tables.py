"""Register tables written by hand, and the marts made of them: what the tests of counting rules stand on."""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from pipelines.kernel.catalogue import SQL_TYPES, Source, read_sidecar
from pipelines.kernel.project import Project

ROOT = Path(__file__).resolve().parents[1]
PROJECT = Project(ROOT)
REGISTERS = ("apogee", "crous", "cfa", "relint", "survey")
MARTS = (
    "mart_linkage__number",
    "mart_apprenticeship__student",
    "mart_mobility__stay",
    "mart_linkage__enrolled",
    "mart_student__year",
    "mart_enrolment__register",
    "mart_scholarship__register",
    "mart_apprenticeship__register",
    "mart_mobility__register",
    "mart_success__register",
    "mart_employment__register",
    "mart_linkage__register",
)
WRITTEN = {**SQL_TYPES, "token": "varchar"}
"""Types of the tables of these tests: letters stand for tokens, which rules only compare."""

DEFAULTS: dict[str, dict[str, Any]] = {
    "apogee": {
        "year": 2015,
        "site_code": "tarbes",
        "diploma_code": "DUT",
        "speciality_code": "TC",
        "enrolled_on": date(2015, 7, 10),
        "level_code": "1",
        "regime_code": "FI",
        "bac_code": "G",
        "sex_code": "F",
        "is_principal": True,
        "establishment_code": "ut3",
    },
    "crous": {"year": 2015, "echelon_code": "3", "decided_on": date(2015, 9, 1)},
    "cfa": {"year": 2015, "start_date": date(2015, 9, 7), "end_date": date(2016, 8, 31), "contract_months": 12},
    "relint": {
        "year": 2015,
        "country_code": "ES",
        "kind_code": "placement",
        "programme_code": "erasmus",
        "establishment_code": "ut3",
    },
    "survey": {"year": 2016, "months_after": 18, "has_answered": True, "weight": 1.0, "continues_studies": False},
}
COMMON = {
    "student_token": "a",
    "identity_code": "ine",
    "rows_count": 1,
    "contradictions_count": 0,
    "origin": "simulated",
}


@cache
def sidecar(source: str) -> Source:
    return read_sidecar(PROJECT.sources / f"{source}.yml", PROJECT)


def marts(**rows: list[dict[str, Any]]) -> duckdb.DuckDBPyConnection:
    """Make the register marts from hand-written rows; what a row does not say, `DEFAULTS` says."""
    connection = duckdb.connect()
    for source in REGISTERS:
        table = sidecar(source).tables[0]
        columns = {**{name: WRITTEN[kind] for name, kind in table.columns.items()}, "origin": "varchar"}
        name = table.name(source)
        connection.execute(f"create table {name} ({', '.join(f'{key} {kind}' for key, kind in columns.items())})")
        for row in rows.get(source, []):
            full = {**DEFAULTS[source], **COMMON, **row}
            assert set(full) <= set(columns), set(full) - set(columns)
            connection.execute(
                f"insert into {name} ({', '.join(full)}) values ({', '.join('?' * len(full))})", list(full.values())
            )
    make_marts(connection)
    return connection


def make_marts(connection: duckdb.DuckDBPyConnection) -> None:
    for name in MARTS:
        connection.execute(f"create table {name} as {(ROOT / 'sql' / 'marts' / f'{name}.sql').read_text()}")


def records(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    result = connection.execute(query)
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
