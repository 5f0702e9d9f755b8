"""How long suppression takes, and how far from the optimum it ends: Markdown tables (protect.md holds some).

    python -m tests.benchmarks.protect [--rounds 12] [--kind full|sparse] [--years 15] [--processes 2]
    python -m tests.benchmarks.protect --rounding 5 [--kind full|sparse] [--years 15]
    python -m tests.benchmarks.protect --instance CELLS.csv --relations SUMS.csv [--rounds 12] [--nobody-alone]

The first draws the observatory's size at a known seed: 8 sites in 3 establishments in a region, 20 specialities in 5
diplomas, 2 sexes, every sum of every level with every other: 936 cells. `sparse`: a third of specialities at each site,
4 establishments. Each year is attacked afterwards by the auditor, which knows nothing of how the pattern was chosen.

The second rounds the same years to multiples of a base: how long it takes, how far cells move, at most and on average,
and how many of them the auditor can compute, knowing that they moved by less than the base.

The third solves a table given as two files. CELLS: `cell,value,primary,weight,threshold`, a line a cell, `primary` 0
or 1, `threshold` what a primary cell might be at least (1: it need only not be computed exactly). SUMS: `whole,part`, a
line a part of a sum; a whole that is several sums says which in a third column, `sum`. It prints what is hidden, its
cost, the bound and the gap. `--nobody-alone` leaves out what the only person of a cell could compute.
"""

from __future__ import annotations

import argparse
import csv
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import product
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import scipy.sparse

from pipelines.audit.attack import Puzzle, audit
from pipelines.protect.choice import Chosen, best
from pipelines.protect.counted import Counted
from pipelines.protect.rounding import rounded
from pipelines.protect.system import Cell, Place, System
from pipelines.protect.year import Year

FIRST = 2010
SITES, SPECIALITIES = [f"s{n}" for n in range(8)], [f"p{n:02}" for n in range(20)]
LEVELS = (("site", "establishment", None), ("speciality", "diploma", None), ("sex", None))
KINDS = {"full": (3, 1.0, 2.6, 0.9), "sparse": (2, 0.35, 2.3, 1.0)}
"""Kind → sites in an establishment, share of specialities at a site, logarithm of their size: mean, deviation."""


def system_of(year: int, kind: str = "sparse") -> System:
    """Draw a year."""
    together, present, mean, deviation = KINDS[kind]
    draw = np.random.default_rng(year)
    rows, counts = [], []
    for site, speciality in product(SITES, SPECIALITIES):
        if draw.random() < present:
            size = draw.lognormal(mean, deviation)
            for sex in "FM":
                rows.append((site, speciality, sex))
                counts.append(int(draw.poisson(size * draw.uniform(0.2, 0.8))))
    given = {
        "establishment": ("site", {site: f"e{n // together}" for n, site in enumerate(SITES)}),
        "diploma": ("speciality", {code: f"d{n // 4}" for n, code in enumerate(SPECIALITIES)}),
    }
    counted = Counted("students", ("site", "speciality", "sex"), rows, counts, given)
    made = Year(year, {"students": counted})
    for names in product(*LEVELS):
        used = tuple(sorted(name for name in names if name))
        for at in counted.groups(used):
            where = dict(zip(used, at, strict=True))
            made.show("students", where, Place("t", f"{year} {where}", "students"), 5, 10)
    made.sum_up()
    return made.system(5)


def read_instance(cells: Path, relations: Path) -> System:
    """Read a table given as two files. Raises `ValueError` when a sum does not hold, or names no cell."""
    with cells.open(encoding="utf-8", newline="") as file:
        found = [
            Cell(row["cell"], "t", "count", int(row["value"]), False, row["primary"] == "1", int(row["weight"]), True,
                 int(row["threshold"] or 0))
            for row in csv.DictReader(file)
        ]  # fmt: skip
    at = {cell.key: place for place, cell in enumerate(found)}
    sums: dict[tuple[str, str], list[str]] = {}
    with relations.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            sums.setdefault((row["whole"], row.get("sum") or ""), []).append(row["part"])
    if unknown := {name for (whole, _), parts in sums.items() for name in (whole, *parts)} - at.keys():
        raise ValueError(f"{relations}: no cell is named {min(unknown)}")
    matrix = np.zeros((len(sums), len(found)), dtype=np.int64)
    for number, ((whole, _), parts) in enumerate(sums.items()):
        matrix[number, at[whole]] = 1
        for part in parts:
            matrix[number, at[part]] -= 1
    made = System(0, tuple(found), scipy.sparse.csr_array(matrix), tuple(whole for whole, _ in sums))
    if (broken := np.flatnonzero(matrix @ made.values)).size:
        raise ValueError(f"{relations}: the parts of {made.relations[broken[0]]} do not add up to it")
    return made


