"""The whole stage on made-up protected tables: what it writes, what it refuses, what it keeps."""

from __future__ import annotations

import csv
import json
import re
import shutil
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import polars as pl
import pytest
import yaml

from pipelines.kernel.colours import Colours
from pipelines.kernel.files import sha256_of
from pipelines.kernel.problems import BadInput
from pipelines.kernel.project import Project, Settings
from pipelines.kernel.workers import Workers
from pipelines.publish import run, stage
from pipelines.publish.drawing import KINDS, draw
from pipelines.publish.figures import figures
from pipelines.publish.pages import figure_markdown
from pipelines.publish.picture import Absent, Picture
from pipelines.publish.shelf import Shelf
from pipelines.publish.variables import asked, completed, dotted, nested, variables
from tests.brands import LOOK
from tests.publish_project import DRAWN, made_up, publish_undrawn

HOUSE = "Observatoire SRESR des IUT de Midi-Pyrénées"

Made = tuple[Project, Settings]

NOT_DRAWN = ("site-albi", "field-chimie", "field-genie-civil")
"""A site without a value, and two fields with one programme at most: they say so in a sentence."""

BLANK = "<svg><text>@2024</text></svg>"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """One publication in French; workers draw one figure of each kind, the others stay blank to save time."""
    project, settings = made_up(tmp_path_factory.mktemp("publish"))
    publish_some(project, settings, stage.drawings)
    return project, settings


def publish_some(
    project: Project, settings: Settings, drawer: Callable[[list[Picture], Colours, Workers], Iterable[str]]
) -> None:
    """Run the stage; `drawer` draws the chosen figures only."""

    def some(them: list[Picture], look: Colours, workers: Workers) -> list[str]:
        chosen = [picture for picture in them if picture.name in DRAWN]
        found = dict(zip((picture.name for picture in chosen), drawer(chosen, look, workers), strict=True))
        return [found.get(picture.name, BLANK) for picture in them]

    with pytest.MonkeyPatch.context() as monkey:
        monkey.setattr(stage, "drawings", some)
        run(project, settings)


def pictures(shelf: Shelf) -> dict[str, Picture | Absent]:
    return {name: maker(shelf) for name, maker in figures(shelf).items()}


def test_every_figure_has_its_image_data_and_include(made: Made) -> None:
    project, settings = made
    generated = project.reports / "fr/_generated"
    for name, picture in pictures(Shelf(project, settings)).items():
        assert isinstance(picture, Picture) or name in NOT_DRAWN, name
        include = (generated / f"fig-{name}.md").read_text(encoding="utf-8")
        if isinstance(picture, Picture):
            assert f"{{#fig-{name} fig-alt=" in include
            svg = (generated / f"fig-{name}.svg").read_text(encoding="utf-8")
            assert "<text" in svg, "type stays text"
            assert f"@{settings.edition}" in svg, "the caption bears an address"
            with (generated / f"fig-{name}.csv").open(encoding="utf-8") as stream:
                assert len(list(csv.reader(stream))) > 1
        else:
            assert "callout-note" in include


def test_simulated_figures_say_so_to_the_last_pixel(made: Made) -> None:
    shelf = Shelf(*made)
    simulated = [p for p in pictures(shelf).values() if isinstance(p, Picture) and p.simulated]
    assert len(simulated) >= 14
    for picture in simulated:
        assert "simul" in picture.alt.lower()
        assert "simulé" in figure_markdown(picture, "2024", HOUSE)
        assert "simul" in picture.title.lower() + picture.caption.lower()
        if picture.name.startswith("site-") and picture.name != "site-rodez":
            continue  # the eight sheets are drawn alike
        svg = draw(picture, LOOK)
        assert re.search(r"simulé", svg), picture.name
        if picture.kind != "targets":
            assert re.search(r">\s*simulé\s*</text>", svg), f"{picture.name}: the word lies in the panel"
        assert "stroke-dasharray" in svg, f"{picture.name}: what is simulated is dashed"


def test_observed_figures_never_bear_the_word(made: Made) -> None:
    for picture in pictures(Shelf(*made)).values():
        if isinstance(picture, Picture) and not picture.simulated and not picture.name.startswith("coverage"):
            said = f"{picture.title}{picture.subtitle}{picture.caption}{picture.alt}{picture.csv()}"
            assert "simul" not in said, picture.name


def test_every_kind_is_drawn(made: Made) -> None:
    kinds = {p.kind for p in pictures(Shelf(*made)).values() if isinstance(p, Picture) and p.name in DRAWN}
    assert kinds == set(KINDS)


