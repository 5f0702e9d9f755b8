"""The engine of targets: one distribution, deaf to units, monotone, modest, the same in any order; gaps are gaps."""

from __future__ import annotations

import json
from itertools import pairwise
from math import isnan, nan, sqrt

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pipelines.targets.engine import CEILING, FLOOR, FURTHEST, Predictive, Refusal, forecast
from pipelines.targets.engine.coefficients import SHIPPED, read, shipped, text_of
from pipelines.targets.engine.fit import fit
from pipelines.targets.engine.members import drift
from pipelines.targets.engine.reading import reading
from pipelines.targets.engine.reference import KNOTS, class_of
from pipelines.targets.engine.theta import GRID, dynamic_theta

YEARS = list(range(2005, 2013))
VALUES = [310.0, 325, 340, 332, 365, 400, 418, 455]

sizes = st.lists(st.floats(10, 1e5), min_size=3, max_size=14).filter(lambda values: max(values) > 1.01 * min(values))
anything = st.lists(st.integers(-10000, 10000).map(lambda tens: tens / 10), min_size=3, max_size=14).filter(
    lambda values: max(values) - min(values) > 1e-3 * max(map(abs, values))
)


def ahead_of(values, until=5, **how) -> Predictive:
    found = forecast(range(len(values)), values, len(values) - 1 + until, **how)
    assert isinstance(found, Predictive)
    return found


@settings(max_examples=40, deadline=None)
@given(sizes, st.floats(0.1, 4), st.floats(1, 3))
def test_a_further_target_is_no_likelier(values, ratio, more):
    ahead = ahead_of(values)
    near, far = values[-1] * ratio, values[-1] * ratio * more
    assert FLOOR <= ahead.probability(far, 1) <= ahead.probability(near, 1) <= CEILING
    assert FLOOR <= ahead.probability(near, -1) <= ahead.probability(far, -1) <= CEILING


@settings(max_examples=40, deadline=None)
@given(anything, st.floats(-2, 2), st.floats(0, 2))
def test_the_same_holds_for_values_of_any_sign(values, place, more):
    ahead = ahead_of(values)
    width = max(values) - min(values)
    near, far = values[-1] + place * width, values[-1] + (place + more) * width
    assert FLOOR <= ahead.probability(far, 1) <= ahead.probability(near, 1) <= CEILING


@settings(max_examples=40, deadline=None)
@given(sizes, st.floats(1e-6, 1e6), st.floats(0.3, 3))
def test_no_unit_matters(values, unit, ratio):
    goal = values[-1] * ratio
    here, there = ahead_of(values), ahead_of([value * unit for value in values])
    assert here.probability(goal, 1) == pytest.approx(there.probability(goal * unit, 1), abs=1e-6)
    assert here.quantile(0.9) * unit == pytest.approx(there.quantile(0.9), rel=1e-5)


@settings(max_examples=40, deadline=None)
@given(anything, st.integers(-10000, 10000), st.floats(-1, 1))
def test_where_growth_means_nothing_a_constant_changes_nothing(values, constant, place):
    goal = values[-1] + place * (max(values) - min(values))
    here, there = ahead_of(values, is_size=False), ahead_of([value + constant for value in values], is_size=False)
    assert here.probability(goal, 1) == pytest.approx(there.probability(goal + constant, 1), abs=1e-4)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(10, 1e5), min_size=5, max_size=14), st.data())
def test_a_year_without_value_is_a_year_left_out(values, data):
    holes = data.draw(st.sets(st.integers(0, len(values) - 1), max_size=len(values) - 3))
    kept = {year: value for year, value in enumerate(values) if year not in holes}
    assume(max(kept.values()) > 1.01 * min(kept.values()))
    order = data.draw(st.permutations(list(kept)))
    masked = [nan if year in holes else value for year, value in enumerate(values)]
    blank = [None if year in holes else value for year, value in enumerate(values)]
    until = max(kept) + 4
    asked = [
        forecast(range(len(values)), masked, until),
        forecast(range(len(values)), blank, until),
        forecast(order, [kept[year] for year in order], until),
    ]
    chances = [one.probability(1.2 * max(kept.values()), 1) for one in asked]
    assert not isnan(chances[0])
    assert chances[0] == chances[1] == chances[2]


def test_the_order_of_calls_changes_nothing():
    series = [list(np.exp(np.random.default_rng(seed).normal(0.03, 0.1, 8 + seed % 20).cumsum())) for seed in range(30)]
    first = [ahead_of(one).probability(1.5 * one[-1], 1) for one in series]
    second = [ahead_of(one).probability(1.5 * one[-1], 1) for one in reversed(series)]
    assert first == second[::-1]
    together = fit([np.array(one) for one in series], 5, True, shipped())
    goals = np.array([1.5 * one[-1] for one in series])[:, None, None] * np.ones((1, 5, 1))
    alone = [ahead_of(one).chance(1.5 * one[-1], 1) for one in series]
    assert np.clip(1 - together.cdf(goals)[:, 4, 0], FLOOR, CEILING) == pytest.approx(alone, abs=1e-9)


