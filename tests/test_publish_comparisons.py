"""Sentences that compare say what the values show, in both languages: ties, breaks, missing, withheld, simulated."""

# ruff: noqa: E501  a sentence that is expected stands on one line

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.publish.comparisons import against_path, against_whole, course, part, rank, register, spread
from pipelines.publish.phrases import Point

TOGETHER = {"fr": "les huit sites", "en": "the eight sites"}

SITES = ("Albi", "Auch", "Castres", "Rodez", "Tarbes")
SHARES = st.dictionaries(st.sampled_from(SITES), st.none() | st.floats(0, 1), max_size=5)


def points(*values: float | None, breaks: tuple[int, ...] = (), origin: str = "observed") -> list[Point]:
    return [Point(2012 + index, value, 2012 + index in breaks, origin) for index, value in enumerate(values)]


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        (
            "fr",
            "Part, par site\u00a0: de 10,0\u202f% (Auch et Rodez) à 30,0\u202f% (Tarbes) en 2023 (simulé), pour 20,0\u202f% "
            "sur les huit sites ensemble\u00a0; confidentiel\u00a0: Castres\u00a0; sans valeur\u00a0: Albi.",
        ),
        (
            "en",
            "Part, by site: from 10.0% (Auch and Rodez) to 30.0% (Tarbes) in 2023 (simulated), against 20.0% for the "
            "eight sites together; confidential: Castres; no value: Albi.",
        ),
    ],
)
def test_a_spread_names_ties_the_hidden_and_the_missing(lang: str, said: str) -> None:
    values = {"Rodez": 0.1, "Auch": 0.1, "Tarbes": 0.3, "Castres": None, "Albi": None}
    assert (
        spread(
            "Part",
            values,
            "share",
            lang,
            year=2023,
            whole=0.2,
            together=TOGETHER[lang],
            hidden=["Castres"],
            origin="simulated",
        )
        == said
    )


def test_a_count_is_not_compared_with_its_total() -> None:
    said = spread("Entrants", {"Auch": 10, "Tarbes": 20}, "persons", "fr", year=2023, whole=30, together=TOGETHER["fr"])
    assert said == "Entrants, par site\u00a0: de 10 (Auch) à 20 (Tarbes) en 2023."


def test_equal_values_are_said_equal_and_one_value_is_no_spread() -> None:
    assert "12 on every site in 2023" in spread(
        "X", {"A": 12, "B": 12}, "persons", "en", year=2023, together=TOGETHER["en"]
    )
    assert (
        spread("X", {"A": 12, "B": None}, "persons", "en", year=2023, together=TOGETHER["en"])
        == "X, by site: too few values to compare."
    )
    assert "trop peu de valeurs" in spread("X", {}, "share", "fr", year=2023, together=TOGETHER["fr"])


@given(values=SHARES, hidden=st.lists(st.sampled_from(SITES), max_size=2))
def test_a_spread_never_shows_a_value_that_is_withheld(values: dict[str, float | None], hidden: list[str]) -> None:
    shown = {place: None if place in hidden else value for place, value in values.items()}
    said = spread("Part", shown, "share", "en", year=2023, hidden=hidden, together=TOGETHER["en"])
    known = [value for value in shown.values() if value is not None]
    assert ("too few values" in said) == (len(known) < 2)
    if len(known) > 1:
        told = [float(text) for text in re.findall(r"([\d.]+)%", said)]
        assert told in (
            [pytest.approx(100 * min(known), abs=0.051), pytest.approx(100 * max(known), abs=0.051)],
            told[:1],
        )


def test_ranks_count_from_the_highest_and_say_ties() -> None:
    values = {"Auch": 3.0, "Rodez": 5.0, "Tarbes": 5.0, "Albi": None}
    assert rank("Rodez", values, "fr") == "rang 1 sur 3, à égalité avec Tarbes"
    assert rank("Auch", values, "en") == "rank 3 of 3"
    assert rank("Albi", values, "fr") == ""
    assert rank("Auch", {"Auch": 3.0}, "fr") == ""


@given(values=st.dictionaries(st.sampled_from(SITES), st.integers(0, 3).map(float), min_size=2))
def test_as_many_are_above_as_the_rank_says(values: dict[str, float | None]) -> None:
    for place, mine in values.items():
        above = int(re.findall(r"rank (\d+)", rank(place, values, "en"))[0]) - 1
        assert above == sum(float(value or 0) > float(mine or 0) for value in values.values())


