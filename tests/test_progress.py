"""Progress: a line that counts on a terminal, only lines that stay elsewhere, and an estimate from the last time."""

from __future__ import annotations

import io
import json
import time

import pytest

from pipelines.kernel.project import Project
from pipelines.pace import Pace
from pipelines.progress import Live


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_where_there_is_no_terminal_nothing_is_written(empty_project: Project) -> None:
    stream = io.StringIO()
    live = Live(stream)
    live.show("half")
    live.clear()
    with Pace(empty_project, live).working("protect"):
        pass
    assert stream.getvalue() == ""


def test_the_line_is_written_over_and_goes() -> None:
    stream = Terminal()
    live = Live(stream)
    with live.counting(lambda seconds: f"at work {seconds:.0f} s"):
        assert "at work 0 s" in stream.getvalue()
    assert stream.getvalue().endswith("\r\x1b[K")
    assert "\n" not in stream.getvalue()


def test_the_line_counts_while_the_block_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.progress.PERIOD", 0.01)
    seen: list[float] = []

    def told(seconds: float) -> str:
        seen.append(seconds)
        return "x"

    with Live(Terminal()).counting(told):
        time.sleep(0.1)
    count = len(seen)
    assert count > 2
    assert seen == sorted(seen)
    time.sleep(0.03)
    assert len(seen) == count  # nobody counts on


def test_a_block_that_fails_stops_the_count_and_is_not_remembered(empty_project: Project) -> None:
    stream = Terminal()
    pace = Pace(empty_project, Live(stream))
    with pytest.raises(ValueError, match="x"), pace.working("protect"):
        raise ValueError("x")
    assert stream.getvalue().endswith("\r\x1b[K")
    assert not (empty_project.fingerprints / "durations.json").exists()


def test_what_it_took_last_time_is_what_it_may_take(empty_project: Project) -> None:
    pace = Pace(empty_project)
    assert pace.told("protect", 3.2, "[ 9/13] protect", ["audit", "render"]) == "[ 9/13] protect … 3 s"
    pace.remember("protect", 12.34)
    pace.remember("audit", 20)
    assert pace.told("protect", 3.2, after=["audit"]) == "protect … 3 s of about 12 s; then 20 s at most"
    assert pace.told("protect", 3.2, after=["audit", "render"]) == "protect … 3 s of about 12 s"  # render is unknown
    assert pace.told("protect", 15) == "protect … 15 s, longer than last time (12 s)"
    pace.remember("protect", 0.01)  # it had nothing to do: that is no estimate
    assert Pace(empty_project).told("protect", 0) == "protect … 0 s of about 12 s"


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"protect": "long"}', "null"])
def test_a_damaged_note_costs_an_estimate_and_nothing_else(empty_project: Project, text: str) -> None:
    path = empty_project.fingerprints / "durations.json"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    pace = Pace(empty_project)
    assert pace.told("protect", 1) == "protect … 1 s"
    pace.remember("protect", 2)
    assert json.loads(path.read_text(encoding="utf-8")) == {"protect": 2}
