"""The sheets of sites and fields: every section on each, the region beside the site, what is hidden said in words."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl
import pytest

from pipelines.kernel.project import Project, Settings
from pipelines.publish import field_sheet, programmes, site_sheet, unshown
from pipelines.publish.contrasts import Gap, gap_title
from pipelines.publish.drawing import draw
from pipelines.publish.figures import sheets as figures
from pipelines.publish.picture import Absent, Picture
from pipelines.publish.sheets import sheets
from pipelines.publish.shelf import Shelf
from pipelines.publish.tables import fields, tables
from pipelines.publish.tables import sheets as site_tables
from tests.brands import LOOK
from tests.publish_project import SITES, made_up

REGION = "midi-pyrenees"
FIELDS = ("informatique", "mecanique", "gestion", "commerce", "chimie", "genie-civil")

SITE_SECTIONS = (
    "voit",
    "etudiants",
    "entrants",
    "themes",
    "offre",
    "engagements",
    "manque",
    "source",
    "garde",
    "donnees",
)
FIELD_SECTIONS = (
    "voit", "formations", "entrants", "emploi", "territoires", "plateforme", "manque", "source", "garde", "donnees"
)  # fmt: skip

RUN_IN = {
    "fr": ("Bourses", "Apprentissage", "Mobilité", "Emploi", "Offre", "Recherche"),
    "en": ("Scholarships", "Apprenticeship", "Mobility", "Employment", "Offer", "Research"),
}


@pytest.fixture(scope="module", params=["fr", "en"])
def shelf(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return Shelf(*made_up(tmp_path_factory.mktemp(request.param), lang=request.param))


@pytest.fixture(scope="module")
def french(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return Shelf(*made_up(tmp_path_factory.mktemp("sheets")))


@pytest.fixture(scope="module")
def leaves(shelf: Shelf) -> dict[str, str]:
    return sheets(shelf)


@pytest.fixture(scope="module")
def french_leaves(french: Shelf) -> dict[str, str]:
    return sheets(french)


def changed(tmp_path: Path, table: str, alter: pl.Expr | list[pl.Expr]) -> Shelf:
    """Return a shelf on a project one of whose protected tables was altered."""
    project, settings = made_up(tmp_path)
    path = project.protected / f"{table}.parquet"
    pl.read_parquet(path).with_columns(alter).write_parquet(path)
    return Shelf(project, settings)


# Sections ------------------------------------------------------------------------------------------------------------


def test_each_section_stands_on_each_sheet_and_says_something(leaves: dict[str, str]) -> None:
    for kind, codes, sections in (("site", SITES, SITE_SECTIONS), ("field", FIELDS, FIELD_SECTIONS)):
        for code in codes:
            text = leaves[f"_generated/chapter-{kind}-{code}.md"]
            assert re.findall(rf"\{{#sec-{kind}-{code}-([a-z]+)\}}", text) == list(sections)
            bodies = re.split(r"^#{2,3} .*$", text, flags=re.MULTILINE)[1:]
            for section, body in zip(sections, bodies, strict=True):
                assert len(re.sub(r"^:::.*$", "", body, flags=re.MULTILINE).strip()) > 20, f"{code}: {section}"


def test_headings_of_the_contents_stand_outside_of_divs(leaves: dict[str, str]) -> None:
    """A heading of the second level within a div is not in the contents that the page shows on screen."""
    for name, text in leaves.items():
        around: list[str] = []
        for line in text.splitlines():
            if line.startswith(":::") and line.strip(":"):
                around.append(line)
            elif line.startswith(":::"):
                around.pop()
            elif line.startswith("## "):
                assert all("content-visible" in div for div in around), f"{name}: {line}"


def test_each_theme_of_a_site_has_its_sentence(shelf: Shelf, leaves: dict[str, str]) -> None:
    for code in SITES:
        text = leaves[f"_generated/chapter-site-{code}.md"]
        for word in RUN_IN[shelf.lang]:
            assert re.search(rf"^\*\*{word}\.\*\* \S.{{10,}}", text, re.MULTILINE), f"{code}: {word}"


def test_every_table_made_is_included_once_and_no_other(shelf: Shelf, leaves: dict[str, str]) -> None:
    text = "\n".join(leaves.values())
    included = re.findall(r"include /_generated/tbl-([\w-]+)\.md", text)
    own = [
        *[table for code in SITES for table in site_tables.of_site(shelf, code)],
        *[table for code in FIELDS for table in fields.of_field(shelf, code)],
    ]
    assert sorted(included) == sorted(table.name for table in own)
    assert set(included) <= {table.name for table in tables(shelf)}
    for table in own:
        assert table.rows, table.name
        assert all(len(row) == len(table.heading) for row in table.rows), table.name


def test_a_table_of_a_sheet_is_in_the_language_of_the_run(shelf: Shelf) -> None:
    if shelf.lang == "fr":
        return
    for code in SITES:
        for table in site_tables.of_site(shelf, code):
            assert not re.search(r"simulé|Admis|Étudiants|\u202f", " ".join((table.caption, *table.heading))), (
                table.name
            )


# The region beside the site ------------------------------------------------------------------------------------------


def test_every_panel_has_the_site_and_the_region(french: Shelf) -> None:
    for code in SITES[:-1]:
        picture = figures.site(french, code)
        if code == "albi":
            assert isinstance(picture, Absent)
            continue
        assert isinstance(picture, Picture)
        place = french.sites[code]["site_label"]
        for facet in picture.options["facets"]:  # type: ignore[attr-defined]
            found = {row["series"] for row in picture.rows() if row["facet"] == facet and row["value"] is not None}
            assert found == {"région", place}, f"{code}: {facet}"


def test_a_panel_whose_region_is_gone_goes_too(tmp_path: Path) -> None:
    """Planted: without the region's line there is nothing to read the site against."""
    here = (pl.col("indicator_code") == "APP-SHARE") & (pl.col("scope_code") == REGION)
    broken = changed(tmp_path, "pub_values", pl.when(here).then(None).otherwise(pl.col("value")).alias("value"))
    picture = figures.site(broken, "tarbes")
    assert isinstance(picture, Picture)
    assert "Apprentis" not in picture.options["facets"]  # type: ignore[operator]
    assert "Formation continue" in picture.options["facets"]  # type: ignore[operator]


