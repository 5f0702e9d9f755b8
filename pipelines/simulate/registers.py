"""The five registers as files: a run through the years, and each year's tables written as the offices would.

Every file bears `_simule` in its name and `simulée` in its last column; what stands in them is made in `tables`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from pipelines.kernel.files import replacing_folder, write_parquet
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project, Settings
from pipelines.simulate.calibration import read_calibration
from pipelines.simulate.lives import draw_answers, draw_contracts, draw_grants, draw_stays
from pipelines.simulate.population import Population, stream
from pipelines.simulate.tables import apogee_table, cfa_table, crous_table, relint_table, survey_table
from pipelines.simulate.truth import truth_of

SOURCES = ("apogee", "crous", "cfa", "relint", "survey")
LATIN_1_UNTIL = 2012
"""Up to this year the enrolment extract is in Latin-1, as the older application wrote it."""

SURVEY_LAG = 3
"""Graduates of year Y have answered twice, and been published, in Y + 3."""


def file_names(source: str, first: int, last: int) -> list[str]:
    """Return the names of the files the generator writes for one register."""
    years = range(first + 1, last - SURVEY_LAG + 1) if source == "survey" else range(first, last + 1)
    return [f"{source}_{year}_simule.csv" for year in years]


def simulate_registers(project: Project, settings: Settings, out: Path, truth: Path | None = None) -> list[Path]:
    """Write the five registers below `out`, a folder a source, a file a year.

    `truth`, for tests only, is a Parquet file that gets one row per student and year with what a perfect count finds.
    Returns the files written. The same settings give the same bytes; a later `simulate_to` leaves the files of
    earlier years as they were. Raises `BadInput` when the years are in the wrong order, or the generator's parameters
    are missing or wrong.
    """
    if settings.simulate_from > settings.simulate_to:
        raise BadInput(
            Problem(
                "settings",
                "The first simulated year is after the last",
                "Give --from a year that is not after --to.",
                column="simulate_from",
                value=str(settings.simulate_from),
            )
        )
    calibration = read_calibration(project)
    tables: dict[str, dict[int, pl.DataFrame]] = {source: {} for source in SOURCES}
    truths: list[pl.DataFrame] = []
    carried: pl.DataFrame | None = None
    population = Population(calibration, settings.seed, settings.students, settings.simulate_from)
    for year, students in population.years(settings.simulate_from, settings.simulate_to):
        contracts = draw_contracts(calibration, settings.seed, year, students)
        grants = draw_grants(calibration, settings.seed, year, students)
        stays = draw_stays(calibration, settings.seed, year, students)
        rng = stream(settings.seed, "dirt", year)
        tables["apogee"][year] = apogee_table(calibration, year, students, rng)
        tables["crous"][year] = crous_table(calibration, year, students, grants, rng)
        tables["cfa"][year] = cfa_table(calibration, year, students, contracts, rng)
        tables["relint"][year], carried = relint_table(calibration, year, students, stays, rng, carried)
        if year + 1 <= settings.simulate_to - SURVEY_LAG:
            answers = draw_answers(calibration, settings.seed, year, students)
            tables["survey"][year + 1] = survey_table(year + 1, students, answers)
        if truth is not None:
            truths.append(truth_of(calibration, year, students, contracts, grants, stays))
    if truth is not None:
        write_parquet(truth, pl.concat(truths), ["year", "ine"])
    return [path for source in SOURCES for path in _write(out / source, source, tables[source])]


def _write(folder: Path, source: str, tables: dict[int, pl.DataFrame]) -> Iterator[Path]:
    with replacing_folder(folder) as part:
        for year, table in tables.items():
            text = table.with_columns(ORIGINE=pl.lit("simulée")).write_csv(separator=";")
            encoding = "latin-1" if source == "apogee" and year <= LATIN_1_UNTIL else "utf-8"
            (part / f"{source}_{year}_simule.csv").write_bytes(text.encode(encoding))
    for year in tables:
        yield folder / f"{source}_{year}_simule.csv"
