"""Staging whole datasets: what is made again and when, and properties that hold whatever the rows."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import pipelines.acquire
import pipelines.stage
from pipelines.kernel.catalogue import Dtype, Table, read_catalogue
from pipelines.kernel.dictionary import read_dictionary
from pipelines.kernel.files import sha256_of, write_parquet
from pipelines.kernel.files import write_csv as write_figures
from pipelines.kernel.problems import BadInput
from pipelines.kernel.project import Project, Settings
from pipelines.stage.casting import TYPES
from pipelines.stage.staging import stage_vintage
from tests.opendata import dataset, stage_one, write_csv

SETTINGS = Settings(edition=2024)


@pytest.fixture
def regional(project: Project, empty_project: Project) -> Project:
    """A project with every open dataset, and nothing but what ships."""
    shutil.copytree(project.baseline, empty_project.baseline)
    empty_project.sources.mkdir()
    for source in read_catalogue(project).sources.values():
        if not source.personal:
            shutil.copy(project.sources / f"{source.id}.yml", empty_project.sources)
    pipelines.acquire.run(empty_project, SETTINGS)
    return empty_project


def hashes(folder: Path) -> dict[str, str]:
    """Return file name → hash."""
    return {path.name: sha256_of(path) for path in folder.iterdir()}


def test_every_shipped_table_is_staged_with_its_columns_types_and_origin(regional: Project) -> None:
    pipelines.stage.run(regional, SETTINGS)
    catalogue = read_catalogue(regional)
    shipped = {name for name, (source, _) in catalogue.tables.items() if any(v.shipped for v in source.vintages)}
    assert {path.stem for path in regional.staging.iterdir()} == shipped
    for name in shipped:
        table = catalogue.tables[name][1]
        schema = pl.read_parquet_schema(regional.staging / f"{name}.parquet")
        wanted = {column: TYPES[dtype] for column, dtype in table.columns.items()} | {"origin": pl.String()}
        assert dict(schema) == wanted, name


def test_the_same_input_gives_the_same_bytes(regional: Project) -> None:
    pipelines.stage.run(regional, SETTINGS)
    first = hashes(regional.staging)
    shutil.rmtree(regional.staging)
    shutil.rmtree(regional.fingerprints)
    pipelines.stage.run(regional, SETTINGS)
    assert hashes(regional.staging) == first


def test_only_the_dataset_that_changed_is_staged_again(regional: Project) -> None:
    assert len(pipelines.stage.run(regional, SETTINGS).made) == 12
    again = pipelines.stage.run(regional, SETTINGS)
    assert (again.made, len(again.kept)) == ((), 12)
    sidecar = regional.sources / "apb.yml"
    sidecar.write_text(sidecar.read_text(encoding="utf-8") + "# a remark\n", encoding="utf-8")
    assert pipelines.stage.run(regional, SETTINGS).made == ("apb",)
    (regional.staging / "stg_sise__international.parquet").unlink()
    assert pipelines.stage.run(regional, SETTINGS).made == ("sise",)


def test_one_bad_dataset_and_nothing_is_written(regional: Project) -> None:
    pipelines.stage.run(regional, SETTINGS)
    before = hashes(regional.staging)
    figures = regional.baseline / "population__departement.csv"
    figures.write_text(figures.read_text(encoding="utf-8").replace("154596", "154000"), encoding="utf-8")
    note = figures.with_suffix(".yml")
    said = note.read_text(encoding="utf-8").splitlines()
    changed = [f"sha256: {sha256_of(figures)}" if line.startswith("sha256:") else line for line in said]
    note.write_text("\n".join(changed), encoding="utf-8")
    sidecar = regional.sources / "apb.yml"
    sidecar.write_text(sidecar.read_text(encoding="utf-8").replace("year: int", "session: int"), encoding="utf-8")
    with pytest.raises(BadInput):
        pipelines.acquire.run(regional, SETTINGS)
    with pytest.raises(BadInput):
        pipelines.stage.run(regional, SETTINGS)
    assert hashes(regional.staging) == before


def test_an_unknown_adapter_is_named(project: Project, tmp_path: Path) -> None:
    source, vintage = dataset(project, "population", "2021")
    with pytest.raises(BadInput, match='column "adapter": The sidecar names an adapter that does not exist'):
        stage_one(source.model_copy(update={"adapter": "telepathy"}), vintage, tmp_path / "x.csv")


def test_every_staged_column_is_in_the_dictionary_with_its_type(project: Project) -> None:
    dictionary = read_dictionary(project)
    for source in read_catalogue(project).sources.values():
        for table in () if source.personal else source.tables:
            for column, dtype in table.columns.items():
                assert column in dictionary, f"{table.name(source.id)}.{column}"
                assert dictionary[column].type == dtype, f"{table.name(source.id)}.{column}"


def test_every_sidecar_key_is_explained(project: Project) -> None:
    from pipelines.kernel.catalogue import Part, Source, Vintage

    text = (project.sources / "README.md").read_text(encoding="utf-8")
    for model in (Source, Table, Vintage, Part):
        for key in model.model_fields:
            assert f"`{key}`" in text, f"{model.__name__}.{key}"


# Texts as staging leaves them: not blank, no space at either end, no code for a missing value.
WORDS = st.text(
    alphabet=st.characters(
        categories=["L", "N", "P", "S"], include_characters=" éà'’\";,\n", exclude_characters="Ãâ#\ufffd"
    ),
    min_size=1,
    max_size=12,
).filter(lambda text: text.strip() == text and text.strip("\ufeff") == text)
CELLS: dict[Dtype, st.SearchStrategy[object]] = {
    "int": st.integers(min_value=0, max_value=2**53 - 1),
    "float": st.floats(allow_nan=False, allow_infinity=False),
    "str": WORDS,
    "bool": st.booleans(),
    "date": st.dates(),
}


@st.composite
def staged_frames(draw: st.DrawFn, table: Table) -> pl.DataFrame:
    """Draw a frame that could be a staging table: typed, a key once, nulls only where they may be."""
    needed = {*table.grain, *table.required}
    columns = {
        name: st.integers(1990, 2100) if name == "year" else CELLS[dtype] for name, dtype in table.columns.items()
    }
    row = st.fixed_dictionaries({n: cell if n in needed else st.none() | cell for n, cell in columns.items()})
    rows = draw(st.lists(row, min_size=1, max_size=8, unique_by=lambda item: tuple(item[n] for n in table.grain)))
    schema = {name: TYPES[dtype] for name, dtype in table.columns.items()}
    return pl.DataFrame(rows, schema=schema).sort(list(table.grain))


@pytest.mark.parametrize(
    "source_id", ["effectifs", "implantations", "insertion_dut", "parcoursup", "barometre", "erasmus"]
)
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_shipping_a_staged_table_and_staging_it_gives_it_back(
    project: Project, tmp_path_factory: pytest.TempPathFactory, source_id: str, data: st.DataObject
) -> None:
    source, vintage = dataset(project, source_id, "baseline")
    (table,) = source.tables
    frame = data.draw(staged_frames(table))
    path = tmp_path_factory.mktemp("shipped") / f"{source_id}__{table.object}.csv"
    write_figures(path, frame, table.grain)
    (staged,) = stage_vintage(source, vintage, {path.name: path}, "observed").values()
    assert staged.drop("origin").equals(frame)


@pytest.mark.parametrize("source_id", ["implantations", "insertion_dut"])
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_the_order_of_rows_does_not_change_a_byte(
    project: Project, tmp_path_factory: pytest.TempPathFactory, source_id: str, data: st.DataObject
) -> None:
    """Few distinct keys, so that rows meet: summed in the one dataset, numbered in the other."""
    vintage_id = {"implantations": "2015", "insertion_dut": "2013-2016"}[source_id]
    source, vintage = dataset(project, source_id, vintage_id)
    (table,) = source.tables
    number = st.integers(0, 30).map(str)
    keys = {
        "Code de l'implantation": st.sampled_from(["0310001A", "0320001B"]),
        "Année": st.just("2016"),
        "situation": st.just("18 mois après le diplôme"),
    }
    headers = [*vintage.columns.values(), *vintage.measures.values()]
    cells = {
        header: keys.get(
            header,
            st.just("2001-01-01") if "Date" in header else st.just("43.6, 1.4") if "Géo" in header else number,
        )
        for header in headers
    }
    # A row given twice, cell for cell, is refused where rows are numbered.
    rows = data.draw(
        st.lists(st.fixed_dictionaries(cells), min_size=2, max_size=8, unique_by=lambda row: tuple(row.values()))
    )
    shuffled = random.Random(data.draw(st.integers(0, 99))).sample(rows, len(rows))
    folder = tmp_path_factory.mktemp("order")
    for name, content in (("a", rows), ("b", shuffled)):
        frame = stage_one(source, vintage, write_csv(folder / f"{name}.csv", vintage, content))
        write_parquet(folder / f"{name}.parquet", frame, table.grain)
    assert (folder / "a.parquet").read_bytes() == (folder / "b.parquet").read_bytes()
