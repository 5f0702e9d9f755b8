"""As-of replay: an edition is made from the vintages published up to it, and a later revision is not seen."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines import acquire, stage
from pipelines.kernel.catalogue import read_catalogue
from pipelines.kernel.files import sha256_of
from pipelines.kernel.known import first_edition, known_folders, order_of
from pipelines.kernel.lineage import lineage
from pipelines.kernel.project import Project
from pipelines.kernel.received import read_receipt
from pipelines.seal.manifest import inputs_of
from pipelines.vintages import add_vintage
from tests.observatory import ROOT, copy_of_staged, run_figures, series
from tests.opendata import as_given

FIGURE = "ENR-DUT-BUT"


def vintage_file(project: Project, folder: Path, by: float) -> Path:
    """Write the shipped enrolments by establishment as their producer lays them out, 2011 multiplied by `by`."""

    def edit(frame: pl.DataFrame) -> pl.DataFrame:
        moved = (pl.col("dut_count").cast(pl.Float64) * by).round().cast(pl.Int64).cast(pl.String)
        early = frame.filter(pl.col("year").cast(int) <= 2012)
        return early.with_columns(
            pl.when(pl.col("year") == "2011").then(moved).otherwise("dut_count").alias("dut_count")
        )

    folder.mkdir()
    return as_given(project, folder, edit)


@pytest.fixture(scope="module")
def revised(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A staged project with two vintages of the enrolments: of 2012, and of 2015 with 2011 revised by a tenth."""
    folder = tmp_path_factory.mktemp("replay")
    project = copy_of_staged(folder / "observatory")
    for year, by in ((2012, 1.0), (2015, 1.1)):
        file = vintage_file(project, folder / str(year), by)
        added = add_vintage(project, "effectifs", file, published=year, accept="revised by the producer")
        assert added.verdict == "taken"
    return project


def made(project: Project, edition: int) -> dict[int, float]:
    chosen = project.choose(edition=edition, as_of=date(2026, 1, 1))
    acquire.run(project, chosen)
    stage.run(project, chosen)
    run_figures(project, chosen)
    return series(project, FIGURE, "ut3")


def test_an_edition_sees_the_figure_of_its_day_and_not_the_revision(revised: Project) -> None:
    then = made(revised, 2012)
    hashes = {path.name: sha256_of(path) for path in sorted(revised.indicators.glob("*.parquet"))}
    assert any("published in 2015, after this edition" in note for note in _notes(revised, 2012))
    later = made(revised, 2015)
    assert later[2011] == pytest.approx(then[2011] * 1.1, rel=0.001)
    assert {year: later[year] for year in then if year != 2011} == {year: then[year] for year in then if year != 2011}
    assert max(later) > max(then)
    made(revised, 2012)
    again = {path.name: sha256_of(path) for path in sorted(revised.indicators.glob("*.parquet"))}
    assert again == hashes, "the same edition, made again after others, has the same bytes"


def test_what_an_edition_was_made_from_names_no_later_vintage(revised: Project) -> None:
    chosen = revised.choose(edition=2012, as_of=date(2026, 1, 1))
    inputs = {(item["source"], item["vintage"]) for item in inputs_of(revised, chosen.edition)}
    assert ("effectifs", "2006-2022") in inputs
    assert ("effectifs", "2006-2022-2") not in inputs
    before = lineage(revised)[FIGURE]["source"]
    revised.choose(edition=2015, as_of=date(2026, 1, 1))
    assert lineage(revised)[FIGURE]["source"] != before, "a revision of the source is proven by the vintages known"
    assert ("effectifs", "2006-2022-2") in {(item["source"], item["vintage"]) for item in inputs_of(revised, 2015)}


def test_an_older_vintage_taken_in_late_does_not_replace_a_newer_one(revised: Project) -> None:
    source = read_catalogue(revised)["effectifs"]
    folders = known_folders(revised, source, 2024)[0]
    receipts = [read_receipt(revised, folder) for folder in folders]
    late = receipts[-1].model_copy(update={"vintage": "2006-2022-3", "published": 2008})
    assert [item.published for item in sorted([*receipts, late], key=lambda item: order_of(source, item))] == [
        None,
        2008,
        2012,
        2015,
    ]


@given(st.none() | st.integers(1990, 2030))
def test_the_date_said_wins_and_no_date_is_known_to_all(published: int | None) -> None:
    sise = read_catalogue(Project(ROOT))["sise"]
    assert first_edition(sise, "2012-2024", published) == (published or 2024), "declared: earlier than published"
    assert first_edition(sise, "baseline", None) is None
    assert first_edition(None, "gone", None) is None


def _notes(project: Project, edition: int) -> tuple[str, ...]:
    return stage.run(project, project.choose(edition=edition, as_of=date(2026, 1, 1))).notes
