"""The counting rules, one by one, on a few rows of which the answer is worked out by hand."""

from datetime import date
from typing import Any

import duckdb
import pytest

from tests.register_tables import MARTS, ROOT, marts, records


def students(connection: duckdb.DuckDBPyConnection, columns: str = "student_token, site_code") -> list[dict[str, Any]]:
    return records(connection, f"select {columns} from mart_student__year order by year, student_token")


@pytest.mark.parametrize(
    ("enrolled_on", "left_on", "counted"),
    [
        (date(2015, 9, 1), None, 1),
        (date(2016, 1, 15), None, 1),  # on the day itself
        (date(2016, 1, 16), None, 0),  # a day late
        (date(2015, 9, 1), date(2016, 1, 15), 0),  # gone on the day
        (date(2015, 9, 1), date(2016, 1, 16), 1),  # gone the day after
    ],
)
def test_who_is_enrolled_on_15_january_counts(enrolled_on: date, left_on: date | None, counted: int) -> None:
    made = marts(apogee=[{"enrolled_on": enrolled_on, "left_on": left_on}])
    assert len(students(made)) == counted


def test_a_second_enrolment_counts_nobody_twice() -> None:
    made = marts(apogee=[{}, {"speciality_code": "GEA", "is_principal": False}])
    assert records(made, "select speciality_code, students_count from mart_enrolment__register") == [
        {"speciality_code": "TC", "students_count": 1}
    ]


def test_only_a_second_enrolment_counts_nobody() -> None:
    assert students(marts(apogee=[{"is_principal": False}])) == []


def test_a_student_who_moved_is_where_the_latest_enrolment_is() -> None:
    made = marts(
        apogee=[
            {"site_code": "tarbes", "enrolled_on": date(2015, 7, 10)},
            {"site_code": "figeac", "enrolled_on": date(2015, 11, 2)},
        ]
    )
    assert students(made) == [{"student_token": "a", "site_code": "figeac"}]


def test_two_enrolments_of_one_day_are_told_apart_by_the_higher_year() -> None:
    made = marts(apogee=[{"level_code": "1"}, {"level_code": "2", "speciality_code": "GEA"}])
    assert students(made, "level_code") == [{"level_code": "2"}]


def test_the_last_decision_of_the_year_gives_the_echelon() -> None:
    made = marts(
        apogee=[{}, {"student_token": "b"}],
        crous=[
            {"echelon_code": "5", "decided_on": date(2015, 8, 20)},
            {"echelon_code": "2", "decided_on": date(2016, 2, 3)},
        ],
    )
    assert students(made, "student_token, is_scholarship_holder, echelon_code") == [
        {"student_token": "a", "is_scholarship_holder": True, "echelon_code": "2"},
        {"student_token": "b", "is_scholarship_holder": False, "echelon_code": None},
    ]
    assert records(made, "select students_count, scholarship_holders_count from mart_scholarship__register") == [
        {"students_count": 2, "scholarship_holders_count": 1}
    ]


def contract(start: date, breach: date | None = None, end: date = date(2016, 8, 31)) -> dict[str, Any]:
    return {"start_date": start, "breach_date": breach, "end_date": end}


@pytest.mark.parametrize(
    ("contracts", "apprentices", "breaches"),
    [
        ([contract(date(2015, 9, 7))], 1, 0),
        ([contract(date(2016, 2, 1))], 0, 0),  # signed after the reference date
        ([contract(date(2015, 9, 7), date(2015, 12, 1))], 0, 1),  # breached before
        ([contract(date(2015, 9, 7), date(2016, 3, 1))], 1, 1),  # breached after
        ([contract(date(2015, 9, 7), date(2015, 11, 2)), contract(date(2015, 12, 1))], 1, 1),  # replaced in time
        ([contract(date(2015, 9, 7)), contract(date(2015, 10, 1))], 1, 0),  # two at once are one person
        ([contract(date(2014, 9, 1), None, date(2016, 8, 31))], 1, 0),  # the second year of a contract
    ],
)
def test_an_apprentice_has_a_contract_in_force_on_15_january(
    contracts: list[dict[str, Any]], apprentices: int, breaches: int
) -> None:
    made = marts(apogee=[{}], cfa=contracts)
    assert records(
        made, "select students_count, apprentices_count, breaches_count from mart_apprenticeship__register"
    ) == [{"students_count": 1, "apprentices_count": apprentices, "breaches_count": breaches}]


