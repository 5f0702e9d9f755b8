"""The job of `registers.sql` in pandas: what a contender writes equals what the script writes, row by row.

Strings stay objects and dates become days since 1970, which is what makes pandas quick at this. The tables are written
as Parquet by DuckDB: pandas itself needs pyarrow for that, which this project does not install.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

KEY = ["year", "token"]
COURSE = ["year", "site_code", "diploma_code", "speciality_code"]
WEIGHTS = ("active", "employed", "stable", "intermediate", "in_region")


def run_pandas(
    files: Mapping[str, Sequence[Path]], latin_1: frozenset[Path], identity: Path, key: bytes, marts: Mapping[str, str],
    out: Path,
) -> None:  # fmt: skip
    """Read the five registers, keep their tokens, and write the eight marts to `out`."""
    text = {
        source: pd.concat(
            [
                pd.read_csv(path, sep=";", dtype=str, encoding="latin-1" if path in latin_1 else "utf-8")
                for path in paths
            ],
            ignore_index=True,
        )
        for source, paths in files.items()
    }
    known = pd.read_csv(identity, dtype=str)
    establishments = known[known["scheme"] == "uai"].set_index("identifier")["establishment_code"].to_dict()
    apogee, crous, cfa, relint, survey = _registers(text, establishments, key)
    out.mkdir(exist_ok=True)
    for name, frame in {"apogee": apogee, "crous": crous, "cfa": cfa, "relint": relint, "survey": survey}.items():
        _write(frame, out / f"{name}.parquet")

    numbered = pd.concat([frame[["number_key", "token", "has_ine"]] for frame in (apogee, relint)])
    borne = numbered[numbered["has_ine"]].drop_duplicates(["number_key", "token"]).groupby("number_key")["token"]
    crosswalk = pd.DataFrame({"found": borne.min(), "identities": borne.size()})
    enrolment, stay = (_identified(frame, crosswalk) for frame in (apogee, relint))
    student = _students(enrolment, crous, cfa, stay)
    made = _counts(student)
    made["mart_student__year"] = student.rename(columns={"token": "student_token"})
    made["mart_success__register"] = _success(student)
    made["mart_employment__register"] = _employment(student, survey)
    made["mart_linkage__register"] = _linkage(enrolment, stay, {"crous": crous, "cfa": cfa, "survey": survey})
    for name, grain in marts.items():
        frame = made[name].assign(origin="simulated")
        _write(frame.sort_values(grain.split(", ")), out / f"{name}.parquet")


def _registers(
    text: Mapping[str, pd.DataFrame], establishments: Mapping[str, str], key: bytes
) -> tuple[pd.DataFrame, ...]:
    def hashed(column: pd.Series[Any]) -> pd.Series[Any]:
        known = {one: hmac.digest(key, one.encode(), "sha256").hex() for one in column.unique()}
        return column.map(known)

    def day(column: pd.Series[Any]) -> pd.Series[Any]:
        return pd.to_datetime(column, format="%d/%m/%Y")

    def people(frame: pd.DataFrame) -> dict[str, Any]:
        number = (frame["UAI"].map(establishments) + "/" + frame["NUM_ETUDIANT"]).str.upper()
        has_ine = frame["INE"].str.fullmatch("[0-9A-Z]{11}").fillna(value=False).astype(bool)
        return {
            "year": frame["ANNEE"].astype("int64"),
            "token": hashed(frame["INE"].where(has_ine, number)).str[:32],
            "number_key": hashed(number).str[:15].map(lambda digits: int(digits, 16)),
            "has_ine": has_ine,
        }

    apogee, relint, crous, cfa, survey = (text[name] for name in ("apogee", "relint", "crous", "cfa", "survey"))
    columns = {"SITE": "site_code", "DIPLOME": "diploma_code", "SPECIALITE": "speciality_code", "NIVEAU": "level_code",
               "REGIME": "regime_code", "SERIE_BAC": "bac_code", "SEXE": "sex_code"}  # fmt: skip
    is_active = (survey["A_REPONDU"] == "oui") & (survey["POURSUIT_ETUDES"].fillna("non") == "non")
    return (
        pd.DataFrame(
            {
                **people(apogee),
                **{name: apogee[header] for header, name in columns.items()},
                "establishment_code": apogee["UAI"].map(establishments),
                "is_principal": apogee["INSCRIPTION"] == "P",
                "enrolled_on": day(apogee["DATE_INSCRIPTION"]),
                "left_on": day(apogee["DATE_DEPART"]),
            }
        ),
        pd.DataFrame(
            {
                "year": crous["ANNEE"].astype("int64"),
                "token": hashed(crous["INE"]).str[:32],
                "echelon_code": crous["ECHELON"],
                "decided_on": day(crous["DATE_DECISION"]),
            }
        ),
        pd.DataFrame(
            {
                "year": cfa["ANNEE"].astype("int64"),
                "token": hashed(cfa["INE"]).str[:32],
                "start_date": day(cfa["DATE_DEBUT"]),
                "end_date": day(cfa["DATE_FIN"]),
                "breach_date": day(cfa["DATE_RUPTURE"]),
            }
        ),
        pd.DataFrame(
            {
                **people(relint),
                "start_date": day(relint["DATE_DEBUT"]),
                "end_date": day(relint["DATE_FIN"]),
                "kind_code": (relint["TYPE_SEJOUR"] == "études").map({True: "study", False: "placement"}),
            }
        ),
        pd.DataFrame(
            {
                "year": survey["ANNEE_DIPLOME"].astype("int64"),
                "token": hashed(survey["INE"]).str[:32],
                "months_after": survey["DELAI_MOIS"].astype("int64"),
                "has_answered": survey["A_REPONDU"] == "oui",
                "weight": (survey["POIDS"].astype(float) * 10_000).round().astype("int64"),  # sums of floats vary
                "is_active": is_active & survey["EN_EMPLOI"].notna(),
                "is_employed": survey["EN_EMPLOI"] == "oui",
                "is_stable": survey["EMPLOI_STABLE"] == "oui",
                "is_intermediate": survey["NIVEAU_INTERMEDIAIRE"] == "oui",
                "is_in_region": survey["EN_REGION"] == "oui",
            }
        ),
    )


def _identified(frame: pd.DataFrame, crosswalk: pd.DataFrame) -> pd.DataFrame:
    """Give rows without a usable INE the one that their number leads to, if it leads to one only."""
    found = frame[["number_key"]].join(crosswalk, on="number_key")
    is_led = ~frame["has_ine"] & (found["identities"] == 1)
    return frame.assign(
        token=frame["token"].mask(is_led, found["found"]), is_led=is_led, is_conflict=found["identities"] > 1
    )


def _reference_day(year: pd.Series[Any]) -> pd.Series[Any]:
    return year.map({one: pd.Timestamp(one + 1, 1, 15) for one in year.unique()})


def _autumn(day: pd.Series[Any]) -> pd.Series[Any]:
    return day.dt.year.astype("int64") - (day.dt.month < 9)


def _students(enrolment: pd.DataFrame, crous: pd.DataFrame, cfa: pd.DataFrame, stay: pd.DataFrame) -> pd.DataFrame:
    day = _reference_day(enrolment["year"])
    in_force = enrolment["is_principal"] & (enrolment["enrolled_on"] <= day)
    in_force &= enrolment["left_on"].isna() | (enrolment["left_on"] > day)
    student = enrolment[in_force].sort_values(
        ["enrolled_on", "level_code", "diploma_code", "site_code", "speciality_code"],
        ascending=[False, False, True, True, True],
    )
    student = student.drop_duplicates(KEY)

    grants = crous.sort_values(["decided_on", "echelon_code"], ascending=[False, True]).drop_duplicates(KEY)
    contract = cfa.assign(breached=cfa.groupby(["token", "start_date"])["breach_date"].transform("max"))
    day = _reference_day(contract["year"])
    held = (contract["start_date"] <= day) & (contract["end_date"] >= day)
    held &= contract["breached"].isna() | (contract["breached"] > day)
    apprentices = contract.loc[held, KEY].drop_duplicates().assign(is_apprentice=True)
    breached = contract[contract["breached"].notna()]
    breached = breached.assign(year=_autumn(breached["breached"])).drop_duplicates([*KEY, "start_date"])
    breaches = breached.groupby(KEY).size().rename("breaches_count").reset_index()

    columns = ["year", "token", "kind_code", "start_date", "end_date"]
    stays = stay.assign(year=_autumn(stay["start_date"]))[columns].drop_duplicates().sort_values(columns)
    group = ["year", "token", "kind_code"]
    latest = stays.groupby(group)["end_date"].cummax()
    before = latest.groupby([stays[name] for name in group]).shift()
    stays["begins"] = (before.isna() | (stays["start_date"] > before)).astype("int64")
    stays["place"] = stays.groupby(group)["begins"].cumsum()
    merged = stays.groupby([*group, "place"]).agg(start=("start_date", "min"), end=("end_date", "max")).reset_index()
    merged = merged[(merged["end"] - merged["start"]).dt.days + 1 >= 14]
    abroad = merged.groupby([*KEY, "kind_code"]).size().unstack(fill_value=0).reset_index()

    student = student.merge(grants[[*KEY, "echelon_code"]].assign(is_scholarship_holder=True), on=KEY, how="left")
    student = student.merge(apprentices, on=KEY, how="left").merge(breaches, on=KEY, how="left")
    student = student.merge(abroad.assign(is_mobile=True), on=KEY, how="left")
    names = {"study": "study_stays_count", "placement": "placement_stays_count"}
    student = student.rename(columns=names)
    for column in ("is_scholarship_holder", "is_apprentice", "is_mobile"):
        student[column] = student[column].notna()
    for column in ("breaches_count", *names.values()):
        student[column] = student[column].fillna(0).astype("int64")
    student["identity_code"] = student["has_ine"].map({True: "ine", False: "number"})
    steps = ["number_key", "has_ine", "is_principal", "enrolled_on", "left_on", "is_led", "is_conflict"]
    return student.drop(columns=steps)


def _counts(student: pd.DataFrame) -> dict[str, pd.DataFrame]:
    by_course = student.groupby(COURSE)
    sums = by_course[["is_scholarship_holder", "is_apprentice", "breaches_count", "is_mobile", "study_stays_count",
                      "placement_stays_count"]].sum()  # fmt: skip
    sums["students_count"] = by_course.size()
    sums = sums.reset_index().rename(
        columns={
            "is_scholarship_holder": "scholarship_holders_count",
            "is_apprentice": "apprentices_count",
            "is_mobile": "mobile_students_count",
        }
    )
    columns = [*COURSE, "students_count"]
    whole = student.groupby([*COURSE, "sex_code", "bac_code", "regime_code"]).size()
    return {
        "mart_enrolment__register": whole.rename("students_count").reset_index(),
        "mart_scholarship__register": sums[[*columns, "scholarship_holders_count"]],
        "mart_apprenticeship__register": sums[[*columns, "apprentices_count", "breaches_count"]],
        "mart_mobility__register": sums[
            [*columns, "mobile_students_count", "study_stays_count", "placement_stays_count"]
        ],
    }


def _success(student: pd.DataFrame) -> pd.DataFrame:
    diploma, level = student["diploma_code"], student["level_code"]
    course = student[["year", "token", "site_code", "diploma_code"]].assign(
        is_first=(diploma != "LP") & (level == "1"),
        is_final=(diploma == "LP") | ((diploma == "DUT") & (level == "2")) | ((diploma == "BUT") & (level == "3")),
    )
    told = course[[*KEY, "diploma_code", "is_first"]]
    this = course[(course["year"] > course["year"].min()) & (course["year"] < course["year"].max())]
    last = told[[*KEY, "is_first"]].assign(year=told["year"] + 1).rename(columns={"is_first": "was_first"})
    next_ = told.assign(year=told["year"] - 1).rename(
        columns={"is_first": "next_first", "diploma_code": "next_diploma"}
    )
    this = this.merge(last, on=KEY, how="left").merge(next_, on=KEY, how="left")
    goes_on = this["next_diploma"].notna()
    repeats = this["next_first"].eq(other=True)
    entrant = this["is_first"] & ~this["was_first"].eq(other=True)
    counted = this.assign(
        entrants_count=entrant,
        promoted_count=entrant & goes_on & ~repeats & (this["next_diploma"] != "LP"),
        repeating_count=entrant & repeats,
        final_year_count=this["is_final"],
        continuing_count=this["is_final"] & goes_on & (this["next_diploma"] != this["diploma_code"]),
    )
    names = ["entrants_count", "promoted_count", "repeating_count", "final_year_count", "continuing_count"]
    return counted.groupby(["year", "site_code", "diploma_code"])[names].sum().reset_index()


def _employment(student: pd.DataFrame, survey: pd.DataFrame) -> pd.DataFrame:
    answers = survey.drop_duplicates()  # answers sent again in a later file count once
    answers = answers.assign(enrolled=answers["year"] - 1)
    enrolled = student[["year", "token", "site_code", "diploma_code"]].rename(columns={"year": "enrolled"})
    answers = answers.merge(enrolled, on=["enrolled", "token"])
    counted: dict[str, Any] = {"graduates_count": 1, "answers_count": answers["has_answered"]}
    for name in WEIGHTS:
        holds = answers["is_active"] & (name == "active" or answers[f"is_{name}"])
        counted[f"{name}_count"] = holds
        counted[f"weighted_{name}_count"] = answers["weight"].where(holds, 0)
    grain = ["year", "site_code", "diploma_code", "months_after"]
    sums = answers.assign(**counted).groupby(grain)[list(counted)].sum().reset_index()
    for name in WEIGHTS:
        sums[f"weighted_{name}_count"] /= 10_000
    return sums


def _linkage(enrolment: pd.DataFrame, stay: pd.DataFrame, others: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    rows = [frame[KEY].assign(source_id=name, has_ine=True, is_conflict=False) for name, frame in others.items()]
    rows = [one.assign(enrolled=one["year"] - (one["source_id"] == "survey")) for one in rows]
    rows.append(stay[[*KEY, "has_ine", "is_conflict"]].assign(source_id="relint", enrolled=_autumn(stay["start_date"])))
    registered = pd.concat(rows, ignore_index=True)
    registered = registered[registered["enrolled"].isin(enrolment["year"].unique())]
    enrolled = enrolment[KEY].drop_duplicates().rename(columns={"year": "enrolled"}).assign(is_linked=True)
    registered = registered.merge(enrolled, on=["enrolled", "token"], how="left")
    registered["is_linked"] = registered["is_linked"].notna()
    own = enrolment[[*KEY, "has_ine", "is_conflict"]].assign(
        source_id="apogee", is_linked=enrolment["has_ine"] | enrolment["is_led"]
    )
    linked = pd.concat([registered.drop(columns="enrolled"), own], ignore_index=True)
    counted = linked.assign(
        rows_count=1,
        linked_count=linked["is_linked"],
        linked_by_ine_count=linked["is_linked"] & linked["has_ine"],
        linked_by_number_count=linked["is_linked"] & ~linked["has_ine"],
        orphans_count=~linked["is_linked"],
        conflicts_count=linked["is_conflict"],
        contradictions_count=0,
    )
    names = ["rows_count", "linked_count", "linked_by_ine_count", "linked_by_number_count", "orphans_count",
             "conflicts_count", "contradictions_count"]  # fmt: skip
    return counted.groupby(["year", "source_id"])[names].sum().reset_index()


def _write(frame: pd.DataFrame, path: Path) -> None:
    with duckdb.connect() as connection:
        connection.register("frame", frame)
        connection.execute(f"copy frame to '{path}' (format parquet)")
