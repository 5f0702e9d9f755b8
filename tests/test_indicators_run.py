"""The indicators of the shipped project, run whole: figures, additions, as-of, observed only, strays."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipelines import consolidate, indicators
from pipelines.kernel.indicators import Indicator, read_indicators
from pipelines.kernel.problems import BadInput
from pipelines.kernel.project import Project, Settings
from pipelines.kernel.sql import read_queries
from tests.observatory import copy_of_staged, measured, one, rows, run_figures, series, staged

WANTED = {
    code
    for line in (
        "ENR-DUT-BUT ENR-LP ENR-TECH ENR-WOMEN ENR-ENTRANTS ENR-TECHBAC ENR-OUT-TLS ENR-REG ENR-PROMO",
        "SCH-ENTRANTS SCH-ADMITTED SCH-COUNT SCH-REG-SHARE APP-COUNT APP-SHARE APP-BREACH APP-TERR APP-CFA",
        "APP-LAB MOB-OUT MOB-OUT-RATE MOB-OUT-PLACEMENT MOB-OUT-ERASMUS MOB-IN MOB-IN-SHARE MOB-EURO",
        "EMP-LP-18 EMP-LP-30 EMP-LP-STABLE-30 EMP-LP-INTER-30 EMP-LP-REGION-30 EMP-DUT-30 EMP-REG-18",
        "EMP-REG-30 EMP-RESP OFF-SPEC OFF-BTS OFF-TOWNS RES-THESE RES-COM RES-STAFF LLL-FC TRF-CDC",
        "TRF-PLACEMENT VOIE-INST LIC-50",
    )
    for code in line.split()
}


NOT_ADDED = ("OFF-SPEC", "OFF-OPER", "OFF-TOWNS")
"""Distinct things: one speciality, one establishment may stand in two places."""


@pytest.fixture(scope="module")
def made() -> Project:
    return measured()


@pytest.fixture(scope="module")
def registry(project: Project) -> dict[str, Indicator]:
    return read_indicators(project)


def settings_of(project: Project, **changes: object) -> Settings:
    return project.settings().model_copy(update=changes)


def test_every_indicator_asked_for_stands_in_the_registry(registry: dict[str, Indicator]) -> None:
    assert set(registry) >= WANTED


def test_each_of_the_five_domains_has_four_measured(made: Project, registry: dict[str, Indicator]) -> None:
    measurable = {row[0] for row in rows(made, "select indicator_code from {ind_status} where is_measurable")}
    for theme in ("ENR", "SCH", "APP", "MOB", "EMP"):
        assert sum(registry[code].theme == theme for code in measurable) >= 4, theme


def test_the_registry_names_the_sources_its_queries_come_from(made: Project, registry: dict[str, Indicator]) -> None:
    marts = read_queries(made, "marts", "mart_*.sql")
    queries = read_queries(made, "indicators", "ind_*.sql")

    def sources(tables: object) -> set[str]:
        found: set[str] = set()
        for table in tables:  # type: ignore[attr-defined]
            if table in marts:
                found |= sources(marts[table].reads)
            elif table.startswith("stg_"):
                found.add(table.removeprefix("stg_").split("__")[0])
        return found

    for indicator in registry.values():
        if indicator.is_measured:
            below = sources(queries[indicator.sql_name].reads)
            assert set(indicator.sources) <= below, indicator.code


@pytest.mark.parametrize(
    ("code", "scope", "year", "value"),
    [
        ("ENR-DUT-BUT", "ut3", 2012, 5363),
        ("ENR-LP", "ut2j", 2012, 885),
        ("ENR-DUT-BUT", "midi-pyrenees", 2012, 6520),
        ("ENR-DUT-BUT", "midi-pyrenees", 2006, 6254),
        ("ENR-DUT-BUT", "rodez", 2012, 373),
        ("ENR-TECH", "midi-pyrenees", 2012, 9391),
        ("ENR-ENTRANTS", "toulouse", 2018, 1677),
        ("ENR-ENTRANTS", "rodez", 2023, 205),
        ("SCH-COUNT", "toulouse", 2018, 252),
        ("SCH-COUNT", "rodez", 2023, 28),
        ("SCH-ENTRANTS", "toulouse", 2018, 252 / 1363),
        ("APP-TERR", "31", 2017, 5371),
        ("APP-TERR", "FR", 2022, 834549),
        ("APP-CFA", "ut3", 2022, 0.70),
        ("EMP-DUT-30", "FR", 2016, 0.92),
        ("OFF-SPEC", "midi-pyrenees", 2016, 19),
    ],
)
def test_a_figure_one_can_look_up(made: Project, code: str, scope: str, year: int, value: float) -> None:
    assert series(made, code, scope)[year] == pytest.approx(value)


def test_an_employment_rate_is_the_answers_weighted_mean_of_the_domains_shown(made: Project) -> None:
    """Toulouse Capitole, 2016, 30 months: 113 answers at 97 % are shown, 11 and 19 answers are ns."""
    query = "select numerator, denominator, flag from {ind_values} where indicator_code = 'EMP-LP-30' "
    assert rows(made, query + "and scope_code = 'ut1' and year = 2016") == [(pytest.approx(109.61), 113.0, "E")]


def test_a_rate_hidden_for_most_answers_is_not_given(made: Project) -> None:
    hidden = "select year, reason_en from {ind_values} where indicator_code = 'EMP-LP-STABLE-30' and value is null"
    assert [(year, "ns" in reason) for year, reason in rows(made, hidden)] == [(2013, True)]


def test_a_region_is_the_sum_of_its_sites(made: Project, registry: dict[str, Indicator]) -> None:
    added = """
        with parts as (
            select indicator_code, year, sum(numerator) as numerator, sum(denominator) as denominator
            from {ind_values} where scope_level = 'site' group by all
        )
        select parts.indicator_code, year, parts.numerator, whole.numerator, parts.denominator, whole.denominator
        from parts join {ind_values} as whole using (indicator_code, year)
        where whole.scope_level = 'region'
    """
    seen = set()
    for code, year, part, whole, part_below, whole_below in rows(made, added):
        if code in NOT_ADDED or code in ("ENR-DUT-BUT", "ENR-LP"):
            continue
        assert part == pytest.approx(whole), (code, year)
        assert part_below == pytest.approx(whole_below), (code, year)
        seen.add(code)
    assert {"ENR-REG", "APP-COUNT", "MOB-OUT", "LLL-FC", "SCH-REG-SHARE", "EMP-REG-30", "ENR-ENTRANTS"} <= seen


def test_shares_lie_within_bounds_and_reasons_follow_missing_values(
    made: Project, registry: dict[str, Indicator]
) -> None:
    for code, value, flag, reason_fr, reason_en in rows(
        made, "select indicator_code, value, flag, reason_fr, reason_en from {ind_values}"
    ):
        if value is None:
            assert flag in ("L", "M"), code
            assert reason_fr, code
            assert reason_en, code
        else:
            assert flag not in ("L", "M"), code
            if registry[code].unit == "share":
                assert 0 <= value <= 1, code


def test_no_growth_where_a_break_forbids_it(made: Project) -> None:
    crossing = (
        "select indicator_code, year from {ind_values} where growth is not null and is_break "
        "and (indicator_code, year) in (('ENR-DUT-BUT', 2021), ('ENR-DUT-BUT', 2023), ('ENR-LP', 2017), "
        "('APP-TERR', 2022), ('MOB-OUT', 2020), ('ENR-ENTRANTS', 2018))"
    )
    assert rows(made, crossing) == []
    marked = "select year from {ind_values} where indicator_code = 'ENR-DUT-BUT' and is_break and scope_code = 'ut3'"
    assert {row[0] for row in rows(made, marked)} >= {2021, 2023}


def test_tarbes_leaving_is_a_break_for_its_two_establishments_only(made: Project) -> None:
    broken = "select distinct scope_code from {ind_values} where indicator_code = 'ENR-WEIGHT' and is_break"
    assert rows(made, broken + " and year = 2023") == []  # the file ends in 2022
    assert one(
        made, "select is_break from {ind_values} where indicator_code = 'MOB-IN' and scope_code = 'ut3' and year = 2023"
    )


def test_every_simulated_value_says_so(made: Project) -> None:
    assert (
        one(made, "select count(*) from {ind_values} where origin = 'simulated' and value is not null and flag <> 'S'")
        == 0
    )
    assert one(made, "select count(*) from {ind_values} where origin = 'simulated'") > 0


def test_observed_only_leaves_no_simulated_row_and_says_why(made: Project) -> None:
    strict = measured(observed_only=True)
    assert one(strict, "select count(*) from {ind_values} where origin = 'simulated'") == 0
    reasons = dict(rows(strict, "select indicator_code, reason_en from {ind_status} where not is_measurable"))
    assert "Only simulated sources cover it" in reasons["MOB-OUT"]
    assert series(strict, "ENR-DUT-BUT") == series(made, "ENR-DUT-BUT")


def test_an_earlier_edition_knows_nothing_later_and_nothing_else(made: Project) -> None:
    earlier = measured(edition=2012)
    assert one(earlier, "select max(year) from {ind_values}") <= 2012
    assert one(earlier, "select count(*) from {ind_values} where indicator_code like 'ENR%'") > 0
    columns = "indicator_code, scope_level, scope_code, year, numerator, denominator, value, is_break, growth, origin"
    open_figures = f"select {columns} from {{ind_values}} where origin = 'observed'"
    # What 2012 could not know yet is absent, never different.
    assert set(rows(earlier, open_figures)) <= set(rows(made, open_figures))
    # A later register may tell whose a malformed INE was, by the student number: figures of registers are revised then,
    # by little, and no key of an earlier edition is lost.
    keyed = "select indicator_code || scope_code || year, value from {ind_values} where origin = 'simulated'"
    then, now = dict(rows(earlier, keyed)), dict(rows(made, keyed))
    assert set(then) <= set(now)
    moved = [abs(now[key] / value - 1) for key, value in then.items() if value and now[key] and "LINK" not in key]
    assert sum(move > 0 for move in moved) < len(moved) / 4
    assert sorted(moved)[int(len(moved) * 0.95)] < 0.02
    reasons = dict(rows(earlier, "select indicator_code, reason_en from {ind_status} where not is_measurable"))
    assert "2018 session only" in reasons["SCH-ENTRANTS"]


def test_bytes_do_not_depend_on_threads(made: Project, tmp_path: Path) -> None:
    other = copy_of_staged(tmp_path)
    run_figures(other, settings_of(staged(), threads=4))
    for folder in ("marts", "indicators"):
        for path in sorted((made.data / folder).glob("*.parquet")):
            assert path.read_bytes() == (other.data / folder / path.name).read_bytes(), path.name


def test_nothing_is_computed_twice(tmp_path: Path) -> None:
    project = copy_of_staged(tmp_path)
    settings = settings_of(project)
    run_figures(project, settings)
    assert consolidate.run(project, settings).made == ()
    assert indicators.run(project, settings).made == ()
    query = project.sql / "indicators" / "ind_mob_in.sql"
    query.write_text(query.read_text(encoding="utf-8") + "-- a remark\n", encoding="utf-8")
    assert indicators.run(project, settings).made == ("ind_values", "ind_status")


@pytest.fixture
def broken(made: Project, tmp_path: Path) -> Project:
    shutil.copytree(made.root, tmp_path, dirs_exist_ok=True)
    return Project(tmp_path)


def refusal(project: Project) -> str:
    with pytest.raises(BadInput) as refused:
        indicators.run(project, settings_of(project))
    return str(refused.value)


def edit(project: Project, name: str, old: str, new: str) -> None:
    path = project.sql / "indicators" / f"{name}.sql"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_query_without_an_indicator_and_an_indicator_without_a_query_are_refused(broken: Project) -> None:
    folder = broken.sql / "indicators"
    (folder / "ind_mob_in.sql").rename(folder / "ind_mob_inn.sql")
    message = refusal(broken)
    assert "Indicator MOB-IN has sources but no query" in message
    assert "No indicator of the registry has this query" in message


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (" as numerator", " as numerateur", "An indicator's query gives scope_level"),
        ("'establishment' end", "'etablissement' end", "allows MOB-IN the scopes"),
        (
            "mart_mobility__incoming\n    where",
            "mart_mobility__incomming\n    where",
            "closest name is mart_mobility__incoming",
        ),
        (
            "grouping sets ((year, establishment_code), (year))",
            "grouping sets ((year, establishment_code), (year), (year))",
            "give one row",
        ),
    ],
)
def test_a_query_at_fault_is_refused_in_words(broken: Project, old: str, new: str, words: str) -> None:
    edit(broken, "ind_mob_in", old, new)
    assert words in refusal(broken)


def test_an_unknown_source_is_refused(broken: Project) -> None:
    path = broken.reference / "indicators.yml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("sources: [barometre]", "sources: [barometer]"), encoding="utf-8"
    )
    assert "APP-TERR names a dataset that has no sidecar" in refusal(broken)


def test_the_last_year_of_a_provisional_vintage_is_provisional(broken: Project) -> None:
    path = broken.sources / "inserjeunes.yml"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("    shipped: true\n", "    shipped: true\n    maturity: provisional\n", 1), encoding="utf-8"
    )
    indicators.run(broken, settings_of(broken))
    flags = "select year, flag from {ind_values} where indicator_code = 'APP-CFA' and scope_code = 'ut3' order by year"
    assert rows(broken, flags)[-2:] == [(2021, "A"), (2022, "P")]