def test_a_hidden_value_leaves_no_trace(made: Made) -> None:
    project, settings = made
    shelf = Shelf(project, settings)
    hidden = [row for row in shelf.rows("pub_values") if row["flag"] == "c"]
    assert hidden
    flat = variables(shelf)
    for row in hidden:
        key = f"{dotted(row['indicator_code'])}.{row['scope_code']}._{row['year']}"
        assert flat[key] == "confidentiel"
    for picture in pictures(shelf).values():
        if isinstance(picture, Picture) and "flag" in picture.data:
            for cell in picture.rows():
                if cell["flag"] == "c":
                    assert cell["value"] is None


def test_checks_never_show_rows(made: Made) -> None:
    project, _ = made
    for path in (project.reports / "fr").rglob("*.*"):
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as book:
                assert not any(b"SECRET-ROW" in book.read(name) for name in book.namelist()), path.name
        else:
            assert "SECRET-ROW" not in path.read_text(encoding="utf-8"), path.name


def test_same_bytes_twice(made: Made, tmp_path: Path) -> None:
    """The first publication drew in workers, the second draws here: no byte may differ."""
    project, settings = made
    other, _ = made_up(tmp_path)
    publish_some(other, settings, lambda them, look, _: [draw(picture, look) for picture in them])
    for folder in ("build", "reports/fr"):
        left = {p.relative_to(project.root): sha256_of(p) for p in (project.root / folder).rglob("*") if p.is_file()}
        right = {p.relative_to(other.root): sha256_of(p) for p in (other.root / folder).rglob("*") if p.is_file()}
        assert left == right


def test_nothing_to_do_and_only_what_changed(made: Made) -> None:
    project, settings = made
    assert run(project, settings).made == ()
    path = project.protected / "pub_mobility__erasmus.parquet"
    before = path.read_bytes()
    try:
        frame = pl.read_parquet(path).with_columns(pl.col("students_count") + 1)
        frame.write_parquet(path)
        assert set(run(project, settings).made) == {"fr/fig-mob-erasmus", "fr/addresses", "data"}
    finally:
        path.write_bytes(before)
        run(project, settings)


def test_what_no_longer_exists_goes(made: Made) -> None:
    project, settings = made
    stray = project.reports / "fr/_generated/fig-of-yesterday.svg"
    stray.write_text("<svg/>", encoding="utf-8")
    run(project, settings)
    assert not stray.exists()


def test_published_data_are_the_protected_tables_and_nothing_else(made: Made) -> None:
    project, _ = made
    folder = project.build / "data"
    tables = {path.stem for path in project.protected.glob("*.parquet")}
    found = {path.name for path in folder.iterdir()}
    assert found == {f"{t}.{k}" for t in tables for k in ("csv", "parquet")} | {
        "dictionary.csv",
        "datapackage.json",
        "csv-metadata.json",
        "catalogue.jsonld",
        "observatoire.xlsx",
        "sdmx",
        "README.txt",
    }
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    for resource in package["resources"]:
        assert resource["hash"] == f"sha256:{sha256_of(folder / resource['path'])}"
        if resource["format"] == "csv":
            assert not any("token" in field["name"] for field in resource["schema"]["fields"])
            header = (folder / resource["path"]).read_text(encoding="utf-8").split("\n", 1)[0].split(",")
            assert header == [field["name"] for field in resource["schema"]["fields"]]
    assert {source["origin"] for source in package["sources"]} >= {"observed"}


def test_every_published_column_is_in_the_dictionary(made: Made) -> None:
    project, _ = made
    with (project.build / "data/dictionary.csv").open(encoding="utf-8") as stream:
        undefined = [row["column"] for row in csv.DictReader(stream) if not row["meaning_fr"]]
    assert undefined == []


def test_observed_only_says_why_instead_of_drawing(tmp_path: Path) -> None:
    project, settings = made_up(tmp_path, observed_only=True)
    shelf = Shelf(project, settings)
    for name in ("mob-target", "app-count", "sch-register", "lll-fc"):
        picture = figures(shelf)[name](shelf)
        assert isinstance(picture, Absent), name
        assert picture.reason
    flat = completed(variables(shelf), shelf, asked((project.reports / "fr/_chapters").glob("*.md")))
    assert "non mesuré" in flat["phrase.mob.out.midi-pyrenees"]
    assert flat["report.simulated"] == ""
    assert not any("simulé" in text for key, text in flat.items() if not key.startswith("phrase."))


