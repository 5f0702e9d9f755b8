"""The map of the technological pathway: names that do not overlap, a table that says what the map says, its filters."""

from __future__ import annotations

import re
from html import escape
from importlib.resources import files
from itertools import combinations
from pathlib import Path

import polars as pl
import pytest

from pipelines.publish.pathway.layout import LETTER, LINE, Box, Layout, Mark, Spot, lay, overlap
from pipelines.publish.pathway.programmes import programmes, town_name
from pipelines.publish.pathway.screen import WORDS, markup, screen
from pipelines.publish.shelf import Shelf
from pipelines.publish.tables.offer import pathway
from tests.browser import axe_script, grave
from tests.page_browser import laid, opened, seconds_to_use, weight
from tests.publish_project import made_up


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return Shelf(*made_up(tmp_path_factory.mktemp("pathway")))


def text_box(mark: Mark) -> Box:
    wide = len(mark.text) * LETTER
    left = mark.text_x - {"start": 0.0, "end": wide, "middle": wide / 2}[mark.anchor]
    return left, mark.text_y - LINE / 2, left + wide, mark.text_y + LINE / 2


def crowd() -> list[Spot]:
    """Forty towns on a grid, twelve of them around the largest, some on the same spot."""
    spread = [
        Spot(
            f"Ville {number}",
            0.2 + (number % 7) * 0.45,
            42.9 + (number // 7) * 0.5,
            1 + number % 9,
            f"Ville {number}",
            False,
        )
        for number in range(28)
    ]
    near = [
        Spot(f"Près {number}", 1.44 + (number % 4) * 0.03, 43.55 + (number // 4) * 0.03, 2, f"Près {number}", False)
        for number in range(12)
    ]
    return [Spot("Centre", 1.44, 43.6, 80, "Centre 80", True), *spread, *near]


def named_boxes(drawn: Layout) -> list[Box]:
    return [text_box(mark) for mark in drawn.marks if mark.anchor]


def test_names_never_overlap_and_the_same_towns_give_the_same_map() -> None:
    drawn = lay(crowd())
    boxes = named_boxes(drawn)
    assert len(boxes) > 15
    assert not [pair for pair in combinations(boxes, 2) if overlap(*pair)]
    assert drawn == lay(list(reversed(crowd())))


def test_a_name_without_room_is_left_out_unless_it_must_be_there() -> None:
    here = [Spot(name, 1.0, 44.0, 5, "Un nom qui prend toute la place " * 2, name == "b") for name in "ab"]
    far = [Spot("c", 3.0, 43.0, 1, "c", False)]
    found = {mark.name: mark.anchor for mark in lay([*here, *far]).marks}
    assert found["b"]
    assert not found["a"]


def test_a_larger_number_of_programmes_is_a_larger_disc() -> None:
    sizes = {mark.name: mark.radius for mark in lay(crowd()).marks}
    assert sizes["Centre"] > sizes["Ville 8"] > sizes["Ville 0"] > 0


def test_no_town_gives_an_empty_map() -> None:
    assert lay([]).marks == ()


def test_outlines_are_drawn_where_they_are_at_hand(shelf: Shelf, tmp_path: Path) -> None:
    assert "pathway-ground" not in markup(shelf, programmes(shelf))
    project, settings = made_up(tmp_path)
    ring = '{"type": "Polygon", "coordinates": [[[0.0, 43.0], [3.0, 43.0], [3.0, 44.9], [0.0, 44.9], [0.0, 43.0]]]}'
    pl.DataFrame(
        {"departement_code": ["31"], "departement_label": ["Haute-Garonne"], "geometry_geojson": [ring]}
    ).write_parquet(project.protected / "pub_departement_contours.parquet")
    with_ground = Shelf(project, settings)
    assert 'class="pathway-ground" d="M' in markup(with_ground, programmes(with_ground))


@pytest.mark.parametrize(
    ("written", "town"),
    [("Toulouse  3e  Arrondissement", "Toulouse"), ("CAHORS CEDEX", "Cahors"), ("L'Isle-Jourdain", "L'Isle-Jourdain")],
)
def test_town_names(written: str, town: str) -> None:
    assert town_name(written) == town


def test_the_table_lists_every_programme_and_the_map_counts_them(shelf: Shelf) -> None:
    table = pathway(shelf)
    offered = [row for row in shelf.rows("pub_offer__formation") if row["commune_label"]]
    licences = {
        (row["establishment_code"], row["sector_label"])
        for row in shelf.rows("pub_enrolment__establishment")
        if row["diploma_code"] == "LP" and row["year"] == 2024
    }
    assert len(table.rows) == len(offered) + len(licences)
    told = dict(re.findall(r'data-town="([^"]+)".*?<tspan>(\d+)</tspan>', markup(shelf, programmes(shelf))))
    counted: dict[str, int] = {}
    for row in table.rows:
        counted[row[0]] = counted.get(row[0], 0) + 1
    assert told
    assert {town: int(number) for town, number in told.items()} == {town: counted[town] for town in told}


def test_a_hidden_number_of_students_is_not_shown(tmp_path: Path) -> None:
    project, settings = made_up(tmp_path)
    path = project.protected / "pub_enrolment__establishment.parquet"
    table = pl.read_parquet(path)
    hidden = (pl.col("establishment_code") == "ut1") & (pl.col("sex_code") == "F")
    table.with_columns(
        pl.when(hidden).then(None).otherwise(pl.col("students_count")).alias("students_count")
    ).write_parquet(path)
    shelf = Shelf(project, settings)
    (row,) = [row for row in pathway(shelf).rows if row[1] == shelf.place("ut1")]
    assert row[5] == "c"


def test_a_site_opens_its_sheet_and_another_town_the_list(shelf: Shelf) -> None:
    text = markup(shelf, programmes(shelf))
    assert '<a href="sites/rodez.html" data-town="Rodez"' in text
    assert '<a href="#tbl-pathway" data-town="Cahors"' in text


def test_both_languages_have_the_same_words() -> None:
    assert set(WORDS["fr"]) == set(WORDS["en"])
    script = files("pipelines.publish.pathway").joinpath("pathway.js").read_text(encoding="utf-8")
    said = {re.sub("([A-Z])", r"_\1", word).lower() for word in re.findall(r"\bwords\.(\w+)", script)}
    assert said <= set(WORDS["fr"])


def as_html(shelf: Shelf) -> str:
    table = pathway(shelf)
    rows = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in table.rows)
    head = "".join(f"<th>{escape(cell)}</th>" for cell in table.heading)
    return (
        '<figure id="tbl-pathway"><div class="table-scroll" role="region" tabindex="0" aria-label="Formations">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div></figure>"
    )


def test_the_filters_move_the_map_and_the_list_together(shelf: Shelf, tmp_path: Path) -> None:
    made = screen(shelf)
    block = made["pathway-map.md"].removeprefix("```{=html}\n").removesuffix("\n```\n")
    page = laid(
        tmp_path, block, {name: text for name, text in made.items() if not name.endswith(".md")}, as_html(shelf)
    )
    with opened() as (tab, wrong):
        assert seconds_to_use(tab, page) < 1
        assert weight(page) < 1_000_000
        assert grave(tab, axe_script()) == []
        shown = "[...document.querySelectorAll('#tbl-pathway tbody tr')].filter(row => row.offsetParent).length"
        assert tab.evaluate(shown) == len(pathway(shelf).rows)

        tab.select_option("select[name=level]", "BTS")
        bts = sum(row[2] == "BTS" for row in pathway(shelf).rows)
        assert tab.evaluate(shown) == bts
        assert tab.inner_text(".pathway-status").startswith(f"{bts}\u00a0formations")
        assert not tab.locator('a[data-town="Rodez"]').is_visible()
        assert tab.evaluate("location.hash") == "#level=BTS"

        tab.focus('a[data-town="Cahors"]')
        tab.keyboard.press("Enter")
        assert tab.evaluate(shown) == 1
        assert tab.evaluate("document.activeElement.closest('#tbl-pathway') !== null")
        address = tab.evaluate("location.href")
        tab.goto("about:blank")
        tab.goto(address)
        assert tab.evaluate(shown) == 1
        assert tab.input_value("select[name=town]") == "Cahors"

        tab.select_option("select[name=field]", WORDS["fr"]["no_field"])
        tab.select_option("select[name=level]", "LP")
        assert tab.inner_text(".pathway-status") == WORDS["fr"]["none"]
        tab.get_by_role("button", name=WORDS["fr"]["reset"]).click()
        tab.wait_for_function(f"{shown} === {len(pathway(shelf).rows)}")
        assert grave(tab, axe_script()) == []
        assert wrong == []
