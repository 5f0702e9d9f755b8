"""Registers as files: what is read, what is refused, in which words, and that no identifier is ever written."""

import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from pipelines.kernel.files import write_parquet
from pipelines.kernel.identity import KEY, Tokeniser, simulated_tokeniser
from pipelines.kernel.problems import BadInput
from pipelines.kernel.project import Project
from pipelines.kernel.registers import read_register, tokenise_register
from pipelines.stage.registers import stage_register
from tests.register_tables import PROJECT, sidecar

SECRET = "c0ffee" * 11
HEADER = (
    "ANNEE;INE;NUM_ETUDIANT;NOM;UAI;SITE;DIPLOME;SPECIALITE;NIVEAU;REGIME;SERIE_BAC;SEXE;"
    "INSCRIPTION;DATE_INSCRIPTION;DATE_DEPART"
)
ROW = "2015;0123456789A;21500001;Dupont-Canari;0311384L;tarbes;DUT;TC;1;FI;G;F;P;10/07/2015;"


@pytest.fixture
def home(tmp_path: Path) -> Project:
    """A project with the code lists and nothing else."""
    project = Project(tmp_path / "project")
    project.reference.mkdir(parents=True)
    for name in ("ref_site", "ref_speciality", "ref_identity", "ref_country"):
        shutil.copy(PROJECT.reference / f"{name}.csv", project.reference)
    return project


def read(home: Project, text: str | bytes, source: str = "apogee") -> pl.DataFrame:
    path = home.root / "register.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return read_register(home, sidecar(source), sidecar(source).vintage("extract"), [path], simulated_tokeniser())


def apogee(home: Project, *rows: str) -> pl.DataFrame:
    return read(home, "\n".join((HEADER, *rows)) + "\n")


def test_a_row_becomes_codes_dates_and_a_token(home: Project) -> None:
    (row,) = apogee(home, ROW).to_dicts()
    assert row["student_token"] == simulated_tokeniser().token("0123456789A").bytes
    assert (row["establishment_code"], row["level_code"], row["is_principal"]) == ("ut3", "1", True)
    assert (str(row["enrolled_on"]), row["left_on"], row["identity_code"]) == ("2015-07-10", None, "ine")


def test_identical_rows_are_brought_together_and_counted(home: Project) -> None:
    assert apogee(home, ROW, ROW, ROW)["rows_count"].to_list() == [3]


def test_rows_in_any_order_give_the_same_table(home: Project) -> None:
    rows = [ROW.replace("0123456789A", f"012345678{n}A") for n in range(9)]
    assert apogee(home, *rows).equals(apogee(home, *reversed(rows)))


def test_without_a_usable_ine_the_student_number_of_the_establishment_stands_in(home: Project) -> None:
    table = apogee(home, ROW.replace("0123456789A", "012345678"), ROW.replace("0123456789A;21500001", ";21500002"))
    assert table["identity_code"].to_list() == ["number", "number"]
    expected = {simulated_tokeniser().token(f"ut3/{number}").bytes for number in ("21500001", "21500002")}
    assert set(table["student_token"]) == expected


def test_a_row_with_nothing_usable_is_kept_and_counted(home: Project) -> None:
    text = "ANNEE;INE;ECHELON;DATE_DECISION\n2015;abc;3;01/09/2015\n2015;;4;01/09/2015\n"
    table = read(home, text, "crous")
    assert table["identity_code"].to_list() == ["none", "none"]
    assert table["student_token"].n_unique() == 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_the_office_s_encoding_does_not_matter(home: Project, encoding: str) -> None:
    text = (
        "ANNEE;INE;NUM_ETUDIANT;UAI;PAYS;DATE_DEBUT;DATE_FIN;TYPE_SEJOUR;PROGRAMME\n"
        "2015;0123456789A;1;0311384L;ES;2016-04-01;20/06/2016;études;erasmus\n"
    )
    assert read(home, text.encode(encoding), "relint")["kind_code"].to_list() == ["study"]


@pytest.mark.parametrize(
    ("mend", "row", "column", "rule"),
    [
        (lambda text: text.replace(";tarbes;", ";narnia;"), 3, "SITE", "ref_site|not in the list"),
        (lambda text: text.replace(";TC;", ";MAGIE;"), 3, "SPECIALITE", "not in the list"),
        (lambda text: text.replace("0311384L", "0999999Z"), 3, "UAI", "not in the list"),
        (lambda text: text.replace(";DUT;", ";PHD;"), 3, "DIPLOME", "BUT, DUT, LP"),
        (lambda text: text.replace(";TC;1;", ";TC;7;"), 3, "NIVEAU", "not in the list"),
        (lambda text: text.replace(";FI;", ";;"), 3, "REGIME", "required"),
        (lambda text: text.replace("2015;0", "1815;0"), 3, "ANNEE", "between 1990 and 2100"),
        (lambda text: text.replace("2015;0", "deux mille quinze;0"), 3, "ANNEE", "whole number"),
        (lambda text: text.replace("10/07/2015", "31/02/2015"), 3, "DATE_INSCRIPTION", "date"),
        (lambda text: text + "09/07/2015", 3, "DATE_DEPART", "before DATE_INSCRIPTION"),
        (lambda text: text + ";one cell too many", 3, None, "16 cells"),
        (lambda text: text.replace("Durand", '"Durand'), 3, None, "quote"),
    ],
)
def test_a_bad_row_is_named_and_its_cells_are_not_shown(
    home: Project, mend: Callable[[str], str], row: int, column: str | None, rule: str
) -> None:
    bad = mend(ROW.replace("0123456789A", "0987654321Z").replace("Dupont-Canari", "Durand-Secret"))
    with pytest.raises(BadInput, match=rule) as error:
        apogee(home, ROW, bad)
    (problem,) = error.value.problems
    assert (problem.row, problem.column, problem.value) == (row, column, None)
    assert problem.mend
    for secret in ("0987654321Z", "Durand", "21500001"):
        assert secret not in str(error.value)
    assert error.value.__context__ is None or "0987654321Z" not in str(error.value.__context__)


