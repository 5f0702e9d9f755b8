"""The attacks that look at files: what stands in them, and whether a hidden number leaves any trace there."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from test_protect_stage import (
    CANARY,
    PUBLICATIONS,
    SETTINGS,
    as_stored,
    indicator,
    mart,
    project,  # noqa: F401  a fixture
    threshold,
    write_yaml,
)

from pipelines import audit, protect
from pipelines.audit.stage import attack
from pipelines.kernel.audited import require_audited, result_path
from pipelines.kernel.ledger import published_editions, record
from pipelines.kernel.problems import BadInput, CheckFailed
from pipelines.kernel.project import Project
from pipelines.kernel.store import table_path

POPULATIONS = {
    "populations": {
        "students": {"reads": "mart_enrolment__register", "sum": "students_count", "dims": ["site_code"]},
    },
    "indicators": {"MOB-OUT": {"numerator": "students"}},
    "scopes": {"site": "site_code"},
}


@pytest.fixture(autouse=True)
def counted(project: Project) -> None:  # noqa: F811  the fixture
    """Say what the two tables count."""
    write_yaml(project.reference / "populations.yml", POPULATIONS)
    publications = [dict(item) for item in PUBLICATIONS]
    publications[1]["counts"] = {"students_count": "students"}
    write_yaml(project.reference / "publications.yml", publications)


def every_byte(where: Project) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(where.protected.iterdir())}


def test_11_no_byte_that_the_auditor_writes_or_says_holds_a_hidden_number(project: Project) -> None:  # noqa: F811  the fixture
    mart(project, [(2020, "auch", "F", CANARY), (2021, "auch", "F", 9_000_001)])
    indicator(project, [("site", "auch", 2020, float(CANARY)), ("site", "auch", 2021, 9_000_001.0)])
    threshold(project, CANARY + 1)
    protect.run(project, SETTINGS)
    shown = table_path(project, "pub_enrolment__register")
    pl.read_parquet(shown).with_columns(pl.lit(CANARY, dtype=pl.Int64).alias("students_count")).write_parquet(shown)
    with pytest.raises(CheckFailed) as caught:
        audit.run(project, SETTINGS)
    said = str(caught.value).encode() + result_path(project).read_bytes()
    record(project, "2023")
    assert b"year=2020 site_code=auch" in said
    assert not any(form in said for form in as_stored(CANARY)[:2])


def test_12_changing_what_is_hidden_changes_no_public_byte(project: Project) -> None:  # noqa: F811  the fixture
    def published(small: int) -> dict[str, bytes]:
        mart(project, [(2020, "auch", "F", small), (2021, "auch", "F", 12), (2021, "auch", "M", 4)])
        indicator(project, [("site", "auch", 2020, float(small)), ("site", "auch", 2021, 16.0)])
        protect.run(project, SETTINGS)
        return every_byte(project)

    one = published(1)
    assert all(published(small) == one for small in (2, 3, 4))
    assert published(6) != one  # a number that is shown does change them


def test_a_leak_closes_the_door(project: Project) -> None:  # noqa: F811  the fixture
    mart(project, [(2020, "auch", "F", 3), (2021, "auch", "F", 12)])
    indicator(project, [("site", "auch", 2020, 3.0), ("site", "auch", 2021, 12.0)])
    with pytest.raises(CheckFailed, match="was not audited"):
        require_audited(project)
    protect.run(project, SETTINGS)
    report = audit.run(project, SETTINGS)
    assert "none can be computed" in report.notes[0]
    require_audited(project)
    path = table_path(project, "pub_enrolment__register")
    safe = pl.read_parquet(path)
    safe.with_columns(pl.Series("students_count", [3, 12]), pl.Series("flag", ["S", "S"])).write_parquet(path)
    with pytest.raises(CheckFailed, match="changed since they were audited"):
        require_audited(project)
    with pytest.raises(CheckFailed, match="year=2020 site_code=auch: can be computed exactly"):
        audit.run(project, SETTINGS)
    assert json.loads(result_path(project).read_text(encoding="utf-8"))["leaks_count"] == 1
    with pytest.raises(CheckFailed, match="can be told"):
        require_audited(project)


def test_the_ledger_knows_what_was_shown_and_no_hidden_number(project: Project) -> None:  # noqa: F811  the fixture
    mart(project, [(2020, "auch", "F", 3), (2021, "auch", "F", 12)])
    indicator(project, [("site", "auch", 2020, 3.0), ("site", "auch", 2021, 12.0)])
    protect.run(project, SETTINGS)
    path = record(project, "2023")
    lines = pl.read_parquet(path).filter(pl.col("table_name") == "pub_enrolment__register")
    assert lines.select("row_key", "status", "value").rows() == [
        ("site_code=auch|year=2020", "hidden", None),
        ("site_code=auch|year=2021", "shown", 12.0),
    ]
    assert record(project, "2023") == path  # the same again is no change
    assert published_editions(project) == [path]
    mart(project, [(2020, "auch", "F", 3), (2021, "auch", "F", 13)])
    indicator(project, [("site", "auch", 2020, 3.0), ("site", "auch", 2021, 13.0)])
    protect.run(project, SETTINGS)
    with pytest.raises(BadInput, match="with other figures"):
        record(project, "2023")
    # What was hidden stays hidden, even when it has grown: an old edition beside the new one would tell.
    mart(project, [(2020, "auch", "F", 30), (2021, "auch", "F", 13)])
    indicator(project, [("site", "auch", 2020, 30.0), ("site", "auch", 2021, 13.0)])
    protect.run(project, SETTINGS)
    shown = table_path(project, "pub_enrolment__register")
    grown = pl.read_parquet(shown).with_columns(pl.Series("students_count", [30, 13]), pl.Series("flag", ["S", "S"]))
    grown.write_parquet(shown)
    found = attack(project).findings
    assert ["was hidden in edition 2023" in finding.says for finding in found] == [True]


def test_the_auditor_imports_nothing_of_what_it_audits() -> None:
    folder = Path(__file__).resolve().parent.parent / "pipelines/audit"
    assert not [path.name for path in folder.glob("*.py") if "pipelines.protect" in path.read_text(encoding="utf-8")]
