"""Where the time of a cold run goes, stage by stage; what a run costs when nothing, or one source, has changed.

    python tests/benchmarks/cold.py [--rounds 1] [--no-profile] [--out tests/benchmarks/cold.md]

Everything happens on a fresh copy of what is committed here, without byte code and with nothing made before: what a
clone is once `make setup` is done. Measured are

- the cold run to the finished site and PDF: wall clock, processor (of all its processes), and each stage in it;
- a second run, with nothing to do, and a third after one figure of one open source was corrected;
- each stage once more, alone, in a process of its own that loads its libraries itself: its wall clock and processor,
  how much of these are imports (`-X importtime`), and which libraries its time is spent in (`cProfile`, in the stage's
  own process; what its workers, pandoc and Typst do is told apart as `elsewhere`);
- the floor of any report made with pandoc, which Quarto calls too: every page and the report through pandoc with no
  filter at all, and the PDF through Typst.

On a machine busy with other work the wall clock says little; the processor's seconds, divided by the cores that can
share them, are what it takes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import pstats
import re
import resource
import shutil
import subprocess
import sys
import time
from collections import Counter
from datetime import date
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[2]
FIGURE = "barometre__contracts"
"""The file of open figures of which one is corrected."""

FINGERPRINTS = {"check-staging": "check"}
"""Where a stage remembers what it made, when not under its own name; the second check shares the file of the first."""

PACKAGE = re.compile(r"(?:site-packages/([\w.]+?)(?:/|\.py)|/(pipelines/[a-z_]+))")


def used() -> float:
    """Return the processor seconds of all processes that this one has awaited."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def timed(home: Path, *arguments: str) -> tuple[float, float, subprocess.CompletedProcess[str]]:
    """Run Python in `home`; return wall clock and processor seconds, and what it printed. Ends on a failure."""
    environment = {**os.environ, "PYTHONPATH": str(home)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    before, began = used(), time.perf_counter()
    done = subprocess.run(
        [sys.executable, *arguments], cwd=home, env=environment, capture_output=True, text=True, check=False
    )
    wall = time.perf_counter() - began
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return wall, used() - before, done


def fresh(home: Path) -> None:
    """Make `home` what a clone of the files listed by git is."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, home / name)


def run(home: Path) -> tuple[float, float, dict[str, float]]:
    """Run everything that is out of date; return wall clock, processor and the seconds of each stage that ran."""
    wall, processor, done = timed(home, "-m", "pipelines", "run", "--json")
    stages = {one["stage"]: float(one["seconds"]) for one in json.loads(done.stdout)["stages"] if one["has_run"]}
    return wall, processor, stages


def correct_a_figure(home: Path) -> None:
    """Raise the last count of one file of open figures by one and note its new hash, as a producer's revision would."""
    path, receipt = (home / "data" / "baseline" / f"{FIGURE}.{end}" for end in ("csv", "yml"))
    before = path.read_bytes()
    head, _, last = before.decode("utf-8").rstrip("\n").rpartition("\n")
    kept, _, count = last.rpartition(",")
    after = f"{head}\n{kept},{int(count) + 1}\n".encode()
    known = hashlib.sha256(before).hexdigest()
    if known not in receipt.read_text(encoding="utf-8"):
        raise SystemExit(f"{receipt.name} does not hold the hash of {path.name}: choose another file.")
    path.write_bytes(after)
    text = receipt.read_text(encoding="utf-8").replace(known, hashlib.sha256(after).hexdigest())
    receipt.write_text(text, encoding="utf-8")


def forget(home: Path, stage: str) -> None:
    """Take away what a stage remembers of the items it made."""
    if stage != "check-marts":
        (home / "data" / ".fingerprints" / f"{FINGERPRINTS.get(stage, stage)}.json").unlink(missing_ok=True)


def imports(told: str) -> float:
    """Return the seconds spent on imports, from what `-X importtime` writes; they are those of loading alone."""
    own = re.findall(r"^import time:\s+(\d+) \|", told, re.MULTILINE)
    return sum(map(int, own)) / 1e6


def spent_in(path: Path) -> str:
    """Return the libraries in which most of a profile's time is spent, with their shares.

    A function written in C counts for whoever calls it.
    """
    seconds: Counter[str] = Counter()
    for (file, line, name), (_, _, own, _, callers) in pstats.Stats(str(path)).stats.items():  # type: ignore[attr-defined]
        if file != "~":
            seconds[library(file)] += own
        elif "acquire" in name or "poll" in name or "recv" in name or "waitpid" in name:
            seconds["elsewhere"] += own
        else:
            for (caller, _, _), (_, _, part, _) in callers.items():
                seconds[library(caller)] += part
        del line
    whole = sum(seconds.values()) or 1.0
    return ", ".join(f"{name} {100 * own / whole:.0f} %" for name, own in seconds.most_common(4))


def library(file: str) -> str:
    """Return the library, or the package of the project, that a file belongs to."""
    found = PACKAGE.search(file)
    if found:
        return found[1] or found[2].replace("/", ".")
    return "imports" if "importlib" in file else "Python"


def alone(home: Path, stage: str, profiled: bool) -> tuple[float, float, float, str]:
    """Run one stage by itself; return wall clock, processor, seconds of imports, and where its time is spent."""
    forget(home, stage)
    wall, processor, _ = timed(home, "-m", "pipelines", "step", stage)
    forget(home, stage)
    _, _, done = timed(home, "-X", "importtime", "-m", "pipelines", "step", stage)
    loading = imports(done.stderr)
    if not profiled:
        return wall, processor, loading, ""
    forget(home, stage)
    profile = home / "data" / f".{stage}.profile"
    timed(home, "-m", "cProfile", "-o", str(profile), "-m", "pipelines", "step", stage)
    where = spent_in(profile)
    profile.unlink()
    return wall, processor, loading, where


def floor(home: Path) -> tuple[float, float]:
    """Return wall clock and processor of pandoc without a filter on every page, and of Typst on the report."""
    wall, processor, _ = timed(home, str(Path(__file__)), "--floor", str(home))
    return wall, processor


def bare(home: Path) -> None:
    """Do, one after the other, what `floor` measures."""
    from pipelines.kernel.project import Project
    from pipelines.render.manuscript import read_manuscript
    from pipelines.render.pandoc import pandoc_binary
    from pipelines.render.pdf import pdf_job, report_pdf, report_typst

    project = Project(home)
    manuscript = read_manuscript(project, project.settings().lang)
    for page in manuscript.pages:
        command = [pandoc_binary(), "--from", "markdown", "--to", "html", "--standalone", "--metadata", "title=page"]
        subprocess.run(command, input=page.text.encode(), capture_output=True, check=True)
    report = manuscript.report
    job = pdf_job(report, manuscript.plan, manuscript.frame, manuscript.bibliography, manuscript.brand)
    report_pdf(report, report_typst(report, job), manuscript.folder, project.root)


def measured(rounds: int, profiled: bool) -> list[str]:
    """Measure all; return the tables."""
    runs: dict[str, list[tuple[float, float, dict[str, float]]]] = {}
    with TemporaryDirectory() as folder:
        for number in range(rounds):
            home = Path(folder) / str(number)
            home.mkdir()
            fresh(home)
            runs.setdefault("cold", []).append(run(home))
            runs.setdefault("nothing to do", []).append(run(home))
            correct_a_figure(home)
            runs.setdefault(f"one figure of {FIGURE} corrected", []).append(run(home))
            if number < rounds - 1:
                shutil.rmtree(home)
        stages = list(runs["cold"][0][2])
        by_itself = {stage: alone(home, stage, profiled) for stage in stages}
        bare_wall, bare_processor = floor(home)
    lines = ["| run | wall, s | processor, s | stages that ran |", "|---|--:|--:|--:|"]
    for what, taken in runs.items():
        wall, processor = (median(one[place] for one in taken) for place in (0, 1))  # type: ignore[misc]
        lines.append(f"| {what} | {wall:.1f} | {processor:.1f} | {len(taken[0][2])} |")
    cold = {stage: median(one[2][stage] for one in runs["cold"]) for stage in stages}
    whole = median(one[0] for one in runs["cold"])
    lines += [
        "",
        "| stage | in the cold run, s | share | alone, wall, s | processor, s | imports, s | where its time goes |",
        "|---|--:|--:|--:|--:|--:|---|",
    ]
    for stage in stages:
        wall, processor, loading, where = by_itself[stage]
        lines.append(
            f"| {stage} | {cold[stage]:.1f} | {100 * cold[stage] / whole:.0f} % | {wall:.1f} | {processor:.1f} | "
            f"{loading:.1f} | {where} |"
        )
    rest = whole - sum(cold.values())
    lines.append(f"| start, DVC's own, showing | {rest:.1f} | {100 * rest / whole:.0f} % | | | | |")
    total = [sum(one[place] for one in by_itself.values()) for place in (0, 1, 2)]  # type: ignore[misc]
    lines.append(f"| all | {whole:.1f} | 100 % | {total[0]:.1f} | {total[1]:.1f} | {total[2]:.1f} | |")
    lines += [
        "",
        f"Pandoc without a filter on each page and Typst on the report, one after the other: {bare_wall:.1f} s, "
        f"{bare_processor:.1f} s of the processor.",
    ]
    return lines


def main() -> None:
    """Measure, print, and write what was measured between the two marks of the file given, or the file as a whole."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=1, help="runs of each kind; medians are shown")
    parser.add_argument("--no-profile", action="store_true", help="leave out where each stage's time goes")
    parser.add_argument("--out", type=Path, help="file whose measures are replaced")
    parser.add_argument("--floor", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.floor:
        bare(given.floor)
        return
    before = os.getloadavg()[0]
    tables = measured(given.rounds, not given.no_profile)
    lines = [
        f"{date.today():%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"{given.rounds} round(s); load of the machine before and after: {before:.1f}, {os.getloadavg()[0]:.1f}.",
        "",
        *tables,
    ]
    print("\n".join(lines))
    if given.out:
        opening, closing = "<!-- measured -->", "<!-- end -->"
        text = given.out.read_text(encoding="utf-8") if given.out.exists() else f"{opening}{closing}\n"
        head, _, rest = text.partition(opening)
        tail = rest.partition(closing)[2]
        given.out.write_text(f"{head}{opening}\n\n" + "\n".join(lines) + f"\n\n{closing}{tail}", encoding="utf-8")


if __name__ == "__main__":
    main()
