"""Each defence of `protect` taken out in turn: what it writes then falls to the attack that the defence is there for.

The small observatory goes through `protect` with one function replaced; the auditor, who shares no code with it, must
be silent on it as it is and find the attack in it as it was made. Attacks whose defence is elsewhere stand in
`test_attacks.py` (9, 13), `test_attacks_editions.py` (4), `test_attacks_model.py` (13) and `test_surface.py` (11, 12).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import polars as pl
import pytest
from test_attacks_editions import SEED, YEAR, drawn, system

from pipelines import audit, protect
from pipelines.audit.attack import Leak, Puzzle, leaks, leaks_to_insiders
from pipelines.kernel.problems import CheckFailed
from pipelines.protect import choice, figures, growth, model, patterns
from pipelines.protect import stage as protect_stage
from pipelines.protect.choice import Chosen, best
from pipelines.protect.proof import Target
from pipelines.protect.suppression import suppressed
from pipelines.protect.system import Pattern, System
from pipelines.protect.year import Year
from tests.small_observatory import observatory, read_yaml, write_yaml
from tests.small_systems import system_of
from tests.small_tables import laid, table


def primary_only(system: System, *_: Any, **__: Any) -> Chosen:
    """Hide what is small, and nothing with it."""
    small = frozenset(cell.key for cell in system.cells if cell.primary)
    return Chosen(Pattern(small), len(small), 0, 0.0, None)


def told_apart(frame: pl.DataFrame, *rest: Any) -> pl.DataFrame:
    """Flag what is hidden for another's sake with another symbol."""
    count, flag = pl.col("_count"), "apprentices_count_flag"
    made = suppressed(frame, *rest).with_columns(frame["apprentices_count"].alias("_count"))
    return made.with_columns(
        pl.when((pl.col(flag) == "c") & (count > 4)).then(pl.lit("L")).otherwise(flag).alias(flag)
    ).drop("_count")  # fmt: skip


def with_growth(values: pl.DataFrame, *rest: Any) -> pl.DataFrame:
    """Leave growth where the value it comes from, or leads to, is hidden."""
    return figures.protected_values(values, *rest).with_columns(values["growth"])


def blind_to_zeros(year: int, counted: Mapping[str, Any], _: object) -> Year:
    """Forget which populations are sensitive."""
    return Year(year, counted)


@pytest.mark.parametrize(
    ("where", "name", "other", "words"),
    [
        (patterns, "best_since", primary_only, "can be computed exactly"),
        (protect_stage, "suppressed", told_apart, "without the one symbol"),
        (protect_stage, "protected_values", with_growth, "stands beside a hidden value"),
        (model, "Year", blind_to_zeros, "can be computed exactly"),
    ],
    ids=["1-recovery", "3-flags", "5-growth", "6-zeros"],
)
def test_without_a_defence_what_is_published_falls(
    where: object, name: str, other: object, words: str, tmp_path: Path
) -> None:
    project, settings = observatory(tmp_path)
    policy = project.reference / "disclosure.yml"
    write_yaml(policy, {**read_yaml(policy), "sensitive": {"apprentices": {"fr": "x", "en": "x"}}})
    protect.run(project, settings)
    audit.run(project, settings)
    for made in ("patterns", "protect"):
        (project.fingerprints / f"{made}.json").unlink()
    with patch.object(where, name, other):
        protect.run(project, settings)
    with pytest.raises(CheckFailed, match=words):
        audit.run(project, settings)


def test_2_a_pattern_that_only_keeps_cells_from_being_exact_proves_some_small() -> None:
    def not_exact(_: System, cell: int) -> list[Target]:
        return [Target(cell, 1.0, either=True)]

    found: list[Leak] = []
    for start in range(4):
        counts = drawn(np.random.default_rng(start))
        whole, names = system(counts)
        for needs, wanted in ((growth.needs, found[:0]), (not_exact, found)):
            with patch.object(growth, "needs", needs):
                hidden = {
                    names[key] for key in best(whole, SEED, alone=needs is not not_exact).pattern.hidden if key in names
                }
            told = list(leaks(laid(table(hidden, counts={YEAR: counts})).puzzle).values())
            assert needs is not_exact or told == []
            wanted += told
    assert Leak.UNDER in found


def puzzle_of(system: System, hidden: frozenset[str], known: frozenset[str] = frozenset()) -> Puzzle:
    """What somebody sees of a system when these cells are hidden, but for those that others publish."""
    gone = np.array([cell.key in hidden and cell.key not in known for cell in system.cells])
    low, high = np.where(gone, 0.0, system.values), np.where(gone, np.inf, system.values)
    return Puzzle(system.matrix, system.values, low, high, np.array([cell.threshold for cell in system.cells]), gone)


def test_7_a_pattern_that_forgets_the_one_in_a_cell_lets_that_one_compute_another() -> None:
    made = system_of({"a": 1, "b": 4, "c": 30, "d": 40, "t": 75}, [("t", ("a", "b", "c", "d"))], primary=("a", "b"))
    assert leaks_to_insiders(puzzle_of(made, best(made, SEED).pattern.hidden)) == {}
    without = partial(best, alone=False)(made, SEED).pattern.hidden
    assert leaks_to_insiders(puzzle_of(made, without)) == {0: {1: Leak.EXACT}}


def test_8_a_pattern_that_forgets_what_others_publish_hides_a_total_in_vain() -> None:
    """The cheapest is to hide the total; but the total stands in open data."""
    values, sums = {"a": 3, "b": 50, "c": 60, "t": 113}, [("t", ("a", "b", "c"))]
    weights = {"a": 1, "b": 50, "c": 60, "t": 1}
    alone = system_of(values, sums, primary=("a",), weights=weights)
    known = [cell.__class__(**{**cell.__dict__, "public_elsewhere": cell.key == "t"}) for cell in alone.cells]
    joint = System(alone.year, tuple(known), alone.matrix, alone.relations)
    assert leaks(puzzle_of(alone, best(joint, SEED).pattern.hidden, frozenset("t"))) == {}
    in_vain = best(alone, SEED).pattern.hidden
    assert in_vain == {"a", "t"}
    assert leaks(puzzle_of(alone, in_vain, frozenset("t"))) == {0: Leak.EXACT}


def test_10_without_the_secret_anybody_can_choose_the_pattern_again() -> None:
    """Whoever knows the rule and no secret tries every table that fits: those with another pattern are out."""
    values = {"a": 3, **dict.fromkeys("bcdefgh", 10), "t": 73}
    made = system_of(values, [("t", tuple("abcdefgh"))], primary=("a",), weights=dict.fromkeys(values, 10))

    def chosen() -> set[frozenset[str]]:
        return {best(made, bytes([number]) * 32).pattern.hidden for number in range(12)}

    assert len(chosen()) > 3  # it depends on what nobody knows
    with patch.object(choice, "costs_of", lambda system, _: np.array([cell.weight for cell in system.cells], float)):
        assert len(chosen()) == 1
