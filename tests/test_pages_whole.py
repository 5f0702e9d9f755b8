"""Pages against what publish makes: every include, variable, reference and citation leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from pipelines.publish.figures import figures
from pipelines.publish.pages import absent_markdown, figure_markdown
from pipelines.publish.picture import Absent
from pipelines.publish.sheets import sheets
from pipelines.publish.shelf import Shelf
from pipelines.publish.tables import tables
from pipelines.publish.tiles import tiles
from tests.publish_project import made_up, publish_undrawn

HOUSE = "Observatoire SRESR des IUT de Midi-Pyrénées"


@pytest.fixture(scope="module", params=["fr", "en"])
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report folder of one language with everything that publish makes, drawings left out: they take the time."""
    project, settings = made_up(tmp_path_factory.mktemp(request.param), lang=request.param)
    publish_undrawn(project, settings)
    return project.reports / request.param


def texts(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in [*folder.rglob("*.qmd"), *folder.rglob("*.md")]
        if not path.name.startswith(("_site", "_field"))
    }


def test_every_include_exists(written: Path) -> None:
    for name, text in texts(written).items():
        for target in re.findall(r"\{\{< include /(\S+) >\}\}", text):
            assert (written / target).is_file(), f"{name}: {target}"


def test_every_variable_exists(written: Path) -> None:
    tree = yaml.safe_load((written / "_variables.yml").read_text(encoding="utf-8"))
    for name, text in texts(written).items():
        for key in re.findall(r"\{\{< var (\S+) >\}\}", text):
            branch = tree
            for part in key.split("."):
                assert isinstance(branch, dict), f"{name}: {key}"
                assert part in branch, f"{name}: {key}"
                branch = branch[part]
            assert isinstance(branch, str)


def test_every_reference_and_citation_leads_somewhere(written: Path) -> None:
    bibliography = set(
        re.findall(
            r"^@\w+\{([\w-]+),", (written / "_generated/references.bib").read_text(encoding="utf-8"), re.MULTILINE
        )
    )
    identifiers = {name for text in texts(written).values() for name in re.findall(r"\{#([\w-]+)", text)}
    for name, text in texts(written).items():
        text = re.sub(r"```.*?```|`[^`]*`", "", text, flags=re.DOTALL)
        for key in re.findall(r"(?<![\w.])@([A-Za-z][\w-]*)", re.sub(r"fig-alt=\"[^\"]*\"", "", text)):
            assert key in bibliography | identifiers, f"{name}: @{key}"


def test_every_link_to_a_page_or_a_file_exists(written: Path) -> None:
    data = {path.name for path in (written.parent.parent / "build/data").iterdir()}
    for name, text in texts(written).items():
        for target in re.findall(r"\]\(/([^)#]+)(?:#[^)]*)?\)", text):
            if target.startswith("data/"):
                assert target.removeprefix("data/") in data, f"{name}: {target}"
            else:
                assert (written / target).exists(), f"{name}: {target}"


def test_every_figure_and_table_made_is_shown(written: Path) -> None:
    included = {name for text in texts(written).values() for name in re.findall(r"include /_generated/(\S+)", text)}
    made = {path.name for path in (written / "_generated").glob("*.md")}
    assert made == included


def without_data(folder: Path) -> list[str]:
    """Return the figures that pages show without their data beside them, or without a link to it."""
    missing = []
    for name, text in texts(folder).items():
        for figure in re.findall(r"\]\(/_generated/(fig-[\w-]+)\.svg\)\{#", text):
            linked = f"(/_generated/{figure}.csv)" in text
            if not linked or not (folder / "_generated" / f"{figure}.csv").is_file():
                missing.append(f"{name}: {figure}")
    return missing


def test_no_figure_stands_without_its_data(written: Path) -> None:
    assert without_data(written) == []
    page = written / "_chapters/index.md"
    before = page.read_text(encoding="utf-8")
    page.write_text(f'{before}\n![Titre](/_generated/fig-bare.svg){{#fig-bare fig-alt="x"}}\n', encoding="utf-8")
    data = written / "_generated/fig-mob-target.csv"
    held = data.read_bytes()
    data.unlink()
    try:
        assert without_data(written) == ["_chapters/index.md: fig-bare", "_generated/fig-mob-target.md: fig-mob-target"]
    finally:
        page.write_text(before, encoding="utf-8")
        data.write_bytes(held)


def test_alternative_texts_tell_the_finding(tmp_path: Path) -> None:
    project, settings = made_up(tmp_path)
    shelf = Shelf(project, settings)
    for maker in figures(shelf).values():
        picture = maker(shelf)
        if isinstance(picture, Absent):
            assert picture.reason in absent_markdown(picture)
        else:
            alt = re.search(r'fig-alt="([^"]*)"', figure_markdown(picture, "2024", HOUSE))
            assert alt
            assert len(alt.group(1)) > 60
    assert tiles(shelf).count("{.kpi}") == 6
    assert all(table.markdown().count("{#tbl-") == 1 for table in tables(shelf))
    assert len(sheets(shelf)) == 28
