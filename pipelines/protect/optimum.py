"""How cheap a safe pattern can be: a bound that no pattern beats, and better patterns where the bound leaves room.

Fischetti and Salazar-González (2001), "Solving the cell suppression problem on tabular data with linear constraints":
a cell that is not safe gives, by the dual of the attacker's problem, a cut that every safe pattern satisfies; the
cheapest set of cells that satisfies all cuts found costs no more than any safe pattern. Once that set is safe itself,
it is the optimum. Rounds are counted, not seconds, so that the same system gives the same pattern everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import highspy
import numpy as np

from pipelines.protect.attack import FAR, TOLERANCE, Attack, checked, solver_of
from pipelines.protect.choice import Growth, Proof, Target

NODES = 3000
"""Nodes of the tree of one master problem: where it stops, its bound still holds."""


@dataclass(frozen=True)
class Bounded:
    """The best mask found, and a cost that no safe pattern goes below."""

    hidden: np.ndarray
    bound: float


def improve(grown: Growth, hidden: np.ndarray, kept: frozenset[str], rounds: int) -> Bounded:
    """Return the cheapest mask found in `rounds` rounds of cuts, `hidden` or better, and the bound."""
    attack, costs = grown.attack, grown.costs
    cuts: list[tuple[np.ndarray, float]] = []
    forced = attack.choice & np.array([cell.key in kept for cell in grown.system.cells], dtype=bool)
    trial, bound = forced, float(costs[forced].sum())
    for _ in range(rounds):
        found = [cut for target in grown.short(trial) if (cut := _cut(attack, target, trial)) is not None]
        if not found:
            break
        cuts += found
        trial, bound = _master(attack.choice, costs, cuts, forced)
        if costs[hidden].sum() <= bound * (1 + 1e-3) + TOLERANCE:
            break
    if cuts and costs[hidden].sum() > bound + TOLERANCE:
        repaired = _repaired(grown, trial, kept)
        if costs[repaired].sum() < costs[hidden].sum() - TOLERANCE:
            hidden = repaired
    return Bounded(hidden, min(bound, float(costs[hidden].sum())))


def _repaired(grown: Growth, trial: np.ndarray, kept: frozenset[str]) -> np.ndarray:
    """Return a safe mask that holds the trial's cells, without those that no proof needs."""
    proof = Proof(len(trial))
    return grown.prune(grown.grow(trial, proof), proof, kept)[0]


def _cut(attack: Attack, target: Target, hidden: np.ndarray) -> tuple[np.ndarray, float] | None:
    """Return coefficients c and a bound b such that c x >= b for every safe x, violated by this mask."""
    stop = () if target.fixed is None else (target.fixed,)
    size, needed = len(hidden), abs(target.amount)
    reached, up, down = attack.limit(target.cell, target.amount, hidden, stop, zeros=bool(stop))
    if reached >= needed - TOLERANCE:
        return None
    worth = np.maximum(-up, 0) * FAR + np.maximum(-down, 0) * attack.values
    mayopen = attack.choice.copy()
    if not stop:
        mayopen &= ~attack.zero
    for cell in stop:
        mayopen[cell] = False
    apart = np.isin(np.arange(size), [target.cell, *stop])
    least = needed - float(worth[~mayopen & attack.always & ~apart].sum())
    if least <= TOLERANCE:
        return None
    coefficients = np.where(mayopen, np.minimum(worth, least), 0)
    coefficients[coefficients < TOLERANCE] = 0
    return coefficients / least, 1.0


def _master(
    choice: np.ndarray, costs: np.ndarray, cuts: list[tuple[np.ndarray, float]], forced: np.ndarray
) -> tuple[np.ndarray, float]:
    """Return the cheapest mask that satisfies all cuts, and the bound proved."""
    columns = np.flatnonzero(choice)
    matrix = np.array([cut[0][columns] for cut in cuts])
    used = np.flatnonzero(matrix.any(axis=0) | forced[columns])
    matrix, columns = matrix[:, used], columns[used]
    solver = solver_of(mip_max_nodes=NODES, mip_rel_gap=1e-4, presolve="on", solver="choose")
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(columns), len(cuts)
    lp.col_cost_, lp.col_lower_ = costs[columns], forced[columns].astype(float)
    lp.col_upper_ = np.ones(len(columns))
    lp.row_lower_, lp.row_upper_ = np.array([cut[1] for cut in cuts]), np.full(len(cuts), highspy.kHighsInf)
    lp.integrality_ = [highspy.HighsVarType.kInteger] * len(columns)
    rows, at = np.nonzero(matrix)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(cuts)))])
    lp.a_matrix_.index_, lp.a_matrix_.value_ = at, matrix[rows, at]
    checked(solver.passModel(lp), "the master problem is refused")
    checked(solver.run(), "the master problem fails")
    values = np.asarray(solver.getSolution().col_value)
    if values.size != len(columns):
        raise RuntimeError(f"HiGHS: {solver.modelStatusToString(solver.getModelStatus())}")
    mask = np.zeros(len(choice), dtype=bool)
    mask[columns[values > 0.5]] = True
    return mask, float(solver.getInfo().mip_dual_bound)
