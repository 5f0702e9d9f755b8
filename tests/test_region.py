"""The region is data: what names it, how it is read, and that no code knows another."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.kernel.problems import BadInput
from pipelines.kernel.project import Project
from pipelines.kernel.reference import read_reference, whole_scope
from pipelines.kernel.region import counted_sites, read_region
from pipelines.publish.bibliography import bibtex
from pipelines.publish.names import in_language, in_small_print
from pipelines.publish.shelf import Shelf
from pipelines.simulate.calibration import read_calibration

NAMED = re.compile(r"midi.pyr|toulouse|huit sites|eight sites|occitanie", re.IGNORECASE)


@pytest.fixture
def copy(project: Project, tmp_path: Path) -> Project:
    for folder in ("reference", "sources"):
        shutil.copytree(project.data / folder, tmp_path / "data" / folder)
    return Project(tmp_path)


def edit(path: Path, change: Callable[[str], str]) -> None:
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")


def test_no_code_and_no_query_names_the_region_or_one_of_its_places(project: Project) -> None:
    reference = read_reference(project)
    codes = "|".join([*reference.sites, *reference.establishments])
    literal = re.compile(rf"(['\"])({codes})\1")
    found = {
        f"{path.relative_to(project.root).as_posix()}:{number}"
        for folder in ("pipelines", "sql")
        for path in sorted((project.root / folder).rglob("*"))
        if path.is_file() and path.suffix not in (".pyc", ".json")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if NAMED.search(line) or literal.search(line)
    }
    assert found == set()


@pytest.mark.parametrize(
    ("count", "fr", "en"),
    [(1, "un site", "one site"), (3, "trois sites", "three sites"), (8, "huit sites", "eight sites"),
     (16, "seize sites", "sixteen sites"), (17, "17 sites", "17 sites")],
)  # fmt: skip
def test_sites_are_counted_in_words(count: int, fr: str, en: str) -> None:
    assert (counted_sites(count, "fr"), counted_sites(count, "en")) == (fr, en)


def test_a_site_added_is_counted_in_sentences(copy: Project) -> None:
    shelf = Shelf(copy, Project(Path(__file__).parent.parent).settings())
    assert shelf.place(shelf.whole) == "les huit sites"
    row = "cahors,Cahors,46,Lot,46042,,ut3,44.44,1.44,false,false,,\n"
    edit(copy.reference / "ref_site.csv", lambda text: text + row)
    shelf = Shelf(copy, shelf.settings)
    assert shelf.place(shelf.whole) == "les neuf sites"
    assert shelf.without_iut == ["Albi", "Cahors"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text.replace("publisher:", "editor:"), "region.yml"),
        (lambda text: text.replace("code: ariut,", "code: ARIUT !,"), 'column "publisher.code"'),
        (lambda text: text + "author: twice\n", "gives a key twice"),
        (lambda text: text.replace('en: "outside Toulouse"', 'en: ""'), 'column "outside_hub.en"'),
    ],
)
def test_a_fault_in_the_words_is_one_line(copy: Project, change: Callable[[str], str], said: str) -> None:
    edit(copy.reference / "region.yml", change)
    with pytest.raises(BadInput) as caught:
        read_region(copy)
    assert said in str(caught.value)
    assert all("\n" not in problem.line() for problem in caught.value.problems)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("a,Aurore,76,Levantine\nb,Aurore,76,Levantine\n", "row 3, column \"scope_code\": An observatory is of one"),
        ("", "The table has no row"),
        ("A region,Aurore,76,Levantine\n", 'row 2, column "scope_code"'),
    ],
)  # fmt: skip
def test_the_table_of_the_region_holds_one_region(copy: Project, rows: str, said: str) -> None:
    path = copy.reference / "ref_region.csv"
    edit(path, lambda text: text.splitlines()[0] + "\n" + rows)
    for read in (whole_scope, read_reference):
        with pytest.raises(BadInput) as caught:
            read(copy)
        assert said in str(caught.value)


def test_a_break_may_name_the_region_and_no_other(copy: Project) -> None:
    edit(copy.reference / "ref_region.csv", lambda text: text.replace("Occitanie", "Levantine"))
    with pytest.raises(BadInput, match="No scope is called occitanie"):
        read_reference(copy)


def test_bodies_and_references_are_the_regions_own(copy: Project) -> None:
    edit(copy.reference / "region.yml", lambda text: text.replace("IUTs of Midi-Pyrénées, registrar", "The registrar"))
    region = read_region(copy)
    office = "IUT de Midi-Pyrénées, services de scolarité"
    assert in_language(office, "en", region) == "The registrar's offices"
    assert in_language(office, "fr", region) == office
    assert in_small_print(office, "fr", region) == "scolarités des IUT"
    assert in_small_print("Insee", "en", region) == "Insee"
    shelf = Shelf(copy, Project(Path(__file__).parent.parent).settings())
    assert bibtex(shelf.catalogue, region, "fr").startswith("@techreport{ariut-sresr,\n  author = {{Association")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text.replace("    albi:  # open", "    alby:  # open"), "do not stand under sites: alby"),
        (lambda text: text.replace("rodez: 0.8,", ""), "site_weight lacks sites: rodez"),
    ],
)
def test_the_generator_knows_the_regions_sites_only(copy: Project, change: Callable[[str], str], said: str) -> None:
    edit(copy.reference / "simulation.yml", change)
    with pytest.raises(BadInput, match=said):
        read_calibration(copy)
