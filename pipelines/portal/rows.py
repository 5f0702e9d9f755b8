"""A dataset row by row, page by page: for portals that keep their exports to themselves."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from pipelines.kernel.files import replacing
from pipelines.kernel.problems import BadInput, Problem
from pipelines.portal.client import Client
from pipelines.portal.dataset import FURTHEST, Address, Described, pages


def write_rows(client: Client, address: Address, known: Described, target: Path, separator: str) -> int:
    """Write the rows of `/records` as the CSV export would write them, labels as headers; return how many.

    Raises `BadInput` when there are more than pages reach, or fewer come than are announced.
    """
    if known.records > FURTHEST:
        raise BadInput(
            Problem(
                address.host,
                f"The portal gives no export, and pages reach only {FURTHEST:,} of its {known.records:,} rows",
                "Ask the portal for the export.",
                value=address.dataset,
            )
        )
    count = 0
    with replacing(target) as part, part.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, delimiter=separator, lineterminator="\r\n")
        writer.writerow(known.labels)
        for row in pages(client, f"{address.url}/records"):
            writer.writerow([_cell(row.get(name)) for name in known.names])
            count += 1
    return count


def _cell(value: Any) -> str:
    """Return a value as an export writes it: a point as `lat, lon`, a list with commas, nothing as nothing."""
    if value is None:
        return ""
    if isinstance(value, dict) and {"lat", "lon"} <= set(value):
        return f"{value['lat']}, {value['lon']}"
    if isinstance(value, list):
        return ",".join(_cell(item) for item in value)
    return str(value)
