"""Registers in every layout: taken in as tokens, and no damage to their bytes ends otherwise than in a message.

The malformed ones stand in `tests/fixtures/fail`, see `test_corpus.py`.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result

from pipelines.cli import observatoire
from pipelines.kernel.identity import KEY
from pipelines.kernel.project import Project
from tests.register_corpus import bases, damaged, is_workbook, make
from tests.register_tables import PROJECT

SECRETS = ("7700000", "815000", "Canari", "Jaune", "12/03/2005", "2005-03-12", "canari@")
"""Beginnings of every identifier and personal cell of the corpus."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project with its sidecars and its reference, a key in the environment, and an extract taken in before."""
    project = Project(tmp_path_factory.mktemp("observatory"))
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(PROJECT.root / name, project.root)
    shutil.copytree(PROJECT.sources, project.sources)
    shutil.copytree(PROJECT.reference, project.reference)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(KEY, "5ec2e7" * 11)
        patch.setenv("OBSERVATOIRE_HOME", project.root.as_posix())
        yield project


def add(path: Path, source: str) -> Result:
    return CliRunner().invoke(observatoire, ["add", str(path), "--source", source])


@pytest.mark.parametrize("base", bases())
def test_what_the_cases_are_made_from_is_taken_in(home: Project, tmp_path: Path, base: str) -> None:
    result = add(make(base, tmp_path), bases()[base]["source"])
    assert result.exit_code == 0, result.output
    assert f"laid out as {base.split('-')[1]}" in result.output
    written = "".join(path.read_bytes().decode("latin-1") for path in home.raw.rglob("*") if path.is_file())
    (tokens,) = home.raw.rglob("*.parquet")
    cells = str(pl.read_parquet(tokens).rows())  # Parquet is compressed
    for secret in SECRETS:
        assert secret not in result.output + written + cells
    shutil.rmtree(home.raw)


@pytest.mark.parametrize("base", bases())
def test_no_damage_to_a_file_ends_otherwise_than_in_a_message(home: Project, tmp_path: Path, base: str) -> None:
    """Bytes changed, lost or doubled anywhere, in the archive of a workbook too: taken in or refused, no traceback."""
    sound = make(base, tmp_path).read_bytes()
    for seed in range(4):
        path = tmp_path / f"{seed}{'.xlsx' if is_workbook(base) else '.csv'}"
        path.write_bytes(damaged(sound, random.Random(seed)))
        result = add(path, bases()[base]["source"])
        assert result.exit_code in (0, 2), result.exception
    shutil.rmtree(home.raw, ignore_errors=True)
