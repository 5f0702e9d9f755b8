"""A large register is staged a year at a time: the same rows as in one go, and a new year costs one year."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import pipelines.acquire
import pipelines.stage
from pipelines.kernel import register_parts, registers
from pipelines.kernel.files import sha256_of
from pipelines.kernel.freshness import Freshness
from pipelines.kernel.identity import simulated_tokeniser
from pipelines.kernel.problems import BadInput
from pipelines.kernel.project import Project, Settings
from pipelines.kernel.register_rows import write_rows
from pipelines.kernel.registers import write_register
from pipelines.simulate.registers import simulate_registers
from pipelines.stage.registers import write_staging
from pipelines.stage.years import Years
from tests.register_tables import PROJECT, REGISTERS, sidecar

FIRST, LAST = 2012, 2016
SETTINGS = Settings(edition=LAST, students=200, simulate_from=FIRST, simulate_to=LAST, seed=7)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("simulated")
    home = Project(folder)
    home.data.mkdir()
    home.reference.symlink_to(PROJECT.reference)
    simulate_registers(home, SETTINGS, home.simulated)
    return home.simulated


@pytest.fixture
def home(tmp_path: Path, simulated: Path) -> Project:
    """A project of the five registers, taken in and not yet staged."""
    project = Project(tmp_path)
    project.sources.mkdir(parents=True)
    project.reference.symlink_to(PROJECT.reference)
    for source in REGISTERS:
        shutil.copy(PROJECT.sources / f"{source}.yml", project.sources)
    shutil.copytree(simulated, project.simulated)
    return project


def write(home: Project, source: str, target: Path, *, in_parts: bool) -> int:
    return write_register(
        home,
        sidecar(source),
        sidecar(source).vintage("simulated"),
        sorted((home.simulated / source).glob("*.csv")),
        simulated_tokeniser(),
        target,
        origin="simulated",
        threads=2,
        cut=(lambda _: {}) if in_parts else None,
    )


def staged(home: Project) -> dict[str, dict[str, str]]:
    """Return register → part → hash."""
    return {
        path.stem: {part.name: sha256_of(part) for part in ([path] if path.is_file() else sorted(path.iterdir()))}
        for path in sorted(home.staging.iterdir())
    }


def stage(home: Project) -> tuple[set[str], set[str]]:
    """Take in and stage; return what was made and what was kept."""
    pipelines.acquire.run(home, SETTINGS)
    report = pipelines.stage.run(home, SETTINGS)
    return set(report.made), set(report.kept)


@pytest.mark.parametrize("chunks", [2, 1_000_000])
@pytest.mark.parametrize("source", REGISTERS)
def test_parts_hold_the_rows_of_the_whole_in_its_order(
    home: Project, tmp_path: Path, source: str, chunks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = write(home, source, tmp_path / "whole.parquet", in_parts=False)
    size = sum(path.stat().st_size for path in (home.simulated / source).glob("*.csv"))
    monkeypatch.setattr(register_parts, "IN_MEMORY", size // chunks)
    assert write(home, source, tmp_path / "parts.parquet", in_parts=True) == rows
    whole = pl.read_parquet(tmp_path / "whole.parquet")
    assert pl.read_parquet(tmp_path / "parts.parquet").equals(whole)
    parts = {int(path.stem): pl.read_parquet(path) for path in (tmp_path / "parts.parquet").iterdir()}
    assert {year: set(frame["year"]) for year, frame in parts.items()} == {
        year: {year} for year in whole["year"].unique()
    }


def test_small_registers_are_one_file_each_and_large_ones_are_all_cut(
    home: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One answer for all: a mart links them, the smallest with the largest."""
    stage(home)
    assert all(path.is_file() for path in home.staging.iterdir())
    whole = {path.name: pl.read_parquet(path) for path in home.staging.iterdir()}
    sizes = [path.stat().st_size for path in home.raw.rglob("*") if path.is_file()]
    monkeypatch.setattr(register_parts, "IN_MEMORY", sum(sizes) - 1)
    stage(home)
    assert all(path.is_dir() for path in home.staging.iterdir())
    assert {path.name: pl.read_parquet(path) for path in home.staging.iterdir()}.keys() == whole.keys()
    assert all(pl.read_parquet(home.staging / name).equals(frame) for name, frame in whole.items())


