"""How long a step took last time, and what that says of how long it still takes: `data/.fingerprints/durations.json`.

Only what is shown depends on it. Steps are named as people call them: a stage by its name, a command by its verb.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pipelines.kernel.files import write_json
from pipelines.kernel.project import Project
from pipelines.progress import Live

WORTH = 0.5
"""Seconds below which a step is not worth an estimate: it was up to date, or it is over before one is read."""


class Pace:
    """The durations of the steps of one project, in seconds, and the line that counts while one is at work."""

    def __init__(self, project: Project, live: Live | None = None) -> None:
        self._path: Path = project.fingerprints / "durations.json"
        self._live = live or Live()
        self._known = _read(self._path)

    @contextmanager
    def working(self, name: str, head: str = "", after: Sequence[str] = ()) -> Iterator[None]:
        """Count while the block runs, and remember how long it took when it ends well; `after` are steps to come."""
        start = time.monotonic()
        with self._live.counting(lambda seconds: self.told(name, seconds, head, after)):
            yield
        self.remember(name, time.monotonic() - start)

    def told(self, name: str, seconds: float, head: str = "", after: Sequence[str] = ()) -> str:
        """Return the line: how long it has been at work, out of how much last time, and what may come after it."""
        text = f"{head or name} … {seconds:.0f} s"
        usual = self._known.get(name)
        if usual is not None:
            text += f" of about {usual:.0f} s" if seconds <= usual else f", longer than last time ({usual:.0f} s)"
        rest = sum(self._known.get(step, 0) for step in after)
        if rest >= 1:
            text += f"; then {rest:.0f} s at most" if all(step in self._known for step in after) else ""
        return text

    def remember(self, name: str, seconds: float) -> None:
        """Note how long a step took, unless it had next to nothing to do."""
        if seconds >= WORTH:
            self._known[name] = round(seconds, 1)
            write_json(self._path, self._known)


def _read(path: Path) -> dict[str, float]:
    """Return what was noted; nothing when the note was damaged: it holds estimates, and the next run makes it again."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return {str(name): float(seconds) for name, seconds in content.items()}
    except (FileNotFoundError, ValueError, AttributeError, TypeError):
        return {}
