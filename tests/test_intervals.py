"""Wilson's interval: published examples, its limits, and its place beside the values."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.kernel.intervals import wilson
from pipelines.protect.figures import protected_values
from tests.observatory import measured, rows


@pytest.mark.parametrize(
    ("found", "size", "low", "high"),
    [
        # R. G. Newcombe (1998), "Two-sided confidence intervals for the single proportion", table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_published_examples(found: int, size: int, low: float, high: float) -> None:
    assert wilson(found / size, size) == pytest.approx((low, high), abs=5e-5)


@given(st.floats(0, 1), st.floats(0.5, 1e6))
def test_the_interval_holds_the_share_and_stays_a_share(share: float, size: float) -> None:
    low, high = wilson(share, size)
    assert 0 <= low <= share + 1e-9
    assert share - 1e-9 <= high <= 1
    mirrored = wilson(1 - share, size)
    assert (1 - mirrored[1], 1 - mirrored[0]) == pytest.approx((low, high), abs=1e-9)
    wider = wilson(share, size / 2)
    assert wider[1] - wider[0] >= high - low - 1e-12


def test_an_interval_needs_answers() -> None:
    with pytest.raises(ValueError, match="needs answers"):
        wilson(0.5, 0)


def test_rates_of_the_survey_have_an_interval_and_full_counts_none() -> None:
    made = measured()
    found = rows(
        made,
        "select distinct indicator_code from {ind_values} where interval_low is not null or interval_high is not null",
    )
    assert sorted(found) == [("EMP-REG-18",), ("EMP-REG-30",)]
    bad = "{ind_values} where indicator_code like 'EMP-REG%' and value is not null "
    assert (
        rows(made, f"select * from {bad} and not coalesce(value between interval_low and interval_high, false)") == []
    )


def test_the_effective_number_of_answers_is_kish_s() -> None:
    made = measured()
    # Answer by answer: (sum of weights)² over the sum of squared weights, for the region.
    checked = rows(
        made,
        """
        with cell as (
            select year, weighted_active_count::double as weight, active_count as answers
            from {mart_employment__register} where months_after = 30 and active_count > 0
        ),
        answer as (select year, weight / answers as weight from cell, range(answers)),
        size as (select year, sum(weight) ** 2 / sum(weight ** 2) as size from answer group by year)
        select value, interval_low, interval_high, size
        from {ind_values} inner join size using (year)
        where indicator_code = 'EMP-REG-30' and scope_level = 'region'
        """,
    )
    assert checked
    for value, low, high, size in checked:
        assert wilson(value, size) == pytest.approx((low, high), abs=1e-6)


def test_a_hidden_rate_hides_its_interval() -> None:
    values = pl.DataFrame(
        {
            "indicator_code": ["X", "X"], "scope_level": ["site"] * 2, "scope_code": ["auch", "tarbes"],
            "year": [2020, 2020], "numerator": [3.0, 50.0], "denominator": [60.0, 100.0], "value": [0.05, 0.5],
            "growth": [None, None], "flag": ["A", "A"], "origin": ["observed"] * 2,
            "interval_low": [0.01, 0.4], "interval_high": [0.1, 0.6],
        }
    )  # fmt: skip
    made = protected_values(values, {}, 5)
    assert made.select("flag", "interval_low", "interval_high").rows() == [("c", None, None), ("A", 0.4, 0.6)]
