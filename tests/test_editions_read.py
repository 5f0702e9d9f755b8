"""What a report reads of sealed editions: the history of its figures, what changed, and nothing of itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.kernel.project import Project
from pipelines.kernel.sealed import (
    EditionName,
    earlier_editions,
    edition_folder,
    figure_histories,
    note_editions,
)
from pipelines.publish.changes import changes
from pipelines.publish.resolved import resolved
from pipelines.publish.revised import revision_csv, revision_words
from pipelines.publish.shelf import Shelf
from pipelines.publish.tables.revisions import edition_table, revision_table
from pipelines.publish.variables import dotted, variables
from tests.furniture import resolves
from tests.publish_project import made_up

FIGURE = {"indicator_code": "ENR-DUT-BUT", "scope_code": "midi-pyrenees", "year": 2016}
ADDRESS = "ENR-DUT-BUT/midi-pyrenees/2016"


def sealed(project: Project, name: EditionName, values: pl.DataFrame, **more: Any) -> None:
    """Write what a report reads of a sealed edition."""
    folder = edition_folder(project, name)
    (folder / "data").mkdir(parents=True)
    values.write_parquet(folder / "data/pub_values.parquet")
    pl.read_parquet(project.protected / "pub_states.parquet").write_parquet(folder / "data/pub_states.parquet")
    manifest = {
        "sealed_on": f"{name.year + 1}-03-14",
        "lineage": {},
        "revisions": [],
        "before": None,
        "note": "",
        **more,
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def with_value(values: pl.DataFrame, value: float | None, **where: object) -> pl.DataFrame:
    """Return the values with another one for a figure; hidden when it is None."""
    here = pl.all_horizontal([pl.col(column) == wanted for column, wanted in {**FIGURE, **where}.items()])
    flag = pl.lit("c") if value is None else pl.col("flag")
    return values.with_columns(
        pl.when(here).then(pl.lit(value, dtype=pl.Float64)).otherwise("value").alias("value"),
        pl.when(here).then(flag).otherwise("flag").alias("flag"),
    )


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with protected tables, no edition, and the SQL the lineage is read from."""
    made, settings = made_up(tmp_path)
    root = Path(__file__).resolve().parent.parent
    (made.root / "sql").symlink_to(root / "sql")
    (made.root / "params.yaml").write_text(f"edition: {settings.edition}\n", encoding="utf-8")
    return made


def shelf_of(project: Project, lang: str = "fr", edition: int = 2024) -> Shelf:
    return Shelf(project, project.settings().changed(lang=lang, edition=edition))


def texts(project: Project, edition: int = 2024) -> list[str]:
    """Return all that the report says of editions."""
    shelf = shelf_of(project, edition=edition)
    return [changes(shelf), revision_csv(shelf), json.dumps(revision_words(shelf)),
            revision_table(shelf).markdown(), edition_table(shelf).markdown()]  # fmt: skip


@pytest.mark.parametrize(("lang", "never", "years"), [
    ("fr", "Aucune édition n'a été scellée avant ce rapport", "on compare ici les années des tableaux"),
    ("en", "No edition was sealed before this report", "years of today's tables"),
])  # fmt: skip
def test_without_a_sealed_edition_the_report_says_so(project: Project, lang: str, never: str, years: str) -> None:
    shelf = shelf_of(project, lang)
    assert never in revision_words(shelf)["revisions.said"]
    assert years in changes(shelf)
    assert revision_table(shelf).rows == ()


def test_a_revised_figure_is_told_with_its_size_by_word_and_its_edition(project: Project) -> None:
    values = pl.read_parquet(project.protected / "pub_values.parquet")
    series = values.filter(pl.col("indicator_code") == "ENR-DUT-BUT", pl.col("scope_code") == "midi-pyrenees")
    now = dict(series.select("year", "value").iter_rows())
    before = with_value(with_value(values, now[2016] / 1.2), now[2015] / 1.02, year=2015)
    before = with_value(before, None, year=2014)
    sealed(project, EditionName(2023, 1), before)
    shelf = shelf_of(project)
    rows = revision_table(shelf).rows
    assert [(row[0].split(", ")[-1], row[4]) for row in rows] == [
        ("2014", "[forte]{.status .status-revision-red}"),
        ("2016", "[forte]{.status .status-revision-red}"),
        ("2015", "[notable]{.status .status-revision-amber}"),
    ]
    assert rows[0][1:4] == ("confidentiel", rows[0][2], "–")
    assert rows[0][5] == "confidentialité"
    assert rows[1][3] == "+20,0\u202f%"
    assert revision_table(shelf).heading[1] == "Édition 2023.1"
    said = changes(shelf)
    assert "**Comparé à l'édition 2023.1\u00a0:** 3 chiffres révisés, dont 2 fortement." in said
    assert "(/revisions.qmd)" in said
    assert "3 chiffres publiés par l'édition 2023.1, scellée le 2024-03-14" in revision_words(shelf)["revisions.said"]
    assert revision_csv(shelf).splitlines()[2].startswith(f"{ADDRESS},2023.1,")
    english = shelf_of(project, "en")
    assert "3 figures published by edition 2023.1" in revision_words(english)["revisions.said"]
    assert revision_table(english).rows[2][4] == "[moderate]{.status .status-revision-amber}"


