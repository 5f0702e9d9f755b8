"""`observatoire new`: what it writes is refused until it is filled in, and gives a figure once it is."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from pipelines import consolidate, indicators, stage
from pipelines.check.suites import read_suites
from pipelines.cli import observatoire
from pipelines.kernel.catalogue import read_catalogue
from pipelines.kernel.dictionary import read_dictionary
from pipelines.kernel.indicators import read_indicators
from pipelines.kernel.problems import BadInput
from pipelines.kernel.project import Project
from pipelines.kernel.sql import read_queries
from pipelines.kernel.store import read_table
from pipelines.kernel.targets import read_targets
from pipelines.kernel.yaml_files import FILL_IN
from pipelines.publish.figures.asked import asked_figures
from pipelines.publish.shelf import Shelf
from pipelines.publish.variables import refuse_unfinished
from pipelines.scaffold import Draft, Written, pages, registers, sources, write
from pipelines.scaffold.looking import look_at
from pipelines.vintages import add_vintage
from tests.observatory import ROOT, SMALL, copy_of_staged
from tests.publish_project import made_up

DAY = date(2026, 11, 23)
HOUSING = (
    "Rentrée;Code du site;Ville;Places;Occupées;Taux\n"
    "2022-2023;TLS;Toulouse;400;380;95,0\n"
    "2022-2023;TRB;Tarbes;120;ND;ND\n"
    "2023-2024;TLS;Toulouse;420;400;95,2\n"
    "2023-2024;TRB;Tarbes;120;110;91,7\n"
)
NAMES = {"Code du site": "residence_code", "Taux": "occupancy_rate"}


@pytest.fixture
def housing(tmp_path: Path) -> Path:
    path = tmp_path / "logement.csv"
    path.write_bytes(HOUSING.encode("latin-1"))
    return path


def with_all(target: Path) -> Project:
    project = copy_of_staged(target)
    for folder in ("expectations", "reports"):
        made = shutil.ignore_patterns("_generated", "sites", "fields")
        shutil.copytree(ROOT / folder, target / folder, ignore=made, dirs_exist_ok=True)
    return project


def fill(written: list[Written]) -> None:
    for one in written:
        one.path.write_text(one.path.read_text(encoding="utf-8").replace(FILL_IN, "Écrit à la main"), encoding="utf-8")


def refused(call: object, *arguments: object) -> str:
    with pytest.raises(BadInput) as error:
        call(*arguments)  # type: ignore[operator]
    return error.value.problems[0].line()


def test_a_file_is_described_as_it_looks(housing: Path) -> None:
    look = look_at(housing, NAMES)
    assert (look.layout.separator, look.layout.encoding, look.missing) == (";", "latin-1", ("ND",))
    assert [(one.name, one.dtype) for one in look.columns] == [
        ("year", "int"), ("residence_code", "str"), ("ville_label", "str"), ("places_count", "int"),
        ("occupees_count", "int"), ("occupancy_rate", "float"),
    ]  # fmt: skip
    assert look.columns[0].is_school_year
    assert (look.grain, look.rows_count, look.first_year) == (("year", "residence_code"), 4, 2022)


@pytest.mark.parametrize("ending", [".xlsx", ".parquet"])
def test_a_workbook_and_a_parquet_file_are_described_too(tmp_path: Path, ending: str) -> None:
    frame = pl.DataFrame({"annee": [2022, 2023], "code": ["031", "065"], "effectif": [10, 12]})
    path = tmp_path / f"f{ending}"
    (frame.write_excel if ending == ".xlsx" else frame.write_parquet)(path)
    assert [(one.name, one.dtype) for one in look_at(path, {}).columns] == [
        ("year", "int"), ("code", "str"), ("effectif_count", "int"),
    ]  # fmt: skip


def test_a_source_gives_a_figure_once_it_is_filled_in(tmp_path: Path, housing: Path) -> None:
    project = with_all(tmp_path / "p")
    settings = project.settings().model_copy(update=SMALL)
    written = write(project, sources.source(project, "logement", "enrolment", housing, NAMES, DAY))
    assert "data/sources/logement.yml, row 3: TO FILL IN stands here" in refused(read_catalogue, project)
    assert "dictionary/logement.yml, row " in refused(read_dictionary, project)
    assert "stg_logement__figures.yml, row 1:" in refused(read_suites, project, "staging")
    assert "mart_enrolment__logement.sql, row 1:" in refused(read_queries, project, "marts", "mart_*.sql")
    fill(written)
    assert {"stg_logement__figures"} <= set(read_suites(project, "staging"))
    assert add_vintage(project, "logement", housing).is_new

    written = write(project, registers.indicator(project, "ENR-HOUSING", "mart_enrolment__logement", is_share=False))
    assert "indicators.yml, row " in refused(read_indicators, project)
    fill(written)
    assert read_indicators(project)["ENR-HOUSING"].sources == ("logement",)
    for module in (stage, consolidate, indicators):
        module.run(project, settings)
    values = read_table(project, "ind_values").filter(pl.col("indicator_code") == "ENR-HOUSING")
    assert dict(values.select("year", "value").iter_rows()) == {2022: 520, 2023: 540}

    written = write(project, registers.target(project, "ENR-HOUSED", "ENR-HOUSING", 2024))
    assert "targets.yml, row " in refused(read_targets, project)
    fill(written)
    assert read_targets(project)[-1].deadline == 2029


def test_a_page_is_refused_until_it_is_written_and_shows_a_figure_by_its_code(tmp_path: Path) -> None:
    project, settings = made_up(tmp_path)
    written = write(project, pages.page(project, "logement"))
    chapter = project.reports / "fr/_chapters/logement.md"
    assert {one.path for one in written} >= {project.reports / "fr/logement.qmd", chapter}
    assert "      - logement.qmd\n" in (project.reports / "en/_quarto.yml").read_text(encoding="utf-8")
    assert "reports/fr/_chapters/logement.md, row 2: TO FILL IN" in refused(refuse_unfinished, project, [chapter])
    fill(written)
    refuse_unfinished(project, [chapter])
    shelf = Shelf(project, settings)
    (name, maker), = asked_figures(shelf, [chapter]).items()  # fmt: skip
    assert name == "ind-mob-out"
    picture = maker(shelf)
    assert "MOB-OUT/midi-pyrenees" in str(picture)
    chapter.write_text("{{< include /_generated/fig-ind-mob-uot.md >}}", encoding="utf-8")
    said = refused(asked_figures, shelf, [chapter])
    assert "row 1: No indicator has this code" in said
    assert "fig-ind-mob-out" in said


def test_a_figure_by_site_has_a_panel_a_site(tmp_path: Path) -> None:
    project, settings = made_up(tmp_path)
    chapter = project.reports / "fr/_chapters/actions.md"
    chapter.write_text("{{< include /_generated/fig-ind-mob-out-sites.md >}}", encoding="utf-8")
    shelf = Shelf(project, settings)
    picture = asked_figures(shelf, [chapter])["ind-mob-out-sites"](shelf)
    assert "MOB-OUT/tarbes" in str(picture)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["source", "Logement"], "This is no name for a source"),
        (["source", "sise"], "A source has this name already"),
        (["source", "logement", "--file", "rien.csv"], "The file is missing"),
        (["source", "logement", "--file", "rien.doc"], "No format is known by this ending"),
        (["source", "logement", "--column", "a=b"], "--column HEADER=NAME goes with --file"),
        (["indicator", "HOUSING", "--mart", "mart_x"], "This is no code for an indicator"),
        (["indicator", "MOB-OUT", "--mart", "mart_x"], "An indicator has this code already"),
        (["indicator", "MOB-NEW", "--mart", "mart_x"], "No mart has this name"),
        (["target", "mob", "--indicator", "MOB-OUT"], "This is no id for a target"),
        (["target", "MOB-X2", "--indicator", "MOB-OUT"], "A target has this id already"),
        (["target", "MOB-X3", "--indicator", "MOB-NO"], "No indicator has this code"),
        (["page", "Été"], "This is no name for a page"),
        (["page", "cibles"], "The file exists already"),
    ],
)
def test_what_cannot_begin_is_one_line_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    project, _ = made_up(tmp_path, tables=False)
    shutil.copytree(ROOT / "sql", tmp_path / "sql")
    shutil.copytree(ROOT / "expectations", tmp_path / "expectations")
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(ROOT / name, tmp_path)
    monkeypatch.chdir(tmp_path)
    before = {path: path.read_bytes() for path in project.root.rglob("*") if path.is_file()}
    done = CliRunner().invoke(observatoire, ["new", *arguments])
    assert done.exit_code == 2, done.output
    assert said in done.output
    assert {path: path.read_bytes() for path in project.root.rglob("*") if path.is_file()} == before


def test_all_files_are_written_or_none(tmp_path: Path) -> None:
    taken = tmp_path / "b"
    taken.write_text("mine", encoding="utf-8")
    with pytest.raises(BadInput):
        write(Project(tmp_path), [Draft(tmp_path / "a", "x"), Draft(taken, "x")])
    assert not (tmp_path / "a").exists()
    assert taken.read_text(encoding="utf-8") == "mine"
