"""The whole way under other settings: more threads and memory, an early edition in English, nothing that is simulated.

One project serves all tests of this module, in the order they stand in.
"""

from __future__ import annotations

import shutil

import polars as pl
import pytest

from pipelines.kernel.project import Project
from tests.cold_run import ColdRun, Observatoire, command, copy_of, hashes

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def other(cold: ColdRun, project: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project that nothing was run in but the choice of cells to hide: solved on one thread whatever is asked."""
    made = copy_of(project, tmp_path_factory.mktemp("other"))
    made.fingerprints.mkdir(parents=True)
    for name in ("patterns.json", "audit-parts.json"):
        shutil.copy2(cold.project.fingerprints / name, made.fingerprints)
    return made


@pytest.fixture(scope="module")
def observatoire(other: Project) -> Observatoire:
    return command(other)


def test_other_threads_and_another_memory_give_the_same_bytes(
    cold: ColdRun, other: Project, observatoire: Observatoire
) -> None:
    assert observatoire("run", "--memory", "4GB", "--threads", "4").returncode == 0
    mine, theirs = hashes(cold.project, "data", "build"), hashes(other, "data", "build")
    assert {name for name in mine if mine[name] != theirs.get(name)} == set()
    assert set(theirs) == set(mine)


def test_an_early_edition_in_english_knows_nothing_later(other: Project, observatoire: Observatoire) -> None:
    done = observatoire("run", "--edition", "2012", "--lang", "en", "--threads", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (other.build / "observatoire-2012.pdf").is_file()
    values = pl.read_parquet(other.build / "data" / "pub_values.parquet")
    assert values["year"].max() == 2012
    assert values.filter(
        (pl.col("indicator_code") == "ENR-DUT-BUT") & (pl.col("scope_code") == "ut3") & (pl.col("year") == 2012)
    )["value"].to_list() == [5363]
    states = pl.read_parquet(other.build / "data" / "pub_states.parquet")
    doubling = states.filter((pl.col("target_id") == "MOB-X2") & (pl.col("scope_code") == "midi-pyrenees"))
    assert doubling["state_code"].item() != "missed", "in 2012 the deadline had not passed"
    page = (other.build / "site" / "index.html").read_text(encoding="utf-8")
    assert '<html lang="en"' in page
    assert "L’essentiel" not in page


def test_observed_only_leaves_nothing_simulated(other: Project, observatoire: Observatoire) -> None:
    done = observatoire("run", "--observed-only", "--threads", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    for path in (other.build / "data").glob("*.parquet"):
        frame = pl.read_parquet(path)
        if "origin" in frame.columns:
            assert "simulated" not in frame["origin"].to_list(), path.name
    assert not [
        page.name for page in (other.build / "site").rglob("*.svg") if "simulé" in page.read_text(encoding="utf-8")
    ]
