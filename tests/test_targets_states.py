"""The state machine, case by case: what a reader is told of a doubling from 400 in 2010 due in 2015."""

from __future__ import annotations

import pytest

from pipelines.kernel.targets import STATES, StateCode
from pipelines.targets.rules import Point
from pipelines.targets.states import Aim, state_of, state_of_every_year

DOUBLING = Aim(800, 1, 2015, Point(2010, 400), "geometric")


@pytest.mark.parametrize(
    ("observed", "edition", "state"),
    [
        ({}, 2012, "not_measurable"),
        ({2013: 500}, 2012, "not_measurable"),
        ({2009: 390, 2010: 400}, 2010, "not_started"),
        ({2010: 400, 2012: 530}, 2012, "on_the_way"),
        ({2010: 400, 2012: 527}, 2012, "off_track"),
        ({2010: 400, 2012: 380}, 2012, "off_track"),
        ({2010: 400, 2013: 800}, 2013, "met"),
        ({2010: 400, 2013: 810, 2014: 790}, 2014, "met_then_lost"),
        ({2010: 400, 2014: 790}, 2015, "awaited"),
        ({2010: 400, 2014: 790}, 2018, "awaited"),
        ({2010: 400, 2014: 900, 2015: 820}, 2015, "met"),
        ({2010: 400, 2015: 820, 2016: 850}, 2016, "met"),
        ({2010: 400, 2015: 820, 2016: 700}, 2016, "met_then_lost"),
        ({2010: 400, 2013: 850, 2015: 780, 2016: 700}, 2016, "met_then_lost"),
        ({2010: 400, 2015: 799.999, 2016: 700}, 2016, "missed"),
        ({2010: 400, 2015: 700, 2016: 900}, 2016, "met_late"),
        ({2010: 400, 2015: 700, 2016: 900}, 2015, "missed"),
        ({2010: 400, 2014: 700, 2016: 900}, 2016, "not_measurable"),
        ({2005: 900, 2010: 400, 2012: 530}, 2012, "on_the_way"),  # reached before the promise is not reaching it
    ],
)
def test_states_of_a_doubling(observed, edition, state):
    assert state_of(observed, DOUBLING, edition) == state


def test_less_can_be_better():
    aim = Aim(9.0, -1, 2030, Point(2015, 11.0), "geometric")
    assert state_of({2015: 11.0, 2023: 9.6}, aim, 2024) == "on_the_way"
    assert state_of({2015: 11.0, 2023: 10.6}, aim, 2024) == "off_track"
    assert state_of({2015: 11.0, 2023: 9.0}, aim, 2024) == "met"


def test_without_deadline_or_path():
    aim = Aim(1, 1)
    assert state_of({2012: 0}, aim, 2013) == "not_met"
    assert state_of({2012: 0, 2013: 1}, aim, 2013) == "met"
    assert state_of({2012: 1, 2013: 0}, aim, 2013) == "met_then_lost"


def test_every_year():
    assert state_of_every_year({}, 2015) == "not_measurable"
    assert state_of_every_year({2012: True, 2013: True}, 2015) == "met"
    assert state_of_every_year({2012: True, 2013: False}, 2015) == "partly_met"
    assert state_of_every_year({2012: False}, 2015) == "not_met"
    assert state_of_every_year({2012: True, 2013: False}, 2012) == "met"


def test_every_state_has_words_in_both_languages_and_its_own_shape():
    assert set(STATES) == set(StateCode)
    assert len({words.shape for words in STATES.values()}) == len(STATES)
    assert len({words.label.fr for words in STATES.values()}) == len(STATES)
