"""What offices send becomes the staged rows that were meant, layout by layout; a filled template comes back whole."""

from __future__ import annotations

import shutil
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter
from click.testing import CliRunner

import pipelines.stage
from pipelines.acquire.add import add_file
from pipelines.cli import observatoire
from pipelines.kernel.dictionary import read_dictionary
from pipelines.kernel.identity import KEY, Tokeniser
from pipelines.kernel.problems import BadInput
from pipelines.kernel.project import Project, Settings
from pipelines.kernel.reference import read_reference
from pipelines.kernel.register_files import read_cells
from pipelines.kernel.register_forms import FORMS
from pipelines.kernel.register_layouts import plain, plain_name
from pipelines.kernel.register_lists import reference_lists, reference_names
from pipelines.kernel.store import read_table
from pipelines.stage.trial import try_out
from pipelines.templates.plan import Plan, plan_of
from pipelines.templates.workbook import Row, workbook_of
from tests.brands import LOOK, lay_brand
from tests.register_corpus import make
from tests.register_tables import PROJECT, REGISTERS, sidecar

SECRET = "5ec2e7" * 11


def token(identifier: str) -> bytes:
    return Tokeniser(bytes.fromhex(SECRET)).token(identifier).bytes


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    project = Project(tmp_path / "observatory")
    shutil.copytree(PROJECT.sources, project.sources)
    shutil.copytree(PROJECT.reference, project.reference)
    monkeypatch.setenv(KEY, SECRET)
    return project


def staged(home: Project, source: str, path: Path) -> list[dict[str, Any]]:
    """Take a register in, stage it, return its rows in the order of year, token and what follows in the grain."""
    add_file(home, source, path, try_out)
    pipelines.stage.run(home, Settings(edition=2024))
    (table,) = (path.stem for path in home.staging.glob(f"stg_{source}__*.parquet"))
    return read_table(home, table).to_dicts()


def by_token(rows: list[dict[str, Any]], identifier: str) -> dict[str, Any]:
    (row,) = (row for row in rows if row["student_token"] == token(identifier))
    return row


@pytest.mark.parametrize("source", REGISTERS)
def test_every_layout_gives_every_cell_that_the_form_requires(source: str) -> None:
    form = FORMS[source]
    for vintage in sidecar(source).vintages:
        given = {*vintage.columns, *vintage.constants, *vintage.fill}
        asked = {column for column, cell in form.cells.items() if cell.required} - {"contract_months"}
        assert asked <= given, vintage.id
        assert given & set(form.identifiers), vintage.id
        assert given <= {*form.cells, *form.identifiers}, vintage.id


def test_an_apogee_extract(home: Project, tmp_path: Path) -> None:
    rows = staged(home, "apogee", make("apogee-apogee", tmp_path))
    row = by_token(rows, "7700000001Q")  # ten characters in one column, the key in the next
    assert {name: row[name] for name in ("year", "site_code", "diploma_code", "regime_code", "bac_code")} == {
        "year": 2024,
        "site_code": "tarbes",
        "diploma_code": "DUT",
        "regime_code": "FI",
        "bac_code": "T",
    }
    assert (row["is_principal"], row["enrolled_on"], row["left_on"]) == (True, date(2024, 7, 10), None)
    assert by_token(rows, "7700000003Q")["is_principal"] is False
    assert by_token(rows, "7700000003Q")["bac_code"] == "X"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_an_export_in_utf_8_or_latin_1(home: Project, tmp_path: Path, encoding: str) -> None:
    path = make("cfa-export", tmp_path, {"encoding": encoding})
    assert len(staged(home, "cfa", path)) == 3


def test_a_crous_workbook(home: Project, tmp_path: Path) -> None:
    rows = staged(home, "crous", make("crous-workbook", tmp_path))
    assert {(row["student_token"], row["echelon_code"], row["decided_on"]) for row in rows} == {
        (token("7700000001Q"), "0bis", date(2024, 8, 26)),
        (token("7700000002Q"), "3", date(2024, 9, 12)),
        (token("7700000003Q"), "7", date(2024, 10, 1)),
    }
    assert {row["year"] for row in rows} == {2024}


