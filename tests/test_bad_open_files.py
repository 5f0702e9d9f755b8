"""Bad open-data files that the corpus of `tests/fixtures/fail` cannot hold: many faults at once, another sheet, a gap.

Single faults stand there, as files; see `test_corpus.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from pipelines.kernel.problems import BadInput
from pipelines.kernel.project import Project
from tests.opendata import dataset, stage, write_xlsx

HEADER = "REG;Région;DEP;Département;NBARR;NBCAN;NBCOM;PMUN;PTOT\n"
ARIEGE = "76;Occitanie;09;Ariège;3;13;326;154596;158578\n"
GERS = "76;Occitanie;32;Gers;3;17;461;192437;198905\n"
GOOD = HEADER + ARIEGE + GERS


@dataclass(frozen=True)
class Expected:
    """The parts of one problem; `rule` and `mend` are fragments of the sentences."""

    rule: str
    mend: str
    row: int | None = None
    column: str | None = None
    value: str | None = None


AGAIN = "Fetch the file again from its landing page"
CELL = "Correct the cell, or add its code to `missing` in the sidecar."


def check_problems(error: BadInput, file: str, expected: list[Expected]) -> None:
    """Hold every problem against what is expected of it, field by field and in order."""
    lines = "\n".join(problem.line() for problem in error.problems)
    assert len(error.problems) == len(expected), lines
    for problem, wanted in zip(error.problems, expected, strict=True):
        assert problem.file == file
        assert wanted.rule in problem.rule, lines
        assert wanted.mend in problem.mend, lines
        assert problem.row == wanted.row, lines
        if wanted.column is not None:
            assert problem.column == wanted.column, lines
        if wanted.value is not None:
            assert problem.value == wanted.value, lines
        assert "\n" not in problem.line()
        assert problem.line().startswith(file)


def test_the_good_file_that_bad_ones_are_made_of_is_good(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "population_departements_2021.csv"
    path.write_text(GOOD, encoding="utf-8")
    source, vintage = dataset(project, "population", "2021")
    assert stage(source, vintage, path)["stg_population__departement"].height == 2


def test_many_faults_of_one_kind_are_five_lines_that_say_how_many(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "population_departements_2021.csv"
    rows = "".join(f"76;Occitanie;{number:02d};X;3;13;326;beaucoup;1\n" for number in range(40))
    path.write_text(HEADER + rows, encoding="utf-8")
    source, vintage = dataset(project, "population", "2021")
    with pytest.raises(BadInput) as error:
        stage(source, vintage, path)
    assert [problem.row for problem in error.value.problems] == [2, 3, 4, 5, 6]
    assert "40 rows in all break this rule." in error.value.problems[0].line()


def test_faults_in_two_columns_are_two_lines(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "population_departements_2021.csv"
    path.write_text(GOOD.replace("192437", "beaucoup").replace("158578", "-1"), encoding="utf-8")
    source, vintage = dataset(project, "population", "2021")
    with pytest.raises(BadInput) as error:
        stage(source, vintage, path)
    check_problems(
        error.value,
        path.name,
        [
            Expected("A whole number is expected", CELL, row=3, column="PMUN", value="beaucoup"),
            Expected("A count is never negative", "Correct", row=2, column="PTOT", value="-1"),
        ],
    )


def test_one_whole_line_as_the_command_prints_it(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "population_departements_2021.csv"
    path.write_text(GOOD.replace("192437", "192 437 hab."), encoding="utf-8")
    source, vintage = dataset(project, "population", "2021")
    with pytest.raises(BadInput) as error:
        stage(source, vintage, path)
    assert str(error.value) == (
        'population_departements_2021.csv, row 3, column "PMUN": A whole number is expected '
        '(found "192 437 hab."). Correct the cell, or add its code to `missing` in the sidecar.'
    )


def test_missing_file(project: Project, tmp_path: Path) -> None:
    source, vintage = dataset(project, "population", "2021")
    with pytest.raises(BadInput) as error:
        stage(source, vintage, tmp_path / "gone.csv")
    check_problems(error.value, "gone.csv", [Expected("The file is missing", "Put it back")])


def test_workbook_with_another_sheet(project: Project, tmp_path: Path) -> None:
    source, vintage = dataset(project, "apb", "2016-2017")
    path = write_xlsx(tmp_path / "apb.xlsx", list(vintage.columns.values()), [["1"] * 13], "Feuil1")
    with pytest.raises(BadInput) as error:
        stage(source, vintage.model_copy(update={"sheet": "Données"}), path)
    check_problems(error.value, "apb.xlsx", [Expected("no sheet of this name", "Rename the sheet", value="Données")])


def parquet(**columns: object) -> pl.DataFrame:
    base = dict.fromkeys(
        ("Etablissement", "Diplôme", "Grande.discipline", "Secteur.disciplinaire", "Attractivité.internationale"), "x"
    )
    counts = {"Rentrée": 2012.0, "pid": "m7K6T", "Sexe": "F", "Niveau": "01", "Etudiants": 3.0, "Inscriptions": 4.0}
    return pl.DataFrame({name: [value] for name, value in {**base, **counts, **columns}.items()})


@pytest.mark.parametrize("cut", [0, 4, 60, -20, -1])
def test_parquet_cut_short_or_no_parquet_at_all(project: Project, tmp_path: Path, cut: int) -> None:
    source, vintage = dataset(project, "sise", "2012-2024")
    path = tmp_path / "sise.parquet"
    parquet().write_parquet(path)
    path.write_bytes(path.read_bytes()[:cut] or b"Rentr\xc3\xa9e;pid\n2012;m7K6T\n")
    with pytest.raises(BadInput) as error:
        stage(source, vintage, path)
    check_problems(error.value, "sise.parquet", [Expected("Parquet file", AGAIN)])


def test_a_vintage_in_parts_that_lacks_one(project: Project, tmp_path: Path) -> None:
    source, vintage = dataset(project, "erasmus", "2013-2014")
    path = tmp_path / "coordinates.csv"
    path.write_text("count,sendLat,sendLon,receiveLat,receiveLon\n1,1,1,1,1\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"^EUC_geocoded_clean\.csv: A file of this name is missing"):
        stage(source, vintage, path)
