"""Marts made a year at a time: what changes in any year, the result is that of a first run, byte for byte."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from register_tables import PROJECT, REGISTERS

import pipelines.acquire
import pipelines.consolidate
import pipelines.stage
from pipelines.consolidate import years
from pipelines.consolidate.marts import bound
from pipelines.kernel import register_parts
from pipelines.kernel.catalogue import read_catalogue
from pipelines.kernel.files import sha256_of
from pipelines.kernel.freshness import file_fingerprint
from pipelines.kernel.problems import BadInput
from pipelines.kernel.project import Project, Settings
from pipelines.kernel.quarantine import REASON, quarantine_path
from pipelines.kernel.report import StageReport
from pipelines.kernel.sql import read_queries
from pipelines.kernel.warehouse import Warehouse
from pipelines.simulate.registers import simulate_registers

FIRST, LAST = 2012, 2016
SETTINGS = Settings(edition=LAST + 4, students=200, simulate_from=FIRST, simulate_to=LAST, seed=11)
MARTS = (
    *("linkage__number", "linkage__enrolled", "linkage__register", "apprenticeship__student", "mobility__stay"),
    *("student__year", "enrolment__register", "success__register", "employment__register"),
)
LARGE = ("linkage__number", "apprenticeship__student", "mobility__stay", "student__year")


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = Project(tmp_path_factory.mktemp("simulated"))
    home.data.mkdir()
    home.reference.symlink_to(PROJECT.reference)
    simulate_registers(home, SETTINGS, home.simulated)
    return home.simulated


def observatory(folder: Path, simulated: Path) -> Project:
    """A project of the five registers and the marts made from them."""
    project = Project(folder)
    project.sources.mkdir(parents=True)
    project.reference.symlink_to(PROJECT.reference)
    for source in REGISTERS:
        shutil.copy(PROJECT.sources / f"{source}.yml", project.sources)
    (project.sql / "marts").mkdir(parents=True)
    for name in MARTS:
        shutil.copy(PROJECT.sql / "marts" / f"mart_{name}.sql", project.sql / "marts")
    shutil.copytree(simulated, project.simulated)
    return project


@pytest.fixture
def home(tmp_path: Path, simulated: Path) -> Project:
    return observatory(tmp_path, simulated)


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(register_parts, "IN_MEMORY", 1)


def make(home: Project, given: Settings = SETTINGS) -> StageReport:
    pipelines.acquire.run(home, given)
    pipelines.stage.run(home, given)
    return pipelines.consolidate.run(home, given)


def marts(home: Project) -> dict[str, str]:
    return {path.name: file_fingerprint(path) for path in sorted(home.marts.iterdir())}


def from_scratch(home: Project, given: Settings = SETTINGS) -> dict[str, str]:
    for folder in (home.staging, home.marts, home.fingerprints):
        shutil.rmtree(folder)
    make(home, given)
    return marts(home)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, set[int]]:
    """The years that each mart is asked for."""
    found: dict[str, set[int]] = {}
    real = years._made

    def watched(mart: years.Yearly, wanted: list[int], folder: Path) -> dict[int, int]:
        found.setdefault(mart.query.name.removeprefix("mart_"), set()).update(wanted)
        return real(mart, wanted, folder)

    monkeypatch.setattr(years, "_made", watched)
    return found


def rows(home: Project, name: str) -> pl.DataFrame:
    return pl.read_parquet(home.marts / f"mart_{name}.parquet")


def test_marts_of_large_registers_hold_the_rows_of_those_of_small_ones(
    home: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(home)
    assert all(path.is_file() for path in home.marts.iterdir())
    small = {name: rows(home, name) for name in MARTS}
    monkeypatch.setattr(register_parts, "IN_MEMORY", 1)
    make(home)
    assert {path.stem for path in home.marts.iterdir() if path.is_dir()} == {f"mart_{name}" for name in LARGE}
    assert all(rows(home, name).equals(small[name]) for name in MARTS)
    assert all(small[name].height for name in MARTS)
    cut = {int(path.stem): pl.read_parquet(path) for path in (home.marts / "mart_student__year.parquet").iterdir()}
    assert all(set(frame["year"]) == {year} for year, frame in cut.items())
    monkeypatch.undo()
    make(home)
    assert all(path.is_file() for path in home.marts.iterdir()), "what shrinks is one file again"
    assert all(rows(home, name).equals(small[name]) for name in MARTS)


@pytest.mark.usefixtures("large")
def test_a_new_year_costs_the_years_it_touches(home: Project, asked: dict[str, set[int]]) -> None:
    late = {}
    for source in REGISTERS:
        last = max(re.findall(r"_(\d{4})_", path.name)[0] for path in (home.simulated / source).glob("*.csv"))
        for path in (home.simulated / source).glob(f"*_{last}_*"):
            late[path] = path.read_bytes()
            path.unlink()
    make(home, SETTINGS.changed(edition=LAST + 3))
    before = {path.name: path.stat().st_ino for path in (home.marts / "mart_student__year.parquet").iterdir()}
    for path, content in late.items():
        path.write_bytes(content)
    asked.clear()
    make(home)  # of a new edition, as a new year is
    assert LAST in asked["student__year"]
    assert not asked["student__year"] & set(range(FIRST, LAST - 1)), "breaches are typed late, by a year"
    after = {path.name: path.stat().st_ino for path in (home.marts / "mart_student__year.parquet").iterdir()}
    kept = {name: inode for name, inode in before.items() if int(name[:4]) not in asked["student__year"]}
    assert kept
    assert kept.items() <= after.items(), "a year that did not change was written again"
    assert not asked["success__register"] & set(range(FIRST, LAST - 2))
    incremental = marts(home)
    assert from_scratch(home) == incremental
    asked.clear()
    assert make(home).made == ()
    assert not asked


def change(path: Path, edit: Callable[[list[str]], list[str]]) -> None:
    head, *lines = path.read_bytes().decode("latin-1").splitlines()
    path.write_bytes("\n".join([head, *edit(lines), ""]).encode("latin-1"))


@pytest.mark.usefixtures("large")
def test_a_breach_typed_years_later_reaches_the_year_in_which_it_fell(
    home: Project, asked: dict[str, set[int]]
) -> None:
    """Nothing bounds how late an office types: what crosses years is read whole, not within a window."""
    early = home.simulated / "cfa" / f"cfa_{FIRST}_simule.csv"
    contract = next(
        line.split(";") for line in early.read_text(encoding="utf-8").splitlines() if line.split(";")[4] == ""
    )
    make(home)
    asked.clear()
    contract[0], contract[4] = str(LAST), contract[3]
    change(home.simulated / "cfa" / f"cfa_{LAST}_simule.csv", lambda lines: [*lines, ";".join(contract)])
    make(home)
    assert FIRST in asked["student__year"]
    assert not asked["student__year"] & set(range(FIRST + 1, LAST))
    incremental = marts(home)
    assert from_scratch(home) == incremental


@pytest.mark.usefixtures("large")
def test_an_ine_found_later_names_a_row_of_long_ago(home: Project, asked: dict[str, set[int]]) -> None:
    early, late = (home.simulated / "apogee" / f"apogee_{year}_simule.csv" for year in (FIRST, LAST))
    row = early.read_bytes().decode("latin-1").splitlines()[5].split(";")
    ine, row[1] = row[1], ""
    change(early, lambda lines: [*lines[:4], ";".join(row), *lines[5:]])
    for path in sorted((home.simulated / "apogee").glob("*.csv")):  # nobody else says whose number it is
        change(path, lambda lines: [line for line in lines if f";{ine};" not in line])
    make(home)
    before = rows(home, "student__year").filter(pl.col("year") == FIRST)
    asked.clear()
    row[0], row[1], row[12] = str(LAST), ine, f"01/09/{LAST}"
    change(late, lambda lines: [*lines, ";".join(row)])
    make(home)
    assert FIRST in asked["student__year"]
    assert not before.equals(rows(home, "student__year").filter(pl.col("year") == FIRST))
    incremental = marts(home)
    assert from_scratch(home) == incremental


@pytest.mark.usefixtures("large")
def test_rows_put_aside_make_their_year_again_and_no_other(home: Project, asked: dict[str, set[int]]) -> None:
    make(home)
    asked.clear()
    staged = pl.read_parquet(home.staging / "stg_crous__scholarship.parquet")
    aside = staged.filter(pl.col("year") == FIRST + 2).head(3).with_columns(pl.lit("SCH-001").alias(REASON))
    path = quarantine_path(home, "stg_crous__scholarship")
    path.parent.mkdir()
    aside.write_parquet(path)
    make(home)
    assert asked["student__year"] == {FIRST + 2}
    incremental = marts(home)
    assert from_scratch(home) == incremental


@pytest.mark.usefixtures("large")
def test_a_register_that_is_not_cut_is_read_whole(home: Project, asked: dict[str, set[int]]) -> None:
    """A row of another year in a file: of which years the register has rows, its files no longer say."""
    make(home)
    change(
        home.simulated / "apogee" / f"apogee_{FIRST + 1}_simule.csv",
        lambda lines: [*lines, f"{FIRST + 2}{lines[-1][4:]}"],
    )
    asked.clear()
    make(home)
    assert (home.staging / "stg_apogee__enrolment.parquet").is_file()
    assert (home.marts / "mart_student__year.parquet").is_file()
    assert "student__year" not in asked
    incremental = marts(home)
    assert from_scratch(home) == incremental


@settings(max_examples=2, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_changes_the_next_run_gives_what_a_first_run_gives(
    data: st.DataObject, simulated: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Files of any year go, come back, lose rows, say something else; the run is of another edition."""
    project = observatory(tmp_path_factory.mktemp("changes"), simulated)
    files = sorted(project.simulated.rglob("*_simule.csv"))
    first = {path: path.read_bytes() for path in files}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(register_parts, "IN_MEMORY", 1)
        make(project)
        edition = SETTINGS.edition
        for _ in range(2):
            file = data.draw(st.sampled_from(files))
            done = data.draw(st.sampled_from(["gone", "fewer", "numbers only", "back", "edition"]))
            if done == "gone" and sum(path.exists() for path in file.parent.glob("*.csv")) > 2:
                file.unlink(missing_ok=True)
            elif done == "fewer" and file.exists():
                change(file, lambda lines: lines[: len(lines) // 2 + 1])
            elif done == "numbers only" and file.exists() and file.parent.name in ("apogee", "relint"):
                change(file, lambda lines: [re.sub(r"^(\d{4};)SIM\d[^;]*", r"\1", line) for line in lines])
            elif done == "back":
                file.write_bytes(first[file])
            else:
                edition = data.draw(st.sampled_from([SETTINGS.edition - 2, SETTINGS.edition]))
            make(project, SETTINGS.changed(edition=edition))
        incremental = marts(project)
        assert from_scratch(project, SETTINGS.changed(edition=edition)) == incremental


@pytest.mark.usefixtures("large")
def test_the_years_a_header_names_are_all_that_a_year_is_made_from(home: Project) -> None:
    """A year asked alone, of the files its window names, gives the rows that the whole query gives of it."""
    make(home)
    seen = set()
    with Warehouse(home, SETTINGS, read_catalogue(home)) as warehouse:
        for query in read_queries(home, "marts", "mart_*.sql").values():
            view = bound(warehouse, query)
            mart = years.yearly(query, warehouse, warehouse.columns(view))
            if mart is None or mart.is_whole:
                continue
            order = ", ".join(query.grain)
            for year in mart.years():
                with warehouse.narrowed(f"alone {year}", mart.reads(year)) as part:
                    part.bind(query, "alone")
                    alone = part._run(f"select * from alone where year = {year} order by {order}", "").fetchall()
                whole = warehouse._run(f"select * from {view} where year = {year} order by {order}", "").fetchall()
                assert alone == whole, (query.name, year)
                seen |= {query.name} if alone else set()
    assert {name.removeprefix("mart_") for name in seen} == {
        *("linkage__enrolled", "student__year", "success__register", "employment__register")
    }


@pytest.mark.usefixtures("large")
def test_a_window_too_narrow_is_found_out(home: Project) -> None:
    path = home.sql / "marts" / "mart_success__register.sql"
    path.write_text(path.read_text(encoding="utf-8").replace("-1 to 1", "0 to 1"), encoding="utf-8")
    with pytest.raises(AssertionError, match="success"):
        test_the_years_a_header_names_are_all_that_a_year_is_made_from(home)


@pytest.mark.parametrize(
    "line",
    [
        "years: sometimes",
        "years: mart_student__year 1 to -1",
        "years: stg_crous__scholarship all",
        "years: mart_student__year",
    ],
)
def test_a_window_that_cannot_be_read_is_refused_by_file_and_line(home: Project, line: str) -> None:
    path = home.sql / "marts" / "mart_success__register.sql"
    path.write_text(path.read_text(encoding="utf-8").replace("years: mart_student__year -1 to 1", line))
    with pytest.raises(BadInput, match=r"mart_success__register\.sql, row 1.*`-- years:` is not understood"):
        make(home)


@pytest.mark.usefixtures("large")
def test_two_rows_of_one_grain_stop_the_mart_and_leave_it_as_it_was(home: Project) -> None:
    make(home)
    before = marts(home)
    path = home.sql / "marts" / "mart_student__year.sql"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("select * from final\n", "select * from final union all select * from final\n"))
    with pytest.raises(BadInput, match="Rows share the grain year, student_token"):
        pipelines.consolidate.run(home, SETTINGS)
    assert marts(home) == before
    assert not list(home.data.glob(".years-*"))


def test_hashes_of_large_files_are_remembered_until_the_file_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipelines.kernel import hashes

    path, read = tmp_path / "data" / "large.csv", []
    path.parent.mkdir()
    monkeypatch.setattr(hashes, "LARGE", 4)
    monkeypatch.setattr(hashes, "sha256_of", lambda file: read.append(file) or sha256_of(file))

    def hashed() -> str:
        known = hashes.Hashes(Project(tmp_path))  # another process
        found = known.of(path)
        known.save()
        return found

    path.write_bytes(b"first")
    assert hashed() == hashed() == sha256_of(path)
    assert len(read) == 2, "it changed a moment ago: it may change again without its time telling"
    os.utime(path, (1, 1))
    assert hashed() == hashed()
    assert len(read) == 3
    path.write_bytes(b"other")
    assert hashed() == sha256_of(path)
    assert len(read) == 4
