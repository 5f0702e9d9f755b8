"""What every figure and table carries: data, finding, source, address, files; and each rule sees its planted fault."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import fastexcel
import pytest

from pipelines.answers.explain_shown import shown_explanation
from pipelines.kernel.problems import BadInput
from pipelines.publish.addresses import addresses
from pipelines.publish.figures import figures
from pipelines.publish.names import IN_ENGLISH
from pipelines.publish.pages import figure_markdown, table_markdown
from pipelines.publish.picture import Absent, Picture
from pipelines.publish.shelf import Shelf
from pipelines.publish.tables import tables
from pipelines.publish.tables.cells import for_machines, read_back
from pipelines.publish.tables.provenance import UnknownTableError, marks_in, provenance, small_print
from pipelines.publish.tables.shape import Table, plain
from pipelines.publish.tables.workbook import workbook
from pipelines.publish.tiles import tiles
from pipelines.publish.variables import variables
from tests.brands import LOOK
from tests.furniture import figure_faults, table_faults
from tests.publish_project import made_up

HOUSE = "Observatoire SRESR des IUT de Midi-Pyrénées"


@pytest.fixture(scope="module")
def shelves(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Shelf]:
    """The same made-up publication in both languages."""
    return {lang: Shelf(*made_up(tmp_path_factory.mktemp(lang), lang=lang)) for lang in ("fr", "en")}


def pictures(shelf: Shelf) -> dict[str, Picture | Absent]:
    return {name: maker(shelf) for name, maker in figures(shelf).items()}


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_every_figure_carries_all_it_must(shelves: dict[str, Shelf], lang: str) -> None:
    shelf = shelves[lang]
    found = {
        name: figure_faults(picture, figure_markdown(picture, shelf.edition, HOUSE), shelf)
        for name, picture in pictures(shelf).items()
        if isinstance(picture, Picture)
    }
    assert len(found) > 30
    assert {name: faults for name, faults in found.items() if faults} == {}


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_every_table_carries_all_it_must(shelves: dict[str, Shelf], lang: str) -> None:
    shelf = shelves[lang]
    found = {t.name: table_faults(t, table_markdown(t, shelf.edition, HOUSE), shelf) for t in tables(shelf)}
    assert len(found) > 50
    assert {name: faults for name, faults in found.items() if faults} == {}


@pytest.mark.parametrize(
    ("planted", "fault"),
    [
        ({"data": {"year": [], "value": []}}, "no data beside it"),
        ({"alt": ""}, "no alternative text that tells the finding"),
        ({"alt": "Une courbe. Étudiants en mobilité, par année et par lieu, ce qui se voit bien sur la figure ici."},
         "no alternative text that tells the finding"),
        ({"title": "Mobilité internationale"}, "the title is a label, not a finding"),
        ({"title": "Mobilité : 628 " + "étudiants " * 20}, "the title is too long"),
        ({"caption": "Source : X · Périmètre : les huit sites · pub_paths@2024"}, "no address"),
        ({"caption": "Rien · fig-mob-target@2024"}, "no source or perimeter"),
        ({"of": ()}, "drawn from nothing that explain can resolve"),
        ({"of": ("MOB-NOWHERE/tarbes",)}, "drawn from nothing that explain can resolve"),
        ({"of": ("pub_nowhere",)}, "drawn from nothing that explain can resolve"),
        ({"subtitle": "Étudiants partis"}, "no unit"),
        ({"title": "Mobilité : 628", "caption": "Source : X · Périmètre : Y · fig-mob-target@2024", "alt": "628 " * 30},
         "simulated data without the word"),
    ],
)  # fmt: skip
def test_a_fault_planted_in_a_figure_is_found(shelves: dict[str, Shelf], planted: dict[str, Any], fault: str) -> None:
    shelf = shelves["fr"]
    sound = pictures(shelf)["mob-target"]
    assert isinstance(sound, Picture)
    spoiled = dataclasses.replace(sound, **planted)
    assert fault in figure_faults(spoiled, figure_markdown(spoiled, shelf.edition, HOUSE), shelf)


def test_simulated_rows_must_be_declared(shelves: dict[str, Shelf]) -> None:
    sound = pictures(shelves["fr"])["app-count"]
    assert isinstance(sound, Picture)
    spoiled = dataclasses.replace(sound, simulated=False)
    assert "simulated data not declared" in figure_faults(
        spoiled, figure_markdown(spoiled, "2024", HOUSE), shelves["fr"]
    )


@pytest.mark.parametrize(
    ("cut", "fault"),
    [
        (r"\[Données \(CSV\)\]\([^)]*\)", "no data beside it"),
        (r"\[Image \(SVG\)\]\([^)]*\)|!\[.*?\]\([^)]*\)", "no image to take"),
        (r'data-cite="[^"]*"', "no citation"),
        (r'data-address="[^"]*"', "no address"),
        (r'fig-alt="[^"]*"', "no alternative text that tells the finding"),
    ],
)
def test_what_an_include_leaves_out_is_found(shelves: dict[str, Shelf], cut: str, fault: str) -> None:
    shelf = shelves["fr"]
    picture = pictures(shelf)["enr-dut-but"]
    assert isinstance(picture, Picture)
    assert fault in figure_faults(picture, re.sub(cut, "", figure_markdown(picture, shelf.edition, HOUSE)), shelf)


WITHHELD = "confidentiel\u00a0: trop peu de personnes, valeur retirée (drapeau c)"
TABLE = Table(
    "sites", "Les sites", ("Site", "Entrants"), (("Tarbes", "1\u202f598"), ("Albi", "confidentiel")), ("Entrants",)
)


@pytest.mark.parametrize(
    ("cut", "fault"),
    [
        (r"\[Données \(CSV\)\]\([^)]*\)", "no CSV"),
        (r"\[Classeur \(XLSX\)\]\([^)]*\)", "no XLSX"),
        (r"Source\u00a0: [^·]*", "no source"),
        (r'data-address="[^"]*"', "no address"),
        (r"Confidentiel[^·]*· ", f"a mark is not explained: {WITHHELD}"),
    ],
)  # fmt: skip
def test_what_a_table_leaves_out_is_found(shelves: dict[str, Shelf], cut: str, fault: str) -> None:
    include = table_markdown(TABLE, "2024", HOUSE)
    assert table_faults(TABLE, include, shelves["fr"]) == []
    assert fault in table_faults(TABLE, re.sub(cut, "", include), shelves["fr"])


def test_numbers_out_of_line_and_marks_that_are_not_there_are_found(shelves: dict[str, Shelf]) -> None:
    slack = dataclasses.replace(TABLE, rows=(("Tarbes", "12"),), right=())
    assert table_faults(slack, table_markdown(slack, "2024", HOUSE), shelves["fr"]) == ["numbers not aligned: Entrants"]
    told = table_markdown(TABLE, "2024", HOUSE).replace(
        "Source", "simulé\u00a0: tiré de registres simulés, ne décrit personne · Source"
    )
    assert any("is not there" in fault for fault in table_faults(TABLE, told, shelves["fr"]))


def test_a_table_of_an_unknown_family_is_refused() -> None:
    with pytest.raises(UnknownTableError, match="no source"):
        small_print(dataclasses.replace(TABLE, name="nowhere-x"), "2024")
    assert provenance("site-targets-tarbes") is provenance("site-targets")
    assert provenance("site-tarbes") is provenance("site")


def test_marks_are_those_present_and_no_other() -> None:
    assert [said.split("\u00a0")[0] for said in marks_in(TABLE)] == ["confidentiel"]
    assert marks_in(dataclasses.replace(TABLE, rows=(("Tarbes", "12"),))) == []


@pytest.mark.parametrize(
    ("text", "lang", "value", "csv"),
    [
        ("1\u202f598", "fr", 1598.0, "1598"),
        ("1,598.5", "en", 1598.5, "1598.5"),
        ("10,4\u202f%", "fr", 10.4, "10.4%"),
        ("\u22120,3", "fr", -0.3, "-0.3"),
        ("031", "fr", None, "031"),
        ("10.4", "fr", None, "10.4"),
        ("412 (simulé)", "fr", None, "412 (simulé)"),
        ("", "fr", None, ""),
    ],
)
def test_cells_are_read_back_as_numbers(text: str, lang: str, value: float | None, csv: str) -> None:
    found = read_back(text, lang)
    assert (found.value if found else None) == value
    assert for_machines(text, lang) == csv


def test_a_workbook_holds_numbers_says_what_they_are_and_never_changes() -> None:
    table = dataclasses.replace(
        TABLE, rows=(*TABLE.rows, ("=1+1", "3,5\u202f%"), ("Auch (simulé)", "\u2013")), simulated=True
    )
    content = workbook(table, "2024", HOUSE, LOOK)
    assert content == workbook(table, "2024", HOUSE, LOOK)
    book = fastexcel.read_excel(content)
    assert book.sheet_names == ["Données", "Lisez-moi"]
    rows = book.load_sheet("Données").to_polars().rows()
    assert [row[0] for row in rows] == ["Tarbes", "Albi", "=1+1", "Auch (simulé)"]
    assert [str(row[1]) for row in rows] == ["1598", "confidentiel", "0.035", "\u2013"]
    told = " ".join(str(row[1]) for row in book.load_sheet("Lisez-moi", header_row=None).to_polars().rows())
    for said in ("Les sites", "ne décrivent personne", "valeur retirée", "valeurs publiées", "tbl-sites@2024"):
        assert said in told


@pytest.fixture(scope="module")
def published(shelves: dict[str, Shelf]) -> Shelf:
    """The French shelf, its addresses written as the stage does."""
    shelf = shelves["fr"]
    folder = shelf.project.reports / "fr/_generated"
    folder.mkdir(parents=True, exist_ok=True)
    listed = addresses(shelf.edition, "fr", pictures(shelf).values(), tables(shelf))
    (folder / "addresses.json").write_text(listed, encoding="utf-8")
    for name in ("sql", "params.yaml"):
        target = shelf.project.root / name
        if not target.exists():
            target.symlink_to(Path(__file__).resolve().parent.parent / name)
    return shelf


def test_explain_answers_for_every_address(published: Shelf) -> None:
    listed = json.loads((published.project.reports / "fr/_generated/addresses.json").read_text(encoding="utf-8"))
    assert len(listed["items"]) > 90
    for name in ("fig-mob-target", "fig-off-map", "fig-app-count", "tbl-sites", "tbl-actions-1"):
        said = shown_explanation(published.project, f"{name}@2024", as_json=False)
        assert said.startswith(f"{name}@2024\n")
    facts = json.loads(shown_explanation(published.project, "fig-mob-target", as_json=True))
    assert facts["simulated"] is True
    assert facts["series"][0]["key"] == "MOB-OUT/midi-pyrenees"
    assert "mart_mobility__register" in {table["name"] for table in facts["tables"]}


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("fig-mob-tarjet", "Did you mean fig-mob-target"),
        ("fig-mob-target@2019", "another edition"),
        ("fig-zzz", "has this address"),
    ],
)
def test_an_address_that_leads_nowhere_is_one_line(published: Shelf, key: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        shown_explanation(published.project, key, as_json=False)


# English ---------------------------------------------------------------------------------------------------------

SAME = {
    "Action", "Base", "Code", "Correction", "Document", "Département", "Entrants", "Licence", "Places", "Points",
    "Site", "Sites", "Source", "Table", "Licences professionnelles", "Eurostat", "open-sdg", "Open SDG", "InserJeunes",
    "Parcoursup", "Tables", "académie", "baccalauréat", "département",
}  # fmt: skip
"""Words that both languages write alike, and names of things."""

CODES = re.compile(
    r"[A-Z][A-Z0-9]+(-[A-Z0-9]+)*(/\d+)?"  # an indicator, a target, a diploma; its stretch
    r"|[a-z]+([_-][a-z0-9_]+)*(/\d+)?"  # a code of a list, a table
    r"|[\w/-]+@\d{4}"  # an address
    r"|:::.*|\[[^\]]*\d[^\]]*\]\{\.kpi-value\}"
)
FRENCH = re.compile(
    r"\b(des|les|du|une|aux|dans|pour|sur|avec|par|est|sont|étudiants?|année|rentrées?|simulée?s?|données|n'est|d'une)\b",
    re.IGNORECASE,
)


def texts(shelf: Shelf) -> dict[str, str]:
    """Return every text that figures, tables, tiles and variables show, by where it stands."""
    found: dict[str, str] = {}
    for name, picture in pictures(shelf).items():
        if isinstance(picture, Absent):
            found |= {f"{name}.title": picture.title, f"{name}.reason": picture.reason}
            continue
        for part in ("title", "subtitle", "caption", "alt"):
            found[f"{name}.{part}"] = getattr(picture, part)
        for column, cells in picture.data.items():
            if column not in ("run", "colour", "shape"):
                found |= {f"{name}.{column}.{n}": cell for n, cell in enumerate(cells) if isinstance(cell, str)}
    for table in tables(shelf):
        stem = f"tbl-{table.name}"
        found |= {f"{stem}.caption": table.caption, f"{stem}.note": small_print(table, shelf.edition)}
        found |= {f"{stem}.heading.{n}": plain(heading) for n, heading in enumerate(table.heading)}
        for number, row in enumerate(table.rows):
            found |= {f"{stem}.{number}.{place}": plain(cell) for place, cell in enumerate(row)}
    found |= {f"tiles.{n}": line for n, line in enumerate(tiles(shelf).splitlines())}
    return found | {f"var.{key}": text for key, text in variables(shelf).items()}


def names(shelf: Shelf) -> set[str]:
    """Return the proper names that the reference lists hold: places, establishments, bodies, towns."""
    found = {shelf.place(code) for code in [*shelf.sites, *shelf.establishments, *shelf.territories]}
    found |= {name for name in IN_ENGLISH.values() if name in IN_ENGLISH} | {shelf.region.publisher.name}
    found |= {site["departement_label"] for site in shelf.sites.values()}
    return found | {str(row["commune_label"]) for row in shelf.rows("pub_offer__formation")}


def is_name(text: str, proper: set[str]) -> bool:
    """Say whether a text is a proper name, a code, or a code before a proper name (`INFO Figeac`)."""
    code, _, name = text.partition(" ")
    return not text or text in proper or bool(CODES.fullmatch(text)) or (name in proper and bool(CODES.fullmatch(code)))


def untranslated(french: dict[str, str], english: dict[str, str], proper: set[str]) -> list[str]:
    """Return the texts of the English report that are still French: equal in both, or holding French words."""
    left = []
    for place, text in english.items():
        if not re.search(r"[A-Za-zÀ-ÿ]{2}", text) or place.endswith(".quotation"):
            continue
        if place.startswith("tbl-seed") and text.startswith("“"):  # the document's exact words
            continue
        if re.match(r"tbl-pathway\.\d", place):  # names of schools and of their programmes
            continue
        parts = [part.strip() for part in re.split(r"[,\n]", re.sub(r"\n[\d\u202f,]+$", "", text))]
        if text in SAME or all(is_name(part, proper) for part in parts) or CODES.fullmatch(text):
            continue
        if re.fullmatch(r"(.*) \(\d{4}\)", text) and text.split(" (")[0] in SAME:
            continue
        if french.get(place) == text or FRENCH.search(text.replace("the rentrée", "")):  # the field's word, in English
            left.append(f"{place}: {text}")
    return left


@pytest.fixture(scope="module")
def both(shelves: dict[str, Shelf]) -> tuple[dict[str, str], dict[str, str], set[str]]:
    """Every French text, every English one, the proper names."""
    return texts(shelves["fr"]), texts(shelves["en"]), names(shelves["en"])


Both = tuple[dict[str, str], dict[str, str], set[str]]


def test_nothing_is_left_in_french(both: Both) -> None:
    french, english, proper = both
    assert french.keys() == english.keys()
    assert untranslated(french, english, proper) == []


@pytest.mark.parametrize("planted", ["Les étudiants partis", "Taux de passage", "12 personnes en 2024 (simulé)"])
def test_a_planted_french_text_is_found(both: Both, planted: str) -> None:
    french, english, proper = both
    place = "mob-target.title"
    spoiled = {**french, place: planted}, {**english, place: planted}
    assert untranslated(*spoiled, proper) == [f"{place}: {planted}"]


def test_every_body_and_licence_has_an_english_name(shelves: dict[str, Shelf]) -> None:
    sources = shelves["en"].catalogue.sources.values()
    known = {*IN_ENGLISH, *(body.name for body in shelves["en"].region.bodies)}
    assert {source.producer for source in sources} | {source.licence for source in sources} <= known
