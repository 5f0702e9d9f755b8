"""Small instances whose optimum is known, and what a pattern must hold against."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from benchmarks.protect import read_instance
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.protect.attack import Attack
from pipelines.protect.choice import best, choose, costs_of
from pipelines.protect.growth import Growth, Unprotectable
from pipelines.protect.proof import Proof
from tests.small_systems import system_of, two_way

SEED = b"a seed of the tests"


def secondary(system, primary, **options):
    chosen = best(system, SEED, rounds=12, **options)
    return sorted(chosen.pattern.hidden - set(primary)), chosen


def test_sizes_by_activities_hide_two_more_of_weight_80():
    """4 x 3 with its margins, from the vignette of rtauargus: weights are the turnovers."""
    values, sums = two_way({"1": (100, 50), "2": (30, 20), "6": (60, 40)}, "ab")
    primary = ("2a", "6b")
    system = system_of(values, sums, primary=primary, threshold=45)
    hidden, chosen = secondary(system, primary, alone=False)
    assert hidden == ["2b", "6a"]
    assert (chosen.cost, chosen.gap) == (80, pytest.approx(0, abs=2e-3))


def test_investments_by_region_hide_three_more_of_weight_37():
    """3 x 3 of Fischetti and Salazar-González: one primary cell of 22, which may then be 5 to 30."""
    values, sums = two_way({"1": (20, 50, 10), "2": (8, 19, 22), "3": (17, 32, 12)}, "abc")
    system = system_of(values, sums, primary=("2c",), threshold=30)
    hidden, chosen = secondary(system, ("2c",), alone=False)
    assert hidden == ["2a", "3a", "3c"]
    assert (chosen.cost, chosen.gap) == (37, pytest.approx(0, abs=2e-3))


def linked(*, together: bool):
    """Regions in two counties, and the same regions in two groups: the linked tables of sdcTable's tests."""
    values = {"A": 2, "B": 2, "I": 8, "J": 8, "K": 3, "L": 3, "M": 3, "N": 7}
    counties = [("c1", "ABIJ"), ("c2", "KLMN"), ("T", ("c1", "c2"))]
    groups = [("big", "LM"), ("small", "ABIJKN")]
    for whole, parts in [*counties, *(groups if together else [])]:
        values[whole] = sum(values[part] for part in parts)
    sums = [*counties, *([*groups, ("T", ("big", "small"))] if together else [])]
    return system_of(values, sums, primary=tuple("ABKLM"), threshold=4)


def test_linked_tables_each_safe_alone_hide_one_more_together_of_weight_7():
    assert secondary(linked(together=False), "ABKLM", alone=False)[0] == []
    hidden, chosen = secondary(linked(together=True), "ABKLM", alone=False)
    assert hidden == ["N"]
    assert chosen.cost == 7


def test_what_was_hidden_stays_hidden_and_a_sole_cell_cannot_be_protected():
    values, sums = two_way({"1": (20, 50, 10), "2": (8, 19, 22), "3": (17, 32, 12)}, "abc")
    system = system_of(values, sums, primary=("2c",), threshold=30)
    assert "1b" in best(system, SEED, frozenset({"1b"}), alone=False).pattern.hidden
    known = [("t", ("x",))]
    alone = system_of({"t": 3, "x": 3}, known, primary=("x",))
    assert best(alone, SEED).pattern.hidden == {"t", "x"}


def test_somebody_alone_in_a_cell_computes_nothing_of_the_others():
    values, sums = {"a": 1, "b": 4, "c": 30, "d": 40, "t": 75}, [("t", ("a", "b", "c", "d"))]
    system = system_of(values, sums, primary=("a", "b"))
    # 5 together: either may be 5, so that nobody is told. But who is the 1 knows the 4.
    assert best(system, SEED, alone=False).pattern.hidden == {"a", "b"}
    assert best(system, SEED).pattern.hidden == {"a", "b", "c"}


def test_infeasible_is_said():
    system = system_of({"x": 3, "y": 3}, [("x", ("y",))], primary=("x",))
    known = [cell.__class__(**{**cell.__dict__, "public_elsewhere": cell.key == "y"}) for cell in system.cells]
    closed = system.__class__(system.year, tuple(known), system.matrix, system.relations)
    with pytest.raises(Unprotectable, match="x"):
        best(closed, SEED)


