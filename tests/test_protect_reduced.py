"""What makes the search fast must not change what it says: fewer unknowns, pieces of deviations, bounds at once."""

from __future__ import annotations

import numpy as np
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from small_systems import system_of, two_way

from pipelines.protect.attack import FAR, Attack
from pipelines.protect.insiders import Reach
from pipelines.protect.reduced import Reduced
from pipelines.protect.rooms import House
from pipelines.protect.system import System

FACTORS = st.sampled_from([0, 0, 0, 1, 1, -1, 2, -3])


@settings(max_examples=60, derandomize=True, deadline=None)
@given(st.lists(st.lists(FACTORS, min_size=9, max_size=9), min_size=1, max_size=7), st.sets(st.integers(0, 8)))
def test_reduced_relations_leave_the_same_deviations(lines: list[list[int]], asked: set[int]) -> None:
    """As many dimensions of them, and each one keeps every relation."""
    matrix = np.array(lines)
    reduced = Reduced.of(scipy.sparse.csr_array(matrix), np.isin(np.arange(9), list(asked)))
    held = reduced.matrix.toarray()[reduced.slack < 0]
    size = reduced.matrix.shape[1]
    free = size - (np.linalg.matrix_rank(held) if held.size else 0)
    lone = set(range(9)) - {cell for cell in range(9) if reduced.unknown[cell] >= 0} - set(reduced.slack.tolist())
    assert free == 9 - np.linalg.matrix_rank(matrix)
    drawn = np.random.default_rng(1).standard_normal(size)
    if held.size:
        drawn = drawn - np.linalg.pinv(held) @ (held @ drawn)
    found = reduced.cells(drawn)
    assert abs(matrix @ found).max() < 1e-8
    assert all(found[cell] == 0 for cell in lone)
    assert not asked & set(reduced.slack.tolist())


def table(counts: list[int], hidden: set[int]) -> System:
    """3 x 4 with its margins; what is not `hidden` of the twelve is known, and so are the margins."""
    values, sums = two_way({"1": counts[:4], "2": counts[4:8], "3": counts[8:]}, "abcd")
    system = system_of(values, sums, primary=tuple(name for name, value in values.items() if 0 < value < 5))
    cells = tuple(
        cell.__class__(**{**cell.__dict__, "public_elsewhere": number not in hidden})
        for number, cell in enumerate(system.cells)
    )
    return System(system.year, cells, system.matrix, system.relations)


def furthest(system: System, cell: int, sign: int, fixed: int | None = None) -> float:
    """Return how far a cell goes by another solver, all relations and cells as they are."""
    bounds = [(0, 0) if one.public_elsewhere or number == fixed else (-one.value, FAR)
              for number, one in enumerate(system.cells)]  # fmt: skip
    cost = np.zeros(len(system.cells))
    cost[cell] = -sign
    found = linprog(cost, A_eq=system.matrix.toarray(), b_eq=np.zeros(system.matrix.shape[0]), bounds=bounds)
    return -float(found.fun)


TABLES = st.tuples(st.lists(st.integers(0, 9), min_size=12, max_size=12), st.sets(st.integers(0, 19), min_size=4))


@settings(max_examples=25, derandomize=True, deadline=None)
@given(TABLES)
def test_the_attacker_goes_as_far_as_all_relations_let_him(drawn: tuple[list[int], set[int]]) -> None:
    system = table(*drawn)
    attack = Attack(system)
    everything = np.ones(len(system.cells), dtype=bool)
    for cell in np.flatnonzero(~attack.known):
        for amount in (4.0, -4.0):
            reached = attack.gather({int(cell): amount}, everything, zeros=True)
            far = min(4.0, furthest(system, int(cell), int(np.sign(amount))))
            assert abs(abs(reached[cell]) - far) < 1e-5
            assert abs(system.matrix @ reached).max() < 1e-5


@settings(max_examples=25, derandomize=True, deadline=None)
@given(TABLES)
def test_what_relations_rule_out_at_once_is_impossible(drawn: tuple[list[int], set[int]]) -> None:
    system = table(*drawn)
    reach = Reach.of(system)
    for fixed in reach.single:
        for cell in reach.primary:
            least, most = reach.between(cell, fixed)
            assert least <= -furthest(system, cell, -1, fixed) + 1e-6
            assert most >= furthest(system, cell, 1, fixed) - 1e-6


def test_a_deviation_falls_into_pieces_that_each_keep_every_relation() -> None:
    values, sums = two_way({"1": (9, 9, 9, 9), "2": (9, 9, 9, 9)}, "abcd")
    system = system_of(values, sums, primary=())
    at = {cell.key: number for number, cell in enumerate(system.cells)}
    moved = np.zeros(len(at))
    for number, key in enumerate(("1a", "1b", "2a", "2b")):
        moved[at[key]] = (1, -1, -1, 1)[number]
    left, right = {"a", "b"}, {"c", "d"}
    alone = list(House(system).pieces(moved))
    assert len(alone) == 1
    assert (alone[0] == moved).all()
    # Without the sums of lines, columns have nothing to do with one another.
    columns = [number for number, said in enumerate(system.relations) if said[0] in "T" or said[-1] in "abcd"]
    halves = np.zeros(len(at))
    for key, number in at.items():
        if key[0] in "12" and key[-1] in left | right:
            halves[number] = 1 if key[0] == "1" else -1
    apart = System(system.year, system.cells, scipy.sparse.csr_array(system.matrix[columns]),
                   tuple(system.relations[number] for number in columns))  # fmt: skip
    pieces = list(House(apart).pieces(halves))
    assert len(pieces) > 1
    assert (sum(pieces) == halves).all()
    assert all(not (apart.matrix @ piece).any() for piece in pieces)
