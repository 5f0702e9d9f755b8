"""One year of each register as a table: students and their lives as the offices would write them, dirt included.

Identifiers are visibly not real: an INE is `SIM` and eight digits, a student number `S` and eight digits. Names,
birth dates and addresses do not exist.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from pipelines.simulate.calibration import BACS, REGIMES, STAGES, Calibration
from pipelines.simulate.lives import ECHELONS, Answers, Contracts, Grants, Stays, begins_of, day, programme_names
from pipelines.simulate.population import Ints, Students
from pipelines.simulate.truth import coded

_ORPHANS = 900_000
_LEAVERS = 950_000
"""Blocks of a year's numbers for persons who never count; entrants take the numbers from 0."""

_LEVELS = np.array([1, 2, 1, 2, 3, 3])
"""Year of study of each stage."""


def ine(person: pl.Expr) -> pl.Expr:
    """Return the identifier of a simulated person: the shape of an INE, and nobody's."""
    return pl.lit("SIM") + person.cast(pl.String).str.zfill(8)


def number(person: pl.Expr) -> pl.Expr:
    """Return the student number of a simulated person."""
    return pl.lit("S") + person.cast(pl.String).str.zfill(8)


def _date(name: str) -> pl.Expr:
    """Write days since 1970 as an office does, 0 as nothing."""
    value = pl.when(pl.col(name) > 0).then(pl.col(name)).cast(pl.Int32).cast(pl.Date)
    return value.dt.strftime("%d/%m/%Y")


def _some(rng: np.random.Generator, count: int, share: float) -> np.ndarray[Any, Any]:
    """Pick that share of `count` rows, rounded at random, at least none and at most all."""
    size = min(int(count * share + rng.random()), count)
    return np.sort(rng.choice(count, size=size, replace=False))


def apogee_table(calibration: Calibration, year: int, students: Students, rng: np.random.Generator) -> pl.DataFrame:
    """Return the enrolments of a year: one row a student, second enrolments, moves, leavers, duplicates."""
    dirt = calibration.parameters.dirt
    carriers = [site.carrier(year) for site in calibration.parameters.sites.values()]
    specialities = [calibration.speciality_code(index, year) for index in range(len(calibration.speciality_codes))]
    size = len(students)
    rows = pl.DataFrame(
        {
            "person": students.person,
            "UAI": coded([carrier.uai for carrier in carriers], students.site),
            "SITE": coded(calibration.site_codes, students.site),
            "DIPLOME": coded([stage.rstrip("123") for stage in STAGES], students.stage),
            "SPECIALITE": coded(specialities, students.speciality),
            "NIVEAU": _LEVELS[students.stage],
            "REGIME": coded(REGIMES, students.regime),
            "SERIE_BAC": coded(BACS, students.bac),
            "SEXE": coded(("M", "F"), students.female.astype(np.int64)),
            "INSCRIPTION": "P",
            "enrolled": day(year, 7, 5) + rng.integers(0, 75, size),
            "left": np.zeros(size, dtype=np.int64),
            "malformed": np.isin(np.arange(size), _some(rng, size, dirt.malformed_ine)),
        }
    )
    extra: list[pl.DataFrame] = []
    # A second enrolment beside the principal one, in another speciality of the same site.
    second = rows[_some(rng, size, dirt.second_enrolment)]
    extra.append(second.with_columns(INSCRIPTION=pl.lit("S"), SPECIALITE=_another(pl.col("SPECIALITE"), specialities)))
    # Moves during the autumn: the row of the site left behind stays, half of the time without its date of leaving.
    moving = _some(rng, size, dirt.moves_in_year)
    moved_on = day(year, 10, 1) + rng.integers(0, 60, len(moving))
    forgotten = rng.random(len(moving)) < 0.5
    behind = _elsewhere(calibration, students, moving, rng)
    extra.append(
        rows[moving].with_columns(
            UAI=coded([carrier.uai for carrier in carriers], behind),
            SITE=coded(calibration.site_codes, behind),
            left=pl.Series(np.where(forgotten, 0, moved_on)),
        )
    )
    # Persons who never count: gone before 15 January, or come after it.
    gone = rows[_some(rng, size, dirt.left_before_reference)]
    come = rows[_some(rng, size, dirt.enrolled_after_reference)]
    strangers = (year % 100) * 1_000_000 + _LEAVERS + np.arange(len(gone) + len(come))
    extra.append(
        gone.with_columns(
            person=pl.Series(strangers[: len(gone)]), left=pl.Series(day(year, 10, 1) + rng.integers(0, 90, len(gone)))
        )
    )
    extra.append(
        come.with_columns(
            person=pl.Series(strangers[len(gone) :]),
            enrolled=pl.Series(day(year + 1, 1, 20) + rng.integers(0, 40, len(come))),
        )
    )
    enrolled = rows["enrolled"].to_numpy().copy()
    enrolled[moving] = moved_on + 2
    table = pl.concat([rows.with_columns(enrolled=pl.Series(enrolled)), *extra])
    table = pl.concat([table, table[_some(rng, len(table), dirt.duplicate)]])
    correct = ine(pl.col("person"))
    return table.sort("SITE", "DIPLOME", "SPECIALITE", "NIVEAU", "person", "INSCRIPTION", "enrolled", "left").select(
        ANNEE=pl.lit(year),
        INE=pl.when(pl.col("malformed")).then(correct.str.head(9)).otherwise(correct),
        NUM_ETUDIANT=number(pl.col("person")),
        UAI="UAI",
        SITE="SITE",
        DIPLOME="DIPLOME",
        SPECIALITE="SPECIALITE",
        NIVEAU="NIVEAU",
        REGIME="REGIME",
        SERIE_BAC="SERIE_BAC",
        SEXE="SEXE",
        INSCRIPTION="INSCRIPTION",
        DATE_INSCRIPTION=_date("enrolled"),
        DATE_DEPART=_date("left"),
    )