def test_ssbtools_z1_hides_three_more_of_weight_29():
    """8 x 4, counts up to 3 primary: the data `z1` of the R package SSBtools (Statistics Norway, public documentation).

    A unit of doubt is asked for there, so the threshold here is 1: no cell may be computed exactly.
    """
    lines = {
        "A": (11, 11, 55, 36), "B": (7, 1, 29, 18), "C": (5, 8, 35, 25), "D": (13, 2, 17, 13),
        "E": (9, 14, 63, 52), "F": (12, 9, 24, 22), "G": (6, 4, 22, 8), "H": (9, 3, 38, 15),
    }  # fmt: skip
    values, sums = two_way(lines, "abst")
    primary = ("Bb", "Db", "Hb")
    system = system_of(values, sums, primary=primary, threshold=1)
    hidden, chosen = secondary(system, primary, alone=False)
    assert hidden == ["Ba", "Da", "Ha"]
    assert (chosen.cost, chosen.gap) == (29, pytest.approx(0, abs=2e-3))


def test_two_hidden_in_each_line_are_not_enough_one_more_of_weight_31():
    """4 x 4 of the tests of the R package sdcTable: nine primary cells, two at least in each line, and yet (w, b) comes
    out of two rows less two columns.
    """
    lines = {"w": (30, 47, 64, 89), "x": (90, 124, 5, 31), "y": (92, 100, 59, 85), "z": (800, 991, 651, 685)}
    values, sums = two_way(lines, "abcd")
    primary = ("wa", "wb", "wc", "xa", "xc", "yb", "yd", "zb", "zd")
    system = system_of(values, sums, primary=primary, threshold=1)
    hidden, chosen = secondary(system, primary, alone=False)
    assert hidden == ["xd"]
    assert (chosen.cost, chosen.gap) == (31, pytest.approx(0, abs=2e-3))


def cheapest_of_all(system, *, alone):
    """Try every set of cells, by cost: the optimum, without a single cut."""
    attack = Attack(system)
    grown = Growth(system, attack, costs_of(system, SEED), alone=alone)
    free = np.flatnonzero(attack.choice & ~attack.zero)
    sets = [np.array(one, dtype=int) for n in range(len(free) + 1) for one in combinations(free.tolist(), n)]
    for cells in sorted(sets, key=lambda one: grown.costs[one].sum()):
        mask = np.zeros(len(attack.values), dtype=bool)
        mask[cells] = True
        if not grown.prove(mask, Proof(len(mask))):
            return float(grown.costs[mask].sum())
    return None


@settings(max_examples=10, derandomize=True, deadline=None)
@given(st.lists(st.integers(1, 12), min_size=6, max_size=6), st.booleans())
def test_no_pattern_beats_the_bound_and_small_tables_reach_it(counts, alone):
    """Every set of cells of 2 x 3 tables is tried: none is cheaper than the bound says, and the search finds one."""
    values, sums = two_way({"1": counts[:3], "2": counts[3:]}, "abc")
    primary = tuple(name for name, value in values.items() if value < 5)
    system = system_of(values, sums, primary=primary)
    try:
        hidden, _, bound = choose(system, SEED, alone=alone, rounds=12)
    except Unprotectable:
        return
    optimum = cheapest_of_all(system, alone=alone)
    attack = Attack(system)
    cost = float(costs_of(system, SEED)[hidden & attack.choice].sum())
    assert bound <= optimum + 1e-6
    assert cost == pytest.approx(optimum, rel=2e-3)


def test_a_table_given_as_two_files_is_solved_and_a_false_sum_is_refused(tmp_path):
    cells, relations = tmp_path / "cells.csv", tmp_path / "sums.csv"
    cells.write_text("cell,value,primary,weight,threshold\na,3,1,3,5\nb,9,0,9,5\nc,8,0,8,5\nt,20,0,20,5\n")
    relations.write_text("whole,part\nt,a\nt,b\nt,c\n")
    assert best(read_instance(cells, relations), SEED, rounds=12).pattern.hidden == {"a", "c"}
    relations.write_text("whole,part\nt,a\nt,b\n")
    with pytest.raises(ValueError, match="do not add up"):
        read_instance(cells, relations)
