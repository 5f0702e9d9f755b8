"""Another region, from the same commands: Val-d'Aurore, three sites, ends with its own report and says no other name.

One run serves all tests of this module. The code is the project's: only data, suites and pages were written over.
"""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pikepdf
import polars as pl
import pytest

from pipelines.kernel.brand import read_brand
from pipelines.kernel.files import sha256_of
from pipelines.kernel.project import Project
from tests.another_region import LOGO, OLD, write_over
from tests.cold_run import command, copy_of
from tests.paper import pages_of_chapters

pytestmark = pytest.mark.slow

READ = (".html", ".csv", ".json", ".jsonld", ".txt", ".js", ".svg", ".bib", ".qmd", ".md", ".yml")

RGB = re.compile(r"([\d.]+ [\d.]+ [\d.]+) (?:scn?|SCN?|rg|RG)\b")


@pytest.fixture(scope="module")
def aurore(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The observatory of Val-d'Aurore after its run."""
    home = copy_of(project, tmp_path_factory.mktemp("aurore"))
    write_over(home)
    subprocess.run([sys.executable, "-m", "pipelines.simulate.open_figures"], cwd=home.root, check=True)
    done = command(home)("run", "--threads", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    return home


def said(path: Path) -> str:
    """Return the text of a public file; of a workbook, that of its parts."""
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as book:
            return "\n".join(book.read(name).decode("utf-8") for name in book.namelist())
    return path.read_text(encoding="utf-8")


def test_the_region_has_its_report_its_data_and_a_sheet_for_each_of_its_sites(aurore: Project) -> None:
    site = aurore.build / "site"
    front = (site / "index.html").read_text(encoding="utf-8")
    assert "Observatoire des IUT de Val-d" in front
    assert "les trois sites" in front
    assert {page.stem for page in (site / "sites").glob("*.html")} == {"valmont", "rocheclaire", "brumelac"}
    paper = pages_of_chapters(aurore.build / "observatoire-2024.pdf")
    assert sum("Site : " in title for title in paper) == 3
    assert "Val-d'Aurore" in (aurore.build / "data/README.txt").read_text(encoding="utf-8")


def test_nothing_public_names_the_region_that_ships(aurore: Project) -> None:
    public = [path for path in aurore.build.rglob("*") if path.suffix in (*READ, ".xlsx") and path.is_file()]
    assert len(public) > 200
    named = {path.relative_to(aurore.root).as_posix(): found[0] for path in public if (found := OLD.search(said(path)))}
    assert named == {}


def test_all_that_is_drawn_has_its_own_colours_and_logo(project: Project, aurore: Project) -> None:
    """No colour of the house that ships is left in a page, figure, table, workbook or in the PDF; its own are there."""
    theirs, mine = (set(read_brand(one).colours.named().values()) for one in (project, aurore))
    gone = {colour.lower() for colour in theirs} - mine
    assert len(gone) > 40
    drawn = [path for path in aurore.build.rglob("*") if path.suffix in (*READ, ".css", ".xlsx") and path.is_file()]
    kept = {}
    for path in drawn:
        text = re.sub(r'rgb="FF(\w{6})"', r"#\1", said(path)).lower()
        if left := [colour for colour in gone if colour in text]:
            kept[path.relative_to(aurore.root).as_posix()] = left
    assert kept == {}
    site = aurore.build / "site"
    for page, root in (
        (site / "index.html", ""),
        (site / "sites/valmont.html", "../"),
        (aurore.build / "quality/index.html", ""),
    ):
        assert f'<img class="site-logo" src="{root}_theme/logo.svg" alt="Val' in page.read_text(encoding="utf-8")
        assert (page.parent / root / "_theme/logo.svg").read_text(encoding="utf-8") == LOGO
    with pikepdf.open(aurore.build / "observatoire-2024.pdf") as pdf:
        whole = {found for page in pdf.pages for found in RGB.findall(page.Contents.read_bytes().decode("latin-1"))}
    painted = {"#" + "".join(f"{round(float(part) * 255):02x}" for part in found.split()) for found in whole}
    assert {"#5a1846", "#2b1a12", "#12908f"} <= painted  # headings, text, the logo of the cover
    assert painted & gone == set()


def test_its_figures_are_those_of_its_own_scopes(aurore: Project) -> None:
    values = pl.read_parquet(aurore.build / "data/pub_values.parquet")
    scopes = dict(values.group_by("scope_level").agg(pl.col("scope_code").unique().sort()).iter_rows())
    assert scopes["region"] == ["val-d-aurore"]
    assert scopes["site"] == ["brumelac", "rocheclaire", "valmont"]
    assert scopes["departement"] == ["12", "31"]
    assert set(scopes["establishment"]) == {"uva", "uro", "ubr"}
    last = values.filter(pl.col("year") == 2024)
    students = dict(last.filter(pl.col("indicator_code") == "ENR-REG").select("scope_code", "value").iter_rows())
    outside = last.filter(pl.col("indicator_code") == "ENR-REG-OUT")["value"].item()
    assert outside == pytest.approx(1 - students["valmont"] / students["val-d-aurore"])


def test_its_contracts_are_summed_once_each_of_its_departements_is_known(aurore: Project) -> None:
    values = pl.read_parquet(aurore.build / "data/pub_values.parquet")
    contracts = values.filter((pl.col("indicator_code") == "APP-TERR") & (pl.col("year") == 2021))
    by_scope = dict(contracts.select("scope_code", "value").iter_rows())
    assert by_scope["val-d-aurore"] == by_scope["12"] + by_scope["31"]


def test_commands_speak_of_the_region_without_being_told(aurore: Project) -> None:
    assert "(val-d-aurore)" in command(aurore)("indicators", "ENR-DUT-BUT").stdout


def test_the_code_is_the_projects_own(project: Project, aurore: Project) -> None:
    for folder in ("pipelines", "sql"):
        mine = {path.relative_to(aurore.root): sha256_of(path) for path in (aurore.root / folder).rglob("*.[ps][yq]*")}
        mine = {name: digest for name, digest in mine.items() if name.suffix in (".py", ".sql")}
        assert mine
        assert mine == {name: sha256_of(project.root / name) for name in mine}
