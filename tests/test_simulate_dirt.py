"""Each kind of dirt alone: what the pipeline counts is what is true, and the dirt itself is counted to the row.

What is true comes from the generator; what is dirty is counted here from its files, by hand and without the pipeline.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl
import pytest
from click.testing import CliRunner
from test_simulate_linkage import differences, home, made

from pipelines.cli import observatoire
from pipelines.kernel.project import Project, Settings
from pipelines.simulate.calibration import Dirt
from tests.register_tables import REGISTERS, records

SETTINGS = Settings(edition=2020, students=400, simulate_from=2015, simulate_to=2020)
RATES = {
    "malformed_ine": 0.1,
    "second_enrolment": 0.1,
    "duplicate": 0.1,
    "moves_in_year": 0.2,
    "left_before_reference": 0.1,
    "enrolled_after_reference": 0.1,
    "orphan": 0.1,
    "short_stay": 0.8,
    "overlapping_stay": 0.8,
    "late": 0.2,
}

Row = dict[str, str]


@dataclass(frozen=True)
class World:
    """One simulation: the rows as the offices wrote them, what is true, and what the pipeline made of it."""

    project: Project
    files: dict[str, list[Row]]
    names: list[str]
    truth: pl.DataFrame
    connection: duckdb.DuckDBPyConnection


def simulated(folder: Path, **dirt: float) -> World:
    project = home(folder, **dirt)
    connection, truth = made(project, settings=SETTINGS)
    paths = sorted(project.simulated.glob("*/*.csv"))
    files: dict[str, list[Row]] = {source: [] for source in REGISTERS}
    for path in paths:
        header, *lines = path.read_text(encoding="utf-8").splitlines()
        files[path.parent.name] += [dict(zip(header.split(";"), line.split(";"), strict=True)) for line in lines]
    return World(project, files, [path.name for path in paths], truth, connection)


@pytest.fixture(params=sorted(RATES))
def kind_and_world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, World]]:
    world = simulated(tmp_path, **{request.param: RATES[request.param]})
    yield request.param, world
    world.connection.close()


def academic(day: str) -> int:
    """The year in which the academic year of a day (31/01/2016) begins."""
    return int(day[6:]) - (int(day[3:5]) < 9)


ENROLLED: dict[str, tuple[str, Callable[[Row], int]]] = {
    "crous": ("ANNEE", lambda row: int(row["ANNEE"])),
    "cfa": ("ANNEE", lambda row: int(row["ANNEE"])),
    "relint": ("ANNEE", lambda row: academic(row["DATE_DEBUT"])),
    "survey": ("ANNEE_DIPLOME", lambda row: int(row["ANNEE_DIPLOME"]) - 1),
}
"""Register → the column of its year, and the year in which its student must be enrolled."""


def well_formed(row: Row) -> bool:
    return len(row["INE"]) == 11


def identified(world: World) -> Callable[[Row], str | None]:
    """Return what tells the INE of an enrolment: its own, or the one that its student number leads to elsewhere."""
    known = {
        (row["UAI"], row["NUM_ETUDIANT"]): row["INE"]
        for source in ("apogee", "relint")
        for row in world.files[source]
        if well_formed(row)
    }

    def ine_of(row: Row) -> str | None:
        if well_formed(row):
            return row["INE"]
        return known.get((row["UAI"], row["NUM_ETUDIANT"]))

    return ine_of


def orphans(world: World) -> Counter[tuple[str, int]]:
    """Rows whose identifier no enrolment of the year bears, by register and year, counted from the files."""
    ine_of = identified(world)
    enrolled = {(int(row["ANNEE"]), ine_of(row)) for row in world.files["apogee"]}
    covered = {year for year, _ in enrolled}
    found: Counter[tuple[str, int]] = Counter()
    for source, (column, year_of) in ENROLLED.items():
        for row in world.files[source]:
            if year_of(row) in covered and (year_of(row), row["INE"]) not in enrolled:
                found[source, int(row[column])] += 1
    for row in world.files["apogee"]:
        if ine_of(row) is None:
            found["apogee", int(row["ANNEE"])] += 1
    return found


def repeated(rows: list[Row]) -> int:
    return len(rows) - len({tuple(row.items()) for row in rows})


def days(row: Row) -> int:
    ends = [pl.Series([row[name]]).str.to_date("%d/%m/%Y")[0] for name in ("DATE_DEBUT", "DATE_FIN")]
    return (ends[1] - ends[0]).days + 1


SIGNS: dict[str, Callable[[World], int]] = {
    "malformed_ine": lambda world: sum(not well_formed(row) for row in world.files["apogee"]),
    "second_enrolment": lambda world: sum(row["INSCRIPTION"] == "S" for row in world.files["apogee"]),
    "duplicate": lambda world: repeated(world.files["apogee"]),
    "moves_in_year": lambda world: len(world.files["apogee"]) - world.truth.height,
    "left_before_reference": lambda world: sum(row["DATE_DEPART"] != "" for row in world.files["apogee"]),
    "enrolled_after_reference": lambda world: sum(
        row["DATE_INSCRIPTION"][6:] != row["ANNEE"] for row in world.files["apogee"]
    ),
    "orphan": lambda world: sum(orphans(world).values()),
    "short_stay": lambda world: sum(days(row) < 14 for row in world.files["relint"]),
    "overlapping_stay": lambda world: sum(
        count > 1
        for count in Counter(
            (row["ANNEE"], row["INE"], row["DATE_FIN"], row["TYPE_SEJOUR"]) for row in world.files["relint"]
        ).values()
    ),
    "late": lambda world: sum("complement" in name for name in world.names),
}
"""Kind of dirt → how much of it stands in the files: a test of clean files would prove nothing."""

CELLS = "year, site_code, diploma_code, speciality_code, level_code, regime_code, bac_code, sex_code"


def test_one_kind_of_dirt_changes_no_count_and_is_counted_itself(kind_and_world: tuple[str, World]) -> None:
    kind, world = kind_and_world
    signs = {name: sign(world) for name, sign in SIGNS.items()}
    assert signs[kind] > 20
    # What the pipeline counts, student by student where identifiers allow, else cell by cell.
    different = differences((world.connection, world.truth), world.project)
    if kind == "malformed_ine":
        made_cells = records(world.connection, f"select {CELLS}, count(*) as n from mart_student__year group by all")
        true_cells = records(world.connection, f"select {CELLS}, count(*) as n from truth group by all")
        assert {tuple(row.values()) for row in made_cells} == {tuple(row.values()) for row in true_cells}
    else:
        assert different == []
    (row,) = records(world.connection, "select count(*) as n from mart_student__year")
    assert row["n"] == world.truth.height
    # The dirt itself, to the row.
    linkage = records(world.connection, "select * from mart_linkage__register")
    wanted = orphans(world)
    assert {(row["source_id"], row["year"]): row["orphans_count"] for row in linkage} == {
        (row["source_id"], row["year"]): wanted[row["source_id"], row["year"]] for row in linkage
    }
    by_number = {(row["year"]): row["linked_by_number_count"] for row in linkage if row["source_id"] == "apogee"}
    ine_of = identified(world)
    assert by_number == {
        year: sum(
            not well_formed(row) and ine_of(row) is not None
            for row in world.files["apogee"]
            if int(row["ANNEE"]) == year
        )
        for year in by_number
    }
    assert (sum(by_number.values()) > 0) == (kind == "malformed_ine")
    assert all(row["conflicts_count"] == row["contradictions_count"] == 0 for row in linkage)
    for source, table in (("apogee", "stg_apogee__enrolment"), ("crous", "stg_crous__scholarship")):
        (row,) = records(world.connection, f"select sum(rows_count) as rows, count(*) as kept from {table}")
        assert (row["rows"], row["rows"] - row["kept"]) == (len(world.files[source]), repeated(world.files[source]))


def test_what_malformed_identifiers_lose_is_exactly_what_they_hide(tmp_path: Path) -> None:
    world = simulated(tmp_path, malformed_ine=0.1)
    ine_of = identified(world)
    hidden = {
        (int(row["ANNEE"]), f"SIM{row['NUM_ETUDIANT'][1:]}") for row in world.files["apogee"] if ine_of(row) is None
    }
    people = world.truth.select("year", "ine", "is_apprentice", holds=pl.col("echelon_code").is_not_null()).rows()
    seen = [(holds, apprentice) for year, ine, apprentice, holds in people if (year, ine) not in hidden]
    assert 0 < len(seen) < len(people)
    (row,) = records(
        world.connection,
        "select count(*) filter (where is_scholarship_holder) as holders, count(*) filter (where is_apprentice) as "
        "apprentices from mart_student__year",
    )
    assert row == {
        "holders": sum(holds for holds, _ in seen),
        "apprentices": sum(apprentice for _, apprentice in seen),
    }
    world.connection.close()


def test_clean_registers_are_clean_and_counted_right(tmp_path: Path) -> None:
    world = simulated(tmp_path)
    # Nobody has two rows, nobody is unknown; overlaps and short stays are none either.
    assert {kind: sign(world) for kind, sign in SIGNS.items()} == dict.fromkeys(RATES, 0)
    assert differences((world.connection, world.truth), world.project) == []
    (row,) = records(world.connection, "select sum(orphans_count) as n from mart_linkage__register")
    assert row["n"] == 0
    world.connection.close()


def test_non_response_is_counted_as_the_survey_says(tmp_path: Path) -> None:
    world = simulated(tmp_path, late=0.3)
    # The second file gives rows of the first again: who graduated, when, and asked how long after, names one answer.
    asked = {(row["ANNEE_DIPLOME"], row["INE"], row["DELAI_MOIS"]): row["A_REPONDU"] for row in world.files["survey"]}
    found = records(
        world.connection,
        "select months_after, sum(graduates_count) as asked, sum(answers_count) as answers "
        "from mart_employment__register group by months_after order by 1",
    )
    assert [tuple(row.values()) for row in found] == [
        (
            months,
            sum(delay == str(months) for *_, delay in asked),
            sum(delay == str(months) and said == "oui" for (*_, delay), said in asked.items()),
        )
        for months in (18, 30)
    ]
    world.connection.close()


def test_dirt_is_multiplied_and_never_more_than_everything() -> None:
    dirt = Dirt(**dict.fromkeys(RATES, 0.1))
    assert set(RATES) == set(Dirt.model_fields)
    assert dict(dirt.times(0)) == dict.fromkeys(RATES, 0.0)
    assert dict(dirt.times(3)) == dict.fromkeys(RATES, pytest.approx(0.3))
    assert dict(dirt.times(99)) == dict.fromkeys(RATES, 1.0)


def test_the_command_sets_the_dirt_and_writes_the_truth(tmp_path: Path) -> None:
    def rows(dirt: str, truth: str) -> int:
        folder = tmp_path / dirt
        call = ["simulate", "--students", "300", "--from", "2015", "--to", "2016", "--dirt", dirt,
                "--truth", str(tmp_path / truth), "--out", str(folder)]  # fmt: skip
        result = CliRunner().invoke(observatoire, call)
        assert result.exit_code == 0, result.output
        return sum(len(path.read_text(encoding="utf-8").splitlines()) - 1 for path in folder.glob("apogee/*.csv"))

    clean, dirty = rows("0", "clean.csv"), rows("5", "dirty.parquet")
    truth = pl.read_csv(tmp_path / "clean.csv", infer_schema_length=None)
    assert truth.height == clean
    assert dirty > clean
    same = pl.read_parquet(tmp_path / "dirty.parquet")
    assert same.select("ine", "year").equals(truth.select("ine", "year"))
    assert CliRunner().invoke(observatoire, ["simulate", "--dirt", "-1", "--out", str(tmp_path)]).exit_code == 2
