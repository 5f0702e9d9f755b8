"""What keeps an edition from being whole on a machine that has nothing of this project but browsers and libraries."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import csvw
import duckdb
import polars as pl
import yaml
from frictionless import Package
from pysdmx.io import read_sdmx
from rocrate.rocrate import ROCrate

from pipelines.render.links import local_targets, pointers, remote_resources

DATACITE = {
    "creators": ("name", "nameType"),
    "titles": ("title",),
    "publisher": ("name",),
    "types": ("resourceType", "resourceTypeGeneral"),
}
"""Properties that DataCite's schema 4 requires, with what each of their items must hold."""

FRAME = ("titles", "creators", "publisher", "publicationYear", "types", "schemaVersion")
"""Properties DataCite requires but the DOI, which is the owner's to mint."""


def faults(edition: Path) -> Iterator[str]:
    """Give what is missing or broken in the folder of an edition, one sentence each."""
    done = subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=edition, capture_output=True, check=False)
    if done.returncode:
        yield "SHA256SUMS: not every byte is as it was sealed"
    yield from site_faults(edition / "site")
    yield from database_faults(edition / "data")
    yield from format_faults(edition / "data")
    yield from crate_faults(edition)
    yield from citation_faults(edition)


def site_faults(site: Path, looked_at: str = "**/*.html") -> Iterator[str]:
    """Give the links and images that lead nowhere, and what a page would load from the network."""
    pages = {path.relative_to(site).as_posix(): pointers(path.read_text(encoding="utf-8"))
             for path in sorted(site.glob(looked_at))}  # fmt: skip
    if "index.html" not in pages:
        yield "site/index.html: there is no first page"
    for name, found in pages.items():
        for address in remote_resources(found):
            yield f"site/{name}: loads {address} from the network"
        for target in local_targets(name, found):
            if target.file.startswith("..") or not (site / target.file).is_file():
                yield f"site/{name}: {target.written} leads out of the edition or nowhere"
            elif target.anchor and target.file in pages and target.anchor not in pages[target.file].ids:
                yield f"site/{name}: {target.written} has no such anchor"


def database_faults(data: Path) -> Iterator[str]:
    """Give the tables and columns of the database without a comment, or with other rows than their CSV."""
    tables = [path.stem for path in sorted(data.glob("pub_*.csv"))]
    with duckdb.connect(str(data / "observatoire.duckdb"), read_only=True) as connection:
        if (
            sorted(name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall())
            != tables
        ):
            yield "data/observatoire.duckdb: its tables are not those of the CSV files"
        for (name,) in connection.execute("select table_name from duckdb_tables() where comment is null").fetchall():
            yield f"data/observatoire.duckdb: the table {name} has no comment"
        query = "select table_name, column_name from duckdb_columns() where comment is null and not internal"
        for table, column in connection.execute(query).fetchall():
            yield f"data/observatoire.duckdb: the column {table}.{column} has no comment"
        for name in tables:
            count = connection.execute(f'select count(*) from "{name}"').fetchone()
            lines = pl.read_csv(data / f"{name}.csv", infer_schema=False).height
            if count != (lines,) or pl.read_parquet(data / f"{name}.parquet").height != lines:
                yield f"data/{name}: the CSV, the Parquet and the database do not have the same rows"


def format_faults(data: Path) -> Iterator[str]:
    """Give the formats that their own libraries do not read."""
    report = Package(str(data / "datapackage.json")).validate()
    if not report.valid:
        yield f"data/datapackage.json: frictionless says {report.flatten(['note'])[:1]}"
    tables = csvw.TableGroup.from_file(data / "csv-metadata.json").tables
    empty = [str(table.url.string) for table in tables if not list(table.iterdicts())]
    for name in empty:
        if pl.read_csv(data / name, infer_schema=False).height:
            yield f"data/{name}: CSVW reads no row"
    if len(tables) != len(list(data.glob("pub_*.csv"))):
        yield "data/csv-metadata.json: it does not describe every table"
    if not read_sdmx(data / "sdmx" / "structure.json", validate=True).structures:
        yield "data/sdmx/structure.json: it holds no structure"
    values = pl.read_csv(data / "sdmx" / "values.csv", infer_schema=False)
    if values.height != pl.read_parquet(data / "pub_values.parquet").height:
        yield "data/sdmx/values.csv: not every value stands in it"
    sheets = pl.read_excel(data / "observatoire.xlsx", sheet_id=0, has_header=False)
    if len(sheets) <= len(tables) - len(empty):
        yield "data/observatoire.xlsx: a table has no sheet"
    if "@graph" not in (text := (data / "catalogue.jsonld").read_text(encoding="utf-8")) and "@type" not in text:
        yield "data/catalogue.jsonld: it describes nothing"


def crate_faults(edition: Path) -> Iterator[str]:
    """Give the files that the RO-Crate does not describe, or that it describes and are not there."""
    described = {entity.id for entity in ROCrate(edition).get_entities() if entity.type == "File"}
    there = {path.relative_to(edition).as_posix() for path in edition.rglob("*") if path.is_file()}
    for name in sorted(described ^ (there - {"SHA256SUMS", "ro-crate-metadata.json"})):
        yield f"ro-crate-metadata.json: {name} is described and missing, or there and not described"


def citation_faults(edition: Path) -> Iterator[str]:
    """Give what the citations and DataCite's metadata lack."""
    content = json.loads((edition / "datacite.json").read_text(encoding="utf-8"))
    for name in FRAME:
        if not content.get(name):
            yield f"datacite.json: {name} is required by DataCite and missing"
    for name, parts in DATACITE.items():
        items = content.get(name) or []
        for item in items if isinstance(items, list) else [items]:
            for part in parts:
                if not item.get(part):
                    yield f"datacite.json: {name}.{part} is required by DataCite and missing"
    if content.get("schemaVersion") != "http://datacite.org/schema/kernel-4":
        yield "datacite.json: it is not of schema 4"
    cff = yaml.safe_load((edition / "CITATION.cff").read_text(encoding="utf-8"))
    for name in ("cff-version", "message", "title", "authors", "version", "date-released"):
        if name not in cff:
            yield f"CITATION.cff: {name} is missing"
    if not (edition / "citation.bib").read_text(encoding="utf-8").startswith("@"):
        yield "citation.bib: it is no BibTeX"
    if "id" not in json.loads((edition / "citation.json").read_text(encoding="utf-8"))[0]:
        yield "citation.json: it is no CSL-JSON"
