"""HiGHS as this project starts it: without the lines that it prints on standard output when it is made."""

from __future__ import annotations

import ctypes
import os
import sys
from typing import Any


def silent_solver() -> Any:
    """Return a new HiGHS. What it prints of itself would stand in the midst of a command's answer, in JSON too."""
    import highspy

    sys.stdout.flush()
    kept = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        made = highspy.Highs()
        if sys.platform != "win32":
            ctypes.CDLL(None).fflush(None)  # what C still holds back would come out later
        return made
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)
