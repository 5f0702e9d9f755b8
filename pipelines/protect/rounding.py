"""Controlled rounding: every count becomes a multiple of the base, and what added up still adds up.

Rounded one by one, counts and their totals contradict one another, and the contradictions give some back. Rounded
together, in one system, they tell of each no more than a range about the multiple shown. A cell moves by less than the
base, up or down; what is a multiple already stays, so zero stays zero. Among the roundings that add up, the one is
taken that moves cells least, weighted as in suppression, ties broken by the same secret draw.

What another producer publishes exactly cannot be rounded: the cell stands fixed, and a sum it stands in holds only if
its number is a multiple itself. Otherwise that sum is left out, and does not add up to more than its cells are moved
by; so is a sum whose terms have factors (weighted answers), which multiples cannot keep.

Where no rounding adds up, cells that nobody sees may move by less than twice the base, then all cells may. Cox (1987),
"A constructive procedure for unbiased controlled rounding", says when less than the base does; the widening is ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import highspy
import numpy as np
import scipy.sparse
import scipy.sparse.csgraph

from pipelines.protect.choice import costs_of
from pipelines.protect.programme import checked, solver_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipelines.protect.system import System

NODES = 20_000
"""Nodes of the tree of one search, counted so that the same system is rounded alike everywhere."""

AGAIN = 100
"""How many times dearer it is to leave the multiple of an earlier edition than the count."""

TIES = 1e-6
"""Of the optimum, how far off a search may end: finer than the draw, which is a thousandth of a weight."""


class Unroundable(ValueError):
    """No rounding of some part adds up. `key`: its first cell."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


@dataclass(frozen=True)
class Rounded:
    """One year.

    `values`: int64, in the order of the cells; multiples of the base but for cells known elsewhere, which keep their
    number. `kept`: numbers of the relations that hold, exactly, of the rounded values. `wide`: cells moved by the base
    or more.
    """

    values: np.ndarray
    kept: np.ndarray
    wide: np.ndarray

    def by_key(self, system: System) -> dict[str, int]:
        """Return key of a cell → its rounded value."""
        return {cell.key: int(value) for cell, value in zip(system.cells, self.values, strict=True)}


def rounded(system: System, base: int, seed: bytes, last: Mapping[str, int] | None = None) -> Rounded:
    """Round a year.

    `last`: key of a cell → the multiple that an edition showed of it, which is shown again wherever sums let it: two
    multiples of one count leave less between them. Raises `Unroundable` when nothing within twice the base adds up, and
    `ValueError` when `base` is less than two: everything is a multiple of one.
    """
    if base < 2:
        raise ValueError(f"base {base}: everything is a multiple of it")
    values = system.values
    found = values.copy()
    known = np.array([cell.public_elsewhere for cell in system.cells], dtype=bool)
    seen = np.array([cell.published for cell in system.cells], dtype=bool)
    # A latent cell costs nothing to hide, and to move next to nothing: it only lets others stay where they are.
    costs = np.maximum(costs_of(system, seed), 1e-3)
    again = np.array([(last or {}).get(cell.key, -1) for cell in system.cells], dtype=np.int64)
    again[abs(again - values) >= base] = -1  # revised since: that multiple was another count's
    kept = _sums(system, known & (values % base != 0))
    free = np.flatnonzero(~known)
    matrix = scipy.sparse.csr_array(system.matrix[kept]) if len(kept) else scipy.sparse.csr_array((0, len(values)))
    by_column = matrix.tocsc()
    links = abs(by_column[:, free])
    _, label = scipy.sparse.csgraph.connected_components((links.T @ links).tocsr(), directed=False)
    order = np.argsort(label, kind="stable")
    for cells in np.split(free[order], np.flatnonzero(np.diff(label[order])) + 1) if free.size else []:
        block = by_column[:, cells].tocsr()
        rows = np.flatnonzero(np.diff(block.indptr))
        fixed = matrix[rows][:, np.flatnonzero(known)] @ values[known]
        for far in (np.zeros(len(cells), bool), ~seen[cells], np.ones(len(cells), bool)):
            moved = _least_moved(values[cells], again[cells], costs[cells], block[rows], fixed, base, far)
            if moved is not None:
                found[cells] = moved
                break
        else:
            raise Unroundable(system.cells[cells[0]].key)
    return Rounded(found, kept, np.flatnonzero(abs(found - values) >= base))


