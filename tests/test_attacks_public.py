"""What is known without any number: that a row stands for somebody, that a mobile student made a stay, who one is.

Each is told to the search and to the auditor apart; where the search forgets it, the auditor must fire.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_attacks_mutations import puzzle_of

from pipelines import audit, protect
from pipelines.audit.attack import Leak, Puzzle, leaks, leaks_to_insiders
from pipelines.audit.board import board
from pipelines.audit.bounds import bounds, with_bounds
from pipelines.audit.knowledge import Series
from pipelines.audit.relations import relations
from pipelines.kernel.problems import CheckFailed
from pipelines.protect import attack, choice
from pipelines.protect.choice import best
from pipelines.protect.counted import Counted
from pipelines.protect.growth import Growth, Unprotectable
from pipelines.protect.standing import with_floors
from pipelines.protect.system import Place, System
from pipelines.protect.together import going_along
from pipelines.protect.year import Year
from tests.small_observatory import COUNTS, observatory
from tests.small_systems import system_of, two_way
from tests.small_tables import table

SEED = b"a seed of the tests"


def standing(system: System, floors: Mapping[str, int]) -> System:
    """Return the system with rows that tell of somebody."""
    cells = [replace(cell, floor=floors.get(cell.key, 0)) for cell in system.cells]
    return replace(system, cells=with_floors(cells, system.matrix))


# A row tells of somebody.

FEW = {"a": 3, "b": 1, "c": 1, "d": 1, "t": 6, "e": 20, "f": 30, "u": 50, "T": 56}
SUMS = [("t", "abcd"), ("u", "ef"), ("T", "tu")]


def seen_by_rows(system: System, hidden: frozenset[str]) -> Puzzle:
    puzzle = puzzle_of(system, hidden)
    floor = np.array([1 if cell.key in "abcdef" else 0 for cell in system.cells])
    return replace(puzzle, low=np.maximum(puzzle.low, floor), standing=np.where(puzzle.unknown, floor, 0))


def test_four_rows_of_six_people_hold_three_at_most() -> None:
    """Each of the other rows stands for somebody, so three are left for the first: the total must go too."""
    made = system_of(FEW, SUMS, primary=tuple("abcd"))
    forgets = best(made, SEED).pattern.hidden
    assert forgets == set("abcd")
    assert Leak.UNDER in leaks(seen_by_rows(made, forgets)).values()
    knows = best(standing(made, dict.fromkeys("abcdef", 1)), SEED).pattern.hidden
    assert "t" in knows
    assert leaks(seen_by_rows(made, knows)) == {}


def test_that_somebody_is_there_is_no_leak_and_a_floor_without_rows_is() -> None:
    made = system_of({"b": 1, "c": 1, "g": 2, "h": 40, "t": 42}, [("g", "bc"), ("t", "gh")], primary=tuple("bcg"))
    seen = seen_by_rows(made, frozenset("bcgh"))
    assert leaks(seen) == {}
    assert leaks(replace(seen, standing=np.zeros_like(seen.value))) == {2: Leak.FLOOR}


def test_beside_a_zero_that_is_shown_what_is_left_has_a_row_too() -> None:
    made = standing(system_of({"s": 2, "p": 0, "r": 2, "q": 3, "t": 5}, [("s", "pr"), ("t", "sq")]), {"s": 1, "q": 2})
    assert [cell.floor for cell in made.cells] == [1, 0, 1, 2, 3]


@settings(max_examples=50, derandomize=True, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=6, max_size=6))
def test_no_floor_is_above_what_it_stands_under(counts: list[int]) -> None:
    values, sums = two_way({"1": counts[:3], "2": counts[3:]}, "abc")
    inner = {name: 1 for name, value in values.items() if value and "T" not in name}
    made = standing(system_of(values, sums), inner)
    floors = {cell.key: cell.floor for cell in made.cells}
    assert all(inner.get(name, 0) <= floors[name] <= value for name, value in values.items())
    assert floors["TT"] >= len(inner)


def test_a_table_without_a_zero_is_read_so_from_the_files_and_one_that_forgets_it_is_refused(tmp_path: Path) -> None:
    """Somebody is in each cell of the observatory: the auditor reads that from the table, and so does `protect`."""
    counts = {year: [[count or 4_100_017 for count in line] for line in lines] for year, lines in COUNTS.items()}
    counts[2022][4] = [3, 1, 1, 1]
    project, options = observatory(tmp_path, counts)
    protect.run(project, options)
    audit.run(project, options)
    for made in ("patterns", "protect"):
        (project.fingerprints / f"{made}.json").unlink()
    with patch.object(attack, "room", lambda cells: np.array([cell.value for cell in cells], float)):
        protect.run(project, options)
    with pytest.raises(CheckFailed, match="under the threshold"):
        audit.run(project, options)


# A mobile student made a stay.


def measures(**counts: list[list[int]]) -> list[Series]:
    """Return measures of one table, sites by specialities."""
    found: list[Series] = []
    for name, lines in counts.items():
        start = sum(item.frame.height for item in found)
        found.append(replace(table(counts={2020: lines}, shift=start, table_name="pub_x")[0], measure=name))
    return found


MOBILE = [[8, 18, 15], [20, 9, 31]]
STUDY = [[3, 9, 10], [11, 4, 16]]
PLACEMENT = [[5, 9, 10], [9, 5, 15]]
"""Two students of the third cell and more made two stays; elsewhere each made one."""


def test_a_count_that_is_nowhere_more_than_two_others_is_found_and_one_that_is_once_is_not() -> None:
    found = list(bounds(measures(mobile=MOBILE, study=STUDY, placement=PLACEMENT), {}, compared=6, attained=5))
    assert [(part.measure, [whole.measure for whole in wholes]) for part, wholes in found] == [
        ("mobile", ["study", "placement"])
    ]
    broken = [[9, *MOBILE[0][1:]], MOBILE[1]]
    assert list(bounds(measures(mobile=broken, study=STUDY, placement=PLACEMENT), {}, compared=6, attained=5)) == []
    few = measures(mobile=MOBILE, study=STUDY, placement=PLACEMENT)
    assert list(bounds(few, {}, compared=7, attained=5)) == []  # six rows may be an accident
    students = measures(mobile=MOBILE, students=MOBILE)
    said = {"pub_x": [("mobile", "students"), ("students", "mobile")]}
    assert list(bounds(students, said, compared=6, attained=5)) == []


def test_stays_that_are_no_fewer_than_mobile_students_are_computed_where_their_sum_is_shown() -> None:
    """8 and 18 students were mobile, 26 stays are left for the two cells: each student made one."""
    stays = [[a + b for a, b in zip(*lines, strict=True)] for lines in zip(STUDY, PLACEMENT, strict=True)]
    series = measures(mobile=MOBILE, stays=stays)
    gone = pl.col("speciality_code").is_in(["f0", "f1"]) & (pl.col("site_code") == "s0")
    hidden = series[1].frame.with_columns(pl.when(~gone).then("shown").alias("shown"))
    whole = [replace(item, measure="stays") for item in table(counts={2020: stays}, shift=6)[1:2]]
    series = [series[0], replace(series[1], frame=hidden), *whole]
    sums = relations(series, 2)
    assert leaks(board(series, sums).puzzle) == {}
    over, more = with_bounds(series, {}, compared=6, attained=2)
    assert list(leaks(board([*series, *over], [*sums, *more]).puzzle).values()) == [Leak.EXACT] * 2


def year_of(stays: int) -> Year:
    """Return a year in which eight students were mobile and made so many stays."""

    def one(code: str, value: int) -> Counted:
        return Counted(code, ("site_code",), [("auch",)], [value], {})

    made = Year(2020, {"mobile": one("mobile", 8), "stays": one("stays", stays)})
    drafts = [made.show(code, {"site_code": "auch"}, Place("t", "site_code=auch", code), 5, 10) for code in
              ("stays", "mobile")]  # fmt: skip
    made.rest(drafts[0], drafts[1:], "supposed")
    return made


def test_what_is_supposed_is_stated_where_it_holds_and_nobody_knows_that_nothing_is_left() -> None:
    assert [cell.value for cell in year_of(9).system(5).cells] == [9, 8, 1]
    none_left = year_of(8).system(5)
    assert [(cell.value, cell.published) for cell in none_left.cells] == [(8, True), (8, True), (0, False)]
    assert year_of(7).system(5).relations == ()


# A share goes with its denominator.


def shares() -> System:
    """Return three sites with a share each, and the region: n of d stays, no fewer stays than mobile students."""
    values = {"n1": 3, "n2": 9, "n3": 12, "N": 24, "d1": 8, "d2": 18, "d3": 20, "D": 46}
    values |= {"m1": 8, "m2": 18, "m3": 15}
    values |= {"l1": 5, "l2": 9, "l3": 8, "over1": 0, "over2": 0, "over3": 5}
    sums = [("N", ("n1", "n2", "n3")), ("D", ("d1", "d2", "d3"))]
    sums += [(f"d{i}", (f"n{i}", f"l{i}")) for i in "123"] + [(f"d{i}", (f"m{i}", f"over{i}")) for i in "123"]
    made = system_of(values, sums, primary=("n1",), weights={**values, "n2": 1, "N": 900, "D": 900, "m3": 900})
    cells = []
    for cell in made.cells:
        kind, site = cell.key[0], cell.key[1:]
        at = Place("pub_values", site, kind) if kind in "nd" else Place("t", site, kind)
        is_latent = kind in "lo"
        cells.append(replace(cell, published=not is_latent, places=() if is_latent else (at,), weight=cell.weight))
    return replace(made, cells=tuple(cells))


def test_a_denominator_that_goes_with_its_share_is_kept_from_being_computed() -> None:
    def told(system: System) -> dict[int, Leak]:
        hidden = best(system, SEED).pattern.hidden
        hidden |= going_along(system, hidden)
        latent = {cell.key for cell in system.cells if not cell.published}
        puzzle = puzzle_of(system, hidden | latent)
        return leaks(replace(puzzle, audited=puzzle.audited & [cell.published for cell in system.cells]))

    made = shares()
    assert going_along(made, {"n1"}) == {"d1"}
    assert told(made) == {}
    with patch.object(choice, "going_along", lambda *_: frozenset()):
        assert list(told(made).values()) == [Leak.EXACT] * 2


# Whoever is alone in a cell knows it.


def test_7_a_pattern_that_keeps_one_only_from_computing_lets_the_one_in_a_cell_prove_another_small() -> None:
    """Five people in three cells: who is alone in the first knows that four are left."""
    made = system_of({"a": 1, "b": 2, "c": 2, "d": 40, "e": 50, "t": 95}, [("t", "abcde")], primary=tuple("abc"))
    assert leaks_to_insiders(puzzle_of(made, best(made, SEED).pattern.hidden)) == {}
    with patch.object(Growth, "_up", lambda *_: 1.0):
        bounded = leaks_to_insiders(puzzle_of(made, best(made, SEED).pattern.hidden))
    assert bounded == {0: {1: Leak.UNDER, 2: Leak.UNDER}}


@settings(max_examples=15, derandomize=True, deadline=None)
@given(st.lists(st.integers(1, 12), min_size=12, max_size=12))
def test_what_is_chosen_for_rows_that_all_stand_tells_nobody_anything(counts: list[int]) -> None:
    values, sums = two_way({"1": counts[:4], "2": counts[4:8], "3": counts[8:]}, "abcd")
    inner = {name: 1 for name in values if "T" not in name}
    made = standing(system_of(values, sums, primary=[name for name, value in values.items() if value < 5]), inner)
    try:
        hidden = best(made, SEED, alone=False).pattern.hidden
    except Unprotectable:
        return
    puzzle = puzzle_of(made, hidden)
    floor = np.array([cell.floor for cell in made.cells])
    low = np.maximum(puzzle.low, [inner.get(cell.key, 0) for cell in made.cells])
    assert leaks(replace(puzzle, low=low, standing=np.where(puzzle.unknown, floor, 0))) == {}
