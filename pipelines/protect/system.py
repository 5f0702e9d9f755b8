"""What is published from registers in one year, as one linear system: cells, and the relations that hold between them.

The interface between who chooses what to hide (`protect`) and who checks it (the auditor). A cell is a count of
persons, contracts, stays or rows; a relation says that a signed sum of cells is zero: a margin less its parts, a whole
less its part and the rest. What two tables have in common stands once, however often it is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse

if TYPE_CHECKING:
    from pipelines.kernel.disclosure import Policy
    from pipelines.kernel.project import Project
    from pipelines.kernel.publications import Publication


@dataclass(frozen=True)
class Place:
    """Where a cell is shown: a public table, the row's key (`site_code=albi|year=2024`, sorted by name), a column."""

    table: str
    row: str
    column: str


@dataclass(frozen=True)
class Cell:
    """One count.

    `key`: unique in the system and stable from edition to edition: year, what is counted, coordinates.
    `table`, `measure`: the first place that shows it (`""` and the population's code when none does).
    `value`: the count, known to the observatory alone when hidden.
    `public_elsewhere`: the attacker knows it whatever is hidden: an open figure, a number of an earlier edition.
    `primary`: the policy says that it must not be known (small, or the zero of a sensitive attribute).
    `weight`: what hiding it costs the reader, 0 for a latent cell.
    `published`: False for a latent cell, never shown (what two tables have in common, the rest of a part).
    `threshold`: T of the policy for this cell: hidden when 0 < value < T.
    `places`: every place that shows it.
    `floor`: what rows that stand in public tables tell everybody that it is at least (see `standing`).
    """

    key: str
    table: str
    measure: str
    value: int
    public_elsewhere: bool
    primary: bool
    weight: int
    published: bool
    threshold: int
    places: tuple[Place, ...] = ()
    floor: int = 0


@dataclass(frozen=True)
class System:
    """One year: `matrix @ values` is zero, exactly; `relations` says each row in words."""

    year: int
    cells: tuple[Cell, ...]
    matrix: scipy.sparse.csr_array
    relations: tuple[str, ...]

    @property
    def values(self) -> np.ndarray:
        """The values, int64, in the order of the columns of `matrix`."""
        return np.array([cell.value for cell in self.cells], dtype=np.int64)


@dataclass(frozen=True)
class Pattern:
    """Keys of the published cells of a year that are not shown, primary and secondary alike."""

    hidden: frozenset[str]


def systems(project: Project, publications: Mapping[str, Publication], policy: Policy) -> dict[int, System]:
    """Return year → the system of everything that these publications show of registers.

    Raises `BadInput` when a published count is in no system: nobody could say what gives it back.
    """
    from pipelines.protect.model import build

    return dict(build(project, publications, policy).systems)
