"""Progress: on a terminal a line that is written over, elsewhere nothing but the lines that stay."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

PERIOD = 0.5
"""Seconds between two looks of a line that counts by itself."""


class Live:
    """A line on standard error that the next one takes the place of. Where that is no terminal it is not shown."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self.is_shown = self._stream.isatty()
        self._lock = threading.Lock()

    def show(self, text: str) -> None:
        """Write the line anew. The cursor goes back to its start: what a stage prints by itself stands over it."""
        if self.is_shown:
            width = shutil.get_terminal_size().columns - 1
            with self._lock:
                self._stream.write(f"\r\x1b[K{text[:width]}\r")
                self._stream.flush()

    def clear(self) -> None:
        """Take the line away."""
        if self.is_shown:
            with self._lock:
                self._stream.write("\r\x1b[K")
                self._stream.flush()

    def say(self, text: str, *, err: bool = False) -> None:
        """Print a line that stays, in place of the one that does not."""
        self.clear()
        print(text, file=self._stream if err else sys.stdout, flush=True)

    @contextmanager
    def counting(self, text_after: Callable[[float], str]) -> Iterator[None]:
        """Show what `text_after` makes of the seconds that went by, while the block runs."""
        if not self.is_shown:
            yield
            return
        done = threading.Event()
        start = time.monotonic()

        def count() -> None:
            while not done.wait(PERIOD):
                self.show(text_after(time.monotonic() - start))

        self.show(text_after(0))
        counter = threading.Thread(target=count, daemon=True)
        counter.start()
        try:
            yield
        finally:
            done.set()
            counter.join()
            self.clear()
