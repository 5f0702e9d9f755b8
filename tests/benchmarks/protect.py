"""How long suppression takes at the observatory's size, and how far from the optimum it ends: a Markdown table.

    python tests/benchmarks/protect.py [rounds]

8 sites in 4 establishments in a region, 20 specialities in 5 diplomas, 2 sexes, 15 years, drawn at a known seed: every
sum of every level with every other is published. Each year is attacked afterwards by the auditor, which knows nothing
of how the pattern was chosen.
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from multiprocessing import get_context

import numpy as np

from pipelines.audit.attack import Puzzle, audit
from pipelines.protect.choice import best
from pipelines.protect.counted import Counted
from pipelines.protect.system import Place, System
from pipelines.protect.year import Year

YEARS = range(2010, 2025)
SITES, SPECIALITIES = [f"s{n}" for n in range(8)], [f"p{n:02}" for n in range(20)]
GIVEN = {
    "establishment": ("site", {site: f"e{n // 2}" for n, site in enumerate(SITES)}),
    "diploma": ("speciality", {code: f"d{n // 4}" for n, code in enumerate(SPECIALITIES)}),
}
LEVELS = (("site", "establishment", None), ("speciality", "diploma", None), ("sex", None))


def system_of(year: int) -> System:
    """Draw a year: a quarter of specialities at each site, about a third of the finest counts under the threshold."""
    draw = np.random.default_rng(year)
    rows, counts = [], []
    for site, speciality in product(SITES, SPECIALITIES):
        if draw.random() < 0.35:
            size = draw.lognormal(2.3, 1.0)
            for sex in "FM":
                rows.append((site, speciality, sex))
                counts.append(int(draw.poisson(size * draw.uniform(0.2, 0.8))))
    counted = Counted("students", ("site", "speciality", "sex"), rows, counts, GIVEN)
    made = Year(year, {"students": counted})
    for names in product(*LEVELS):
        used = tuple(sorted(name for name in names if name))
        for at in counted.groups(used):
            where = dict(zip(used, at, strict=True))
            made.show("students", where, Place("t", f"{year} {where}", "students"), 5, 10)
    made.sum_up()
    return made.system(5)


def solve(year: int, rounds: int) -> tuple[int, int, int, int, float, float | None, float, int]:
    """Return what one year's line of the table says."""
    system = system_of(year)
    start = time.monotonic()
    chosen = best(system, b"benchmark", rounds=rounds)
    taken = time.monotonic() - start
    values = system.values
    hidden = np.array([cell.key in chosen.pattern.hidden or not cell.published for cell in system.cells])
    low, high = np.where(hidden, 0.0, values), np.where(hidden, np.inf, values)
    thresholds = np.array([cell.threshold for cell in system.cells])
    verdict = audit(Puzzle(system.matrix, values, low, high, thresholds, hidden))
    cells = sum(cell.published for cell in system.cells)
    leaks = len(verdict.leaks)
    return year, cells, chosen.primary_count, chosen.secondary_count, taken, chosen.gap, time.monotonic() - start, leaks


def main() -> None:
    """Print the table."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 12
    start = time.monotonic()
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        lines = list(pool.map(solve, YEARS, [rounds] * len(YEARS)))
    print("| year | cells | primary | secondary | seconds | gap | with audit | leaks |")
    print("|---|---|---|---|---|---|---|---|")
    for year, cells, primary, secondary, taken, gap, audited, leaks in lines:
        far = "not sought" if gap is None else f"{gap:.1%}"
        print(f"| {year} | {cells} | {primary} | {secondary} | {taken:.1f} | {far} | {audited:.1f} | {leaks} |")
    print(f"\n{len(lines)} years protected and audited on 2 processes in {time.monotonic() - start:.1f} s")


if __name__ == "__main__":
    main()