def test_a_breach_counts_in_the_academic_year_in_which_it_happens() -> None:
    running = {"start_date": date(2015, 9, 7), "end_date": date(2017, 8, 31), "contract_months": 24}
    made = marts(
        apogee=[{"year": 2015}, {"year": 2016, "enrolled_on": date(2016, 7, 1), "level_code": "2"}],
        cfa=[{**running, "year": 2015}, {**running, "year": 2016, "breach_date": date(2017, 4, 1)}],
    )
    assert students(made, "year, is_apprentice, breaches_count") == [
        {"year": 2015, "is_apprentice": True, "breaches_count": 0},
        {"year": 2016, "is_apprentice": True, "breaches_count": 1},
    ]


def test_a_breach_typed_in_the_next_year_s_export_counts_where_it_happened() -> None:
    running = {"start_date": date(2015, 9, 7), "end_date": date(2017, 8, 31), "contract_months": 24}
    made = marts(
        apogee=[{"year": 2015}, {"year": 2016, "enrolled_on": date(2016, 7, 1), "level_code": "2"}],
        cfa=[{**running, "year": 2015}, {**running, "year": 2016, "breach_date": date(2015, 12, 4)}],
    )
    assert students(made, "year, is_apprentice, breaches_count") == [
        {"year": 2015, "is_apprentice": False, "breaches_count": 1},
        {"year": 2016, "is_apprentice": False, "breaches_count": 0},
    ]


def stay(start: date, end: date, kind: str = "placement", year: int = 2015) -> dict[str, Any]:
    return {"start_date": start, "end_date": end, "kind_code": kind, "year": year}


@pytest.mark.parametrize(
    ("stays", "study", "placement"),
    [
        ([stay(date(2016, 4, 1), date(2016, 4, 14))], 0, 1),  # 14 days, both ends counted
        ([stay(date(2016, 4, 1), date(2016, 4, 13))], 0, 0),  # 13 days
        ([stay(date(2015, 9, 1), date(2016, 1, 20), "study"), stay(date(2016, 4, 1), date(2016, 6, 20))], 1, 1),
        # typed twice, with another first day
        ([stay(date(2016, 4, 1), date(2016, 6, 20)), stay(date(2016, 4, 8), date(2016, 6, 20))], 0, 1),
        # a long stay holds two short rows: one stay, although the last row does not touch the row before
        (
            [
                stay(date(2016, 2, 1), date(2016, 7, 1)),
                stay(date(2016, 2, 5), date(2016, 2, 25)),
                stay(date(2016, 5, 1), date(2016, 5, 30)),
            ],
            0,
            1,
        ),
        # one after the other: two
        ([stay(date(2016, 2, 1), date(2016, 3, 1)), stay(date(2016, 3, 2), date(2016, 4, 1))], 0, 2),
    ],
)
def test_stays_abroad(stays: list[dict[str, Any]], study: int, placement: int) -> None:
    made = marts(apogee=[{}], relint=stays)
    assert records(
        made, "select mobile_students_count, study_stays_count, placement_stays_count from mart_mobility__register"
    ) == [
        {
            "mobile_students_count": int(study + placement > 0),
            "study_stays_count": study,
            "placement_stays_count": placement,
        }
    ]


def test_a_stay_across_two_years_counts_once_in_the_year_it_starts() -> None:
    across = (date(2016, 7, 20), date(2016, 10, 2))
    made = marts(
        apogee=[{"year": 2015}, {"year": 2016, "enrolled_on": date(2016, 7, 1)}],
        relint=[stay(*across, year=2015), stay(*across, year=2016)],
    )
    assert records(made, "select year, placement_stays_count from mart_mobility__register order by year") == [
        {"year": 2015, "placement_stays_count": 1},
        {"year": 2016, "placement_stays_count": 0},
    ]


def test_a_year_without_a_register_is_unknown_and_not_zero() -> None:
    made = marts(apogee=[{}, {"year": 2016, "enrolled_on": date(2016, 7, 1)}], crous=[{"year": 2016}])
    assert students(made, "year, is_scholarship_holder, is_apprentice, is_mobile") == [
        {"year": 2015, "is_scholarship_holder": None, "is_apprentice": None, "is_mobile": None},
        {"year": 2016, "is_scholarship_holder": True, "is_apprentice": None, "is_mobile": None},
    ]
    assert records(made, "select year from mart_scholarship__register") == [{"year": 2016}]
    assert records(made, "select year from mart_mobility__register") == []


def test_registers_of_different_origin_are_never_linked() -> None:
    made = marts(apogee=[{"origin": "observed"}], crous=[{}])
    assert students(made, "is_scholarship_holder, echelon_code, origin") == [
        {"is_scholarship_holder": None, "echelon_code": None, "origin": "observed"}
    ]
    assert [row["source_id"] for row in records(made, "select source_id from mart_linkage__register")] == ["apogee"]