def test_an_early_edition_still_fills_every_key(tmp_path: Path) -> None:
    project, _ = made_up(tmp_path, edition=2012)
    for path in project.protected.glob("*.parquet"):
        frame = pl.read_parquet(path)
        (frame.filter(pl.col("year") <= 2012) if "year" in frame.columns else frame).write_parquet(path)
    shelf = Shelf(project, Settings(edition=2012))
    keys = asked([*(project.reports / "fr").glob("*.qmd"), *(project.reports / "fr/_chapters").glob("*.md")])
    assert set(keys) <= set(completed(variables(shelf), shelf, keys)) | {key for key in keys if "$" in key}
    assert all(pictures(shelf).values())


def test_a_page_that_asks_for_the_unknown_is_refused(tmp_path: Path) -> None:
    project, settings = made_up(tmp_path)
    page = project.reports / "fr/_chapters/index.md"
    page.write_text(page.read_text(encoding="utf-8") + "\n{{< var mob.outt.midi-pyrenees.last >}}\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"_chapters/index\.md, row \d+:.*mob\.outt\.midi-pyrenees\.last"):
        publish_undrawn(project, settings)
    assert not (project.build / "data").exists()


def test_a_missing_template_is_one_line(tmp_path: Path) -> None:
    project, settings = made_up(tmp_path)
    (project.reports / "fr/_site.qmd").unlink()
    with pytest.raises(BadInput, match=r"reports/fr/_site\.qmd: The template of the sheets is missing"):
        publish_undrawn(project, settings)


def test_variables_are_texts_in_the_language(made: Made) -> None:
    project, settings = made
    tree = yaml.safe_load((project.reports / "fr/_variables.yml").read_text(encoding="utf-8"))
    assert tree["mob"]["out"]["midi-pyrenees"]["last"].endswith("(simulé)")
    assert tree["seed"]["students"] == "plus de 8\u202f000"
    assert set(tree["report"]) == {"edition", "simulated", "cite", "licence", "publisher"}
    flat = variables(Shelf(project, settings))
    assert all(isinstance(text, str) for text in flat.values())
    with pytest.raises(ValueError, match="already a value"):
        nested({"a.b": "1", "a.b.c": "2"})


def test_english_is_english(tmp_path: Path) -> None:
    project, settings = made_up(tmp_path, lang="en")
    shelf = Shelf(project, settings)
    for picture in pictures(shelf).values():
        if isinstance(picture, Picture):
            for text in (picture.title, picture.subtitle, picture.caption, picture.alt):
                assert not re.search(r"simulé|Étudiants|Ruptures|Périmètre|\u202f", text), text
    flat = variables(shelf)
    assert flat["mob.out.midi-pyrenees.last"].endswith("(simulated)")


def test_sheets_come_from_one_template(made: Made) -> None:
    project, _ = made
    reports = project.reports / "fr"
    assert len(list((reports / "sites").glob("*.qmd"))) == 8
    assert len(list((reports / "fields").glob("*.qmd"))) == 6
    for page in [*(reports / "sites").glob("*.qmd"), *(reports / "fields").glob("*.qmd")]:
        include = re.search(r"include /(_generated/chapter-[a-z-]+\.md)", page.read_text(encoding="utf-8"))
        assert include
        assert "$" not in (reports / include.group(1)).read_text(encoding="utf-8")


def test_publishing_reads_protected_tables_only() -> None:
    """No module of the public side names an internal table, or a reader other than the protected one."""
    package = Path(__file__).resolve().parent.parent / "pipelines/publish"
    for module in package.rglob("*.py"):
        text = module.read_text(encoding="utf-8")
        assert not re.search(r"\b(stg|mart|ind|tgt)_[a-z]+__|read_table|ind_values|tgt_states", text), module.name


def test_a_contour_is_drawn_when_there_is_one(tmp_path: Path) -> None:
    project, settings = made_up(tmp_path)
    ring = [[0.0, 43.0], [1.0, 43.0], [1.0, 44.0], [0.0, 44.0], [0.0, 43.0]]
    pl.DataFrame(
        {
            "departement_code": ["31"],
            "departement_label": ["Haute-Garonne"],
            "origin": ["observed"],
            "flag": ["A"],
            "geometry_geojson": [json.dumps({"type": "Polygon", "coordinates": [ring]})],
        }
    ).write_parquet(project.protected / "pub_departement_contours.parquet")
    shelf = Shelf(project, settings)
    picture = figures(shelf)["map-sites"](shelf)
    assert isinstance(picture, Picture)
    assert picture.options["contours"]
    shutil.rmtree(project.build, ignore_errors=True)
