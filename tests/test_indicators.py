"""From counted rows to values: division, flags, growth, reasons. Properties that hold for any figures."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.indicators.status import status_of
from pipelines.indicators.values import Counted, Value, values_of
from pipelines.kernel.catalogue import Bilingual, Catalogue
from pipelines.kernel.flags import Flag
from pipelines.kernel.indicators import Indicator, read_indicators
from pipelines.kernel.problems import BadInput, CheckFailed
from pipelines.kernel.project import Project, Settings
from pipelines.kernel.reference import Break

TEXT = Bilingual(fr="texte", en="text")


def indicator(**changes: Any) -> Indicator:
    entry: dict[str, Any] = {
        "code": "ENR-TEST",
        "theme": "ENR",
        "label": TEXT,
        "definition": TEXT,
        "unit": "persons",
        "numerator": TEXT,
        "objective": 1,
        "sources": ["sise"],
        "steward": "nobody",
        "good_direction": "up",
        "decimals": 0,
        "scopes": ["region", "site"],
        **changes,
    }
    return Indicator.model_validate(entry)


def share(**changes: Any) -> Indicator:
    return indicator(unit="share", denominator=TEXT, **changes)


def count(year: int, numerator: float | None, denominator: float | None = None, **changes: Any) -> Counted:
    row: dict[str, Any] = {"scope_level": "region", "scope_code": "midi-pyrenees", "origin": "observed", **changes}
    return Counted(year=year, numerator=numerator, denominator=denominator, **row)


def a_break(year: int, **changes: Any) -> Break:
    entry: dict[str, Any] = {
        "break_code": "test",
        "year": year,
        "domain": "enrolment",
        "indicator_prefix": None,
        "scope_codes": "*",
        "kind": "level",
        "forbids_growth": "true",
        "label_fr": "x",
        "label_en": "x",
        "source": "x",
        **changes,
    }
    return Break.model_validate(entry)


def values(
    rows: list[Counted], *breaks: Break, of: Indicator | None = None, provisional: int | None = None
) -> list[Value]:
    return values_of(of or indicator(), rows, breaks, provisional)


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_a_share_lies_within_its_bounds_or_is_refused(numerator: int, denominator: int) -> None:
    row = count(2020, numerator, denominator)
    if numerator > denominator:
        with pytest.raises(CheckFailed, match="outside 0 to 1"):
            values([row], of=share())
    else:
        [value] = values([row], of=share())
        assert value.value is not None
        assert 0 <= value.value <= 1


@given(
    st.lists(st.tuples(st.integers(2006, 2024), st.integers(1, 10**5)), unique_by=lambda pair: pair[0]),
    st.integers(2006, 2024),
)
def test_growth_never_crosses_a_gap_or_a_break_that_forbids_it(points: list[tuple[int, int]], broken: int) -> None:
    found = values([count(year, number) for year, number in points], a_break(broken))
    years = {value.year for value in found}
    before = {value.year: value.value for value in found}
    for value in found:
        if value.year == broken or value.year - 1 not in years:
            assert value.growth is None
        else:
            previous = before[value.year - 1]
            assert previous is not None
            assert value.value is not None
            assert value.growth == pytest.approx(value.value / previous - 1)


@given(st.permutations([count(year, year) for year in range(2010, 2016)]))
def test_the_order_of_rows_does_not_matter(rows: list[Counted]) -> None:
    assert values(rows) == values(sorted(rows, key=lambda row: row.year))


def test_a_break_in_a_gap_still_marks_the_next_value() -> None:
    found = values([count(2019, 10), count(2023, 12)], a_break(2021))
    assert [(value.is_break, value.flag) for value in found] == [(False, Flag.NORMAL), (True, Flag.BREAK)]


def test_a_break_that_allows_growth_is_marked_and_growth_kept() -> None:
    found = values([count(2019, 10), count(2020, 12)], a_break(2020, forbids_growth="false"))
    assert (found[1].is_break, found[1].growth) == (True, pytest.approx(0.2))


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"domain": "mobility"},
        {"indicator_prefix": "ENR-LP"},
        {"indicator_prefix": "ENR-TE"},
        {"scope_codes": "tarbes|ut3"},
    ],
)
def test_a_break_elsewhere_changes_nothing(elsewhere: dict[str, str]) -> None:
    found = values([count(2019, 10), count(2020, 12)], a_break(2020, **elsewhere))
    assert (found[1].is_break, found[1].growth) == (False, pytest.approx(0.2))


def test_a_break_the_registry_sets_aside_changes_nothing() -> None:
    found = values([count(2019, 10), count(2020, 12)], a_break(2020), of=indicator(breaks_ignored=["test"]))
    assert (found[1].is_break, found[1].growth) == (False, pytest.approx(0.2))


def test_growth_does_not_go_from_observed_to_simulated_nor_from_zero_nor_between_scopes() -> None:
    assert values([count(2019, 10), count(2020, 12, origin="simulated")])[1].growth is None
    assert values([count(2019, 0), count(2020, 12)])[1].growth is None
    assert values([count(2019, 10, scope_code="a"), count(2020, 12, scope_code="b")])[1].growth is None


@pytest.mark.parametrize(
    ("row", "flag", "word"),
    [
        (count(2020, None, None, missing_code="ns"), Flag.MISSING, "ns"),
        (count(2020, None, None, missing_code="nd"), Flag.MISSING, "nd"),
        (count(2020, None, None, missing_code="."), Flag.NOT_APPLICABLE, "."),
        (count(2020, None, 5), Flag.MISSING, "does not give"),
        (count(2020, 0, 0), Flag.NOT_APPLICABLE, "nobody"),
        (count(2020, None, 5, origin="simulated"), Flag.MISSING, "does not give"),
    ],
)
def test_a_missing_value_says_why_in_both_languages(row: Counted, flag: Flag, word: str) -> None:
    [value] = values([row], of=share())
    assert (value.value, value.numerator, value.denominator, value.flag) == (None, None, None, flag)
    assert value.reason_fr
    assert word in (value.reason_en or "")


def test_flags_say_what_a_value_is_worth() -> None:
    assert values([count(2020, 1, origin="simulated")])[0].flag == Flag.SIMULATED
    assert values([count(2020, 1)], of=indicator(is_estimated=True))[0].flag == Flag.ESTIMATED
    assert [value.flag for value in values([count(2019, 1), count(2020, 1)], provisional=2020)] == ["A", "P"]


def test_a_negative_count_is_refused() -> None:
    with pytest.raises(CheckFailed, match="below zero"):
        values([count(2020, -1)])


@pytest.mark.parametrize(
    ("changes", "observed_only", "word"),
    [
        ({"sources": [], "not_measurable": TEXT}, False, "text"),
        ({}, False, "No source gives it for edition 2024"),
        ({"not_measurable": TEXT}, False, "text"),
    ],
)
def test_an_indicator_without_a_value_says_why(changes: dict[str, Any], observed_only: bool, word: str) -> None:
    settings = Settings(edition=2024, observed_only=observed_only)
    status = status_of(indicator(**changes), [], Catalogue([]), settings)
    assert not status.is_measurable
    assert word in (status.reason_en or "")
    assert status.reason_fr


def test_when_the_source_hides_all_the_reason_says_so() -> None:
    hidden = values([count(2020, None, None, missing_code="ns")], of=share())
    status = status_of(share(), hidden, Catalogue([]), Settings(edition=2024))
    assert "hides every figure" in (status.reason_en or "")


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"unit": "share"}, "a share has a denominator"),
        ({"denominator": TEXT}, "a share has a denominator"),
        ({"sources": []}, "why it has none"),
        ({"code": "enr-test"}, "pattern"),
        ({"objective": 7}, "less than or equal to 6"),
    ],
)
def test_an_entry_that_does_not_hold_together_is_refused(changes: dict[str, Any], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        indicator(**changes)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("- code: [", "not valid YAML"),
        ("code: x", "is a list of indicators"),
        ("- code: ENR-X", "Indicator ENR-X breaks its format"),
    ],
)
def test_a_registry_at_fault_is_refused_in_words(empty_project: Project, text: str, word: str) -> None:
    empty_project.reference.mkdir(parents=True)
    (empty_project.reference / "indicators.yml").write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=word):
        read_indicators(empty_project)


def test_a_missing_registry_is_refused(empty_project: Project) -> None:
    with pytest.raises(BadInput, match="registry of indicators is missing"):
        read_indicators(empty_project)
