"""Acquire: what ships and what is added is taken in whole, byte for byte, or not at all."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml

import pipelines.acquire
import pipelines.stage
from pipelines.acquire.add import add_file
from pipelines.kernel.files import sha256_of
from pipelines.kernel.problems import BadInput
from pipelines.kernel.project import Project, Settings
from pipelines.kernel.received import read_receipt
from pipelines.kernel.store import read_table
from pipelines.stage.trial import try_out

SETTINGS = Settings(edition=2024)
POPULATION = "REG;Région;DEP;Département;NBARR;NBCAN;NBCOM;PMUN;PTOT\n"
ARIEGE = "76;Occitanie;09;Ariège;3;13;326;154596;158578\n"


@pytest.fixture
def small(project: Project, empty_project: Project) -> Project:
    """A project with two datasets that ship and one that does not: population, barometre, contours."""
    for name in ("population", "barometre", "contours"):
        empty_project.sources.mkdir(parents=True, exist_ok=True)
        empty_project.baseline.mkdir(parents=True, exist_ok=True)
        shutil.copy(project.sources / f"{name}.yml", empty_project.sources)
        for path in project.baseline.glob(f"{name}__*"):
            shutil.copy(path, empty_project.baseline)
    return empty_project


def everything(folder: Path) -> dict[str, str]:
    """Return every file below a folder with its hash."""
    return {path.relative_to(folder).as_posix(): sha256_of(path) for path in folder.rglob("*") if path.is_file()}


def test_what_ships_is_copied_with_a_receipt(small: Project) -> None:
    report = pipelines.acquire.run(small, SETTINGS)
    assert report.made == ("barometre/baseline", "population/baseline")
    copy = small.raw / "population" / "baseline" / "population__departement.csv"
    assert copy.read_bytes() == (small.baseline / copy.name).read_bytes()
    receipt = yaml.safe_load((copy.parent / "vintage.yml").read_text(encoding="utf-8"))
    assert receipt == {
        "source": "population",
        "vintage": "baseline",
        "layout": "baseline",
        "origin": "observed",
        "files": [{"file": copy.name, "sha256": sha256_of(copy), "bytes": copy.stat().st_size}],
    }


def test_a_second_run_has_nothing_to_do(small: Project) -> None:
    pipelines.acquire.run(small, SETTINGS)
    before = everything(small.raw)
    report = pipelines.acquire.run(small, SETTINGS)
    assert (report.made, report.kept) == ((), ("barometre/baseline", "population/baseline"))
    assert everything(small.raw) == before


def test_a_copy_that_was_edited_is_made_again(small: Project) -> None:
    pipelines.acquire.run(small, SETTINGS)
    copy = small.raw / "population" / "baseline" / "population__departement.csv"
    copy.write_text("edited", encoding="utf-8")
    report = pipelines.acquire.run(small, SETTINGS)
    assert report.made == ("population/baseline",)
    assert copy.read_bytes() == (small.baseline / copy.name).read_bytes()


def test_a_sidecar_that_lies_about_its_hash_stops_everything(small: Project) -> None:
    figures = small.baseline / "population__departement.csv"
    figures.write_text(figures.read_text(encoding="utf-8").replace("154596", "154597"), encoding="utf-8")
    with pytest.raises(BadInput) as error:
        pipelines.acquire.run(small, SETTINGS)
    (problem,) = error.value.problems
    assert problem.file == "data/baseline/population__departement.csv"
    assert problem.rule.startswith("The file's hash is not the one its sidecar gives")
    assert problem.value == sha256_of(figures)[:12]
    assert "git checkout -- data/baseline" in problem.mend
    assert not small.raw.exists()


@pytest.mark.parametrize("suffix", [".csv", ".yml"])
def test_a_shipped_file_or_its_sidecar_is_missing(small: Project, suffix: str) -> None:
    (small.baseline / f"population__departement{suffix}").unlink()
    with pytest.raises(BadInput, match=rf"data/baseline/population__departement\{suffix}: The file is missing"):
        pipelines.acquire.run(small, SETTINGS)


@pytest.mark.parametrize("text", ["{", "rows: 3", "[]", ""])
def test_a_shipped_sidecar_is_damaged(small: Project, text: str) -> None:
    (small.baseline / "population__departement.yml").write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match="The sidecar is damaged or gives no hash"):
        pipelines.acquire.run(small, SETTINGS)


def test_a_dataset_that_goes_takes_its_copy_and_its_tables_along(small: Project) -> None:
    pipelines.acquire.run(small, SETTINGS)
    pipelines.stage.run(small, SETTINGS)
    (small.sources / "population.yml").unlink()
    report = pipelines.acquire.run(small, SETTINGS)
    assert report.notes == ("data/raw/population/baseline was removed: the project no longer provides it.",)
    assert not (small.raw / "population").exists()
    staged = pipelines.stage.run(small, SETTINGS)
    assert staged.notes == ("stg_population__departement was removed: its dataset has gone.",)
    assert [path.stem for path in small.staging.iterdir()] == ["stg_barometre__contracts"]


def test_an_added_file_replaces_what_ships_for_the_years_it_covers(small: Project, tmp_path: Path) -> None:
    file = tmp_path / "insee-2021.csv"  # its name is not the producer's: the headers say what it is
    file.write_text(POPULATION + ARIEGE, encoding="utf-8")
    pipelines.acquire.run(small, SETTINGS)
    added = add_file(small, "population", file, try_out)
    assert (added.vintage, added.layout, added.is_new) == ("2021", "2021", True)
    assert dict(added.rows) == {"stg_population__departement": 1}
    assert (added.folder / "insee-2021.csv").read_bytes() == file.read_bytes()
    assert read_receipt(small, added.folder).origin == "observed"
    assert added.sentence() == (
        "Taken in as population, vintage 2021 (laid out as 2021): 1 rows for stg_population__departement."
    )
    pipelines.acquire.run(small, SETTINGS)
    pipelines.stage.run(small, SETTINGS)
    assert read_table(small, "stg_population__departement")["departement_code"].to_list() == ["09"]


def test_the_same_bytes_are_taken_in_once_and_others_beside_them(small: Project, tmp_path: Path) -> None:
    file = tmp_path / "population_departements_2021.csv"
    file.write_text(POPULATION + ARIEGE, encoding="utf-8")
    add_file(small, "population", file, try_out)
    again = add_file(small, "population", file, try_out)
    assert (again.vintage, again.is_new) == ("2021", False)
    assert "nothing was changed" in again.sentence()
    file.write_text(POPULATION + ARIEGE.replace("154596", "154600"), encoding="utf-8")
    corrected = add_file(small, "population", file, try_out)
    assert (corrected.vintage, corrected.layout, corrected.is_new) == ("2021-2", "2021", True)
    pipelines.acquire.run(small, SETTINGS)
    pipelines.stage.run(small, SETTINGS)
    staged = read_table(small, "stg_population__departement")
    assert staged["municipal_population_count"].to_list() == [154600]


def test_a_bad_file_changes_nothing(small: Project, tmp_path: Path) -> None:
    pipelines.acquire.run(small, SETTINGS)
    before = everything(small.root)
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    outside.mkdir()
    file = outside / "population_departements_2021.csv"
    file.write_text(POPULATION + ARIEGE.replace("154596", "beaucoup"), encoding="utf-8")
    with pytest.raises(BadInput, match='row 2, column "PMUN": A whole number is expected \\(found "beaucoup"\\)'):
        add_file(small, "population", file, try_out)
    assert everything(small.root) == before


@pytest.mark.parametrize(
    ("source", "name", "text", "said"),
    [
        ("populations", "p.csv", POPULATION + ARIEGE, "No dataset has this id"),
        ("population", "p.parquet", "x", "No vintage of population is a file of this kind"),
        ("population", "p.csv", "a;b\n1;2\n", "This is no file of this dataset: 5 of the 5 columns"),
        ("barometre", "contrats.csv", "a,b\n1,2\n", "The file's name fits no part of this vintage"),
    ],
    ids=["unknown source", "other kind of file", "unknown layout", "renamed part"],
)
def test_a_file_that_is_not_what_it_is_said_to_be(
    small: Project, tmp_path: Path, source: str, name: str, text: str, said: str
) -> None:
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=said):
        add_file(small, source, file, try_out)
    assert not small.raw.exists()


def test_a_missing_file_and_an_empty_folder(small: Project, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"gone\.csv: The file is missing"):
        add_file(small, "population", tmp_path / "gone.csv", try_out)
    (tmp_path / "void").mkdir()
    with pytest.raises(BadInput, match="The folder holds no file"):
        add_file(small, "population", tmp_path / "void", try_out)


@pytest.fixture
def barometre(tmp_path: Path) -> Path:
    folder = tmp_path / "barometre"
    folder.mkdir()
    stem = "barometre-resultats-relance-emploi-economie-detail"
    columns = {"departement-31": ("departement", "31,Haute-Garonne,"), "regional": ("region", "76,Occitanie,")}
    for name, (place, cells) in columns.items():
        (folder / f"{stem}-{name}.csv").write_text(
            f"mesure,indicateur,id_indicateur,code_{place},libelle_{place},date,valeur,unite\n"
            f"m,i,nombre-contrats-apprentissage,{cells}2017-12-31,5574.0,contrats\n",
            encoding="utf-8",
        )
    (folder / f"{stem}-national.csv").write_text(
        "mesure,indicateur,id_indicateur,maille_geographique,date,valeur,unite\n"
        "m,i,nombre-contrats-apprentissage,national,2017-12-31,300000.0,contrats\n",
        encoding="utf-8",
    )
    return folder


def test_a_vintage_in_several_files_is_added_as_a_folder(small: Project, barometre: Path) -> None:
    """Two vintages of the barometer disagree on Haute-Garonne in 2017: the one that was added wins, for its years."""
    pipelines.acquire.run(small, SETTINGS)
    pipelines.stage.run(small, SETTINGS)
    before = {row[:3]: row[6] for row in read_table(small, "stg_barometre__contracts").rows()}
    assert before["departement", "31", 2017] == 5371
    add_file(small, "barometre", barometre, try_out)
    pipelines.stage.run(small, SETTINGS)
    after = {row[:3]: row[6] for row in read_table(small, "stg_barometre__contracts").rows()}
    assert after["departement", "31", 2017] == 5574
    assert after["departement", "31", 2018] == before["departement", "31", 2018]
    assert ("departement", "12", 2017) not in after


def test_one_file_of_several_is_refused(small: Project, barometre: Path) -> None:
    national = next(barometre.glob("*-national.csv"))
    with pytest.raises(BadInput, match="This vintage comes in several files and some are missing"):
        add_file(small, "barometre", national, try_out)


def test_layouts_that_look_alike_are_told_apart_by_the_name(project: Project, tmp_path: Path) -> None:
    source = (project.sources / "inserjeunes.yml").read_bytes()
    here = Project(tmp_path / "observatory")
    here.sources.mkdir(parents=True)
    (here.sources / "inserjeunes.yml").write_bytes(source)
    text = (
        "n°UAI de l'établissement;Libellé de l'établissement;Région;Taux de poursuite d'études;Taux;Taux attendu;"
        "Valeur ajoutée;Part en poursuite d'études ;Part en emploi 6 mois après la sortie ;"
        "Part des autres situations \n0310001A;CFA;OCCITANIE;43;64;64;1;43;37;20\n"
    )
    named = tmp_path / "depp-2022-etablissements-2021_2022-apprentissage.csv"
    renamed = tmp_path / "cfa.csv"
    for path in (named, renamed):
        path.write_text(text, encoding="utf-8")
    assert add_file(here, "inserjeunes", named, try_out).vintage == "2021-2022"
    with pytest.raises(BadInput, match="The headers fit several vintages and the file's name does not say which"):
        add_file(here, "inserjeunes", renamed, try_out)


def test_contours_are_added_and_mapped(small: Project, tmp_path: Path) -> None:
    file = tmp_path / "departement-31-haute-garonne.geojson"
    file.write_text(
        '{"type":"Feature","properties":{"code":"31","nom":"Haute-Garonne"},'
        '"geometry":{"type":"Point","coordinates":[1.4,43.6]}}',
        encoding="utf-8",
    )
    add_file(small, "contours", file, try_out)
    pipelines.stage.run(small, SETTINGS)
    assert read_table(small, "stg_contours__departement")["departement_label"].to_list() == ["Haute-Garonne"]


def test_a_folder_dropped_in_by_hand_gets_its_receipt(small: Project) -> None:
    folder = small.raw / "population" / "2021"
    folder.mkdir(parents=True)
    (folder / "population_departements_2021.csv").write_text(POPULATION + ARIEGE, encoding="utf-8")
    pipelines.acquire.run(small, SETTINGS)
    assert read_receipt(small, folder).layout == "2021"


@pytest.mark.parametrize(
    ("vintage", "name", "said"),
    [
        (
            "2019",
            "population_departements_2021.csv",
            "raw/population/2019: The sidecar has no vintage of this name",
        ),
        ("2021", "Sans titre 1.csv", "Sans titre 1.csv: This vintage is made of files with other names"),
        ("2021", ".keep", "data/raw/population/2021: The folder holds no file"),
    ],
)
def test_a_folder_dropped_in_by_hand_that_nobody_knows(small: Project, vintage: str, name: str, said: str) -> None:
    folder = small.raw / "population" / vintage
    folder.mkdir(parents=True)
    (folder / name).write_text(POPULATION + ARIEGE, encoding="utf-8")
    with pytest.raises(BadInput, match=said):
        pipelines.acquire.run(small, SETTINGS)
    assert not (small.raw / "barometre").exists()


def test_an_added_file_that_was_edited_afterwards(small: Project, tmp_path: Path) -> None:
    file = tmp_path / "population_departements_2021.csv"
    file.write_text(POPULATION + ARIEGE, encoding="utf-8")
    added = add_file(small, "population", file, try_out)
    (added.folder / file.name).write_text(POPULATION, encoding="utf-8")
    for stage in (pipelines.acquire, pipelines.stage):
        with pytest.raises(BadInput, match="The file is not the one that was taken in") as error:
            stage.run(small, SETTINGS)
        assert error.value.problems[0].file == "data/raw/population/2021/population_departements_2021.csv"


def test_a_damaged_or_missing_receipt(small: Project, tmp_path: Path) -> None:
    pipelines.acquire.run(small, SETTINGS)
    receipt = small.raw / "population" / "baseline" / "vintage.yml"
    receipt.write_text("source: [", encoding="utf-8")
    with pytest.raises(BadInput, match="The receipt of this vintage is damaged"):
        pipelines.stage.run(small, SETTINGS)
    receipt.unlink()
    with pytest.raises(BadInput, match="The receipt of this vintage is missing"):
        pipelines.stage.run(small, SETTINGS)
    assert not small.staging.exists()


REGISTER = (
    "ANNEE;INE;NUM_ETUDIANT;UAI;SITE;DIPLOME;SPECIALITE;NIVEAU;REGIME;SERIE_BAC;SEXE;INSCRIPTION;"
    "DATE_INSCRIPTION;DATE_DEPART\n"
    "2019;0123456789A;21900001;0311384L;toulouse;DUT;GEA;1;FI;T;F;P;02/09/2019;\n"
)


@pytest.fixture
def registers(project: Project, small: Project) -> Project:
    """A project with the register of enrolments, of which the generator has made a simulated one."""
    shutil.copy(project.sources / "apogee.yml", small.sources)
    shutil.copytree(project.reference, small.reference)
    folder = small.simulated / "apogee"
    folder.mkdir(parents=True)
    header, row, _ = REGISTER.replace("0123456789A", "SIM00000001").split("\n")
    (folder / "apogee_2019_simule.csv").write_text(f"{header};ORIGINE\n{row};simulée\n", encoding="latin-1")
    return small


def test_a_simulated_register_says_so_until_a_real_one_takes_its_place(
    registers: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipelines.acquire.run(registers, SETTINGS)
    pipelines.stage.run(registers, SETTINGS)
    assert read_table(registers, "stg_apogee__enrolment")["origin"].to_list() == ["simulated"]

    monkeypatch.setenv("OBSERVATOIRE_KEY", "5a" * 32)
    extract = tmp_path / "extraction.csv"
    extract.write_text(REGISTER, encoding="utf-8")
    added = add_file(registers, "apogee", extract, try_out)
    assert [path.name for path in sorted(added.folder.iterdir())] == ["apogee.parquet", "vintage.yml"]
    assert all(b"0123456789A" not in path.read_bytes() for path in registers.raw.rglob("*") if path.is_file())
    assert not add_file(registers, "apogee", extract, try_out).is_new

    report = pipelines.acquire.run(registers, SETTINGS)
    assert report.notes == ("data/raw/apogee/simulated was removed: the project no longer provides it.",)
    pipelines.stage.run(registers, SETTINGS)
    staged = read_table(registers, "stg_apogee__enrolment")
    assert staged["origin"].to_list() == ["observed"]
    assert "0123456789A" not in str(staged.rows())


def test_a_register_without_its_key_is_refused(
    registers: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OBSERVATOIRE_KEY", raising=False)
    monkeypatch.delenv("OBSERVATOIRE_KEY_FILE", raising=False)
    extract = tmp_path / "extraction.csv"
    extract.write_text(REGISTER, encoding="utf-8")
    with pytest.raises(BadInput, match="secret key"):
        add_file(registers, "apogee", extract, try_out)
    assert not registers.raw.exists()


def test_a_register_dropped_in_by_hand_is_not_kept_as_it_is(registers: Project) -> None:
    folder = registers.raw / "apogee" / "extract"
    folder.mkdir(parents=True)
    (folder / "extraction.csv").write_text(REGISTER, encoding="utf-8")
    with pytest.raises(BadInput, match=r"Move it out and use `observatoire add FILE --source apogee`"):
        pipelines.acquire.run(registers, SETTINGS)


def test_a_folder_may_hold_files_that_the_sidecar_does_not_name(small: Project, tmp_path: Path) -> None:
    """The producer's folder holds the region's contour beside those of its départements."""
    folder = tmp_path / "geo"
    folder.mkdir()
    square = {"type": "Polygon", "coordinates": [[[0, 0], [0, 1], [1, 1], [0, 0]]]}
    for name, code in (("departement-09-ariege", "09"), ("region-occitanie", "76")):
        feature = {"type": "Feature", "geometry": square, "properties": {"code": code, "nom": name}}
        (folder / f"{name}.geojson").write_text(json.dumps(feature), encoding="utf-8")
    added = add_file(small, "contours", folder, try_out)
    assert dict(added.rows) == {"stg_contours__departement": 1}
    assert added.left_out == ("region-occitanie.geojson",)
    assert "region-occitanie.geojson" in added.sentence()