def _sums(system: System, unrounded: np.ndarray) -> np.ndarray:
    """Return the relations that multiples can keep: no factors, and nothing fixed off the multiples."""
    entries = system.matrix.tocoo()
    off = (abs(entries.data) != 1) | unrounded[entries.col]
    lost = np.zeros(system.matrix.shape[0], dtype=bool)
    lost[entries.row[off]] = True
    return np.flatnonzero(~lost)


def _least_moved(
    values: np.ndarray,
    again: np.ndarray,
    costs: np.ndarray,
    block: scipy.sparse.csr_array,
    fixed: np.ndarray,
    base: int,
    far: np.ndarray,
) -> np.ndarray | None:
    """Return multiples with `block @ r = -fixed` that move cells least; nothing when there are none.

    `again`: multiples to show again, -1 where there are none. `far`: cells that may move by less than twice the base.
    From the lowest multiple a cell may take, each step up is one column of zero or one; what it costs is convex in the
    steps, so that they are taken in order.
    """
    reach = np.where(values == 0, 0, np.where(far, 2 * base, base) - 1)
    lowest = np.maximum(0, -((reach - values) // base))  # the ceiling of (values - reach) / base
    steps = (values + reach) // base - lowest
    of = np.repeat(np.arange(len(values)), steps)
    at = lowest[of] + np.arange(len(of)) - np.repeat(np.cumsum(steps) - steps, steps)
    slope = costs[of] * (abs(base * (at + 1) - values[of]) - abs(base * at - values[of]))
    drawn_back = abs(base * (at + 1) - again[of]) - abs(base * at - again[of])
    slope += np.where(again[of] >= 0, AGAIN * costs[of] * drawn_back, 0)
    if not block.shape[0]:
        taken = slope < 0
    else:
        wanted = -(fixed + block @ (base * lowest))
        if (wanted % base).any():
            return None
        found = _solve(scipy.sparse.csr_array(block[:, of]), slope, wanted // base)
        if found is None:
            return None
        taken = found
    made: np.ndarray = base * (lowest + np.bincount(of[taken], minlength=len(values)))
    if (block @ made + fixed).any():
        raise AssertionError("a rounding does not add up")
    return made


def _solve(matrix: scipy.sparse.csr_array, slope: np.ndarray, wanted: np.ndarray) -> np.ndarray | None:
    """Return the cheapest choice of columns that adds up to `wanted` in every row, as a mask; nothing if none does."""
    if not matrix.shape[1]:
        return None if wanted.any() else np.zeros(0, dtype=bool)
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = matrix.shape
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = slope, np.zeros(lp.num_col_), np.ones(lp.num_col_)
    lp.row_lower_ = lp.row_upper_ = wanted.astype(float)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_, lp.a_matrix_.index_ = matrix.indptr.astype(np.int32), matrix.indices.astype(np.int32)
    lp.a_matrix_.value_ = matrix.data.astype(float)
    lp.integrality_ = [highspy.HighsVarType.kInteger] * lp.num_col_
    solver = solver_of(mip_max_nodes=NODES, mip_rel_gap=TIES, presolve="on", solver="choose")
    checked(solver.passModel(lp), "the rounding is refused")
    checked(solver.run(), "the rounding fails")
    if not np.isfinite(solver.getInfo().objective_function_value):
        return None
    chosen = np.asarray(solver.getSolution().col_value)
    if chosen.size != lp.num_col_ or (matrix @ (chosen > 0.5).astype(np.int64) != wanted).any():
        return None
    mask: np.ndarray = chosen > 0.5
    return mask
