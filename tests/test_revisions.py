"""What changed between editions, how much, and what proves why."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipelines.editions.answers import diff_answer
from pipelines.editions.comparing import compared
from pipelines.editions.names import EditionName
from pipelines.editions.sealing import seal
from pipelines.kernel.lineage import CAUSES, lineage
from pipelines.kernel.problems import CheckFailed
from pipelines.kernel.project import Project
from pipelines.kernel.revisions import Ledger, Reason, changed_figures, explained, unexplained
from tests.edition_project import DAY, build, committed, git, values
from tests.observatory import copy_of_the_project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a copy of the project, committed, with a build."""
    return committed(tmp_path)


def test_a_revision_nobody_explains_is_not_sealed_until_a_reason_is_given(project: Project) -> None:
    seal(project, DAY)
    build(project, values(tarbes=120.0))
    with pytest.raises(CheckFailed, match=r"ENR-REG/tarbes/2023 for one \(100\.0 then 120\.0"):
        seal(project, DAY)
    ledger = project.reference / "revisions.yml"
    reason = {"indicator": "ENR-REG", "since": "2024.1", "cause": "source", "by": "N. N.", "scopes": ["tarbes"],
              "text": {"fr": "Le registre a été complété.", "en": "The register was completed."}}  # fmt: skip
    ledger.write_text(yaml.safe_dump({"tolerance": {"default": 0.01}, "reasons": [reason]}), encoding="utf-8")
    git(project, "commit", "-q", "-am", "reason")
    made = seal(project, DAY)
    assert str(made.name) == "2024.2"
    assert [revision.key for revision in made.revisions] == ["ENR-REG/tarbes/2023"]
    assert made.revisions[0].size == "red"
    said = diff_answer(project, "2024.1", "2024.2", as_json=False)
    assert "red   ENR-REG/tarbes/2023: 100 → 120 (+20.0%); source revised (said: The register was completed.)" in said


def test_one_cause_that_differs_is_a_proof_and_two_are_not(project: Project) -> None:
    seal(project, DAY)
    sql = project.sql / "indicators" / "ind_enr_reg.sql"
    sql.write_text(sql.read_text(encoding="utf-8") + "-- counted otherwise\n", encoding="utf-8")
    git(project, "commit", "-q", "-am", "method")
    build(project, values(rodez=60.0))
    made = seal(project, DAY)
    assert made.revisions[0].causes == ("method",)
    assert made.revisions[0].is_proven
    was, now = (dict.fromkeys(CAUSES, "a") for _ in range(2))
    now |= {"source": "b", "break": "b"}
    told = explained(made.revisions, {"ENR-REG": was}, {"ENR-REG": now}, Ledger(tolerance={"default": 0.01}), "2024.1")
    assert told[0].causes == ("source", "break")
    assert not told[0].is_proven


def test_what_confidentiality_hides_is_explained_by_it(project: Project) -> None:
    seal(project, DAY)
    build(project, values(figeac=None))
    made = seal(project, DAY)
    assert made.revisions[0].causes == ("protection",)
    assert compared(project, EditionName(2024, 1), EditionName(2024, 2))[0].new_flag == "c"


def test_a_change_below_the_tolerance_asks_for_nothing_but_is_listed(project: Project) -> None:
    seal(project, DAY)
    build(project, values(tarbes=100.5))
    assert [(item.size, item.is_explained) for item in seal(project, DAY).revisions] == [("green", False)]


@given(st.lists(st.floats(1, 1e6), min_size=3, max_size=3), st.lists(st.floats(1, 1e6), min_size=3, max_size=3))
def test_the_ledger_lists_each_changed_figure_once_the_largest_first(old: list[float], new: list[float]) -> None:
    places = ("tarbes", "rodez", "figeac")
    found = changed_figures(
        values(**dict(zip(places, old, strict=True))), values(**dict(zip(places, new, strict=True)))
    )
    assert {item.scope for item in found} == {
        place for place, was, now in zip(places, old, new, strict=True) if was != now
    }
    sizes = [abs(item.change or 0) for item in found]
    assert sizes == sorted(sizes, reverse=True)
    assert all((item.size == "red") == (abs(item.change or 0) >= 0.15) for item in found)


def test_a_reason_covers_only_the_years_and_places_it_names() -> None:
    text = {"fr": "x", "en": "x"}
    reason = Reason.model_validate({"indicator": "ENR-REG", "since": "2024.1", "cause": "method", "by": "N. N.",
                                    "text": text, "years": [2022]})  # fmt: skip
    ledger = Ledger(tolerance={"default": 0.01}, reasons=(reason,))
    found = explained(changed_figures(values(), values(tarbes=200.0)), {}, {}, ledger, "2024.1")
    assert len(unexplained(found, ledger)) == 1