def test_what_is_simulated_is_marked_panel_by_panel(french: Shelf) -> None:
    picture = figures.site(french, "rodez")
    assert isinstance(picture, Picture)
    simulated = {row["facet"] for row in picture.rows() if row["origin"] == "simulated"}
    assert set(picture.options["word_on"]) == simulated  # type: ignore[call-overload]
    assert "Boursiers, entrants" not in simulated
    drawn = draw(picture, LOOK)
    assert len(re.findall(r">\s*simulé\s*</text>", drawn)) == len(simulated)
    for code in SITES:
        for line in site_sheet.tiles(french, code).split("\n"):
            if "kpi-value" in line and not re.match(r"\[[\d\u202f]+\]|\[\d+,\d\u202f%\]\{", line):
                assert "simulé" in line or "confidentiel" in line, line


def test_each_tile_has_the_region_beside_it(french: Shelf) -> None:
    for code in SITES[:-1]:
        notes = re.findall(r"^\[(.*)\]\{\.kpi-note\}", site_sheet.tiles(french, code), flags=re.MULTILINE)
        assert all("région" in note and f"/{code}/" in note for note in notes)  # the year leads to the figure's page
        assert len(notes) == (0 if code == "albi" else 6)


@pytest.mark.parametrize(
    ("gaps", "title"),
    [
        (
            [Gap(("de boursiers", ""), 0.30, 0.20, 400), Gap(("de mobilité", ""), 0.05, 0.10, 600)],
            "Tarbes\u00a0: plus de boursiers que la région, moins de mobilité",
        ),
        (
            [Gap(("de boursiers", ""), 0.30, 0.20, 400), Gap(("d'apprentis", ""), 0.4, 0.2, 400, simulated=True)],
            "Tarbes\u00a0: plus de boursiers et plus d'apprentis (simulé) que la région",
        ),
        ([Gap(("de boursiers", ""), 0.22, 0.20, 60)], "Tarbes\u00a0: aucun écart net avec la région"),
        ([Gap(("de boursiers", ""), 0.205, 0.20, 10**6)], "Tarbes\u00a0: aucun écart net avec la région"),
        ([Gap(("d'emploi", ""), 0.86, 0.92, None, 0.80, 0.93)], "Tarbes\u00a0: aucun écart net avec la région"),
        ([Gap(("d'emploi", ""), 0.80, 0.92, None, 0.75, 0.85)], "Tarbes\u00a0: moins d'emploi que la région"),
        ([], "Tarbes\u00a0: aucun écart net avec la région"),
    ],
    ids=["both sides", "one side", "chance", "too small to matter", "inside the interval", "outside it", "nothing"],
)
def test_a_title_tells_a_gap_only_when_it_is_one(gaps: list[Gap], title: str) -> None:
    assert gap_title("Tarbes", gaps, "fr") == title