def test_a_cfa_export_whose_contracts_have_no_length_and_one_no_ine(home: Project, tmp_path: Path) -> None:
    rows = staged(home, "cfa", make("cfa-export", tmp_path))
    assert sorted((row["contract_months"], row["identity_code"]) for row in rows) == [
        (12, "ine"),
        (12, "ine"),
        (24, "none"),
    ]
    assert by_token(rows, "7700000003Q")["employer_commune_code"] == "2A004"
    assert {row["breach_date"] for row in rows} == {None, date(2024, 12, 20)}


def test_a_workbook_of_stays_filled_in_by_hand(home: Project, tmp_path: Path) -> None:
    rows = staged(home, "relint", make("relint-workbook", tmp_path))
    assert {row["identity_code"] for row in rows} == {"number"}
    told = sorted((row["country_code"], row["start_date"], row["kind_code"], row["programme_code"]) for row in rows)
    assert told == [
        ("CA", date(2024, 9, 2), "study", "bilateral"),
        ("CZ", date(2025, 4, 7), "placement", "none"),  # 45754: a date that lost its format
        ("ES", date(2025, 4, 7), "placement", "erasmus"),
    ]


def test_a_survey_export_with_those_who_did_not_answer(home: Project, tmp_path: Path) -> None:
    rows = staged(home, "survey", make("survey-export", tmp_path))
    told = {(row["months_after"], row["has_answered"], row["weight"], row["is_stable"]) for row in rows}
    assert told == {(18, True, 1.25, True), (30, True, 1.5, None), (18, False, 0.0, None)}


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("Allemagne", "DE"), ("ALLEMAGNE", "DE"), ("de", "DE"), ("Germany", "DE"), ("Etats-Unis", "US"),
        ("états unis", "US"), ("USA", "US"), ("Angleterre", "GB"), ("UK", "GB"), ("Royaume Uni", "GB"),
        ("Pays-Bas", "NL"), ("Corée du Sud", "KR"), ("Côte d’Ivoire", "CI"), ("cote d'ivoire", "CI"), ("Namibie", "NA"),
    ],
)  # fmt: skip
def test_a_country_by_any_of_its_names(tmp_path: Path, said: str, code: str) -> None:
    path = make("relint-workbook", tmp_path, {"cells": [[1, "Pays", said]]})
    cells = read_cells(path, path.name, sidecar("relint").vintage("workbook"), reference_names(PROJECT))
    assert cells["country_code"][0].upper() == code


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("ERASMUS", "erasmus"), ("Erasmus + stage", "erasmus"), ("convention Laval", "bilateral"),
        ("Eurorégion P.M.", "euroregion"), ("Erasmus / eurorégion", "euroregion"), ("hors programme", "none"),
        ("-", "none"), ("", "none"), ("bourse du Rotary", "other"),
    ],
)  # fmt: skip
def test_free_names_of_programmes(tmp_path: Path, said: str, code: str) -> None:
    path = make("relint-workbook", tmp_path, {"cells": [[1, "Programme", said]]})
    cells = read_cells(path, path.name, sidecar("relint").vintage("workbook"), reference_names(PROJECT))
    assert cells["programme_code"][0] == code


def test_headers_are_known_with_other_capitals_accents_and_spaces(home: Project, tmp_path: Path) -> None:
    path = make(
        "crous-workbook", tmp_path, {"rename": {"Échelon": " ECHELON ", "Date de décision": "date de  decision"}}
    )
    assert len(staged(home, "crous", path)) == 3


def test_malformed_identifiers_are_no_fault_of_the_file_and_are_counted(home: Project, tmp_path: Path) -> None:
    path = make("crous-extract", tmp_path, {"cells": [[row, "INE", f"abc{row}"] for row in (1, 2, 3)]})
    assert [row["identity_code"] for row in staged(home, "crous", path)] == ["none"] * 3


def test_cells_merged_in_the_title_are_no_fault(home: Project, tmp_path: Path) -> None:
    assert len(staged(home, "relint", make("relint-workbook", tmp_path, {"merge": ["A1:E1"]}))) == 3


def test_dates_of_a_workbook_that_counts_from_1904(home: Project, tmp_path: Path) -> None:
    path = tmp_path / "mac.xlsx"
    with xlsxwriter.Workbook(path, {"date_1904": True}) as book:
        page, look = book.add_worksheet(), book.add_format({"num_format": "dd/mm/yyyy"})
        page.write_row(0, 0, ["Année universitaire", "INE", "Échelon", "Date de décision"])
        page.write_row(1, 0, ["2024", "7700000001Q", "3"])
        page.write_datetime(1, 3, datetime(2024, 9, 2), look)
        page.write_row(2, 0, ["2024", "7700000002Q", "3", 45537 - 1462])  # the same day, its format lost
    assert {row["decided_on"] for row in staged(home, "crous", path)} == {date(2024, 9, 2)}


