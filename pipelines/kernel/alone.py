"""One command at work in a work tree at a time: whoever comes second waits, and is told for whom.

The lock is one of the operating system on a file, so it goes with the process that holds it, however that ends: there
is nothing stale to clear away. What stands in the file (process, since when, doing what) is for people; it counts only
while somebody holds the lock.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO

from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project

COMMAND = ".command.lock"
"""Held by a command that writes, from its beginning to its end."""

STAGE = ".stage.lock"
"""Held by the process of one stage: it may outlive a run that was killed, and then still writes."""

_PAUSE = 0.1
"""Seconds between two tries."""

_FAR = 1 << 30
"""Where Windows locks a byte: beyond the text, which others may then read."""


@contextmanager
def alone(
    project: Project, doing: str, say: Callable[[str], None], *, waits: bool = True, lock: str = COMMAND
) -> Iterator[None]:
    """Hold the work tree while the block runs; `doing` is what another command is told, `say` takes the one line.

    With `waits` false it does not wait: `BadInput` is raised when another process is at work, and nothing was touched.
    """
    project.data.mkdir(exist_ok=True)
    path = project.data / lock
    with path.open("a+", encoding="utf-8") as stream:
        if not _taken(stream):
            if not waits:
                raise BadInput(
                    Problem(
                        project.shown(path),
                        f"{_who(path)} is at work in this folder",
                        "Wait until it ends, then start again; nothing was changed by this one.",
                    )
                )
            say(f"{_who(path)} is at work in this folder: waiting until it ends.")
            while not _taken(stream):
                time.sleep(_PAUSE)
        stream.seek(0)
        stream.truncate()
        json.dump({"process": os.getpid(), "since": f"{datetime.now():%Y-%m-%d %H:%M:%S}", "doing": doing}, stream)
        stream.flush()
        try:
            yield
        finally:
            stream.seek(0)
            stream.truncate()  # before the lock goes with the file: what stands in it is never said of the next one


@contextmanager
def one_stage(project: Project, name: str, say: Callable[[str], None]) -> Iterator[None]:
    """Hold the place of the one stage at work."""
    with alone(project, f"the stage {name}", say, lock=STAGE):
        yield


def _who(path: Path) -> str:
    """Say who holds the lock. What stands in the file may just be being written."""
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        return f"Process {said['process']} ({said['doing']}, since {said['since']})"
    except (OSError, ValueError, KeyError):
        return "Another process"


if sys.platform == "win32":
    import msvcrt

    def _taken(stream: IO[str]) -> bool:
        stream.seek(_FAR)
        try:
            msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _taken(stream: IO[str]) -> bool:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
