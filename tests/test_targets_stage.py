"""The stage on made-up indicator values: rows, editions, breaks, forms, bytes."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest

from pipelines.kernel.problems import BadInput
from pipelines.kernel.project import Project, Settings
from pipelines.kernel.store import read_table, table_path
from pipelines.targets import run
from pipelines.targets.breaks import Break, comparable_since, prevented_years, read_breaks
from pipelines.targets.forecast import CEILING, FLOOR

ROOT = Path(__file__).resolve().parent.parent
REGION = ("region", "midi-pyrenees")
MOBILE = dict(zip(range(2005, 2017), [310, 325, 340, 332, 365, 402, 431, 470, 540, 610, 702, 690], strict=True))
BREAKS = """break_code,year,domain,indicator_prefix,scope_codes,kind,forbids_growth,label_fr,label_en,source
covid-2020,2020,mobility,MOB,*,pulse,true,a,b,c
covid-end-2022,2022,mobility,MOB,*,pulse,true,a,b,c
"""


@pytest.fixture
def project(tmp_path):
    made = Project(tmp_path)
    made.reference.mkdir(parents=True)
    shutil.copy(ROOT / "data/reference/targets.yml", made.reference / "targets.yml")
    (made.reference / "ref_break.csv").write_text(BREAKS, encoding="utf-8")
    (made.reference / "ref_site.csv").write_text("site_code\nauch\nfigeac\n", encoding="utf-8")
    give(made, {("MOB-OUT", *REGION): MOBILE, ("MOB-OUT", "site", "auch"): {y: v / 8 for y, v in MOBILE.items()}})
    return made


def give(project, series, origin="simulated"):
    """Write ind_values from (indicator, level, code) → year → value, and an ind_status that knows one reason."""
    rows = [
        (indicator, level, code, year, value, origin)
        for (indicator, level, code), values in series.items()
        for year, value in values.items()
    ]
    names = ["indicator_code", "scope_level", "scope_code", "year", "value", "origin"]
    schema = dict(zip(names, [pl.String, pl.String, pl.String, pl.Int64, pl.Float64, pl.String], strict=True))
    project.indicators.mkdir(parents=True, exist_ok=True)
    pl.DataFrame(rows, schema=schema, orient="row").write_parquet(table_path(project, "ind_values"))
    status = {"indicator_code": ["RES-COM"], "reason_fr": ["Registre vide."], "reason_en": ["Empty register."]}
    pl.DataFrame(status).write_parquet(table_path(project, "ind_status"))


def state(project, target_id, scope_code="midi-pyrenees"):
    rows = read_table(project, "tgt_states").filter(
        (pl.col("target_id") == target_id) & (pl.col("scope_code") == scope_code)
    )
    return rows.row(0, named=True)


def test_the_doubling_as_seen_in_2013(project):
    report = run(project, Settings(edition=2013))
    assert report.made == ("tgt_states", "tgt_paths", "tgt_history")
    row = state(project, "MOB-X2")
    assert row["state_code"] == "off_track"
    assert (row["base_year"], row["base_value"], row["base_origin"], row["base_series_value"]) == (
        2010, 400, "seed", 402,
    )  # fmt: skip
    assert (row["target_value"], row["deadline_year"], row["last_year"], row["last_value"]) == (800, 2015, 2013, 540)
    assert row["milestone_value"] == pytest.approx(606.3, abs=0.05)
    assert row["pace_needed"] == pytest.approx((800 / 540) ** 0.5 - 1)
    assert row["pace_observed"] == pytest.approx((540 / 400) ** (1 / 3) - 1)
    assert row["eurostat_code"] == "moderate_progress"
    assert FLOOR <= row["probability"] <= CEILING
    assert row["low_95"] < row["low_80"] < row["low_50"] < row["high_50"] < row["high_80"] < row["high_95"]
    assert row["probability_low_reason_fr"] is None
    assert row["origin"] == "simulated"


def test_a_site_has_its_own_base_and_an_empty_one_says_why(project):
    run(project, Settings(edition=2013))
    auch = state(project, "MOB-X2", "auch")
    assert (auch["base_origin"], auch["base_value"], auch["target_value"]) == ("series", 402 / 8, 402 / 4)
    figeac = state(project, "MOB-X2", "figeac")
    assert figeac["state_code"] == "not_measurable"
    assert figeac["reason_en"]
    assert figeac["probability"] is None


def test_once_the_deadline_is_past_the_outcome_is_known_and_past_views_are_scored(project):
    run(project, Settings(edition=2016))
    row = state(project, "MOB-X2")
    assert row["state_code"] == "missed"
    assert row["probability"] is None
    assert "deadline has passed" in row["probability_low_reason_en"]
    history = read_table(project, "tgt_history").filter(pl.col("scope_code") == "midi-pyrenees")
    assert history["as_of_year"].to_list() == [2011, 2012, 2013, 2014]
    assert history["outcome_met"].to_list() == [False] * 4
    run(project, Settings(edition=2013))
    then = state(project, "MOB-X2")["probability"]
    assert history.filter(pl.col("as_of_year") == 2013)["probability"].item() == then
    assert read_table(project, "tgt_history")["outcome_met"].null_count() == 6  # three years, region and Auch


def test_nothing_later_than_the_edition_is_used(project):
    run(project, Settings(edition=2013))
    kept = {name: table_path(project, name).read_bytes() for name in ("tgt_states", "tgt_paths", "tgt_history")}
    cut = {year: value for year, value in MOBILE.items() if year <= 2013}
    give(project, {("MOB-OUT", *REGION): cut, ("MOB-OUT", "site", "auch"): {y: v / 8 for y, v in cut.items()}})
    assert run(project, Settings(edition=2013)).made
    assert {name: table_path(project, name).read_bytes() for name in kept} == kept


def test_an_edition_before_the_adoption_has_no_target(project):
    run(project, Settings(edition=2010))
    assert read_table(project, "tgt_states").height == 0
    assert read_table(project, "tgt_paths").columns[:2] == ["target_id", "scope_level"]


def test_an_unchanged_run_makes_nothing(project):
    run(project, Settings(edition=2013))
    again = run(project, Settings(edition=2013))
    assert not again.made
    assert set(again.kept) == {"tgt_states", "tgt_paths", "tgt_history"}


def test_declared_registers_without_data_are_not_measurable_with_the_reason(project):
    run(project, Settings(edition=2013))
    for target_id in ("APP-LAB", "REC-THESE", "REC-COM", "CDC-POSTE", "VOIE-INST", "MOB-EURO"):
        row = state(project, target_id)
        assert row["state_code"] == "not_measurable"
        assert row["reason_fr"]
        assert row["origin"] == "declared"
    assert state(project, "LIC-50", "FR")["state_code"] == "not_measurable"
    assert state(project, "REC-COM")["reason_en"] == "Empty register."


def test_the_other_forms(project):
    give(
        project,
        {
            ("APP-LAB", "site", "auch"): {2012: 0, 2013: 1, 2014: 0},  # new labels a year: added up
            ("TRF-CDC", "site", "auch"): {2012: 1, 2013: 0},  # a post: there or not
            ("TRF-CDC", "site", "figeac"): {2012: 1, 2013: 1},
            ("RES-THESE", *REGION): {2010: 0, 2011: 3, 2012: 2, 2013: 4},
            ("RES-COM", "site", "auch"): {2012: 1, 2013: 1},
            ("RES-COM", "site", "figeac"): {2012: 1, 2013: 1},
            ("VOIE-INST", *REGION): {2012: 0, 2013: 1},
            ("MOB-EURO", *REGION): {2013: 0},
            ("LIC-50", "country", "FR"): {2012: 0.44, 2013: 0.46},
        },
        origin="declared",
    )
    run(project, Settings(edition=2015))
    seen = {row["target_id"]: row for row in read_table(project, "tgt_states").rows(named=True)
            if row["scope_level"] != "site"}  # fmt: skip
    codes = {target_id: row["state_code"] for target_id, row in seen.items()}
    assert codes == {
        "MOB-X2": "not_measurable",
        "APP-LAB": "awaited",
        "REC-THESE": "partly_met",
        "REC-COM": "met",
        "CDC-POSTE": "met_then_lost",
        "VOIE-INST": "met",
        "LIC-50": "not_met",
        "MOB-EURO": "not_met",
    }
    coverage = {target_id: (row["coverage_count"], row["coverage_total_count"]) for target_id, row in seen.items()}
    assert coverage["APP-LAB"] == (1, 2)
    assert coverage["CDC-POSTE"] == (1, 2)
    assert coverage["REC-THESE"] == (2, 3)
    assert state(project, "APP-LAB", "auch")["last_value"] == 1
    assert state(project, "APP-LAB", "figeac")["state_code"] == "not_measurable"


def test_prevented_years_are_masked_and_breaks_cut():
    pulse = (Break(2020, "pulse", True), Break(2022, "pulse", True))
    assert prevented_years(pulse) == {2020, 2021}
    assert prevented_years(pulse[:1]) == {2020}
    assert comparable_since(pulse, 2024) is None
    level = (Break(2021, "level", True), Break(2018, "label", False))
    assert comparable_since(level, 2024) == 2021
    assert comparable_since(level, 2020) is None


def test_breaks_bear_on_their_own_indicators_and_scopes(project):
    (project.reference / "ref_break.csv").write_text(
        BREAKS + "x,2021,enrolment,,ut1|ut3,level,true,a,b,c\ny,2016,*,,*,perimeter,true,a,b,c\n", encoding="utf-8"
    )
    breaks = read_breaks(project)
    assert [item.year for item in breaks if item.bears_on("MOB-OUT", "auch")] == [2020, 2022, 2016]
    assert [item.year for item in breaks if item.bears_on("ENR-LP", "ut1")] == [2021, 2016]
    assert [item.year for item in breaks if item.bears_on("ENR-LP", "ut2j")] == [2016]


def test_a_break_forbids_the_fit_and_the_growth_rate(project):
    (project.reference / "ref_break.csv").write_text(BREAKS + "y,2012,*,MOB,*,level,true,a,b,c\n", encoding="utf-8")
    run(project, Settings(edition=2013))
    row = state(project, "MOB-X2")
    assert row["probability"] is None
    assert "2 usable point(s) of 9" in row["probability_low_reason_en"]
    assert row["eurostat_code"] is None
    assert "break in 2012" in row["eurostat_reason_en"]
    assert row["pace_observed"] is None


def test_a_missing_input_is_one_clear_line(project):
    table_path(project, "ind_values").unlink()
    with pytest.raises(BadInput, match="The indicators have no values yet"):
        run(project, Settings(edition=2013))
    give(project, {})
    (project.reference / "ref_break.csv").write_text(BREAKS + "z,MMXX,*,,*,level,true,a,b,c\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"ref_break\.csv, row 4"):
        run(project, Settings(edition=2013))
