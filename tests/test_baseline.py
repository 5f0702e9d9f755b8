"""The figures that ship: golden figures, on them and on the originals, and the proof that one makes the other."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest
import yaml
from click.testing import CliRunner
from polars import col

from pipelines.cli import observatoire
from pipelines.kernel.catalogue import read_catalogue
from pipelines.kernel.files import sha256_of
from pipelines.kernel.problems import BadInput
from pipelines.kernel.project import Project
from pipelines.stage.baseline import make_baseline, stage_originals
from pipelines.stage.staging import Tables, stage_vintage

DUT, BUT = "Diplôme universitaire de technologie", "Bachelor universitaire de technologie"
LP = "Licence professionnelle"
IUT = "stg_parcoursup__entrants"


@pytest.fixture(scope="session")
def shipped(project: Project) -> Tables:
    """Every staging table, from the figures that ship."""
    tables: Tables = {}
    for source in read_catalogue(project).sources.values():
        for vintage in source.vintages:
            if vintage.shipped:
                files = {name: project.baseline / name for name in vintage.files}
                tables |= stage_vintage(source, vintage, files, source.origin)
    return tables


@pytest.fixture(scope="session")
def staged_originals(project: Project, originals: Path) -> Tables:
    """Every staging table, nation-wide, from the original files."""
    found = sorted(path for path in originals.rglob("*") if path.is_file())
    tables: Tables = {}
    for source in read_catalogue(project).sources.values():
        if not source.personal:
            tables |= stage_originals(source, found)[0]
    return tables


@pytest.fixture(params=["shipped", pytest.param("staged_originals", marks=pytest.mark.opendata)])
def tables(request: pytest.FixtureRequest) -> Tables:
    """The staging tables, once from what ships and once from the originals: a golden figure holds on both."""
    staged: Tables = request.getfixturevalue(request.param)
    return staged


def figure(tables: Tables, table: str, measure: str, **where: object) -> object:
    """Return the sum of a measure over the rows that hold these values; the value itself when there is one row."""
    rows = tables[table].filter(*(col(name) == value for name, value in where.items()))
    assert rows.height, f"{table} holds no row with {where}"
    return rows[measure][0] if rows.height == 1 else rows[measure].sum()


# Establishment and diploma of each figure; read in the file itself by other means than the adapters.
SISE = [
    (2012, "m7K6T", DUT, 5363),
    (2012, "HqAYu", LP, 885),
    (2012, "HqAYu", DUT, 784),
    (2012, "542Id", DUT, 373),
    (2012, "542Id", LP, 426),
    (2012, "Hm42K", LP, 283),
    (2012, "m7K6T", LP, 1277),
    (2021, "9hqpm", BUT, 2765),
    (2021, "9hqpm", DUT, 2326),
    (2022, "9hqpm", DUT, 18),
    (2024, "9hqpm", BUT, 5157),
    (2024, "u82xd", BUT, 1504),
    (2023, "u82xd", BUT, 1410),
    (2024, "gap5Q", "Licence professionnelle en 1 an", 184),
]


@pytest.mark.parametrize(("year", "paysage_id", "diploma", "students"), SISE)
def test_students_by_establishment_and_diploma(
    tables: Tables, year: int, paysage_id: str, diploma: str, students: int
) -> None:
    where = {"year": year, "paysage_id": paysage_id, "diploma_label": diploma}
    assert figure(tables, "stg_sise__enrolment", "students_count", **where) == students
    assert figure(tables, "stg_sise__international", "students_count", **where) == students


def test_two_files_of_the_ministry_agree(tables: Tables) -> None:
    """SISE and the file by establishment count the same DUT students of Toulouse Capitole and Jean Jaurès in 2012."""
    for paysage_id, students in (("542Id", 373), ("HqAYu", 784), ("m7K6T", 5363)):
        assert figure(tables, "stg_effectifs__establishment", "dut_count", year=2012, paysage_id=paysage_id) == students


ENTRANTS = [
    (2018, "0311086M", "DUT", 1677, 252),
    (2019, "0311086M", "DUT", 1653, 292),
    (2023, "0311086M", "BUT", 1598, 338),
    (2018, "0120870F", "DUT", 233, 35),
    (2023, "0120870F", "BUT", 205, 28),
    (2023, "0650583F", "BUT", 515, 69),
    (2023, "0460697H", "BUT", 159, 24),
]


@pytest.mark.parametrize(("year", "uai", "family", "admitted", "scholarship"), ENTRANTS)
def test_entrants_through_parcoursup(
    tables: Tables, year: int, uai: str, family: str, admitted: int, scholarship: int
) -> None:
    where = {"year": year, "uai": uai, "family_label": family}
    assert figure(tables, IUT, "admitted_count", **where) == admitted
    assert figure(tables, IUT, "new_bachelors_scholarship_count", **where) == scholarship


@pytest.mark.parametrize(
    ("year", "uai", "admitted", "scholarship"),
    [(2016, "0311086M", 1597, 358), (2017, "0311086M", 1526, 321), (2017, "0120870F", 221, 40)],
)
def test_entrants_through_apb(tables: Tables, year: int, uai: str, admitted: int, scholarship: int) -> None:
    where = {"year": year, "uai": uai, "family_label": "DUT"}
    assert figure(tables, "stg_apb__entrants", "admitted_count", **where) == admitted
    assert figure(tables, "stg_apb__entrants", "admitted_scholarship_count", **where) == scholarship


def test_the_two_tracks_of_gea_in_toulouse_are_summed_in_what_ships(tables: Tables) -> None:
    gea = {"year": 2018, "uai": "0311086M", "formation_label": "Gestion des entreprises et des administrations"}
    assert figure(tables, IUT, "admitted_count", **gea) == 337 + 27


@pytest.mark.parametrize(
    ("level", "code", "year", "contracts", "months"),
    [
        ("departement", "31", 2017, 5371, 12),
        ("departement", "31", 2021, 18551, 12),
        ("departement", "31", 2022, 22248, 10),
        ("region", "76", 2021, 65062, 12),
        ("country", "FR", 2022, 834549, 10),
    ],
)
def test_apprenticeship_contracts(
    tables: Tables, level: str, code: str, year: int, contracts: int, months: int
) -> None:
    where = {"territory_level": level, "territory_code": code, "year": year}
    assert figure(tables, "stg_barometre__contracts", "contracts_count", **where) == contracts
    assert figure(tables, "stg_barometre__contracts", "months_covered", **where) == months


def test_employment_of_licence_professionnelle(tables: Tables) -> None:
    where = {"uai": "0311384L", "discipline_code": "disc12", "measure_code": "employment_pct"}
    table = "stg_insertion_lp__outcomes"
    assert figure(tables, table, "value", year=2013, months_after=18, **where) == 87
    assert figure(tables, table, "value", year=2016, months_after=30, **where) == 95
    lp = tables[table].filter(col("uai").is_in(["0311382J", "0311383K", "0311384L"]))
    rates = lp.filter(col("measure_code") == "employment_pct")
    assert (rates.height, rates.filter(col("missing_code") == "ns").height) == (272, 143)
    assert (
        tables[table].filter(col("uai") == "UNIV").select("year", "discipline_code", "months_after").n_unique() == 136
    )


def test_employment_of_dut_graduates(tables: Tables) -> None:
    table = tables["stg_insertion_dut__outcomes"].filter(
        col("year") == 2016,
        col("gender_label") == "femmes et hommes",
        col("speciality_label") == "Informatique",
        col("months_after") == 18,
        col("measure_code") == "responses_count",
    )
    assert table.select("row_rank", "value").rows() == [(1, 166.0), (2, 261.0)]


@pytest.mark.parametrize(("code", "students"), [("F  TOULOUS03", 247), ("F  TOULOUS02", 200), ("F  TOULOUS01", 226)])
def test_outgoing_erasmus_students(tables: Tables, code: str, students: int) -> None:
    assert figure(tables, "stg_erasmus__flows", "students_count", sending_code=code) == students


@pytest.mark.parametrize(("uai", "students"), [("0311086M", 4253), ("0811199N", 575), ("0121499P", 48)])
def test_students_by_site(tables: Tables, uai: str, students: int) -> None:
    assert figure(tables, "stg_implantations__site", "students_count", uai=uai) == students


def test_population_and_identity(tables: Tables) -> None:
    population = figure(tables, "stg_population__departement", "municipal_population_count", departement_code="31")
    assert population == 1_434_367
    assert figure(tables, "stg_etablissements__identity", "former_uai", paysage_id="gap5Q") == "0311382J"


def test_training_centres(tables: Tables) -> None:
    cfa = tables["stg_inserjeunes__cfa"].filter(col("region_label") == "OCCITANIE")
    assert dict(cfa.group_by("year").agg(col("uai").n_unique()).rows()) == {
        2019: 86,
        2020: 82,
        2021: 102,
        2022: 185,
        2023: 208,
    }


def test_every_figure_file_has_a_sidecar_that_tells_the_truth(project: Project) -> None:
    files = sorted(project.baseline.glob("*.csv"))
    assert {path.stem for path in files} == {
        f"{source.id}__{table.object}"
        for source in read_catalogue(project).sources.values()
        if any(vintage.shipped for vintage in source.vintages)
        for table in source.tables
    }
    for path in files:
        said = yaml.safe_load(path.with_suffix(".yml").read_text(encoding="utf-8"))
        assert said["sha256"] == sha256_of(path)
        assert said["rows"] == pl.read_csv(path, infer_schema=False).height
        assert {"dataset", "producer", "licence", "citation", "vintages", "command", "made_from"} <= set(said)
        assert "/" not in "".join(said["made_from"])


def test_what_ships_is_compact(project: Project) -> None:
    assert sum(path.stat().st_size for path in project.baseline.iterdir()) < 2_500_000


@pytest.mark.opendata
def test_the_originals_make_what_ships_byte_for_byte(
    project: Project, originals: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = Project(tmp_path / "observatory")
    for folder in ("sources", "reference"):
        shutil.copytree(project.data / folder, copy.data / folder)
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(project.root / name, copy.root)
    copy.baseline.mkdir()
    shutil.copy(project.baseline / "perimeter.yml", copy.baseline)
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "opendata").symlink_to(originals)
    monkeypatch.chdir(copy.root)
    done = CliRunner().invoke(observatoire, ["baseline", "--from", "../shared/opendata"])
    assert done.exit_code == 0, done.output
    made = [path for path in sorted(copy.baseline.iterdir()) if path.name != "perimeter.yml"]
    assert [path.name for path in made] == [
        path.name for path in sorted(project.baseline.iterdir()) if path.name != "perimeter.yml"
    ]
    for path in made:
        assert path.read_bytes() == (project.baseline / path.name).read_bytes(), path.name


def test_a_folder_without_the_originals_is_refused_and_nothing_changes(project: Project, tmp_path: Path) -> None:
    before = {path.name: sha256_of(path) for path in project.baseline.iterdir()}
    with pytest.raises(BadInput, match=r"sise-effectifs-2012-2024\.parquet: No file of sise, vintage 2012-2024"):
        make_baseline(project, tmp_path)
    assert {path.name: sha256_of(path) for path in project.baseline.iterdir()} == before


@pytest.mark.opendata
def test_originals_are_staged_nation_wide(staged_originals: Tables) -> None:
    heights = {name: frame.height for name, frame in staged_originals.items()}
    assert heights == {
        "stg_apb__entrants": 17_753,
        "stg_barometre__contracts": 162,
        "stg_contours__departement": 8,
        "stg_effectifs__establishment": 2_420,
        "stg_erasmus__flows": 23_009,
        "stg_etablissements__identity": 250,
        "stg_implantations__site": 2_549,
        "stg_inserjeunes__cfa": 51_706,
        "stg_insertion_dut__outcomes": 7_578,
        "stg_insertion_lp__outcomes": 72_492,
        "stg_parcoursup__entrants": 36_143,
        "stg_population__departement": 100,
        "stg_sise__enrolment": 306_824,
        "stg_sise__international": 26_728,
    }


@pytest.mark.opendata
def test_what_the_readme_of_the_originals_says_of_them(staged_originals: Tables) -> None:
    effectifs = staged_originals["stg_effectifs__establishment"]
    assert effectifs["is_double_count"].sum() == 65
    assert effectifs["uai_other"].count() == 65
    parcoursup = staged_originals[IUT].filter(col("year") == 2023)
    assert parcoursup["formation_code"].n_unique() == parcoursup.height == 13_869
    assert staged_originals["stg_sise__enrolment"]["level_code"].unique().sort().to_list() == ["01", "02", "03", "XX"]
    kinds = staged_originals["stg_implantations__site"].filter(col("uai").is_in(["0320691C", "0811199N", "0121499P"]))
    assert kinds["implantation_type_label"].unique().to_list() == ["Antenne délocalisée d'IUT"]