def test_a_sheet_of_notes_beside_the_rows_is_no_second_sheet(home: Project, tmp_path: Path) -> None:
    assert len(staged(home, "relint", make("relint-workbook", tmp_path, {"notes": True}))) == 3


def test_rows_begin_where_they_begin(home: Project, tmp_path: Path) -> None:
    """Blank lines above and a blank column before: the row that is named is the one the spreadsheet shows."""
    path = tmp_path / "decale.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        page.write_row(4, 2, ["Année universitaire", "INE", "Échelon", "Date de décision"])
        page.write_row(7, 2, ["2024", "7700000001Q", "9", "02/09/2024"])
        page.write_row(8, 2, ["2024", "7700000002Q", "", "02/09/2024"])
        page.write_formula(9, 4, "=NA()", None, "#N/A")
    with pytest.raises(BadInput) as error:
        add_file(home, "crous", path, try_out)
    assert [(problem.row, problem.column) for problem in error.value.problems] == [(10, "Échelon")]


# -- several offices, several times


def test_several_offices_in_one_folder_each_with_its_layout(home: Project, tmp_path: Path) -> None:
    office = tmp_path / "cfa"
    office.mkdir()
    lone = [[1, "INE", "7700000005Q"], [2, "INE", "7700000006Q"]]
    make("cfa-export", office, {"cells": [[2, "INE", "7700000004Q"]]})
    make("cfa-extract", office, {"name": "autre.csv", "cells": [*lone, [3, "COMMUNE_EMPLOYEUR", "2A004"]]})
    added = add_file(home, "cfa", office, try_out)
    assert added.layout == "export, extract"
    assert [path.name for path in home.raw.rglob("*.parquet")] == ["cfa.parquet"]
    pipelines.stage.run(home, Settings(edition=2024))
    rows = read_table(home, "stg_cfa__contract")
    assert rows["rows_count"].sum() == 6
    assert rows["student_token"].n_unique() == 5  # both list the third contract: one row, that counts two


def test_a_fault_in_one_of_several_files_keeps_them_all_out(home: Project, tmp_path: Path) -> None:
    office = tmp_path / "cfa"
    office.mkdir()
    make("cfa-export", office)
    make("cfa-extract", office, {"name": "autre.csv", "cells": [[1, "DATE_FIN", "bientôt"]]})
    with pytest.raises(BadInput, match=r"autre\.csv, row 2"):
        add_file(home, "cfa", office, try_out)
    assert not home.raw.exists()


def test_what_comes_last_holds_whatever_its_layout(home: Project, tmp_path: Path) -> None:
    template = tmp_path / "modele.xlsx"
    template.write_bytes(workbook_of(plan("crous"), LOOK, FILLED["crous"]))
    assert not add_file(home, "crous", template, try_out).replaced
    added = add_file(home, "crous", make("crous-extract", tmp_path), try_out)
    assert (added.vintage, added.layout, added.replaced) == ("extract-2", "extract", (2024,))
    assert "take the place of all rows of 2024" in added.sentence()
    pipelines.stage.run(home, Settings(edition=2024))
    assert read_table(home, "stg_crous__scholarship").height == 3


# -- templates


@cache
def plan(source: str) -> Plan:
    return plan_of(sidecar(source), read_reference(PROJECT), read_dictionary(PROJECT))


INE = "7700000001Q"
SUMMER, SPRING = date(2024, 9, 2), date(2025, 4, 7)

FILLED: dict[str, list[Row]] = {
    "apogee": [
        (2024, INE, "81500001", "0311384L", "tarbes", "BUT", "GMP", 1, "FI", "T", "F", "oui", SUMMER, None),
        (2024, "", "00000002", "0311383K", "blagnac", "LP", "INFO", 3, "FC", "X", "M", "non", SUMMER, SPRING),
    ],
    "crous": [(2024, INE, "0bis", SUMMER), (2024, "7700000002Q", 7, SUMMER)],
    "cfa": [(2024, INE, SUMMER, date(2025, 8, 31), None, "65440")],
    "relint": [(2024, INE, "81500001", "0311384L", "Îles Féroé", SPRING, date(2025, 6, 27), "études", "other")],
    "survey": [(2022, INE, 18, "oui", 1.25, "oui", "oui", "non", "oui", "non")],
}