def test_promotion_repeats_and_leavers_by_linking_two_years() -> None:
    def enrolled(token: str, year: int, diploma: str, level: str, **more: Any) -> dict[str, Any]:
        return {
            "student_token": token,
            "year": year,
            "diploma_code": diploma,
            "level_code": level,
            "enrolled_on": date(year, 7, 10),
            **more,
        }

    made = marts(
        apogee=[
            enrolled("old", 2014, "DUT", "1"),
            enrolled("old", 2015, "DUT", "1"),  # repeats in 2015: no entrant
            enrolled("up", 2015, "DUT", "1"),
            enrolled("up", 2016, "DUT", "2", site_code="figeac"),  # promoted, on another site
            enrolled("again", 2015, "DUT", "1"),
            enrolled("again", 2016, "DUT", "1"),
            enrolled("gone", 2015, "DUT", "1"),
            enrolled("last", 2015, "DUT", "2"),
            enrolled("last", 2016, "LP", "3"),
            enrolled("licence", 2015, "LP", "1", site_code="albi"),  # a first and last year: no entrant
            enrolled("stays", 2015, "DUT", "2"),
            enrolled("stays", 2016, "DUT", "2"),
        ]
    )
    assert records(made, "select * exclude (site_code, origin) from mart_success__register order by diploma_code") == [
        {
            "year": 2015,
            "diploma_code": "DUT",
            "entrants_count": 3,
            "promoted_count": 1,
            "repeating_count": 1,
            "final_year_count": 2,
            "continuing_count": 1,
        },
        {
            "year": 2015,
            "diploma_code": "LP",
            "entrants_count": 0,
            "promoted_count": 0,
            "repeating_count": 0,
            "final_year_count": 1,
            "continuing_count": 0,
        },
    ]


def test_a_dut_that_becomes_a_but_is_one_course() -> None:
    made = marts(
        apogee=[
            {"student_token": "z", "year": 2019, "enrolled_on": date(2019, 7, 1)},
            {"year": 2020, "enrolled_on": date(2020, 7, 1), "diploma_code": "DUT", "level_code": "1"},
            {"year": 2021, "enrolled_on": date(2021, 7, 1), "diploma_code": "BUT", "level_code": "1"},
        ]
    )
    assert records(made, "select entrants_count, promoted_count, repeating_count from mart_success__register") == [
        {"entrants_count": 1, "promoted_count": 0, "repeating_count": 1}
    ]


def test_employment_rates_leave_out_those_who_study_and_weigh_the_answers() -> None:
    answers = [
        {
            "student_token": "a",
            "is_employed": True,
            "is_stable": True,
            "is_intermediate": False,
            "is_in_region": True,
            "weight": 1.5,
        },
        {"student_token": "b", "is_employed": False, "weight": 2.25},
        {"student_token": "c", "continues_studies": True, "is_employed": True, "weight": 1.5},  # a student's job
        {"student_token": "d", "has_answered": False, "continues_studies": None, "weight": 0.0},
        {"student_token": "nobody", "is_employed": True},
    ]
    made = marts(
        apogee=[{"student_token": token, "diploma_code": "LP", "level_code": "3"} for token in "abcd"], survey=answers
    )
    (row,) = records(made, "select * exclude (origin) from mart_employment__register")
    assert {name: float(value) if name.startswith("weighted") else value for name, value in row.items()} == {
        "year": 2016,
        "site_code": "tarbes",
        "diploma_code": "LP",
        "months_after": 18,
        "graduates_count": 4,
        "answers_count": 3,
        "active_count": 2,
        "employed_count": 1,
        "stable_count": 1,
        "intermediate_count": 0,
        "in_region_count": 1,
        "weighted_active_count": 3.75,
        "weighted_employed_count": 1.5,
        "weighted_stable_count": 1.5,
        "weighted_intermediate_count": 0.0,
        "weighted_in_region_count": 1.5,
    }


def test_rows_that_find_no_student_are_counted_as_orphans() -> None:
    made = marts(
        apogee=[{}, {"student_token": "n", "identity_code": "number", "rows_count": 2}],
        crous=[{}, {"student_token": "lost"}],
        survey=[{}],
    )
    assert linkage(made) == {
        (2015, "apogee"): (3, 1, 0, 2, 0),
        (2015, "crous"): (2, 1, 0, 1, 0),
        (2016, "survey"): (1, 1, 0, 0, 0),
    }


def linkage(made: duckdb.DuckDBPyConnection) -> dict[tuple[int, str], tuple[int, ...]]:
    """Return year and source → rows, linked by INE, linked by number, orphans, conflicts."""
    rows = records(made, "select * from mart_linkage__register")
    assert all(row["linked_count"] == row["linked_by_ine_count"] + row["linked_by_number_count"] for row in rows)
    counts = ("rows_count", "linked_by_ine_count", "linked_by_number_count", "orphans_count", "conflicts_count")
    return {(row["year"], row["source_id"]): tuple(row[count] for count in counts) for row in rows}


