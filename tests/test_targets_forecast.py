"""The probability: equal to the closed form, deaf to units, monotone, modest, and refused when it should be."""

from __future__ import annotations

from itertools import pairwise
from math import exp, log, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t as student

from pipelines.targets.forecast import CEILING, FLOOR, Forecast, Refusal, forecast

SERIES = {2005 + i: v for i, v in enumerate([310, 325, 340, 332, 365, 400, 418, 455])}

lively = st.lists(st.floats(10, 1e5), min_size=5, max_size=12).filter(
    lambda values: np.std(np.diff(np.log(values))) > 0.01
)


def as_series(values: list[float]) -> dict[int, float]:
    return dict(enumerate(values, start=2000))


def test_equals_the_closed_form_of_the_drift():
    """mu = y_n + b h, sd = s sqrt(h (1 + h/m)), Student t with m - 1 degrees of freedom, on the log scale."""
    y = np.log(list(SERIES.values()))
    steps = np.diff(y)
    m = len(steps)
    fitted = forecast(SERIES, 2017)
    assert isinstance(fitted, Forecast)
    assert fitted.scale == "log"
    for h in range(1, 6):
        mean = y[-1] + steps.mean() * h
        sd = steps.std(ddof=1) * sqrt(h * (1 + h / m))
        assert fitted.median(2012 + h) == pytest.approx(exp(mean), rel=1e-9)
        hit = 1 - student.cdf((log(600) - mean) / sd, m - 1)
        assert fitted.probability(2012 + h, 600, 1) == pytest.approx(min(max(hit, FLOOR), CEILING), rel=1e-7)
        for level in (50, 80, 95):
            reach = student.ppf(0.5 + level / 200, m - 1) * sd
            assert fitted.interval(2012 + h, level) == pytest.approx((exp(mean - reach), exp(mean + reach)), rel=1e-9)


def test_missing_years_are_gaps_not_nothing():
    """With years left out an increment spans g years: its variance is s² g, the drift is that of the whole span."""
    values = {2010: 400, 2011: 420, 2012: 450, 2013: 445, 2014: 500, 2016: 530, 2019: 600}
    y = np.log(list(values.values()))
    gaps, steps = np.diff(list(values)), np.diff(y)
    drift = steps.sum() / gaps.sum()
    s2 = ((steps - drift * gaps) ** 2 / gaps).sum() / (len(steps) - 1)
    fitted = forecast(values, 2022)
    assert fitted.df == len(steps) - 1
    for h in (1, 2, 3):
        assert fitted.median(2019 + h) == pytest.approx(exp(y[-1] + drift * h), rel=1e-9)
        assert fitted.deviations[h - 1] ** 2 == pytest.approx(s2 * h * (1 + h / gaps.sum()), rel=1e-8)


def test_a_gap_right_after_the_first_year():
    values = {2008: 300, 2011: 340, 2012: 360, 2013: 350, 2014: 395}
    y = np.log(list(values.values()))
    gaps, steps = np.diff(list(values)), np.diff(y)
    s2 = ((steps - steps.sum() / gaps.sum() * gaps) ** 2 / gaps).sum() / 3
    fitted = forecast(values, 2016)
    assert fitted.df == 3
    assert fitted.deviations[0] ** 2 == pytest.approx(s2 * (1 + 1 / 6), rel=1e-8)


@settings(max_examples=25, deadline=None)
@given(lively, st.floats(1e-3, 1e3), st.floats(0.5, 3))
def test_no_unit_matters(values, unit, ratio):
    goal = values[-1] * ratio
    here = forecast(as_series(values), 2015)
    there = forecast(as_series([value * unit for value in values]), 2015)
    assert isinstance(here, Forecast)
    assert isinstance(there, Forecast)
    assert here.probability(2015, goal, 1) == pytest.approx(there.probability(2015, goal * unit, 1), abs=1e-6)


@settings(max_examples=25, deadline=None)
@given(lively, st.floats(0.2, 3), st.floats(1.0, 2))
def test_monotone_in_the_target_and_within_bounds(values, ratio, more):
    fitted = forecast(as_series(values), 2015)
    assert isinstance(fitted, Forecast)
    near, far = values[-1] * ratio, values[-1] * ratio * more
    assert FLOOR <= fitted.probability(2015, far, 1) <= fitted.probability(2015, near, 1) <= CEILING
    assert FLOOR <= fitted.probability(2015, near, -1) <= fitted.probability(2015, far, -1) <= CEILING


@settings(max_examples=25, deadline=None)
@given(lively, st.floats(1.05, 2))
def test_more_time_makes_a_goal_ahead_no_less_likely(values, ratio):
    """(b h - g) / sqrt(h (1 + h/m)) rises with h whenever b >= 0 < g. With a drift away from it, time does not help."""
    rising = values if values[-1] >= values[0] else values[::-1]
    fitted = forecast(as_series(rising), 2020)
    assert isinstance(fitted, Forecast)
    chances = [fitted.probability(year, rising[-1] * ratio, 1) for year in range(2000 + len(rising), 2021)]
    assert all(later >= sooner - 1e-12 for sooner, later in pairwise(chances))


def test_intervals_are_nested_and_widen():
    fitted = forecast(SERIES, 2017)
    for year in range(2013, 2018):
        (a, b), (c, d), (e, f) = (fitted.interval(year, level) for level in (95, 80, 50))
        assert a < c < e < fitted.median(year) < f < d < b
    widths = [high - low for low, high in (fitted.interval(year, 80) for year in range(2013, 2018))]
    assert widths == sorted(widths)


def test_shares_stay_between_nought_and_one():
    fitted = forecast(as_series([0.62, 0.70, 0.74, 0.83, 0.88, 0.93]), 2010, is_share=True)
    assert fitted.scale == "logit"
    low, high = fitted.interval(2010, 95)
    assert 0 < low < high < 1
    assert fitted.probability(2010, 1.2, 1) == FLOOR
    assert fitted.probability(2010, 1.2, -1) == CEILING


def test_series_that_touch_zero_are_taken_as_they_are():
    fitted = forecast(as_series([0, 2, 1, 4, 3, 6]), 2007)
    assert fitted.scale == "level"
    assert 0.5 < fitted.probability(2007, 5, 1) < CEILING


@pytest.mark.parametrize(
    ("values", "until", "words"),
    [
        (as_series([400, 420, 450, 460]), 2008, "4 usable point(s), at least 5"),
        ({}, 2008, "0 usable point(s)"),
        (as_series([8, 8, 8, 8, 8, 8]), 2008, "without any scatter"),
        (as_series([100, 110, 121, 133.1, 146.41]), 2008, "without any scatter"),
        (as_series([400, 420, 450, 460, 470]), 2004, "already been observed"),
    ],
)
def test_refusals_say_why(values, until, words):
    refusal = forecast(values, until)
    assert isinstance(refusal, Refusal)
    assert words in refusal.reason.en


def test_a_year_outside_the_forecast_is_an_error():
    with pytest.raises(ValueError, match="runs from 2013 to 2015"):
        forecast(SERIES, 2015).probability(2016, 800, 1)
