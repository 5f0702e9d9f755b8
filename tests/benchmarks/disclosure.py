"""What the default report tells of what it hides: time, non-interference, editions. Run by hand.

    python -m tests.benchmarks.disclosure FOLDER [--trials 20] [--whole 2] [--editions 3] [--share 0.0005] [--seed 0]

FOLDER is a finished run of the project; it is copied, never written to. `interference.py` says what the trials are, and
which of them `--whole` takes to the end.
Editions: each is recorded as published, then students are taken out of all registers together until about one public
count in twenty differs, marts and indicators are made again, protected and audited with all editions before.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl

from pipelines import consolidate, indicators, targets
from pipelines.audit.board import Board
from pipelines.audit.stage import attack
from pipelines.kernel.ledger import record
from pipelines.kernel.project import Project
from pipelines.kernel.store import table_path
from pipelines.protect import stage as protect_stage
from tests.benchmarks.interference import copied, non_interference


def public_bytes(project: Project) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(project.protected.glob("*.parquet"))}


def without_some(project: Project, share: float, draw: np.random.Generator) -> None:
    """Take a share of the student-years of the enrolment register out of every register."""
    enrolled = pl.read_parquet(table_path(project, "stg_apogee__enrolment"))
    pairs = enrolled.select("year", "student_token").unique(maintain_order=True)
    gone = pairs.filter(pl.Series(draw.random(pairs.height) < share))
    for path in sorted(project.staging.glob("stg_*.parquet")):
        if "student_token" in pl.read_parquet_schema(path):
            frame = pl.read_parquet(path)
            frame.join(gone, on=["year", "student_token"], how="anti", maintain_order="left").write_parquet(path)


def revised_share(before: dict[str, pl.DataFrame], after: dict[str, pl.DataFrame]) -> float:
    """Return which share of the counts of registers differs between two readings of all series."""
    changed = cells = 0
    for name in before.keys() & after.keys():
        both = before[name].join(after[name], on=before[name].columns[:-1], nulls_equal=True, suffix="_now")
        cells += both.height
        changed += int((both["value"] != both["value_now"]).sum())
    return changed / cells


def counts_of(laid: Board) -> dict[str, pl.DataFrame]:
    return {item.name: item.frame.select(*item.coordinates, "value") for item in laid.series
            if not item.is_latent and item.is_protected}  # fmt: skip


def hidden_share(laid: Board) -> float:
    """Return which share of the public counts of registers is hidden."""
    cells = [item.frame["shown"].is_null() for item in laid.series if item.is_protected and not item.is_latent]
    return sum(int(one.sum()) for one in cells) / sum(len(one) for one in cells)


def editions(source: Path, number: int, share: float, seed: int) -> None:
    """Publish so many editions, one after the other, and print what somebody who has them all can tell."""
    with tempfile.TemporaryDirectory() as folder:
        project = copied(source, Path(folder))
        settings = project.settings()
        result = attack(project)
        record(project, "2024.1")
        first = public_bytes(project)
        protect_stage.protect_all(project, project.settings())
        print(f"edition 1: {len(result.findings)} findings, {hidden_share(result.laid):.1%} hidden; "
              f"protected again beside itself, "
              f"{'the same bytes' if public_bytes(project) == first else 'OTHER BYTES'}", flush=True)  # fmt: skip
        for edition in range(2, number + 1):
            was = counts_of(result.laid)
            without_some(project, share, np.random.default_rng(1000 * seed + edition))
            consolidate.run(project, settings)
            indicators.run(project, settings)
            targets.run(project, settings)
            start = time.monotonic()
            protect_stage.protect_all(project, project.settings())
            protecting = time.monotonic() - start
            result = attack(project)
            kinds = Counter(finding.audit for finding in result.findings)
            leaks = Counter(leak.name for leak in result.verdict.leaks.values())
            print(f"edition {edition}: {revised_share(was, counts_of(result.laid)):.1%} of the counts revised, "
                  f"{leaks['EXACT']} exact, {leaks['UNDER']} proved under the threshold, findings {dict(kinds)}, "
                  f"{hidden_share(result.laid):.1%} hidden, protected in {protecting:.1f} s, "
                  f"audited in {result.seconds:.1f} s",
                  flush=True)  # fmt: skip
            for finding in result.findings[:10]:
                print("  ", finding.line())
            record(project, f"2024.{edition}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--whole", type=int, default=2)
    parser.add_argument("--editions", type=int, default=0)
    parser.add_argument("--share", type=float, default=0.0005, help="Of student-years that each edition leaves out.")
    parser.add_argument("--seed", type=int, default=0, help="Of the draw of who is left out.")
    asked = parser.parse_args()
    source = asked.folder.resolve()
    if asked.editions:
        editions(source, asked.editions, asked.share, asked.seed)
        return
    with tempfile.TemporaryDirectory() as folder:
        project = copied(source, Path(folder))
        (project.fingerprints / "audit-parts.json").unlink(missing_ok=True)
        result = attack(project)
        again = attack(project)
    puzzle = result.laid.puzzle
    print(f"audit: {len(puzzle.value)} cells, {puzzle.matrix.shape[0]} relations, "
          f"{int((puzzle.audited & puzzle.unknown).sum())} attacked, {len(result.findings)} findings, "
          f"{result.seconds:.1f} s; again, nothing changed: {again.seconds:.1f} s")  # fmt: skip
    same = non_interference(source, result, asked.trials, asked.whole)
    print(f"non-interference: {same} of {asked.trials} changes left every public byte alone")


if __name__ == "__main__":
    main()