def test_of_rows_that_contradict_each_other_one_is_kept_and_the_others_counted(home: Project) -> None:
    other = ROW.replace(";FI;", ";FA;")
    kept = ["regime_code", "rows_count", "contradictions_count"]
    for rows in ([ROW, other, ROW], [other, ROW, ROW]):
        assert apogee(home, *rows).select(kept).rows() == [("FI", 3, 1)]
    # As often one as the other: the first in alphabetical order, in whatever order they came.
    assert apogee(home, ROW, other).select(kept).rows() == [("FA", 2, 1)]
    assert apogee(home, other, ROW).select(kept).rows() == [("FA", 2, 1)]


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (HEADER.encode(), "no row"),
        (b"PK\x03\x04\x00\x00", "a ZIP archive or an Office workbook"),
        (HEADER.replace(";SITE", "").encode() + b"\n" + b"2015" + b";" * 13, "This column is missing"),
        (HEADER.replace(";NOM", ";INE").encode() + b"\n" + ROW.encode(), "Two columns bear this header"),
        (HEADER.replace(";", ",").encode() + b"\n" + ROW.encode(), "This column is missing|cells"),
    ],
)
def test_a_file_that_is_no_register_is_refused(home: Project, content: bytes, rule: str) -> None:
    with pytest.raises(BadInput, match=rule):
        read(home, content)


def test_many_bad_rows_are_counted_and_five_are_shown(home: Project) -> None:
    rows = [ROW.replace("0123456789A", f"01234567{n:02d}A").replace(";FI;", ";??;") for n in range(20)]
    with pytest.raises(BadInput, match="20 rows in all") as error:
        apogee(home, *rows)
    assert len(error.value.problems) == 5


def test_a_real_register_needs_a_key(home: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY, raising=False)
    file = home.root / "extract.csv"
    file.write_text(f"{HEADER}\n{ROW}\n")
    with pytest.raises(BadInput, match="secret key"):
        tokenise_register(home, sidecar("apogee"), [file], home.root)
    assert not (home.root / "apogee.parquet").exists()


def test_simulated_rows_do_not_pass_for_a_real_register(home: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY, SECRET)
    file = home.root / "extract.csv"
    file.write_text(f"{HEADER};ORIGINE\n{ROW};simulée\n", encoding="utf-8")
    with pytest.raises(BadInput, match="comes from the generator"):
        tokenise_register(home, sidecar("apogee"), [file], home.root)


def test_canary_no_identifier_is_found_in_any_byte_written(
    home: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(KEY, SECRET)
    ines = [f"77{n:08d}Q" for n in range(200)]
    numbers = [f"8150{n:05d}" for n in range(200)]
    rows = [
        f"2015;{ine if n % 10 else ine[:9]};{number};Canari{n:03d};0311384L;tarbes;DUT;TC;1;FI;G;F;P;10/07/2015;"
        for n, (ine, number) in enumerate(zip(ines, numbers, strict=True))
    ]
    office = tmp_path / "office"
    office.mkdir()
    file = office / "extract.csv"
    file.write_text("\n".join((HEADER, *rows)) + "\n")
    source = sidecar("apogee")
    folder = home.raw / "apogee" / "extract"
    folder.mkdir(parents=True)
    tokenise_register(home, source, [file], folder)
    for name, frame in stage_register(home, source, folder).items():
        assert frame["origin"].unique().to_list() == ["observed"]
        assert frame.height == 200
        write_parquet(home.staging / f"{name}.parquet", frame, source.tables[0].grain)
        # Parquet is compressed: look into the columns too, not only at the bytes.
        written = str(frame.rows())
        assert not any(canary in written for canary in (*(ine[:9] for ine in ines), *numbers, "Canari", SECRET))
    (home.data / "uncompressed.parquet").write_bytes(b"")
    pl.read_parquet(folder / "apogee.parquet").write_parquet(
        home.data / "uncompressed.parquet", compression="uncompressed"
    )
    files = [path for path in home.data.rglob("*") if path.is_file()]
    assert len(files) > 4
    for path in files:
        content = path.read_bytes()
        for canary in (*(ine[:9] for ine in ines), *numbers, "Canari", SECRET):
            assert canary.encode() not in content, path.name


def test_tokens_of_a_real_register_need_the_key(home: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY, SECRET)
    file = home.root / "extract.csv"
    file.write_text(f"{HEADER}\n{ROW}\n")
    target, _ = tokenise_register(home, sidecar("apogee"), [file], home.root)
    token = pl.read_parquet(target)["student_token"].item()
    assert token == Tokeniser(bytes.fromhex(SECRET)).token("0123456789A").bytes
    assert token != simulated_tokeniser().token("0123456789A").bytes


def test_a_folder_of_a_real_register_holds_tokens_only(home: Project) -> None:
    folder = home.raw / "apogee" / "extract"
    folder.mkdir(parents=True)
    (folder / "extract.csv").write_text(f"{HEADER}\n{ROW}\n")
    with pytest.raises(BadInput, match="tokens only") as error:
        stage_register(home, sidecar("apogee"), folder)
    assert "observatoire add" in str(error.value)
