"""From the generator's files to the marts: what the pipeline counts against what is true, and how it takes the dirt."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import polars as pl
import pytest
import yaml

from pipelines.kernel.files import write_parquet
from pipelines.kernel.identity import KEY
from pipelines.kernel.project import Project, Settings
from pipelines.kernel.registers import tokenise_register
from pipelines.simulate.registers import simulate_registers
from pipelines.stage.registers import stage_register
from tests.register_tables import MARTS, PROJECT, REGISTERS, make_marts, records, sidecar

Made = tuple[duckdb.DuckDBPyConnection, pl.DataFrame]

COMPARED = """
select
    truth.year, truth.ine
from truth full join {mart} as counted on truth.year = counted.year and truth.token = counted.student_token
where
    truth.site_code is distinct from counted.site_code
    or truth.diploma_code is distinct from counted.diploma_code
    or truth.speciality_code is distinct from counted.speciality_code
    or truth.level_code is distinct from counted.level_code
    or truth.echelon_code is distinct from counted.echelon_code
    or truth.is_apprentice is distinct from counted.is_apprentice
    or truth.breaches_count is distinct from counted.breaches_count
    or truth.study_stays_count is distinct from counted.study_stays_count
    or truth.placement_stays_count is distinct from counted.placement_stays_count
"""


def home(root: Path, **dirt: float) -> Project:
    """A project with the reference lists, and the generator's parameters with other rates of dirt."""
    project = Project(root)
    project.reference.mkdir(parents=True)
    for path in PROJECT.reference.glob("*.csv"):
        (project.reference / path.name).symlink_to(path)
    parameters = yaml.safe_load((PROJECT.reference / "simulation.yml").read_text(encoding="utf-8"))
    parameters["dirt"] = dirt
    (project.reference / "simulation.yml").write_text(yaml.safe_dump(parameters), encoding="utf-8")
    return project


WHOLE = Settings(edition=2023, students=700, simulate_from=2012, simulate_to=2023)


def made(project: Project, threads: int = 2, settings: Settings = WHOLE) -> Made:
    """Simulate, stage and consolidate: 700 students a year, 2012 to 2023, unless other settings are given."""
    truth = project.data / "truth.parquet"
    simulate_registers(project, settings, project.simulated, truth=truth)
    connection = duckdb.connect()
    connection.execute(f"set threads={threads}")
    for source in REGISTERS:
        folder = project.raw / source / "simulated"
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.unlink(missing_ok=True)
        folder.symlink_to(project.simulated / source)
        for name, frame in stage_register(project, sidecar(source), folder).items():
            assert frame["origin"].unique().to_list() == ["simulated"]
            path = project.staging / f"{name}.parquet"
            write_parquet(path, frame, sidecar(source).tables[0].grain)
            connection.execute(f"create view {name} as select * from read_parquet('{path}')")
    make_marts(connection)
    return connection, pl.read_parquet(truth)


def differences(result: Made, project: Project) -> list[dict[str, object]]:
    from pipelines.kernel.identity import simulated_tokeniser

    connection, truth = result
    tokens = {ine: token.bytes for ine, token in simulated_tokeniser().tokens(truth["ine"].to_list()).items()}
    path = project.data / "truth_tokens.parquet"
    truth.with_columns(token=pl.col("ine").replace_strict(tokens, return_dtype=pl.Binary)).write_parquet(path)
    connection.execute(f"create or replace view truth as select * from read_parquet('{path}')")
    return records(connection, COMPARED.format(mart="mart_student__year"))


@pytest.fixture(scope="module")
def dirty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Project, Made]]:
    project = home(
        tmp_path_factory.mktemp("dirty"),
        second_enrolment=0.05,
        duplicate=0.02,
        moves_in_year=0.03,
        left_before_reference=0.05,
        enrolled_after_reference=0.02,
        orphan=0.05,
        short_stay=0.3,
        overlapping_stay=0.2,
    )
    result = made(project)
    yield project, result
    result[0].close()


def test_with_usable_identifiers_the_count_is_the_truth(dirty: tuple[Project, Made]) -> None:
    # Second enrolments, duplicates, moves, leavers, orphans, study trips, stays typed twice: none changes a count.
    project, result = dirty
    assert differences(result, project) == []
    (row,) = records(result[0], "select count(*) as n from mart_student__year")
    assert row["n"] == result[1].height


