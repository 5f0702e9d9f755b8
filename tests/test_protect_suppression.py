"""Which cells are hidden: counts, the rest of a part, rates, growth, targets."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.kernel.catalogue import Bilingual
from pipelines.kernel.publications import Part, Publication, Shadow
from pipelines.protect.figures import (
    few_behind,
    hidden_targets,
    protected_badges,
    protected_history,
    protected_paths,
    protected_states,
    protected_values,
)
from pipelines.protect.suppression import counted, summed, suppressed


def publication(**changes) -> Publication:
    given = {
        "table": "pub_x__register",
        "reads": "mart_x__register",
        "sensitivity": "public",
        "title": Bilingual(fr="x", en="x"),
        "grain": ("year", "site_code"),
        "measures": ("students_count", "holders_count"),
        "parts": (Part(part="holders_count", whole="students_count"),),
        "sources": ("apogee",),
    }
    return Publication.model_validate({**given, **changes})


def cells(whole, part, origin="simulated") -> pl.DataFrame:
    return pl.DataFrame(
        {"year": [2020], "site_code": ["auch"], "students_count": [whole], "holders_count": [part], "origin": [origin]},
        schema_overrides={"students_count": pl.Int64, "holders_count": pl.Int64},
    )


@pytest.mark.parametrize(
    ("whole", "part", "shown", "flags"),
    [
        (30, 12, (30, 12), "SS"),
        (30, 4, (30, None), "Sc"),
        (30, 5, (30, 5), "SS"),
        (30, 0, (30, 0), "SS"),
        (30, 26, (30, None), "Sc"),  # four do not hold one
        (30, 25, (30, 25), "SS"),
        (30, 30, (30, 30), "SS"),
        (4, 0, (None, None), "cc"),  # to say that none of them does would tell of four
        (4, 4, (None, None), "cc"),
        (7, 3, (7, None), "Sc"),
        (30, None, (30, None), "SL"),
    ],
)
def test_small_counts_and_small_rests(whole, part, shown, flags):
    made = suppressed(cells(whole, part), publication(), 5).row(0, named=True)
    assert (made["students_count"], made["holders_count"]) == shown
    assert made["students_count_flag"] + made["holders_count_flag"] == flags


def test_there_is_one_symbol():
    frame = pl.concat([cells(n, m) for n in range(12) for m in range(n + 1)])
    made = suppressed(frame, publication(), 5)
    assert set(made["students_count_flag"]) | set(made["holders_count_flag"]) == {"S", "c"}


@given(st.lists(st.tuples(st.integers(0, 40), st.floats(0, 1)), min_size=1, max_size=30), st.integers(0, 12))
def test_nothing_shown_is_small(rows, threshold):
    frame = pl.concat([cells(n, round(n * part)) for n, part in rows])
    made = suppressed(frame, publication(), threshold)
    for whole, part in made.select("students_count", "holders_count").rows():
        for count in (whole, part, None if whole is None or part is None else whole - part):
            assert count is None or count == 0 or count >= threshold


def test_sums_come_before_the_threshold_and_an_unknown_part_makes_an_unknown_sum():
    frame = pl.concat([cells(3, 1), cells(4, 2, "observed")])
    made = summed(frame, publication())
    assert made.row(0, named=True) == {
        "year": 2020, "site_code": "auch", "students_count": 7, "holders_count": 3, "origin": "simulated",
    }  # fmt: skip
    assert summed(pl.concat([cells(3, 1), cells(4, None)]), publication())["holders_count"].to_list() == [None]
    with pytest.raises(ValueError, match="is not its grain"):
        summed(pl.concat([frame, frame]).with_columns(pl.lit("x").alias("label")), publication(copied=("label",)))


def values(rows, origin="simulated", indicator="MOB-OUT") -> pl.DataFrame:
    """Frame of ind_values from (scope_level, scope_code, year, numerator, denominator, growth)."""
    names = ["indicator_code", "scope_level", "scope_code", "year", "numerator", "denominator", "value", "flag"]
    made = [
        (indicator, level, code, year, num, den, num if den is None else num / den, "S", growth, origin)
        for level, code, year, num, den, growth in rows
    ]
    types = [pl.String, pl.String, pl.String, pl.Int64, pl.Float64, pl.Float64, pl.Float64, pl.String]
    schema = dict(zip([*names, "growth", "origin"], [*types, pl.Float64, pl.String], strict=True))
    return pl.DataFrame(made, schema=schema, orient="row")


def test_a_hidden_count_takes_the_growth_to_it_and_from_it():
    frame = values([("site", "auch", 2018 + i, n, None, g) for i, (n, g) in enumerate(
        [(8, None), (3, -0.625), (9, 2.0), (10, 0.11)])])  # fmt: skip
    made = protected_values(frame, {"MOB-OUT": 5}, 5)
    assert made["value"].to_list() == [8, None, 9, 10]
    assert made["numerator"].to_list() == [8, None, 9, 10]
    assert made["growth"].to_list() == [None, None, None, 0.11]
    assert made["flag"].to_list() == ["S", "c", "S", "S"]


@pytest.mark.parametrize(
    ("numerator", "denominator", "is_hidden"),
    [(3, 40, True), (37, 40, True), (0, 40, False), (40, 40, False), (5, 40, False), (35, 40, False), (0, 4, True),
     (4, 4, True), (4.7, 40, True)],
)  # fmt: skip
def test_a_rate_inherits_from_its_numerator_its_rest_and_its_denominator(numerator, denominator, is_hidden):
    made = protected_values(values([("site", "auch", 2020, numerator, denominator, None)]), {"MOB-OUT": 5}, 5)
    row = made.row(0, named=True)
    assert (row["value"] is None, row["numerator"] is None, row["denominator"] is None) == (is_hidden,) * 3
    assert (row["flag"] == "c") is is_hidden


def test_open_figures_keep_their_producers_rule_and_unknown_ones_fall_under_the_default():
    frame = values([("site", "auch", 2020, 3, None, None)], origin="observed")
    assert protected_values(frame, {"MOB-OUT": 0}, 5)["value"].to_list() == [3]
    assert protected_values(frame, {}, 5)["value"].to_list() == [None]
    simulated = values([("site", "auch", 2020, 3, None, None)])
    assert protected_values(simulated, {"MOB-OUT": 0}, 5)["value"].to_list() == [None]


def test_growth_does_not_cross_series():
    frame = values([("site", "auch", 2020, 3, None, None), ("site", "figeac", 2020, 9, None, 0.5)])
    assert protected_values(frame, {}, 5)["growth"].to_list() == [None, 0.5]


def targets(scope_level="site", coverage=None) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "target_id": ["MOB-X2"], "scope_level": [scope_level], "scope_code": ["auch"],
            "indicator_code": ["MOB-OUT"],
            "edition": [2024], "state_code": ["missed"], "state_label_fr": ["x"], "state_label_en": ["x"],
            "state_shape": ["cross"], "base_value": [8.0], "probability": [0.3], "coverage_total_count": [coverage],
            "origin": ["simulated"], "reason_fr": [None], "reason_en": [None],
        },
        schema_overrides={"coverage_total_count": pl.Int64, "reason_fr": pl.String, "reason_en": pl.String},
    )  # fmt: skip


def test_a_target_that_used_a_hidden_value_says_nothing():
    shown = protected_values(
        values([("site", "auch", 2010, 8, None, None), ("site", "auch", 2011, 3, None, None)]), {}, 5
    )
    states = targets()
    gone = hidden_targets(states, shown)
    row = protected_states(states, gone).row(0, named=True)
    assert row["state_code"] == "confidential"
    assert row["flag"] == "c"
    assert row["base_value"] is None
    assert row["probability"] is None
    assert "too few people" in row["reason_en"]
    paths = pl.DataFrame(
        {"target_id": ["MOB-X2"] * 4, "scope_level": ["site"] * 4, "scope_code": ["auch"] * 4,
         "year": [2010, 2011, 2010, 2012], "kind": ["observed", "observed", "path", "forecast"],
         "value": [8.0, 3.0, 8.0, 9.0], "low_50": [None, None, None, 7.0], "origin": ["simulated"] * 4},
    )  # fmt: skip
    made = protected_paths(paths, gone, shown, states)
    assert made["value"].to_list() == [8.0, None, None, None]
    assert made["low_50"].to_list() == [None] * 4
    assert made["flag"].to_list() == ["S", "c", "c", "c"]
    history = pl.DataFrame(
        {"target_id": ["MOB-X2"], "scope_level": ["site"], "scope_code": ["auch"], "as_of_year": [2012],
         "probability": [0.3], "outcome_met": [True], "points_count": [6], "origin": ["simulated"]},
    )  # fmt: skip
    assert protected_history(history, gone).row(0, named=True)["probability"] is None
    assert protected_history(history, gone).row(0, named=True)["outcome_met"] is None
    badges = pl.DataFrame(
        {"target_id": ["MOB-X2"], "scope_level": ["site"], "scope_code": ["auch"], "as_of_year": [2012],
         "rule_code": ["eurostat"], "rule_order": [1], "category_code": ["movement_away"], "rule_measure": [-0.4],
         "record_met_share": [0.08], "outcome_met": [False], "origin": ["simulated"]},
    )  # fmt: skip
    said = protected_badges(badges, gone).row(0, named=True)
    assert (said["rule_code"], said["flag"]) == ("eurostat", "c")
    assert {said[name] for name in ("category_code", "rule_measure", "record_met_share", "outcome_met")} == {None}


def test_a_count_of_sites_uses_all_of_them():
    shown = protected_values(values([("site", "figeac", 2011, 3, None, None)]), {}, 5)
    assert hidden_targets(targets("region", 8), shown).height == 1
    assert hidden_targets(targets("region", None), shown).height == 0
    assert hidden_targets(targets("site", None), shown).height == 0


def test_cells_are_counted_once_and_missing_ones_not():
    made = suppressed(pl.concat([cells(30, 4), cells(30, None), cells(4, 4)]), publication(), 5)
    assert counted(made, ["students_count_flag", "holders_count_flag"]) == (5, 3)


def test_parts_of_parts_are_parts():
    chain = publication(
        measures=("answers_count", "active_count", "employed_count", "stable_count"),
        parts=(
            Part(part="active_count", whole="answers_count"),
            Part(part="employed_count", whole="active_count"),
            Part(part="stable_count", whole="employed_count"),
        ),
    )
    assert len(chain.nested) == 6
    row = {"year": [2020], "site_code": ["auch"], "answers_count": [40], "active_count": [30], "employed_count": [27],
           "stable_count": [27], "origin": ["simulated"]}  # fmt: skip
    made = suppressed(pl.DataFrame(row), chain, 5).row(0, named=True)
    assert (made["active_count"], made["employed_count"], made["stable_count"]) == (30, None, None)


def test_a_weighted_rate_is_hidden_by_the_people_behind_it():
    shadow = Shadow(
        indicator="EMP-REG-18", reads="mart_employment__register", where={"months_after": 18},
        numerator="employed_count", denominator="active_count",
    )  # fmt: skip
    plain = pl.DataFrame(
        [(2020, "auch", "DUT", 18, 4, 6), (2020, "auch", "LP", 18, 5, 6), (2020, "tarbes", "DUT", 18, 50, 60),
         (2020, "tarbes", "DUT", 30, 1, 2)],
        schema=["year", "site_code", "diploma_code", "months_after", "employed_count", "active_count"], orient="row",
    )  # fmt: skip
    few = few_behind(plain, shadow, ("region", "midi-pyrenees"), 5)
    assert few.rows() == [("EMP-REG-18", "site", "auch", 2020)]
    frame = values([("site", "auch", 2020, 31.5, 42.0, None), ("site", "tarbes", 2020, 180.5, 210.0, None)],
                   indicator="EMP-REG-18")  # fmt: skip
    assert protected_values(frame, {"EMP-REG-18": 5}, 5)["value"].null_count() == 0
    assert protected_values(frame, {"EMP-REG-18": 5}, 5, few)["flag"].to_list() == ["c", "S"]
