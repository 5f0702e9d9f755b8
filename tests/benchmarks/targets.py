"""The engine of targets on M3 and M4 yearly: fits its coefficients, prints its scores. Run by hand.

    python tests/benchmarks/targets.py fit                      # the coefficients that ship
    python tests/benchmarks/targets.py fit --inside             # those that score M4: nothing of its test parts
    python tests/benchmarks/targets.py [--statsforecast] [--out tests/benchmarks/targets.md]

The series are `../shared/benchmarks/{m3,m4}_yearly.parquet`, beside the project, never in it. What is fitted on what:

- `pipelines/targets/engine/coefficients.json` ships. Networks: windows of all M4 series, inside their train parts and,
  weighing eight times as much, from the train part to the test part (the end of a published series is what a target
  faces; how much more they weigh was chosen on M4, across blocks of identifiers). It is scored on M3.
- `tests/benchmarks/targets_inside.json` saw the train parts of M4 only, by origins moved back inside them. It is scored
  on the test parts of M4, and on M3.

Nothing was fitted on M3.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")  # one thread: the same sums in the same order

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(ROOT), str(HERE)]

import numpy as np  # noqa: E402
import polars as pl  # noqa: E402
import target_rivals as rivals  # noqa: E402
import target_scores as scores  # noqa: E402
import target_stacking as stacking  # noqa: E402
import target_tables as tables  # noqa: E402
import target_training as training  # noqa: E402
from target_tables import Scored  # noqa: E402

from pipelines.targets.engine import forecast  # noqa: E402
from pipelines.targets.engine.coefficients import SHIPPED, Coefficients, read, text_of  # noqa: E402
from pipelines.targets.engine.fit import fit as engine  # noqa: E402
from pipelines.targets.engine.search import quantiles  # noqa: E402

DATA = ROOT.parent / "shared" / "benchmarks"
CLASSES = DATA / "m4_reference_class.csv"
INSIDE = HERE / "targets_inside.json"


def load(name: str) -> tuple[list[np.ndarray], np.ndarray, list[int]]:
    """Return the train parts, the test parts (S, 6) and the numbers in the identifiers of `m3` or `m4`."""
    frame = pl.read_parquet(DATA / f"{name}_yearly.parquet")
    numbers = [int(one[1:]) for one in frame["id"].to_list()]
    return [np.array(one) for one in frame["train"].to_list()], np.array(frame["test"].to_list()), numbers


def fit(inside: bool) -> Path:
    """Fit the coefficients and write them; with `inside`, on the train parts of M4 only."""
    known, later, numbers = load("m4")
    windows = training.inner_windows(known)
    if not inside:
        windows = training.both(windows, training.last_windows(known, later, training.LAST_WEIGHT))
    lessons = {}
    for view in ("log", "level", "free"):
        print(f"{view}: {len(windows.pasts):,} windows", flush=True)
        lessons[view] = training.lessons(windows, view)
    totals = known if inside else [np.concatenate(pair) for pair in zip(known, later, strict=True)]
    reference = training.reference_table(totals, 6)
    about = {
        "made_by": "python tests/benchmarks/targets.py fit" + (" --inside" if inside else ""),
        "fitted_on": "M4 yearly, 23,000 series, "
        + ("train parts only" if inside else "train and test parts; nothing of any other set"),
        "windows": len(windows.pasts),
        "date": date.today().isoformat(),
    }
    put_together = training.INSIDE_STACKING
    if not inside:
        put_together, about["stacking_log_score"] = fit_stacking(known, later, numbers, windows, lessons, reference)
    epochs = training.INSIDE_EPOCHS if inside else training.EPOCHS
    committees = {view: training.committee(one, windows.weights, epochs=epochs) for view, one in lessons.items()}
    target = INSIDE if inside else SHIPPED
    target.write_text(text_of(Coefficients(about, committees, reference, put_together)), encoding="utf-8")
    return target


def fit_stacking(known, later, numbers, windows, lessons, reference):
    """Return the stacking of sizes and of other series, fitted across blocks, and its logarithmic score."""
    random = np.random.default_rng(5)
    pieces = []
    sizes = {view: one for view, one in lessons.items() if view != "free"}
    for block, (rows, committees) in enumerate(stacking.folds(windows, sizes, stacking.blocks_of(numbers))):
        print(f"block {block + 1} of {stacking.BLOCKS}", flush=True)
        some = random.choice(rows, size=stacking.SAMPLE, replace=False).tolist()
        blind = Coefficients({}, committees, reference, training.INSIDE_STACKING)
        pieces.append(stacking.evidence([known[row] for row in some], later[some], blind))
    found, score = stacking.fit_stacking(stacking.joined(pieces))
    return {"size": found, "free": stacking.as_free(found)}, round(score, 5)


LENGTHS = {"full length": 10**6, "last 8 points": 8}
QUANTILES = np.array([0.025, 0.1, 0.5, 0.9, 0.975])


def forecasts(known, coefficients, chunk: int = 4000):
    """Return P(met) (S, 4, 7) and quantiles (S, 6, 5) of the engine."""
    said, found = [], []
    for start in range(0, len(known), chunk):
        mixture = engine(known[start : start + chunk], 6, True, coefficients)
        said.append(scores.chances(mixture.cdf, mixture.last, 6))
        values = quantiles(mixture.cdf, QUANTILES, *mixture.reach(), mixture.last, mixture.unit)
        found.append(np.maximum(values, 0.0))
    return np.concatenate(said), np.concatenate(found)


def pace(known, count: int = 400) -> tuple[float, float]:
    """Return the median and the ninth decile of milliseconds of processor a series takes, asked as the product does."""
    times = []
    for series in known[:count]:
        start = time.process_time()
        ahead = forecast(range(len(series)), series.tolist(), len(series) + 4)
        ahead.probability(2 * series[-1], 1)
        times.append(1000 * (time.process_time() - start))
    return float(np.median(times)), float(np.quantile(times, 0.9))


def of_engine(name: str, known, later, parts) -> list[Scored]:
    """Score coefficients, by label, on a set at full length and on its last 8 points."""
    rows = []
    met = scores.hits(np.array([one[-1] for one in known]), later)
    for length, cut in LENGTHS.items():
        for label, coefficients in parts.items():
            print(f"{name}, {length}: {label}", flush=True)
            said, found = forecasts([one[-cut:] for one in known], coefficients)
            rows.append(Scored(f"{name}, {length}: {label}", said, met, found, known, later))
    return rows


def of_rivals(known, later, with_statsforecast: bool) -> list[Scored]:
    """Score on M3 what the engine is compared with."""
    last = np.array([one[-1] for one in known])
    met = scores.hits(last, later)
    rows = [
        Scored("M3: frequency of each target on M4", np.broadcast_to(rivals.climatology(CLASSES), met.shape), met),
        Scored("M3: the same by class of past growth", rivals.class_frequencies(known, CLASSES), met),
        Scored("M3: Eurostat's rule, 0 or 1", rivals.eurostat(known), met),
    ]
    for length, cut in LENGTHS.items() if with_statsforecast else ():
        print(f"M3, {length}: statsforecast", flush=True)
        found = rivals.statsforecast([one[-cut:] for one in known], last)
        chances = {model: rivals.normal_chances(*one, last) for model, one in found.items()}
        chances["mean of the three"] = np.mean(list(chances.values()), axis=0)
        rows += [Scored(f"M3, {length}: {model}", one, met) for model, one in chances.items()]
    return rows


def check(name: str, known, later) -> str:
    """Return the scores of the last value, to compare with those published."""
    naive = np.repeat(np.array([one[-1] for one in known])[:, None], 6, axis=1)
    smape, mase = scores.smape(naive, later), scores.mase(naive, later, scores.scales(known))
    return f"{name} sMAPE {smape:.3f}, MASE {mase:.3f}"


def score(with_statsforecast: bool, series: int | None) -> str:
    """Return the report: what was fitted on what, then the tables."""
    ships, inside = read(SHIPPED), read(INSIDE)
    classical = replace(ships, stacking={**ships.stacking, "size": stacking.CLASSICAL})
    m3, m3_later, _ = load("m3")
    m4, m4_later, _ = load("m4")
    if series is not None:
        some = np.random.default_rng(1).choice(len(m4), series, replace=False).tolist()
        m4, m4_later = [m4[row] for row in some], m4_later[some]
    blind = {"train parts only": inside, "classical members": classical}
    on_m3 = of_engine("M3", m3, m3_later, {"ships": ships, **blind})
    on_m4 = of_engine("M4", m4, m4_later, blind)  # what ships has seen the test parts of M4: it is not scored there
    by_title = {row.title: row for row in on_m3 + on_m4}
    (eight, slow), (longer, slower) = pace([one[-8:] for one in m3]), pace(m3)
    reached = tables.goals(
        by_title["M3, full length: ships"],
        by_title["M3, last 8 points: ships"],
        by_title["M4, full length: train parts only"],
        longer,
    )
    about = [
        f"- `{path.relative_to(ROOT)}`: {known.about['fitted_on']}; {known.about['date']}; `{known.about['made_by']}`"
        for path, known in ((SHIPPED, ships), (INSIDE, inside))
    ]
    python = f"Python {platform.python_version()}, numpy {np.__version__}"
    machine = f"- {date.today().isoformat()}, {platform.machine()}, {os.cpu_count()} processors, {python}"
    parts = [
        "# The engine of targets on M3 and M4 yearly",
        "\n".join([machine, *about, f"- the last value: {check('M3', m3, m3_later)}; {check('M4', m4, m4_later)}"]),
        "Rows of M3 are what ships, rows of M4 what saw the train parts of M4 only. Nothing was fitted on M3.",
        reached,
        "## Hit or miss\n\n" + tables.hits(on_m3 + of_rivals(m3, m3_later, with_statsforecast) + on_m4),
        "## Reliability, bins above 0.6 with 200 cases\n\n"
        + tables.reliability([row for row in on_m3 + on_m4 if "classical" not in row.title]),
        "## Points and intervals\n\n" + tables.points(on_m3 + on_m4),
        "## Time\n\nOne series, five years ahead, one probability; milliseconds of processor, median (ninth decile): "
        f"8 points {eight:.1f} ({slow:.1f}), full length of M3 {longer:.1f} ({slower:.1f}).",
    ]
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """Parse the command line and do it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", nargs="?", choices=["score", "fit"], default="score")
    parser.add_argument("--inside", action="store_true", help="fit on the train parts of M4 only")
    parser.add_argument("--statsforecast", action="store_true", help="compare with its models, if it can be imported")
    parser.add_argument("--series", type=int, help="score so many series of M4, drawn at random, and not all")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    if options.verb == "fit":
        print(fit(options.inside))
        return
    text = score(options.statsforecast, options.series)
    print(text)
    if options.out is not None:
        options.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
