"""The rows of the made-up protected tables that follow from the registries: values, states, their paths and history."""

from __future__ import annotations

from typing import Any

import yaml

from pipelines.kernel.project import Project

SITES = ("toulouse", "blagnac", "auch", "castres", "albi", "tarbes", "rodez", "figeac")
SITES_WITH_DUT = tuple(site for site in SITES if site != "albi")
REGISTER_SOURCES = {"apogee", "crous", "cfa", "relint", "survey"}


def row(**cells: Any) -> dict[str, Any]:
    """Return one observed row."""
    return {**cells, "origin": "observed", "flag": "A"}


def registry(project: Project) -> list[dict[str, Any]]:
    """Return the registry of indicators."""
    entries: list[dict[str, Any]] = yaml.safe_load((project.reference / "indicators.yml").read_text(encoding="utf-8"))
    return entries


def value_rows(project: Project, observed_only: bool) -> list[dict[str, Any]]:
    """Give every measurable indicator a round series in each of its scopes; one site's last value is confidential."""
    rows = []
    for entry in registry(project):
        sources = entry.get("sources") or []
        simulated = bool(REGISTER_SOURCES & set(sources))
        if not sources or (simulated and observed_only):
            continue
        scopes = {
            "region": ["midi-pyrenees"],
            "site": list(SITES_WITH_DUT),
            "establishment": ["ut3", "ut2j"],
            "departement": ["31", "12"],
            "country": ["FR"],
            "register": ["apogee", "crous"],
        }
        years = (
            range(2010, 2025)
            if simulated
            else (2016, 2017)
            if sources == ["apb"]
            else (2018, 2019, 2023)
            if "parcoursup" in sources
            else (2013, 2014, 2015, 2016)
        )
        for level in entry["scopes"]:
            for index, scope in enumerate(scopes[level]):
                for year in years:
                    hidden = scope == "auch" and year == years[-1] and simulated
                    base = (
                        0.2 + 0.02 * index + 0.004 * (year - 2010)
                        if entry["unit"] == "share"
                        else 400.0 + 50 * index + 5 * (year - 2010)
                    )
                    rows.append(
                        {
                            "indicator_code": entry["code"],
                            "scope_level": level,
                            "scope_code": scope,
                            "year": year,
                            "numerator": None if hidden else base * 100,
                            "denominator": 100.0,
                            "value": None if hidden else base,
                            "flag": "c" if hidden else "S" if simulated else "A",
                            "is_break": year == 2021,
                            "growth": None,
                            "origin": "simulated" if simulated else "observed",
                            "reason_fr": None,
                            "reason_en": None,
                        }
                    )
    return rows


def status_rows(project: Project, measured: set[str]) -> list[dict[str, Any]]:
    """Say of every indicator whether it is measured."""
    return [
        {
            "indicator_code": entry["code"],
            "is_measurable": entry["code"] in measured,
            "reason_fr": None if entry["code"] in measured else "les registres simulés sont écartés de cette édition",
            "reason_en": None if entry["code"] in measured else "simulated registers are left out of this edition",
            "first_year": 2010,
            "last_year": 2024,
            "points_count": 5,
        }
        for entry in registry(project)
    ]


