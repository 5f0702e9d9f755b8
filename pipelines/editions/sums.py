"""The hashes of an edition: written as `SHA256SUMS`, which `sha256sum -c` reads on any machine, and recomputed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from pipelines.kernel.files import sha256_of

SUMS = "SHA256SUMS"
LINE = re.compile(r"(?P<sha256>[0-9a-f]{64})  (?P<file>.+)")


def hashes_below(folder: Path) -> dict[str, str]:
    """Return path → SHA-256 of every file below `folder` but `SHA256SUMS`, in the order of paths."""
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return {name: sha256_of(folder / name) for name in files if name != SUMS}


def sums_text(hashes: Mapping[str, str]) -> str:
    """Return the content of `SHA256SUMS`: a line a file, in the order of paths."""
    return "".join(f"{sha256}  {name}\n" for name, sha256 in sorted(hashes.items()))


def listed_hashes(folder: Path) -> dict[str, str]:
    """Return path → SHA-256 as `SHA256SUMS` lists them; lines that are none are left out."""
    lines = (folder / SUMS).read_text(encoding="utf-8").split("\n")
    return {match["file"]: match["sha256"] for line in lines if (match := LINE.fullmatch(line)) is not None}


def faults(folder: Path) -> list[str]:
    """Return what is not as it was sealed in `folder`, one sentence each; empty when every byte is.

    `SHA256SUMS` must read exactly as it is written from the hashes found, so a change in it is found as well.
    """
    path = folder / SUMS
    if not path.is_file():
        return [f"{SUMS}: the list of hashes is missing."]
    found = hashes_below(folder)
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        return [f"{SUMS}: the list of hashes is no longer text."]
    listed = {}
    told = []
    for number, line in enumerate(text.split("\n")[:-1], start=1):
        match = LINE.fullmatch(line)
        if match is None:
            told.append(f"{SUMS}, row {number}: the line is not a hash and a file.")
        else:
            listed[match["file"]] = match["sha256"]
    told += [f"{name}: the file is gone." for name in sorted(set(listed) - set(found))]
    told += [
        f"{name}: the file was not there when the edition was sealed." for name in sorted(set(found) - set(listed))
    ]
    told += [
        f"{name}: its bytes are not those that were sealed."
        for name in sorted(set(found) & set(listed))
        if found[name] != listed[name]
    ]
    if not told and text != sums_text(found):
        told.append(f"{SUMS}: the list itself was changed.")
    return told