STAGED: dict[str, dict[str, Any]] = {
    "apogee": {"site_code": "tarbes", "level_code": "1", "is_principal": True, "enrolled_on": SUMMER},
    "crous": {"echelon_code": "0bis", "decided_on": date(2024, 9, 2), "year": 2024},
    "cfa": {
        "end_date": date(2025, 8, 31),
        "breach_date": None,
        "contract_months": 12,
        "employer_commune_code": "65440",
    },
    "relint": {"country_code": "FO", "kind_code": "study", "programme_code": "other", "establishment_code": "ut3"},
    "survey": {"months_after": 18, "has_answered": True, "weight": 1.25, "is_intermediate": False},
}


@pytest.mark.parametrize("source", REGISTERS)
def test_a_template_filled_in_comes_back_whole(home: Project, tmp_path: Path, source: str) -> None:
    path = tmp_path / "rempli.xlsx"
    path.write_bytes(workbook_of(plan(source), LOOK, FILLED[source]))
    rows = staged(home, source, path)
    assert len(rows) == len(FILLED[source])  # the example line is not among them
    row = by_token(rows, "7700000001Q")
    assert {name: row[name] for name in STAGED[source]} == STAGED[source]
    assert {row["origin"] for row in rows} == {"observed"}
    if source == "apogee":
        assert by_token(rows, "ut2j/00000002")["identity_code"] == "number"


@pytest.mark.parametrize("source", REGISTERS)
def test_a_template_is_the_same_bytes_each_time_and_explains_every_column(tmp_path: Path, source: str) -> None:
    first = tmp_path / "modele.xlsx"
    first.write_bytes(workbook_of(plan(source), LOOK))
    assert first.read_bytes() == workbook_of(plan(source), LOOK)
    for field in plan(source).fields:
        assert field.meaning.endswith((".", ")")), field.column
        assert field.rule.endswith("."), field.column
    read_me = pl.read_excel(first, sheet_name="Lisez-moi", engine="calamine", has_header=False, infer_schema_length=0)
    said = " ".join(cell or "" for row in read_me.iter_rows() for cell in row)
    assert f"observatoire add FICHIER --source {source}" in said
    assert all(field.header in said for field in plan(source).fields)


@pytest.mark.parametrize("source", REGISTERS)
def test_every_value_that_a_list_offers_is_accepted(home: Project, source: str) -> None:
    lists, names = reference_lists(home), reference_names(home)
    for field in plan(source).fields:
        if not field.choices:
            continue
        cell = FORMS[source].cells[field.column]
        known = lists[cell.listed] if cell.listed else cell.codes or {}
        for value, _ in field.choices:
            assert value.lower() in known or plain_name(value) in names["country"], field.column
        assert len(dict(field.choices)) == len(field.choices)
        assert field.example is None or str(field.example) in dict(field.choices), field.column


@pytest.mark.parametrize("source", REGISTERS)
def test_a_template_as_it_is_written_holds_nobody(home: Project, tmp_path: Path, source: str) -> None:
    path = tmp_path / "vide.xlsx"
    path.write_bytes(workbook_of(plan(source), LOOK))
    with pytest.raises(BadInput, match="has a header and no row"):
        add_file(home, source, path, try_out)


def test_the_command_writes_a_template_once(home: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(PROJECT.root / name, home.root)
    lay_brand(home.root)
    monkeypatch.setenv("OBSERVATOIRE_HOME", home.root.as_posix())
    out = tmp_path / "modele.xlsx"
    assert CliRunner().invoke(observatoire, ["template", "crous", "--out", str(out)]).exit_code == 0
    again = CliRunner().invoke(observatoire, ["template", "crous", "--out", str(out)])
    assert (again.exit_code, "may have been filled in" in again.stderr) == (2, True)
    unknown = CliRunner().invoke(observatoire, ["template", "sise", "--out", str(tmp_path / "x.xlsx")])
    assert (unknown.exit_code, "No register has this name" in unknown.stderr) == (2, True)


def test_headers_compare_without_accents_capitals_and_spaces() -> None:
    assert plain(" N°  Étudiant’s ") == plain("n° etudiant's")
