"""The pages in a real browser: readable by all, quiet, light, quick, and usable with the keyboard alone.

Each thing that is looked for is also planted, and found.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.kernel.project import Project
from pipelines.render import run
from pipelines.render.search import INDEX, search_index, sections_of
from tests import browser
from tests.browser import Watched, findings, findings_of_site, pages_of, watching
from tests.screen_site import SETTINGS, made_up_site, tools_site

pytestmark = pytest.mark.slow
ALL_WIDTHS = (1280, 320)


@pytest.fixture(scope="module")
def tab() -> Iterator[Watched]:
    with watching() as watched:
        yield watched


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tools_site(tmp_path_factory.mktemp("screen") / "project")


# What every page holds ----------------------------------------------------------------------------------------------


def test_every_construct_is_in_order_at_every_width(tab: Watched, site: Path) -> None:
    assert findings_of_site(tab, site, axe_at=ALL_WIDTHS) == []


def test_every_kind_of_page_of_the_report_is_in_order(tab: Watched, tmp_path: Path) -> None:
    made = made_up_site(tmp_path)
    assert len(pages_of(made)) > 20
    assert findings_of_site(tab, made) == []


FAULTS: dict[str, tuple[str, str]] = {
    "the network": ('<img alt="x" src="https://example.org/x.png">', "asks the network for https://example.org/x.png"),
    "the console": ("<script>console.error('broken')</script>", "console: broken"),
    "an exception": ("<script>throw new Error('thrown')</script>", "console: thrown"),
    "a picture without words": ('<img src="_generated/fig-paire.svg">', "axe image-alt (critical)"),
    "a pale text": ('<p style="color:#aaa">pale</p>', "axe color-contrast (serious)"),
    "a ground that swallows its text": (
        f'<div style="background:#777">{"<p>dark on dark</p>" * 50}</div>',
        "axe color-contrast (serious)",
    ),
    "one pale cell of hundreds": (
        f'<table><caption>x</caption><tr><th scope="col">N</th></tr>{"<tr><td>onze</td></tr>" * 9}'
        f'<tr><td style="color:#aaa">douze</td></tr>{"<tr><td>treize</td></tr>" * 300}</table>',
        "axe color-contrast (serious)",
    ),
    "a wide block": ('<div style="width:700px;height:1px"></div>', "wider than 390 px"),
    "a wide figure": (
        '<figure id="fig-wide"><img alt="x" src="heavy.svg" style="width:500px;max-width:none"></figure>',
        "a figure scrolls sideways at 390 px: fig-wide",
    ),
    "a heavy file": ('<img alt="x" src="heavy.svg">', "weighs "),
    "a slow script": ("<script>const end = Date.now() + 1200; while (Date.now() < end);</script>", "can be used after"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(tab: Watched, site: Path, tmp_path: Path, fault: str) -> None:
    planted, said = FAULTS[fault]
    copy = tmp_path / "site"
    shutil.copytree(site, copy)
    (copy / "heavy.svg").write_text(f'<svg xmlns="http://www.w3.org/2000/svg"><!--{"x" * 1_000_000}--></svg>')
    page = copy / "index.html"
    page.write_text(page.read_text(encoding="utf-8").replace("</main>", f"{planted}</main>"), encoding="utf-8")
    assert any(said in line for line in findings(tab, page, "index.html"))


def test_without_a_browser_it_is_said_and_where_it_is_required_it_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser.shutil, "which", lambda _: None)
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("OBSERVATOIRE_BROWSER", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no browser on PATH"):
        browser.chromium()
    monkeypatch.setenv("OBSERVATOIRE_BROWSER", "required")
    with pytest.raises(pytest.fail.Exception, match="no browser on PATH"):
        browser.chromium()


# The keyboard -------------------------------------------------------------------------------------------------------

FOCUSED = """() => {
  const item = document.activeElement, style = getComputedStyle(item), box = item.getBoundingClientRect()
  return {tag: item.tagName, text: item.textContent.slice(0, 40),
    ring: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
    seen: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth}
}"""


def unmarked_stops(tab: Watched) -> list[str]:
    """Walk through the whole page with Tab and return the stops that cannot be seen; fails on a trap."""
    bad, stops = [], 0
    while stops < 150:
        tab.page.keyboard.press("Tab")
        stop = tab.evaluate(FOCUSED)
        if stop["tag"] == "BODY":
            break
        stops += 1
        if not stop["ring"] or not stop["seen"]:
            bad.append(f"{stop['tag']} {stop['text']}")
    assert 20 < stops < 150, "the walk does not end"
    return bad


def test_every_stop_of_the_keyboard_is_seen(tab: Watched, site: Path) -> None:
    for width in ALL_WIDTHS:
        tab.open(site / "outils.html", width)
        assert unmarked_stops(tab) == []


def test_a_stop_without_a_ring_is_found(tab: Watched, site: Path) -> None:
    tab.open(site / "outils.html").add_style_tag(content=".sort-button { outline: none !important }")
    assert any(stop.startswith("BUTTON") for stop in unmarked_stops(tab))


def test_the_first_stop_skips_to_the_content(tab: Watched, site: Path) -> None:
    page = tab.open(site / "index.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip-link"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")


def test_a_wide_table_scrolls_in_its_own_frame(tab: Watched, site: Path) -> None:
    page = tab.open(site / "cibles.html", 390)
    frame = page.locator("#tbl-large .table-scroll")
    frame.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.querySelector('#tbl-large .table-scroll').scrollLeft > 0")
    assert page.get_by_role("region", name=re.compile("Quarante engagements")).count() == 1
    assert page.evaluate("scrollX") == 0


# Search -------------------------------------------------------------------------------------------------------------


def test_a_list_of_hundreds_of_rows_scrolls_in_its_frame_and_is_printed_whole(
    tab: Watched, site: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "site"
    shutil.copytree(site, copy)
    page = copy / "index.html"
    rows = "".join(f"<tr><td>{number}</td></tr>" for number in range(101))
    head = '<caption>Long</caption><thead><tr><th scope="col">N</th></tr></thead>'
    long = f'<div class="table-scroll" id="long"><table>{head}<tbody>{rows}</tbody></table></div>'
    page.write_text(page.read_text(encoding="utf-8").replace("</main>", f"{long}</main>"), encoding="utf-8")
    assert findings(tab, page, "index.html") == []
    frame = tab.open(page).locator("#long")
    assert frame.get_attribute("tabindex") == "0"
    assert frame.evaluate("frame => [frame.clientHeight <= 704, frame.scrollHeight > 1500]") == [True, True]
    tab.page.emulate_media(media="print")
    assert frame.evaluate("frame => frame.clientHeight > 1000")
    tab.page.emulate_media(media="screen")


def asked(tab: Watched, page: Path, query: str) -> list[str]:
    """Type a query in the box of a page and return the headings of the results."""
    tab.open(page)
    box = tab.page.get_by_role("searchbox").first
    box.focus()
    tab.page.wait_for_selector(".site-search[data-ready]")
    box.fill(query)
    return tab.page.locator(".search-heading").all_inner_texts()


def status(tab: Watched) -> str:
    return tab.page.locator(".search-status").inner_text()


def test_search_finds_words_without_accents_from_a_folder_below(tab: Watched, site: Path) -> None:
    assert asked(tab, site / "sites" / "tarbes.html", "eleves OEUVRE") == ["Ce qui a changé"]
    assert status(tab) == "1 passage"
    tab.page.keyboard.press("ArrowDown")
    assert tab.evaluate("document.activeElement.closest('.search-results') !== null")
    tab.page.keyboard.press("Enter")
    tab.page.wait_for_url("**/outils.html#sec-change")
    assert tab.outside == []


def test_search_ranks_headings_first_and_takes_plurals(tab: Watched, site: Path) -> None:
    assert asked(tab, site / "index.html", "registres")[0] == "Le registre"
    assert asked(tab, site / "index.html", "doubler la mobilité")[0] == "Doubler la mobilité"
    assert asked(tab, site / "index.html", "zzz") == []
    assert status(tab) == "Aucun passage ne contient tous ces mots."


def test_escape_closes_the_results_then_empties_the_box(tab: Watched, site: Path) -> None:
    assert asked(tab, site / "index.html", "registre")
    page = tab.page
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    assert page.locator(".search-panel").is_hidden()
    assert page.evaluate("document.activeElement.type") == "search"
    page.keyboard.press("Escape")
    assert page.get_by_role("searchbox").first.input_value() == ""


def test_the_index_is_asked_for_only_when_it_is_needed_and_its_absence_is_said(
    tab: Watched, site: Path, tmp_path: Path
) -> None:
    shutil.copytree(site, tmp_path / "site")
    (tmp_path / "site" / INDEX).unlink()
    page = tab.open(tmp_path / "site" / "index.html")
    assert tab.errors == []
    page.get_by_role("searchbox").first.focus()
    page.wait_for_function("document.querySelector('.search-status').textContent.includes('L’index')")


def test_sections_are_read_as_each_engine_writes_them() -> None:
    embedded = (
        '<nav>menu</nav><main id="content"><h1>Titre</h1><details class="toc-narrow"><p>table</p></details>'
        '<p>Une <em>intro</em>.<br>Suite</p><h2 id="a">Le <b>A</b></h2><img alt="Une courbe" src="x.svg">'
        "<table><tr><td>Tarbes</td><td>1 234</td><td>12,5 %</td></tr></table>"
        '<h2 id="references">Références</h2><div id="refs" class="references">Livre</div></main><p>pied</p>'
    )
    found = [(section.anchor, section.heading, section.text) for section in sections_of(embedded)]
    assert found == [
        ("", "Titre", "Une intro. Suite"),
        ("a", "Le A", "Une courbe Tarbes"),
    ]
    quarto = (
        '<main><header><h1 class="title">T</h1></header><section id="s"><h2 data-anchor-id="s">S</h2>x</section></main>'
    )
    assert [(section.anchor, section.heading) for section in sections_of(quarto)] == [("", "T"), ("s", "S")]


def test_the_index_follows_the_pages_and_comes_back_when_it_is_gone(tmp_path: Path) -> None:
    site = tools_site(tmp_path / "project")
    project, index = Project(tmp_path / "project"), site / INDEX
    before = index.read_bytes()
    pages = {name: (site / name).read_text(encoding="utf-8") for name in ("index.html",)}
    assert search_index(pages) == search_index(dict(pages))
    prose = project.reports / "fr" / "_chapters" / "cibles.md"
    prose.write_text(prose.read_text(encoding="utf-8") + "\nUn mot : anacoluthe.\n", encoding="utf-8")
    run(project, SETTINGS)
    assert b"anacoluthe" in index.read_bytes()
    assert b"anacoluthe" not in before
    index.unlink()
    assert run(project, SETTINGS).made == ("assets",)
    assert b"anacoluthe" in index.read_bytes()


# Tables -------------------------------------------------------------------------------------------------------------


def column(tab: Watched, table: str, number: int = 1) -> list[str]:
    return tab.page.locator(f"#{table} tbody tr:visible > :nth-child({number})").all_inner_texts()


@pytest.mark.parametrize(
    ("head", "order"),
    [
        ("Site", "Auch Élan Figeac Tarbes Zone"),
        ("Effectif", "Zone Élan Tarbes Auch Figeac"),  # the missing one last
        ("Part", "Zone Élan Tarbes Figeac Auch"),
        ("Solde", "Auch Tarbes Figeac Zone Élan"),
        ("Début", "Figeac Auch Tarbes Zone Élan"),
        ("Note", "Élan Zone Figeac Tarbes Auch"),
    ],
)
def test_a_table_is_sorted_by_each_of_its_heads_and_comes_back(tab: Watched, site: Path, head: str, order: str) -> None:
    page = tab.open(site / "outils.html")
    own = column(tab, "tbl-sites")
    table = page.locator("#tbl-sites")
    table.get_by_role("button", name=head).focus()
    cell = table.get_by_role("columnheader", name=head)
    page.keyboard.press("Enter")
    assert column(tab, "tbl-sites") == order.split()
    assert cell.get_attribute("aria-sort") == "ascending"
    page.keyboard.press("Space")
    assert cell.get_attribute("aria-sort") == "descending"
    missing = {"Effectif": "Figeac", "Part": "Auch"}.get(head)
    assert column(tab, "tbl-sites")[-1] == (missing or order.split()[0])
    page.keyboard.press("Enter")
    assert cell.get_attribute("aria-sort") is None
    assert column(tab, "tbl-sites") == own


NUMBERS = {
    "12\u202f345,6\u202f%": 12345.6,
    "1 234": 1234,
    "−3,5 points": -3.5,
    "–7": -7,
    "987 (simulé, 2024)": 987,
    "+4": 4,
    "≈ 2\u00a0010": 2010,
    "2012-2014": 2012,
    "03/09/2024": 20240903,
}


def test_numbers_are_read_as_french_writes_them(tab: Watched, site: Path) -> None:
    tab.open(site / "outils.html")
    read = tab.page.evaluate("texts => texts.map(observatoire.numberOf)", list(NUMBERS))
    assert read == list(NUMBERS.values())
    assert tab.evaluate("['Tarbes', 'A1-01', '–'].every(text => Number.isNaN(observatoire.numberOf(text)))")


def test_the_register_is_filtered_by_column_and_by_word(tab: Watched, site: Path) -> None:
    page = tab.open(site / "outils.html")
    bar = page.get_by_role("group", name="Filtrer le tableau")
    count = bar.get_by_role("status")
    assert count.inner_text() == "4 lignes"
    owners = bar.get_by_label("Porteurs")
    assert owners.locator("option").all_inner_texts() == [
        "tous", "IUT", "PRES", "Rectorat", "Région (et État, pour moitié)",
    ]  # fmt: skip
    owners.select_option("IUT")
    assert column(tab, "tbl-registre") == ["A1", "A2", "A3"]
    bar.get_by_label("État").select_option("en cours")
    assert count.inner_text() == "2 lignes sur 4"
    bar.get_by_label("Contient").fill("mobilite")
    assert column(tab, "tbl-registre") == ["A2"]
    assert count.inner_text() == "1 ligne sur 4"
    bar.get_by_role("button", name="Tout montrer").click()
    assert column(tab, "tbl-registre") == ["A1", "A2", "A3", "A4"]


# The citation -------------------------------------------------------------------------------------------------------


def test_the_citation_opens_is_copied_and_closes_with_the_keyboard(tab: Watched, site: Path) -> None:
    page = tab.open(site / "outils.html")
    opener = page.get_by_role("button", name=re.compile("Citer.*Sites"))
    opener.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Citer ce contenu")
    assert dialog.is_visible()
    assert page.evaluate("document.activeElement.closest('dialog') !== null")
    assert dialog.get_by_label("Référence").input_value().startswith("Observatoire SRESR & IUT, rapport")
    bibtex = dialog.get_by_label("BibTeX", exact=True).input_value()
    assert bibtex.startswith("@misc{tbl-sites-2024,")
    assert "author = {{Observatoire SRESR \\& IUT}}" in bibtex
    assert "title = {Sites}" in bibtex
    assert "year = {2024}" in bibtex
    for _ in range(8):  # focus stays within
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('main') === null")
    dialog.get_by_role("button", name="Copier : BibTeX").click()
    page.wait_for_function("document.querySelector('.cite-status').textContent !== ''")
    assert page.locator(".cite-status").inner_text()[:5] in {"Copié", "Le te"}
    assert page.evaluate("getSelection().toString() || document.activeElement.value").startswith("@misc")
    page.keyboard.press("Escape")
    assert dialog.is_hidden()
    assert opener.evaluate("button => button === document.activeElement")
    assert browser.axe_findings(tab) == []


def test_the_open_dialog_has_no_grave_finding(tab: Watched, site: Path) -> None:
    page = tab.open(site / "outils.html", 320)
    page.get_by_role("button", name=re.compile("Citer.*Huit sites")).click()
    assert browser.axe_findings(tab) == []
    box = page.locator("dialog").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 320


# With less ----------------------------------------------------------------------------------------------------------


def test_without_scripts_everything_is_there_to_read(tab: Watched, site: Path) -> None:
    browser_of_tab = tab.page.context.browser
    assert browser_of_tab is not None
    context = browser_of_tab.new_context(java_script_enabled=False)
    try:
        page = context.new_page()
        page.goto((site / "outils.html").as_uri())
        text = page.locator("main").inner_text()
        for word in ("12 345", "Région (et État, pour moitié), IUT", "Huit sites.", "non renseignée"):
            assert word in text
        assert "Citer" not in text
        assert page.locator(".site-search, .sort-button, .filters").count() == 0
    finally:
        context.close()


def shown(tab: Watched, names: str) -> list[str]:
    """Return the classes of what is shown among the elements that `names` selects."""
    found: list[str] = tab.evaluate(
        f"[...document.querySelectorAll('{names}')].filter(item => item.checkVisibility()).map(item => item.className)"
    )
    return found


def test_on_paper_there_is_the_page_and_no_tool(tab: Watched, site: Path) -> None:
    page = tab.open(site / "outils.html")
    page.emulate_media(media="print")
    try:
        tools = "nav, .site-search, .filters, .figure-tools, .table-tools, .sort-mark, .skip-link, .pdf-link"
        assert shown(tab, tools) == []
        assert page.evaluate("getComputedStyle(document.querySelector('thead')).display") == "table-header-group"
        buttons = "[...document.querySelectorAll('.sort-button')].map(item => getComputedStyle(item).display)"
        assert set(page.evaluate(buttons)) == {"contents"}  # a head that holds a button is not repeated
        assert page.evaluate("getComputedStyle(document.querySelector('figure:has(img)')).breakInside") == "avoid"
        tab.page.goto((site / "index.html").as_uri())
        link, ink = page.evaluate(
            "[document.querySelector('main p a'), document.querySelector('main p a').parentElement]"
            ".map(item => getComputedStyle(item)).map(style => style.color + style.textDecorationLine)"
        )
        assert ink == link
    finally:
        page.emulate_media(media="screen")


def test_the_tools_speak_english_on_english_pages(tab: Watched, tmp_path: Path) -> None:
    site = tools_site(tmp_path / "project", lang="en")
    tab.open(site / "index.html")
    assert tab.page.get_by_role("searchbox", name="Search the report").count() == 1
    assert tab.evaluate("['1,234.5 %', '−2.5', '1,000,000'].map(observatoire.numberOf)") == [1234.5, -2.5, 1e6]
    assert asked(tab, site / "sites" / "tarbes.html", "mobilite")
    assert re.fullmatch(r"\d+ passages?(, the first 30 are shown)?", status(tab))
