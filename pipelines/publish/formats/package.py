"""The Data Package, `datapackage.json`: every file with its hash, every column with its type and meaning."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipelines.kernel.catalogue import Catalogue
from pipelines.kernel.files import sha256_of
from pipelines.kernel.region import Region
from pipelines.publish.formats.described import LICENCE, Described, Table

MEDIA = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet"}


def data_package(
    tables: list[Table], folder: Path, catalogue: Catalogue, edition: str, region: Region
) -> dict[str, Any]:
    """Return the package of the files `<table>.csv` and `<table>.parquet` that stand in `folder`."""
    return {
        "profile": "data-package",
        "name": "observatoire-sresr",
        "id": f"observatoire-sresr-{edition}",
        "version": edition,
        "title": f"{region.observatory.fr}, édition {edition}",
        "title_en": f"{region.observatory.en}, {edition} edition",
        "licenses": [{"name": "etalab-2.0", "title": "Licence Ouverte 2.0", "path": LICENCE}],
        "sources": [
            {
                "title": f"{source.producer}, {source.title.fr}",
                "path": source.landing_page,
                "origin": source.origin,
                "licence": source.licence,
            }
            for source in catalogue.sources.values()
        ],
        "resources": [_resource(table, kind, folder) for table in tables for kind in MEDIA],
    }


def _resource(table: Table, kind: str, folder: Path) -> dict[str, Any]:
    path = folder / f"{table.name}.{kind}"
    described: dict[str, Any] = {
        "name": table.name if kind == "csv" else f"{table.name}_parquet",
        "title": table.title.fr,
        "title_en": table.title.en,
        "path": path.name,
        "format": kind,
        "mediatype": MEDIA[kind],
        "bytes": path.stat().st_size,
        "hash": f"sha256:{sha256_of(path)}",
    }
    if kind != "csv":
        return described | {"type": "file"}  # it carries its own schema; readers of the standard take it as bytes
    schema: dict[str, Any] = {"fields": [_field(column) for column in table.columns], "missingValues": [""]}
    if table.grain:
        schema["primaryKey"] = list(table.grain)
    return described | {
        "profile": "tabular-data-resource",
        "rows": table.frame.height,
        "schema": schema,
        "encoding": "utf-8",
        "dialect": {"delimiter": ",", "lineTerminator": "\n"},
    }


def _field(column: Described) -> dict[str, Any]:
    field: dict[str, Any] = {"name": column.name, "type": column.type}
    known = column.meaning
    if known is not None:
        field |= {
            "title": known.label.fr,
            "title_en": known.label.en,
            "description": known.meaning.fr,
            "description_en": known.meaning.en,
        }
        if known.unit is not None:
            field["unit"] = known.unit
    return field
