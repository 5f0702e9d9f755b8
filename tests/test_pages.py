"""The pages as they are written: no number typed, nothing missing, the same plan in both languages."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
import yaml

REPORTS = Path(__file__).resolve().parent.parent / "reports"
ALLOWED = yaml.safe_load(Path(__file__).with_name("pages_allowed.yml").read_text(encoding="utf-8"))
LANGS = ("fr", "en")
OBJECTIVES = [f"objectif-{number}" for number in range(1, 7)]
PAGES = ["index", "cibles", "actions", *OBJECTIVES, "lire", "qualite", "methodes", "citer"]
PLAN = {
    "fr": ["Ce que l'on voit", "D'où cela vient", "Ce à quoi il faut prendre garde", "Les données"],
    "en": ["What one sees", "Where this comes from", "What to beware of", "The data"],
}


def typed_numbers(text: str) -> list[str]:
    """Return the numbers that a page types into its prose, allowed ones left out."""
    text = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL)
    text = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    for noise in (
        r"\{\{<.*?>\}\}",
        r"\{[#.][^}]*\}",
        r"\]\([^)]*\)",
        r"\[?@[\w-]+",
        r"`[^`]*`",
        r"\$\w+",
        *ALLOWED["patterns"],
    ):
        text = re.sub(noise, " ", text)
    found = re.findall(r"\d[\d\u202f\u00a0 .,]*", text)
    return [number.strip() for number in found if not re.fullmatch(r"(199\d|20[0-2]\d|203[0-5])[ .,]*", number)]


def sources(lang: str) -> list[Path]:
    folder = REPORTS / lang
    return [*sorted((folder / "_chapters").glob("*.md")), folder / "_site.qmd", folder / "_field.qmd"]


@cache
def pieces(lang: str, page: str) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Return a chapter's includes, variables, identifiers and citations, in order."""
    folder = REPORTS / lang
    path = folder / page if page.endswith(".qmd") else folder / "_chapters" / f"{page}.md"
    text = path.read_text(encoding="utf-8")
    return (
        tuple(re.findall(r"include /(\S+)", text)),
        tuple(re.findall(r"var (\S+)", text)),
        tuple(re.findall(r"\{#(\S+?)\}", text)),
        tuple(re.findall(r"@([\w-]+)", re.sub(r"```.*?```|`[^`]*`", "", text, flags=re.DOTALL))),
    )


@pytest.mark.parametrize(
    "path",
    [path for lang in LANGS for path in sources(lang)],
    ids=lambda path: f"{path.parent.parent.name}-{path.name}",
)
def test_no_number_is_typed(path: Path) -> None:
    assert typed_numbers(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "planted", ["Le site compte 5 363 étudiants.", "soit 10,4 % des inscrits", "une hausse de 12 %", "8 sites"]
)
def test_a_planted_number_is_found(planted: str) -> None:
    chapter = (REPORTS / "fr/_chapters/objectif-1.md").read_text(encoding="utf-8")
    assert typed_numbers(f"{chapter}\n{planted}\n")


@pytest.mark.parametrize(
    "free",
    [
        "la rentrée 2021",
        "à 18 mois",
        "un niveau bac+2",
        "{{< var a.b.2019 >}}",
        "`ENR/31/2012@2024`",
        "[a](/data/x1.csv)",
    ],
)
def test_what_is_no_typed_number_passes(free: str) -> None:
    assert typed_numbers(free) == []


@pytest.mark.parametrize("page", [*PAGES, "_site.qmd", "_field.qmd"])
def test_both_languages_have_the_same_pieces(page: str) -> None:
    french, english = pieces("fr", page), pieces("en", page)
    for mine, theirs in zip(french, english, strict=True):
        assert Counter(mine) == Counter(theirs)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("page", PAGES)
