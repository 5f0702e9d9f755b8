"""One page alone, as PDF and as DOCX: what the report's page holds, its mention of simulated data, how to cite it."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pikepdf
import pytest
from click.testing import CliRunner

from pipelines.cli import observatoire
from pipelines.completion import values
from pipelines.kernel.problems import BadInput
from pipelines.kernel.project import Project
from pipelines.render.export import export_page
from tests.observatory import ROOT
from tests.paper import bookmarks, faults
from tests.publish_project import made_up, publish_undrawn

FIXTURE = Path(__file__).parent / "fixtures" / "render"
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
WP = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The made-up project after `publish`, all drawings the same small one."""
    project, settings = made_up(tmp_path_factory.mktemp("export"))
    publish_undrawn(project, settings)
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(ROOT / name, project.root)
    return project


@pytest.fixture
def small(tmp_path: Path) -> Project:
    """The small report that the tests of the renderer start from."""
    return Project(shutil.copytree(FIXTURE, tmp_path / "small"))


def document(path: Path) -> ElementTree.Element:
    """Return what is written in a DOCX, once it opened."""
    with zipfile.ZipFile(path) as file:
        assert file.testzip() is None
        return ElementTree.fromstring(file.read("word/document.xml"))


def paragraphs(tree: ElementTree.Element) -> list[tuple[str, str]]:
    """Return style and text of every paragraph, spaces made plain."""
    found = []
    for paragraph in tree.iter(f"{W}p"):
        style = paragraph.find(f"{W}pPr/{W}pStyle")
        text = re.sub(r"\s", " ", "".join(part.text or "" for part in paragraph.iter(f"{W}t")))
        found.append(("" if style is None else style.attrib[f"{W}val"], text))
    return found


def test_a_sheet_alone_can_be_read_aloud_and_keeps_its_mentions(published: Project, tmp_path: Path) -> None:
    path = export_page(published, "fr", "sites/tarbes", "pdf", tmp_path / "tarbes.pdf")
    assert path.read_bytes().startswith(b"%PDF")
    assert faults(path, "fr") == []
    with pikepdf.open(path) as pdf:
        found = [(depth, title.replace("\u00a0", " ")) for depth, title in bookmarks(pdf)]
        assert len(pdf.pages) < 5, "no cover, no contents"
    assert found[:2] == [(0, "Site : Tarbes"), (1, "1 Ce que l’on voit")]
    assert [title for depth, title in found if depth == 0] == ["Site : Tarbes"]


