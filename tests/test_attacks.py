"""The thirteen attacks, each against its defence, and against the same without it.

Where the defence is what `protect` chose to hide, a small pattern stands for it: the auditor must be silent on it, and
speak as soon as it is weakened.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy.sparse import csr_array

from pipelines.audit.attack import Leak, Puzzle, audit, interval, leaks, leaks_to_insiders
from pipelines.audit.board import board
from pipelines.audit.editions import memory
from pipelines.audit.inherited import _beside
from pipelines.audit.knowledge import wrongly_flagged, wrongly_shown
from pipelines.audit.relations import Relation, relations, with_rests
from pipelines.kernel.ledger import row_key
from pipelines.protect.choice import costs_of
from pipelines.protect.system import Cell, System
from tests.small_tables import COUNTS, SAFE, SMALL, grid, laid, puzzle, table


def test_1_exact_recovery_by_linear_algebra() -> None:
    found = leaks(puzzle(SMALL))
    assert set(found.values()) == {Leak.EXACT}
    assert len(found) == 2
    assert leaks(puzzle(SAFE)) == {}


def test_2_an_interval_too_narrow_proves_that_a_cell_is_small() -> None:
    # Fischetti and Salazar-González's example: 22 in the middle of the last column, hidden with three others.
    counts = [[20, 50, 10], [8, 19, 22], [17, 32, 12]]
    wide = grid(counts, [(1, 2), (1, 0), (2, 2), (2, 0)], threshold=25)
    assert interval(wide, 5) == (5, 30)
    assert leaks(wide) == {}
    narrow = grid([[9, 3, 20], [30, 1, 9], [9, 9, 9]], [(0, 1), (0, 0), (1, 1), (1, 0)])
    assert leaks(narrow) == {1: Leak.UNDER, 4: Leak.UNDER}  # not exact, and still proved to be four at most
    assert interval(narrow, 1) == (0, 4)


def test_2_bounds_hold_for_whole_numbers() -> None:
    # 2 x = y + z, all hidden, y + z known to be 7 or 8 by a bound: halves are no answer.
    matrix = csr_array(np.array([[2, -1.0]]))
    counts = np.array([2, 4])
    asked = Puzzle(matrix, counts, np.array([0.0, 3.0]), np.array([np.inf, 5.0]), np.array([3, 0]),
                   np.array([True, False]))  # fmt: skip
    assert interval(asked, 0) == (2, 2)
    assert leaks(asked) == {0: Leak.EXACT}


def test_3_a_second_symbol_tells_primary_cells_from_secondary_ones() -> None:
    series = table(SAFE)
    assert [wrongly_flagged(item).height for item in series] == [0, 0, 0, 0]
    told = series[0].frame.with_columns(
        pl.when(pl.col("shown").is_null() & (pl.col("value") >= 5)).then(pl.lit("L")).otherwise("flag").alias("flag")
    )
    assert wrongly_flagged(replace(series[0], frame=told)).height == 4
    # Knowing which cells are small, the sum of two of them leaves little to guess.
    cells = laid(series).puzzle
    known = replace(cells, high=np.where(cells.small & cells.unknown, 4, cells.high))
    assert Leak.UNDER in leaks(known).values()


def lines_of(series: list) -> pl.DataFrame:
    """The ledger of an edition that showed these series."""
    frames = [
        item.frame.select(
            pl.lit(item.table).alias("table_name"), row_key(item.coordinates).alias("row_key"),
            pl.lit(item.column).alias("column_name"),
            pl.when(pl.col("shown").is_null()).then(pl.lit("hidden")).otherwise(pl.lit("shown")).alias("status"),
            pl.col("shown").cast(pl.Float64).alias("value"),
        )
        for item in series
    ]  # fmt: skip
    return pl.concat(frames)


def with_ledger(now: list, before: list[tuple[str, pl.DataFrame]]):
    sums = relations(now, 2)
    remembered = memory(now, sums, before)
    return remembered, leaks(board(now, sums, remembered).puzzle)


def test_4_a_new_edition_beside_an_old_one() -> None:
    other = {("cell", 2020, i, j) for i, j in ((0, 1), (0, 0), (2, 0), (2, 1), (1, 2), (1, 0), (2, 2))}
    assert leaks(puzzle(other)) == {}  # safe alone
    before = [("2023", lines_of(table(SAFE)))]
    remembered, found = with_ledger(table(other), before)
    assert any("was hidden in edition 2023" in finding.says for finding in remembered.findings)
    assert set(found.values()) == {Leak.EXACT}
    remembered, found = with_ledger(table(SAFE), before)
    assert (remembered.findings, found) == ((), {})


def test_4_a_revised_cell_is_found_by_difference() -> None:
    """A count falls under the threshold in the new edition: its line was known but for the cells hidden before."""
    revised = {**COUNTS, 2020: [[20, 3, 14, 4], *COUNTS[2020][1:]]}
    before = [("2023", lines_of(table(SAFE - {("cell", 2020, 0, 3), ("cell", 2020, 1, 3)})))]
    assert leaks(puzzle(SAFE, counts=revised)) == {}
    _, together = with_ledger(table(SAFE, counts=revised), before)
    assert Leak.EXACT in together.values()
    # Margins that did not move are known from before: only those that moved with it can hide it.
    wider = SAFE | {("site", 2020, 0, 0), ("field", 2020, 0, 3), ("all", 2020, 0, 0)}
    assert with_ledger(table(wider, counts=revised), before)[1] == {}


def values(**columns: list) -> pl.DataFrame:
    rows = len(columns["year"])
    fixed = {"indicator_code": ["MOB-OUT-RATE"] * rows, "scope_level": ["site"] * rows, "scope_code": ["auch"] * rows}
    return pl.DataFrame({**fixed, **columns})


def test_5_a_share_with_its_total_gives_the_count_back() -> None:
    safe = values(year=[2020, 2021], flag=["c", "S"], value=[None, 0.5], numerator=[None, 10], denominator=[None, 20],
                  growth=[None, None])  # fmt: skip
    assert list(_beside(safe)) == []
    for name in ("value", "numerator", "denominator", "growth"):
        left = safe.with_columns(pl.Series(name, [0.15, safe[name][1]]))
        assert [finding.where.split()[0] for finding in _beside(left)] == [f"pub_values.{name}"]
    growing = safe.with_columns(pl.Series("growth", [None, 2.0]))  # growth from a hidden value gives it back
    assert len(list(_beside(growing))) == 1
    # The complement: 18 of 20 says 2.
    whole = table(counts={2020: [[20, 30]], 2021: [[25, 31]]}, table_name="pub_x")[:1]
    part = [replace(item, measure="holders_count") for item in
            table(counts={2020: [[18, 20]], 2021: [[20, 20]]}, shift=4, table_name="pub_x")[:1]]  # fmt: skip
    rests, sums = with_rests([*whole, *part], {"pub_x": [("holders_count", "students_count")]})
    shown = leaks(board([*whole, *part, *rests], sums).puzzle)
    assert list(shown.values()) == [Leak.EXACT]
    for hidden in (whole, part):
        frame = hidden[0].frame.with_columns(
            pl.when((pl.col("year") == 2020) & (pl.col("speciality_code") == "f0")).then(None).otherwise("shown")
            .alias("shown")
        )  # fmt: skip
        one = [replace(hidden[0], frame=frame)]
        pair = [*one, *part] if hidden is whole else [*whole, *one]
        rests, sums = with_rests(pair, {"pub_x": [("holders_count", "students_count")]})
        assert Leak.EXACT not in leaks(board([*pair, *rests], sums).puzzle).values()


def test_6_none_and_everyone_are_told_of_as_little_as_a_few() -> None:
    counts = {2020: [[0, 20, 14], [31, 12, 9]], 2021: [[7, 8, 9], [9, 8, 7]]}
    series = [replace(item, is_sensitive=True) for item in table(counts=counts)]
    assert list(leaks(laid(series).puzzle).values()) == [Leak.EXACT]
    assert leaks(laid(table(counts=counts)).puzzle) == {}  # of an attribute that is nobody's secret, none is shown
    block = {("cell", 2020, i, j) for i in (0, 1) for j in (0, 1)}
    hidden = [replace(item, is_sensitive=True) for item in table(block, counts=counts)]
    assert leaks(laid(hidden).puzzle) == {}


def test_7_the_one_who_is_the_one_knows_it() -> None:
    counts = [[1, 6, 20], [7, 2, 30], [9, 9, 9]]
    pattern = [(0, 0), (0, 1), (1, 0), (1, 1)]
    asked = grid(counts, pattern)
    assert leaks(asked) == {}
    assert leaks_to_insiders(asked) == {0: {4: Leak.EXACT}}
    wider = grid(counts, [*pattern, (0, 2), (1, 2), (2, 0), (2, 1), (2, 2)])
    assert leaks_to_insiders(wider) == {}


def test_8_margins_that_others_publish() -> None:
    """A margin is hidden here and stands in the ministry's open data: the relation is found in the numbers."""
    pattern = {("cell", 2020, 0, 1), ("cell", 2020, 1, 2), ("site", 2020, 0, 0), ("site", 2020, 1, 0),
               ("field", 2020, 0, 1), ("field", 2020, 0, 2)}  # fmt: skip
    series = table(pattern)
    alone = laid(series)
    assert leaks(alone.puzzle) == {}
    start = int(sum(item.frame.height for item in series))
    ministry = table(threshold=0, shift=start, table_name="pub_open")
    opened = [replace(item, frame=item.frame.with_columns(pl.col("cell"))) for item in ministry[1:3]]
    first = min(int(item.frame["cell"].min()) for item in opened)
    opened = [replace(item, frame=item.frame.with_columns(pl.col("cell") - first + start)) for item in opened]
    joint = leaks(laid([*series, *opened]).puzzle)
    assert Leak.EXACT in joint.values()