def _elsewhere(
    calibration: Calibration, students: Students, who: np.ndarray[Any, Any], rng: np.random.Generator
) -> Ints:
    """Return another site that teaches the same speciality, or the same site where there is none."""
    offered = calibration.speciality_share[:, students.speciality[who]].T > 0
    offered[np.arange(len(who)), students.site[who]] = False
    draw = np.where(offered, rng.random(offered.shape), -1.0)
    elsewhere: Ints = np.where(offered.any(axis=1), draw.argmax(axis=1), students.site[who])
    return elsewhere


def _another(column: pl.Expr, codes: list[str]) -> pl.Expr:
    return column.replace_strict(dict(zip(codes, [*codes[1:], codes[0]], strict=True)))


def _strangers(year: int, count: int, share: float, rng: np.random.Generator, block: int) -> np.ndarray[Any, Any]:
    """Return identifiers that no enrolment register knows."""
    size = int(count * share + rng.random())
    return (year % 100) * 1_000_000 + _ORPHANS + block * 10_000 + np.arange(size)


def crous_table(
    calibration: Calibration, year: int, students: Students, grants: Grants, rng: np.random.Generator
) -> pl.DataFrame:
    """Return the grants decided for a year: one row a decision, so two where the échelon changes."""
    strangers = _strangers(year, len(grants.student), calibration.parameters.dirt.orphan, rng, 0)
    rows = pl.DataFrame(
        {
            "person": np.concatenate([students.person[grants.student], strangers]),
            "ECHELON": coded(
                ECHELONS, np.concatenate([grants.echelon, rng.integers(0, len(ECHELONS), len(strangers))])
            ),
            "decided": np.concatenate([grants.decided, begins_of(year) + rng.integers(-45, 60, len(strangers))]),
        }
    )
    return rows.sort("person", "decided").select(
        ANNEE=pl.lit(year), INE=ine(pl.col("person")), ECHELON="ECHELON", DATE_DECISION=_date("decided")
    )


