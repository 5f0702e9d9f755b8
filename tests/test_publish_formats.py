"""Each format of the published data, read back by its own standard's library, on a small project."""

from __future__ import annotations

import csv
import io
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import csvw
import polars as pl
import pytest
import rdflib
from frictionless import Package
from pysdmx.io import read_sdmx
from pysdmx.model import DataStructureDefinition
from pyshacl import validate

from pipelines.kernel.flags import LABELS
from pipelines.publish.data import published, write_data
from pipelines.publish.formats.described import described_tables, type_of
from pipelines.publish.formats.sdmx import COLUMNS, STRUCTURE_ID, sdmx_csv
from pipelines.publish.formats.workbook import workbook
from pipelines.publish.shelf import Shelf
from tests.publish_project import made_up

# What DCAT-AP 3 asks of a catalogue, a dataset and a distribution: its mandatory properties.
SHAPES = """
@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dct: <http://purl.org/dc/terms/> . @prefix foaf: <http://xmlns.com/foaf/0.1/> .
[] a sh:NodeShape ; sh:targetClass dcat:Catalog ;
  sh:property [ sh:path dct:title ; sh:minCount 1 ] , [ sh:path dct:description ; sh:minCount 1 ] ,
    [ sh:path dct:publisher ; sh:minCount 1 ; sh:maxCount 1 ; sh:class foaf:Agent ] ,
    [ sh:path dcat:dataset ; sh:minCount 1 ; sh:class dcat:Dataset ] .
[] a sh:NodeShape ; sh:targetClass dcat:Dataset ;
  sh:property [ sh:path dct:title ; sh:minCount 1 ; sh:uniqueLang true ] , [ sh:path dct:description ; sh:minCount 1 ] ,
    [ sh:path dcat:distribution ; sh:minCount 2 ; sh:class dcat:Distribution ] .
[] a sh:NodeShape ; sh:targetClass dcat:Distribution ;
  sh:property [ sh:path dcat:accessURL ; sh:minCount 1 ; sh:nodeKind sh:IRI ] ,
    [ sh:path dct:license ; sh:minCount 1 ] .
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Shelf, Path]:
    """Return the shelf of a small project and its published folder."""
    project, settings = made_up(tmp_path_factory.mktemp("formats"))
    shelf = Shelf(project, settings)
    write_data(shelf, project.build / "data")
    return shelf, project.build / "data"


def test_the_data_package_is_valid_and_a_changed_cell_is_not(made: tuple[Shelf, Path], tmp_path: Path) -> None:
    _, folder = made
    assert Package(str(folder / "datapackage.json")).validate().valid
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    path = copy / "pub_values.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("2023", "year", 1), encoding="utf-8")
    assert not Package(str(copy / "datapackage.json")).validate().valid


def test_csvw_reads_every_row_with_its_types(made: tuple[Shelf, Path]) -> None:
    shelf, folder = made
    group = csvw.TableGroup.from_file(folder / "csv-metadata.json")
    assert len(group.tables) == len(published(shelf))
    for table in group.tables:
        name = str(table.url.string).removesuffix(".csv")
        rows = list(table.iterdicts())
        assert len(rows) == shelf.table(name).height
        if name == "pub_values":
            assert all(isinstance(row["year"], int) for row in rows)


def test_the_catalogue_has_what_dcat_ap_asks(made: tuple[Shelf, Path]) -> None:
    _, folder = made
    text = (folder / "catalogue.jsonld").read_text(encoding="utf-8")
    shapes = rdflib.Graph().parse(data=SHAPES, format="turtle")

    def conforms(content: str) -> bool:
        graph = rdflib.Graph().parse(data=content, format="json-ld", publicID="https://example.org/data/")
        return bool(validate(graph, shacl_graph=shapes)[0])

    assert conforms(text)
    planted = json.loads(text)
    del planted["dcat:dataset"][0]["dcat:distribution"][0]["dcat:accessURL"]
    assert not conforms(json.dumps(planted))
    assert len(json.loads(text)["dcat:dataset"]) == len(list(folder.glob("pub_*.csv")))


def test_the_sdmx_structure_is_valid_and_knows_every_code(made: tuple[Shelf, Path]) -> None:
    shelf, folder = made
    message = read_sdmx(folder / "sdmx" / "structure.json", validate=True)
    (definition,) = (item for item in message.structures or () if isinstance(item, DataStructureDefinition))
    schema = definition.to_schema()
    with (folder / "sdmx" / "values.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0]) == ["STRUCTURE", "STRUCTURE_ID", "ACTION", *(item.id for item in schema.components)]
    assert {row["STRUCTURE_ID"] for row in rows} == {STRUCTURE_ID}
    for component in schema.components:
        if component.local_codes is not None:
            known = {code.id for code in component.local_codes.items}
            assert {row[component.id] for row in rows} <= known, component.id
    keys = [tuple(row[item.id] for item in schema.components.dimensions) for row in rows]
    assert len(set(keys)) == len(keys) == shelf.table("pub_values").height


def test_what_is_hidden_is_empty_in_sdmx_and_keeps_its_flag() -> None:
    row: dict[str, Any] = dict.fromkeys(COLUMNS.values(), "x") | {"value": None, "flag": "c", "year": 2023}
    (line,) = csv.DictReader(io.StringIO(sdmx_csv([row])))
    assert (line["OBS_VALUE"], line["OBS_FLAG"]) == ("", "c")
    assert {flag.value for flag in LABELS} >= {"c"}


def test_the_workbook_holds_every_table_as_published(made: tuple[Shelf, Path]) -> None:
    shelf, folder = made
    for name in published(shelf):
        frame = shelf.table(name)
        if frame.height:
            read = pl.read_excel(folder / "observatoire.xlsx", sheet_name=name.removeprefix("pub_")[:31])
            assert read.columns == frame.columns
            assert read.height == frame.height
    first = pl.read_excel(folder / "observatoire.xlsx", sheet_name="Lisez-moi", has_header=False)
    assert "édition" in str(first.row(0))


def test_the_same_tables_give_the_same_bytes(made: tuple[Shelf, Path], tmp_path: Path) -> None:
    shelf, folder = made
    write_data(shelf, tmp_path / "again")
    for path in folder.rglob("*"):
        if path.is_file():
            assert path.read_bytes() == (tmp_path / "again" / path.relative_to(folder)).read_bytes(), path.name


def test_two_tables_cannot_share_a_sheet(made: tuple[Shelf, Path]) -> None:
    shelf, _ = made
    table = described_tables(shelf, ["pub_values"])[0]
    twins = [replace(table, name=f"pub_a_name_too_long_for_a_sheet_of_a_workbook_{end}") for end in "ab"]
    with pytest.raises(ValueError, match="same sheet name"):
        workbook(twins, "2024", shelf.region, "#000000")


def test_a_type_no_description_can_name_is_refused() -> None:
    assert type_of("Int64") == "integer"
    with pytest.raises(ValueError, match="no description can name"):
        type_of("List(Int64)")
