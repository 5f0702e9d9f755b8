"""The pages of published figures: one for each, true to the public table, light, linked, silent on registers."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import rdflib

from pipelines.kernel.figure_address import FOLDER, figure_page, indicator_page
from pipelines.kernel.freshness import Freshness
from pipelines.kernel.project import Project, Settings
from pipelines.publish.figure_pages.drawing import Row, drawing
from pipelines.publish.figure_pages.writing import write_figure_pages
from pipelines.publish.shelf import Shelf
from pipelines.publish.tables.columns import dictionary
from pipelines.render.links import local_targets, pointers
from pipelines.render.structured import script, with_header
from tests.publish_project import made_up

ROOT = Path(__file__).resolve().parent.parent
OPEN_HASH, REGISTER_HASH = "a1" * 32, "b2" * 32
BESIDE = {"index.html", "chiffres.html", "qualite.html"}
"""Pages of the report that those of figures lead to; `render` refuses a site without them."""


def receipt(project: Project, source: str, file: str, sha256: str, origin: str) -> None:
    path = project.raw / source / "v1" / "vintage.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    files = [{"file": file, "sha256": sha256, "bytes": 4321}]
    path.write_text(json.dumps({"source": source, "vintage": "v1", "origin": origin, "files": files}), encoding="utf-8")


def written(project: Project, settings: Settings) -> Path:
    """Write the pages and return the language's folder."""
    reports = project.reports / settings.lang
    write_figure_pages(Shelf(project, settings), Freshness(project, "publish"), reports, reports / "_generated")
    return reports


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, Settings]:
    project, settings = made_up(tmp_path_factory.mktemp("figures"))
    shutil.copytree(ROOT / "sql", project.sql)
    receipt(project, "sise", "sise__enrolment.csv", OPEN_HASH, "observed")
    receipt(project, "apogee", "secret_register.csv", REGISTER_HASH, "simulated")
    written(project, settings)
    return project, settings


def rows(project: Project) -> list[dict[str, Any]]:
    return pl.read_parquet(project.protected / "pub_values.parquet").to_dicts()


def page_of(project: Project, row: dict[str, Any], lang: str = "fr") -> str:
    address = figure_page(row["indicator_code"], row["scope_code"], row["year"])
    return (project.reports / lang / address).read_text(encoding="utf-8")


def structured(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page)
    assert found
    return json.loads(found[1])  # type: ignore[no-any-return]


def test_every_published_figure_has_a_page_and_no_other_has(made: tuple[Project, Settings]) -> None:
    project, _ = made
    wanted = {figure_page(row["indicator_code"], row["scope_code"], row["year"]) for row in rows(project)}
    registry = {indicator_page(code) for code in Shelf(*made).indicators}
    found = {
        path.relative_to(project.reports / "fr").as_posix()
        for path in (project.reports / "fr").glob("chiffres/**/*.html")
    }
    assert found == wanted | registry
    assert len(wanted) > 300


def test_every_link_of_every_page_leads_somewhere_and_nothing_comes_from_the_network(
    made: tuple[Project, Settings],
) -> None:
    reports = made[0].reports / "fr"
    for path in sorted(reports.glob("chiffres/**/*.html")):
        name = path.relative_to(reports).as_posix()
        found = pointers(path.read_text(encoding="utf-8"))
        assert not [address for address in found.loaded if "//" in address], name
        for target in local_targets(name, found):
            assert target.file in BESIDE or (reports / target.file).is_file(), f"{name}: {target.written}"


def test_the_pages_are_light(made: tuple[Project, Settings]) -> None:
    sizes = [path.stat().st_size for path in (made[0].reports / "fr").glob("chiffres/*/*/*.html")]
    assert sum(sizes) / len(sizes) < 6_000
    assert max(sizes) < 7_000


def test_a_hidden_figure_says_why_and_shows_no_number(made: tuple[Project, Settings]) -> None:
    hidden = [row for row in rows(made[0]) if row["flag"] == "c"]
    assert hidden
    for row in hidden:
        page = page_of(made[0], row)
        assert '<p class="figure-value">c</p>' in page
        assert 'id="why"' in page
        assert "÷" not in page
        assert not {"value", "minValue", "maxValue"} & set(structured(page)["mainEntity"])


def test_a_simulated_figure_says_so_beside_its_value_and_in_its_citation(made: tuple[Project, Settings]) -> None:
    row = next(row for row in rows(made[0]) if row["origin"] == "simulated" and row["value"] is not None)
    page = page_of(made[0], row)
    assert re.search(r'figure-value">[^<]+ <small>\(simulé\)</small>', page)
    assert re.search(r'class="quotation">[^<]*\(simulé\)', page)


def test_an_indicator_that_nothing_measures_says_why(made: tuple[Project, Settings]) -> None:
    shelf = Shelf(*made)
    unmeasured = [code for code in shelf.indicators if not shelf.scopes(code)]
    assert unmeasured
    for code in unmeasured:
        page = (made[0].reports / "fr" / indicator_page(code)).read_text(encoding="utf-8")
        assert re.search(r'id="why"><h2>[^<]+</h2>\n<p>.{20,}</p>', page), code