def leaks_of(system: System, chosen: Chosen) -> int:
    """Return how many hidden cells the auditor tells something of."""
    values = system.values
    hidden = np.array([cell.key in chosen.pattern.hidden or not cell.published for cell in system.cells])
    low, high = np.where(hidden, 0.0, values), np.where(hidden, np.inf, values)
    thresholds = np.array([cell.threshold for cell in system.cells])
    return len(audit(Puzzle(system.matrix, values, low, high, thresholds, hidden)).leaks)


def solve(year: int, kind: str, rounds: int) -> str:
    """Return one year's line of the table."""
    system = system_of(year, kind)
    start, used = time.monotonic(), time.process_time()
    chosen = best(system, b"benchmark", rounds=rounds)
    taken, worked = time.monotonic() - start, time.process_time() - used
    leaks = leaks_of(system, chosen)
    audited = time.process_time() - used - worked
    cells = sum(cell.published for cell in system.cells)
    bound = "not sought" if chosen.bound is None else f"{chosen.bound:.0f}"
    gap = "not sought" if chosen.gap is None else f"{chosen.gap:.1%}"
    return (f"| {year} | {cells} | {chosen.primary_count} | {chosen.secondary_count} | {chosen.cost:.0f} | {bound} | "
            f"{gap} | {worked:.1f} | {audited:.1f} | {taken:.1f} | {leaks} |")  # fmt: skip


def round_off(year: int, kind: str, base: int) -> str:
    """Return one year's line of the table of controlled rounding."""
    system = system_of(year, kind)
    start, used = time.monotonic(), time.process_time()
    made = rounded(system, base, b"benchmark")
    taken, worked = time.monotonic() - start, time.process_time() - used
    values, moved = system.values, abs(made.values - system.values)
    reach = np.where(moved < base, base - 1, 2 * base - 1)
    low, high = np.maximum(made.values - reach, 0).astype(float), (made.values + reach).astype(float)
    attacked = values > 0
    told = audit(Puzzle(system.matrix, values, low, high, np.zeros_like(values), attacked)).leaks
    return (f"| {base} | {year} | {len(values)} | {moved.max()} | {moved.mean():.2f} | {made.wide.size} | "
            f"{worked:.2f} | {taken:.2f} | {attacked.sum()} | {len(told)} |")  # fmt: skip


def main() -> None:
    """Print the table, or the answer."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--kind", choices=sorted(KINDS), default="full")
    parser.add_argument("--years", type=int, default=15)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--rounding", type=int, choices=(3, 5))
    parser.add_argument("--instance", type=Path)
    parser.add_argument("--relations", type=Path)
    parser.add_argument("--nobody-alone", action="store_true")
    asked = parser.parse_args()
    if asked.instance:
        if not asked.relations:
            parser.error("--instance needs --relations: which cells add up to which")
        system = read_instance(asked.instance, asked.relations)
        chosen = best(system, b"benchmark", alone=not asked.nobody_alone, rounds=asked.rounds)
        primary = {cell.key for cell in system.cells if cell.primary}
        print(f"secondary: {', '.join(sorted(chosen.pattern.hidden - primary))}")
        print(f"cost {chosen.cost:.0f}, bound {chosen.bound}, gap {chosen.gap}, {leaks_of(system, chosen)} leaks")
        return
    if asked.rounding:
        print("| base | year | cells | widest move | mean move | moved further | cpu s | s | attacked | exact |")
        print("|---|---|---|---|---|---|---|---|---|---|")
        for year in range(FIRST, FIRST + asked.years):
            print(round_off(year, asked.kind, asked.rounding), flush=True)
        return
    start = time.monotonic()
    task = partial(solve, kind=asked.kind, rounds=asked.rounds)
    print("| year | cells | primary | secondary | cost | bound | gap | cpu s | audit cpu s | s | leaks |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    with ProcessPoolExecutor(asked.processes, mp_context=get_context("spawn")) as pool:
        for line in pool.map(task, range(FIRST, FIRST + asked.years)):
            print(line, flush=True)
    print(f"\n{asked.years} years on {asked.processes} processes in {time.monotonic() - start:.1f} s")


if __name__ == "__main__":
    main()
