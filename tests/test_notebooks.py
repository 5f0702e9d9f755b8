"""The notebooks as they are kept: nothing they printed, no place on a machine. test_pipeline runs them."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = sorted((Path(__file__).resolve().parent.parent / "notebooks").glob("*.ipynb"))


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