def test_a_report_made_again_after_it_was_sealed_says_the_same(project: Project) -> None:
    values = pl.read_parquet(project.protected / "pub_values.parquet")
    sealed(project, EditionName(2023, 1), with_value(values, 1000.0))
    before = texts(project)
    sealed(project, EditionName(2024, 1), values)
    assert texts(project) == before, "itself, sealed"
    sealed(project, EditionName(2024, 2), values)
    assert texts(project) == before, "itself, sealed again with another text"
    sealed(project, EditionName(2025, 1), with_value(values, 5.0))
    assert texts(project) == before, "what came after it"
    sealed(project, EditionName(2024, 3), with_value(values, 7.0))
    assert texts(project) != before, "a correction that says otherwise"


def test_the_history_of_a_figure_is_what_each_earlier_edition_published(project: Project) -> None:
    values = pl.read_parquet(project.protected / "pub_values.parquet")
    sealed(project, EditionName(2022, 1), with_value(values, None))
    sealed(project, EditionName(2023, 1), with_value(values, 1000.0))
    sealed(project, EditionName(2023, 2), values.filter(pl.col("year") > 2016))
    sealed(project, EditionName(2024, 1), values)
    assert [str(name) for name in earlier_editions(project, 2024, values)] == ["2022.1", "2023.1", "2023.2"]
    told = figure_histories(project, 2024, values)[ADDRESS]
    assert [(item.edition, item.sealed_on, item.value, item.flag) for item in told] == [
        ("2022.1", "2023-03-14", None, "c"),
        ("2023.1", "2024-03-14", 1000.0, told[1].flag),
    ]
    assert figure_histories(project, 2021, values) == {}


def test_a_new_sealing_makes_the_page_out_of_date_and_nothing_else_does(project: Project) -> None:
    values = pl.read_parquet(project.protected / "pub_values.parquet")
    path = project.data / "editions.json"
    note_editions(project, 2024)
    first = path.read_bytes()
    sealed(project, EditionName(2025, 1), values)
    note_editions(project, 2024)
    assert path.read_bytes() == first, "a later year is not looked at"
    sealed(project, EditionName(2024, 1), values)
    note_editions(project, 2024)
    second = path.read_bytes()
    assert list(json.loads(second)) == ["2024.1"]
    stamp = path.stat().st_mtime_ns
    note_editions(project, 2024)
    assert path.stat().st_mtime_ns == stamp
    stage = (Path(__file__).resolve().parent.parent / "dvc.yaml").read_text(encoding="utf-8")
    assert "data/editions.json" in stage.split("\n  publish:")[1].split("\n  render:")[0]


def test_every_key_a_sentence_can_quote_says_what_it_is_made_from(project: Project) -> None:
    shelf = shelf_of(project)
    filled = variables(shelf)
    (project.data / "run.yaml").write_text("edition: 2024\n", encoding="utf-8")
    told = resolved(shelf, filled, filled, dotted)
    assert told.keys() == filled.keys()
    entries = {entry for item in told.values() for entry in item["of"]}  # type: ignore[attr-defined]
    assert all(item["of"] for item in told.values())
    assert {entry for entry in entries if not resolves(entry, shelf)} <= {"pub_suppression"}, "not in this project"
    assert told["enr.dut.but.midi-pyrenees.last"]["of"] == ["ENR-DUT-BUT/midi-pyrenees"]
    assert told["count.checks-passed"]["of"] == ["data/quality"]
    assert any(item["simulated"] for item in told.values())
    with pytest.raises(KeyError, match="declare it in MADE_FROM"):
        resolved(shelf, {"moon.phase": "full"}, ["moon.phase"], dotted)
