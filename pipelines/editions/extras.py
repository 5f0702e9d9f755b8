"""What an edition holds besides what was built: one DuckDB file with comments, and the RO-Crate that describes all.

Four identical builds of a DuckDB file give four hashes, so it is made once, here, and no rebuild is held to its bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from pipelines.editions.names import EditionName
from pipelines.kernel.quoting import literal, quoted
from pipelines.kernel.region import Region

DATABASE = "data/observatoire.duckdb"
CRATE = "ro-crate-metadata.json"

MEDIA = {
    ".csv": "text/csv",
    ".json": "application/json",
    ".jsonld": "application/ld+json",
    ".parquet": "application/vnd.apache.parquet",
    ".pdf": "application/pdf",
    ".html": "text/html",
    ".svg": "image/svg+xml",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".duckdb": "application/octet-stream",
    ".txt": "text/plain",
    ".css": "text/css",
    ".js": "text/javascript",
    ".cff": "text/yaml",
    ".bib": "application/x-bibtex",
}


def write_database(folder: Path) -> None:
    """Write every table of `data/datapackage.json` into one DuckDB file, with its title and its columns' meanings."""
    import duckdb

    package = json.loads((folder / "data" / "datapackage.json").read_text(encoding="utf-8"))
    with duckdb.connect(str(folder / DATABASE)) as connection:
        for resource in package["resources"]:
            if resource["format"] != "csv":
                continue
            table = resource["name"]
            file = (folder / "data" / f"{table}.parquet").as_posix()
            connection.execute(f"create table {quoted(table)} as select * from read_parquet(?)", [file])
            connection.execute(f"comment on table {quoted(table)} is {literal(resource['title'])}")
            for field in resource["schema"]["fields"]:
                if "description" in field:
                    said = f"{field['title']} : {field['description']}"
                    connection.execute(f"comment on column {quoted(table)}.{quoted(field['name'])} is {literal(said)}")


def crate(region: Region, name: EditionName, day: date, files: Iterable[str], *, is_simulated: bool) -> dict[str, Any]:
    """Return the RO-Crate 1.1 metadata of an edition: every file as a part of the dataset."""
    listed, publisher = sorted(files), f"#{region.publisher.code}"
    described = "Publication annuelle de l'observatoire : rapport, tables, manifeste, contrôles."
    if is_simulated:
        described += " Contient des données simulées, qui ne décrivent personne."
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": f"{region.observatory.fr}, édition {name}",
        "description": described,
        "datePublished": day.isoformat(),
        "version": str(name),
        "license": {"@id": "https://spdx.org/licenses/etalab-2.0.html"},
        "publisher": {"@id": publisher},
        "hasPart": [{"@id": file} for file in listed],
    }
    return {
        "@context": "https://w3id.org/ro/crate/1.1/context",
        "@graph": [
            {
                "@id": CRATE,
                "@type": "CreativeWork",
                "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
                "about": {"@id": "./"},
            },
            root,
            {"@id": publisher, "@type": "Organization", "name": region.publisher.name},
            {
                "@id": "https://spdx.org/licenses/etalab-2.0.html",
                "@type": "CreativeWork",
                "name": "Licence Ouverte 2.0 (Etalab)",
            },
            *({"@id": file, "@type": "File", "encodingFormat": _media(file)} for file in listed),
        ],
    }


def _media(file: str) -> str:
    return MEDIA.get(Path(file).suffix, "application/octet-stream")
