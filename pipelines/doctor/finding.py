"""One thing that was looked at."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "note", "missing"]


@dataclass(frozen=True, slots=True)
class Finding:
    """A thing, what was found of it, what its lack costs and how to get it (whole sentences, blank when it is ok)."""

    name: str
    state: State
    found: str
    costs: str = ""
    get: str = ""
    is_essential: bool = False

    @property
    def stops(self) -> bool:
        """Whether nothing can be relied on without it."""
        return self.is_essential and self.state == "missing"


def answer_of(command: Sequence[str], seconds: float = 3.0) -> str | None:
    """Return the first line a program answers; `None` when it is not there, fails, or takes too long."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    said = (done.stdout or done.stderr).strip().splitlines()
    return said[0].strip() if done.returncode == 0 and said else None
