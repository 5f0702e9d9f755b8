"""Whether anything changed since the last run that ended well: asked before DVC is started, which takes a second.

The answer is as exact as DVC's own, which takes a file for unchanged while its inode, size and time of change are the
same: so are the files of every stage here, whether it reads or writes them. A run notes what each stage found before it
began and what it left; if at its end anything differs from that, because somebody wrote in the meantime, nothing is
noted and the next run asks DVC. So it does whenever the answer is no.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from pipelines.kernel.files import sha256_of_text, write_json
from pipelines.kernel.labels import paths
from pipelines.kernel.project import Project

NOTE = "run.json"
"""Name of the note, in `data/.fingerprints/`."""

IGNORED = ".dvcignore"

_ALWAYS = ("dvc.yaml", "dvc.lock", IGNORED, ".dvc/config")


class LastRun:
    """What the last run found and left, and what the run at work does."""

    def __init__(self, project: Project, stages: Mapping[str, Any]) -> None:
        self._root = project.root
        self._path = project.fingerprints / NOTE
        self._stages = stages
        self._ignored = _patterns(project.root / IGNORED)
        self._seen: dict[str, str] = {}

    def is_still_good(self) -> bool:
        """Say whether every file of every stage, and what the run is asked for, is as the last run left it."""
        if self._ignored is None or not self._path.exists():
            return False
        known = json.loads(self._path.read_text(encoding="utf-8"))
        everything = {path for stage in self._stages.values() for path in _files_of(stage)}
        return bool(known == self._states({*everything, *_ALWAYS}))

    def begins(self, stage: str) -> None:
        """Note what a stage is about to read."""
        for path, state in self._states(
            {*paths(self._stages[stage], "deps"), *_parameters(self._stages[stage])}
        ).items():
            self._seen.setdefault(path, state)

    def ends(self, stage: str) -> None:
        """Note what a stage has left. Whoever read it before, as a part of something else, reads something new."""
        self._seen.update(self._states(paths(self._stages[stage], "outs")))

    def leave(self) -> None:
        """Leave a note for the next run; none when a file is not as the stages found or left it."""
        now = self._states({*self._seen, *_ALWAYS})
        if self._ignored is None or any(now[path] != state for path, state in self._seen.items()):
            self._path.unlink(missing_ok=True)
        else:
            write_json(self._path, now)

    def _states(self, wanted: Iterable[str]) -> dict[str, str]:
        return {path: sha256_of_text("\n".join(self._state(path))) for path in sorted(set(wanted))}

    def _state(self, path: str) -> Iterator[str]:
        whole = self._root / path
        if whole.is_dir():
            yield from self._below(path)
        elif whole.exists():
            yield _told(path, whole.stat())

    def _below(self, folder: str) -> Iterator[str]:
        with os.scandir(self._root / folder) as found:
            items = sorted(found, key=lambda item: item.name)
        for item in items:
            path = f"{folder}/{item.name}"
            if any(fnmatchcase(path if "/" in pattern else item.name, pattern) for pattern in self._ignored or ()):
                continue
            if item.is_dir():
                yield from self._below(path)
            else:
                yield _told(path, item.stat())


def _told(path: str, stat: os.stat_result) -> str:
    return f"{path} {stat.st_ino} {stat.st_size} {stat.st_mtime_ns}"


def _files_of(stage: Mapping[str, Any]) -> list[str]:
    return [*paths(stage, "deps"), *paths(stage, "outs"), *_parameters(stage)]


def _parameters(stage: Mapping[str, Any]) -> list[str]:
    """Return the files that hold the parameters of a stage."""
    return [next(iter(item)) if isinstance(item, dict) else "params.yaml" for item in stage.get("params", ())]


def _patterns(path: Path) -> tuple[str, ...] | None:
    """Return what DVC does not look at; `None` when it says so in a way that is not understood here."""
    if not path.exists():
        return ()
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    patterns = tuple(line for line in lines if line and not line.startswith("#"))
    strange = any("!" in line or "**" in line or line.startswith("/") or line.endswith("/") for line in patterns)
    return None if strange else patterns
