"""Official rules and paths, against the vectors computed by hand for this project."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.targets.paths import milestone, pace
from pipelines.targets.rules import Point, eurostat, eurostat_without_target

VECTORS = [
    # base, latest, goal, better, growth seen, growth required, ratio, category
    ((2025, 400), (2027, 480), (2030, 800), 1, 0.09545, 0.14870, 0.6419, "moderate_progress"),
    ((2025, 400), (2027, 500), (2030, 800), 1, 0.11803, 0.14870, 0.7938, "moderate_progress"),
    ((2025, 400), (2027, 525), (2030, 800), 1, 0.14564, 0.14870, 0.9795, "significant_progress"),
    ((2025, 400), (2027, 528), (2030, 800), 1, 0.14891, 0.14870, 1.0014, "significant_progress"),
    ((2025, 400), (2027, 390), (2030, 800), 1, -0.01258, 0.14870, -0.0846, "movement_away"),
    ((2025, 276), (2027, 310), (2030, 400), 1, 0.05981, 0.07704, 0.7763, "moderate_progress"),
    ((2015, 11.0), (2023, 9.6), (2030, 9.0), -1, -0.01687, -0.01329, 1.2697, "significant_progress"),
    ((2024, 47), (2026, 47.5), (2030, 50), 1, 0.00531, 0.01037, 0.5118, "insufficient_progress"),
]


@pytest.mark.parametrize(("base", "latest", "goal", "better", "seen", "required", "ratio", "code"), VECTORS)
def test_eurostat_vectors(base, latest, goal, better, seen, required, ratio, code):
    verdict = eurostat(Point(*base), Point(*latest), Point(*goal), better)
    assert verdict.growth_seen == pytest.approx(seen, abs=5.1e-6)
    assert verdict.growth_required == pytest.approx(required, abs=5.1e-6)
    assert verdict.ratio == pytest.approx(ratio, abs=5.1e-5)
    assert verdict.code == code


@pytest.mark.parametrize(
    ("start", "end", "growth", "code"),
    [
        (100, 108, 0.015511, "significant_progress"),
        (100, 103, 0.005929, "moderate_progress"),
        (100, 101, 0.001992, "moderate_progress"),
        (100, 97, -0.006073, "moderate_movement_away"),
        (100, 85, -0.031981, "significant_movement_away"),
    ],
)
def test_eurostat_without_a_target(start, end, growth, code):
    verdict = eurostat_without_target(Point(2015, start), Point(2020, end), 1)
    assert verdict.growth_seen == pytest.approx(growth, abs=5.1e-7)
    assert verdict.code == code


@pytest.mark.parametrize(
    ("part", "code"),
    [
        (0.95 + 1e-9, "significant_progress"),
        (0.95 - 1e-9, "moderate_progress"),
        (0.60 + 1e-9, "moderate_progress"),
        (0.60 - 1e-9, "insufficient_progress"),
        (0.0, "insufficient_progress"),
        (-1e-9, "movement_away"),
    ],
)
def test_where_the_categories_part(part, code):
    latest = Point(2011, 400 * (1 + part * (2**0.2 - 1)))
    assert eurostat(Point(2010, 400), latest, Point(2015, 800), 1).code == code


@pytest.mark.parametrize(
    ("base", "latest", "goal", "better", "word"),
    [
        (0, 10, 20, 1, "zero or below"),
        (-5, 10, 20, 1, "zero or below"),
        (5, -1, 20, 1, "changes sign"),
        (5, 4, -3, -1, "changes sign"),
        (5, 0, 20, 1, "zero or below"),
        (800, 850, 800, 1, "already meets"),
        (900, 850, 800, 1, "already meets"),
        (8, 7, 9, -1, "already meets"),
    ],
)
def test_undefined_cases_are_refused_with_their_reason(base, latest, goal, better, word):
    verdict = eurostat(Point(2010, base), Point(2012, latest), Point(2015, goal), better)
    assert verdict.code is None
    assert verdict.ratio is None
    assert word in verdict.refused.en
    assert verdict.refused.fr != verdict.refused.en


def test_no_time_is_refused():
    assert "a year or more" in eurostat(Point(2010, 4), Point(2010, 5), Point(2015, 8), 1).refused.en
    assert "a year or more" in eurostat(Point(2010, 4), Point(2012, 5), Point(2010, 8), 1).refused.en


def test_the_doubling_path():
    path = [milestone(Point(2010, 400), Point(2015, 800), year, "geometric") for year in range(2010, 2016)]
    assert path == pytest.approx([400, 459.5, 527.8, 606.3, 696.4, 800.0], abs=0.05)
    assert pace(Point(2010, 400), Point(2015, 800), "geometric") == pytest.approx(0.148698, abs=5.1e-7)


@pytest.mark.parametrize(("part", "end"), [(0.95, 774.4), (0.60, 613.2)])
def test_a_badge_can_be_kept_and_the_target_missed(part, end):
    """At 95 % of the pace required at every step, Eurostat's badge stays the best one and 774 is not 800."""
    last = 400 * (1 + part * (2**0.2 - 1)) ** 5
    assert last == pytest.approx(end, abs=0.05)
    best = "significant_progress" if part == 0.95 else "moderate_progress"
    assert eurostat(Point(2010, 400), Point(2015, last * (1 + 1e-9)), Point(2015, 800), 1).code == best


def test_paths_without_a_milestone():
    assert milestone(Point(2010, 400), Point(2015, 800), 2009, "geometric") is None
    assert milestone(Point(2010, 0), Point(2015, 800), 2012, "geometric") is None
    assert milestone(Point(2010, 400), Point(2015, 800), 2012, "none") is None
    assert milestone(Point(2010, 400), Point(2015, 800), 2020, "geometric") == 800
    assert milestone(Point(2010, 0), Point(2015, 10), 2012, "linear") == 4
    assert pace(Point(2010, 0), Point(2015, 10), "linear") == 2
    assert pace(Point(2010, 0), Point(2015, 10), "geometric") is None


@given(st.floats(1, 1e6), st.floats(1, 1e6), st.floats(1.001, 10), st.floats(1e-3, 1e3), st.integers(1, 9))
def test_the_rule_knows_no_unit(base, latest, ratio, unit, years):
    goal = base * ratio
    here = eurostat(Point(2000, base), Point(2000 + years, latest), Point(2012, goal), 1)
    there = eurostat(Point(2000, base * unit), Point(2000 + years, latest * unit), Point(2012, goal * unit), 1)
    assert here.ratio == pytest.approx(there.ratio, rel=1e-6, abs=1e-6)