def test_9_rounding_each_cell_by_itself_gives_some_back() -> None:
    plain = grid([[1] * 5] * 5, [])
    everything = np.ones(len(plain.value), bool)
    # To the nearest three, one is 0 and five is 6: five counts of one at most make five or more in one way only.
    near = 3 * np.rint(plain.value / 3)
    alone = replace(plain, low=np.maximum(near - 1, 0), high=near + 1, audited=everything)
    assert Leak.EXACT in leaks(alone).values()
    # Controlled rounding shows multiples that add up, and leaves base - 1 to either side.
    sums = np.concatenate([np.eye(5).ravel() * 3, [3] * 10])
    assert not np.any(plain.matrix @ sums)
    controlled = replace(plain, low=np.maximum(sums - 2, 0), high=sums + 2, audited=everything)
    assert Leak.EXACT not in leaks(controlled).values()


def test_10_ties_are_broken_by_a_secret() -> None:
    """Two cells that cost the same: which one is hidden must not be a matter of their order or their values."""
    cells = tuple(
        Cell(f"2020 students f{i}", "pub_a", "students_count", 10, False, False, 10, True, 5) for i in range(8)
    )
    system = System(2020, cells, csr_array((0, 8)), ())
    one, same, other = (costs_of(system, seed) for seed in (b"a" * 32, b"a" * 32, b"b" * 32))
    assert len(set(one)) == 8  # no tie is left
    assert np.array_equal(one, same)  # in a later edition it falls alike
    assert not np.array_equal(np.argsort(one), np.argsort(other))  # without the secret nobody knows how
    assert not np.array_equal(np.argsort(one), np.arange(8))
    richer = replace(system, cells=tuple(replace(cell, value=cell.value + 3) for cell in cells))
    assert np.array_equal(one, costs_of(richer, b"a" * 32))


