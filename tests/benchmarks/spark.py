"""The same marts by the two engines: DuckDB, and Spark with the same SQL. Run by hand, with the extra `spark` and Java.

    python tests/benchmarks/spark.py [--students 8000 80000] [--threads 2] [--rounds 1] [--master URL] [--out FILE]

The generator writes 25 years of the five registers; they are staged once, and then each engine makes the nine tables
of `registers.py` from the same staging tables, in a process of its own, in turn: wall clock, processor time and peak
memory of the process and, for Spark, of its Java. `start` is what Spark takes until it can be asked; `lay out` what
DuckDB takes to write staging as partitions, once as long as staging stays; `land` what it takes to write what Spark
left as the one ordered file that later stages read. All tables must be equal, row by row, in the same order.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]


def staged(home: Path, students: int, threads: int) -> None:
    """Write the registers below `home` and stage them."""
    from registers import SOURCES, simulate

    from pipelines.kernel.catalogue import read_catalogue
    from pipelines.kernel.project import Project
    from pipelines.kernel.store import table_path
    from pipelines.stage.registers import write_staging

    simulate(home, students)
    project = Project(home)
    catalogue = read_catalogue(project)
    for source in SOURCES:
        target = table_path(project, catalogue[source].tables[0].name(source))
        write_staging(project, catalogue[source], [project.raw / source / "simulated"], target, threads)
    shutil.rmtree(project.raw)


def made_by(engine: str, home: Path, threads: int, master: str | None) -> dict[str, float]:
    """Make the marts by one engine and return what it took, in seconds, part by part."""
    from registers import LAST, MARTS, NUMBERS

    from pipelines.consolidate.engine import InDuckDB
    from pipelines.consolidate.marts import make
    from pipelines.consolidate.spark.engine import InSpark
    from pipelines.consolidate.spark.lake import Lake
    from pipelines.consolidate.spark.session import session_of
    from pipelines.kernel.catalogue import read_catalogue
    from pipelines.kernel.project import Project, Settings
    from pipelines.kernel.sql import read_queries
    from pipelines.kernel.warehouse import Warehouse

    project = Project(home)
    settings = Settings(edition=LAST + 5, threads=threads, engine=engine, spark_master=master)
    queries = read_queries(project, "marts", "mart_*.sql")
    spent: dict[str, float] = {}

    def timed(name: str, call: Any) -> Any:
        def wrapped(*given: Any) -> Any:
            began = time.perf_counter()
            try:
                return call(*given)
            finally:
                spent[name] = spent.get(name, 0) + time.perf_counter() - began

        return wrapped

    began = time.perf_counter()
    with Warehouse(project, settings, read_catalogue(project)) as warehouse:
        if engine == "duckdb":
            for name in (NUMBERS, *MARTS):
                make(warehouse, queries[name], project, InDuckDB(warehouse))
        else:
            Lake.lay_out = timed("lay out", Lake.lay_out)  # type: ignore[method-assign]
            warehouse.write = timed("land", warehouse.write)  # type: ignore[method-assign]
            with session_of(settings) as session:
                spent["start"] = time.perf_counter() - began
                for name in (NUMBERS, *MARTS):
                    make(warehouse, queries[name], project, InSpark(project, settings, warehouse, session))
                java = _java()
                spent["java cpu"], spent["java peak"] = java
    spent["wall"] = time.perf_counter() - began
    used = resource.getrusage(resource.RUSAGE_SELF)
    spent["cpu"] = used.ru_utime + used.ru_stime + spent.get("java cpu", 0)
    spent["peak"] = used.ru_maxrss / 1024 + spent.get("java peak", 0)
    return spent


def _java() -> tuple[float, float]:
    """Return the processor seconds and the peak megabytes of this process's Java (Linux)."""
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            name, _, rest = (folder / "stat").read_text().partition(") ")
            fields = rest.split()
            if name.endswith("(java") and int(fields[1]) == os.getpid():
                status = (folder / "status").read_text()
                peak = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
                return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), int(peak) / 1024
        except OSError:
            continue
    raise SystemExit("the Java of this session was not found")


