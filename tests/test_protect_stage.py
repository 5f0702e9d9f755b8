"""The only door: what the stage refuses, what it lets through, and that no byte of a hidden count gets out."""

from __future__ import annotations

import json
import shutil
import struct
from pathlib import Path

import polars as pl
import pytest
import yaml

from pipelines.kernel.dictionary import read_dictionary
from pipelines.kernel.disclosure import read_policy
from pipelines.kernel.problems import BadInput, CheckFailed
from pipelines.kernel.project import Project, Settings
from pipelines.kernel.publications import column_of, read_publications
from pipelines.kernel.store import read_protected, table_path
from pipelines.protect import run
from pipelines.protect.guard import listed

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = Settings(edition=2024)
CANARY = 4_000_037
"""A count that no file holds by chance; the threshold is raised above it."""

PUBLICATIONS = [
    {
        "table": "pub_values", "reads": "ind_values", "sensitivity": "public", "title": {"fr": "x", "en": "x"},
        "grain": ["indicator_code", "scope_level", "scope_code", "year"], "measures": ["value"],
    },
    {
        "table": "pub_enrolment__register", "reads": "mart_enrolment__register", "sensitivity": "public",
        "title": {"fr": "x", "en": "x"}, "grain": ["year", "site_code"], "measures": ["students_count"],
        "sources": ["apogee"], "counts": {"students_count": "students"},
    },
    {
        "table": "pub_suppression", "reads": None, "sensitivity": "public", "title": {"fr": "x", "en": "x"},
        "grain": ["table_name"],
    },
]  # fmt: skip

POPULATIONS = {
    "populations": {
        "students": {"reads": "mart_enrolment__register", "sum": "students_count", "dims": ["site_code"]},
        "mobile": {"reads": "mart_mobility__register", "sum": "mobile_students_count", "dims": ["site_code"]},
    },
    "indicators": {"MOB-OUT": {"numerator": "mobile"}},
    "scopes": {"site": "site_code"},
}

EXTRA = {
    name: {"type": "str", "label": {"fr": "x", "en": "x"}, "meaning": {"fr": "x", "en": "x"}, "personal": personal}
    for name, personal in (("site_code", False), ("sex_code", False), ("students_count", False), ("ine", True))
}


@pytest.fixture
def project(tmp_path):
    made = Project(tmp_path)
    (made.reference / "dictionary").mkdir(parents=True)
    known = {name: item.model_dump() for name, item in read_dictionary(Project(ROOT)).items()}
    write_yaml(made.reference / "dictionary/all.yml", {**known, **EXTRA})
    shutil.copy(ROOT / "data/reference/disclosure.yml", made.reference / "disclosure.yml")
    write_yaml(made.reference / "publications.yml", PUBLICATIONS)
    write_yaml(made.reference / "populations.yml", POPULATIONS)
    shutil.copy(ROOT / "data/reference/indicators.yml", made.reference / "indicators.yml")
    for layer in ("staging", "marts"):
        quality(made, layer, {"critical_failures": 0})
    mart(made, [(2020, "auch", "F", 12), (2020, "auch", "M", 20), (2021, "auch", "F", 7)])
    indicator(made, [("site", "auch", 2020, 12.0), ("site", "auch", 2021, 14.0)])
    return made


def write_yaml(path, content):
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")


def quality(project, layer, content):
    project.quality.mkdir(parents=True, exist_ok=True)
    (project.quality / f"{layer}.json").write_text(json.dumps(content), encoding="utf-8")


def mart(project, rows, **more):
    project.marts.mkdir(parents=True, exist_ok=True)
    names = ["year", "site_code", "sex_code", "students_count"]
    frame = pl.DataFrame(rows, schema=names, orient="row").with_columns(pl.lit("simulated").alias("origin"), **more)
    frame.write_parquet(table_path(project, "mart_enrolment__register"))
    return frame


def indicator(project, rows):
    project.indicators.mkdir(parents=True, exist_ok=True)
    frame = pl.DataFrame(rows, schema=["scope_level", "scope_code", "year", "value"], orient="row").with_columns(
        pl.lit("MOB-OUT").alias("indicator_code"),
        pl.col("value").alias("numerator"),
        pl.lit(None, dtype=pl.Float64).alias("denominator"),
        pl.lit(None, dtype=pl.Float64).alias("growth"),
        pl.lit("S").alias("flag"),
        pl.lit("simulated").alias("origin"),
    )
    frame.write_parquet(table_path(project, "ind_values"))
    project.marts.mkdir(parents=True, exist_ok=True)
    counted = frame.select("year", pl.col("scope_code").alias("site_code"), "origin",
                           pl.col("value").cast(pl.Int64).alias("mobile_students_count"))  # fmt: skip
    counted.write_parquet(table_path(project, "mart_mobility__register"))