def test_11_messages_hold_coordinates_and_no_number() -> None:
    planted = {**COUNTS, 2020: [[20, 4073, 14, 9], *COUNTS[2020][1:]]}
    series = table(SMALL, counts=planted, threshold=5000)
    found = laid(series)
    named = found.named(list(leaks(found.puzzle)))
    assert any("site_code=s0 speciality_code=f1" in where for names in named.values() for where in names)
    assert "4073" not in str(named)
    assert "4073" not in repr([leak.words for leak in Leak])


def test_13_mutation_every_secondary_cell_counts() -> None:
    assert leaks(puzzle(SAFE)) == {}
    assert audit(puzzle(SAFE)).insiders == {}
    weaker = [frozenset(SAFE) - {cell} for cell in sorted(SAFE - SMALL)]
    assert all(leaks(puzzle(pattern)) or audit(puzzle(pattern)).insiders for pattern in weaker)


def test_13_mutation_a_relation_left_out_hides_a_leak() -> None:
    series = table(SMALL | {("cell", 2020, 0, 2), ("cell", 2020, 1, 1)})
    sums = relations(series, 2)
    planted = [*table(SMALL)]
    assert leaks(board(planted, relations(planted, 2)).puzzle)
    lines = [item for item in sums if not item.text.startswith(("pub_a_site", "pub_a_field"))]
    assert leaks(board(planted, lines).puzzle) == {}  # this is why relations are found, not listed


def test_a_wrong_number_is_found_too() -> None:
    item = table()[0]
    lied = item.frame.with_columns((pl.col("shown") + 1).alias("shown"))
    assert wrongly_shown(replace(item, frame=lied)).height == item.frame.height


def test_true_values_must_hold() -> None:
    asked = puzzle(SAFE)
    with pytest.raises(ValueError, match="does not hold"):
        replace(asked, value=asked.value + np.arange(len(asked.value)))
    with pytest.raises(ValueError, match="outside"):
        replace(asked, low=asked.value + 1.0)


def test_what_was_found_safe_is_not_solved_again() -> None:
    first = audit(puzzle(SAFE))
    assert first.solved == 1
    again = audit(puzzle(SAFE), first.safe)
    assert (again.solved, again.leaks) == (0, {})
    assert audit(puzzle(SMALL), first.safe).leaks  # another pattern has other marks


def test_relations_name_what_they_found() -> None:
    texts = {item.text for item in relations(table(), 2)}
    assert "pub_a_site.students_count = sum of pub_a.students_count" in texts
    assert "pub_a_all.students_count = sum of pub_a_site.students_count" in texts
    assert isinstance(relations(table(), 2)[0], Relation)
