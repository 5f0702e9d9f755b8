"""Where tables go that do not fit into the memory allowed: a folder inside `data/` that goes with whoever made it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from pipelines.kernel.project import Project

PREFIX = ".spill-"


@contextmanager
def spill_folder(project: Project) -> Iterator[Path]:
    """Give an empty folder `data/.spill-<process>-…` for tokens, codes and counts; never for identifiers.

    What a process that was killed has left is removed first.
    """
    project.data.mkdir(parents=True, exist_ok=True)
    for left in project.data.glob(f"{PREFIX}*"):
        if not _is_alive(left.name.removeprefix(PREFIX).split("-")[0]):
            shutil.rmtree(left, ignore_errors=True)
    with TemporaryDirectory(prefix=f"{PREFIX}{os.getpid()}-", dir=project.data) as folder:
        yield Path(folder)


def _is_alive(process: str) -> bool:
    if os.name == "nt" or not process.isdecimal():
        return True  # a signal would end the process there, whoever it is
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
