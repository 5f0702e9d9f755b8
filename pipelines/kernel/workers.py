"""Processes that work while a stage goes on: started at the first task, ended with the block, done or not.

In a run they are copies of the process that has the libraries loaded (`kernel/warm.py`); elsewhere, and where that
process cannot be copied, they are started afresh and load what they need.
"""

from __future__ import annotations

import pickle
import socket
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar

from pipelines.kernel.warm import PATIENCE, called

COUNT = 2
"""One a core. The stage itself works beside them, so that no core waits while it writes."""

P = ParamSpec("P")
R = TypeVar("R")


class Workers:
    """A pool that costs nothing until `submit` is called. To be used as a context; left early, it drops what waits."""

    def __init__(self, count: int = COUNT) -> None:
        self._count = count
        self._pool: ProcessPoolExecutor | ThreadPoolExecutor | None = None
        self._copies: list[_Copy] = []
        self._mine = threading.local()

    def __enter__(self) -> Self:
        """Begin; no process starts yet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        """End the processes."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
        for copy in self._copies:
            copy.close()

    def submit(self, task: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Have a worker call `task`, in the order of the calls; the function and its arguments are pickled.

        The answer raises what the task raised, or `BrokenProcessPool` when the worker's process ended.
        """
        if self._pool is None:
            self._begin()
        if isinstance(self._pool, ThreadPoolExecutor):
            return self._pool.submit(self._sent, task, args, kwargs)
        assert self._pool is not None
        return self._pool.submit(task, *args, **kwargs)

    def _begin(self) -> None:
        first = _copied()
        if first is None:
            # Spawned, not forked: polars has started threads by now, and a fork would copy their locks.
            self._pool = ProcessPoolExecutor(self._count, mp_context=get_context("spawn"))
            return
        self._copies = [first, *(copy for _ in range(1, self._count) if (copy := _copied()) is not None)]
        waiting = iter(list(self._copies))
        lock = threading.Lock()

        def take() -> None:
            with lock:
                self._mine.copy = next(waiting)

        self._pool = ThreadPoolExecutor(len(self._copies), initializer=take)

    def _sent(self, task: Callable[..., R], args: Any, kwargs: Any) -> R:
        copy: _Copy = self._mine.copy
        result: R = copy.answer(task, args, kwargs)
        return result


class _Copy:
    """One worker's process, and the line to it."""

    def __init__(self, line: Connection, asked: socket.socket) -> None:
        self._line = line
        self._asked = asked

    def answer(self, task: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """Have it call `task`; return or raise what came of it."""
        try:
            self._line.send_bytes(pickle.dumps((task, args, kwargs)))
            is_well, result = pickle.loads(self._line.recv_bytes())
        except (EOFError, OSError) as error:
            raise BrokenProcessPool("a worker's process ended before it had answered") from error
        if is_well:
            return result
        raise result

    def close(self) -> None:
        """End the process, once what it is doing is done; wait until it has ended."""
        self._line.close()
        self._asked.recv(16)
        self._asked.close()


def _copied() -> _Copy | None:
    """Return a worker copied from the run's process that has the libraries; `None` when there is none to be had."""
    mine, its = socket.socketpair()
    with its:
        asked = called("pipelines.kernel.workers:serve", sys.path, (its.fileno(), 1, 2), PATIENCE)
    if asked is None:
        mine.close()
        return None
    return _Copy(Connection(mine.detach()), asked)


def serve(*path: str) -> None:
    """In a worker: do task after task, which come by standard input, until it ends; modules are those of `path`."""
    sys.path[:] = path
    with Connection(0) as line:
        while True:
            try:
                task, args, kwargs = pickle.loads(line.recv_bytes())
            except EOFError:
                return
            line.send_bytes(_done(task, args, kwargs))


def _done(task: Callable[..., Any], args: Any, kwargs: Any) -> bytes:
    try:
        return pickle.dumps((True, task(*args, **kwargs)))
    except Exception as error:  # whatever it is, who asked for the task is to be told
        return pickle.dumps((False, error))
