"""Scores of the engine on public yearly series, on two hundred of M3; skipped where the series are not beside us.

The full table is `tests/benchmarks/targets.md`. Nothing was fitted on M3.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipelines.targets.engine.coefficients import Coefficients, shipped
from pipelines.targets.engine.fit import fit
from pipelines.targets.engine.search import quantiles

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "tests" / "benchmarks"))

import target_rivals as rivals  # noqa: E402
import target_scores as scores  # noqa: E402
import target_training as training  # noqa: E402

SERIES = next(
    (found.parent for folder in ROOT.parents for found in folder.glob("shared/benchmarks/m3_yearly.parquet")), None
)

beside = pytest.mark.skipif(SERIES is None, reason="the yearly series of M3 and M4 are not beside the project")


def load(name: str) -> tuple[list[np.ndarray], np.ndarray]:
    frame = pl.read_parquet(SERIES / f"{name}_yearly.parquet")
    return [np.array(one) for one in frame["train"].to_list()], np.array(frame["test"].to_list())


@beside
@pytest.mark.parametrize(("name", "smape", "mase"), [("m3", 17.880, 3.172), ("m4", 16.342, 3.974)])
def test_the_last_value_scores_what_was_published(name, smape, mase):
    known, later = load(name)
    naive = np.repeat(np.array([one[-1] for one in known])[:, None], 6, axis=1)
    assert scores.smape(naive, later) == pytest.approx(smape, abs=5e-4)
    assert scores.mase(naive, later, scores.scales(known)) == pytest.approx(mase, abs=5e-4)


@beside
def test_eurostat_and_the_frequencies_score_what_was_measured():
    known, later = load("m3")
    met = scores.hits(np.array([one[-1] for one in known]), later)
    assert scores.brier(rivals.eurostat(known), met).mean() == pytest.approx(0.2383, abs=1e-4)
    table = SERIES / "m4_reference_class.csv"
    climatology = np.broadcast_to(rivals.climatology(table), met.shape)
    assert scores.brier(climatology, met).mean() == pytest.approx(0.1376, abs=1e-4)
    assert scores.brier(rivals.class_frequencies(known, table), met).mean() < 0.132


@beside
@pytest.mark.parametrize("points", [8, 60])
def test_two_hundred_series_of_m3(points):
    """Gates with room for the draw of series: the figures of all 645 stand in the table."""
    known, later = load("m3")
    some = np.random.default_rng(3).choice(len(known), 200, replace=False).tolist()
    mixture = fit([known[row][-points:] for row in some], 6, True, shipped())
    met = scores.hits(mixture.last, later[some])
    said = scores.chances(mixture.cdf, mixture.last, 6)
    score = scores.brier(said, met).mean()
    table = SERIES / "m4_reference_class.csv"
    frequencies = scores.brier(rivals.class_frequencies([known[row] for row in some], table), met).mean()
    assert score < 0.125
    assert score < frequencies - 0.005
    asked = np.array([0.025, 0.1, 0.9, 0.975])
    low, first, ninth, high = np.moveaxis(
        quantiles(mixture.cdf, asked, *mixture.reach(), mixture.last, mixture.unit), -1, 0
    )
    assert 0.76 <= scores.coverage(first, ninth, later[some]).mean() <= 0.87
    assert 0.93 <= scores.coverage(low, high, later[some]).mean() <= 0.985
    assert (scores.coverage(low, high, later[some]) > 0.91).all()  # at each year ahead


@beside
def test_the_reference_classes_are_those_of_all_of_m4():
    """The table that ships gives back the published frequencies of the class, to the width of its knots."""
    known, _ = load("m4")
    some = known[::400]
    published = rivals.class_frequencies(some, SERIES / "m4_reference_class.csv")
    mixture = fit(some, 6, True, shipped())
    goals = scores.targets(mixture.last)[:, None, :] / mixture.last[:, None, None]
    logs = np.repeat(np.log(goals), 6, axis=1)
    below = mixture.outside.table.cdf(mixture.outside.classes, logs)[:, scores.AHEAD - 1]
    said = np.where(scores.GROWTHS < 0, below, 1 - below)
    assert np.abs(said - published).max() < 0.02


def test_the_gradient_of_the_training_is_the_slope_of_its_loss():
    random = np.random.default_rng(0)
    model = training._start(7, 0)
    model = training.Layers(
        tuple(one.astype(float) for one in model.weights), tuple(one.astype(float) for one in model.biases)
    )
    inputs, outcomes = random.normal(size=(20, 7)), 2 * random.normal(size=(20, 10))
    outcomes[3, 5:] = np.nan
    counts = random.random((20, 1))
    _, gradient = training.gradient_of(model, inputs, outcomes, counts)
    for one, slopes in zip([*model.weights, *model.biases], gradient, strict=True):
        place = tuple(random.integers(0, size) for size in one.shape)
        found = []
        for step in (1e-6, -1e-6):
            one[place] += step
            found.append(training.gradient_of(model, inputs, outcomes, counts)[0])
            one[place] -= step
        assert (found[0] - found[1]) / 2e-6 == pytest.approx(slopes[place], abs=1e-7)


def test_scores_on_cases_done_by_hand():
    known, later = [np.array([90.0, 100.0])], np.array([[100.0, 104, 106, 125, 79, 230]])
    met = scores.hits(np.array([100.0]), later)[0]
    assert met.tolist() == [
        [False, False, False, False, False, False, False],
        [False, False, True, False, False, False, False],
        [False, False, True, True, True, False, False],
        [True, True, False, False, False, False, False],
    ]
    said = np.where(met, 0.8, 0.1)[None]
    assert scores.brier(said, met[None])[0] == pytest.approx((6 * 0.04 + 22 * 0.01) / 28)
    assert scores.auc(said, met[None]) == 1
    assert scores.auc(np.full(said.shape, 0.3), met[None]) == pytest.approx(0.5)
    assert scores.scales(known).tolist() == [10]
    low, high = np.full((1, 6), 80.0), np.full((1, 6), 120.0)
    assert scores.msis(low, high, later, np.array([10.0])) == pytest.approx((40 + 40 * (5 + 1 + 110) / 6) / 10)
    assert scores.coverage(low, high, later).tolist() == [1, 1, 1, 0, 0, 0]
    reliability, resolution, uncertainty = scores.murphy(said, met[None])
    assert uncertainty == pytest.approx(6 / 28 * 22 / 28)
    assert resolution == pytest.approx(uncertainty)
    assert reliability == pytest.approx(6 / 28 * 0.04 + 22 / 28 * 0.01)


def test_training_learns_what_there_is_to_learn(monkeypatch):
    """On walks whose next step repeats the last one, a network fitted for a moment beats one that was not."""
    monkeypatch.setattr(training, "BATCH", 128)
    monkeypatch.setattr(training, "HIDDEN", (8, 8))  # small enough for one thread, whatever else runs
    random = np.random.default_rng(4)
    drifts = random.choice([-1.0, 1.0], size=(200, 1))
    walks = np.exp(0.01 * (drifts + 0.3 * random.normal(size=(200, 20))).cumsum(axis=1)) * 100
    windows = training.inner_windows(list(walks))
    lessons = training.lessons(windows, "free")
    kept = lessons.usable
    inputs, outcomes = lessons.inputs[kept], lessons.outcomes[kept]
    fitted = training.committee(lessons, windows.weights, members=1, epochs=12)
    scaled = (inputs - fitted.means) / fitted.deviations
    ones = np.ones((len(scaled), 1))
    before = training.gradient_of(training._start(inputs.shape[1], 0), scaled, outcomes, ones)[0]
    after = training.gradient_of(fitted.networks[0], scaled, outcomes, ones)[0]
    assert after < before - 0.3
    again = training.committee(lessons, windows.weights, members=1, epochs=12)
    assert all(
        (one == two).all() for one, two in zip(fitted.networks[0].weights, again.networks[0].weights, strict=True)
    )
    assert isinstance(shipped(), Coefficients)
