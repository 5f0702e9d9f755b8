"""A corpus of bad files: each gives its own clear line, and never a staged table.

One line a case: what the file is, and file, row, column, value, rule and mending of every problem it must give.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest
from opendata import dataset, stage, write_xlsx

from pipelines.kernel.problems import BadInput
from pipelines.kernel.project import Project

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

POPULATION: dict[str, tuple[bytes, list[Expected]]] = {
    "empty": (b"", [Expected("The file is empty", AGAIN)]),
    "nothing but spaces": (b" \r\n\r\n", [Expected("The file is empty", AGAIN)]),
    "header only": (HEADER.encode(), [Expected("The file has a header and no row", AGAIN)]),
    "cut short in a row": (
        (GOOD + "76;Occitanie;46;Lo").encode(),
        [Expected("The row has 4 cells where the header has 9: it is cut short", AGAIN, row=4)],
    ),
    "cut short in a quoted cell": (
        (GOOD + '76;Occitanie;46;"Lo').encode(),
        [Expected("A quoted cell is opened and never closed", AGAIN, row=4)],
    ),
    "quote open in the middle": (
        (HEADER + '76;Occitanie;09;"Ariège;3;13;326;154596;158578\n' + GERS).encode(),
        [Expected("A quoted cell is opened and never closed", AGAIN, row=2)],
    ),
    "quote not doubled": (
        (HEADER + '76;Occitanie;09;"Ari"ège";3;13;326;154596;158578\n').encode(),
        [Expected("a quote inside the cell was not doubled", AGAIN, row=2)],
    ),
    "separator in a cell": (
        (HEADER + ARIEGE + GERS.replace("Gers", "Gers; Armagnac")).encode(),
        [Expected("The row has 10 cells where the header has 9", "between double quotes", row=3)],
    ),
    "other encoding": (
        GOOD.encode("latin-1"),
        [
            Expected(
                "The file is not in UTF-8", "Save it again in that encoding", row=1, value="REG;Région;DEP;Départemen"
            )
        ],
    ),
    "one line in another encoding": (
        GOOD.encode() + b"76;Occitanie;65;Hautes-Pyr\xe9n\xe9es;3;17;469;230956;236859\n",
        [Expected("The file is not in UTF-8", "Save it again", row=4)],
    ),
    "UTF-16": (GOOD.encode("utf-16"), [Expected("holds no NUL byte", "Save it as UTF-8 text", row=1)]),
    "NUL bytes": (
        (HEADER + ARIEGE).encode() + b"76;\0\0;32\n",
        [Expected("holds no NUL byte; this one is damaged", "Save it as UTF-8 text", row=3)],
    ),
    "another separator": (
        GOOD.replace(";", ",").encode(),
        [
            Expected(
                "Cells are separated by a semicolon in this vintage; its header seems to use a comma",
                "Save it again with that separator",
                row=1,
                value=HEADER.replace(";", ",").strip(),
            )
        ],
    ),
    "a workbook called CSV": (b"PK\x03\x04\x14\x00\x06\x00", [Expected("not text at all", "Save it as UTF-8", row=1)]),
    "a column gone": (
        GOOD.replace("PTOT", "NBCAN").encode(),
        [Expected("A column that the sidecar maps is missing", "column map", row=1, column="PTOT")],
    ),
    "a column renamed": (
        GOOD.replace("PMUN", "PMUN21").encode(),
        [
            Expected("A column that the sidecar maps is missing", "Restore it", row=1, column="PMUN"),
            Expected("A column is unknown to the sidecar", "name it under `ignored`", row=1, column="PMUN21"),
        ],
    ),
    "a column more": (
        "\n".join(line + ";x" for line in GOOD.splitlines()).encode(),
        [Expected("A column is unknown to the sidecar", "Map it under `columns`", row=1, column="x")],
    ),
    "a column without a name": (
        "\n".join(line + ";" for line in GOOD.splitlines()).encode(),
        [Expected("A column is unknown to the sidecar", "Map it", row=1, column="(no header, column 10)")],
    ),
    "a column twice": (
        "\n".join(f"{line};{end}" for line, end in zip(GOOD.splitlines(), ("PTOT", "1", "2"), strict=True)).encode(),
        [
            Expected("Two columns bear this header", 'Write "PTOT [1]" or "PTOT [2]"', row=1, column="PTOT"),
            Expected("A column is unknown to the sidecar", "Map it", row=1, column="PTOT"),
        ],
    ),
    "text in a count": (
        GOOD.replace("192437", "environ 192000").encode(),
        [Expected("A whole number is expected", CELL, row=3, column="PMUN", value="environ 192000")],
    ),
    "a count with a thousands separator": (
        GOOD.replace("192437", "192\u202f437").encode(),
        [Expected("A whole number is expected", CELL, row=3, column="PMUN", value="192\u202f437")],
    ),
    "half a person": (
        GOOD.replace("192437", "192437.5").encode(),
        [Expected("A whole number is expected", CELL, row=3, column="PMUN", value="192437.5")],
    ),
    "a number beyond reason": (
        GOOD.replace("192437", "99999999999999999999").encode(),
        [Expected("A whole number is expected", CELL, row=3, value="99999999999999999999")],
    ),
    "infinity in a count": (
        GOOD.replace("192437", "1e999").encode(),
        [Expected("A whole number is expected", CELL, row=3, value="1e999")],
    ),
    "nan in a count": (
        GOOD.replace("192437", "nan").encode(),
        [Expected("A whole number is expected", CELL, row=3, value="nan")],
    ),
    "a negative count": (
        GOOD.replace("192437", "-5").encode(),
        [Expected("A count is never negative", "Correct the cell", row=3, column="PMUN")],
    ),
    "a blank in the key": (
        GOOD.replace(";32;", ";;").encode(),
        [Expected("A value is required here", "Give the missing value", row=3, column="DEP")],
    ),
    "a blank in a required count": (
        GOOD.replace("198905", "").encode(),
        [Expected("A value is required here", "Give the missing value", row=3, column="PTOT")],
    ),
    "the same key twice": (
        (GOOD + ARIEGE).encode(),
        [
            Expected(
                "The row has the same key as row 2",
                "Keep one of the two rows",
                row=4,
                column="year, departement_code",
                value="2021, 09",
            )
        ],
    ),
    "two faults at once": (
        GOOD.replace("192437", "beaucoup").replace("158578", "-1").encode(),
        [
            Expected("A whole number is expected", CELL, row=3, column="PMUN", value="beaucoup"),
            Expected("A count is never negative", "Correct", row=2, column="PTOT", value="-1"),
        ],
    ),
}


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


@pytest.mark.parametrize("case", POPULATION)
def test_bad_csv_file(project: Project, tmp_path: Path, case: str) -> None:
    content, expected = POPULATION[case]
    path = tmp_path / "population_departements_2021.csv"
    path.write_bytes(content)
    source, vintage = dataset(project, "population", "2021")
    with pytest.raises(BadInput) as error:
        stage(source, vintage, path)
    check_problems(error.value, path.name, expected)


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


@pytest.mark.parametrize(
    ("make", "rule"),
    [
        (lambda path: path.write_bytes(b"Session;UAI\n2016;x\n"), "The file is no Excel workbook"),
        (lambda path: path.write_bytes(b"PK\x03\x04" + bytes(200)), "The file is no Excel workbook"),
        (lambda path: path.write_bytes(b""), "The file is empty"),
        (lambda path: write_xlsx(path, ["Session"], [], "Feuil1"), "The workbook has a header and no row"),
    ],
    ids=["text called xlsx", "damaged archive", "empty", "header only"],
)
def test_bad_workbook(project: Project, tmp_path: Path, make: Callable[[Path], object], rule: str) -> None:
    path = tmp_path / "apb.xlsx"
    make(path)
    source, vintage = dataset(project, "apb", "2016-2017")
    with pytest.raises(BadInput) as error:
        stage(source, vintage, path)
    check_problems(error.value, "apb.xlsx", [Expected(rule, AGAIN)])


def test_workbook_cut_short(project: Project, tmp_path: Path) -> None:
    source, vintage = dataset(project, "apb", "2016-2017")
    path = write_xlsx(tmp_path / "apb.xlsx", list(vintage.columns.values()), [["1"] * 13] * 50, "Feuil1")
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(BadInput) as error:
        stage(source, vintage, path)
    check_problems(error.value, "apb.xlsx", [Expected("The file is no Excel workbook", AGAIN)])


def test_workbook_with_another_sheet(project: Project, tmp_path: Path) -> None:
    source, vintage = dataset(project, "apb", "2016-2017")
    path = write_xlsx(tmp_path / "apb.xlsx", list(vintage.columns.values()), [["1"] * 13], "Feuil1")
    with pytest.raises(BadInput) as error:
        stage(source, vintage.model_copy(update={"sheet": "Données"}), path)
    check_problems(error.value, "apb.xlsx", [Expected("no sheet of this name", "Rename the sheet", value="Données")])


def test_absurd_year_in_a_workbook(project: Project, tmp_path: Path) -> None:
    source, vintage = dataset(project, "apb", "2016-2017")
    header = list(vintage.columns.values())
    rows: list[list[str | int | float | None]] = [
        [year if name == "Session" else "1" for name in header] for year in ("2016", "20166", "16")
    ]
    path = write_xlsx(tmp_path / "apb.xlsx", header, rows, "Feuil1")
    with pytest.raises(BadInput) as error:
        stage(source, vintage, path)
    rule, mend = "A year lies between 1990 and 2100", "check that no column has moved"
    check_problems(
        error.value,
        "apb.xlsx",
        [Expected(rule, mend, row=3, column="Session", value="20166"), Expected(rule, mend, row=4, value="16")],
    )


def parquet(**columns: object) -> pl.DataFrame:
    base = dict.fromkeys(
        ("Etablissement", "Diplôme", "Grande.discipline", "Secteur.disciplinaire", "Attractivité.internationale"), "x"
    )
    counts = {"Rentrée": 2012.0, "pid": "m7K6T", "Sexe": "F", "Niveau": "01", "Etudiants": 3.0, "Inscriptions": 4.0}
    return pl.DataFrame({name: [value] for name, value in {**base, **counts, **columns}.items()})


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (parquet(Rentrée=1812.0), Expected("A year lies between", "Correct the year", 2, "Rentrée", "1812.0")),
        (parquet(Etudiants=2.5), Expected("A whole number is expected", CELL, 2, "Etudiants", "2.5")),
        (parquet(Etudiants=float("nan")), Expected("A whole number is expected", CELL, 2, "Etudiants", "NaN")),
        (parquet(Etudiants=-1.0), Expected("A count is never negative", "Correct", 2, "Etudiants", "-1.0")),
        (parquet(Sexe="H"), Expected("A code is not in the list", "one of F, M", 2, "Sexe", "H")),
        (parquet(Sexe=1), Expected("A code is not in the list", "add it under `recode`", 2, "Sexe", "1")),
        (parquet(Niveau=[1, 2]), Expected("this column holds something else", AGAIN, None, "Niveau")),
        (parquet(nouveau=1), Expected("A column is unknown to the sidecar", "Map it", 1, "nouveau")),
        (parquet().drop("pid"), Expected("A column that the sidecar maps is missing", "Restore it", 1, "pid")),
        (parquet().clear(), Expected("The file has columns and no row", AGAIN)),
    ],
    ids=["year", "half", "nan", "negative", "code", "number", "list", "unknown", "missing", "no row"],
)
def test_bad_parquet_content(project: Project, tmp_path: Path, frame: pl.DataFrame, expected: Expected) -> None:
    source, vintage = dataset(project, "sise", "2012-2024")
    path = tmp_path / "sise.parquet"
    frame.write_parquet(path)
    with pytest.raises(BadInput) as error:
        stage(source, vintage, path)
    check_problems(error.value, "sise.parquet", [expected])


@pytest.mark.parametrize("cut", [0, 4, 60, -20, -1])
def test_parquet_cut_short_or_no_parquet_at_all(project: Project, tmp_path: Path, cut: int) -> None:
    source, vintage = dataset(project, "sise", "2012-2024")
    path = tmp_path / "sise.parquet"
    parquet().write_parquet(path)
    path.write_bytes(path.read_bytes()[:cut] or b"Rentr\xc3\xa9e;pid\n2012;m7K6T\n")
    with pytest.raises(BadInput) as error:
        stage(source, vintage, path)
    check_problems(error.value, "sise.parquet", [Expected("The file is no whole Parquet file", AGAIN)])


def test_a_file_of_a_vintage_in_parts_that_was_renamed(project: Project, tmp_path: Path) -> None:
    source, vintage = dataset(project, "barometre", "2022-10")
    path = tmp_path / "contrats.csv"
    path.write_text("x\n1\n", encoding="utf-8")
    with pytest.raises(BadInput) as error:
        stage(source, vintage, path)
    check_problems(
        error.value, "contrats.csv", [Expected("The file's name fits no part of this vintage", "*-national.csv")]
    )


def test_a_vintage_in_parts_that_lacks_one(project: Project, tmp_path: Path) -> None:
    source, vintage = dataset(project, "erasmus", "2013-2014")
    path = tmp_path / "coordinates.csv"
    path.write_text("count,sendLat,sendLon,receiveLat,receiveLon\n1,1,1,1,1\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"^EUC_geocoded_clean\.csv: A file of this name is missing"):
        stage(source, vintage, path)


def test_a_coordinate_that_is_none(project: Project, tmp_path: Path) -> None:
    source, vintage = dataset(project, "erasmus", "2013-2014")
    flows, places = tmp_path / "coordinates.csv", tmp_path / "EUC_geocoded_clean.csv"
    flows.write_text("count,sendLat,sendLon,receiveLat,receiveLon\n1,north,1,1,1\n-2,1,1,1,1\n", encoding="utf-8")
    places.write_text(
        'Institutional code,Name of Organisation,Country,City,coordinates\nF  A01,X,FR,Y,"(1.0, 1.0)"\n',
        encoding="utf-8",
    )
    with pytest.raises(BadInput) as error:
        stage(source, vintage, flows, places)
    check_problems(
        error.value,
        "coordinates.csv",
        [
            Expected("A count of students is a positive number", "leave the row out", 3, "count", "-2"),
            Expected("A coordinate is a number", "leave the row out", 2, "sendLat", "north"),
        ],
    )


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "The file is empty"),
        ('{"type":"Feature","prop', "The file is no JSON: it is damaged or cut short"),
        ("[1, 2]", "JSON but no GeoJSON feature"),
        ('{"type":"Feature","properties":{"code":"31"},"geometry":{"type":"Point"}}', "lacks a property"),
        ('{"type":"Feature","properties":{"code":"31","nom":"X"},"geometry":null}', "has no geometry"),
    ],
)
def test_bad_contours(project: Project, tmp_path: Path, text: str, rule: str) -> None:
    source, vintage = dataset(project, "contours", "2018")
    path = tmp_path / "departement-31.geojson"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput) as error:
        stage(source, vintage, path)
    assert rule in error.value.problems[0].rule
    assert len(error.value.problems) == 1