def test_an_open_file_is_named_with_its_hash_and_a_register_is_not(made: tuple[Project, Settings]) -> None:
    texts = [path.read_text(encoding="utf-8") for path in (made[0].reports / "fr").glob("chiffres/**/*.html")]
    assert any(OPEN_HASH in text for text in texts)
    assert any("apogee, registre simulé" in text for text in texts)
    for text in texts:
        assert REGISTER_HASH[:10] not in text
        assert "secret_register" not in text
        assert "4321" not in text


def test_what_is_said_to_harvesters_is_json_ld_of_schema_org(made: tuple[Project, Settings]) -> None:
    schema = rdflib.Namespace("https://schema.org/")
    for row in rows(made[0])[:: max(1, len(rows(made[0])) // 12)]:
        content = structured(page_of(made[0], row))
        assert content["@context"] == "https://schema.org"
        graph = rdflib.Graph().parse(
            data=json.dumps({**content, "@context": {"@vocab": str(schema)}}), format="json-ld"
        )
        (observation,) = graph.subjects(rdflib.RDF.type, schema.Observation)
        assert str(graph.value(observation, schema.observationDate)) == str(row["year"])
        assert str(graph.value(observation, schema.identifier)).startswith(
            f"{row['indicator_code']}/{row['scope_code']}/"
        )
        value = graph.value(observation, schema.value)
        assert (None if value is None else float(value)) == row["value"]
        assert list(graph.subjects(rdflib.RDF.type, schema.Dataset))


def test_what_stands_in_a_script_cannot_end_it() -> None:
    assert "</script>" not in script({"name": "</script><b>"}).removesuffix("</script>")


def test_a_page_for_quarto_bears_the_element_in_its_front_matter() -> None:
    told = with_header('---\ntitle: "T"\n---\n\nText\n', "<script>{}</script>")
    assert told == '---\ninclude-in-header:\n  - text: |\n      <script>{}</script>\ntitle: "T"\n---\n\nText\n'


def test_only_pages_that_change_are_written_and_one_that_is_gone_goes(tmp_path: Path) -> None:
    project, settings = made_up(tmp_path)
    reports = written(project, settings)
    files = sorted((reports / FOLDER).rglob("*.html"))
    before = {path: path.stat().st_mtime_ns for path in files}
    path = project.protected / "pub_values.parquet"
    frame = pl.read_parquet(path)
    first = next(row for row in frame.to_dicts() if row["value"] is not None and row["origin"] == "observed")
    is_first = (
        (pl.col("indicator_code") == first["indicator_code"])
        & (pl.col("scope_code") == first["scope_code"])
        & (pl.col("year") == first["year"])
    )
    frame.with_columns(
        pl.when(is_first).then(pl.col("value") * 2).otherwise(pl.col("value")).alias("value")
    ).write_parquet(path)
    written(project, settings)
    changed = {item.relative_to(reports).as_posix() for item in files if item.stat().st_mtime_ns != before[item]}
    own = figure_page(first["indicator_code"], first["scope_code"], first["year"])
    assert changed == {own, indicator_page(first["indicator_code"])}
    frame.filter(~is_first).write_parquet(path)
    written(project, settings)
    assert not (reports / own).exists()


def test_the_english_pages_have_the_same_addresses(made: tuple[Project, Settings]) -> None:
    project, settings = made
    english = written(project, settings.changed(lang="en"))
    names = {path.relative_to(english / FOLDER).as_posix() for path in (english / FOLDER).rglob("*.html")}
    french = project.reports / "fr" / FOLDER
    assert names == {path.relative_to(french).as_posix() for path in french.rglob("*.html")}
    page = page_of(project, rows(project)[0], "en")
    assert '<html lang="en">' in page
    assert "Where it comes from" in page


def test_the_drawing_has_a_mark_for_each_thing_and_an_arc_for_each_edge() -> None:
    things = [Row("", "Heading"), Row("@", "@"), Row("a", "a<b"), Row("c", "c", "small")]
    drawn = drawing(things, [("@", "a"), ("a", "c"), ("a", "absent")], "Lineage")
    marks = re.search(r'class="m" d="([^"]+)"', drawn)
    arcs = re.search(r'<path d="([^"]+)"', drawn)
    assert marks
    assert arcs
    assert marks[1].count("h0") == 3
    assert arcs[1].count("q") == 2
    assert "a&lt;b" in drawn
    assert drawn.count("<text") == 5


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_dictionary_page_has_every_column_with_its_meaning(made: tuple[Project, Settings], lang: str) -> None:
    from pipelines.kernel.dictionary import read_dictionary

    table = dictionary(Shelf(made[0], made[1].changed(lang=lang)))
    known = read_dictionary(made[0])
    assert [row[0].strip("`") for row in table.rows] == list(known)
    assert all(row[1] and len(row[2]) > 5 for row in table.rows)
    by_name = {row[0]: row for row in table.rows}
    assert "pub_values" in by_name["`scope_level`"][-1]