def cfa_table(
    calibration: Calibration, year: int, students: Students, contracts: Contracts, rng: np.random.Generator
) -> pl.DataFrame:
    """Return the contracts in force in a year, a breached one and what replaces it on two rows."""
    communes = calibration.parameters.apprenticeship.communes
    rows = pl.DataFrame(
        {
            "person": students.person[contracts.student],
            "start": contracts.start,
            "end": contracts.end,
            "breach": contracts.breach,
            "months": contracts.months,
            "commune": coded(communes, contracts.commune),
        }
    )
    strangers = _strangers(year, len(rows), calibration.parameters.dirt.orphan, rng, 1)
    if len(strangers) and len(rows):
        rows = pl.concat([rows, rows[rng.integers(0, len(rows), len(strangers))].with_columns(person=strangers)])
    return rows.sort("person", "start").select(
        ANNEE=pl.lit(year),
        INE=ine(pl.col("person")),
        DATE_DEBUT=_date("start"),
        DATE_FIN=_date("end"),
        DATE_RUPTURE=_date("breach"),
        DUREE_MOIS="months",
        COMMUNE_EMPLOYEUR="commune",
    )


def relint_table(
    calibration: Calibration,
    year: int,
    students: Students,
    stays: Stays,
    rng: np.random.Generator,
    carried: pl.DataFrame | None,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the stays of the year, and those that the office will list again next year as they are not over."""
    dirt = calibration.parameters.dirt
    names = programme_names(calibration)
    carriers = [site.carrier(year).uai for site in calibration.parameters.sites.values()]
    rows = pl.DataFrame(
        {
            "person": students.person[stays.student],
            "UAI": coded(carriers, students.site[stays.student]),
            "PAYS": coded(list(calibration.parameters.mobility.countries), stays.country),
            "start": stays.start,
            "end": stays.end,
            "TYPE_SEJOUR": coded(("études", "stage"), stays.placement.astype(np.int64)),
            "PROGRAMME": coded(names, stays.programme),
        }
    )
    open_ended = rows.filter(pl.col("end") >= begins_of(year + 1))
    # Typed twice with another first day: one stay all the same.
    doubled = rows[_some(rng, len(rows), dirt.overlapping_stay)]
    doubled = doubled.with_columns(start=pl.col("start") + pl.Series(rng.integers(3, 15, len(doubled))))
    # A study trip of some days is no mobility.
    trips = rng.choice(len(students), size=_some(rng, len(rows), dirt.short_stay).size, replace=False)
    first = day(year + 1, 2, 1) + rng.integers(0, 60, len(trips))
    short = pl.DataFrame(
        {
            "person": students.person[trips],
            "UAI": coded(carriers, students.site[trips]),
            "PAYS": "ES",
            "start": first,
            "end": first + rng.integers(3, 12, len(trips)),
            "TYPE_SEJOUR": "études",
            "PROGRAMME": "bilateral",
        },
        schema=rows.schema,
    )
    strangers = _strangers(year, len(rows), dirt.orphan, rng, 2)
    lost = rows[rng.integers(0, len(rows), len(strangers))].with_columns(person=strangers) if len(rows) else rows
    table = pl.concat([rows, doubled, short, lost, *([carried] if carried is not None else [])])
    unique = table.unique(["person", "start"], keep="first", maintain_order=True).sort("person", "start")
    return unique.select(
        ANNEE=pl.lit(year),
        INE=ine(pl.col("person")),
        NUM_ETUDIANT=number(pl.col("person")),
        UAI="UAI",
        PAYS="PAYS",
        DATE_DEBUT=_date("start"),
        DATE_FIN=_date("end"),
        TYPE_SEJOUR="TYPE_SEJOUR",
        PROGRAMME="PROGRAMME",
    ), open_ended


def survey_table(year: int, students: Students, answers: Answers) -> pl.DataFrame:
    """Return the survey of those who got their diploma in `year`: two rows a graduate, answered or not."""

    def said(values: np.ndarray[Any, Any]) -> pl.Series:
        return coded(("non", "oui", None), values)

    return (
        pl.DataFrame(
            {
                "person": students.person[answers.student],
                "DELAI_MOIS": answers.months,
                "A_REPONDU": said(answers.answered.astype(np.int64)),
                "POIDS": answers.weight,
                "EN_EMPLOI": said(answers.employed),
                "EMPLOI_STABLE": said(answers.stable),
                "NIVEAU_INTERMEDIAIRE": said(answers.intermediate),
                "EN_REGION": said(answers.in_region),
                "POURSUIT_ETUDES": said(answers.continues),
            }
        )
        .sort("person", "DELAI_MOIS")
        .select(pl.lit(year).alias("ANNEE_DIPLOME"), ine(pl.col("person")).alias("INE"), pl.exclude("person"))
    )
