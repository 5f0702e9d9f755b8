"""What a perfect count would find, for tests: one row per student and year, before any dirt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from pipelines.simulate.calibration import BACS, REGIMES, STAGES, Calibration
from pipelines.simulate.lives import ECHELONS, SHORTEST_STAY, Contracts, Grants, Stays, reference_day

if TYPE_CHECKING:
    from pipelines.simulate.population import Students


def coded(codes: Sequence[str | None], index: np.ndarray[Any, Any]) -> pl.Series:
    """Return the codes that indices point to; -1 points to the last."""
    return pl.Series(codes, dtype=pl.String).gather(np.where(index < 0, len(codes) + index, index))


def truth_of(
    calibration: Calibration, year: int, students: Students, contracts: Contracts, grants: Grants, stays: Stays
) -> pl.DataFrame:
    """Return the truth of one year: identifier, place, and what the counting rules must find."""
    size = len(students)
    reference = reference_day(year)
    in_force = (
        (contracts.start <= reference)
        & (contracts.end >= reference)
        & ((contracts.breach == 0) | (contracts.breach > reference))
    )
    apprentice = np.bincount(contracts.student[in_force], minlength=size) > 0
    echelon = np.full(size, -1)
    order = np.argsort(grants.decided, kind="stable")
    echelon[grants.student[order]] = grants.echelon[order]
    counted = stays.end - stays.start + 1 >= SHORTEST_STAY
    placements = np.bincount(stays.student[counted & stays.placement], minlength=size)
    studies = np.bincount(stays.student[counted & ~stays.placement], minlength=size)
    return pl.DataFrame(
        {
            "year": np.full(size, year),
            "person": students.person,
            "site_code": coded(calibration.site_codes, students.site),
            "diploma_code": coded([stage.rstrip("123") for stage in STAGES], students.stage),
            "speciality_code": coded(
                [calibration.speciality_code(i, year) for i in range(len(calibration.speciality_codes))],
                students.speciality,
            ),
            "level_code": coded(("1", "2", "1", "2", "3", "3"), students.stage),
            "regime_code": coded(REGIMES, students.regime),
            "bac_code": coded(BACS, students.bac),
            "sex_code": coded(("M", "F"), students.female.astype(np.int64)),
            "echelon_code": coded((*ECHELONS, None), echelon),
            "is_apprentice": apprentice,
            "breaches_count": np.bincount(contracts.student[contracts.breach > 0], minlength=size),
            "study_stays_count": studies,
            "placement_stays_count": placements,
            "outcome": coded(("leaves", "repeats", "promoted", "graduates"), students.outcome),
        }
    ).with_columns(ine=pl.lit("SIM") + pl.col("person").cast(pl.String).str.zfill(8))
