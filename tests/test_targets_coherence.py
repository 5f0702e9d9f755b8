"""Sites and region agree: sums exact, nothing changed without need, no variance gained."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.targets.coherence import counted, paired, reconciled

SPREADS = np.array([3.0, 5.0, 8.0, 12.0, 2.0, 4.0, 20.0, 40.0])


def drawn(seed: int, whole_sd: float, size: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    parts = generator.normal(50, SPREADS, (size, len(SPREADS)))
    return generator.normal(430, whole_sd, size), parts


def test_it_is_the_published_projection():
    whole, parts = drawn(1, 60)
    y = np.column_stack([whole, parts])
    n = parts.shape[1]
    s = np.vstack([np.ones((1, n)), np.eye(n)])
    w = np.diag(1 / y.var(axis=0))
    expected = (s @ np.linalg.inv(s.T @ w @ s) @ s.T @ w @ y.T).T
    assert reconciled(whole, parts) == pytest.approx(expected, rel=1e-9)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.floats(5, 300))
def test_sums_are_exact_and_no_variance_is_gained(seed, whole_sd):
    whole, parts = drawn(seed, whole_sd)
    coherent = reconciled(*paired(whole, parts, seed))
    assert coherent[:, 0] == pytest.approx(coherent[:, 1:].sum(axis=1), abs=1e-9)
    assert coherent[:, 0].var() <= whole.var() * 1.02
    whole_numbers = counted(coherent)
    assert (whole_numbers[:, 0] == whole_numbers[:, 1:].sum(axis=1)).all()
    assert (whole_numbers >= 0).all()
    assert (whole_numbers == np.rint(whole_numbers)).all()


def test_what_adds_up_is_left_alone():
    _, parts = drawn(2, 60)
    coherent = reconciled(parts.sum(axis=1), parts)
    assert coherent[:, 1:] == pytest.approx(parts)
    counts = np.rint(np.abs(parts))
    assert (counted(np.column_stack([counts.sum(axis=1), counts]))[:, 1:] == counts).all()


def test_the_whole_keeps_its_own_uncertainty_when_parts_can_carry_it():
    """Independent parts would make the region surer than any forecast of it says."""
    whole, parts = drawn(3, 80)
    together = reconciled(*paired(whole, parts, 3))[:, 0].std()
    apart = reconciled(whole, parts)[:, 0].std()
    assert apart < 50
    assert together == pytest.approx(80, rel=0.05)


def test_pairing_changes_no_value():
    whole, parts = drawn(4, 60, 500)
    again, ordered = paired(whole, parts, 4)
    assert np.sort(again) == pytest.approx(np.sort(whole))
    assert np.sort(ordered, axis=0) == pytest.approx(np.sort(parts, axis=0))


def test_parts_below_zero_and_nothing_at_all():
    coherent = np.array([[3.0, -1.0, 4.0], [0.0, 0.0, 0.0], [5.0, 0.0, 0.0], [-2.0, -1.0, -1.0]])
    whole = counted(coherent)
    assert whole[0].tolist() == [3, 0, 3]
    assert whole[1].tolist() == [0, 0, 0]
    assert whole[2].sum() == 10
    assert whole[3].tolist() == [0, 0, 0]
    still = reconciled(np.full(3, 12.0), np.full((3, 2), 5.0))
    assert still[0].tolist() == pytest.approx([10 + 4 / 3, 5 + 2 / 3, 5 + 2 / 3])