def test_tokens_made_once_a_person_are_those_made_once_a_row(
    home: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for source in REGISTERS:
        write(home, source, tmp_path / "once.parquet", in_parts=False)
        with monkeypatch.context() as patch:
            patch.setattr(register_parts, "IN_MEMORY", 0)
            write(home, source, tmp_path / "each.parquet", in_parts=False)
        assert sha256_of(tmp_path / "once.parquet") == sha256_of(tmp_path / "each.parquet"), source


def test_identifiers_have_no_folder_to_go_to(home: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While names are held nothing can be put on the disk; what does not fit is read without holding them."""
    folders = []
    read = registers._read

    def watched(connection, *given, holds_names=False):  # type: ignore[no-untyped-def]
        setting = connection.execute("select current_setting('temp_directory')").fetchone()[0]
        folders.append((holds_names, setting or ""))
        return read(connection, *given, holds_names=holds_names) and not holds_names

    monkeypatch.setattr(registers, "_read", watched)
    write(home, "apogee", tmp_path / "apogee.parquet", in_parts=False)
    assert folders[0] == (True, "")
    assert folders[1][0] is False
    assert folders[1][1]
    assert pl.read_parquet(tmp_path / "apogee.parquet").height


@pytest.mark.parametrize("in_parts", [False, True])
def test_a_register_that_does_not_fit_into_memory_is_spilled_and_the_same(
    home: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_parts: bool
) -> None:
    write(home, "apogee", tmp_path / "whole.parquet", in_parts=False)
    if in_parts:
        monkeypatch.setattr(register_parts, "IN_MEMORY", 1)
    real, refused = registers.write_rows, []

    def small(connection, *given):  # type: ignore[no-untyped-def]
        if not connection.execute("select current_setting('temp_directory')").fetchone()[0]:
            refused.append(1)
            raise duckdb.OutOfMemoryException("it does not fit")
        return real(connection, *given)

    monkeypatch.setattr(registers, "write_rows", small)
    write(home, "apogee", tmp_path / "spilled.parquet", in_parts=in_parts)
    assert refused
    assert sha256_of(tmp_path / "spilled.parquet") == sha256_of(tmp_path / "whole.parquet")


def test_large_parts_are_sorted_on_any_number_of_threads(tmp_path: Path) -> None:
    """More rows than a row group: written as they come, they would lie in the order in which threads finish."""
    table = sidecar("crous").tables[0]
    hashes = set()
    for threads in (1, 2, 4):
        with duckdb.connect(config={"threads": threads}) as connection:
            connection.execute("set preserve_insertion_order = false")
            connection.execute(
                "create temp table rows as select 2012 as year, md5(range::varchar)::uuid as student_token, "
                "'1' as echelon_code, date '2012-09-01' as decided_on, 'ine' as identity_code from range(500000)"
            )
            write_rows(connection, table, tmp_path / "rows.parquet", "simulated", 2012)
        assert pl.read_parquet(tmp_path / "rows.parquet", columns=["student_token"])["student_token"].is_sorted()
        hashes.add(sha256_of(tmp_path / "rows.parquet"))
    assert len(hashes) == 1


def test_a_new_year_costs_one_year_and_gives_what_a_first_run_gives(
    home: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(register_parts, "IN_MEMORY", 1)
    new = [path for path in home.simulated.rglob(f"*_{LAST}_*") if "apogee" in path.name]
    later = {path: path.read_bytes() for path in new}
    for path in new:
        path.unlink()
    stage(home)
    before = {path.name: path.stat().st_ino for path in (home.staging / "stg_apogee__enrolment.parquet").iterdir()}
    assert set(before) == {f"{year}.parquet" for year in range(FIRST, LAST)}
    for path, content in later.items():
        path.write_bytes(content)
    made, kept = stage(home)
    assert made == {"apogee", f"apogee {LAST}"}
    assert kept >= {f"apogee {year}" for year in range(FIRST, LAST)}
    after = {path.name: path.stat().st_ino for path in (home.staging / "stg_apogee__enrolment.parquet").iterdir()}
    assert before.items() <= after.items(), "a year that did not change was written again"
    incremental = staged(home)
    shutil.rmtree(home.staging)
    shutil.rmtree(home.fingerprints)
    stage(home)
    assert staged(home) == incremental


def test_real_registers_are_cut_too_and_a_new_vintage_costs_its_years(home: Project, tmp_path: Path) -> None:
    """Tokens of three vintages: all years but the last, a revision of one year, then the last year."""
    source = sidecar("crous")
    write(home, "crous", tmp_path / "rows.parquet", in_parts=False)
    rows = pl.read_parquet(tmp_path / "rows.parquet").drop("origin")
    vintages = {
        "first": rows.filter(pl.col("year") < LAST),
        "revised": rows.filter(pl.col("year") == FIRST + 1).head(3),
        "last": rows.filter(pl.col("year") == LAST),
    }
    folders = []
    target, freshness = tmp_path / "cut.parquet", Freshness(home, "stage")
    for name, frame in vintages.items():
        folders.append(home.raw / "crous" / name)
        folders[-1].mkdir(parents=True)
        frame.write_parquet(folders[-1] / "crous.parquet")
        before = {path.name: path.stat().st_ino for path in target.iterdir()} if target.exists() else {}
        years = Years(home, freshness)
        write_staging(home, source, folders, target, 2, years.of(source, target))
        freshness.remember_all(years.fingerprints)
        after = {path.name: path.stat().st_ino for path in target.iterdir()}
        touched = {f"{year}.parquet" for year in frame["year"].unique()}
        assert {part for part in after if before.get(part) != after[part]} == touched
        write_staging(home, source, folders, tmp_path / "whole.parquet", 2)
        assert pl.read_parquet(target).equals(pl.read_parquet(tmp_path / "whole.parquet"))
    assert pl.read_parquet(target).filter(pl.col("year") == FIRST + 1).height == 3


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_changes_the_next_run_gives_what_a_first_run_gives(
    data: st.DataObject, simulated: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Files go, lose their last row, say something else, hold a row of another year, or are cut small again."""
    folder = tmp_path_factory.mktemp("changes")
    project = Project(folder)
    project.sources.mkdir(parents=True)
    project.reference.symlink_to(PROJECT.reference)
    shutil.copy(PROJECT.sources / "apogee.yml", project.sources)
    shutil.copytree(simulated / "apogee", project.simulated / "apogee")
    files = sorted((project.simulated / "apogee").glob("*.csv"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(register_parts, "IN_MEMORY", 1)
        stage(project)
        for _ in range(2):
            file = data.draw(st.sampled_from([path for path in files if path.exists()]))
            lines = file.read_bytes().splitlines(keepends=True)
            change = data.draw(st.sampled_from(["gone", "shorter", "other", "foreign"]))
            if change == "gone":
                file.unlink()
            elif change == "shorter":
                file.write_bytes(b"".join(lines[: max(2, len(lines) - 1)]))
            elif change == "other":
                file.write_bytes(b"".join([lines[0], *(line.replace(b";FI;", b";FC;") for line in lines[1:])]))
            else:
                file.write_bytes(b"".join([*lines, b"2015" + lines[-1][4:]]))
            stage(project)
        incremental = staged(project)
        shutil.rmtree(project.staging)
        shutil.rmtree(project.fingerprints)
        stage(project)
        assert staged(project) == incremental


def test_a_row_of_another_year_puts_the_register_back_into_one_file(
    home: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(register_parts, "IN_MEMORY", 1)
    file = next((home.simulated / "crous").glob("*_2013_simule.csv"))
    line = file.read_bytes().splitlines()[-1]
    file.write_bytes(file.read_bytes() + b"2015" + line[4:] + b"\n")
    write(home, "crous", tmp_path / "crous.parquet", in_parts=True)
    assert (tmp_path / "crous.parquet").is_file()
    found = pl.read_parquet(tmp_path / "crous.parquet")
    assert found["year"].is_sorted()


def test_what_is_wrong_with_a_year_is_said_as_of_a_small_register(
    home: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = next((home.simulated / "crous").glob("*_2013_simule.csv"))
    file.write_bytes(file.read_bytes() + b"2013;SIM07002591;9;01/01/2013;simul\xc3\xa9e\n")
    with pytest.raises(BadInput) as small:
        write(home, "crous", tmp_path / "crous.parquet", in_parts=True)
    monkeypatch.setattr(register_parts, "IN_MEMORY", 1)
    with pytest.raises(BadInput) as large:
        write(home, "crous", tmp_path / "crous.parquet", in_parts=True)
    assert [item.line() for item in large.value.problems] == [item.line() for item in small.value.problems]
    assert not (tmp_path / "crous.parquet").exists()
