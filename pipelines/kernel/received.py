"""What was taken in: `data/raw/<source>/<vintage>/vintage.yml`, written by acquire and read by stage."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipelines.kernel.catalogue import Origin
from pipelines.kernel.comparison import ComparisonSummary
from pipelines.kernel.files import sha256_of, write_text
from pipelines.kernel.hashes import hashes_of
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project
from pipelines.kernel.yaml_files import LOADER

RECEIPT = "vintage.yml"


class ReceivedFile(BaseModel):
    """One file as it was taken in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: str = Field(pattern=r"^[^/\\]+$")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    bytes: int = Field(ge=0)


class Fetched(BaseModel):
    """Where a file was brought from: its address on the portal, and what told that state of it from another."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    address: str
    changed: str | None = Field(default=None, description="When the portal says that its rows last changed.")
    etag: str | None = None
    modified: str | None = None


class Received(BaseModel):
    """One vintage as it was taken in; `layout` is the vintage of the sidecar that says how its files look."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str
    vintage: str
    layout: str
    origin: Origin
    published: int | None = Field(
        default=None, ge=1990, le=2100, description="Year in which the producer published it, where it was said."
    )
    files: tuple[ReceivedFile, ...] = Field(min_length=1)
    comparison: ComparisonSummary | None = Field(
        default=None, description="What was found against the vintage before; None when there was none."
    )
    accepted: str | None = Field(default=None, description="Why a large move was taken in all the same.")
    fetched: Fetched | None = Field(default=None, description="Set when `observatoire fetch` brought the file.")


def describe_file(path: Path) -> ReceivedFile:
    """Return the name, hash and size of a file."""
    return ReceivedFile(file=path.name, sha256=sha256_of(path), bytes=path.stat().st_size)


def write_receipt(folder: Path, received: Received) -> None:
    """Write `vintage.yml` in the vintage's folder."""
    text = "# What was taken in, byte for byte. Written by acquire; do not edit.\n"
    content = received.model_dump(mode="json", exclude_none=True)
    write_text(folder / RECEIPT, text + yaml.safe_dump(content, sort_keys=False, allow_unicode=True))


def read_receipt(project: Project, folder: Path) -> Received:
    """Read `vintage.yml` and check every file against it.

    Raises `BadInput` when the receipt is missing or damaged, a file is missing, or its bytes changed since.
    """
    path = folder / RECEIPT
    name = project.shown(path)
    again = f"Take the file in again with `observatoire add FILE --source {folder.parent.name}`."
    try:
        received = Received.model_validate(yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER))
    except FileNotFoundError as error:
        raise BadInput(Problem(name, "The receipt of this vintage is missing", again)) from error
    except (yaml.YAMLError, ValidationError, UnicodeDecodeError) as error:
        raise BadInput(Problem(name, "The receipt of this vintage is damaged", again)) from error
    problems = []
    for item in received.files:
        file = folder / item.file
        if not file.is_file():
            problems.append(Problem(project.shown(file), "The file is missing", again))
        elif hashes_of(project).of(file) != item.sha256:
            problems.append(
                Problem(
                    project.shown(file),
                    f"The file is not the one that was taken in: its hash should begin with {item.sha256[:12]}",
                    again,
                    value=sha256_of(file)[:12],
                )
            )
    if problems:
        raise BadInput(problems)
    return received