def test_orphans_are_counted_in_every_register(dirty: tuple[Project, Made]) -> None:
    rows = records(
        dirty[1][0],
        "select source_id, sum(orphans_count) / sum(rows_count) as share, sum(rows_count) as n "
        "from mart_linkage__register group by source_id order by source_id",
    )
    share = {row["source_id"]: row["share"] for row in rows}
    assert share["apogee"] == share["survey"] == 0
    assert all(share[source] == pytest.approx(0.05, abs=0.02) for source in ("cfa", "crous", "relint"))


def test_malformed_identifiers_are_found_again_by_student_number(tmp_path: Path) -> None:
    project = home(tmp_path, malformed_ine=0.05)
    connection, truth = made(project)
    (row,) = records(connection, "select count(*) as n from mart_student__year")
    assert row["n"] == truth.height  # counted all the same
    (linked,) = records(
        connection,
        "select linked_by_number_count / rows_count as found, orphans_count / rows_count as lost "
        "from mart_linkage__register where source_id = 'apogee' and year = 2018",
    )
    # Whoever has a year with a good INE is found again; whoever has none remains a number.
    assert linked["found"] + linked["lost"] == pytest.approx(0.05, abs=0.02)
    assert 0 < linked["lost"] < linked["found"]
    (lost,) = records(
        connection,
        "select sum(orphans_count) as n, sum(conflicts_count) as conflicts from mart_linkage__register "
        "where source_id = 'crous'",
    )
    assert lost["n"] > 0
    assert lost["conflicts"] == 0
    # What is left of the differences is those persons, and nobody else.
    (unknown,) = records(
        connection,
        "select count(*) as n from mart_student__year "
        "where student_token in (select student_token from stg_apogee__enrolment where identity_code = 'number')",
    )
    assert len(differences((connection, truth), project)) == 2 * unknown["n"]


def test_success_and_employment_follow_the_truth(dirty: tuple[Project, Made]) -> None:
    connection, truth = dirty[1]
    (row,) = records(
        connection,
        "select sum(promoted_count) / sum(entrants_count) as share from mart_success__register "
        "where diploma_code = 'DUT'",
    )
    promoted = truth.filter((pl.col("diploma_code") == "DUT") & (pl.col("level_code") == "1"))
    assert row["share"] == pytest.approx((promoted["outcome"] == "promoted").mean(), abs=0.03)
    (jobs,) = records(
        connection,
        "select sum(employed_count) / sum(active_count) as share, "
        "sum(weighted_employed_count) / sum(weighted_active_count) as weighted, "
        "sum(answers_count) / sum(graduates_count) as response "
        "from mart_employment__register where months_after = 30 and diploma_code = 'LP'",
    )
    assert jobs["share"] == pytest.approx(0.931, abs=0.03)  # open figures of the four universities, 2013-2016
    assert float(jobs["weighted"]) == pytest.approx(jobs["share"], abs=0.01)
    assert jobs["response"] == pytest.approx(0.72, abs=0.04)
    graduates = truth.filter((pl.col("outcome") == "graduates") & (pl.col("year") == 2016)).height
    (asked,) = records(
        connection,
        "select sum(graduates_count) as n from mart_employment__register where year = 2017 and months_after = 18",
    )
    assert asked["n"] == graduates


def test_threads_do_not_change_a_mart(dirty: tuple[Project, Made]) -> None:
    project, (connection, _) = dirty
    other = duckdb.connect()
    other.execute("set threads=7")
    for path in sorted(project.staging.glob("*.parquet")):
        other.execute(f"create view {path.stem} as select * from read_parquet('{path}')")
    make_marts(other)
    for mart in ("mart_student__year", "mart_employment__register", "mart_linkage__register"):
        assert connection.execute(f"from {mart}").fetchall() == other.execute(f"from {mart}").fetchall()
    other.close()


