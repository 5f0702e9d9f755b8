"""Large registers in parts: which files make which year, and how many years are read in one go.

A register of several years that come in files of their own is staged a year at a time, so that a new year costs one
year and memory does not grow with the number of years. Which year a file holds is what its first row says; that all
its other rows say the same is checked when they are read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from pipelines.kernel.register_door import Opened
from pipelines.kernel.register_text import CsvFile

IN_MEMORY = 64 << 20
"""Bytes of CSV that are read in one go, identifiers and all, without leaving memory: under a million rows."""

Parts = Mapping[int, Sequence[Opened]]
"""Year → the files that make it."""

Files = Mapping[int, Sequence[Path]]
"""Year → where its rows come from."""

Cut = Callable[[Files], Mapping[int, Path]]
"""Told the files of a register's years, returns the years that need not be read again, and the file of each."""


def size_of(opened: Opened) -> int:
    """Return the bytes of a file; 0 of one whose cells were read already."""
    return opened.file.path.stat().st_size if isinstance(opened.file, CsvFile) else 0


def fits(files: Sequence[Opened]) -> bool:
    """Say whether files are read in one go."""
    return sum(map(size_of, files)) <= IN_MEMORY


def by_year(files: Sequence[Opened]) -> Parts | None:
    """Return the files of each year, in order; `None` for a register of which a file does not say its year."""
    found: dict[int, list[Opened]] = {}
    for one in files:
        year = _year_of(one)
        if year is None:
            return None
        found.setdefault(year, []).append(one)
    return dict(sorted(found.items()))


def in_chunks(parts: Parts) -> Iterator[dict[int | None, Sequence[Opened]]]:
    """Give years that are read in one go: as many as fit, and one at least."""
    chunk: dict[int | None, Sequence[Opened]] = {}
    size = 0
    for year, files in parts.items():
        more = sum(map(size_of, files))
        if chunk and size + more > IN_MEMORY:
            yield chunk
            chunk, size = {}, 0
        chunk[year] = files
        size += more
    if chunk:
        yield chunk


def _year_of(opened: Opened) -> int | None:
    if not isinstance(opened.file, CsvFile) or "year" not in opened.places:
        return None
    said = opened.file.first_row()[opened.places["year"]].strip()
    return int(said) if said.isdecimal() and len(said) == 4 else None
