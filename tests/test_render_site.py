"""The embedded renderer on a small report that uses every construct of the theme's README."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from pipelines.kernel.files import sha256_of
from pipelines.kernel.project import Project, Settings
from pipelines.kernel.report import StageReport
from pipelines.render import run
from pipelines.render.html import typeset
from pipelines.render.links import dead, local_targets, pointers, remote_resources

FIXTURE = Path(__file__).parent / "fixtures" / "render"
SETTINGS = Settings(edition=2024)
PAGES = ("index.html", "cibles.html", "sites/tarbes.html")
NARROW, WIDE = "\u202f", "\u00a0"


def small_report(folder: Path) -> Project:
    shutil.copytree(FIXTURE, folder)
    return Project(folder)


@pytest.fixture(autouse=True)
def without_quarto(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.render.quarto.quarto_binary", lambda: None)


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = small_report(tmp_path_factory.mktemp("report") / "project")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.render.quarto.quarto_binary", lambda: None)
        run(project, SETTINGS)
    return project


def page(project: Project, name: str) -> str:
    return (project.build / "site" / name).read_text(encoding="utf-8")


def test_every_page_of_the_plan_is_there_and_the_pdf_twice(rendered: Project) -> None:
    site = rendered.build / "site"
    assert all((site / name).is_file() for name in PAGES)
    assert (site / "rapport.pdf").read_bytes() == (rendered.build / "observatoire-2024.pdf").read_bytes()
    assert not (site / "rapport.html").exists()


def test_every_address_leads_somewhere_and_nothing_comes_from_the_network(rendered: Project) -> None:
    site = rendered.build / "site"
    found = {name: pointers(page(rendered, name)) for name in PAGES}
    files = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
    for name in PAGES:
        assert remote_resources(found[name]) == []
        assert [target for target in local_targets(name, found[name]) if dead(target, found, files)] == []
    styles = "".join(path.read_text(encoding="utf-8") for path in (site / "_theme").glob("*.css"))
    assert "http" not in styles
    assert "@import" not in styles
    assert "@font-face" not in styles


def test_files_that_pages_offer_are_in_the_site(rendered: Project) -> None:
    site = rendered.build / "site"
    assert (site / "data" / "pub_values.csv").read_bytes() == (rendered.build / "data" / "pub_values.csv").read_bytes()
    assert (site / "_generated" / "fig-effectifs.csv").is_file()
    assert not list(site.rglob("*.qmd"))


def test_figures_and_tables_are_numbered_and_referred_to(rendered: Project) -> None:
    text = page(rendered, "index.html")
    assert f'<a href="#fig-effectifs" class="reference">Figure{WIDE}1</a>' in text
    assert f'<a href="#tbl-effectifs" class="reference">Tableau{WIDE}1</a>' in text
    assert f'<a href="#sec-lecture">section{WIDE}«{NARROW}Comment lire{NARROW}»</a>' in text
    assert f'<span class="caption-label">Figure{WIDE}1{WIDE}: </span>Étudiants en DUT' in text
    targets = page(rendered, "cibles.html")
    assert f'<span class="caption-label">Figure{WIDE}3{WIDE}: </span>Légende dans la division.' in targets
    assert re.search(r'Renvois\s*: <a href="#fig-division" class="reference">3</a>', targets)


def test_every_picture_has_its_alternative_text(rendered: Project) -> None:
    pictures = re.findall(r"<img [^>]*>", page(rendered, "index.html") + page(rendered, "cibles.html"))
    assert len(pictures) == 4
    assert all(re.search(r'alt="[^"]+"', picture) for picture in pictures)
    assert not any("fig-alt" in picture for picture in pictures)
    assert 'alt="Une courbe &quot;qui&quot; descend"' in page(rendered, "cibles.html")


def test_variables_stand_in_prose_titles_and_the_frame(rendered: Project) -> None:
    assert "En 2019, 8 007 étudiants" in page(rendered, "index.html")
    assert '<h1 class="title">Cibles de 2024</h1>' in page(rendered, "cibles.html")
    assert f"elle porte la mention «{NARROW}simulé{NARROW}»" in page(rendered, "sites/tarbes.html")
    assert "Édition 2024" in page(rendered, "sites/tarbes.html")


def test_french_typography_is_in_text_and_not_in_code(rendered: Project) -> None:
    text = page(rendered, "index.html")
    assert f"étudiants{NARROW}; est-ce assez{NARROW}? Oui{WIDE}: 48{NARROW}% sont hors de Toulouse{NARROW}!" in text
    assert f"«{NARROW}bonjour{NARROW}»" in text
    assert f"«{NARROW}les guillemets{NARROW}»" in text
    assert "<code>x : y ; z</code>" in text
    assert "L’apostrophe" in text
    assert "8 sites" in text


def test_the_menu_spells_titles_as_their_pages_do() -> None:
    assert typeset("L'essentiel : «le chiffre» ?", "fr") == f"L’essentiel{WIDE}: «le chiffre»{NARROW}?"
    assert typeset("What's new: all", "en") == "What’s new: all"


def test_callouts_say_what_they_are(rendered: Project) -> None:
    text = page(rendered, "index.html")
    assert re.search(r'<aside class="callout callout-note"><p class="callout-title">\s*Note\s*</p>', text)
    assert re.search(r'<aside class="callout callout-warning"><p class="callout-title">\s*Rupture en 2021', text)
    assert re.search(r'<details class="callout callout-tip"><summary class="callout-title">\s*Pour aller plus', text)


def test_each_format_keeps_to_itself_and_escaped_shortcodes_are_shown(rendered: Project) -> None:
    text = page(rendered, "index.html")
    assert "Seulement à l’écran." in text
    assert "Seulement dans le PDF." not in text
    assert '<p class="source-note">Bloc HTML.</p>' in text
    assert "{{&lt; var x &gt;}}" in text


def test_citations_and_the_reference_list(rendered: Project) -> None:
    text = page(rendered, "index.html")
    assert '<h2 id="references">Références</h2>' in text
    assert 'id="ref-sise"' in text
    assert 'id="ref-cefdg"' not in text
    assert "Références" not in page(rendered, "cibles.html")


def test_a_page_can_be_read_with_the_keyboard_and_a_screen_reader(rendered: Project) -> None:
    for name in PAGES:
        text = page(rendered, name)
        assert '<html lang="fr">' in text
        assert '<a class="skip-link" href="#content">' in text
        assert text.count("<h1") == 1
        assert text.count('aria-current="page"') == 2  # once in each of the two menus, of which one is shown
        identifiers = re.findall(r'\sid="([^"]+)"', text)
        assert len(identifiers) == len(set(identifiers))
        scripts = re.findall(r"<script[^>]*>", text)
        assert scripts.count('<script type="application/ld+json">') == 1  # data, not code
        code = [script for script in scripts if "ld+json" not in script]
        assert code
        assert all(re.fullmatch(r'<script defer src="(\.\./)?_theme/\w+\.js">', script) for script in code)
    assert 'role="region" tabindex="0" aria-labelledby="tbl-effectifs-caption"' in page(rendered, "index.html")


def test_neighbours_follow_the_menu(rendered: Project) -> None:
    text = page(rendered, "cibles.html")
    assert re.search(r'rel="prev" href="index.html">.*L’essentiel', text)
    assert re.search(r'rel="next" href="sites/tarbes.html">.*Tarbes', text)


def test_the_same_report_gives_the_same_bytes(rendered: Project, tmp_path: Path) -> None:
    other = small_report(tmp_path / "elsewhere")
    run(other, SETTINGS)

    def hashes(project: Project) -> dict[str, str]:
        build = project.build
        return {p.relative_to(build).as_posix(): sha256_of(p) for p in sorted(build.rglob("*")) if p.is_file()}

    assert hashes(other) == hashes(rendered)


def test_only_what_changed_is_made_again(tmp_path: Path) -> None:
    project = small_report(tmp_path / "project")
    everything = run(project, SETTINGS)
    assert set(everything.made) == {"index.qmd", "cibles.qmd", "sites/tarbes.qmd", "observatoire-2024.pdf", "assets"}
    assert run(project, SETTINGS) == StageReport(kept=everything.made)

    prose = project.reports / "fr" / "_chapters" / "cibles.md"
    prose.write_text(prose.read_text(encoding="utf-8") + "\nUne phrase de plus.\n", encoding="utf-8")
    assert run(project, SETTINGS).made == ("cibles.qmd", "observatoire-2024.pdf")
    assert "Une phrase de plus." in page(project, "cibles.html")

    variables = project.reports / "fr" / "_variables.yml"
    variables.write_text(variables.read_text(encoding="utf-8").replace("8 007", "8 008"), encoding="utf-8")
    assert run(project, SETTINGS).made == ("index.qmd", "observatoire-2024.pdf")

    picture = project.reports / "fr" / "_generated" / "fig-paire.svg"
    picture.write_text(picture.read_text(encoding="utf-8").replace("1f77b4", "0b5394"), encoding="utf-8")
    assert run(project, SETTINGS).made == ("observatoire-2024.pdf", "assets")
    assert "0b5394" in (project.build / "site" / "_generated" / "fig-paire.svg").read_text(encoding="utf-8")


def test_a_page_taken_away_leaves_the_site_and_other_editions_stay(tmp_path: Path) -> None:
    project = small_report(tmp_path / "project")
    run(project, SETTINGS)
    run(project, Settings(edition=2023))
    folder = project.reports / "fr"
    (folder / "sites" / "tarbes.qmd").unlink()
    plan = (folder / "_quarto.yml").read_text(encoding="utf-8")
    section = "      - section: Fiches de site\n        contents:\n          - sites/tarbes.qmd\n"
    (folder / "_quarto.yml").write_text(plan.replace(section, ""), encoding="utf-8")
    prose = folder / "_chapters" / "index.md"
    prose.write_text(
        prose.read_text(encoding="utf-8").replace("(/sites/tarbes.qmd)", "(/cibles.qmd)"), encoding="utf-8"
    )
    run(project, SETTINGS)
    assert not (project.build / "site" / "sites").exists()
    assert (project.build / "observatoire-2023.pdf").is_file()


def test_the_english_report_speaks_english(tmp_path: Path) -> None:
    project = small_report(tmp_path / "project")
    folder = (project.reports / "fr").rename(project.reports / "en")
    plan = folder / "_quarto.yml"
    plan.write_text(plan.read_text(encoding="utf-8").replace("lang: fr", "lang: en"), encoding="utf-8")
    run(project, Settings(edition=2024, lang="en"))
    text = page(project, "index.html")
    assert '<html lang="en">' in text
    assert f">Table{WIDE}1</a>" in text
    assert f'<span class="caption-label">Figure{WIDE}1: </span>' in text
    assert "“bonjour”" in text
    assert "On this page" in text
    assert NARROW not in text.split("<main")[1].split("</main>")[0].replace("8 412", "")


def test_the_pdf_is_tagged_numbered_and_holds_the_text(rendered: Project) -> None:
    pdf = (rendered.build / "observatoire-2024.pdf").read_bytes()
    assert pdf.startswith(b"%PDF-")
    assert b"/StructTreeRoot" in pdf
    assert b"/Lang" in pdf
    assert len(pdf) > 20_000


def test_the_report_as_typst_is_what_a_reader_of_paper_needs() -> None:
    from pipelines.render.manuscript import read_manuscript
    from pipelines.render.pdf import pdf_job, report_typst

    manuscript = read_manuscript(Project(FIXTURE), "fr")
    job = pdf_job(manuscript.report, manuscript.plan, manuscript.frame, manuscript.bibliography, manuscript.brand)
    text = report_typst(manuscript.report, job)
    assert '#picture("/_generated/fig-effectifs.svg", "Courbe qui monte de 6 000 à 8 000 étudiants.")' in text
    assert "#ref(<fig-effectifs>);" in text
    assert "#link(<page-sites-tarbes>)[fiche de Tarbes]" in text
    assert "Seulement dans le PDF." in text
    assert "Seulement à l’écran." not in text
    assert "Bloc HTML" not in text
    assert "Données de la figure" not in text
    assert '#status("met-then-lost")[Atteinte puis perdue];' in text
    assert text.count("#kpi[") == 3
    assert "#heading(\n  level: 1,\n  numbering: none" in text or "numbering: none" in text