def compare(one: Path, other: Path) -> int:
    """Refuse a difference between two folders of marts; return the student-years."""
    import duckdb
    from registers import MARTS, NUMBERS

    connection = duckdb.connect()
    for name in (NUMBERS, *MARTS):
        ours, theirs = (f"read_parquet('{folder}/{name}.parquet', file_row_number = true)" for folder in (one, other))
        differing = connection.execute(
            f"select count(*) from ((from {ours} except all from {theirs}) "
            f"union all (from {theirs} except all from {ours}))"
        ).fetchone()
        if differing is None or differing[0]:
            raise SystemExit(f"{name}: {differing} rows differ between the engines")
    found = connection.execute(f"select count(*) from '{one}/mart_student__year.parquet'").fetchone()
    return int(found[0]) if found else 0


def table(given: argparse.Namespace) -> list[str]:
    """Measure both engines at every size; return the lines of the table."""
    lines = [
        "| student-years | engine | wall, s | processor, s | wall, ratio | processor, ratio | peak, MB | of which, s |",
        "|--:|---|--:|--:|--:|--:|--:|---|",
    ]
    for students in given.students:
        with TemporaryDirectory() as folder:
            home = Path(folder)
            staged(home, students, given.threads)
            runs: dict[str, list[dict[str, float]]] = {"duckdb": [], "spark": []}
            for _ in range(given.rounds):
                for engine, taken in runs.items():
                    shutil.rmtree(home / "data" / "partitions", ignore_errors=True)
                    taken.append(_measured(engine, home, given))
                    kept = home / f"marts_{engine}"
                    shutil.rmtree(kept, ignore_errors=True)
                    (home / "data" / "marts").rename(kept)
            rows = compare(home / "marts_duckdb", home / "marts_spark")
            for engine, taken in runs.items():
                cells = {key: median(one[key] for one in taken) for key in taken[0]}
                ratios = [
                    median(one[key] / other[key] for one, other in zip(taken, runs["duckdb"], strict=True))
                    for key in ("wall", "cpu")
                ]
                parts = ", ".join(f"{key} {cells[key]:.1f}" for key in ("start", "lay out", "land") if key in cells)
                lines.append(
                    f"| {rows:,} | {engine} | {cells['wall']:.1f} | {cells['cpu']:.1f} | {ratios[0]:.1f} "
                    f"| {ratios[1]:.1f} | {cells['peak']:,.0f} | {parts} |"
                )
                print(lines[-1], file=sys.stderr)
    return lines


def _measured(engine: str, home: Path, given: argparse.Namespace) -> dict[str, float]:
    command = [sys.executable, __file__, "--engine", engine, "--home", str(home), "--threads", str(given.threads)]
    command += ["--master", given.master] if given.master else []
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(HERE)])}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    print("   ", engine, done.stdout.splitlines()[-1], file=sys.stderr, flush=True)
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


def main() -> None:
    """Measure, print the table, write it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--students", type=int, nargs="+", default=[8_000, 80_000], help="students a year")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--master", help="Spark's master; this machine by default")
    parser.add_argument("--out", type=Path, help="file that gets the table")
    parser.add_argument("--engine", choices=["duckdb", "spark"], help=argparse.SUPPRESS)
    parser.add_argument("--home", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    sys.path[:0] = [str(ROOT), str(HERE)]
    if given.engine:
        print(json.dumps(made_by(given.engine, given.home, given.threads, given.master)))
        return
    load = os.getloadavg()[0]
    rows = table(given)
    lines = [
        f"- {date.today():%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} processors, {given.threads} threads, "
        f"Python {platform.python_version()}, {'a cluster' if given.master else 'Spark on this machine alone'}",
        f"- load of the machine before and after: {load:.1f}, {os.getloadavg()[0]:.1f}; rounds: {given.rounds}",
        "",
        *rows,
    ]
    print("\n".join(lines))
    if given.out:
        given.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
