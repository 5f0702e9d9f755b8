"""The catalogue as DCAT-AP in JSON-LD, what data.gouv.fr and European portals harvest; it bears its own context."""

from __future__ import annotations

from typing import Any

from pipelines.kernel.region import Region
from pipelines.publish.formats.described import LICENCE, Table

CONTEXT = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "spdx": "http://spdx.org/rdf/terms#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "id": "@id",
    "type": "@type",
}

EDUCATION = "http://publications.europa.eu/resource/authority/data-theme/EDUC"
FRENCH = "http://publications.europa.eu/resource/authority/language/FRA"
YEARLY = "http://publications.europa.eu/resource/authority/frequency/ANNUAL"
KINDS = {"csv": ("CSV", "text/csv"), "parquet": ("PARQUET", "application/vnd.apache.parquet")}


def dcat(tables: list[Table], hashes: dict[str, str], edition: str, region: Region) -> dict[str, Any]:
    """Return the catalogue: one dataset a table, one distribution a file; `hashes` has the SHA-256 of each file.

    Addresses are relative to the file itself: whoever puts the folder on a site has a catalogue that can be harvested.
    """
    return {
        "@context": CONTEXT,
        "id": "#catalogue",
        "type": "dcat:Catalog",
        "dct:title": _both(region.observatory.fr, region.observatory.en),
        "dct:description": _both(
            "Tableaux publiés de l'observatoire, sous contrôle de confidentialité.",
            "Published tables of the observatory, under disclosure control.",
        ),
        "dct:publisher": {"id": "#publisher", "type": "foaf:Agent", "foaf:name": region.publisher.name},
        "dct:language": {"id": FRENCH},
        "dct:license": {"id": LICENCE},
        "dcat:version": edition,
        "dcat:dataset": [_dataset(table, hashes, edition) for table in tables],
    }


def _dataset(table: Table, hashes: dict[str, str], edition: str) -> dict[str, Any]:
    columns = ", ".join(column.meaning.label.fr if column.meaning else column.name for column in table.columns)
    simulated = " Des lignes sont simulées (colonne origin)." if table.is_simulated else ""
    said: dict[str, Any] = {
        "id": f"#{table.name}",
        "type": "dcat:Dataset",
        "dct:identifier": f"{table.name}@{edition}",
        "dct:title": _both(table.title.fr, table.title.en),
        "dct:description": _both(f"Colonnes : {columns}.{simulated}", table.title.en),
        "dct:publisher": {"id": "#publisher"},
        "dct:accrualPeriodicity": {"id": YEARLY},
        "dcat:theme": {"id": EDUCATION},
        "dcat:version": edition,
        "dcat:distribution": [_distribution(table.name, kind, hashes) for kind in KINDS],
    }
    if "year" in table.frame.columns and table.frame.height:
        first, last = table.frame["year"].min(), table.frame["year"].max()
        said["dct:temporal"] = {
            "type": "dct:PeriodOfTime",
            "dcat:startDate": {"@value": str(first), "@type": "xsd:gYear"},
            "dcat:endDate": {"@value": str(last), "@type": "xsd:gYear"},
        }
    return said


def _distribution(name: str, kind: str, hashes: dict[str, str]) -> dict[str, Any]:
    file = f"{name}.{kind}"
    code, media = KINDS[kind]
    return {
        "id": f"#{file}",
        "type": "dcat:Distribution",
        "dct:title": file,
        "dcat:accessURL": {"id": file},
        "dcat:downloadURL": {"id": file},
        "dcat:mediaType": {"id": f"https://www.iana.org/assignments/media-types/{media}"},
        "dct:format": {"id": f"http://publications.europa.eu/resource/authority/file-type/{code}"},
        "dct:license": {"id": LICENCE},
        "spdx:checksum": {
            "type": "spdx:Checksum",
            "spdx:algorithm": {"id": "http://spdx.org/rdf/terms#checksumAlgorithm_sha256"},
            "spdx:checksumValue": {"@value": hashes[file], "@type": "xsd:hexBinary"},
        },
    }


def _both(fr: str, en: str) -> list[dict[str, str]]:
    return [{"@value": fr, "@language": "fr"}, {"@value": en, "@language": "en"}]
