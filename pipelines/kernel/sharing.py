"""Work shared out between this process and others, which are started before there is any and take it as they can."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from types import TracebackType
from typing import Generic, Self, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Helpers:
    """So many processes besides this one; none is started before `start`. To be used as a context."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        """Begin; no process starts yet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        """End the processes; what waits is dropped."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def start(self, task: Callable[[], object]) -> None:
        """Start them, once, each with this task, which loads what is needed later."""
        if self._pool is None and self._count > 0:
            # Spawned, not forked: polars has started threads by now, and a fork would copy their locks.
            self._pool = ProcessPoolExecutor(self._count, mp_context=get_context("spawn"))
            for _ in range(self._count):
                self._pool.submit(task)

    def ask(self, task: Callable[[T], R], items: Sequence[T]) -> Asked[T, R]:
        """Ask for the task to be done for each item; without processes, nothing is done before `answers`."""
        asked = [] if self._pool is None else [self._pool.submit(task, item) for item in items]
        return Asked(task, items, asked)


class Asked(Generic[T, R]):
    """Work that was asked for."""

    def __init__(self, task: Callable[[T], R], items: Sequence[T], asked: Sequence[Future[R]]) -> None:
        self._task, self._items, self._asked = task, items, asked

    def answers(self) -> list[R]:
        """Return the answers, in the order of the items; this process takes the last ones as long as any wait."""
        if not self._asked:
            return [self._task(item) for item in self._items]
        found: dict[int, R] = {}
        for number in reversed(range(len(self._items))):
            if self._asked[number].cancel():
                found[number] = self._task(self._items[number])
        return [found[number] if number in found else one.result() for number, one in enumerate(self._asked)]
