"""What the default report tells of what it hides: time and non-interference. Run by hand.

    python -m tests.benchmarks.disclosure FOLDER [--trials 20] [--whole] [--editions 3] [--share 0.0005] [--seed 0]

FOLDER is a finished run of the project; it is copied, never written to. The pattern of hidden cells is kept as it was
chosen, since it is published itself; counts under it move, and every public table must stay the same, byte for byte.
With `--whole`, open data and what pages are made of are published again each time, and compared likewise.
Editions: each is recorded as published, then students are taken out of all registers together until about one public
count in twenty differs, marts and indicators are made again, protected and audited with all editions before.
"""

from __future__ import annotations

import argparse
import random
import shutil
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl

from pipelines import audit, consolidate, indicators, publish, targets
from pipelines.audit.attack import parts
from pipelines.audit.board import Board
from pipelines.audit.stage import Result, attack
from pipelines.kernel.audited import result_path
from pipelines.kernel.ledger import record
from pipelines.kernel.project import Project
from pipelines.kernel.publications import read_publications
from pipelines.kernel.store import table_path
from pipelines.protect import stage as protect_stage

FOLDERS = ("protected", "marts", "staging", "indicators", "targets", "quality", "reference", "sources", ".fingerprints")


def copied(source: Path, target: Path) -> Project:
    """Copy what the stages after the targets read."""
    for name in FOLDERS:
        shutil.copytree(source / "data" / name, target / "data" / name)
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(source / name, target / name)
    shutil.copytree(source / "sql", target / "sql")
    made = shutil.ignore_patterns("_generated", "_variables.yml", "sites", "fields")
    shutil.copytree(source / "reports", target / "reports", ignore=made)
    shutil.copytree(source / "data/raw", target / "data/raw")
    if (source / "data/run.yaml").exists():
        shutil.copy(source / "data/run.yaml", target / "data/run.yaml")
    return Project(target)


def moved(laid: Board, draw: random.Random) -> np.ndarray:
    """Return whole deviations of all cells of the puzzle that keep every relation and move hidden cells only."""
    puzzle = laid.puzzle
    found = np.zeros(len(puzzle.value), np.int64)
    for part in parts(puzzle):
        candidates = np.flatnonzero(puzzle.audited[part.cells] & puzzle.unknown[part.cells]).tolist()
        draw.shuffle(candidates)
        for place in candidates[:3]:
            up = draw.random() < 0.6 or part.value[place] == 0
            witness = (
                part.program.witness(place, least=draw.randint(1, 4)) if up else part.program.witness(place, most=-1)
            )
            if witness is not None and np.all(found[part.cells] + witness >= -part.value):
                found[part.cells] += witness
    assert not np.any(puzzle.matrix @ found)
    return found


def applied(project: Project, laid: Board, deviation: np.ndarray) -> int:
    """Write the changed counts into the marts and the indicators; return how many cells changed."""
    publications = read_publications(project)
    changed = 0
    values_path = table_path(project, "ind_values")
    values = pl.read_parquet(values_path)
    for item in laid.series:
        if item.is_latent:
            continue
        own = deviation[laid.place[item.frame["cell"].to_numpy()]]
        if not own.any():
            continue
        moves = item.frame.select(item.coordinates).with_columns(pl.Series("_move", own)).filter(pl.col("_move") != 0)
        changed += moves.height
        if item.table == "pub_values":
            values = values.join(moves, on=list(item.coordinates), how="left", maintain_order="left").with_columns(
                (pl.col(item.column) + pl.col("_move").fill_null(0)).alias(item.column)
            ).drop("_move")  # fmt: skip
            continue
        path = table_path(project, publications[item.table].reads or "")
        frame = pl.read_parquet(path)
        first = pl.int_range(pl.len()).over(list(item.coordinates)) == 0
        frame = frame.join(moves, on=list(item.coordinates), how="left", maintain_order="left", nulls_equal=True)
        kind = frame.schema[item.column]
        frame = frame.with_columns(
            (pl.col(item.column) + pl.when(first).then(pl.col("_move")).otherwise(0).fill_null(0)).cast(kind)
            .alias(item.column)
        ).drop("_move")  # fmt: skip
        frame.write_parquet(path)
    rate = pl.col("numerator") / pl.col("denominator")
    values.with_columns(
        pl.when(pl.col("denominator").is_null()).then(pl.col("numerator")).otherwise(rate).alias("value")
    ).select(values.columns).write_parquet(values_path)
    return changed


def public_bytes(project: Project) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(project.protected.glob("*.parquet"))}


def protected_again(project: Project, hidden: protect_stage.Hidden) -> dict[str, bytes]:
    """Write the public tables anew with the pattern kept, and return their bytes."""
    (project.fingerprints / "protect.json").unlink(missing_ok=True)
    chosen = protect_stage.hidden_of
    protect_stage.hidden_of = lambda *_: hidden  # type: ignore[assignment]
    try:
        protect_stage.protect_all(project, project.settings())
    finally:
        protect_stage.hidden_of = chosen
    return public_bytes(project)


def published_again(project: Project) -> dict[str, bytes]:
    """Publish from the public tables as they stand; return the bytes of the open data and of what pages are made of."""
    publish.run(project, project.settings())
    folders = [project.build / "data", *(project.root / "reports").glob("*/_generated")]
    files = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    return {str(path.relative_to(project.root)): path.read_bytes() for path in files}


def the_pattern(project: Project) -> protect_stage.Hidden:
    policy, publications = protect_stage.read_policy(project), read_publications(project)
    return protect_stage.hidden_of(project, publications, policy)


def non_interference(source: Path, result: Result, trials: int, *, whole: bool) -> tuple[int, int]:
    """Return how many of the trials left every public byte alone, and how many cells they changed.

    With `whole`, those of open data and pages as well as those of the public tables.
    """
    same = cells = 0
    with tempfile.TemporaryDirectory() as folder:
        before = copied(source, Path(folder) / "before")
        hidden = the_pattern(before)
        wanted = protected_again(before, hidden)
        if whole:
            audit.run(before, before.settings())
            wanted |= published_again(before)
            print(f"{len(wanted)} public files", flush=True)
        for trial in range(trials):
            project = copied(source, Path(folder) / f"trial{trial}")
            cells += applied(project, result.laid, moved(result.laid, random.Random(trial)))
            found = protected_again(project, hidden)
            if whole:
                shutil.copy(result_path(before), result_path(project))
                found |= published_again(project)
            same += found == wanted
            for name in [name for name in wanted if found.get(name) != wanted[name]]:
                print(f"  trial {trial}: {name} differs")
            shutil.rmtree(project.root)
    return same, cells


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
    parser.add_argument("--whole", action="store_true")
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
    same, cells = non_interference(source, result, asked.trials, whole=asked.whole)
    print(f"non-interference: {same} of {asked.trials} changes ({cells} cells changed) left every public byte alone")


if __name__ == "__main__":
    main()
