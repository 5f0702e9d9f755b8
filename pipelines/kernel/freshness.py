"""Which made files are still what their inputs say: the reason why a change in one SQL file reruns one mart.

DVC decides which *stage* is out of date; inside a stage, this decides which *item* is (one source, one mart, one
figure, one page). A fingerprint is the hash of everything an item was made from: input files, code, settings.
It is written after the item, so an interrupted item is made again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path

from pipelines.kernel.files import sha256_of, sha256_of_text, write_json
from pipelines.kernel.hashes import hashes_of
from pipelines.kernel.project import Project


class Freshness:
    """The fingerprints of one stage's items, kept in `data/.fingerprints/<stage>.json`."""

    def __init__(self, project: Project, stage: str) -> None:
        self._project = project
        self._path = project.fingerprints / f"{stage}.json"
        self._code = code_fingerprint(stage)
        self._hashes = hashes_of(project)
        self._known: dict[str, str] = {}
        if self._path.exists():
            self._known = json.loads(self._path.read_text(encoding="utf-8"))
        self.made: list[str] = []
        self.kept: list[str] = []

    def fingerprint(self, inputs: Iterable[Path], facts: Mapping[str, object] | None = None) -> str:
        """Return the hash of the input files' content, of `facts` (settings, library versions) and of the code."""
        lines = [f"code {self._code}"]
        lines += [f"fact {name} {value!r}" for name, value in sorted((facts or {}).items())]
        lines += [f"file {self._name(path)} {file_fingerprint(path, self._hashes.of)}" for path in sorted(inputs)]
        return sha256_of_text("\n".join(lines))

    def _name(self, path: Path) -> str:
        root = self._project.root
        return path.relative_to(root).as_posix() if path.is_relative_to(root) else self._project.shown(path)

    def is_fresh(self, item: str, fingerprint: str, outputs: Iterable[Path]) -> bool:
        """Say whether `item` was made from exactly this and all its outputs are still there; remember the answer."""
        fresh = self._known.get(item) == fingerprint and all(path.exists() for path in outputs)
        (self.kept if fresh else self.made).append(item)
        return fresh

    def knows(self, item: str, fingerprint: str) -> bool:
        """Say whether `item` was last made from exactly this, whatever has become of its outputs since."""
        return self._known.get(item) == fingerprint

    def remember(self, item: str, fingerprint: str) -> None:
        """Note, once the outputs of `item` are written, what they were made from."""
        self.remember_all({item: fingerprint})

    def remember_all(self, fingerprints: Mapping[str, str]) -> None:
        """Note what several items were made from, once the outputs of all are written: one writing, not hundreds."""
        if fingerprints:
            self._known.update(fingerprints)
            write_json(self._path, self._known)
            self._hashes.save()

    def known_items(self) -> list[str]:
        """Return the names of all items with a fingerprint, those of earlier runs included."""
        return sorted(self._known)

    def forget_others(self, items: Iterable[str]) -> list[str]:
        """Drop the fingerprints of items that no longer exist; return their names, so that outputs can be removed."""
        gone = sorted(set(self._known) - set(items))
        if gone:
            for item in gone:
                del self._known[item]
            write_json(self._path, self._known)
        return gone


def file_fingerprint(path: Path, hash_of: Callable[[Path], str] = sha256_of) -> str:
    """Return the hash of one file, or of all files below a folder; `absent` when there is none."""
    if path.is_dir():
        lines = [
            f"{item.relative_to(path).as_posix()} {hash_of(item)}" for item in sorted(path.rglob("*")) if item.is_file()
        ]
        return sha256_of_text("\n".join(lines))
    return hash_of(path) if path.exists() else "absent"


@cache
def code_fingerprint(stage: str) -> str:
    """Return the hash of the Python code of one stage and of the kernel, and of the libraries that make files."""
    package = Path(__file__).resolve().parent.parent
    parts = [file_fingerprint_of_code(package / stage), file_fingerprint_of_code(package / "kernel")]
    parts += [f"{name} {version(name)}" for name in ("polars", "duckdb", "plotnine", "pypandoc-binary", "typst")]
    return sha256_of_text("\n".join(parts))


def file_fingerprint_of_code(package: Path) -> str:
    """Return the hash of a package's own files, byte code left out."""
    return sha256_of_text(
        "\n".join(
            f"{item.relative_to(package).as_posix()} {sha256_of(item)}"
            for item in sorted(package.rglob("*"))
            if item.is_file() and "__pycache__" not in item.parts
        )
    )
