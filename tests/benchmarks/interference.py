"""Non-interference: counts that nobody sees move, everything public is made again, and every byte must be the same.

    python -m tests.benchmarks.interference FOLDER [--trials 20] [--whole 2] [--lang fr] [--lang en]

FOLDER is a finished run of the project; it is copied, never written to. In each trial whole counts move together by a
random change that keeps every relation of the auditor's system and every number shown: those inside marts, indicators,
their growth and their intervals. From there on everything is made again, cold: targets, checks of the marts, protected
tables, open data in all formats, tables, sheets, numbers and sentences of the pages, all that figures are drawn from,
and what `seal` adds: the statement of quality, the inputs, the lineage, the lines of the ledger. What checks, audit and
protect say inside is scrambled besides: of all that, the public side may read which checks passed, and nothing else.

`--whole`: so many of the trials go on to the end as well. Figures are drawn, site and PDF rendered, the manifest
written, the edition sealed. In the others they are not: they are made from what was compared, and from nothing else.

The pattern of hidden cells is kept as it was chosen. It is public itself, and it does depend on what it hides: which
cells are small decides which others go with them. `tests/test_attacks.py` (attack 10) has what is done about that.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import re
import shutil
import subprocess
import tempfile
import time
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import polars as pl
from scipy.sparse import csr_array, vstack

from pipelines import check, publish, render, seal, targets
from pipelines.audit.attack import Puzzle, parts
from pipelines.audit.board import Board
from pipelines.audit.knowledge import Series
from pipelines.audit.stage import Result, attack, content
from pipelines.editions import sealing
from pipelines.editions.extras import DATABASE, write_database
from pipelines.editions.statement import quality_statement
from pipelines.kernel.audited import digest_of_protected, result_path
from pipelines.kernel.catalogue import read_catalogue
from pipelines.kernel.files import write_json
from pipelines.kernel.ledger import lines_of
from pipelines.kernel.lineage import lineage
from pipelines.kernel.problems import CheckFailed
from pipelines.kernel.project import Project, Settings
from pipelines.kernel.publications import read_publications
from pipelines.kernel.store import table_path
from pipelines.protect import stage as protect_stage
from pipelines.publish import stage as publish_stage
from pipelines.seal import manifest

FOLDERS = ("protected", "marts", "staging", "indicators", "targets", "quality", "quarantine", "reference", "sources",
           "raw", "disclosure", ".fingerprints")  # fmt: skip
PUBLIC = ("data/protected", "data/disclosure", "build/data", "build/site", "editions", "reports")
"""Folders of which every byte is compared; beside them, the files right below `build/`: PDF and manifest."""

INSIDE = ("message", "examples", "observed", "seen", "unexpected_count", "quarantined_count")
"""What a check says besides its outcome: it may speak of single rows."""

KEYS = ["indicator_code", "scope_level", "scope_code"]
DAY = date(2026, 11, 23)
SOMEONE = {"GIT_AUTHOR_NAME": "n", "GIT_AUTHOR_EMAIL": "n@example.org", "GIT_AUTHOR_DATE": "2026-11-23T00:00:00Z",
           "GIT_COMMITTER_NAME": "n", "GIT_COMMITTER_EMAIL": "n@example.org",
           "GIT_COMMITTER_DATE": "2026-11-23T00:00:00Z", "GIT_CONFIG_GLOBAL": os.devnull}  # fmt: skip

Hashes = dict[str, str]


def copied(source: Path, target: Path) -> Project:
    """Copy what the stages after the indicators read, under a version control of its own, without what is built."""
    for name in FOLDERS:
        if (source / "data" / name).exists():
            shutil.copytree(source / "data" / name, target / "data" / name)
    for name in ("params.yaml", "dvc.yaml", ".gitignore"):
        shutil.copy(source / name, target / name)
    for name in ("sql", "expectations"):
        shutil.copytree(source / name, target / name)
    made = shutil.ignore_patterns("_generated", "_variables.yml", "sites", "fields")
    shutil.copytree(source / "reports", target / "reports", ignore=made)
    if (source / "data/run.yaml").exists():
        shutil.copy(source / "data/run.yaml", target / "data/run.yaml")
    return Project(target)


def possible(laid: Board) -> Board:
    """Return the board with what else everybody knows, so that no trial makes a world that cannot be.

    Where a table never says none, a row stands for somebody. Who was abroad has made one stay at least. Those who enter
    and those in their final year are students of their site and diploma.
    """
    puzzle = laid.puzzle
    known = {(item.table, item.column): item for item in laid.series if not item.is_latent}
    low = puzzle.low.copy()
    for item in known.values():
        if item.table != "pub_values" and item.is_protected and (item.frame["value"] > 0).all():
            np.maximum.at(low, laid.place[item.frame["cell"].to_numpy()], 1.0)
    programme = ["year", "site_code", "diploma_code", "speciality_code"]
    lines = _at_most(laid, known, programme, ("pub_mobility__register", "mobile_students_count"),
                     ("pub_mobility__register", "study_stays_count", "placement_stays_count"))  # fmt: skip
    lines += _at_most(laid, known, programme[:3], ("pub_success__register", "entrants_count", "final_year_count"),
                      ("pub_enrolment__register", "students_count"))  # fmt: skip
    rows, columns, signs, left = [], [], [], []
    for number, (parts_of, whole) in enumerate(lines):
        rest = len(puzzle.value) + number
        for cells, sign in ((whole, 1), (parts_of, -1), ([rest], -1)):
            rows += [number] * len(cells)
            columns += cells
            signs += [sign] * len(cells)
        left.append(int(puzzle.value[whole].sum() - puzzle.value[parts_of].sum()))
    size = len(puzzle.value) + len(lines)
    wide = csr_array((puzzle.matrix.data, puzzle.matrix.indices, puzzle.matrix.indptr),
                     shape=(puzzle.matrix.shape[0], size))  # fmt: skip
    more = csr_array((signs, (rows, columns)), shape=(len(lines), size))
    free = np.zeros(len(lines))
    told = Puzzle(
        csr_array(vstack([wide, more]).tocsr()), np.concatenate([puzzle.value, left]).astype(np.int64),
        np.concatenate([low, free]), np.concatenate([puzzle.high, free + np.inf]),
        np.concatenate([puzzle.threshold, free]).astype(np.int64), np.concatenate([puzzle.audited, free > 0]),
    )  # fmt: skip
    return replace(laid, puzzle=told)


def _at_most(
    laid: Board, known: dict[tuple[str, str], Series], grain: list[str], parts_of: tuple[str, ...],
    whole: tuple[str, ...],
) -> list[tuple[list[int], list[int]]]:  # fmt: skip
    """Return the cells of the parts and those of the whole, by table and columns, for each key that has both."""

    def by_key(table: str, *measures: str) -> dict[tuple[object, ...], list[int]]:
        found: dict[tuple[object, ...], list[int]] = {}
        for frame in (known[table, measure].frame for measure in measures):
            places = laid.place[frame["cell"].to_numpy()].tolist()
            for key, place in zip(frame.select(grain).rows(), places, strict=True):
                found.setdefault(key, []).append(place)
        return found

    inside, around = by_key(*parts_of), by_key(*whole)
    return [(cells, around[key]) for key, cells in inside.items() if key in around]


def moved(laid: Board, draw: random.Random) -> np.ndarray:
    """Return whole deviations of all cells of the puzzle that keep every relation and move hidden cells only."""
    puzzle = laid.puzzle
    found = np.zeros(len(puzzle.value), np.int64)
    room = (puzzle.low - puzzle.value).astype(np.int64)
    for part in parts(puzzle):
        candidates = np.flatnonzero(puzzle.audited[part.cells] & puzzle.unknown[part.cells]).tolist()
        draw.shuffle(candidates)
        for place in candidates[:3]:
            up = draw.random() < 0.6 or part.value[place] == 0
            witness = (
                part.program.witness(place, least=draw.randint(1, 4)) if up else part.program.witness(place, most=-1)
            )
            if witness is not None and np.all(found[part.cells] + witness >= room[part.cells]):
                found[part.cells] += witness
    assert not np.any(puzzle.matrix @ found)
    return found


def applied(project: Project, laid: Board, deviation: np.ndarray) -> int:
    """Write the changed counts into the marts and the indicators; return how many cells changed."""
    publications = read_publications(project)
    changed = 0
    values_path = table_path(project, "ind_values")
    before = values = pl.read_parquet(values_path)
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
        frame = frame.join(moves, on=list(item.coordinates), how="left", maintain_order="left", nulls_equal=True)
        spread(frame, item.column, list(item.coordinates)).write_parquet(path)
    followed(values, before).write_parquet(values_path)
    return changed


def spread(frame: pl.DataFrame, column: str, coordinates: list[str]) -> pl.DataFrame:
    """Move a column by `_move`, which each row has of its group: up in its largest row, down in as many as it takes.

    Where no row said none before, those that would are left out, as the query would.
    """
    count, move, kind = pl.col(column).fill_null(0), pl.col("_move").fill_null(0), frame.schema[column]
    ordered = frame.with_row_index("_row").sort(column, descending=True, nulls_last=True, maintain_order=True)
    before = (count.cum_sum() - count).over(coordinates)
    is_first = pl.int_range(pl.len()).over(coordinates) == 0
    fall = pl.min_horizontal(pl.max_horizontal(-move - before, 0), count)
    now = (pl.col(column) + pl.when(move > 0).then(pl.when(is_first).then(move).otherwise(0)).otherwise(-fall)).cast(
        kind
    )
    made = ordered.with_columns(now.alias(column)).sort("_row").drop("_row", "_move")
    return made if (frame[column].fill_null(0) == 0).any() else made.filter(pl.col(column) > 0)


def followed(values: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    """Return the indicators with what follows from numerators and denominators: value, growth, interval."""
    rate = pl.col("numerator") / pl.col("denominator")
    by_count = pl.when(pl.col("denominator").is_null()).then(pl.col("numerator")).otherwise(rate)
    made = values.with_columns(by_count.alias("value"), before["value"].alias("_before")).sort(*KEYS, "year")
    last = pl.col("value").shift(1).over(KEYS)
    gone = pl.col("value") - pl.col("_before")
    made = made.with_columns(
        pl.when(pl.col("growth").is_not_null() & (last > 0)).then(pl.col("value") / last - 1).alias("growth"),
        *((pl.col(name) + gone).clip(0, 1).alias(name) for name in ("interval_low", "interval_high")),
    )
    return made.select(values.columns)


def protected_again(project: Project, hidden: protect_stage.Hidden) -> None:
    """Write the public tables anew with the pattern kept."""
    (project.fingerprints / "protect.json").unlink(missing_ok=True)
    with patch.object(protect_stage, "hidden_of", lambda *_: hidden):
        protect_stage.protect_all(project, project.settings())


def the_pattern(project: Project) -> protect_stage.Hidden:
    """Return what is hidden as it stands."""
    policy, publications = protect_stage.read_policy(project), read_publications(project)
    return protect_stage.hidden_of(project, publications, policy)


def checked_again(
    project: Project, settings: Settings, draw: random.Random, wanted: dict[str, str] | None
) -> list[str]:
    """Check the marts again, scramble what is said inside, and return the checks with another outcome than `wanted`.

    Checks against tables that the trial does not move (persons one by one) keep their outcome: a change of persons
    would have moved both sides.
    """
    history = project.quality / "history.json"
    runs = history.read_bytes()
    with suppress(CheckFailed):
        check.run(project, settings, "marts")
    opened = {source.id for source in read_catalogue(project).sources.values() if source.sensitivity == "public"}
    other = []
    for layer in ("staging", "marts"):
        path = project.quality / f"{layer}.json"
        found = json.loads(path.read_text(encoding="utf-8"))
        for row in found["checks"]:
            was = (wanted or {}).get(row["id"], row["outcome"])
            if row["outcome"] != was and row["id"] in held(project):
                row["outcome"] = was
            if row["outcome"] != was:
                other.append(row["id"])
            if row["table"].removeprefix("stg_").split("__")[0] not in opened:  # open data do not move
                row |= {name: draw.randint(10_000, 99_999) for name in INSIDE}
        write_json(path, {**found, "critical_failures": 0, "tables": []})
    if not other:
        history.write_bytes(runs)  # a run is noted with the checks that were held: this one as it would have been
    for name in ("protect", "steward"):
        write_json(project.quality / f"{name}.json", {"scrambled": draw.random(), "critical_failures": 0})
    (project.quality / "liste.xlsx").write_bytes(draw.randbytes(64))
    for path in sorted((project.build / "quality").rglob("*.html")):
        path.write_bytes(draw.randbytes(64))
    return other


def held(project: Project) -> set[str]:
    """Return the checks of marts whose query reads what no trial moves."""
    found = set()
    for path in sorted((project.expectations / "marts").glob("mart_*__register.yml")):
        for item in re.split(r"^  - id: ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
            if re.search(r"\b(mart_student__year|linked_by_number_count|stg_\w+)\b", item):
                found.add(item.split("\n", 1)[0].strip())
    return found


def outcomes(project: Project) -> dict[str, str]:
    """Return check → outcome, of both layers."""
    return {
        row["id"]: row["outcome"]
        for layer in ("staging", "marts")
        for row in json.loads((project.quality / f"{layer}.json").read_text(encoding="utf-8"))["checks"]
    }


def audited(project: Project, result: Result, draw: random.Random) -> None:
    """Let the public side in, with what the audit says inside scrambled."""
    said: dict[str, Any] = content(project, result)
    said |= {name: draw.randint(0, 99_999) for name in said if name.endswith("_count") and name != "leaks_count"}
    write_json(result_path(project), {**said, "by_table": [], "protected_sha256": digest_of_protected(project)})


def published(project: Project, languages: tuple[str, ...]) -> Hashes:
    """Publish from nothing, language by language, figures as what they are drawn from; return file → hash.

    What `seal` would add to them is in it, and all of `data/protected`.
    """
    found: Hashes = {}
    for lang in languages:
        settings = project.choose(lang=lang)
        (project.fingerprints / "publish.json").unlink(missing_ok=True)
        with (
            patch.object(publish_stage, "drawings", lambda them, _: [str(one.fingerprint()) for one in them]),
            patch.object(publish_stage, "begin_library", lambda *_: None),
        ):
            publish.run(project, settings)
        found |= {f"{lang}: {name}": sha for name, sha in hashes(project).items()}
    inputs = manifest.inputs_of(project, project.settings().edition)
    said = {"quality": quality_statement(project), "lineage": lineage(project), "inputs": inputs,
            "ledger": lines_of(project, project.protected).rows()}  # fmt: skip
    return found | {f"edition: {name}": hashlib.sha256(repr(one).encode()).hexdigest() for name, one in said.items()}


def made_public(project: Project, languages: tuple[str, ...]) -> Hashes:
    """Publish, render and seal from nothing, language by language; return file → hash of everything public."""
    found: Hashes = {}
    for lang in languages:
        settings = project.choose(lang=lang)
        for stage in ("publish", "render"):
            (project.fingerprints / f"{stage}.json").unlink(missing_ok=True)
        publish.run(project, settings)
        render.run(project, settings)
        seal.run(project, settings)
        sealed(project)
        found |= {f"{lang}: {name}": sha for name, sha in hashes(project).items()}
        for path in (project.root / "editions").rglob("*"):
            path.chmod(0o755)
        shutil.rmtree(project.root / "editions")
    return found


def sealed(project: Project) -> None:
    """Seal what was built, the database written as its rows: DuckDB gives the same rows other bytes each time."""

    def as_rows(folder: Path) -> None:
        import duckdb  # here: the processes that draw import this file, and need none of it

        write_database(folder)
        with duckdb.connect(str(folder / DATABASE), read_only=True) as connection:
            tables = connection.sql("select * from duckdb_tables() order by all").fetchall()
            columns = connection.sql("select * from duckdb_columns() order by all").fetchall()
            rows = [connection.table(name).fetchall() for name in sorted(row[4] for row in tables)]
        (folder / DATABASE).write_text(repr((len(tables), len(columns), rows)), encoding="utf-8")

    if not (project.root / ".git").exists():
        for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "start"]):
            subprocess.run(["git", *command], cwd=project.root, check=True, env={**os.environ, **SOMEONE})
    else:
        subprocess.run(["git", "checkout", "-q", "--", "."], cwd=project.root, check=True)
    with patch.object(sealing, "write_database", as_rows):
        sealing.seal(project, DAY, allow_simulated=True)


def hashes(project: Project) -> Hashes:
    """Return file → SHA-256 of everything public."""
    files = [path for name in PUBLIC for path in sorted((project.root / name).rglob("*")) if path.is_file()]
    files += [path for path in sorted(project.build.iterdir()) if path.is_file()]
    return {path.relative_to(project.root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def non_interference(
    source: Path, result: Result, trials: int, whole: int = 0, languages: tuple[str, ...] = ("fr",)
) -> int:
    """Print what each trial changed and whether every public byte stayed; return how many of them left all alone."""
    same, world = 0, possible(result.laid)
    with tempfile.TemporaryDirectory() as folder:
        before = copied(source, Path(folder) / "before")
        hidden = the_pattern(before)
        wanted_outcomes: dict[str, str] | None = None
        wanted: Hashes = {}
        for trial in range(-1, trials):
            start, draw = time.process_time(), random.Random(trial)
            project = before if trial < 0 else copied(source, Path(folder) / f"trial{trial}")
            settings = project.settings()
            cells = 0 if trial < 0 else applied(project, world, moved(world, draw))
            targets.run(project, settings)
            other = checked_again(project, settings, draw, wanted_outcomes)
            protected_again(project, hidden)
            audited(project, result, draw)
            found = published(project, languages)
            if trial < whole:
                found |= {f"whole: {name}": sha for name, sha in made_public(project, languages).items()}
            seconds = time.process_time() - start
            if trial < 0:
                wanted, wanted_outcomes = found, outcomes(project)
                print(f"{len(wanted)} public files and statements ({seconds:.0f} s of this process)", flush=True)
                continue
            names = {name for name in wanted.keys() | found.keys() if trial < whole or not name.startswith("whole: ")}
            differ = sorted(name for name in names if found.get(name) != wanted.get(name))
            same += not differ
            print(f"trial {trial}: {cells} cells changed, {len(differ)} of {len(names)} differ, checks with another "
                  f"outcome: {other or 'none'} ({seconds:.0f} s)", flush=True)  # fmt: skip
            for name in differ[:10]:
                print(f"  {name} differs", flush=True)
            if not differ:
                shutil.rmtree(project.root)
    return same


def main() -> None:
    """Run the trials."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--whole", type=int, default=2, help="Trials that go on to the sealed edition.")
    parser.add_argument("--lang", action="append", choices=("fr", "en"))
    asked = parser.parse_args()
    source = asked.folder.resolve()
    with tempfile.TemporaryDirectory() as folder:
        result = attack(copied(source, Path(folder) / "audited"))
    print(f"{int((result.laid.puzzle.audited & result.laid.puzzle.unknown).sum())} hidden cells attacked, "
          f"{len(result.findings)} findings", flush=True)  # fmt: skip
    same = non_interference(source, result, asked.trials, asked.whole, tuple(asked.lang or ["fr"]))
    print(f"non-interference: {same} of {asked.trials} changes left every public byte alone")


if __name__ == "__main__":
    main()
