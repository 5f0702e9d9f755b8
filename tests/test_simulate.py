"""The generator: sizes it must meet, what may not change, and that nobody can take its files for real ones."""

from pathlib import Path

import polars as pl
import pytest

from pipelines.kernel.project import Settings
from pipelines.simulate.calibration import read_calibration
from pipelines.simulate.registers import SOURCES, file_names, simulate_registers
from tests.register_tables import PROJECT

YEARS = range(2008, 2025)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pl.DataFrame]:
    """The registers at their usual size, and the truth about them."""
    folder = tmp_path_factory.mktemp("registers")
    settings = Settings(edition=2024)
    files = simulate_registers(PROJECT, settings, folder, truth=folder / "truth.parquet")
    assert len(files) == sum(len(file_names(source, 2008, 2024, late=True)) for source in SOURCES)
    return folder, pl.read_parquet(folder / "truth.parquet")


@pytest.fixture(scope="module")
def by_year(whole: tuple[Path, pl.DataFrame]) -> dict[int, dict[str, float]]:
    _, truth = whole
    table = truth.group_by("year").agg(
        students=pl.len(),
        apprentices=pl.col("is_apprentice").sum(),
        mobile=((pl.col("study_stays_count") + pl.col("placement_stays_count")) > 0).sum(),
        holders=pl.col("echelon_code").is_not_null().mean(),
        technological=(pl.col("bac_code") == "T").mean(),
        continuing=(pl.col("regime_code") == "FC").sum(),
        outside=(pl.col("site_code") != "toulouse").mean(),
    )
    return {row["year"]: row for row in table.to_dicts()}


def test_the_seed_s_figures_are_met_at_the_start(by_year: dict[int, dict[str, float]]) -> None:
    seed = by_year[2010]
    assert seed["students"] > 8_000
    assert seed["apprentices"] == pytest.approx(276, rel=0.10)
    assert seed["mobile"] == pytest.approx(410, rel=0.10)
    assert seed["holders"] == pytest.approx(0.47, abs=0.02)
    assert seed["technological"] == pytest.approx(0.36, abs=0.02)
    assert seed["continuing"] == pytest.approx(425, rel=0.10)


def test_half_of_the_students_are_outside_toulouse_every_year(by_year: dict[int, dict[str, float]]) -> None:
    assert all(row["outside"] == pytest.approx(0.5, abs=0.05) for row in by_year.values())


def test_the_epidemic_is_seen_in_mobility(by_year: dict[int, dict[str, float]]) -> None:
    mobile = {year: row["mobile"] for year, row in by_year.items()}
    assert mobile[2020] < 0.4 * mobile[2018]
    assert mobile[2020] < mobile[2021] < mobile[2022] < mobile[2023]


def test_apprenticeship_grows_faster_after_the_reform(by_year: dict[int, dict[str, float]]) -> None:
    apprentices = {year: row["apprentices"] for year, row in by_year.items()}
    assert apprentices[2024] / apprentices[2018] > 2.5 > apprentices[2018] / apprentices[2010] > 1.5


def test_each_site_has_the_size_of_the_open_figures(whole: tuple[Path, pl.DataFrame]) -> None:
    calibration = read_calibration(PROJECT)
    scale = 8_000 / calibration.total(2008)
    counts = {(year, site): size for year, site, size in whole[1].group_by("year", "site_code").len().iter_rows()}
    for year in YEARS:
        for index, site in enumerate(calibration.site_codes):
            expected = sum(calibration.students(index, year)) * scale
            assert counts[year, site] == pytest.approx(expected, rel=0.08), (year, site)


@pytest.mark.parametrize(
    ("year", "levels"), [(2012, (3625, 3074, 0)), (2018, (3625, 3074, 0)), (2023, (3353, 2655, 2131))]
)
def test_years_of_study_have_the_shares_of_sise(
    whole: tuple[Path, pl.DataFrame], year: int, levels: tuple[int, int, int]
) -> None:
    # SISE 2018 and 2023, the four establishments together; 2012 has the shares of 2018.
    iut = whole[1].filter((pl.col("year") == year) & (pl.col("diploma_code") != "LP"))
    for level, expected in zip("123", levels, strict=True):
        share = (iut["level_code"] == level).mean()
        assert share == pytest.approx(expected / sum(levels), abs=0.025)