def test_a_sheet_in_pdf_begins_with_its_mention_and_ends_with_its_citation(
    published: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.render.export.report_pdf", lambda *given: given[1].encode("utf-8"))
    path = export_page(published, "fr", "sites/tarbes", "pdf", tmp_path / "tarbes.typ")
    source = re.sub(r"\s+", " ", path.read_text(encoding="utf-8"))
    assert re.search(r"#banner\[.{,200}sont simulés.*Ce que l’on voit.*Citer : Observatoire SRESR.*Licence :", source)


def test_a_sheet_as_docx_has_title_tables_words_for_pictures_and_mentions(published: Project, tmp_path: Path) -> None:
    tree = document(export_page(published, "fr", "sites/tarbes.qmd", "docx", tmp_path / "tarbes.docx"))
    found = paragraphs(tree)
    assert found[0] == ("Heading1", "Site : Tarbes")
    assert found[1][0] == "BlockText"
    assert "sont simulés" in found[1][1]
    captions = [text for style, text in found if style == "TableCaption"]
    assert len(captions) == len(list(tree.iter(f"{W}tbl"))) > 1
    assert captions[0].startswith("Tableau 1 : Tarbes")
    assert "Édition 2024" in [text for _, text in found]
    assert any(text.startswith("Citer : Observatoire SRESR") for _, text in found)
    pictures = [picture.attrib["descr"] for picture in tree.iter(f"{WP}docPr")]
    assert len(pictures) == 1
    assert pictures[0].startswith("Petites courbes")
    with zipfile.ZipFile(tmp_path / "tarbes.docx") as file:
        [drawn] = [file.read(name) for name in file.namelist() if name.startswith("word/media/")]
    assert drawn.startswith(b"\x89PNG")
    everything = " ".join(text for _, text in found)
    assert "Citer]" not in everything
    assert "(simulé)" in everything
    assert "Données (CSV)" not in everything, "files cannot be had from a document"


def test_a_chapter_is_exported_with_its_references(published: Project, tmp_path: Path) -> None:
    found = paragraphs(document(export_page(published, "fr", "objectif-6", "docx", tmp_path / "o.docx")))
    assert found[0] == ("Heading1", "Objectif 6 : mobilité internationale")
    assert ("Heading2", "Références") in found
    assert any("Figure 2" in text for style, text in found if style != "ImageCaption")


def test_what_a_page_names_and_another_holds_comes_at_its_end(published: Project, tmp_path: Path) -> None:
    found = paragraphs(document(export_page(published, "fr", "methodes", "docx", tmp_path / "m.docx")))
    captions = [text for style, text in found if style == "TableCaption"]
    assert captions[-1].endswith("Les drapeaux d’observation")
    assert any(f"expliqués au Tableau {len(captions)}" in text for _, text in found)


@pytest.mark.parametrize("form", ["pdf", "docx"])
def test_the_same_page_gives_the_same_bytes(small: Project, tmp_path: Path, form: str) -> None:
    elsewhere = Project(shutil.copytree(FIXTURE, tmp_path / "elsewhere"))
    first, second = (
        export_page(project, "fr", "index", form, tmp_path / f"{project.root.name}.{form}")
        for project in (small, elsewhere)
    )
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("form", ["pdf", "docx"])
def test_what_is_wrong_on_the_page_is_told_and_nothing_is_written(small: Project, tmp_path: Path, form: str) -> None:
    (small.reports / "fr" / "_generated" / "fig-effectifs.svg").unlink()
    out = tmp_path / f"index.{form}"
    with pytest.raises(BadInput, match=r"The figure's file does not exist \(found \"/_generated/fig-effectifs.svg\"\)"):
        export_page(small, "fr", "index", form, out)
    with (small.reports / "fr" / "_generated" / "chapter-site-tarbes.md").open("a", encoding="utf-8") as chapter:
        chapter.write("\nVoir @fig-nulle.\n")
    with pytest.raises(BadInput, match=r'The reference leads nowhere \(found "fig-nulle"\)'):
        export_page(small, "fr", "sites/tarbes", form, out)
    assert not out.exists()


def test_a_drawing_that_could_not_be_made_is_not_left_out_silently(
    small: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.render.export.draw_again", lambda *_: None)
    with pytest.raises(BadInput, match=r"A picture could not be read \(found \"_generated/fig-effectifs.png\"\)"):
        export_page(small, "fr", "index", "docx", tmp_path / "index.docx")


def test_without_simulated_data_nothing_says_so(small: Project, tmp_path: Path) -> None:
    variables = small.reports / "fr" / "_variables.yml"
    text = variables.read_text(encoding="utf-8")
    variables.write_text(re.sub(r'simulated: ".*"', 'simulated: ""', text), encoding="utf-8")
    found = paragraphs(document(export_page(small, "fr", "sites/tarbes", "docx", tmp_path / "t.docx")))
    assert [style for style, _ in found[:2]] == ["Heading1", "Heading2"]


def test_the_command_names_the_file_and_says_what_it_does_not_know(
    published: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OBSERVATOIRE_HOME", published.root.as_posix())
    monkeypatch.chdir(tmp_path)
    unknown = CliRunner().invoke(observatoire, ["export", "site/tarbe"])
    assert unknown.exit_code == 2
    assert len(unknown.stderr.splitlines()) == 1
    assert 'no such page (found "site/tarbe"). The closest names: sites/tarbes' in unknown.stderr
    foreign = CliRunner().invoke(observatoire, ["export", "cibles", "--lang", "en"])
    assert foreign.exit_code == 2
    assert len(foreign.stderr.splitlines()) == 1
    assert "Run `observatoire run --lang en`" in foreign.stderr
    assert list(tmp_path.iterdir()) == []
    done = CliRunner().invoke(observatoire, ["export", "fields/chimie", "--format", "docx"])
    assert done.output == "Wrote 2024-fields-chimie.docx.\n"
    assert [path.name for path in tmp_path.iterdir()] == ["2024-fields-chimie.docx"]
    asked = CliRunner().invoke(observatoire, ["export", "cibles", "--format", "docx", "--out", "c.docx", "--json"])
    assert json.loads(asked.stdout) == {"page": "cibles", "format": "docx", "files": ["c.docx"]}


def test_the_shell_completes_pages(published: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OBSERVATOIRE_HOME", published.root.as_posix())
    assert values("page", "sites/t") == ["sites/tarbes", "sites/toulouse"]
    assert {"rapport", "_site"}.isdisjoint(values("page", ""))
