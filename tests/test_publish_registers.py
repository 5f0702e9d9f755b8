"""The tables about registers: what they show, what they hide, in both languages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.kernel.project import Project
from pipelines.publish.shelf import Shelf
from pipelines.publish.tables import registers
from tests.publish_project import made_up


def shelf(root: Path, lang: str = "en") -> Shelf:
    project, settings = made_up(root, lang=lang)
    return Shelf(project, settings)


def write(project: Project, name: str, rows: list[dict[str, Any]]) -> None:
    pl.DataFrame(rows, infer_schema_length=None).write_parquet(project.protected / f"{name}.parquet")


def beside(year: int, register: int | None, known: int, flag: str, code: str | None = None) -> dict[str, Any]:
    return {
        "year": year, "establishment_code": "ut1", "diploma_code": "LP", "register_students_count": register,
        "register_students_count_flag": flag, "open_students_count": known, "open_students_count_flag": "A",
        "explanation_code": code, "origin": "observed",
    }  # fmt: skip


@pytest.mark.parametrize(("lang", "cells"), [("en", ("1,081", "1,840", "58.8%")), ("fr", ("1 081", "1 840", "58,8 %"))])
def test_registers_beside_open_figures_in_the_last_year(tmp_path: Path, lang: str, cells: tuple[str, ...]) -> None:
    made = shelf(tmp_path, lang)
    rows = [beside(2022, 7, 9, "A"), beside(2023, 1081, 1840, "A", "lp-whole-ut1")]
    write(made.project, "pub_reconciliation__register", rows)
    table = registers.reconciliation(made)
    (row,) = table.rows
    assert tuple(cell.replace("\u202f", " ") for cell in row[2:5]) == cells
    assert ("Rodez" in row[5], "2023" in table.caption, table.simulated) == (True, True, False)


def test_a_hidden_count_shows_neither_itself_nor_its_coverage(tmp_path: Path) -> None:
    made = shelf(tmp_path)
    write(made.project, "pub_reconciliation__register", [beside(2023, None, 184, "c")])
    (row,) = registers.reconciliation(made).rows
    assert row[2:] == ("confidential", "184", "–", "–")


def test_linkage_shows_each_register_s_own_last_year(tmp_path: Path) -> None:
    made = shelf(tmp_path)
    common = {"rows_count_flag": "S", "linked_count_flag": "S", "origin": "simulated"}
    rows = [
        {"year": 2021, "source_id": "survey", "rows_count": 200, "linked_count": 150, "orphans_count": 50,
         "orphans_count_flag": "S", **common},
        {"year": 2023, "source_id": "crous", "rows_count": 100, "linked_count": None, "orphans_count": None,
         "orphans_count_flag": "c", **common},
        {"year": 2022, "source_id": "crous", "rows_count": 100, "linked_count": 90, "orphans_count": 10,
         "orphans_count_flag": "S", **common},
    ]  # fmt: skip
    write(made.project, "pub_linkage__register", rows)
    table = registers.linkage(made)
    assert [row[1:] for row in table.rows] == [
        ("2023", "100", "confidential", "–"),
        ("2021", "200", "50", "75.0%"),
    ]
    assert table.simulated
    assert "(simulated)" in table.markdown()


@pytest.mark.parametrize(("lang", "said"), [("en", "value replaced"), ("fr", "valeur remplacée")])
def test_corrections_show_what_was_declared_and_no_row(tmp_path: Path, lang: str, said: str) -> None:
    made = shelf(tmp_path, lang)
    item = {
        "code": "COR-001", "table": "stg_apb__entrants", "years": [2016, 2016], "action": "override",
        "column": "capacity_count", "value": 56, "reason": {"fr": "Un zéro de trop.", "en": "One nought too many."},
        "reported_on": "2026-11-23", "reported_to": "x", "state": "reported", "keys": ["uai"], "rows": 1,
    }  # fmt: skip
    path = made.project.quality / "corrections.json"
    path.write_text(json.dumps({"layer": "corrections", "corrections": [item]}), encoding="utf-8")
    (row,) = registers.corrections(made).rows
    assert row[:4] == ("`COR-001`", "`stg_apb__entrants`, `capacity_count`", "2016", said)
    assert "56" not in " ".join(row)
    assert registers.corrections(shelf(tmp_path / "other")).rows == ()


def test_without_registers_the_tables_say_so(tmp_path: Path) -> None:
    made = shelf(tmp_path)
    for table in (registers.reconciliation(made), registers.linkage(made), registers.corrections(made)):
        assert "No row for this edition." in table.markdown()
