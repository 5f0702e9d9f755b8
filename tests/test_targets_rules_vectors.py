"""The official rules against the vectors computed by hand for this project and the fixtures of sdg-build."""

# ruff: noqa: E501  a vector stands on one line

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.kernel.problems import BadInput
from pipelines.kernel.project import Project
from pipelines.targets.rules import badges, german, sdg_build, unsourced
from pipelines.targets.rules import united_nations as un
from pipelines.targets.rules.points import Point
from pipelines.targets.rules.record import read_record

ROOT = Path(__file__).resolve().parent.parent
DOUBLING = (2025, 400), (2030, 800), 1
FOUR = 5.1e-5
"""Equal to four decimals."""

VECTORS = [
    # base, goal, better | latest | sdg-build: status, score | UN: share, score | CSI | ESCAP gap, word | SDSN: ratio, word
    (DOUBLING, (2027, 480), ("moderate", 0.2991), (0.5774, 2), 2.000, (50.0, "accelerate"), (0.500, "moderately_improving")),
    (DOUBLING, (2027, 500), ("moderate", 1.3842), (0.7469, 2), 2.500, (37.5, "accelerate"), (0.625, "moderately_improving")),
    (DOUBLING, (2027, 525), ("substantial", 2.7105), (0.9736, 3), 3.125, (21.9, "accelerate"), (0.781, "moderately_improving")),
    (DOUBLING, (2027, 528), ("substantial", 2.8675), (1.0019, 3), 3.200, (20.0, "accelerate"), (0.800, "moderately_improving")),
    (DOUBLING, (2027, 390), ("deterioration", -2.8525), (-0.0613, 1), -0.250, (106.2, "reverse"), (-0.062, "decreasing")),
    (((2025, 276), (2030, 400), 1), (2027, 310), ("moderate", 1.2596), (0.7501, 2), 2.742, (31.5, "accelerate"),
     (0.685, "moderately_improving")),
    (((2015, 11.0), (2030, 9.0), -1), (2023, 9.6), ("substantial", 4.7834), (1.2390, 3), 7.000, (0.0, "maintain"),
     (1.313, "on_track")),
    (((2024, 47), (2030, 50), 1), (2026, 47.5), ("limited", -0.3676), (0.5053, 2), 1.667, (50.0, "accelerate"),
     (0.500, "moderately_improving")),
]  # fmt: skip


@pytest.mark.parametrize(("contract", "latest", "build", "chart", "csi", "gap", "arrow"), VECTORS)
def test_one_series_and_what_each_rule_says_of_it(contract, latest, build, chart, csi, gap, arrow):
    base, goal, better = Point(*contract[0]), Point(*contract[1]), contract[2]
    now = Point(*latest)
    measured = sdg_build.progress(base, now, goal, better)
    assert measured.status == f"{build[0]}_progress".replace("deterioration_progress", "deterioration")
    assert measured.score == pytest.approx(build[1], abs=FOUR)
    seen = un.progress_chart(base, now, goal, better)
    assert (seen.measure, seen.score) == (pytest.approx(chart[0], abs=FOUR), chart[1])
    assert un.current_status_index(base, now, goal, better).measure == pytest.approx(csi, abs=5.1e-4)
    line = un.weighted_projection({base.year: base.value, now.year: now.value}, goal.year)
    asked = un.anticipated_gap(base, line, goal, better)
    assert (asked.measure, asked.code) == (pytest.approx(gap[0], abs=0.051), gap[1])
    pointed = unsourced.sdsn_arrow(base, now, goal, better)
    assert (pointed.measure, pointed.code) == (pytest.approx(arrow[0], abs=5.1e-4), arrow[1])


@pytest.mark.parametrize(
    ("base", "latest", "goal", "better", "value", "status", "score"),
    [
        ((2015, 14.5), (2019, 10.1), (2030, 7.25), -1, 1.914092, "substantial_progress", 5),
        ((2015, 1.55), (2019, 1.82), (2030, 0), -1, -0.105788, "deterioration", -2.940785),
        ((2015, 5.3), (2019, 5.07), (2030, 25), -1, None, "target_achieved", 5),
    ],
)
def test_fixtures_of_sdg_build(base, latest, goal, better, value, status, score):
    made = sdg_build.progress(Point(*base), Point(*latest), Point(*goal), better)
    assert made.status == status
    assert made.score == pytest.approx(score, abs=5.1e-7)
    if value is not None:
        assert made.value == pytest.approx(value, abs=5.1e-7)


