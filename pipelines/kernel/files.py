"""How files are written: whole or not at all, and the same bytes for the same content."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # polars takes 0.15 s to import and many verbs never touch a frame
    import polars as pl

ROW_GROUP = 131_072
"""Rows per Parquet row group. Polars picks its own otherwise, and not the same from run to run."""

PARQUET = f"format parquet, compression zstd, compression_level 1, row_group_size {ROW_GROUP:d}"
"""How DuckDB writes tables. Tokens hardly shrink: a higher level takes longer and gains nothing."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`; on success it replaces `path` in one rename, on failure it goes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    os.close(handle)
    part = Path(name)
    try:
        yield part
        part.chmod(0o644)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """Give an empty temporary folder beside `path`; on success it takes the place of `path`, on failure it goes.

    A folder cannot be replaced in one rename when the old one is not empty: the old one steps aside first and
    is put back if the second rename fails.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent))
    part.chmod(0o755)
    try:
        yield part
        into_place(part, path)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def link_or_copy(path: Path, target: Path) -> None:
    """Let `target` be the file at `path` under a second name, or a copy where the file system has no such names.

    For files that are only ever replaced by a rename: what is written through one name shows under the other.
    """
    try:
        os.link(path, target)
    except OSError:
        shutil.copy2(path, target)


def into_place(part: Path, path: Path) -> None:
    """Let a file or folder that is ready take the place of `path`, a file or folder too."""
    if not part.is_dir() and not path.is_dir():
        part.replace(path)
        return
    aside = path.with_name(f".{path.name}.{os.getpid()}.old")  # what a killed process left is in nobody's way
    if path.exists():
        path.rename(aside)
    try:
        part.rename(path)
    except OSError:
        if aside.exists():
            aside.rename(path)
        raise
    remove(aside)


def remove(path: Path) -> None:
    """Remove a file or a folder, if it is there."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path`, atomically."""
    with replacing(path) as part:
        part.write_bytes(content)


def write_text(path: Path, content: str) -> None:
    """Write `content` to `path` as UTF-8 with Unix line ends, atomically."""
    write_bytes(path, content.encode("utf-8"))


def write_json(path: Path, content: Any) -> None:
    """Write `content` to `path` as indented JSON with sorted keys, atomically."""
    write_text(path, json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n")


def write_parquet(path: Path, frame: pl.DataFrame, order_by: Sequence[str]) -> None:
    """Write `frame` to `path` as Parquet, atomically, sorted by `order_by` (its grain).

    The same rows in any order give the same bytes provided `order_by` is unique. Raises `ValueError` when it
    is not: the caller has the grain wrong.
    """
    sorted_frame = frame.sort(list(order_by), nulls_last=False, maintain_order=True)
    if sorted_frame.select(order_by).is_duplicated().any():
        raise ValueError(f"{path.name}: {', '.join(order_by)} is not unique, so it is not the grain")
    with replacing(path) as part:
        sorted_frame.write_parquet(
            part, compression="zstd", compression_level=3, statistics=True, row_group_size=ROW_GROUP
        )


def write_csv(path: Path, frame: pl.DataFrame, order_by: Sequence[str]) -> None:
    """Write `frame` to `path` as UTF-8 CSV with a comma and Unix line ends, atomically, sorted by `order_by`."""
    with replacing(path) as part:
        frame.sort(list(order_by), nulls_last=False, maintain_order=True).write_csv(part)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, as 64 hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sha256_of_text(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8, as 64 hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