def test_real_registers_give_the_same_counts_are_observed_and_hold_no_identifier(
    dirty: tuple[Project, Made], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The simulated files made to look real: another identifier, no column that says they are simulated.
    project, (simulated, _) = dirty
    monkeypatch.setenv(KEY, "ab" * 32)
    real = duckdb.connect()
    for source in REGISTERS:
        texts = [path.read_bytes() for path in sorted((project.simulated / source).glob("*.csv"))]
        decoded = [text.decode("latin-1" if b"simul\xe9e" in text else "utf-8") for text in texts]
        rows = [line.rpartition(";")[0].replace("SIM", "77") for text in decoded for line in text.splitlines()[1:]]
        office = tmp_path / f"{source}.csv"
        # An INE has eleven characters: two digits stand for three letters, and a letter closes it.
        rows = [re.sub(r"(?<=;)77(\d{8})(?=;)", r"77\1Q", row) for row in rows]
        office.write_text("\n".join((decoded[0].splitlines()[0].rpartition(";")[0], *rows)) + "\n", encoding="utf-8")
        folder = tmp_path / "raw" / source / "extract"
        folder.mkdir(parents=True)
        taken, _ = tokenise_register(project, sidecar(source), [office], folder)
        plain = tmp_path / "plain.parquet"
        for name, frame in stage_register(project, sidecar(source), folder).items():
            frame.write_parquet(plain, compression="uncompressed")
            real.execute(f"create table {name} as select * from read_parquet('{plain}')")
            known = set(re.findall(rb"77\d{8}Q|S\d{8}", office.read_bytes()))
            for written in (plain, taken):  # a hash may hold eight digits in a row: known identifiers are looked for
                assert known.isdisjoint(re.findall(rb"77\d{8}Q|S\d{8}", written.read_bytes()))
    make_marts(real)
    for mart in MARTS[1:]:  # mart_linkage__number is empty: every INE is good
        # Another key gives other tokens; all the rest is the same.
        counts = f"select columns(lambda name: name not in ('origin', 'student_token', 'number_key')) from {mart}"
        order = "order by all"
        assert real.execute(f"{counts} {order}").fetchall() == simulated.execute(f"{counts} {order}").fetchall()
        assert real.execute(f"select distinct origin from {mart}").fetchall() == [("observed",)]
    real.close()


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        (lambda text: text.replace("promotion:", "promotoin:"), "Field required|Extra inputs"),
        (lambda text: text.replace("breach: 0.08", "breach: often"), "valid number"),
    ],
)
def test_wrong_parameters_are_named(tmp_path: Path, spoil: Callable[[str], str], rule: str) -> None:
    from pipelines.kernel.problems import BadInput
    from pipelines.simulate.calibration import read_calibration

    project = home(tmp_path)
    text = (PROJECT.reference / "simulation.yml").read_text(encoding="utf-8")
    (project.reference / "simulation.yml").write_text(spoil(text), encoding="utf-8")
    with pytest.raises(BadInput, match=rule):
        read_calibration(project)
    (project.reference / "simulation.yml").unlink()
    with pytest.raises(BadInput, match="missing"):
        read_calibration(project)


def test_the_stage_keeps_what_is_fresh(tmp_path: Path) -> None:
    from pipelines.simulate import run

    project = home(tmp_path)
    settings = Settings(edition=2024, students=300, simulate_from=2010, simulate_to=2014)
    assert run(project, settings).made == ("registers",)
    assert run(project, settings).kept == ("registers",)
    next(project.simulated.glob("cfa/*2012*")).unlink()
    assert run(project, settings).made == ("registers",)
    assert run(project, settings.model_copy(update={"seed": 1})).made == ("registers",)


def test_the_open_figures_of_the_generator_are_those_that_ship(tmp_path: Path) -> None:
    from pipelines.simulate.open_figures import INPUTS, OUTPUT, write_open_figures

    project = Project(tmp_path)
    project.reference.mkdir(parents=True)
    for name in INPUTS:
        assert (PROJECT.baseline / f"{name}.csv").exists(), "the baseline does not ship this table"
    project.baseline.symlink_to(PROJECT.baseline)
    for path in [*PROJECT.reference.glob("ref_*.csv"), PROJECT.reference / "simulation.yml"]:
        (project.reference / path.name).symlink_to(path)
    write_open_figures(project)
    assert (project.reference / OUTPUT).read_bytes() == (PROJECT.reference / OUTPUT).read_bytes()