def threshold(project, number):
    path = project.reference / "disclosure.yml"
    policy = yaml.safe_load(path.read_text(encoding="utf-8"))
    for rule in (policy["default"], policy["sources"]["apogee"], policy["sources"]["relint"]):
        rule["threshold"] = number
    write_yaml(path, policy)


def test_sums_then_hides_then_counts_what_is_hidden(project):
    mart(project, [(2020, "auch", "F", 12), (2020, "auch", "M", 20), (2021, "auch", "F", 2), (2021, "auch", "M", 1)])
    report = run(project, SETTINGS)
    made = read_protected(project, "pub_enrolment__register")
    assert made.columns == ["year", "site_code", "students_count", "flag", "origin"]
    assert made.rows() == [(2020, "auch", 32, "S", "simulated"), (2021, "auch", None, "c", "simulated")]
    hidden = read_protected(project, "pub_suppression").rows(named=True)
    assert hidden[0]["table_name"] == "pub_enrolment__register"
    assert (hidden[0]["cells_count"], hidden[0]["hidden_cells_count"], hidden[0]["hidden_share"]) == (2, 1, 0.5)
    assert hidden[0]["origin"] == "simulated"
    assert "1 of 4 public cells are hidden" in report.notes[0]


def as_stored(number):
    """The ways in which a count may stand in a file: text, and both binary forms of Parquet."""
    return [
        str(number).encode(),
        f"{number:,}".encode(),
        number.to_bytes(8, "little"),
        number.to_bytes(4, "little"),
        struct.pack("<d", float(number)),
    ]


def found(project, number):
    needles = as_stored(number)
    for path in sorted(project.protected.rglob("*")):
        # Parquet packs its pages: look into the pages as read, and at the raw bytes (statistics stand there in clear)
        content = path.read_bytes() + pl.read_parquet(path).write_csv().encode() + str(
            pl.read_parquet(path).rows()
        ).encode()  # fmt: skip
        if any(needle in content for needle in needles):
            return True
    return False


def test_no_byte_of_a_hidden_count_is_on_the_other_side(project):
    mart(project, [(2020, "auch", "F", CANARY), (2021, "auch", "F", 9_000_001)])
    indicator(project, [("site", "auch", 2020, float(CANARY)), ("site", "auch", 2021, 9_000_001.0)])
    threshold(project, CANARY + 1)
    run(project, SETTINGS)
    assert not found(project, CANARY)
    assert found(project, 9_000_001)
    threshold(project, 2)  # without the rule the same search finds it: the search is not blind
    run(project, SETTINGS)
    assert found(project, CANARY)


def test_a_count_of_a_register_that_no_system_holds_is_refused(project):
    content = [{**PUBLICATIONS[1], "counts": {}}]
    write_yaml(project.reference / "publications.yml", content)
    with pytest.raises(BadInput, match="no system holds"):
        run(project, SETTINGS)
    assert not project.protected.exists()


def test_what_the_system_counts_is_what_the_table_shows(project):
    women = {**POPULATIONS["populations"]["students"], "where": {"sex_code": "F"}}
    wrong = {**POPULATIONS, "populations": {**POPULATIONS["populations"], "students": women}}
    write_yaml(project.reference / "populations.yml", wrong)
    with pytest.raises(BadInput, match="does not show what the system counts"):
        run(project, SETTINGS)


def test_years_that_did_not_change_are_not_solved_again(project):
    assert "2 year(s) solved" in run(project, SETTINGS).notes[1]
    mart(project, [(2020, "auch", "F", 12), (2020, "auch", "M", 20), (2021, "auch", "F", 3)])
    assert "1 year(s) solved" in run(project, SETTINGS).notes[1]


def test_a_failed_or_absent_check_closes_the_door(project):
    for content, words in (
        ({"critical_failures": 2}, "2 critical failure"),
        ({"checks": []}, "no number of critical failures"),
        ([], "cannot be read"),
    ):
        quality(project, "marts", content)
        with pytest.raises(CheckFailed, match=words):
            run(project, SETTINGS)
    (project.quality / "marts.json").write_text('{"critical_fail', encoding="utf-8")
    with pytest.raises(CheckFailed, match="cannot be read"):
        run(project, SETTINGS)
    (project.quality / "marts.json").unlink()
    with pytest.raises(CheckFailed, match="have not run"):
        run(project, SETTINGS)
    assert not project.protected.exists()


