"""CSVW, the W3C's metadata for tables: `csv-metadata.json`, which readers of the standard look for beside a CSV."""

from __future__ import annotations

from typing import Any

from pipelines.kernel.region import Region
from pipelines.publish.formats.described import LICENCE, Described, Table


def csvw(tables: list[Table], edition: str, region: Region) -> dict[str, Any]:
    """Return the metadata of all tables, as one table group."""
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "fr"}],
        "dc:title": f"{region.observatory.fr}, édition {edition}",
        "dc:publisher": region.publisher.name,
        "dc:license": {"@id": LICENCE},
        "dialect": {"delimiter": ",", "encoding": "utf-8", "header": True, "lineTerminators": ["\n"]},
        "tables": [_table(table) for table in tables],
    }


def _table(table: Table) -> dict[str, Any]:
    schema: dict[str, Any] = {"columns": [_column(column) for column in table.columns]}
    if table.grain:
        schema["primaryKey"] = list(table.grain)
    said: dict[str, Any] = {"url": f"{table.name}.csv", "dc:title": table.title.fr, "tableSchema": schema}
    if table.is_simulated:
        said["dc:description"] = "Des lignes sont simulées (colonne origin). Some rows are simulated (column origin)."
    return said


def _column(column: Described) -> dict[str, Any]:
    said: dict[str, Any] = {"name": column.name, "titles": column.name, "datatype": column.type, "null": [""]}
    if column.meaning is not None:
        said["dc:title"] = column.meaning.label.fr
        said["dc:description"] = column.meaning.meaning.fr
    return said
