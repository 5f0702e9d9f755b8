"""What test processes share is made once, whoever comes first, and not a second time after a failure."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.shared import HOME, once


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOME, str(tmp_path))


def test_four_that_need_it_at_once_make_it_once() -> None:
    made: list[str] = []

    def make(folder: Path) -> None:
        made.append(folder.name)
        (folder / "file").write_text("whole", encoding="utf-8")

    with ThreadPoolExecutor(4) as four:
        folders = list(four.map(lambda _: once("thing", make), range(4)))
    assert made == ["thing"]
    assert {(folder / "file").read_text(encoding="utf-8") for folder in folders} == {"whole"}


def test_what_could_not_be_made_is_not_tried_again_nor_read() -> None:
    with pytest.raises(ZeroDivisionError):
        once("thing", lambda _: 1 // 0)
    with pytest.raises(AssertionError, match="thing could not be made: the test that tried first says why"):
        once("thing", lambda _: None)
