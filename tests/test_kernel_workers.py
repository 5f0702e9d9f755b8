"""Workers of a stage: the same answers and the same errors, whether they are copies of a process or started afresh."""

from __future__ import annotations

import operator
import os
import time
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from pipelines.kernel import warm
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.workers import Workers


@pytest.fixture(params=["copied", "spawned"])
def way(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Both ways of coming to a worker."""
    way = str(request.param)
    if way == "spawned":
        monkeypatch.delenv(warm.ADDRESS, raising=False)
        yield way
        return
    if not warm.is_possible():
        pytest.skip("only Linux can make such children")
    monkeypatch.setattr("pipelines.kernel.workers.PATIENCE", 5.0)
    with warm.begun(tmp_path, ()):
        end = time.monotonic() + 10
        while not (tmp_path / "warm").exists():
            assert time.monotonic() < end
            time.sleep(0.02)
        yield way


def refuse(row: int) -> None:
    raise BadInput(Problem("file.csv", "No such rule", "Mend it.", row=row))


def test_answers_and_errors_are_those_of_the_task(way: str) -> None:
    with Workers() as workers:
        sums = [workers.submit(operator.add, number, 1) for number in range(20)]
        refused = workers.submit(refuse, 7)
        processes = {workers.submit(os.getpid).result() for _ in range(8)}
        assert [answer.result() for answer in sums] == list(range(1, 21))
        with pytest.raises(BadInput) as error:
            refused.result()
    assert [problem.line() for problem in error.value.problems] == ["file.csv, row 7: No such rule. Mend it."]
    assert os.getpid() not in processes
    assert 1 <= len(processes) <= 2
    assert not any(Path(f"/proc/{process}").exists() for process in processes), "they end with the block"
    if way == "copied":
        assert type(workers._pool).__name__ == "ThreadPoolExecutor"


def test_a_worker_that_dies_is_told_of(way: str) -> None:
    with Workers(1) as workers:
        answer = workers.submit(os._exit, 3)
        with pytest.raises(BrokenProcessPool):
            answer.result(30)
