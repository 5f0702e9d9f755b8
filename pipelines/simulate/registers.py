"""The five registers as files: a run through the years, and each year's tables written as the offices would.

Every file bears `_simule` in its name and `simulée` in its last column; what stands in them is made in `tables`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from pipelines.kernel.files import replacing_folder, write_csv, write_parquet
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


def file_names(source: str, first: int, last: int, *, late: bool = False) -> list[str]:
    """Return the names of the files the generator writes for one register; with late rows, two a year."""
    years = range(first + 1, last - SURVEY_LAG + 1) if source == "survey" else range(first, last + 1)
    return [name for year in years for name in _names(source, year)[: 2 if late else 1]]


def _names(source: str, year: int) -> tuple[str, str]:
    return f"{source}_{year}_simule.csv", f"{source}_{year}_complement_simule.csv"


def simulate_registers(
    project: Project, settings: Settings, out: Path, truth: Path | None = None, dirt: float = 1.0
) -> list[Path]:
    """Write the five registers below `out`, a folder a source, a file a year, and one of what came late.

    `truth` is a file, CSV or Parquet by its name, that gets one row per student and year with what a perfect count
    finds. `dirt` multiplies the rates of `simulation.yml`; 0 gives clean registers. Returns the files written. The
    same settings give the same bytes; a later `simulate_to` leaves the files of earlier years as they were. Raises
    `BadInput` when the years are in the wrong order, or the generator's parameters are missing or wrong.
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
    calibration = read_calibration(project).with_dirt(dirt)
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
        write = write_csv if truth.suffix == ".csv" else write_parquet
        write(truth, pl.concat(truths), ["year", "ine"])
    late = calibration.parameters.dirt.late
    return [path for source in SOURCES for path in _write(out / source, source, tables[source], settings.seed, late)]


def _write(folder: Path, source: str, tables: dict[int, pl.DataFrame], seed: int, late: float) -> Iterator[Path]:
    names: list[str] = []
    with replacing_folder(folder) as part:
        for year, table in tables.items():
            encoding = "latin-1" if source == "apogee" and year <= LATIN_1_UNTIL else "utf-8"
            deliveries = delivered(table, late, stream(seed, "late", year, SOURCES.index(source)))
            for name, rows in zip(_names(source, year), deliveries, strict=False):
                text = rows.with_columns(ORIGINE=pl.lit("simulée")).write_csv(separator=";")
                (part / name).write_bytes(text.encode(encoding))
                names.append(name)
    for name in names:
        yield folder / name


def delivered(table: pl.DataFrame, late: float, rng: np.random.Generator) -> list[pl.DataFrame]:
    """Return what the office sends of a year: everything at once; or most of it, then what was missing.

    The second file gives some rows of the first again, as an office extracts anew instead of sending the rest.
    """
    size = min(int(table.height * late + rng.random()), table.height // 2)
    if late and table.height > 1:
        size = max(size, 1)
    if not size:
        return [table]
    chosen = rng.permutation(table.height)
    missing, again = np.sort(chosen[:size]), np.sort(chosen[size : 2 * size])
    first = np.setdiff1d(np.arange(table.height), missing)
    return [table[first], table[np.union1d(missing, again)]]
