"""The auditor's shortcuts, held against the long way: folded relations, questions put together, several processes."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from pipelines.audit import attack, program
from pipelines.audit.attack import Verdict, audit
from pipelines.audit.folded import Folded, folded
from pipelines.audit.program import Program
from pipelines.audit.puzzle import Part, Puzzle, parts
from pipelines.kernel.sharing import Helpers

FACTORS = st.sampled_from([0, 0, 0, 1, 1, -1, 2])


@settings(max_examples=60, derandomize=True, deadline=None)
@given(st.lists(st.lists(FACTORS, min_size=9, max_size=9), min_size=1, max_size=7), st.sets(st.integers(0, 8)))
def test_folded_relations_leave_the_same_deviations(lines: list[list[int]], asked: set[int]) -> None:
    matrix = np.array(lines, dtype=float)
    fold = folded(csr_array(matrix), np.isin(np.arange(9), list(asked)))
    held = fold.matrix.toarray()[fold.rest < 0]
    size = fold.matrix.shape[1]
    assert size - (np.linalg.matrix_rank(held) if held.size else 0) == 9 - np.linalg.matrix_rank(matrix)
    drawn = np.random.default_rng(1).standard_normal(size)
    if held.size:
        drawn = drawn - np.linalg.pinv(held) @ (held @ drawn)
    assert abs(matrix @ fold.unfolded(drawn)).max() < 1e-8
    assert not asked & set(fold.rest.tolist())


def puzzle(counts: list[int], hidden: set[int]) -> Puzzle:
    """4 x 4 counts with their margins, some of the twenty-four hidden; those under five must not be told."""
    grid = np.array(counts).reshape(4, 4)
    value = np.concatenate([grid.ravel(), grid.sum(axis=1), grid.sum(axis=0)]).astype(np.int64)
    lines = np.zeros((8, 24))
    for row, column in np.ndindex(4, 4):
        lines[row, 4 * row + column] = lines[4 + column, 4 * row + column] = 1
    lines[np.arange(8), 16 + np.arange(8)] = -1
    gone = np.isin(np.arange(24), list(hidden)) | ((value > 0) & (value < 5))
    return Puzzle(csr_array(lines), value, np.where(gone, 0.0, value), np.where(gone, np.inf, value),
                  np.full(24, 5), gone)  # fmt: skip


def one_by_one(asked: Puzzle) -> Verdict:
    """Return the verdict of an attacker who puts each question by itself, nothing folded."""
    alone = patch.object(Part, "look", lambda *_: None)
    with patch.object(attack, "FEW", 10_000), alone, patch.object(program, "SMALL", 10_000):
        return audit(asked)


PUZZLES = st.tuples(st.lists(st.integers(0, 9), min_size=16, max_size=16), st.sets(st.integers(0, 23), max_size=12))


@settings(max_examples=40, derandomize=True, deadline=None)
@given(PUZZLES)
def test_questions_put_together_and_folded_are_answered_as_one_by_one(drawn: tuple[list[int], set[int]]) -> None:
    asked = puzzle(*drawn)
    with patch.object(program, "SMALL", 0):
        quick = audit(asked)
    slow = one_by_one(asked)
    assert (quick.leaks, quick.insiders) == (slow.leaks, slow.insiders)


@settings(max_examples=15, derandomize=True, deadline=None)
@given(PUZZLES)
def test_a_fold_that_is_wrong_makes_nothing_look_safe(drawn: tuple[list[int], set[int]]) -> None:
    """A relation is lost while folding: what then comes out is held against all of them, and refused."""

    def wrong(matrix: csr_array, asked: np.ndarray) -> Folded:
        return replace(whole := Folded.none(matrix), matrix=csr_array(whole.matrix[1:]), rest=whole.rest[1:],
                       factor=whole.factor[1:])  # fmt: skip

    asked = puzzle(*drawn)
    expected = audit(asked)
    with patch.object(program, "SMALL", 0), patch.object(program, "folded", wrong):
        assert set(expected.leaks) <= set(audit(asked).leaks)


@settings(max_examples=25, derandomize=True, deadline=None)
@given(PUZZLES)
def test_every_witness_of_many_keeps_every_relation(drawn: tuple[list[int], set[int]]) -> None:
    for part in parts(puzzle(*drawn)):
        asked = Program(part.block, part.value - 0.0, np.full(len(part.cells), np.inf))
        for witness in asked.witnesses({place: 3 - 4 * (place % 2) for place in range(len(part.cells))}, {0}):
            assert not (part.block @ witness).any()
            assert (witness >= -part.value).all()
            assert witness[0] == 0


@pytest.mark.parametrize("count", [0, 1])
def test_answers_come_in_the_order_of_the_questions_whoever_works_on_them(count: int) -> None:
    with Helpers(count) as helpers:
        helpers.start(int)
        assert helpers.ask(abs, range(-9, 0)).answers() == list(range(9, 0, -1))
        with pytest.raises(TypeError):
            helpers.ask(abs, [1, "a"]).answers()