def unnamed(key: int, **more: Any) -> dict[str, Any]:
    """A row whose INE is malformed: its token stands for the student number."""
    return {"student_token": f"n{key}", "identity_code": "number", "number_key": key, **more}


def test_a_malformed_ine_is_found_again_by_the_student_number() -> None:
    # The same person: an INE in 2014, none in 2015, and a stay whose INE is malformed too.
    made = marts(
        apogee=[{"year": 2014, "enrolled_on": date(2014, 7, 1), "number_key": 7}, unnamed(7)],
        crous=[{}],
        relint=[unnamed(7, start_date=date(2016, 4, 1), end_date=date(2016, 6, 20))],
    )
    assert students(made, "year, student_token, is_scholarship_holder, is_mobile") == [
        {"year": 2014, "student_token": "a", "is_scholarship_holder": None, "is_mobile": None},
        {"year": 2015, "student_token": "a", "is_scholarship_holder": True, "is_mobile": True},
    ]
    assert linkage(made) == {
        (2014, "apogee"): (1, 1, 0, 0, 0),
        (2015, "apogee"): (1, 0, 1, 0, 0),
        (2015, "crous"): (1, 1, 0, 0, 0),
        (2015, "relint"): (1, 0, 1, 0, 0),
    }


def test_the_number_that_only_another_register_knows_leads_to_the_ine() -> None:
    made = marts(
        apogee=[unnamed(7)],
        crous=[{}],
        relint=[{"number_key": 7, "start_date": date(2016, 4, 1), "end_date": date(2016, 6, 20)}],
    )
    assert students(made, "student_token, is_scholarship_holder, is_mobile") == [
        {"student_token": "a", "is_scholarship_holder": True, "is_mobile": True}
    ]


def test_a_number_without_any_ine_still_links_two_registers() -> None:
    made = marts(apogee=[unnamed(7)], relint=[unnamed(7, start_date=date(2016, 4, 1), end_date=date(2016, 6, 20))])
    assert students(made, "student_token, is_mobile") == [{"student_token": "n7", "is_mobile": True}]
    assert linkage(made)[2015, "relint"] == (1, 0, 1, 0, 0)


def test_a_number_that_two_ine_share_is_counted_and_not_guessed() -> None:
    made = marts(
        apogee=[
            {"number_key": 7},
            {"number_key": 7, "student_token": "b"},
            unnamed(7, speciality_code="GEA"),
            {"number_key": 8, "student_token": "c"},
        ],
        relint=[unnamed(7, start_date=date(2016, 4, 1), end_date=date(2016, 6, 20))],
    )
    assert students(made, "student_token") == [{"student_token": token} for token in ("a", "b", "c", "n7")]
    assert linkage(made) == {(2015, "apogee"): (4, 3, 0, 1, 3), (2015, "relint"): (1, 0, 1, 0, 1)}


def test_numbers_of_another_origin_lead_nowhere() -> None:
    made = marts(apogee=[{"number_key": 7, "origin": "observed"}, unnamed(7, year=2016, enrolled_on=date(2016, 7, 1))])
    assert students(made, "year, student_token") == [
        {"year": 2015, "student_token": "a"},
        {"year": 2016, "student_token": "n7"},
    ]


def test_a_stay_listed_again_is_linked_with_the_year_it_began_in() -> None:
    across = stay(date(2016, 7, 20), date(2016, 10, 2), year=2016)
    made = marts(apogee=[{}, {"student_token": "b", "year": 2016, "enrolled_on": date(2016, 7, 1)}], relint=[across])
    assert records(made, "select linked_count from mart_linkage__register where source_id = 'relint'") == [
        {"linked_count": 1}
    ]


def test_no_register_at_all_gives_empty_marts_with_their_columns() -> None:
    made = marts()
    for name in MARTS:
        assert records(made, f"select * from {name}") == []


@pytest.mark.parametrize("name", MARTS)
def test_each_mart_says_what_it_is(name: str) -> None:
    head = (ROOT / "sql" / "marts" / f"{name}.sql").read_text().splitlines()
    keys = [line.split(":")[0] for line in head if line.startswith("-- ") and ":" in line][:5]
    assert [key for key in keys if key != "-- years"][:4] == ["-- what", "-- grain", "-- inputs", "-- caveats"]
    if "-- years" in keys:
        assert keys[2] == "-- years", "after the grain, of a mart that is made a year at a time"
