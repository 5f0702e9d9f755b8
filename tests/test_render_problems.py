"""What an author gets wrong is told with the file and the line, and the last good site stays."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.kernel.problems import BadInput, CheckFailed
from pipelines.kernel.project import Project, Settings
from pipelines.render import run
from pipelines.render.quarto import complaints

FIXTURE = Path(__file__).parent / "fixtures" / "render"
SETTINGS = Settings(edition=2024)
CHAPTER = "reports/fr/_chapters/cibles.md"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    monkeypatch.setattr("pipelines.render.quarto.quarto_binary", lambda: None)
    shutil.copytree(FIXTURE, tmp_path / "project")
    return Project(tmp_path / "project")


def lines_of(project: Project) -> list[str]:
    with pytest.raises(BadInput) as caught:
        run(project, SETTINGS)
    return str(caught.value).splitlines()


def add(project: Project, text: str, file: str = CHAPTER) -> int:
    """Append `text` to a file; return the line where it begins."""
    path = project.root / file
    before = path.read_text(encoding="utf-8")
    path.write_text(before + "\n" + text + "\n", encoding="utf-8")
    return len(before.splitlines()) + 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{< var mob.out.nowhere.last >}}", 'No variable has this key (found "mob.out.nowhere.last")'),
        ("{{< var mob.out >}}", 'No variable has this key (found "mob.out")'),
        ("{{< meta author >}}", 'No metadata has this key (found "author")'),
        ("{{< video x.mp4 >}}", 'No such shortcode (found "video")'),
        ("{{< include /_generated/none.md >}}", 'The included file does not exist (found "/_generated/none.md")'),
        ("Voir {{< include /_generated/tbl-effectifs.md >}}", "An include must stand alone on its line"),
        ("{{< include /_chapters/cibles.md >}}", "The file includes itself"),
        ("Voir @fig-nulle.", 'The reference leads nowhere (found "fig-nulle")'),
        ("Voir [@tbl-nulle].", 'The reference leads nowhere (found "tbl-nulle")'),
        ("Selon [@inconnu].", 'No source has this key (found "inconnu")'),
        ("::: {.panel-tabset}\n## A\n:::", "Panel tabsets are not used"),
        ("![x](https://example.org/x.png){fig-alt=x}", "An image comes from the network"),
        ("![Sans texte](/_generated/fig-paire.svg){#fig-sans}", "The figure has no alternative text"),
        ("## Encore {#sec-doubler}", 'Two things carry this identifier (found "sec-doubler")'),
        ("#### Trop bas", 'The heading is not at its level (found "Trop bas")'),
        ("# Trop haut", 'The heading is not at its level (found "Trop haut")'),
        ("[là](/nulle.qmd)", 'The address leads nowhere (found "nulle.html")'),
        ("[là](/index.qmd#sec-nulle)", 'The address leads nowhere (found "index.html#sec-nulle")'),
        ("![Absente](/_generated/fig-nulle.svg){#fig-nulle fig-alt=x}", "The figure's file does not exist"),
        ('```{=html}\n<img src="https://example.org/x.png" alt="x">\n```', "loads this from the network"),
    ],
)
def test_one_line_says_where_what_and_what_to_do(project: Project, text: str, said: str) -> None:
    row = add(project, text)
    told = lines_of(project)
    assert len(told) == 1
    assert told[0].startswith(f"{CHAPTER}, row {row + ('<img' in text)}: ")
    assert said in told[0]
    assert not (project.build / "site").exists()


def test_a_key_of_the_front_matter_that_nothing_reads_is_told_with_its_line(project: Project) -> None:
    page = project.reports / "fr" / "cibles.qmd"
    page.write_text(page.read_text(encoding="utf-8").replace("title:", "toc: false\ndescripton: x\ntitle:", 1))
    [line] = lines_of(project)
    assert line.startswith("reports/fr/cibles.qmd, row 3: Nothing reads this key of the front matter")
    assert "The closest is description." in line


def test_a_key_that_the_page_shows_is_read(project: Project) -> None:
    page = project.reports / "fr" / "cibles.qmd"
    page.write_text(page.read_text(encoding="utf-8").replace("title:", "status: provisoire\ntitle:", 1))
    add(project, "{{< meta status >}}", "reports/fr/cibles.qmd")
    run(project, SETTINGS)
    assert (project.build / "site" / "cibles.html").exists()


def test_problems_of_all_pages_are_told_together(project: Project) -> None:
    add(project, "@fig-nulle")
    add(project, "[@inconnu]", "reports/fr/_chapters/index.md")
    told = lines_of(project)
    assert [line.split(",")[0] for line in told] == ["reports/fr/_chapters/index.md", CHAPTER]


def test_shortcodes_and_tabsets_shown_as_code_are_no_problem(project: Project) -> None:
    add(project, "```\n::: {.panel-tabset}\n{{{< var nothing >}}}\n```")
    run(project, SETTINGS)
    pages = [page.read_text(encoding="utf-8") for page in (project.build / "site").rglob("*.html")]
    assert any("panel-tabset" in page and "var nothing" in page for page in pages)


def test_the_menu_names_a_page_that_is_not_there(project: Project) -> None:
    (project.reports / "fr" / "cibles.qmd").unlink()
    told = lines_of(project)
    assert told[0].startswith("reports/fr/_quarto.yml, row 9: The menu names a page that does not exist")


@pytest.mark.parametrize("name", ["_quarto.yml", "_variables.yml", "rapport.qmd", "_generated/references.bib"])
def test_a_file_the_report_cannot_do_without(project: Project, name: str) -> None:
    (project.reports / "fr" / name).unlink()
    assert lines_of(project)[0].startswith(f"reports/fr/{name}: ")


def test_a_page_without_a_title_and_one_whose_front_matter_is_broken(project: Project) -> None:
    (project.reports / "fr" / "cibles.qmd").write_text("Rien.\n", encoding="utf-8")
    (project.reports / "fr" / "index.qmd").write_text('---\ntitle: "a\nb: [\n---\n', encoding="utf-8")
    told = lines_of(project)
    assert told[0].startswith("reports/fr/index.qmd, row ")
    assert "no valid YAML" in told[0]
    assert told[1].startswith("reports/fr/cibles.qmd, row 1: The page has no title")


def test_a_page_that_is_not_utf8(project: Project) -> None:
    (project.reports / "fr" / "cibles.qmd").write_bytes("---\ntitle: été\n---\n".encode("latin-1"))
    assert lines_of(project) == ["reports/fr/cibles.qmd: The file is not UTF-8. Save it again with the encoding UTF-8."]


def test_the_frame_asks_for_its_texts(project: Project) -> None:
    path = project.reports / "fr" / "_variables.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("  licence:", "  license:"), encoding="utf-8")
    assert lines_of(project)[0].startswith("reports/fr/_variables.yml: The key report.licence is missing")


def test_the_last_good_site_stays_and_nothing_is_left_behind(project: Project) -> None:
    run(project, SETTINGS)
    before = {path: path.read_bytes() for path in project.build.rglob("*") if path.is_file()}
    add(project, "@fig-nulle")
    lines_of(project)
    assert {path: path.read_bytes() for path in project.build.rglob("*") if path.is_file()} == before


def quarto_that(tmp_path: Path, body: str) -> Path:
    """A stand-in for Quarto: a script that gets `render FOLDER` and does `body` in that folder."""
    path = tmp_path / "bin" / "quarto"
    path.parent.mkdir()
    path.write_text(f'#!/bin/sh\ncd "$2" || exit 9\n{body}\n', encoding="utf-8")
    path.chmod(0o755)
    return path


def test_quarto_renders_when_it_is_there(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work = (
        "test -f _theme/theme.css && test -f _theme/shared.lua && test -f data/pub_values.csv || exit 3\n"
        "mkdir -p _site/sites; for p in index cibles sites/tarbes; do echo by-quarto > _site/$p.html; done\n"
        "echo pdf > _site/rapport.pdf"
    )
    binary = quarto_that(tmp_path, work)
    monkeypatch.setattr("pipelines.render.quarto.quarto_binary", lambda: binary)
    assert run(project, SETTINGS).made == ("quarto",)
    assert (project.build / "site" / "sites" / "tarbes.html").read_text(encoding="utf-8") == "by-quarto\n"
    assert (project.build / "observatoire-2024.pdf").read_text(encoding="utf-8") == "pdf\n"
    assert run(project, SETTINGS).kept == ("quarto",)
    monkeypatch.setattr("pipelines.render.quarto.quarto_binary", lambda: None)
    assert "index.qmd" in run(project, SETTINGS).made


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("mkdir _site; echo x > _site/rapport.pdf; echo 'WARNING: Unable to resolve crossref @fig-x' >&2", "@fig-x"),
        ("mkdir _site; echo x > _site/rapport.pdf; echo '[WARNING] Citeproc: citation abc not found'", "citation abc"),
        ("mkdir _site", "made no rapport.pdf"),
        ("echo broken >&2; exit 1", "broken"),
    ],
)
def test_what_quarto_only_warns_of_fails(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, said: str
) -> None:
    binary = quarto_that(tmp_path, body)
    monkeypatch.setattr("pipelines.render.quarto.quarto_binary", lambda: binary)
    with pytest.raises(CheckFailed, match=said):
        run(project, SETTINGS)
    assert not (project.build / "site").exists()


def test_colours_in_the_log_hide_nothing() -> None:
    log = "\x1b[33mWARN: Unable to resolve link target\x1b[39m: x.qmd\nOutput created: _site/index.html\n"
    assert complaints(log) == ["WARN: Unable to resolve link target: x.qmd"]
