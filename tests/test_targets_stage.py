"""The stage on made-up indicator values: rows, editions, breaks, forms, bytes."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest

from pipelines.kernel.indicators import read_indicators
from pipelines.kernel.problems import BadInput
from pipelines.kernel.project import Project, Settings
from pipelines.kernel.reference import Break, read_reference
from pipelines.kernel.store import read_table, table_path
from pipelines.targets import run
from pipelines.targets.breaks import comparable_since, prevented_years
from pipelines.targets.engine import CEILING, FLOOR
from pipelines.targets.series import Series

ROOT = Path(__file__).resolve().parent.parent
SITES = ("toulouse", "blagnac", "auch", "castres", "albi", "tarbes", "rodez", "figeac")
REGION = ("region", "midi-pyrenees")
MOBILE = dict(zip(range(2005, 2017), [310, 325, 340, 332, 365, 402, 431, 470, 540, 610, 702, 690], strict=True))


@pytest.fixture
def project(tmp_path):
    made = Project(tmp_path)
    shutil.copytree(ROOT / "data/reference", made.reference)
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
    counts = [pl.col("value").alias("numerator"), pl.lit(None, pl.Float64).alias("denominator")]
    frame = pl.DataFrame(rows, schema=schema, orient="row").with_columns(counts)
    frame.write_parquet(table_path(project, "ind_values"))
    status = {"indicator_code": ["RES-COM"], "reason_fr": ["Registre vide."], "reason_en": ["Empty register."]}
    pl.DataFrame(status).write_parquet(table_path(project, "ind_status"))


def state(project, target_id, scope_code="midi-pyrenees"):
    rows = read_table(project, "tgt_states").filter(
        (pl.col("target_id") == target_id) & (pl.col("scope_code") == scope_code)
    )
    return rows.row(0, named=True)


def test_the_doubling_as_seen_in_2013(project):
    report = run(project, Settings(edition=2013))
    assert report.made == ("tgt_states", "tgt_paths", "tgt_history", "tgt_badges")
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
    kept = {
        name: table_path(project, name).read_bytes()
        for name in ("tgt_states", "tgt_paths", "tgt_history", "tgt_badges")
    }
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
    assert set(again.kept) == {"tgt_states", "tgt_paths", "tgt_history", "tgt_badges"}


def test_declared_registers_without_data_are_not_measurable_with_the_reason(project):
    run(project, Settings(edition=2013))
    for target_id in ("APP-LAB", "REC-THESE", "REC-COM", "CDC-POSTE", "VOIE-INST", "MOB-EURO"):
        row = state(project, target_id)
        assert row["state_code"] == "not_measurable"
        assert row["reason_fr"]
        assert row["origin"] == "declared"
    assert state(project, "LIC-50", "FR")["state_code"] == "not_measurable"
    assert state(project, "REC-COM")["reason_en"] == "Empty register."
    assert (state(project, "LIC-50", "FR")["target_value"], state(project, "MOB-EURO")["target_value"]) == (0.5, 1)


def test_the_other_forms(project):
    give(
        project,
        {
            ("APP-LAB", "site", "auch"): {2012: 0, 2013: 1, 2014: 0},  # new labels a year: added up
            **{("TRF-CDC", "site", site): {2012: 1, 2013: site != "auch"} for site in SITES},  # a post: there or not
            ("RES-THESE", *REGION): {2010: 0, 2011: 3, 2012: 2, 2013: 4},
            **{("RES-COM", "site", site): {2012: 1, 2013: 2} for site in SITES},
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
    assert coverage["APP-LAB"] == (1, 8)
    assert coverage["CDC-POSTE"] == (7, 8)
    assert coverage["REC-THESE"] == (2, 3)
    assert state(project, "APP-LAB", "auch")["last_value"] == 1
    assert state(project, "APP-LAB", "figeac")["state_code"] == "not_measurable"


def broken(year: int, kind: str, forbids_growth: str = "true") -> Break:
    return Break.model_validate(
        {
            "break_code": f"x-{year}", "year": year, "domain": "*", "indicator_prefix": None, "scope_codes": "*",
            "kind": kind, "forbids_growth": forbids_growth, "label_fr": "x", "label_en": "x", "source": "x",
        }
    )  # fmt: skip


def test_prevented_years_are_masked_and_breaks_cut():
    pulse = (broken(2020, "pulse"), broken(2022, "pulse"))
    assert prevented_years(pulse) == {2020, 2021}
    assert prevented_years(pulse[:1]) == {2020}
    assert comparable_since(pulse, 2024) is None
    level = (broken(2021, "level"), broken(2018, "label", "false"))
    assert comparable_since(level, 2024) == 2021
    assert comparable_since(level, 2020) is None


def test_pandemic_years_are_left_out_of_the_fit(project):
    values = {year: 400.0 + 10 * year % 7 for year in range(2014, 2025)}
    reference, indicator = read_reference(project), read_indicators(project)["MOB-OUT"]
    breaks = tuple(reference.breaks_for("MOB-OUT", indicator.domain, "midi-pyrenees"))
    used = Series(*REGION, values, breaks=breaks).fit_years
    assert not {2020, 2021} & set(used)
    assert {2014, 2019, 2022, 2024} <= set(used)


def add_break(project, line):
    with (project.reference / "ref_break.csv").open("a", encoding="utf-8") as stream:
        stream.write(line)


def test_a_break_forbids_the_fit_and_the_growth_rate(project):
    add_break(project, "made-up-2012,2012,mobility,MOB-OUT,*,source,true,a,b,c\n")
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
    add_break(project, "z,MMXX,*,,*,level,true,a,b,c\n")
    with pytest.raises(BadInput, match=r"ref_break\.csv, row"):
        run(project, Settings(edition=2013))


def test_an_unknown_indicator_is_one_clear_line(project):
    path = project.reference / "targets.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("MOB-OUT", "MOB-AWAY"), encoding="utf-8")
    with pytest.raises(BadInput, match=r'"MOB-X2[.]indicator": A target follows an indicator that does not exist'):
        run(project, Settings(edition=2013))


def test_without_any_figure_the_promise_is_still_told(project):
    give(project, {})
    run(project, Settings(edition=2013))
    row = state(project, "MOB-X2")
    assert row["state_code"] == "not_measurable"
    assert (row["base_value"], row["target_value"], row["last_year"], row["origin"]) == (400, 800, None, "declared")
    paths = read_table(project, "tgt_paths").filter(pl.col("target_id") == "MOB-X2")
    assert paths["kind"].unique().to_list() == ["path"]
    assert paths["scope_code"].unique().to_list() == ["midi-pyrenees"]


def test_badges_of_each_edition_with_their_record_and_none_from_memory(project):
    run(project, Settings(edition=2013))
    badges = read_table(project, "tgt_badges").filter(pl.col("scope_code") == "midi-pyrenees")
    assert badges["as_of_year"].unique().sort().to_list() == [2011, 2012, 2013]
    assert set(badges["rule_code"]) == {"eurostat", "sdg_build", "un_chart", "escap_status", "dns_weather"}
    now = {row["rule_code"]: row for row in badges.filter(pl.col("as_of_year") == 2013).to_dicts()}
    assert now["eurostat"]["category_code"] == state(project, "MOB-X2")["eurostat_code"]
    assert 0 < now["eurostat"]["record_met_share"] < 0.3
    assert now["eurostat"]["record_cases_count"] > 10_000
    assert now["escap_status"]["category_code"] is None
    assert now["escap_status"]["rule_measure"] == pytest.approx(10 * (540 - 400) / 400)
    assert badges["outcome_met"].null_count() == badges.height  # nobody knows yet
    run(project, Settings(edition=2016))
    then = read_table(project, "tgt_badges").filter(pl.col("scope_code") == "midi-pyrenees")
    assert then["as_of_year"].unique().sort().to_list() == [2011, 2012, 2013, 2014]
    assert then["outcome_met"].unique().to_list() == [False]


def test_a_missed_target_tells_the_chance_of_catching_up_and_what_the_verdict_hangs_on(project):
    run(project, Settings(edition=2016))
    row = state(project, "MOB-X2")
    assert (row["late_year"], row["forecast_model"]) == (2021, "engine")
    assert row["reference_series_count"] > 100
    assert 0 < row["reference_probability"] < 1
    assert FLOOR <= row["late_probability"] <= CEILING
    assert row["flip_low_share"] == pytest.approx(-0.123)  # 702 in 2015 is twice 351, which is 12.25 % less
    assert (row["past_views_count"], row["milestone_now_value"]) == (4, 800)
    history = read_table(project, "tgt_history").filter(pl.col("scope_code") == "midi-pyrenees")
    assert row["past_brier"] == pytest.approx(history["brier"].mean(), rel=1e-6)
    fan = read_table(project, "tgt_paths").filter((pl.col("kind") == "forecast") & (pl.col("target_id") == "MOB-X2"))
    assert fan.filter(pl.col("scope_code") == "midi-pyrenees")["year"].to_list() == [2017, 2018, 2019, 2020, 2021]


def test_promises_of_other_forms_have_their_chance(project):
    figures = {("RES-THESE", *REGION): {2011: 3, 2012: 2, 2013: 4},
               **{("APP-LAB", "site", site): {2011: 0, 2012: 0, 2013: site != "auch"} for site in SITES}}  # fmt: skip
    give(project, figures, origin="declared")
    run(project, Settings(edition=2013))
    assert state(project, "REC-THESE")["probability"] == pytest.approx(2.5 / 4)
    row = state(project, "APP-LAB")
    assert row["forecast_model"] == "all_by"
    assert row["probability"] == pytest.approx(1 - (1 - 7.5 / 25) ** 2)
    assert "for the sites together" in state(project, "APP-LAB", "auch")["probability_low_reason_en"]
