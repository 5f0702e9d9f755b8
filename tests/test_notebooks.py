"""The notebooks as they are kept: nothing they printed, no place on a machine; run from top to bottom."""

from __future__ import annotations

import re
from pathlib import Path

import nbclient
import nbformat
import pytest

from pipelines.kernel.project import Project
from tests.cold_run import ColdRun

NOTEBOOKS = sorted((Path(__file__).resolve().parent.parent / "notebooks").glob("*.ipynb"))


@pytest.fixture(scope="module")
def copy(cold: ColdRun, tmp_path_factory: pytest.TempPathFactory) -> Project:
    return cold.copy_of_tables(tmp_path_factory.mktemp("observatory"))


def test_there_are_four() -> None:
    assert len(NOTEBOOKS) == 4


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_keeps_no_output_and_no_path(path: Path) -> None:
    book = nbformat.read(path, as_version=4)
    nbformat.validate(book)
    for cell in book.cells:
        assert not cell.get("outputs"), f"{path.name}: strip its outputs before committing"
        assert cell.get("execution_count") is None
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"/(home|Users|root|tmp|work)/|[A-Z]:\\\\", text)
    assert set(re.findall(r"(data/[a-z]+)/", text)) <= {
        "data/sources",
        "data/reference",
        "data/marts",
        "data/indicators",
    }
    for target in re.findall(r"\]\(([^)]+\.ipynb)\)", text):
        assert (path.parent / target).exists()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_from_top_to_bottom(copy: Project, monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    book = nbformat.read(copy.root / "notebooks" / path.name, as_version=4)
    monkeypatch.setenv("PYTHONPATH", str(copy.root))
    where = {"metadata": {"path": str(copy.root / "notebooks")}}
    nbclient.NotebookClient(book, timeout=120, kernel_name="python3", resources=where).execute()
