"""What a reader gets, all at once: `build/` changes in one rename from the last good report to the next.

Stages build in `data/build/`, file by file and over a minute. Once all of them have succeeded a folder is made beside
`build/` that holds the same files under second names, and the two change places. So at any moment `build/` is one
report as a whole, and a run that stops midway leaves the last good one. Only the pages of the checks are shown at once
when a check stops a run, since they say why.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
import tempfile
from collections.abc import Collection
from pathlib import Path

from pipelines.kernel.files import into_place, link_or_copy
from pipelines.kernel.project import Project

_HERE = -100
"""`AT_FDCWD`: paths are taken as they stand."""
_EXCHANGE = 2
"""`RENAME_EXCHANGE` of Linux, and `RENAME_SWAP` of macOS."""


def show(project: Project, only: Collection[str] | None = None) -> bool:
    """Let `build/` hold what the stages have built, or of it what is named in `only`; say whether anything changed."""
    built, public = project.build, project.public
    if built == public or not built.is_dir():
        return False
    wanted = {name: built / name for name in _files(built) if only is None or name.split("/")[0] in only}
    if only is not None:
        kept = {name: public / name for name in _files(public) if name.split("/")[0] not in only}
        wanted = {**kept, **wanted}
    if _files(public) == set(wanted) and all(_is_same(path, public / name) for name, path in wanted.items()):
        return False
    part = Path(tempfile.mkdtemp(prefix=f".{public.name}.", suffix=".part", dir=public.parent))
    try:
        part.chmod(0o755)
        for name, path in wanted.items():
            (part / name).parent.mkdir(parents=True, exist_ok=True)
            link_or_copy(path, part / name)
        _take_its_place(part, public)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return True


def _files(folder: Path) -> set[str]:
    """Return the files below a folder; none of a hidden one, or of one that is being written."""
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {path.as_posix() for path in found if not any(part.endswith((".part", ".old")) for part in path.parts)}


def _is_same(path: Path, shown: Path) -> bool:
    one, other = path.stat(), shown.stat()
    return os.path.samestat(one, other) or (one.st_size, one.st_mtime_ns) == (other.st_size, other.st_mtime_ns)


def _take_its_place(part: Path, public: Path) -> None:
    """Let two folders change places in one step; where the system has none, in two, one right after the other."""
    if public.is_dir() and _exchanged(part, public):
        return
    into_place(part, public)


def _exchanged(one: Path, other: Path) -> bool:
    """Exchange two folders in one step, where the system can; say whether it did."""
    name = {"linux": "renameat2", "darwin": "renamex_np"}.get(sys.platform)
    function = getattr(ctypes.CDLL(None), name, None) if name else None
    if function is None:
        return False
    first, second = os.fsencode(one), os.fsencode(other)
    paths = (_HERE, first, _HERE, second) if name == "renameat2" else (first, second)
    return bool(function(*paths, _EXCHANGE) == 0)