def test_sdg_build_wants_less_unless_told_otherwise():
    rise = Point(2020, 100), Point(2021, 120)
    made = sdg_build.progress_without_target(*rise)
    assert (made.status, made.score, made.value) == ("deterioration", -5, pytest.approx(-0.2))
    wanted = sdg_build.progress_without_target(*rise, better=1)
    assert (wanted.status, wanted.score) == ("substantial_progress", 5)


@pytest.mark.parametrize(
    ("start", "end", "limit", "growth", "status", "score"),
    [
        (100, 108, None, 0.015511, "substantial_progress", 2.7556),
        (100, 103, None, 0.005929, "moderate_progress", 0.2323),
        (100, 101, None, 0.001992, "limited_progress", -1.5040),
        (100, 97, None, -0.006073, "deterioration", -3.2592),
        (100, 85, None, -0.031981, "deterioration", -5),
        (90, 92, 100, 0.004405, "moderate_progress", 1.6978),
        (99, 99.2, 100, 0.000404, "moderate_progress", 1.0626),
        (100, 100, 100, 0.0, "substantial_progress", 5),
    ],
)
def test_sdg_build_without_a_target(start, end, limit, growth, status, score):
    made = sdg_build.progress_without_target(Point(2015, start), Point(2020, end), 1, limit)
    assert made.value == pytest.approx(growth, abs=5.1e-7)
    assert made.status == status
    assert made.score == pytest.approx(score, abs=FOUR)


@pytest.mark.parametrize(
    ("value", "score"),
    [(-0.6, -5), (-0.2, -3.3333), (0, -2.5), (0.3, -1.25), (0.6, 0), (0.8, 1.4286), (0.95, 2.5001), (1, 2.8572), (1.3, 5)],
)  # fmt: skip
def test_score_anchors_of_sdg_build(value, score):
    assert sdg_build.score_with_target(value) == pytest.approx(score, abs=FOUR)


def test_sdg_build_takes_the_mean_over_series():
    assert sdg_build.indicator_status([5, 0.5]) == "substantial_progress"
    assert sdg_build.indicator_status([5, -5]) == "moderate_progress"
    assert sdg_build.indicator_status([-2.5, -2.5]) == "limited_progress"
    assert sdg_build.indicator_status([-5, -4]) == "deterioration"
    assert sdg_build.indicator_status([5, 5], all_achieved=True) == "target_achieved"


@pytest.mark.parametrize(
    ("values", "goal", "years", "missed", "code"),
    [
        ([100, 104, 108, 112, 116, 120], 140, 5, 0, "sun"),
        ([100, 104, 108, 112, 116, 120], 141, 5, 0.0476, "sun"),
        ([100, 104, 108, 112, 116, 120], 144, 5, 0.1667, "slightly_cloudy"),
        ([100, 104, 108, 112, 116, 120], 146, 5, 0.2308, "cloud"),
        ([120, 116, 112, 108, 104, 100], 140, 5, 1.5, "thunderstorm"),
        ([400, 420, 430, 455, 470, 500], 800, 3, 0.80, "cloud"),
    ],
)
def test_german_weather(values, goal, years, missed, code):
    seen = german.weather(dict(enumerate(values, start=2018)), Point(2023 + years, goal), 1)
    assert (seen.measure, seen.code) == (pytest.approx(missed, abs=FOUR), code)


def test_german_weather_without_a_number_and_its_refusals():
    def sky(*values: float) -> str | None:
        return german.weather_without_target(dict(enumerate(values, start=2018)), 1).code

    assert sky(1, 2, 3, 4) == "sun"
    assert sky(1, 2, 4, 3) == "slightly_cloudy"
    assert sky(4, 3, 1, 2) == "cloud"
    assert sky(4, 3, 2, 1) == "thunderstorm"
    assert "at least 4 points" in german.weather({2020: 1.0, 2021: 2.0, 2022: 3.0}, Point(2025, 9), 1).refused.en
    assert (
        "at least 4 points"
        in german.weather({2010: 1.0, 2020: 1.0, 2021: 2.0, 2022: 3.0}, Point(2025, 9), 1).refused.en
    )
    falling = {2018: 9.0, 2019: 8.0, 2020: 7.0, 2021: 6.0}
    assert "already meets the target" in german.weather(falling, Point(2025, 5), 1).refused.en
    assert german.weather(falling, Point(2025, 2), 1).code == "sun"  # met, and still met at the deadline
    assert "already been observed" in german.weather(falling, Point(2019, 20), 1).refused.en
    assert german.weakest_bound(70, 80, 1) == 70
    assert german.weakest_bound(70, 80, -1) == 80
    assert german.next_goal([Point(2020, 1), Point(2030, 2), Point(2025, 3)], 2022) == Point(2025, 3)
    assert german.next_goal([Point(2020, 1)], 2022) is None


