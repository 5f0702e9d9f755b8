"""What is remembered of a dataset between two calls: `data/fetched/<source>/fetched.json`, beside a file that waits."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from pipelines.kernel.files import write_text
from pipelines.kernel.project import Project
from pipelines.kernel.received import RECEIPT
from pipelines.portal.dataset import Address, Described
from pipelines.portal.download import Marks

NOTE = "fetched.json"


class Memory(BaseModel):
    """The last file of a dataset that came whole; `problems` are the lines said of it when it was not taken in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    address: str
    changed: str | None
    records: int
    etag: str | None = None
    modified: str | None = None
    file: str
    bytes: int
    sha256: str
    day: date
    problems: tuple[str, ...] = ()

    def is_of(self, address: Address, known: Described) -> bool:
        """Say whether the catalogue still describes what was fetched; never so when it says no day."""
        mine = (self.address, self.changed, self.records)
        return known.changed is not None and mine == (address.url, known.changed, known.records)

    def marks(self, address: Address) -> Marks:
        """Return the marks of the file, for the same address only."""
        return Marks(self.etag, self.modified) if self.address == address.url else Marks()


def folder_of(project: Project, source_id: str) -> Path:
    """Return where files of a source are brought to, and wait."""
    return project.data / "fetched" / source_id


def recall(project: Project, source_id: str) -> Memory | None:
    """Return what is remembered of a source; nothing when the note cannot be read: it is fetched again."""
    path = folder_of(project, source_id) / NOTE
    try:
        return Memory.model_validate_json(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValidationError, UnicodeDecodeError):
        return None


def remember(project: Project, source_id: str, memory: Memory) -> None:
    """Write what is to be remembered."""
    write_text(folder_of(project, source_id) / NOTE, memory.model_dump_json(indent=1) + "\n")


def waiting(project: Project, source_id: str, memory: Memory | None) -> Path | None:
    """Return the file of a source that was brought and not taken in."""
    path = folder_of(project, source_id) / memory.file if memory else None
    return path if path is not None and path.is_file() else None


def taken_as(project: Project, source_id: str, sha256: str) -> str | None:
    """Return the vintage that holds these bytes; nothing when none does, or it was removed by hand."""
    for receipt in sorted((project.raw / source_id).glob(f"*/{RECEIPT}")):
        content = yaml.safe_load(receipt.read_text(encoding="utf-8"))
        if any(item["sha256"] == sha256 for item in content["files"]):
            return receipt.parent.name
    return None
