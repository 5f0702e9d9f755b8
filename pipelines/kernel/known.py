"""Which vintages an edition knows: those published up to its year, so that a replay sees what was known then.

A revised figure of 2015 is no part of the report of 2012. The date of a vintage is the year its producer published it:
said in its receipt (`observatoire add --published`), else by the sidecar (`published`, or `first_edition` where the
report of a year waits for a file that comes out after it). A vintage of which nobody knows the date (what ships, what
is simulated) is known to every edition, and cut by the years it may show (`lag`) only.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from pipelines.kernel.catalogue import Source
from pipelines.kernel.project import Project
from pipelines.kernel.received import RECEIPT, Received
from pipelines.kernel.yaml_files import load_yaml


def first_edition(source: Source | None, layout: str, published: int | None) -> int | None:
    """Return the first edition that knows a vintage; None when its date is unknown.

    `published` is what its receipt says, `layout` the vintage of the sidecar it follows.
    """
    if published is not None:
        return published
    for vintage in source.vintages if source is not None else ():
        if vintage.id == layout:
            return vintage.first_edition or vintage.published
    return None


def vintage_folders(project: Project, source_id: str) -> list[Path]:
    """Return the folders of all that was taken in of a source, in the order of names."""
    return sorted(path for path in (project.raw / source_id).glob("*") if path.is_dir() and path.name[0] != ".")


def known_folders(project: Project, source: Source, edition: int) -> tuple[list[Path], dict[Path, int]]:
    """Return the folders of the vintages an edition knows, and those it does not yet with their first edition.

    A receipt that cannot be read here is known: whoever reads its vintage says what is wrong with it.
    """
    known, later = [], {}
    for folder in vintage_folders(project, source.id):
        said = _said(folder)
        first = first_edition(source, str(said.get("layout", folder.name)), said.get("published"))
        if isinstance(first, int) and first > edition:
            later[folder] = first
        else:
            known.append(folder)
    return known, later


def order_of(source: Source, receipt: Received) -> tuple[int, int, int, str]:
    """Return the key that sorts vintages: as the sidecar lists layouts, those of one layout by date, then as they came.

    Copies of a layout are called `2023`, `2023-2`, `2023-3`, in the order in which they came.
    """
    return order(source, receipt.layout, receipt.vintage, receipt.published)


def order(source: Source, layout: str, vintage: str, published: int | None = None) -> tuple[int, int, int, str]:
    """Return what `order_of` does, for a vintage that has no receipt yet."""
    ids = [item.id for item in source.vintages]
    number = vintage.removeprefix(layout).strip("-")
    return (
        ids.index(layout) if layout in ids else len(ids),
        first_edition(source, layout, published) or 0,
        int(number) if number.isdigit() else 1,
        vintage,
    )


def _said(folder: Path) -> dict[str, Any]:
    try:
        content = load_yaml((folder / RECEIPT).read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError, UnicodeDecodeError):
        return {}
    return content if isinstance(content, dict) else {}