def test_the_chart_where_the_trend_does_not_count():
    base, goal = Point(2015, 50), Point(2030, 80)
    assert un.progress_chart(base, Point(2020, 85), goal, 1).score == 3
    assert un.progress_chart(Point(2015, 99.5), Point(2020, 99.2), Point(2030, 100), 1, is_percentage=True).score == 3
    assert un.progress_chart(Point(2015, 99.5), Point(2020, 99.2), Point(2030, 100), 1).score == 1
    assert "zero or below" in un.progress_chart(Point(2015, 0), Point(2020, 5), goal, 1).refused.en
    assert "no way to go" in un.progress_chart(goal, Point(2032, 70), Point(2040, 80), 1).refused.en


@pytest.mark.parametrize(("end", "better", "score"), [(111, 1, 3), (110, 1, 2), (102, 1, 1), (90, -1, 3), (98, 1, 1)])
def test_the_chart_without_a_target(end, better, score):
    assert un.progress_chart_without_target(Point(2015, 100), Point(2020, end), better).score == score


def test_parity_can_be_missed_on_both_sides():
    base, goal = Point(2015, 0.8), Point(2030, 1.0)
    assert un.parity_status_index(base, Point(2020, 0.9), goal).measure == pytest.approx(5)
    assert un.parity_status_index(base, Point(2020, 1.1), goal).measure == pytest.approx(5)


def test_recent_years_weigh_more_in_the_projection():
    bent = {2015: 1.0, 2016: 1.0, 2017: 1.0, 2018: 2.0, 2019: 3.0}
    plain = 1.6 + 0.5 * (2025 - 2017)  # the unweighted line
    assert un.weighted_projection(bent, 2025) > plain
    assert un.weighted_projection({2010: 1.0, 2012: 5.0}, 2015) == pytest.approx(11)
    with pytest.raises(ValueError, match="two years"):
        un.weighted_projection({2010: 1.0}, 2015)


def test_rules_from_memory():
    assert [unsourced.unesco_speed(p).code for p in (0.8, 0.5, 0.1)] == ["fast", "average", "slow"]
    assert unsourced.unesco_speed(0.8, is_improving=False).code == "none"
    assert unsourced.unesco_benchmark(Point(2015, 60), [0.0, 1.0, 2.0, 3.0, 4.0], 2025, 1) == pytest.approx(90)
    assert unsourced.unesco_benchmark(Point(2015, 60), [0.0, -1.0, -2.0, -3.0, -4.0], 2025, -1) == pytest.approx(30)
    assert unsourced.oecd_distance(60, 80, 10, 1) == 2
    assert unsourced.oecd_distance(85, 80, 10, 1) == 0
    with pytest.raises(ValueError, match="above zero"):
        unsourced.oecd_distance(1, 2, 0, 1)


def test_a_rule_known_from_memory_is_never_published():
    shown = {rule.code for rule in badges.published_rules()}
    assert shown == {"eurostat", "sdg_build", "un_chart", "escap_status", "dns_weather"}
    assert {rule.code for rule in badges.RULES} - shown == {"escap_gap", "sdsn_arrow"}


def test_every_category_of_a_published_rule_has_its_record_on_both_sets():
    record = read_record(Project(ROOT))
    for rule in badges.published_rules():
        for category in rule.categories:
            if category == "target_achieved":  # every target of the protocol is open
                continue
            for series in ("m3", "m4"):
                found = record.of(rule.code, category, series)
                assert found is not None, (rule.code, category, series)
                assert found.cases > 100
    assert record.sets["m3"].cases == 18060


def test_what_the_record_says_of_eurostat():
    record = read_record(Project(ROOT))
    assert record.of("eurostat", "significant_progress", "m3").met_share == pytest.approx(0.45, abs=0.005)
    assert record.of("eurostat", "significant_progress", "m4").met_share == pytest.approx(0.54, abs=0.005)


def test_a_broken_record_is_one_clear_line(tmp_path):
    (tmp_path / "data/reference").mkdir(parents=True)
    with pytest.raises(BadInput, match="record of the official rules is missing"):
        read_record(Project(tmp_path))
    text = (ROOT / "data/reference/rule_record.yml").read_text(encoding="utf-8").replace("met: ", "hits: ")
    (tmp_path / "data/reference/rule_record.yml").write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match="breaks its format"):
        read_record(Project(tmp_path))
