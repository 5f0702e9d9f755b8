"""`build/data/`: every protected table as CSV and Parquet, the dictionary, and the Data Package that describes them.

The same tables give the same bytes on every run. Nothing from elsewhere lies there, and nothing stays from a run before.
"""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.kernel.dictionary import Column, read_dictionary
from pipelines.kernel.files import replacing_folder, sha256_of
from pipelines.kernel.flags import LABELS
from pipelines.kernel.store import protected_path
from pipelines.publish.shelf import Shelf

if TYPE_CHECKING:
    import polars as pl

NOT_OURS = ("pub_departement_contours",)
"""Tables that maps use and that are another producer's to publish."""

TYPES = {
    "Int": "integer",
    "UInt": "integer",
    "Float": "number",
    "String": "string",
    "Boolean": "boolean",
    "Date": "date",
}

README = """Observatoire SRESR des IUT de Midi-Pyrénées, édition {edition} : données publiées
================================================================================

Une table par fichier, en CSV (UTF-8, virgule, point décimal) et en Parquet : mêmes lignes, mêmes colonnes.
  datapackage.json   description de chaque table : colonnes, types, empreintes, sources, licences
  dictionary.csv     sens de chaque colonne, en français et en anglais
Colonnes communes : `origin` (observed, declared, simulated) et `flag` (voir les drapeaux ci-dessous).
Les lignes `simulated` sortent de registres simulés : elles ne décrivent personne et ne se citent pas comme un fait.
Licence Ouverte 2.0 (Etalab). Citer : Observatoire SRESR des IUT de Midi-Pyrénées, édition {edition}.

SRESR Observatory of the IUTs of Midi-Pyrénées, {edition} edition: published data
--------------------------------------------------------------------------------
One table per file, as CSV (UTF-8, comma, decimal point) and Parquet: same rows, same columns.
Rows whose `origin` is `simulated` come from simulated registers: they describe nobody and are no fact to quote.
Licence Ouverte 2.0 (Etalab).

Flags
{flags}
"""


def write_data(shelf: Shelf, target: Path) -> list[str]:
    """Write the folder whole, in one rename; return the columns that the dictionary does not define."""
    dictionary = read_dictionary(shelf.project)
    names = published(shelf)
    unknown: set[str] = set()
    with replacing_folder(target) as folder:
        resources: list[dict[str, object]] = []
        for name in names:
            frame = shelf.table(name)
            unknown |= {column for column in frame.columns if meaning(column, dictionary) is None}
            frame.write_csv(folder / f"{name}.csv")
            (folder / f"{name}.parquet").write_bytes(protected_path(shelf.project, name).read_bytes())
            resources += [resource(name, kind, folder, frame, dictionary) for kind in ("csv", "parquet")]
        (folder / "dictionary.csv").write_text(dictionary_csv(shelf, names, dictionary), encoding="utf-8")
        flags = "\n".join(f"  {flag.value}  {fr} / {en}" for flag, (fr, en) in LABELS.items())
        (folder / "README.txt").write_text(README.format(edition=shelf.edition, flags=flags), encoding="utf-8")
        package = json.dumps(package_of(shelf, resources), ensure_ascii=False, indent=1) + "\n"
        (folder / "datapackage.json").write_text(package, encoding="utf-8")
    return sorted(unknown)


def published(shelf: Shelf) -> list[str]:
    """Return the tables that are published, in order."""
    return [name for name in shelf.table_names if name not in NOT_OURS]


def meaning(column: str, dictionary: dict[str, Column]) -> Column | None:
    """Return what a column means; a `<measure>_flag` column is the flag of its measure."""
    if column in dictionary:
        return dictionary[column]
    return dictionary.get("flag") if column.endswith("_flag") else None


def resource(
    name: str, kind: str, folder: Path, frame: pl.DataFrame, dictionary: dict[str, Column]
) -> dict[str, object]:
    """Return the description of one file."""
    path = folder / f"{name}.{kind}"
    fields = []
    for column, dtype in frame.schema.items():
        field: dict[str, object] = {
            "name": column,
            "type": next((said for start, said in TYPES.items() if str(dtype).startswith(start)), "any"),
        }
        known = meaning(column, dictionary)
        if known is not None:
            field |= {
                "title": known.label.fr,
                "title_en": known.label.en,
                "description": known.meaning.fr,
                "description_en": known.meaning.en,
            }
            if known.unit is not None:
                field["unit"] = known.unit
        fields.append(field)
    described: dict[str, object] = {
        "name": name if kind == "csv" else f"{name}_parquet",
        "path": path.name,
        "format": kind,
        "mediatype": "text/csv" if kind == "csv" else "application/vnd.apache.parquet",
        "bytes": path.stat().st_size,
        "hash": f"sha256:{sha256_of(path)}",
        "rows": frame.height,
        "schema": {"fields": fields, "missingValues": [""]},
    }
    if kind == "csv":
        described |= {
            "profile": "tabular-data-resource",
            "encoding": "utf-8",
            "dialect": {"delimiter": ",", "lineTerminator": "\n"},
        }
    return described


def package_of(shelf: Shelf, resources: list[dict[str, object]]) -> dict[str, object]:
    """Return the Data Package."""
    return {
        "profile": "data-package",
        "name": "observatoire-sresr",
        "id": f"observatoire-sresr-{shelf.edition}",
        "version": shelf.edition,
        "title": f"Observatoire SRESR des IUT de Midi-Pyrénées, édition {shelf.edition}",
        "title_en": f"SRESR Observatory of the IUTs of Midi-Pyrénées, {shelf.edition} edition",
        "licenses": [
            {
                "name": "etalab-2.0",
                "title": "Licence Ouverte 2.0",
                "path": "https://www.etalab.gouv.fr/licence-ouverte-open-licence",
            }
        ],
        "sources": [
            {
                "title": f"{source.producer}, {source.title.fr}",
                "path": source.landing_page,
                "origin": source.origin,
                "licence": source.licence,
            }
            for source in shelf.catalogue.sources.values()
        ],
        "resources": resources,
    }


def dictionary_csv(shelf: Shelf, names: list[str], dictionary: dict[str, Column]) -> str:
    """Return the meaning of every published column, and the tables it stands in."""
    where: dict[str, list[str]] = {}
    for name in names:
        for column in shelf.table(name).columns:
            where.setdefault(column, []).append(name)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["column", "type", "unit", "label_fr", "label_en", "meaning_fr", "meaning_en", "tables"])
    for column in sorted(where):
        known = meaning(column, dictionary)
        told = (
            [known.type, known.unit or "", known.label.fr, known.label.en, known.meaning.fr, known.meaning.en]
            if known
            else [""] * 6
        )
        writer.writerow([column, *told, " ".join(where[column])])
    return out.getvalue()
