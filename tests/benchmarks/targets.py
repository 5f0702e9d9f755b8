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
import target_training as training  # noqa: E402

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
    committees = {view: training.committee(one, windows.weights) for view, one in lessons.items()}
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


def hit_row(label: str, said, met) -> list[str]:
    """Return one row of the hit-or-miss table."""
    by_series = scores.brier(said, met)
    low, high = scores.bootstrap(by_series)
    reliability, resolution, _ = scores.murphy(said, met)
    return [
        label,
        f"{by_series.mean():.4f}",
        f"{low:.4f} to {high:.4f}",
        f"{scores.log_score(said, met):.4f}",
        f"{reliability:.4f}",
        f"{resolution:.4f}",
        f"{scores.auc(said, met):.3f}",
    ]


def point_row(label: str, found, known, later) -> list[str]:
    """Return one row of the table of points and intervals."""
    scale = scores.scales(known)
    low, first, middle, ninth, high = np.moveaxis(found, -1, 0)
    inner, outer = scores.coverage(first, ninth, later), scores.coverage(low, high, later)
    return [
        label,
        f"{scores.smape(middle, later):.3f}",
        f"{scores.mase(middle, later, scale):.3f}",
        f"{scores.owa(middle, later, scale):.4f}",
        f"{scores.msis(low, high, later, scale):.2f}",
        f"{inner.mean():.3f}",
        f"{outer.mean():.3f}",
        " ".join(f"{one:.3f}" for one in outer),
    ]


def table(head: list[str], rows: list[list[str]]) -> str:
    """Return a table in Markdown."""
    lines = ["| " + " | ".join(head) + " |", "|---" + "|--:" * (len(head) - 1) + "|"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def pace(known, count: int = 400) -> tuple[float, float]:
    """Return the median and the ninth decile of milliseconds of processor a series takes, asked as the product does."""
    times = []
    for series in known[:count]:
        start = time.process_time()
        ahead = forecast(range(len(series)), series.tolist(), len(series) + 4)
        ahead.probability(2 * series[-1], 1)
        times.append(1000 * (time.process_time() - start))
    return float(np.median(times)), float(np.quantile(times, 0.9))


HITS = ["", "Brier", "95 % interval", "log score", "reliability", "resolution", "AUC"]
POINTS = ["", "sMAPE", "MASE", "OWA", "MSIS", "inside 80 %", "inside 95 %", "inside 95 %, by year ahead"]
BINS = ["", "said between", "mean said", "seen", "cases"]


def score(with_statsforecast: bool, series: int | None) -> str:
    """Return the report: what was fitted on what, then the tables."""
    ships, inside = read(SHIPPED), read(INSIDE)
    classical = replace(ships, stacking={**ships.stacking, "size": stacking.CLASSICAL})
    m3, m3_later, _ = load("m3")
    m4, m4_later, _ = load("m4")
    if series is not None:
        some = np.random.default_rng(1).choice(len(m4), series, replace=False).tolist()
        m4, m4_later = [m4[row] for row in some], m4_later[some]
    parts = []
    points, hits, bins = [], [], []
    for name, known, later in (("M3", m3, m3_later), ("M4", m4, m4_later)):
        last = np.array([one[-1] for one in known])
        naive = np.repeat(last[:, None], 6, axis=1)
        scale = scores.scales(known)
        figures = [scores.smape(naive, later), scores.mase(naive, later, scale), scores.owa(naive, later, scale)]
        points.append([f"{name}: last value (check)", *(f"{one:.3f}" for one in figures), *[""] * 4])
        met = scores.hits(last, later)
        for length, cut in (("full length", 10**6), ("last 8 points", 8)):
            seen = [one[-cut:] for one in known]
            for label, coefficients in (
                ("ships", ships),
                ("train parts only", inside),
                ("classical members", classical),
            ):
                if name == "M4" and coefficients is not inside:
                    continue  # scored on what it was fitted on: not shown
                print(f"{name}, {length}, {label}", flush=True)
                said, found = forecasts(seen, coefficients)
                title = f"{name}, {length}: {label}"
                hits.append(hit_row(title, said, met))
                points.append(point_row(title, found, known, later))
                if label != "classical members":
                    for low, high, mean, rate, cases in scores.reliability(said, met):
                        if low > 0.55 and cases >= 200:
                            bins.append(
                                [title, f"{low:.1f} and {high:.1f}", f"{mean:.3f}", f"{rate:.3f}", f"{cases:,}"]
                            )
            if with_statsforecast and name == "M3":
                found = rivals.statsforecast(seen, last)
                chances = {model: rivals.normal_chances(*one, last) for model, one in found.items()}
                chances["mean of the three"] = np.mean(list(chances.values()), axis=0)
                hits += [hit_row(f"{name}, {length}: {model}", one, met) for model, one in chances.items()]
        if name == "M3":
            everywhere = np.broadcast_to(rivals.climatology(CLASSES), met.shape)
            hits.append(hit_row("M3: frequency of each target on M4", everywhere, met))
            hits.append(hit_row("M3: the same by class of past growth", rivals.class_frequencies(known, CLASSES), met))
            hits.append(hit_row("M3: Eurostat's rule, 0 or 1", rivals.eurostat(known), met))
    middle, slow = pace([one[-8:] for one in m3])
    longer, slower = pace(m3)
    parts.append("## Hit or miss\n\n" + table(HITS, hits))
    parts.append("## Reliability, bins above 0.6 with 200 cases\n\n" + table(BINS, bins))
    parts.append("## Points and intervals\n\n" + table(POINTS, points))
    parts.append(
        "## Time\n\nOne series, five years ahead, one probability, milliseconds of processor, median (ninth decile): "
        f"8 points {middle:.1f} ({slow:.1f}), full length of M3 {longer:.1f} ({slower:.1f})."
    )
    about = [
        f"- `{path.relative_to(ROOT)}`: {known.about['fitted_on']}; {known.about['date']}; `{known.about['made_by']}`"
        for path, known in ((SHIPPED, ships), (INSIDE, inside))
    ]
    python = platform.python_version()
    machine = f"- {date.today().isoformat()}, {platform.machine()}, {os.cpu_count()} processors, Python {python}"
    return "\n\n".join(["# The engine of targets on M3 and M4 yearly", "\n".join([machine, *about]), *parts]) + "\n"


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