def test_draws_follow_the_distribution_and_their_seed():
    ahead = ahead_of(VALUES)
    paths = ahead.draws(4000, seed=3)
    assert paths.shape == (4000, 5)
    assert (paths == ahead.draws(4000, seed=3)).all()
    assert (paths != ahead.draws(4000, seed=4)).any()
    for step in range(5):
        year = len(VALUES) + step
        assert (paths[:, step] >= 500).mean() == pytest.approx(ahead.chance(500, 1, year), abs=0.03)
        assert np.quantile(paths[:, step], [0.1, 0.9]) == pytest.approx(ahead.interval(80, year), rel=0.03)
    assert np.corrcoef(paths[:, 3], paths[:, 4])[0, 1] > 0.7


def test_quantiles_are_the_inverse_of_probabilities():
    ahead = ahead_of(VALUES)
    for chance in (0.01, 0.1, 0.5, 0.8, 0.97):
        assert ahead.chance(ahead.quantile(chance), -1) == pytest.approx(chance, abs=1e-6)
    (a, b), (c, d), (e, f) = (ahead.interval(level) for level in (95, 80, 50))
    assert 0 <= a < c < e < ahead.median() < f < d < b
    with pytest.raises(ValueError, match=r"0\.0001 and 0\.9999"):
        ahead.quantile(0)


def test_nothing_falls_below_zero_where_values_are_sizes():
    ahead = ahead_of([900.0, 700, 520, 330, 210, 90], until=8)
    assert ahead.quantile(0.01) >= 0
    assert ahead.draws(500, 1).min() >= 0
    assert ahead.probability(-1, -1) == FLOOR
    assert ahead_of([4.0, 2, -1, 3, -2], until=3).quantile(0.1) < 0


@pytest.mark.parametrize("years", [YEARS, [2005, 2006, 2009, 2010, 2011, 2012, 2014, 2015]])
def test_the_drift_is_that_of_the_state_space_form(years):
    """statsmodels' UnobservedComponents, level `rwdrift`, exact diffuse start, its variance concentrated out."""
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    laid_out = np.array([dict(zip(years, VALUES, strict=True)).get(year, nan) for year in range(2005, max(years) + 1)])
    filtered = UnobservedComponents(laid_out, level="rwdrift", use_exact_diffuse=True).filter([1.0])
    errors, widths = filtered.filter_results.forecasts_error[0], filtered.filter_results.forecasts_error_cov[0, 0]
    seen = ~np.isnan(laid_out)
    seen[: filtered.filter_results.nobs_diffuse] = False
    variance = (errors[seen] ** 2 / widths[seen]).sum() / seen.sum()
    reference = filtered.get_forecast(5)
    member = drift(reading([laid_out], "level", 5), 5)
    assert member.df[0] == seen.sum()
    assert member.centres[0, 0] == pytest.approx(reference.predicted_mean, rel=1e-9)
    assert member.spreads[0, 0] == pytest.approx(np.sqrt(reference.var_pred_mean * variance), rel=1e-8)


def test_theta_is_the_best_of_the_published_recursion():
    """Against a plain loop over equations 11 to 17 of Fiorucci et al. (2016), minimised numerically for each alpha."""
    from scipy.optimize import minimize

    def errors(first, pull, alpha, values):
        level, start, slope, mean, found = first, 0.0, 0.0, 0.0, []
        for t, value in enumerate(values, start=1):
            if t > 3:
                trend = start * (1 - alpha) ** (t - 1) + slope * (1 - (1 - alpha) ** t) / alpha
                found.append(value - level - pull * trend)
            level = alpha * value + (1 - alpha) * level
            slope = 0.0 if t == 1 else ((t - 2) * slope + 6 / (t - 1) * (value - mean)) / (t + 1)
            mean = ((t - 1) * mean + value) / t
            start = mean - (t + 1) / 2 * slope
        return np.array(found)

    values = np.array([1.0, 1.4, 1.1, 1.9, 2.2, 2.0, 2.9, 3.1, 3.0, 3.8])
    ours = dynamic_theta(values[None], 3)
    best = min(
        minimize(
            lambda x, a=alpha: float((errors(x[0], x[1], a, values) ** 2).sum()),
            [1.0, 0.5],
            bounds=[(None, None), (0, 1)],
        ).fun
        for alpha in GRID
    )
    assert ours.variance[0] * (len(values) - 3 - 1) == pytest.approx(best, rel=1e-5)
    assert (np.diff(ours.means[0]) > 0).all()