def test_the_title_speaks_english() -> None:
    gaps = [Gap(("", "apprentices"), 0.30, 0.20, 400, simulated=True)]
    assert gap_title("Tarbes", gaps, "en") == "Tarbes: more apprentices (simulated) than the region"


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("scholarship holders among entrants", "Tarbes: fewer scholarship holders among entrants than the region"),
        ("continuing education", "Tarbes: less continuing education than the region"),
    ],
)
def test_english_counts_with_fewer_and_measures_with_less(words: str, title: str) -> None:
    assert gap_title("Tarbes", [Gap(("", words), 0.10, 0.20, 400)], "en") == title


def test_region_and_site_are_compared_in_the_same_year(tmp_path: Path) -> None:
    last = (pl.col("indicator_code") == "MOB-OUT-RATE") & (pl.col("scope_code") == REGION) & (pl.col("year") == 2024)
    shelf = changed(tmp_path, "pub_values", pl.when(last).then(None).otherwise(pl.col("value")).alias("value"))
    gap = figures.gap(shelf, "MOB-OUT-RATE", "tarbes")
    assert gap is not None
    at_2023 = {p.year: p.value for p in shelf.points("MOB-OUT-RATE", "tarbes")}[2023]
    assert gap.here == at_2023
    assert "région" not in re.findall(r"partis à l'étranger\].*\n\[([^\]]*)\]", site_sheet.tiles(shelf, "tarbes"))[0]


# What is hidden or missing -------------------------------------------------------------------------------------------


def test_a_site_without_a_measure_says_why(french_leaves: dict[str, str]) -> None:
    text = french_leaves["_generated/chapter-site-albi.md"]
    assert "n'inscrivent aucun DUT ni BUT sur ce site" in text
    assert "**Sans valeur pour ce site**" in text
    assert "Rien n'est mesuré pour ce site" in text
    assert "tbl-site-entrants-albi" not in text
    assert "fig-site-albi" in text, "the block that says why stands there"


def test_each_reason_for_not_measuring_is_on_the_sheet(french: Shelf, french_leaves: dict[str, str]) -> None:
    text = french_leaves["_generated/chapter-site-tarbes.md"]
    for code in ("RES-STAFF", "RES-COM", "RES-THESE", "APP-LAB", "TRF-CDC"):
        assert french.reason(code).rstrip(".")[2:] in text, code


def test_confidential_is_said_in_words_and_never_summed(french: Shelf) -> None:
    assert "**Confidentiel**" in "\n".join(unshown.of_site(french, "auch"))
    albi = next(t for t in site_tables.of_site(french, "albi") if t.name == "site-programmes-albi")
    assert albi.heading == ("Spécialité", "LP (simulé)"), "no column for what the site does not teach"
    assert "confidentiel" in albi.rows[0]
    table = next(t for t in fields.of_field(french, "gestion") if t.name == "field-gestion")
    assert "confidentiel" in table.rows[-1], "the sum over sites would give the hidden cell back"


def test_a_sum_needs_every_cell() -> None:
    rows = [{"n": 3}, {"n": None}]
    assert programmes.total(rows, "n") is None
    assert programmes.total([{"n": 3}, {"n": 4}], "n") == 7
    assert programmes.total([], "n") is None