def test_diplomas_sites_and_specialities_are_those_of_their_time(whole: tuple[Path, pl.DataFrame]) -> None:
    _, truth = whole
    diplomas = {year: set(group["diploma_code"]) for (year,), group in truth.group_by("year")}
    assert diplomas[2020] == {"DUT", "LP"}
    assert diplomas[2021] == {"DUT", "BUT", "LP"}
    assert diplomas[2024] == {"BUT", "LP"}
    assert set(truth.filter(pl.col("site_code") == "albi")["diploma_code"]) == {"LP"}
    assert set(truth.filter(pl.col("year") == 2012)["speciality_code"]) >= {"SRC"}
    assert "SRC" not in set(truth.filter(pl.col("year") == 2013)["speciality_code"])
    offered = truth.filter(pl.col("diploma_code") != "LP").select("site_code", "speciality_code").unique()
    known = {
        (row["site_code"], row["speciality_code"])
        for row in pl.read_csv(PROJECT.reference / "simulation_open_figures.csv")
        .filter(pl.col("quantity") == "entrants")
        .to_dicts()
    }
    former = {"SRC": "MMI", "GCE": "PEC"}
    assert {(site, former.get(code, code)) for site, code in offered.iter_rows()} == known


def test_students_go_through_their_course(whole: tuple[Path, pl.DataFrame]) -> None:
    _, truth = whole
    first = truth.filter((pl.col("year") == 2015) & (pl.col("level_code") == "1"))
    second = truth.filter((pl.col("year") == 2016) & (pl.col("level_code") == "2"))
    kept = first.join(second, on="ine")
    assert 0.70 < kept.height / first.height < 0.80
    assert (kept["sex_code"] == kept["sex_code_right"]).all()
    assert 0 < (kept["site_code"] != kept["site_code_right"]).mean() < 0.02


def test_every_file_and_row_says_that_it_is_simulated(whole: tuple[Path, pl.DataFrame]) -> None:
    folder, _ = whole
    files = sorted(folder.glob("*/*.csv"))
    assert sum(path.stat().st_size for path in files) < 60e6
    for path in files:
        assert path.name.endswith("_simule.csv")
        encoding = "latin-1" if path.parent.name == "apogee" and int(path.name.split("_")[1]) <= 2012 else "utf-8"
        header, *rows = path.read_text(encoding=encoding).splitlines()
        assert header.split(";")[-1] == "ORIGINE"
        assert all(row.endswith(";simulée") for row in rows)
        place = header.split(";").index("INE")
        assert all(row.split(";")[place].startswith("SIM") for row in rows)


def test_tarbes_changes_hands_in_2023(whole: tuple[Path, pl.DataFrame]) -> None:
    def carriers(year: int) -> set[str]:
        table = pl.read_csv(whole[0] / "apogee" / f"apogee_{year}_simule.csv", separator=";", infer_schema=False)
        return set(table.filter((pl.col("SITE") == "tarbes") & (pl.col("INSCRIPTION") == "P"))["UAI"])

    assert carriers(2022) == {"0311384L"}
    assert carriers(2023) == {"0651124U"}


def small(folder: Path, **changes: int) -> dict[str, bytes]:
    settings = Settings(**{"edition": 2024, "students": 600, "simulate_from": 2010, "simulate_to": 2016, **changes})
    return {path.name: path.read_bytes() for path in simulate_registers(PROJECT, settings, folder)}


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    first = small(tmp_path / "a")
    assert first == small(tmp_path / "b", threads=1)
    assert first != small(tmp_path / "c", seed=7)


def test_one_more_year_leaves_earlier_years_as_they_were(tmp_path: Path) -> None:
    before, after = small(tmp_path / "a"), small(tmp_path / "b", simulate_to=2018)
    assert before.items() < after.items()


def test_years_that_are_no_longer_asked_for_go(tmp_path: Path) -> None:
    small(tmp_path, simulate_to=2016)
    small(tmp_path, simulate_to=2012)
    assert sorted(path.name for path in (tmp_path / "apogee").iterdir()) == sorted(
        file_names("apogee", 2010, 2012, late=True)
    )


def test_the_dut_s_last_years_and_beyond_the_open_figures(tmp_path: Path) -> None:
    for first in (2021, 2022, 2023, 2030):
        assert small(tmp_path / str(first), simulate_from=first, simulate_to=first + 2)
