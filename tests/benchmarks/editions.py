"""Ten editions of history on the whole report: seconds to seal, compare, explain, cite, verify; addresses resolved.

    python tests/benchmarks/editions.py FOLDER [--editions 10] [--out tests/benchmarks/editions.md] [--every]

FOLDER is a finished run of this project (data/, build/, reports/). It is copied, never written. The history is ten
sealings of that build: before each, forty published values are multiplied by 0.7 to 1.4 in `pub_values` and put back by
the next, so that each edition revises some eighty figures of the one before, and a reason is declared for them, since
nothing in the manifests proves an invented change. The audit is not run again: it is told it saw the editions. Then
come the verbs, each in a process of its own as a user calls it; `--every` resolves every address of the last edition
by `cite` and `explain`, in one process. A byte flipped in each of forty files drawn by lot must be found by `verify`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import yaml

ROOT = Path(__file__).resolve().parents[2]
MADE = (
    "raw",
    "staging",
    "marts",
    "indicators",
    "targets",
    "protected",
    "quality",
    "quarantine",
    "simulated",
    "run.yaml",
)
LIMITS = {"seal": 20.0, "diff": 2.0, "explain": 1.0}
"""Seconds that the project promises with ten editions of history."""

KEY = "MOB-OUT/midi-pyrenees/2022"
PINNED = ("-c", "user.name=n", "-c", "user.email=n@example.org", "-c", "commit.gpgsign=false")


def copied(run: Path, target: Path) -> Path:
    """Return a clone of this project with the finished run's files in it."""
    git("clone", "--quiet", str(ROOT), str(target), cwd=ROOT)
    for name in MADE:
        source = run / "data" / name
        if source.is_dir():
            shutil.copytree(source, target / "data" / name, dirs_exist_ok=True)
        else:
            shutil.copyfile(source, target / "data" / name)
    shutil.copytree(run / "build", target / "build")
    for lang in ("fr", "en"):
        made = run / "reports" / lang / "_generated"
        if made.is_dir():
            shutil.copytree(made, target / "reports" / lang / "_generated", dirs_exist_ok=True)
    return target


def git(*arguments: str, cwd: Path) -> None:
    """Run git as someone."""
    subprocess.run(["git", *PINNED, *arguments], cwd=cwd, check=True, capture_output=True)


def revise(home: Path, values: pl.DataFrame, number: int) -> None:
    """Give forty figures of the build other values, and declare the reason of all that changed."""
    from pipelines.editions.sums import hashes_below

    drawn = random.Random(number)
    shown = values.with_row_index().filter(pl.col("value").is_not_null() & (pl.col("value") > 0))["index"].to_list()
    factors = {place: drawn.uniform(0.7, 1.4) for place in drawn.sample(shown, 40)}
    factor = pl.Series([factors.get(place, 1.0) for place in range(values.height)])
    path = home / "build" / "data" / "pub_values.parquet"
    values.with_columns(pl.col("value") * factor).write_parquet(path)
    manifest = json.loads((home / "build" / "manifest.json").read_text(encoding="utf-8"))
    manifest["files"] |= {f"data/{name}": sha for name, sha in hashes_below(home / "build" / "data").items()}
    (home / "build" / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    said = {"fr": "Changement inventé pour mesurer.", "en": "A change invented for measuring."}
    reasons = [
        {"indicator": code, "since": f"2024.{since}", "cause": "source", "text": said, "by": "benchmark"}
        for code in sorted(values["indicator_code"].unique())
        for since in range(1, number + 1)
    ]
    ledger = {"tolerance": {"default": 0.01}, "reasons": reasons}
    (home / "data/reference/revisions.yml").write_text(yaml.safe_dump(ledger, allow_unicode=True), encoding="utf-8")
    git("commit", "-qam", f"revision {number}", cwd=home)
    audit = home / "data/quality/audit.json"
    content = json.loads(audit.read_text(encoding="utf-8"))
    content["editions"] = [f"2024.{item}" for item in range(1, number)]
    audit.write_text(json.dumps(content), encoding="utf-8")


def timed(home: Path, *arguments: str, rounds: int = 3) -> tuple[float, float, str]:
    """Return the median seconds, wall and processor, of a call of the command, and what it printed."""
    walls, works, said = [], [], ""
    for _ in range(rounds):
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "pipelines", *arguments],
            cwd=home,
            env={**os.environ, "PYTHONPATH": str(home)},
            capture_output=True,
            text=True,
            check=False,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode:
            raise SystemExit(f"{' '.join(arguments)}: {done.stdout}{done.stderr}")
        walls.append(time.monotonic() - start)
        works.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        said = done.stdout
    return median(walls), median(works), said


def flipped(home: Path, edition: str, count: int = 40) -> int:
    """Return how many of `count` files with one bit flipped, one file at a time, `verify` finds."""
    from pipelines.editions.sums import faults

    folder, drawn, found = home / "editions" / edition, random.Random(1), 0
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for path in drawn.sample(files, count):
        content = path.read_bytes()
        place, bit = drawn.randrange(len(content)), 1 << drawn.randrange(8)
        path.chmod(0o644)
        path.write_bytes(content[:place] + bytes([content[place] ^ bit]) + content[place + 1 :])
        found += bool(faults(folder))
        path.write_bytes(content)
        path.chmod(0o444)
    if faults(folder):
        raise SystemExit("the edition was not put back as it was")
    return found


def remembered(made: Callable[..., Any], place: int) -> Callable[..., Any]:
    """Return `made`, called once for each value of the argument at `place`; a query is known by its file."""
    known: dict[str, Any] = {}

    def answer(*arguments: Any) -> Any:
        given = arguments[place]
        name = str(getattr(given, "shown", given))
        if name not in known:
            known[name] = made(*arguments)
        return known[name]

    return answer


