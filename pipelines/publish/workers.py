"""The processes that draw while the stage goes on: started at the first task, ended with the block, done or not."""

from __future__ import annotations

import gc
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from types import TracebackType
from typing import ParamSpec, Self, TypeVar

from pipelines.kernel.colours import Colours
from pipelines.publish.picture import Picture

COUNT = 2
"""One a core. The stage itself works beside them, so that no core waits while tables and workbooks are written."""

SELDOM = 50_000
"""Objects between two collections in a worker: a drawing makes many that live as long as it, looked through in vain
by the usual 700 (a tenth of the time)."""

P = ParamSpec("P")
R = TypeVar("R")


class Workers:
    """A pool that costs nothing until `submit` is called. To be used as a context; left early, it drops what waits."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        """Begin; no process starts yet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        """End the processes."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def submit(self, task: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Have a worker call `task`, in the order of the calls; the function and its arguments are pickled."""
        if self._pool is None:
            # Spawned, not forked: polars has started threads by now, and a fork would copy their locks.
            self._pool = ProcessPoolExecutor(COUNT, mp_context=get_context("spawn"))
        return self._pool.submit(task, *args, **kwargs)


def ready() -> None:
    """Load what draws, so that it is there when the first picture comes."""
    from pipelines.publish import drawing

    if not gc.get_freeze_count():
        gc.freeze()
        gc.set_threshold(SELDOM, 20, 100)
    del drawing


def drawn(picture: Picture, look: Colours) -> str:
    """Draw one picture in a worker."""
    ready()
    from pipelines.publish.drawing import draw

    return draw(picture, look)


def weight(picture: Picture) -> tuple[int, int]:
    """Return what a drawing's time grows with: its panels, then its rows."""
    panels = picture.options.get("facets") or picture.options.get("domains")
    rows = max((len(values) for values in picture.data.values()), default=0)
    return (len(panels) if isinstance(panels, list) else 1, rows)
