"""Drawing beside the stage: the order of the answers, what waits is dropped, and lines as the font measures them."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from pathlib import Path
from typing import Any

import pytest

from pipelines.kernel.freshness import Freshness
from pipelines.kernel.project import Project
from pipelines.kernel.workers import Workers
from pipelines.publish import stage
from pipelines.publish.picture import Picture
from pipelines.publish.style import LINE, fitted, length
from pipelines.publish.workers import weight
from tests.brands import LOOK


def picture(name: str, rows: int, facets: int = 0) -> Picture:
    options: dict[str, object] = {"facets": [str(place) for place in range(facets)]} if facets else {}
    return Picture(name, "lines", "", "", "", "", "fr", {"year": list(range(rows))}, options)


class Slate(Workers):
    """Notes the tasks it is given and answers each with the name of its picture."""

    def __init__(self) -> None:
        super().__init__()
        self.given: list[str] = []

    def submit(self, task: Callable[..., Any], *args: Any, **kwargs: Any) -> Future[Any]:
        assert task.__name__ == "drawn"
        assert not kwargs
        self.given.append(args[0].name)
        answer: Future[Any] = Future()
        answer.set_result(args[0].name)
        return answer


def test_the_longest_drawings_begin_first_and_the_answers_keep_their_order() -> None:
    slate = Slate()
    pictures = [picture("short", 3), picture("long", 90), picture("panels", 9, 8), picture("middle", 20)]
    assert list(stage.drawings(pictures, LOOK, slate)) == ["short", "long", "panels", "middle"]
    assert slate.given == ["panels", "long", "middle", "short"]
    assert weight(picture("none", 0)) == (1, 0)


def test_what_waits_is_dropped_when_the_stage_fails() -> None:
    waiting: list[Future[float]] = []
    with pytest.raises(KeyError), Workers() as workers:
        waiting += [workers.submit(random.random) for _ in range(300)]
        raise KeyError
    assert all(answer.done() for answer in waiting)
    with pytest.raises(CancelledError):
        waiting[-1].result()


def test_lines_end_where_measuring_word_by_word_ends_them() -> None:
    chance = random.Random(6)
    words = [
        "Les",
        "étudiants",
        "en",
        "B.U.T.",
        "(2008–2024)",
        ":",
        "1\u202f234,",
        "Midi-Pyrénées",
        "inscrits",
        "anticonstitutionnel",
    ]
    for size, bold in ((12.0, True), (9.5, False), (8.5, False)):
        for _ in range(6):
            text = " ".join(chance.choices(words, k=chance.randrange(1, 60)))
            lines: list[str] = []
            for word in text.split(" "):
                longer = f"{lines[-1]} {word}" if lines else word
                if lines and length(longer, size, bold=bold) <= LINE:
                    lines[-1] = longer
                else:
                    lines.append(word)
            assert fitted(text, size, bold=bold) == "\n".join(lines)


def test_several_fingerprints_are_remembered_at_once(tmp_path: Path) -> None:
    freshness = Freshness(Project(tmp_path), "publish")
    freshness.remember_all({})
    assert not any(tmp_path.rglob("*.json")), "nothing made, nothing written"
    freshness.remember_all({"one": "1", "two": "2"})
    again = Freshness(Project(tmp_path), "publish")
    assert again.is_fresh("one", "1", [])
    assert again.is_fresh("two", "2", [])
    assert not again.is_fresh("two", "3", [])