def test_a_figure_that_is_no_longer_published_counts_as_large() -> None:
    found = changed_figures(values(), values().filter(pl.col("scope_code") != "rodez"))
    assert {(item.key, item.new_flag, item.size) for item in found} == {
        ("ENR-REG/rodez/2022", "gone", "red"),
        ("ENR-REG/rodez/2023", "gone", "red"),
    }


def test_each_kind_of_cause_has_its_own_hash(project: Project) -> None:
    before = lineage(project)["ENR-REG"]

    def differing() -> list[str]:
        after = lineage(project)["ENR-REG"]
        return [cause for cause in CAUSES if after[cause] != before[cause]]

    for file, cause in (
        ("ref_perimeter.csv", "perimeter"),
        ("ref_break.csv", "break"),
        ("disclosure.yml", "protection"),
    ):
        path = project.reference / file
        text = path.read_bytes()
        path.write_bytes(text + b"\n")
        assert differing() == [cause] or (file == "ref_perimeter.csv" and differing() == []), file
        path.write_bytes(text)
    assert differing() == []


def plant_source(project: Project) -> None:
    """The file of a source behind the figure is another one than in the edition before."""
    folder = project.raw / "sise" / "2012-2024"
    folder.mkdir(parents=True)
    file = {"file": "a.parquet", "sha256": "0" * 64, "bytes": 1}
    content = {"source": "sise", "vintage": "2012-2024", "layout": "2012-2024", "origin": "observed", "files": [file]}
    (folder / "vintage.yml").write_text(yaml.safe_dump(content), encoding="utf-8")


def plant_correction(project: Project) -> None:
    entry = {"code": "COR-1", "table": "stg_sise__enrolment", "row": {"year": 2023}}
    (project.reference / "corrections.yml").write_text(yaml.safe_dump([entry]), encoding="utf-8")


def plant_method(project: Project) -> None:
    with (project.sql / "indicators" / "ind_enr_dut_but.sql").open("a", encoding="utf-8") as stream:
        stream.write("-- counted otherwise\n")


def plant_line(name: str) -> Callable[[Project], None]:
    def plant(project: Project) -> None:
        with (project.reference / name).open("a", encoding="utf-8") as stream:
            stream.write("\n")

    return plant


PLANTED: dict[str, Callable[[Project], None]] = {
    "source": plant_source,
    "correction": plant_correction,
    "method": plant_method,
    "perimeter": plant_line("ref_site_uai.csv"),
    "break": plant_line("ref_break.csv"),
    "protection": plant_line("disclosure.yml"),
}


def test_every_cause_has_its_planted_change() -> None:
    assert set(PLANTED) == set(CAUSES)


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy of the project from which each planted change starts; read only."""
    return copy_of_the_project(tmp_path_factory.mktemp("causes") / "observatory")


@pytest.mark.parametrize("cause", PLANTED)
def test_a_planted_change_is_found_and_named_and_no_other(cause: str, untouched: Project, tmp_path: Path) -> None:
    project = Project(tmp_path / "observatory")
    shutil.copytree(untouched.root, project.root)
    before = lineage(project)["ENR-DUT-BUT"]
    PLANTED[cause](project)
    after = lineage(project)["ENR-DUT-BUT"]
    figure = changed_figures(values(), values(tarbes=130.0))[0]
    found = explained(
        [replace(figure, indicator="ENR-DUT-BUT")],
        {"ENR-DUT-BUT": before},
        {"ENR-DUT-BUT": after},
        Ledger(tolerance={"default": 0.01}),
        "2024.1",
    )
    assert [(item.causes, item.is_proven) for item in found] == [((cause,), True)]


def test_the_tolerance_is_the_one_declared_for_the_indicator() -> None:
    moved = changed_figures(values(), values(tarbes=103.0, rodez=60.0))
    told = explained(moved, {}, {}, Ledger(tolerance={"default": 0.01}), "2024.1")
    asked = unexplained(told, Ledger(tolerance={"default": 0.01, "ENR-REG": 0.05}))
    assert [item.key for item in asked] == ["ENR-REG/rodez/2023"]
    assert len(unexplained(told, Ledger(tolerance={"default": 0.05, "ENR-REG": 0.01}))) == 2


def test_the_json_of_a_comparison_has_every_revision_with_its_reason(project: Project) -> None:
    seal(project, DAY)
    build(project, values(tarbes=None, rodez=50.2))
    listed = json.loads(diff_answer(project, "2024.1", "build", as_json=True))
    assert [(item["key"], item["size"], item["causes"], item["is_proven"]) for item in listed] == [
        ("ENR-REG/tarbes/2023", "red", ["protection"], True),
        ("ENR-REG/rodez/2023", "green", [], False),
    ]
