"""Region and sites together, promises of other forms, what a verdict hangs on, and what-if."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

from pipelines.cli import observatoire
from pipelines.kernel.catalogue import Bilingual
from pipelines.kernel.project import Project
from pipelines.kernel.reference import Break
from pipelines.kernel.targets import read_targets
from pipelines.targets.breaks import documented_steps, fitted_since
from pipelines.targets.engine import FLOOR
from pipelines.targets.family import Family, adds_up
from pipelines.targets.insight import flips, pace_seen
from pipelines.targets.models import ahead_of, model_of
from pipelines.targets.promises import all_by, kept_again, rate
from pipelines.targets.rules import Point
from pipelines.targets.series import PastView, Series
from pipelines.targets.states import Aim
from pipelines.targets.tracker import badges_of
from pipelines.targets.what_if import AssumedAhead, Question, ask, reached_in, supposed

ROOT = Path(__file__).resolve().parent.parent
YEARS = range(2010, 2024)
MEANS = {"auch": 14, "blagnac": 15, "castres": 16, "tarbes": 18, "toulouse": 150, "albi": 12, "rodez": 13, "figeac": 17}
DOUBLING = next(target for target in read_targets(Project(ROOT)) if target.id == "MOB-X2")


def counted(scope_level: str, code: str, values: dict[int, float], breaks: tuple[Break, ...] = ()) -> Series:
    return Series(scope_level, code, values, "simulated", breaks, is_count=True)


def sites(seed: int = 4) -> dict[str, Series]:
    generator = np.random.default_rng(seed)
    shape = np.exp(np.cumsum(generator.normal(0.03, 0.04, len(YEARS))))
    return {
        code: counted("site", code, dict(zip(YEARS, map(float, generator.poisson(mean * shape)), strict=True)))
        for code, mean in MEANS.items()
    }


def region(parts: dict[str, Series]) -> Series:
    total = {year: sum(part.values[year] for part in parts.values()) for year in YEARS}
    return counted("region", "midi-pyrenees", total)


def level_break(year: int, kind: str = "level") -> Break:
    return Break.model_validate(
        {
            "break_code": f"b-{year}", "year": year, "domain": "*", "indicator_prefix": None, "scope_codes": "*",
            "kind": kind, "forbids_growth": "true", "label_fr": "x", "label_en": "x", "source": "x",
        }
    )  # fmt: skip


def test_forecasts_of_sites_add_up_to_that_of_the_region_in_whole_numbers():
    parts = sites()
    made = Family(region(parts), parts).at(2023, 2028)
    drawn = {code: ahead.draws(4000, seed=0) for code, ahead in made.items()}
    total = sum(drawn[code] for code in parts)
    assert (total == drawn["midi-pyrenees"]).all()
    assert all((paths == np.rint(paths)).all() and (paths >= 0).all() for paths in drawn.values())


def test_the_region_is_no_less_certain_for_being_added_up():
    parts = sites()
    whole = region(parts)
    alone = ahead_of(whole, 2028).draws(4000, 2010)[:, -1]
    together = Family(whole, parts).at(2023, 2028)["midi-pyrenees"].draws(4000, 0)[:, -1]
    assert together.std() <= alone.std() * 1.03
    assert np.median(together) == pytest.approx(np.median(alone), rel=0.12)


def test_asking_twice_and_in_another_order_changes_nothing():
    parts = sites()
    first, second = Family(region(parts), parts), Family(region(parts), parts)
    first.at(2018, 2028)
    a = first.forecaster("auch")(2023, 2028).probability(50, 1)
    assert a == second.forecaster("auch")(2023, 2028).probability(50, 1)
    chances = [second.forecaster("auch")(2023, 2028).probability(goal, 1) for goal in range(0, 150, 5)]
    assert all(later <= sooner for sooner, later in pairwise(chances))


def test_a_hidden_value_moves_no_public_figure():
    """Two hidden sites swap people, their sum unchanged: what is said of the region and of open sites does not move."""
    parts = sites()
    moved = dict(parts)
    for code, sign in (("albi", 1), ("figeac", -1)):
        values = {year: value + sign * (year % 3) for year, value in parts[code].values.items()}
        moved[code] = counted("site", code, values)
    here = Family(region(parts), parts, closed={"albi", "figeac"}).at(2023, 2028)
    there = Family(region(moved), moved, closed={"albi", "figeac"}).at(2023, 2028)
    for code in ("midi-pyrenees", "auch", "tarbes", "toulouse"):
        assert (here[code].draws(4000, 0) == there[code].draws(4000, 0)).all()
    hidden = sum(here[code].draws(4000, 0) for code in ("albi", "figeac"))
    shown = sum(here[code].draws(4000, 0) for code in parts if code not in ("albi", "figeac"))
    assert (hidden + shown == here["midi-pyrenees"].draws(4000, 0)).all()


def test_sites_that_do_not_make_the_region_are_left_alone():
    parts = sites()
    whole = counted("region", "midi-pyrenees", {year: 1000.0 + year % 5 for year in YEARS})
    assert not adds_up(whole, list(parts.values()))
    made = Family(whole, parts).at(2023, 2028)
    assert made["midi-pyrenees"].interval(80) == ahead_of(whole, 2028).interval(80)
    short = {**parts, "auch": counted("site", "auch", {2023: 30.0})}
    refused = Family(region(parts), short).at(2023, 2028)
    assert isinstance(refused["auch"], Bilingual)
    assert not isinstance(refused["midi-pyrenees"], Bilingual)


def test_each_series_goes_to_what_fits_it():
    values = {year: 20.0 + year % 4 for year in YEARS}
    assert model_of(counted("site", "x", values)) == "counts"
    assert model_of(counted("site", "x", {year: 10 * value for year, value in values.items()})) == "engine"
    assert (
        model_of(counted("site", "x", {year: 10 * v for year, v in values.items()}, (level_break(2021),))) == "counts"
    )
    shares = {year: 0.1 + 0.01 * (year % 3) for year in YEARS}
    of = {year: (value * 200, 200.0) for year, value in shares.items()}
    assert model_of(Series("site", "x", shares, is_share=True, counted=of)) == "rates"
    assert model_of(Series("country", "x", shares, is_share=True)) == "engine"
    low, high = ahead_of(Series("country", "x", shares, is_share=True), 2028).interval(95)
    assert 0 < low < high < 1
    assert ahead_of(Series("country", "x", shares, is_share=True), 2028).probability(1.5, 1) == FLOOR


def test_a_documented_step_keeps_the_long_series_and_other_breaks_cut_it():
    values = {year: 200.0 + 3 * (year % 4) for year in YEARS}
    stepped = counted("site", "x", values, (level_break(2021),))
    assert (len(stepped.fit_years), stepped.steps) == (14, (2021,))
    cut = counted("site", "x", values, (level_break(2021, "source"),))
    assert (min(cut.fit_years), cut.steps) == (2021, ())
    assert "3 usable point(s) of 14" in ahead_of(cut, 2028).en
    unknown_counts = Series("country", "x", dict.fromkeys(YEARS, 0.3), breaks=(level_break(2021),), is_share=True)
    assert min(unknown_counts.fit_years) == 2021  # a model that knows no step does not cross it
    both = (level_break(2018, "perimeter"), level_break(2016), level_break(2021))
    assert fitted_since(both, 2023) == 2018
    assert documented_steps(both, 2023) == (2021,)


def test_a_break_refuses_the_rules_that_compare_with_the_base_only():
    values = {year: 400.0 * 1.05 ** (year - 2012) for year in YEARS}
    aim = Aim(800, 1, 2028, Point(2012, 400), "geometric")
    found = badges_of(counted("region", "x", values, (level_break(2016, "source"),)), aim, aim.base, 2028)
    assert set(found) == {"eurostat", "sdg_build", "un_chart", "escap_status", "dns_weather"}
    assert found["eurostat"].code is None
    assert "break in 2016" in found["eurostat"].refused.en
    assert found["dns_weather"].code is not None


def test_promises_kept_or_not():
    assert rate(0, 0) == 0.5
    assert kept_again({2012: True, 2013: True}) is None
    assert kept_again({2012: True, 2013: True, 2014: True}) == pytest.approx(3.5 / 4)
    done = {"a": {2012: True}, "b": {2012: False, 2013: True}, "c": {2012: False, 2013: False, 2014: True}}
    assert all_by(done, 2016) == 0.995
    waiting = {**done, "d": {2012: False, 2013: False, 2014: False}}
    yearly = 3.5 / 10  # three of nine chances taken
    assert all_by(waiting, 2016) == pytest.approx(1 - (1 - yearly) ** 2)
    assert all_by({**waiting, "e": {}}, 2016) == pytest.approx((1 - (1 - yearly) ** 2) * (1 - (1 - yearly) ** 5))
    assert all_by(waiting, 2018) > all_by(waiting, 2016)
    assert all_by(waiting, 2014) is None
    assert all_by({"a": {2012: False, 2013: True}}, 2016) is None


def test_how_far_a_verdict_hangs_on_the_base():
    aim = Aim(800, 1, 2015, Point(2010, 400), "geometric")
    low, high = flips({2010: 400, 2013: 603.0, 2014: 690.0}, aim, 2.0, 2014)  # the path says 696.4
    assert (low, high) == (pytest.approx(-0.01), None)
    low, high = flips({2010: 400, 2013: 603.0, 2014: 700.0}, aim, 2.0, 2014)
    assert low == pytest.approx(-0.125)  # 12.5 % less, and the target is met already
    assert high == pytest.approx(0.006)
    assert flips({2013: 1.0}, Aim(1, 1), None, 2014) == (None, None)
    fixed = Aim(800, 1, 2015, Point(2010, 400), "geometric")
    assert flips({2010: 400, 2014: 690.0}, fixed, None, 2014)[0] == pytest.approx(-0.046, abs=0.002)


def test_how_usual_the_pace_is():
    series = counted("region", "x", {2010: 100.0, 2011: 110, 2012: 112, 2013: 130, 2015: 200})
    aim = Aim(800, 1, 2020, Point(2010, 100), "geometric")
    assert pace_seen(series, aim, 0.10) == (2, 3)  # 2013 to 2015 is no yearly change
    assert pace_seen(series, aim, None) == (None, None)


def test_past_views_are_scored_once_the_outcome_is_known():
    assert PastView(2012, 0.3, True, 6).brier == pytest.approx(0.49)
    assert PastView(2012, 0.3, None, 6).brier is None
    assert PastView(2012, None, True, 6).brier is None


def test_what_if_moves_the_middle_and_keeps_the_doubt():
    parts = sites()
    family = Family(region(parts), parts)
    plain = ask(DOUBLING, family, family.whole, 2023, Question(deadline=2028))
    assert plain.outcome.probability is not None
    assert plain.assumed_probability is None
    last = max(family.whole.values.values())
    chances = [
        ask(DOUBLING, family, family.whole, 2023, Question(growth, 2028, 1.5 * last)).assumed_probability
        for growth in (-0.05, 0.0, 0.05, 0.10, 0.20)
    ]
    assert chances == sorted(chances)
    ahead = AssumedAhead(family.at(2023, 2028)["midi-pyrenees"], family.whole.values[2023], 0.12)
    assert ahead.median() == pytest.approx(family.whole.values[2023] * 1.12**5)
    assert supposed(DOUBLING, Question(level=700)).level == 700
    assert reached_in({2023: 628.0}, 800, 1, 0.12) == 2026
    assert reached_in({2023: 628.0}, 800, 1, -0.01) is None
    assert reached_in({2023: 900.0}, 800, 1, -0.01) == 2023


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["MOB-X2", "--assume", "rate=3%"], "An assumption is a growth a year"),
        (["MOB-X2", "--assume", "growth=12"], "needs its sign %"),
        (["MOB-X2", "--assume", "growth=-120%"], "above -100 %"),
        (["MOB-X2", "--deadline", "2009"], "after the base year"),
        (["MOB-X2", "--deadline", "2028", "--scope", "albi"], "confidential"),
        (["MOB-X2", "--deadline", "2028", "--scope", "paris"], "No value was published"),
        (["APP-LAB", "--level", "2"], "cannot be asked of this form"),
        (["MOB-X3", "--level", "2"], "No target has this name"),
        (["--level", "2"], "put to one target"),
    ],
)
def test_bad_questions_are_one_clear_line(asked_project, options, words):
    result = CliRunner().invoke(observatoire, ["targets", *options])
    assert result.exit_code == 2
    assert words in result.output


def test_a_question_is_answered_and_nothing_is_written(asked_project):
    before = {path: path.read_bytes() for path in sorted(asked_project.rglob("*")) if path.is_file()}
    said = CliRunner().invoke(observatoire, ["targets", "MOB-X2", "--deadline", "2028", "--assume", "growth=12%"])
    assert said.exit_code == 0
    for words in ("by 2028", "If the coming years resemble the past", "grows by +12.0% a year", "nothing was written"):
        assert words in said.output
    passed = CliRunner().invoke(observatoire, ["targets", "MOB-X2", "--level", "700"])
    assert "Ask it of a later year" in passed.output
    asked = CliRunner().invoke(observatoire, ["targets", "MOB-X2", "--deadline", "2028", "--json", "--scope", "tarbes"])
    assert '"probability": 0.' in asked.output
    assert {path: path.read_bytes() for path in sorted(asked_project.rglob("*")) if path.is_file()} == before


@pytest.fixture
def asked_project(tmp_path, monkeypatch):
    """A project that has published outgoing mobility, one value of Albi withheld."""
    import shutil

    shutil.copytree(ROOT / "data/reference", tmp_path / "data/reference")
    for name in ("pyproject.toml", "params.yaml", "dvc.yaml"):
        shutil.copy(ROOT / name, tmp_path / name)
    parts = sites()
    rows = []
    for code, series in {**parts, "midi-pyrenees": region(parts)}.items():
        level = "region" if code == "midi-pyrenees" else "site"
        for year, value in series.values.items():
            hidden = code == "albi" and year == 2020
            shown = None if hidden else value
            rows.append(("MOB-OUT", level, code, year, shown, shown, None, "c" if hidden else "S", "simulated"))
    names = [
        "indicator_code",
        "scope_level",
        "scope_code",
        "year",
        "value",
        "numerator",
        "denominator",
        "flag",
        "origin",
    ]
    types = [pl.String, pl.String, pl.String, pl.Int64, pl.Float64, pl.Float64, pl.Float64, pl.String, pl.String]
    (tmp_path / "data/protected").mkdir(parents=True)
    frame = pl.DataFrame(rows, schema=dict(zip(names, types, strict=True)), orient="row")
    frame.write_parquet(tmp_path / "data/protected/pub_values.parquet")
    monkeypatch.chdir(tmp_path)
    return tmp_path
