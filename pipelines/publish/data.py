"""`build/data/`: every protected table as CSV and Parquet, in one workbook, and described in the field's standards.

The same tables give the same bytes on every run. Nothing else lies there, nor stays from a run before.
"""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

from pipelines.kernel.catalogue import Bilingual
from pipelines.kernel.files import replacing_folder, sha256_of
from pipelines.kernel.flags import LABELS
from pipelines.kernel.store import protected_path
from pipelines.publish.formats.csvw import csvw
from pipelines.publish.formats.dcat import dcat
from pipelines.publish.formats.described import Table, described_tables
from pipelines.publish.formats.package import data_package
from pipelines.publish.formats.workbook import workbook
from pipelines.publish.shelf import Shelf

NOT_OURS = ("pub_departement_contours",)
"""Tables that maps use and that are another producer's to publish."""

VALUES = "pub_values"

README = """{title}
{rule}

Une table par fichier, en CSV (UTF-8, virgule, point décimal) et en Parquet : mêmes lignes, mêmes colonnes.
  observatoire.xlsx    toutes les tables dans un classeur, une feuille par table
  dictionary.csv       sens de chaque colonne, en français et en anglais
  datapackage.json     description de chaque table (Data Package) : colonnes, types, empreintes, sources, licences
  csv-metadata.json    la même, en CSVW (W3C)
  catalogue.jsonld     le catalogue, en DCAT-AP, pour un portail qui moissonne
  sdmx/                les valeurs des indicateurs en SDMX-CSV, et leur structure
Colonnes communes : `origin` (observed, declared, simulated) et `flag` (voir les drapeaux ci-dessous).
Les lignes `simulated` sortent de registres simulés : elles ne décrivent personne et ne se citent pas comme un fait.
Licence Ouverte 2.0 (Etalab). Citer : {house.fr}, édition {edition}.

{house.en}, {edition} edition: published data
--------------------------------------------------------------------------------
One table per file, as CSV (UTF-8, comma, decimal point) and Parquet: same rows, same columns. All of them in one
workbook (observatoire.xlsx); described as a Data Package, in CSVW and in DCAT-AP; the indicators' values as SDMX-CSV.
Rows whose `origin` is `simulated` come from simulated registers: they describe nobody and are no fact to quote.
Licence Ouverte 2.0 (Etalab).

Flags
{flags}
"""


def write_data(shelf: Shelf, target: Path) -> list[str]:
    """Write the folder whole, in one rename; return the columns that the dictionary does not define."""
    tables, region = described_tables(shelf, published(shelf)), shelf.region
    with replacing_folder(target) as folder:
        for table in tables:
            table.frame.write_csv(folder / f"{table.name}.csv")
            (folder / f"{table.name}.parquet").write_bytes(protected_path(shelf.project, table.name).read_bytes())
        hashes = {path.name: sha256_of(path) for path in folder.iterdir()}
        _text(folder / "dictionary.csv", dictionary_csv(tables))
        flags = "\n".join(f"  {flag.value}  {fr} / {en}" for flag, (fr, en) in LABELS.items())
        _text(folder / "README.txt", _read_me(region.observatory, shelf.edition, flags))
        _json(folder / "datapackage.json", data_package(tables, folder, shelf.catalogue, shelf.edition, region))
        _json(folder / "csv-metadata.json", csvw(tables, shelf.edition, region))
        _json(folder / "catalogue.jsonld", dcat(tables, hashes, shelf.edition, region))
        (folder / "observatoire.xlsx").write_bytes(workbook(tables, shelf.edition, region, shelf.colours.link))
        _write_sdmx(shelf, folder / "sdmx")
    return sorted({column.name for table in tables for column in table.columns if column.meaning is None})


def _read_me(house: Bilingual, edition: str, flags: str) -> str:
    title = f"{house.fr}, édition {edition} : données publiées"
    return README.format(title=title, rule="=" * 80, house=house, edition=edition, flags=flags)


def published(shelf: Shelf) -> list[str]:
    """Return the tables that are published, in order."""
    return [name for name in shelf.table_names if name not in NOT_OURS]


def dictionary_csv(tables: list[Table]) -> str:
    """Return the meaning of every published column, and the tables it stands in."""
    where: dict[str, list[str]] = {}
    meanings = {}
    for table in tables:
        for column in table.columns:
            where.setdefault(column.name, []).append(table.name)
            meanings[column.name] = column.meaning
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["column", "type", "unit", "label_fr", "label_en", "meaning_fr", "meaning_en", "tables"])
    for name in sorted(where):
        known = meanings[name]
        told = (
            [known.type, known.unit or "", known.label.fr, known.label.en, known.meaning.fr, known.meaning.en]
            if known
            else [""] * 6
        )
        writer.writerow([name, *told, " ".join(where[name])])
    return out.getvalue()


def _write_sdmx(shelf: Shelf, folder: Path) -> None:
    from pipelines.publish.formats.sdmx import sdmx_csv, sdmx_structure  # pysdmx takes 0.1 s to import

    rows = shelf.rows(VALUES)
    indicators = {code: indicator.label for code, indicator in shelf.indicators.items()}
    places = {str(row["scope_code"]): shelf.place(str(row["scope_code"])) for row in rows}
    folder.mkdir()
    _text(folder / "values.csv", sdmx_csv(rows))
    _text(folder / "structure.json", sdmx_structure(rows, indicators, places, shelf.edition, shelf.region))


def _text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _json(path: Path, content: dict[str, Any]) -> None:
    _text(path, json.dumps(content, ensure_ascii=False, indent=1) + "\n")
