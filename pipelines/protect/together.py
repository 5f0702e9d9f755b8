"""Cells that go with another one: an indicator's value is shown with all that it is computed from, or not at all."""

from __future__ import annotations

from collections.abc import Collection

from pipelines.protect.system import System

WHOLE_ROWS = "pub_values"
"""Public table whose rows are shown whole or not at all."""


def going_along(system: System, hidden: Collection[str]) -> frozenset[str]:
    """Return the keys of cells that are shown nowhere else than in rows that go because of `hidden` (keys)."""
    rows = {
        place.row
        for cell in system.cells
        if cell.key in hidden
        for place in cell.places
        if place.table == WHOLE_ROWS
    }  # fmt: skip
    return frozenset(
        cell.key
        for cell in system.cells
        if cell.published
        and cell.places
        and not cell.public_elsewhere
        and cell.key not in hidden
        and all(place.table == WHOLE_ROWS and place.row in rows for place in cell.places)
    )
