"""How often what each official rule says came true, on public yearly series; writes data/reference/rule_record.yml.

    python tests/benchmarks/targets_rules.py                 # ../shared/benchmarks beside the project; 8 minutes

For each series with positive values and a horizon of 2 to 5 years, seven targets relative to the last value (-20, -10,
+5, +10, +20, +50, +100 %); the base of the rules lies five years before the origin; met when the value at the
horizon meets the target. Nothing is fitted. Rules that are not sourced are measured too, but never published.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

import polars as pl
import yaml

from pipelines.kernel.files import write_text
from pipelines.targets.rules.badges import RULES, Case
from pipelines.targets.rules.points import Point, meets

ROOT = Path(__file__).resolve().parents[2]
HORIZONS = (2, 3, 4, 5)
GROWTHS = (-0.20, -0.10, 0.05, 0.10, 0.20, 0.50, 1.00)
BASE_YEARS = 5
SETS = {
    "m3": ("m3_yearly.parquet", "M3 competition, yearly series (Makridakis and Hibon 2000; R package Mcomp)"),
    "m4": ("m4_yearly.parquet", "M4 competition, yearly series (Makridakis et al. 2020; Mcompetitions/M4-methods)"),
}
LICENCE = "public competition data; only counts of cases are kept here, no series"
PROTOCOL = (
    "targets of -20, -10, +5, +10, +20, +50 and +100 % of the last value, 2 to 5 years ahead, base 5 years before; "
    "met when the value observed at the horizon meets the target"
)


def tally(path: Path) -> tuple[Counter, Counter, int, int]:
    """Return cases and met cases by (rule, category), and both for all cases."""
    said: Counter = Counter()
    came_true: Counter = Counter()
    cases = met = 0
    for train, test in pl.read_parquet(path, columns=["train", "test"]).iter_rows():
        if min(train) <= 0 or min(test) <= 0 or len(train) <= BASE_YEARS:
            continue
        values = dict(enumerate(train[-2 * BASE_YEARS :], start=1 - len(train[-2 * BASE_YEARS :])))  # the origin is 0
        base, last = Point(-BASE_YEARS, train[-1 - BASE_YEARS]), train[-1]
        for horizon in HORIZONS:
            for growth in GROWTHS:
                better = 1 if growth > 0 else -1
                goal = Point(horizon, last * (1 + growth))
                happened = meets(test[horizon - 1], goal.value, better)
                cases += 1
                met += happened
                case = Case(values, base, goal, better)
                for rule in RULES:
                    badge = rule.assess(case)
                    if rule.categories:
                        key = (rule.code, badge.code or "undefined")
                        said[key] += 1
                        came_true[key] += happened
    return said, came_true, cases, met


def main() -> None:
    """Measure, print the table, write the record."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--series", type=Path, default=ROOT.parent / "shared/benchmarks", help="folder of the sets")
    asked.add_argument("--out", type=Path, default=ROOT / "data/reference/rule_record.yml")
    options = asked.parse_args()
    sets, records = {}, []
    for name, (file, source) in SETS.items():
        said, came_true, cases, met = tally(options.series / file)
        sets[name] = {"cases": cases, "met": met, "source": source, "licence": LICENCE}
        print(f"\n{name}: {cases} cases, {met / cases:.3f} met")
        for rule in RULES:
            for category in (*rule.categories, "undefined"):
                n, k = said[rule.code, category], came_true[rule.code, category]
                if n:
                    records.append({"rule": rule.code, "category": category, "series": name, "cases": n, "met": k})
                    print(f"  {rule.code:<12} {category:<26} {n:>7} {k / n:.3f}")
    content = {"command": "python tests/benchmarks/targets_rules.py", "protocol": PROTOCOL, "sets": sets}
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=120) + "records:\n"
    text += "".join(
        f"  - {{rule: {r['rule']}, category: {r['category']}, series: {r['series']}, cases: {r['cases']}, "
        f"met: {r['met']}}}\n"
        for r in records
    )
    header = "# Written by tests/benchmarks/targets_rules.py: how often what each official rule says came true.\n"
    write_text(options.out, header + text)


if __name__ == "__main__":
    main()
