"""Numbers and sentences: typography, rounding, and truth."""

from __future__ import annotations

import pytest

from pipelines.publish.numbers import difference, marked, measure, number, per_cent, share
from pipelines.publish.phrases import (
    Point,
    change,
    direction,
    evolution,
    range_title,
    states_title,
    stretches,
    trend_title,
    unbroken,
)
from pipelines.publish.tables.shape import plain


@pytest.mark.parametrize(
    ("value", "places", "fr", "en"),
    [
        (8412, 0, "8\u202f412", "8,412"),
        (0, 0, "0", "0"),
        (1234567.5, 1, "1\u202f234\u202f567,5", "1,234,567.5"),
        (2.5, 0, "3", "3"),  # half up, not half to even
        (-12.34, 1, "\u221212,3", "\u221212.3"),
        (-0.01, 1, "0,0", "0.0"),
    ],
)
def test_number(value: float, places: int, fr: str, en: str) -> None:
    assert number(value, "fr", places) == fr
    assert number(value, "en", places) == en


def test_percentages() -> None:
    assert share(0.104, "fr") == "10,4\u202f%"
    assert share(0.104, "en") == "10.4%"
    assert per_cent(92, "fr", 0) == "92\u202f%"
    assert measure(0.5, "share", "fr") == "50,0\u202f%"
    assert measure(1480, "eur", "fr") == "1\u202f480\u202f€"
    assert measure(412, "persons", "en") == "412"


def test_points_agree_in_number() -> None:
    assert difference(0.023, "share", "fr") == "2,3\u202fpoints"
    assert difference(-1.0, "percent", "fr") == "1,0\u202fpoint"
    assert difference(1.0, "percent", "en") == "1.0 point"


def test_simulated_numbers_say_so() -> None:
    assert marked("412", "simulated", "fr") == "412 (simulé)"
    assert marked("412", "simulated", "en") == "412 (simulated)"
    assert marked("412", "observed", "fr") == "412"


@pytest.mark.parametrize(
    ("first", "last", "unit", "expected"),
    [
        (100, 100.5, "persons", 0),
        (100, 102, "persons", 1),
        (100, 90, "persons", -1),
        (0, 5, "persons", 1),
        (0, 0, "persons", 0),
        (0.200, 0.203, "share", 0),
        (0.200, 0.210, "share", 1),
        (90.0, 88.0, "percent", -1),
    ],
)
def test_direction(first: float, last: float, unit: str, expected: int) -> None:
    assert direction(first, last, unit) == expected


def test_change_says_what_the_numbers_say() -> None:
    assert change(5363, 5120, "persons", "fr") == "en baisse de 4,5\u202f%"
    assert change(100, 250, "persons", "fr") == "multiplication par 2,5"
    assert change(0.10, 0.123, "share", "en") == "up by 2.3 points"
    assert change(100, 100, "persons", "fr") == "stable"


def points(
    *values: float | None, start: int = 2012, breaks: tuple[int, ...] = (), origin: str = "observed"
) -> list[Point]:
    return [Point(start + index, value, start + index in breaks, origin) for index, value in enumerate(values)]


def test_no_comparison_across_a_break() -> None:
    series = points(100, 110, 500, 504, breaks=(2014,))
    assert [point.year for point in unbroken(series)] == [2014, 2015]
    said = evolution("Étudiants", series, "persons", "fr")
    assert "400" not in said
    assert "stable depuis 2014 (500)" in said
    assert "rupture de série avant 2014" in said


def test_a_lone_last_point_tells_the_stretch_before_without_comparing() -> None:
    said = evolution("Étudiants", points(100, 110, 500, breaks=(2014,)), "persons", "fr")
    assert said.endswith("auparavant, en hausse de 10,0\u202f% de 2012 à 2013.")


def test_a_hidden_point_is_never_told() -> None:
    said = evolution("Étudiants", points(100, None), "persons", "fr")
    assert "2013" not in said
    assert evolution("Étudiants", points(None, None), "persons", "fr") == "Étudiants\u00a0: aucune valeur publiable."


def test_a_simulated_series_says_so() -> None:
    assert "(simulé)" in evolution("Apprentis", points(1, 2, origin="simulated"), "persons", "fr")


def test_titles() -> None:
    series = points(100, 105, 110, 400, 404, breaks=(2015,))
    assert [len(stretch) for stretch in stretches(series)] == [3, 2]
    assert trend_title("Étudiants", series, "persons", "en") == "Étudiants: 404 in 2016; up by 10.0% from 2012 to 2014"
    assert range_title("Part", {"A": 0.1, "B": 0.3}, "share", "en") == "Part, from 10.0% (A) to 30.0% (B)"
    assert range_title("Part", {"B": 0.1, "A": 0.1}, "share", "en") == "Part: 10.0% (B)"
    assert states_title({"met": 1, "missed": 0}, 1, "en") == "1 commitment of the founding document: 1 “met”"


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("[Tarbes](/sites/tarbes.qmd)", "Tarbes"),
        ("`MOB-OUT`", "MOB-OUT"),
        ("[non mesurable]{.status .status-none}", "non mesurable"),
        ("8 412 (simulé)", "8 412 (simulé)"),
        ("[a] (b)", "[a] (b)"),
    ],
)
def test_a_downloaded_table_holds_no_markdown(cell: str, text: str) -> None:
    assert plain(cell) == text