@pytest.mark.parametrize(
    ("value", "whole", "unit", "lang", "said"),
    [
        (0.155, 0.223, "share", "fr", "Rodez est 6,8\u202fpoints au-dessous de l'ensemble des sites"),
        (0.263, 0.223, "share", "en", "Rodez is 4.0 points above the sites together"),
        (0.2231, 0.223, "share", "fr", "Rodez est au niveau de l'ensemble des sites"),
        (None, 0.223, "share", "fr", ""),
        (0.2, None, "share", "en", ""),
        (205, 3162, "persons", "fr", ""),
    ],
)
def test_beside_the_whole(value: float | None, whole: float | None, unit: str, lang: str, said: str) -> None:
    assert against_whole("Rodez", value, whole, unit, lang) == said


@pytest.mark.parametrize(
    ("last", "promised", "lang", "said"),
    [
        (628, 800, "fr", "En 2023, la valeur est au-dessous du chemin promis\u00a0: 628 (simulé), pour 800."),
        (900, 800, "en", "In 2023 the value is above the path promised: 900 (simulated), against 800."),
        (801, 800, "fr", "En 2023, la valeur est celle du chemin promis\u00a0: 801 (simulé)."),
        (None, 800, "fr", "Aucune valeur ne permet de se situer sur le chemin promis."),
        (628, None, "en", "The commitment has no path from year to year."),
    ],
)
def test_on_the_path(last: float | None, promised: float | None, lang: str, said: str) -> None:
    assert against_path(last, promised, "persons", lang, year=2023, origin="simulated") == said


@pytest.mark.parametrize(
    ("series", "fr", "en"),
    [
        (points(100, 110, 120), "en hausse à chaque mesure depuis 2012.", "up at every measure since 2012."),
        (points(120, 110, 120), "en hausse depuis 2013.", "up since 2013."),
        (points(100, 120, 119, 100), "en baisse depuis 2014.", "down since 2014."),
        (points(90, 100, 100.5, 101), "n'a pas bougé depuis 2013.", "has not moved since 2013."),
        (points(1, 2, 300, breaks=(2014,)), "seule année comparable.", "the only comparable year."),
        (points(1, 200, 300, 200, breaks=(2014,)), "en baisse depuis 2014.", "down since 2014."),
        (points(100, None, 120), "en hausse depuis 2012.", "up since 2012."),
        (points(None), "aucune valeur publiable.", "no publishable value."),
    ],
)
def test_since_when(series: list[Point], fr: str, en: str) -> None:
    assert course("Étudiants", series, "persons", "fr").endswith(fr)
    assert course("Students", series, "persons", "en").endswith(en)


def test_a_simulated_course_says_so() -> None:
    assert "(simulé)" in course("X", points(1, 2, origin="simulated"), "persons", "fr")


@given(st.lists(st.integers(1, 1000).map(float), min_size=2, max_size=8))
def test_a_course_never_contradicts_the_last_two_values(values: list[float]) -> None:
    said = course("X", points(*values), "persons", "en")
    if values[-1] > values[-2] * 1.01:
        assert ", up " in said
    elif values[-1] < values[-2] * 0.99:
        assert ", down " in said


def test_a_share_as_its_counts() -> None:
    assert part(583, 2619, "fr") == "583 sur 2\u202f619"
    assert part(628, 8530, "en", origin="simulated") == "628 of 8,530 (simulated)"
    assert part(None, 8530, "en") == ""
    assert part(0, 0, "fr") == ""


@pytest.mark.parametrize(
    ("counts", "fr", "en"),
    [
        (
            (26, 0, 1, 0),
            "26 actions\u00a0: aucune n'est déclarée, une a dépassé son échéance sans être déclarée faite, toutes ont un porteur.",
            "26 actions: none is reported, one past its deadline and not reported as done, all have an owner.",
        ),
        (
            (26, 3, 2, 1),
            "26 actions\u00a0: 3 déclarées, 2 ont dépassé leur échéance sans être déclarées faites, une sans porteur.",
            "26 actions: 3 reported, 2 past their deadline and not reported as done, one without an owner.",
        ),
        (
            (1, 1, 0, 0),
            "1 action\u00a0: une déclarée, aucune n'a dépassé son échéance, toutes ont un porteur.",
            "1 action: one reported, none is past its deadline, all have an owner.",
        ),
    ],
)
def test_the_register_in_one_sentence(counts: tuple[int, int, int, int], fr: str, en: str) -> None:
    assert register(*counts, "fr") == fr
    assert register(*counts, "en") == en
