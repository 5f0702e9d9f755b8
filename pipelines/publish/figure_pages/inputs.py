"""The files a figure comes from, as a reader may know them: name, vintage and hash of open data; of a register, less.

The hash of a register's file, its name and its size are nobody's business outside; its vintage and origin are said.
"""

from __future__ import annotations

from dataclasses import dataclass

import yaml

from pipelines.kernel.yaml_files import LOADER
from pipelines.publish.shelf import Shelf


@dataclass(frozen=True, slots=True)
class Input:
    """One file of open data (`file` and `sha256` given), or one vintage of a register (both None)."""

    source: str
    vintage: str
    origin: str
    file: str | None
    sha256: str | None


def inputs(shelf: Shelf) -> dict[str, list[Input]]:
    """Return source → what was taken in of it, in the order of vintages. Only receipts are read, no file of data."""
    found: dict[str, list[Input]] = {}
    for path in sorted(shelf.project.raw.glob("*/*/vintage.yml")):
        receipt = yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)
        source = path.parent.parent.name
        known = shelf.catalogue.sources.get(source)
        is_open = known is not None and not known.personal
        vintage, origin = str(receipt["vintage"]), str(receipt["origin"])
        if is_open:
            found.setdefault(source, []).extend(
                Input(source, vintage, origin, file["file"], file["sha256"]) for file in receipt["files"]
            )
        else:
            found.setdefault(source, []).append(Input(source, vintage, origin, None, None))
    return found