def test_a_table_that_is_not_listed_is_refused_and_what_is_no_longer_listed_goes(project):
    run(project, SETTINGS)
    with pytest.raises(BadInput, match="not listed stays internal"):
        listed(read_publications(project), "pub_student__year")
    write_yaml(project.reference / "publications.yml", [PUBLICATIONS[0], PUBLICATIONS[2]])
    (project.protected / "left_over.csv").write_text("x", encoding="utf-8")
    run(project, SETTINGS)
    assert sorted(path.name for path in project.protected.iterdir()) == [
        "pub_suppression.parquet", "pub_values.parquet",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"copied": ["student_token"]}, "about one person"),
        ({"copied": ["ine"]}, "about one person"),
        ({"copied": ["nickname"]}, "not in the dictionary"),
        ({"copied": ["room"]}, "not there"),
        ({"reads": "mart_gone"}, "a table that is not there"),
    ],
)
def test_what_may_not_leave(project, change, words):
    extra = {name: pl.lit("x").alias(name) for name in ("student_token", "ine", "nickname")}
    mart(project, [(2020, "auch", "F", 12)], **extra)
    write_yaml(project.reference / "publications.yml", [{**PUBLICATIONS[1], **change}])
    with pytest.raises(BadInput, match=words):
        run(project, SETTINGS)
    assert not project.protected.exists()


def test_a_table_or_a_row_without_origin_stays_inside(project):
    frame = mart(project, [(2020, "auch", "F", 12)])
    frame.drop("origin").write_parquet(table_path(project, "mart_enrolment__register"))
    with pytest.raises(BadInput, match="without origin"):
        run(project, SETTINGS)
    frame.with_columns(pl.lit(None, dtype=pl.String).alias("origin")).write_parquet(
        table_path(project, "mart_enrolment__register")
    )
    with pytest.raises(BadInput, match="no origin"):
        run(project, SETTINGS)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("publications.yml", [{**PUBLICATIONS[0], "sensitivity": "internal"}], "public"),
        ("publications.yml", [{k: v for k, v in PUBLICATIONS[1].items() if k != "sensitivity"}], "a value is missing"),
        ("publications.yml", [{k: v for k, v in PUBLICATIONS[1].items() if k != "sources"}], "name the sources"),
        ("publications.yml", [PUBLICATIONS[0], PUBLICATIONS[0]], "stands once"),
        ("publications.yml", {"a": 1}, "a list of public tables"),
        ("disclosure.yml", {"mode": "none"}, "breaks its format"),
    ],
)
def test_an_unlabelled_or_ill_described_table_is_refused(project, name, content, words):
    write_yaml(project.reference / name, content)
    with pytest.raises(BadInput, match=words):
        run(project, SETTINGS)


def test_only_what_changed_is_made_again_and_the_bytes_are_the_same(project):
    run(project, SETTINGS)
    before = {path.name: path.read_bytes() for path in project.protected.iterdir()}
    assert run(project, SETTINGS).made == ()
    mart(project, [(2020, "auch", "M", 20), (2021, "auch", "F", 7), (2020, "auch", "F", 12)])
    assert run(project, SETTINGS).made == ("pub_enrolment__register",)
    assert {path.name: path.read_bytes() for path in project.protected.iterdir()} == before


def test_the_projects_own_list_and_policy_hold_together():
    publications = read_publications(Project(ROOT))
    policy = read_policy(Project(ROOT))
    assert "mart_student__year" not in {item.reads for item in publications.values()}
    for publication in publications.values():
        assert set(publication.sources) <= set(policy.sources), publication.table
        if publication.table.endswith("__register"):
            assert policy.threshold(publication.sources) >= 5
    assert policy.threshold(["sise"]) == 0
    assert policy.threshold(["sise", "apogee"]) == 5
    assert policy.threshold(["a source nobody described"]) == 5
    assert policy.threshold([]) == 5


def test_every_personal_source_has_a_threshold():
    policy = read_policy(Project(ROOT))
    for path in sorted((ROOT / "data/sources").glob("*.yml")):
        sidecar = yaml.safe_load(path.read_text(encoding="utf-8"))
        if sidecar.get("personal"):
            assert policy.threshold([sidecar["id"]]) >= 5, f"{path.name} is about people"


def test_a_flag_is_defined_by_what_it_flags():
    dictionary = read_dictionary(Project(ROOT))
    assert column_of(dictionary, "probability_flag").type == "str"
    assert column_of(dictionary, "nothing_flag") is None
    assert column_of(dictionary, "probability") is dictionary["probability"]