def resolve(home: Path, edition: str) -> dict[str, tuple[int, int, float]]:
    """Return verb → addresses asked, addresses that failed, seconds in all, over every address of an edition."""
    from pipelines.answers import explain
    from pipelines.answers.explain_shown import is_shown, shown_explanation
    from pipelines.editions.answers import cite_answer
    from pipelines.kernel.problems import BadInput
    from pipelines.kernel.project import Project
    from pipelines.kernel.sealed import parsed, read_addresses, read_values

    project = Project(home)
    values = read_values(project, parsed(edition)).select("indicator_code", "scope_code", "year")
    keys = [f"{code}/{scope}/{year}" for code, scope, year in values.iter_rows()]
    keys += list(read_addresses(project, parsed(edition))["items"])

    # What all figures of an indicator share is worked out once: a single call costs more, and is measured above.
    for name, place in (("_steps", 1), ("lineage", 1), ("table_fact", 1), ("files", 1)):
        setattr(explain, name, remembered(getattr(explain, name), place))

    def explained(key: str) -> str:
        return (shown_explanation if is_shown(key) else explain.explanation)(project, key, as_json=False)

    verbs: dict[str, Callable[[str], str]] = {
        "cite": lambda key: cite_answer(project, key, "text"),
        "explain": explained,
    }
    told = {}
    for verb, answer in verbs.items():
        failed, start = 0, time.process_time()
        for key in keys:
            try:
                failed += edition not in answer(f"{key}@{edition}")
            except (BadInput, KeyError) as error:
                failed += 1
                print(f"{verb} {key}: {error!r}", file=sys.stderr)
        told[verb] = (len(keys), failed, time.process_time() - start)
    return told


def measure(run: Path, editions: int, *, every: bool) -> list[str]:
    """Make the history, call the verbs, and return the rows of the tables."""
    from pipelines.kernel.project import Project
    from pipelines.kernel.sealed import sealed_names

    with TemporaryDirectory(prefix="editions-") as scratch:
        home = copied(run, Path(scratch) / "observatory")
        values = pl.read_parquet(home / "build/data/pub_values.parquet")
        seals = []
        for number in range(1, editions + 2):  # the last one is sealed upon a history of `editions`
            revise(home, values, number)
            seals.append(timed(home, "seal", "--allow-simulated", rounds=1)[:2])
        names = [str(name) for name in sealed_names(Project(home))]
        first, last = names[0], names[-1]
        calls = {
            f"seal, on {editions} editions": seals[-1],
            f"diff {first} {last}": timed(home, "diff", first, last)[:2],
            f"diff {last} build": timed(home, "diff", last, "build")[:2],
            f"explain {KEY}@{first}": timed(home, "explain", f"{KEY}@{first}")[:2],
            "explain fig-mob-target": timed(home, "explain", f"fig-mob-target@{last}")[:2],
            f"cite {KEY}@{first}": timed(home, "cite", f"{KEY}@{first}")[:2],
            f"verify {last}": timed(home, "verify", last)[:2],
        }
        rows = ["| call | wall, s | processor, s | promised, s |", "|---|--:|--:|--:|"]
        for call, (wall, work) in calls.items():
            limit = LIMITS.get(call.split()[0].rstrip(","))
            rows.append(f"| `{call}` | {wall:.2f} | {work:.2f} | {'' if limit is None else f'{limit:.0f}'} |")
        size = sum(path.stat().st_size for path in (home / "editions" / last).rglob("*") if path.is_file())
        files = sum(path.is_file() for path in (home / "editions" / last).rglob("*"))
        rows += [
            "",
            f"One edition: {files} files, {size / 1e6:.1f} MB. "
            f"A flipped bit found in {flipped(home, last)} of 40 files.",
        ]
        if every:
            os.chdir(home)
            rows += ["", "| verb | addresses | failed | processor, s | each, ms |", "|---|--:|--:|--:|--:|"]
            for verb, (asked, failed, seconds) in resolve(home, last).items():
                rows.append(f"| {verb} | {asked} | {failed} | {seconds:.1f} | {1000 * seconds / asked:.1f} |")
        for path in (home / "editions").rglob("*"):
            if path.is_dir():
                path.chmod(0o755)
    return rows


def main() -> None:
    """Measure, and print or write the page."""
    parser = argparse.ArgumentParser(description="Ten editions of history: seal, diff, explain, cite, verify.")
    parser.add_argument("run", type=Path, help="folder of a finished run")
    parser.add_argument("--editions", type=int, default=10)
    parser.add_argument("--every", action="store_true", help="resolve every address of the last edition")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    before = os.getloadavg()[0]
    out = asked.out.resolve() if asked.out else None  # the measure changes folder
    rows = measure(asked.run.resolve(), asked.editions, every=asked.every)
    text = "\n".join(
        [
            "# Ten editions of history",
            "",
            "Made by `python tests/benchmarks/editions.py FOLDER --every --out tests/benchmarks/editions.md`; how the",
            "history is made, and what is not real in it, stands at the top of that file.",
            "",
            f"- {date.today().isoformat()}, {platform.machine()}, {os.cpu_count()} processors, 22 GB, "
            f"Python {platform.python_version()}",
            f"- load of the machine before and after: {before:.1f}, {os.getloadavg()[0]:.1f} (others at work: wall",
            "  clock is longer than alone; processor time, start of Python included, says what the call costs)",
            "- medians of 3 calls, the sealing once",
            "",
            *rows,
            "",
        ]
    )
    if out:
        out.write_text(text, encoding="utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
