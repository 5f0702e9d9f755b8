"""Hashes of large files, remembered: a register of 25 years is not read again to find that 24 have not changed.

A file is taken for the one that was hashed while its inode, its size and its time of change are the same, which is what
DVC asks as well. A file that changed a moment before it was hashed is hashed again: clocks of file systems are coarse,
and it may have changed once more within the same tick.
"""

from __future__ import annotations

import json
import time
from functools import cache
from pathlib import Path

from pipelines.kernel.files import sha256_of, write_json
from pipelines.kernel.project import Project

NOTE = "hashes.json"
"""Name of the note, in `data/.fingerprints/`."""

LARGE = 1 << 20
"""Bytes from which a hash is remembered: a smaller file is read as fast as the note."""

_SETTLED = 2 * 10**9
"""Nanoseconds since a file's change after which its time of change tells it apart: the coarsest clock ticks as far."""


class Hashes:
    """The hashes that are known of one project's large files."""

    def __init__(self, project: Project) -> None:
        self._root = project.root
        self._path = project.fingerprints / NOTE
        self._known: dict[str, list[object]] | None = None
        self._is_changed = False

    def of(self, path: Path) -> str:
        """Return the SHA-256 of a file, read only if it may have changed since it was last read."""
        stat = path.stat()
        if stat.st_size < LARGE or not path.is_relative_to(self._root):
            return sha256_of(path)
        known = self._load()
        name, state = path.relative_to(self._root).as_posix(), [stat.st_ino, stat.st_size, stat.st_mtime_ns]
        found = known.get(name, [])
        if found[:3] == state and len(found) == 4:
            return str(found[3])
        made = sha256_of(path)
        if time.time_ns() - stat.st_mtime_ns > _SETTLED:
            known[name] = [*state, made]
            self._is_changed = True
        return made

    def save(self) -> None:
        """Write what was learnt, less what is no longer there."""
        if self._is_changed:
            write_json(self._path, {name: said for name, said in self._load().items() if (self._root / name).exists()})
            self._is_changed = False

    def _load(self) -> dict[str, list[object]]:
        if self._known is None:
            self._known = json.loads(self._path.read_text(encoding="utf-8")) if self._path.exists() else {}
        return self._known


@cache
def hashes_of(project: Project) -> Hashes:
    """Return the hashes of a project: one memory for all that ask in one process."""
    return Hashes(project)