def state_rows(observed_only: bool) -> list[dict[str, Any]]:
    """Return the states of three targets: one measured, two not."""
    empty = dict.fromkeys(
        (
            "base_year",
            "base_value",
            "target_value",
            "deadline_year",
            "last_year",
            "last_value",
            "milestone_value",
            "pace_needed",
            "pace_observed",
            "eurostat_ratio",
            "probability",
        )
    )
    common = {
        "scope_level": "region",
        "scope_code": "midi-pyrenees",
        "eurostat_code": None,
        "eurostat_label_fr": None,
        "eurostat_label_en": None,
        "eurostat_reason_fr": "pas de série",
        "eurostat_reason_en": "no series",
        "probability_low_reason_fr": None,
        "probability_low_reason_en": None,
        "points_count": 0,
    }
    unmeasured = {
        **common,
        **empty,
        "state_code": "not_measurable",
        "state_label_fr": "non mesurable",
        "state_label_en": "not measurable",
        "origin": None,
        "reason_fr": "aucune source",
        "reason_en": "no source",
    }
    measured = {
        **common,
        **empty,
        "base_year": 2010,
        "base_value": 400.0,
        "target_value": 800.0,
        "deadline_year": 2015,
        "last_year": 2024,
        "last_value": 470.0,
        "pace_needed": 0.1487,
        "pace_observed": 0.012,
        "state_code": "missed",
        "state_label_fr": "échéance passée : manquée",
        "state_label_en": "deadline passed: missed",
        "origin": "simulated",
        "reason_fr": None,
        "reason_en": None,
        "probability": None,
        "probability_low_reason_fr": "échéance passée",
        "probability_low_reason_en": "deadline passed",
    }
    first = unmeasured if observed_only else measured
    return [
        {"target_id": "MOB-X2", "indicator_code": "MOB-OUT", **first},
        {"target_id": "APP-LAB", "indicator_code": "APP-LAB", **unmeasured},
        {"target_id": "REC-THESE", "indicator_code": "RES-THESE", **unmeasured},
    ]


def history_rows() -> list[dict[str, Any]]:
    """Return what two past editions would have said of the doubling."""
    key = {"target_id": "MOB-X2", "scope_level": "region", "scope_code": "midi-pyrenees"}
    return [
        {**key, "as_of_year": year, "probability": chance, "outcome_met": None, "brier": None,
         "points_count": year - 2007, "origin": "simulated", "flag": "S"}
        for year, chance in ((2012, 0.31), (2013, 0.24))
    ]  # fmt: skip


def badge_rows() -> list[dict[str, Any]]:
    """Return what one rule with a category and one without say of the doubling."""
    key = {"target_id": "MOB-X2", "scope_level": "region", "scope_code": "midi-pyrenees", "as_of_year": 2013}
    said = [
        ("eurostat", "Eurostat", "moderate_progress", "progrès modéré", "moderate progress", 0.7, 88727, 0.146),
        ("escap_status", "CESAP", None, None, None, 3.5, None, None),
    ]
    return [
        {**key, "rule_code": code, "rule_order": order, "rule_label_fr": label, "rule_label_en": label,
         "category_code": category, "category_label_fr": fr, "category_label_en": en, "rule_measure": measured,
         "rule_score": None, "rule_reason_fr": None, "rule_reason_en": None, "record_cases_count": cases,
         "record_met_share": share, "outcome_met": None, "rule_source": "x", "origin": "simulated", "flag": "S"}
        for order, (code, label, category, fr, en, measured, cases, share) in enumerate(said, start=1)
    ]  # fmt: skip


def path_rows() -> list[dict[str, Any]]:
    """Return the doubling of mobility: observed, path, forecast."""
    bands = ("low_50", "high_50", "low_80", "high_80", "low_95", "high_95")
    key = {"target_id": "MOB-X2", "scope_level": "region", "scope_code": "midi-pyrenees", "origin": "simulated"}
    rows: list[dict[str, Any]] = [
        {**key, "year": year, "kind": "observed", "value": 400.0 + 5 * (year - 2010), **dict.fromkeys(bands)}
        for year in range(2010, 2025)
    ]
    rows += [
        {**key, "year": year, "kind": "path", "value": 400 * 2 ** ((year - 2010) / 5), **dict.fromkeys(bands)}
        for year in range(2010, 2016)
    ]
    for year in range(2025, 2030):
        widths = dict(zip(bands, (-20, 20, -40, 40, -70, 70), strict=True))
        rows.append(
            {
                **key,
                "year": year,
                "kind": "forecast",
                "value": 470.0 + 2 * (year - 2024),
                **{band: 470.0 + width * (year - 2023) for band, width in widths.items()},
            }
        )
    return rows