def test_front_matter(lang: str, page: str) -> None:
    text = (REPORTS / lang / f"{page}.qmd").read_text(encoding="utf-8")
    front = yaml.safe_load(text.split("---\n")[1])
    assert set(front) - {"toc"} == {"title", "description"}
    assert len(front["description"]) > 30
    assert f"include /_chapters/{page}.md" in text


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("page", [*OBJECTIVES, "cibles", "actions", "_site.qmd", "_field.qmd"])
def test_same_plan_everywhere(lang: str, page: str) -> None:
    path = REPORTS / lang / (page if page.endswith(".qmd") else f"_chapters/{page}.md")
    headings = re.findall(r"^## (.*?) \{", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert [heading for heading in headings if heading in PLAN[lang]] == PLAN[lang]


@pytest.mark.parametrize("lang", LANGS)
def test_every_heading_has_an_identifier_and_none_twice(lang: str) -> None:
    seen: Counter[str] = Counter()
    for path in sources(lang):
        text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        for heading in re.findall(r"^#+ .*$", text, flags=re.MULTILINE):
            assert re.search(r"\{#sec-[\w$-]+\}$", heading), f"{path.name}: {heading}"
            assert not heading.startswith("# "), "the title is the only heading of level 1"
        seen.update(re.findall(r"\{#(\S+?)\}", text))
    assert [name for name, count in seen.items() if count > 1] == []


@pytest.mark.parametrize("lang", LANGS)
def test_each_figure_stands_once_in_the_report(lang: str) -> None:
    """The PDF holds every chapter: an identifier shown twice would have two numbers."""
    included = Counter(name for page in PAGES for name in pieces(lang, page)[0] if name.startswith("_generated/"))
    assert [name for name, count in included.items() if count > 1] == []


def included_figures(text: str) -> list[str]:
    return re.findall(r"include /_generated/(fig-[\w-]+)\.md", text)


def unread_figures(text: str) -> list[str]:
    """Return the figures a chapter shows and no sentence of it refers to."""
    prose = re.sub(r"\{\{<.*?>\}\}", "", text)
    return [name for name in included_figures(text) if not re.search(rf"@{name}(?![\w-])", prose)]


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("page", PAGES)
def test_every_figure_of_a_chapter_is_referred_to_in_its_text(lang: str, page: str) -> None:
    assert unread_figures((REPORTS / lang / f"_chapters/{page}.md").read_text(encoding="utf-8")) == []


def test_a_figure_that_no_sentence_names_is_found() -> None:
    shown = "@fig-app-count-all {{< include /_generated/fig-app-count.md >}}"
    assert unread_figures(shown) == ["fig-app-count"]


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("page", OBJECTIVES)
def test_an_objective_has_four_sections_and_prose_worth_reading(lang: str, page: str) -> None:
    text = (REPORTS / lang / f"_chapters/{page}.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (.*?) \{", text, flags=re.MULTILINE) == PLAN[lang]
    number = page.removeprefix("objectif-")
    assert re.findall(r"^## .*\{#(.*?)\}", text, flags=re.MULTILINE) == [
        f"sec-o{number}-{part}" for part in ("voit", "source", "garde", "donnees")
    ]
    seen = text.split("\n## ")[1]
    paragraphs = [block for block in seen.split("\n\n") if re.match(r"[A-ZÀÉ@{][^|:]", block) and len(block) > 150]
    assert len([block for block in paragraphs if not block.startswith("{{< include")]) >= 3
    assert f"actions.summary-{number}" in seen


@pytest.mark.parametrize("lang", LANGS)
def test_every_page_is_in_the_menu_and_in_the_document(lang: str) -> None:
    menu = (REPORTS / lang / "_quarto.yml").read_text(encoding="utf-8")
    printed = (REPORTS / lang / "rapport.qmd").read_text(encoding="utf-8")
    for page in PAGES:
        assert f"- {page}.qmd" in menu, page
        assert f"/_chapters/{page}.md" in printed, page
        assert f"{{#page-{page}}}" in printed, page


@pytest.mark.parametrize("lang", LANGS)
def test_the_first_screen_has_its_four_parts_and_leads_to_the_guide(lang: str) -> None:
    text = (REPORTS / lang / "_chapters/index.md").read_text(encoding="utf-8")
    parts = ["dashboard", "dashboard-tiles", "dashboard-targets", "dashboard-map", "dashboard-changes"]
    assert re.findall(r"^::: \{\.(dashboard[\w-]*)\}", text, flags=re.MULTILINE) == parts
    assert "(/lire.qmd)" in text
