"""What somebody who is alone in a cell proves of others: they know its value, and it is fixed in turn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from pipelines.audit.puzzle import Leak, Part, Whole


def insiders_of(part: Part, known: dict[int, Leak]) -> dict[int, dict[int, Leak]]:
    """Return cell of one person → small cell → what that person proves of it; `known`: what anybody does."""
    puzzle = part.puzzle
    found: dict[int, dict[int, Leak]] = {}
    value, small = part.value, puzzle.small[part.cells] & puzzle.audited[part.cells]
    alone = np.flatnonzero(small & (value == 1))
    targets = np.array([p for p in np.flatnonzero(small) if int(part.cells[p]) not in known], dtype=np.int64)
    if not alone.size or not targets.size:
        return found
    need = puzzle.threshold[part.cells] - value
    themselves = _same_person(part)
    pairs = _unserved(part, alone, targets, need, themselves)
    start = len(part.witnesses)
    for target in np.unique(pairs[:, 1]).tolist():
        far = int(need[target])
        owns = _not_served(part.witnesses[start:], target, far, pairs[pairs[:, 1] == target, 0].tolist())
        if len(owns) > 1:
            new = len(part.witnesses)
            part.look({target: far}, owns)
            owns = _not_served(part.witnesses[new:], target, far, owns)
        while owns:
            own = owns.pop(0)
            if part.find(target, least=far, fixed=own):
                owns = _not_served(part.witnesses[-1:], target, far, owns)
                continue
            moved = part.find(target, least=1, fixed=own) or part.find(target, most=-1, fixed=own)
            leak = Leak.UNDER if moved else Leak.EXACT
            found.setdefault(int(part.cells[own]), {})[int(part.cells[target])] = leak
    return found


def _not_served(witnesses: Sequence[Whole], target: int, far: int, owns: list[int]) -> list[int]:
    """Return the cells of one person that move in every one of these witnesses that takes the target so far up."""
    reaching = [one for one in witnesses if one[target] >= far]
    return [own for own in owns if all(one[own] for one in reaching)]


def _unserved(part: Part, alone: Whole, targets: Whole, need: Whole, themselves: Whole) -> Whole:
    """Return rows (cell of one person, small cell of others) of which no witness takes the second as far as it needs
    while the first holds still.
    """
    pool = np.array(part.witnesses, dtype=np.int64).reshape(-1, len(part.cells))
    still = pool[:, alone] == 0
    reached = pool[:, targets] >= need[targets]
    # Few witnesses reach a cell. A dense product would start threads, which get in the way of the other process.
    served = (csr_array(reached.T.astype(np.float32)) @ still.astype(np.float32)).T > 0
    served |= themselves[alone][:, None] == themselves[targets][None, :]
    rows, columns = np.nonzero(~served)
    return np.column_stack([alone[rows], targets[columns]])


def _same_person(part: Part) -> Whole:
    """Number the persons of the part's cells of one: a cell of one inside another of one counts the same person."""
    one = part.value == 1
    entries = part.block.tocoo()
    kept = one[entries.col]
    wholes = kept & (entries.data < 0)
    inside = kept & (entries.data > 0)
    size, lines = len(part.cells), part.block.shape[0]
    up = csr_array((np.ones(wholes.sum()), (entries.row[wholes], entries.col[wholes])), shape=(lines, size))
    down = csr_array((np.ones(inside.sum()), (entries.row[inside], entries.col[inside])), shape=(lines, size))
    label: Whole = connected_components(csr_array(up.T @ down), directed=False)[1].astype(np.int64)
    return label