def test_a_hidden_target_of_a_site_shows_no_number(tmp_path: Path) -> None:
    project, settings = made_up(tmp_path)
    path = project.protected / "pub_states.parquet"
    states = pl.read_parquet(path)
    mine = states.filter(pl.col("target_id") == "MOB-X2").with_columns(
        pl.lit("site").alias("scope_level"),
        pl.lit("auch").alias("scope_code"),
        pl.lit("confidential").alias("state_code"),
        pl.lit("confidentiel").alias("state_label_fr"),
        pl.lit(None, dtype=pl.Float64).alias("last_value"),
        pl.lit(None, dtype=pl.Float64).alias("target_value"),
        pl.lit("Confidentiel : trop peu.").alias("reason_fr"),
    )
    pl.concat([states, mine]).write_parquet(path)
    shelf = Shelf(project, settings)
    (row,) = site_tables.commitments(shelf, "auch").rows
    assert row[1:3] == ("confidentiel", "confidentiel")
    assert "confidentiel : trop peu" in site_sheet.commitments(shelf, "auch")


def test_observed_only_still_makes_every_sheet(tmp_path: Path) -> None:
    shelf = Shelf(*made_up(tmp_path, observed_only=True))
    leaves = sheets(shelf)
    assert len(leaves) == 28
    assert "(simulé)" not in "\n".join(text for name, text in leaves.items() if name.startswith("_generated"))
    assert isinstance(figures.site(shelf, "tarbes"), Picture)


# Targets, actions, fields --------------------------------------------------------------------------------------------


def test_the_share_of_a_target_is_that_of_the_region() -> None:
    shelf = Shelf(Project(Path("nowhere")), Settings(edition=2024))
    row = {"target_value": 152.0, "state_code": "missed", "origin": "simulated"}
    assert (
        site_tables.part_of(shelf, row, {"target_value": 800.0}, "target_value", "persons") == "152 sur 800 (19\u202f%)"
    )
    last = {"last_value": 110.0, "state_code": "missed", "origin": "simulated"}
    assert site_tables.part_of(shelf, last, {"last_value": 628.0}, "last_value", "persons").endswith(
        "(18\u202f%, simulé)"
    )


def test_a_site_lists_the_actions_the_text_wants_there(french: Shelf, french_leaves: dict[str, str]) -> None:
    codes = {code: [entry["id"] for entry in site_tables.site_actions(french, code)] for code in SITES}
    assert "A5-01" in codes["toulouse"]
    assert "A4-06" not in codes["toulouse"], "doctoral grants are for the sites outside Toulouse"
    assert "A4-06" in codes["tarbes"]
    text = french_leaves["_generated/chapter-site-tarbes.md"]
    assert all(f"`{code}`" in text for code in codes["tarbes"])


def test_a_field_with_one_programme_has_a_sentence_not_a_lone_line(french: Shelf) -> None:
    picture = figures.field(french, "genie-civil")
    assert isinstance(picture, Absent)
    assert "n'a qu'une formation" in picture.reason
    assert isinstance(figures.field(french, "gestion"), Picture)


def test_a_bts_is_counted_in_its_field_only(tmp_path: Path) -> None:
    labels = ["Comptabilité et gestion", "Tourisme", "Métiers de la chimie", "Informatique", "Gestion de la PME"]
    shelf = changed(tmp_path, "pub_offer__formation", pl.Series("formation_label", labels))
    assert [row["formation_label"] for row in programmes.bts_of(shelf, "gestion")] == ["Gestion de la PME"]
    assert [row["formation_label"] for row in programmes.bts_of(shelf, "chimie")] == ["Métiers de la chimie"]
    table = next(t for t in fields.of_field(shelf, "chimie") if t.name == "field-territory-chimie")
    assert any("Cahors" in row for row in table.rows)


def test_a_field_says_where_the_annex_and_the_data_differ(french: Shelf) -> None:
    said = field_sheet.sites_beside(french, "chimie")
    assert "Nommés par l'annexe sans entrants" in said
    assert "/sites/toulouse.qmd" in said


def test_the_admission_procedures_cut_the_series_of_entrants(french: Shelf) -> None:
    points = programmes.points(french, programmes.entrants_of(french, field="gestion"))
    assert [point.year for point in points if point.is_break] == [2018]