@pytest.mark.parametrize(
    ("values", "until", "code", "words"),
    [
        ([400, 420], 5, "too_few", "2 usable point(s), at least 3"),
        ([400, nan, None, 420], 8, "too_few", "2 usable"),
        ([], 5, "too_few", "0 usable"),
        ([8, 8, 8, 8, 8], 8, "still", "does not vary"),
        ([400, 420, 450], 2, "already_observed", "already been observed"),
        ([400, 420, 450], 2 + FURTHEST + 1, "too_far", f"beyond {FURTHEST}"),
    ],
)
def test_refusals_say_why(values, until, code, words):
    refusal = forecast(range(len(values)), values, until)
    assert isinstance(refusal, Refusal)
    assert refusal.code == code
    assert words in refusal.reason.en
    assert refusal.reason.fr


def test_what_makes_no_sense_is_an_error():
    with pytest.raises(ValueError, match="twice"):
        forecast([2001, 2001, 2002], [1, 2, 3], 2005)
    with pytest.raises(ValueError, match="3 years and 2 values"):
        forecast([2001, 2002, 2003], [1, 2], 2005)
    with pytest.raises(ValueError, match="infinite"):
        forecast([2001, 2002, 2003], [1, 2, float("inf")], 2005)
    with pytest.raises(ValueError, match="above zero"):
        forecast([2001, 2002, 2003], [1, 0, 2], 2005, is_size=True)
    with pytest.raises(ValueError, match="runs from"):
        ahead_of(VALUES).median(2050)


def test_who_says_what_and_the_outside_view():
    ahead = ahead_of(VALUES)
    voices = ahead.voices(600, 1)
    assert sum(voice.share for voice in voices) == pytest.approx(1)
    assert [voice.share for voice in voices] == sorted((voice.share for voice in voices), reverse=True)
    assert all(FLOOR <= voice.probability <= CEILING and voice.label.fr for voice in voices)
    outside = ahead.reference(2 * VALUES[-1], 1)
    assert outside is not None
    assert "33 to 61 %" in outside.label.en
    assert outside.count > 500
    assert 0.005 < outside.frequency < 0.1
    assert ahead_of(VALUES, is_size=False).reference(600, 1) is None


def test_classes_are_closed_below():
    assert class_of(np.log([0.9, 1.0, 1.1, 1.15, 1.5, 1.7, 2.0])).tolist() == [0, 1, 1, 2, 3, 4, 5]


def test_coefficients_say_what_they_were_fitted_on_and_survive_writing(tmp_path):
    known = shipped()
    assert "M4 yearly" in known.about["fitted_on"]
    assert known.about["made_by"].startswith("python tests/benchmarks/targets.py fit")
    assert set(known.committees) == {"log", "level", "free"}
    assert (np.diff(known.reference.growths, axis=2) > 0).all()
    assert known.reference.growths.shape[2] == len(KNOTS)
    copy = tmp_path / "again.json"
    copy.write_text(text_of(known), encoding="utf-8")
    assert text_of(read(copy)) == SHIPPED.read_text(encoding="utf-8")
    assert json.loads(copy.read_text(encoding="utf-8"))["about"] == dict(known.about)


def walks(count: int, points: int, seed: int):
    random = np.random.default_rng(seed)
    drifts = random.normal(0.03, 0.03, (count, 1))
    widths = np.exp(random.normal(-2.5, 0.5, (count, 1)))
    return np.exp((drifts + widths * random.standard_t(5, (count, points))).cumsum(axis=1)) * 1000


def test_intervals_hold_what_they_promise_on_simulated_walks():
    """Two hundred random walks with drift: the engine was fitted on none of them."""
    all_years = walks(200, 13, seed=8)
    mixture = fit(list(all_years[:, :8]), 5, True, shipped())
    below = mixture.cdf(all_years[:, 8:, None])[:, :, 0]
    assert 0.70 <= ((below > 0.1) & (below < 0.9)).mean() <= 0.90
    assert 0.89 <= ((below > 0.025) & (below < 0.975)).mean() <= 0.985
    assert abs(below.mean() - 0.5) < sqrt(1 / 12 / 200) * 3 + 0.03


@settings(max_examples=40, deadline=None)
@given(sizes, st.floats(1.0001, 3), st.sampled_from([1, -1]))
def test_more_time_makes_a_goal_ahead_no_less_likely(values, ratio, better):
    ahead, last = ahead_of(values, until=10), len(values) - 1
    chances = [ahead.probability(values[-1] * ratio**better, better, last + years) for years in range(1, 11)]
    assert all(later >= sooner for sooner, later in pairwise(chances))


def test_earlier_years_hardly_ever_count_for_series_that_rise():
    rising = [row for row in walks(60, 9, seed=21) if row[-1] > 1.05 * row[0]]
    apart = []
    for row in rising:
        ahead = ahead_of(list(row), until=8)
        apart += [ahead.probability(row[-1] * ratio, 1) - ahead.chance(row[-1] * ratio, 1) for ratio in (1.1, 1.3, 2)]
    assert len(rising) > 30
    assert min(apart) >= -1e-9
    assert max(apart) < 0.02
