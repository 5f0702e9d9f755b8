"""The expectation suites of both layers, cold: seconds and memory, on what ships and on millions of student-years.

    python tests/benchmarks/checks.py [--students 8000 80000] [--rounds 3] [--threads 2] [--out FILE] [--keep FOLDER]

Every table is made first by the stages themselves: the open figures that ship, and registers simulated at the size
asked for (8000 students is the default of params.yaml, over its years; other sizes run over 25 years). Then each round
checks everything in a process of its own with nothing kept from before, `both` as `observatoire check` does (one
process), `staging` and `marts` as DVC does (one process each). Wall clock and processor time, imports included; peak
memory is the high-water mark of the process. A critical failure ends the benchmark: the figures would not be of the
work that a run does.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from datetime import date
from importlib import import_module
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipelines.kernel.project import Settings

ROOT = Path(__file__).resolve().parents[2]
PARTS = {"both": ("staging", "marts"), "staging": ("staging",), "marts": ("marts",)}
DEFAULT = 8_000


def make(home: Path, students: int, threads: int) -> None:
    """Make every staging table and mart below `home`, a project of links to this one."""
    from pipelines.kernel.project import Project

    (home / "data").mkdir(parents=True)
    for name in ("reference", "sources", "baseline"):
        (home / "data" / name).symlink_to(ROOT / "data" / name)
    for name in ("sql", "expectations", "params.yaml"):
        (home / name).symlink_to(ROOT / name)
    for stage in ("simulate", "acquire", "stage", "consolidate"):
        import_module(f"pipelines.{stage}").run(Project(home), _settings(home, students, threads))


def _settings(home: Path, students: int, threads: int) -> Settings:
    from pipelines.kernel.project import Project

    asked = Project(home).settings().changed(students=students, threads=threads)
    return asked if students == DEFAULT else asked.changed(simulate_from=2000, simulate_to=2024)


def check(home: Path, part: str, threads: int) -> None:
    """Check here what `part` names and print what it took. The start of Python is not counted."""
    import resource

    began = time.perf_counter()
    from pipelines.check import run
    from pipelines.kernel.project import Project

    project = Project(home)
    settings = _settings(home, DEFAULT, threads)
    (project.fingerprints / "check.json").unlink(missing_ok=True)
    for layer in PARTS[part]:
        run(project, settings, layer)  # type: ignore[arg-type]
    wall = time.perf_counter() - began
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({"wall": wall, "cpu": used.ru_utime + used.ru_stime, "peak": used.ru_maxrss / 1024}))


def alone(home: Path, part: str, *more: str) -> str:
    """Run one part in a process of its own and return what it prints.

    The tables too are made in one: a child starts with the high-water mark of the process it was forked from.
    """
    command = [sys.executable, __file__, "--part", part, "--keep", str(home), *more]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout


def facts(home: Path) -> tuple[int, int]:
    """Return the student-years of the marts and the number of checks."""
    import duckdb

    found = duckdb.connect().execute(f"select count(*) from '{home}/data/marts/mart_student__year.parquet'").fetchone()
    results = [json.loads((home / f"data/quality/{layer}.json").read_text("utf-8")) for layer in PARTS["both"]]
    return int(found[0]) if found else 0, sum(len(result["checks"]) for result in results)


def table(students: list[int], rounds: int, threads: int, keep: Path | None) -> list[str]:
    """Measure every part at every size; return the lines of the table."""
    lines = [
        "| student-years | checks | part | wall, s | processor, s | peak, MB |",
        "|--:|--:|---|--:|--:|--:|",
    ]
    with TemporaryDirectory() as folder:
        for size in students:
            home = (keep or Path(folder)) / str(size)
            if not home.exists():
                alone(home, "make", "--students", str(size), "--threads", str(threads))
            for part in PARTS:
                taken = [json.loads(alone(home, part, "--threads", str(threads))) for _ in range(rounds)]
                rows, checks = facts(home)
                wall, cpu, peak = (median(one[key] for one in taken) for key in ("wall", "cpu", "peak"))
                lines.append(f"| {rows:,} | {checks} | {part} | {wall:.1f} | {cpu:.1f} | {peak:,.0f} |")
                print(lines[-1], file=sys.stderr)
    return lines


def main() -> None:
    """Measure, print the table, write it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--students", type=int, nargs="+", default=[DEFAULT, 80_000], help="students a year")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path, help="file that gets the table")
    parser.add_argument("--keep", type=Path, help="folder that keeps the tables made, for another time")
    parser.add_argument("--part", choices=["make", *PARTS], help=argparse.SUPPRESS)
    given = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    if given.part == "make":
        make(given.keep, given.students[0], given.threads)
        return
    if given.part:
        check(given.keep, given.part, given.threads)
        return
    before = os.getloadavg()[0]
    measures = table(given.students, given.rounds, given.threads, given.keep)
    lines = [
        "# All expectation suites, cold",
        "",
        "Made by `python tests/benchmarks/checks.py --out tests/benchmarks/checks.md`; what is measured stands at the",
        "top of that file.",
        "",
        f"- {date.today():%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} processors, {given.threads} threads, "
        f"Python {platform.python_version()}",
        f"- load of the machine before and after: {before:.1f}, {os.getloadavg()[0]:.1f}",
        f"- medians of {given.rounds} rounds",
        "",
        *measures,
    ]
    print("\n".join(lines))
    if given.out:
        given.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
