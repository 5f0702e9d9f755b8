"""The five registers as forms: which cells a row has, of what kind, which codes they may hold.

Headers are the sidecar's (`columns` of the vintage); here stands what a cell means once its column is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["year", "whole", "number", "date", "code"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a form. `codes` maps what the file may say (in lower case) to our code; a `listed` column is checked
    against a reference list instead, or has a `shape`; `bounds`, of a number or of a date's year, are inclusive."""

    kind: Kind
    required: bool = True
    codes: Mapping[str, object] | None = None
    listed: str | None = None
    bounds: tuple[int, int] | None = None
    shape: tuple[str, str] | None = None  # a pattern, and what it asks for in words


@dataclass(frozen=True, slots=True)
class Form:
    """One register. `identifiers` are the columns that never leave the reading: INE first, then the student number."""

    cells: Mapping[str, Cell]
    identifiers: tuple[str, ...]
    ordered: tuple[tuple[str, str], ...] = ()  # pairs of dates of which the second is not before the first
    longest: int | None = None  # days from start_date to end_date


def _same(*codes: str) -> dict[str, object]:
    return {code.lower(): code for code in codes}


YEARS = (1990, 2100)
YES_NO: Mapping[str, object] = {"oui": True, "non": False, "o": True, "n": False, "1": True, "0": False}
ECHELONS = ("0bis", "1", "2", "3", "4", "5", "6", "7")
_YEAR = Cell("year", bounds=YEARS)
_DATE = Cell("date", bounds=YEARS)
_LATER = Cell("date", required=False, bounds=YEARS)
_ANSWER = Cell("code", required=False, codes=YES_NO)

FORMS: dict[str, Form] = {
    "apogee": Form(
        cells={
            "year": _YEAR,
            "establishment_code": Cell("code", listed="establishment"),
            "site_code": Cell("code", listed="site"),
            "diploma_code": Cell("code", codes=_same("DUT", "BUT", "LP")),
            "speciality_code": Cell("code", listed="speciality"),
            "level_code": Cell("code", codes={code: code[-1] for code in ("1", "2", "3", "01", "02", "03")}),
            "regime_code": Cell("code", codes=_same("FI", "FA", "FC", "CP")),
            "bac_code": Cell("code", codes=_same("G", "T", "P", "X")),
            "sex_code": Cell("code", codes=_same("F", "M")),
            "is_principal": Cell("code", codes={"p": True, "s": False, **YES_NO}),
            "enrolled_on": _DATE,
            "left_on": _LATER,
        },
        identifiers=("ine", "student_number"),
        ordered=(("enrolled_on", "left_on"),),
    ),
    "crous": Form(
        cells={"year": _YEAR, "echelon_code": Cell("code", codes=_same(*ECHELONS)), "decided_on": _DATE},
        identifiers=("ine",),
    ),
    "cfa": Form(
        cells={
            "year": _YEAR,
            "start_date": _DATE,
            "end_date": _DATE,
            "breach_date": _LATER,
            "contract_months": Cell("whole", bounds=(0, 60)),
            "employer_commune_code": Cell("code", required=False, shape=(r"^\d[0-9AB]\d{3}$", "five characters")),
        },
        identifiers=("ine",),
        ordered=(("start_date", "end_date"), ("start_date", "breach_date")),
        longest=1_830,  # five years: the longest contract of three years, prolonged twice
    ),
    "relint": Form(
        cells={
            "year": _YEAR,
            "establishment_code": Cell("code", listed="establishment"),
            "country_code": Cell("code", listed="country"),
            "start_date": _DATE,
            "end_date": _DATE,
            "kind_code": Cell(
                "code",
                codes={
                    "études": "study",
                    "etudes": "study",
                    "étude": "study",
                    "study": "study",
                    "stage": "placement",
                    "placement": "placement",
                },
            ),
            "programme_code": Cell("code", codes=_same("erasmus", "bilateral", "euroregion", "other", "none")),
        },
        identifiers=("ine", "student_number"),
        ordered=(("start_date", "end_date"),),
        longest=730,
    ),
    "survey": Form(
        cells={
            "year": _YEAR,
            "months_after": Cell("code", codes={"18": 18, "30": 30}),
            "has_answered": Cell("code", codes=YES_NO),
            "weight": Cell("number", bounds=(0, 10_000)),
            "is_employed": _ANSWER,
            "is_stable": _ANSWER,
            "is_intermediate": _ANSWER,
            "is_in_region": _ANSWER,
            "continues_studies": _ANSWER,
        },
        identifiers=("ine",),
    ),
}
"""Source id → form."""
