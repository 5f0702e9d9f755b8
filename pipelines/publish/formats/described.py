"""What every format says of the published tables: titles, columns, meanings, licence, producer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.kernel.catalogue import Bilingual
from pipelines.kernel.dictionary import Column, read_dictionary
from pipelines.kernel.publications import read_publications
from pipelines.publish.shelf import Shelf

if TYPE_CHECKING:
    import polars as pl

LICENCE = "https://www.etalab.gouv.fr/licence-ouverte-open-licence"
LICENCE_NAME = Bilingual(fr="Licence Ouverte 2.0 (Etalab)", en="Licence Ouverte 2.0 (Etalab)")

TYPES = {
    "Int": "integer",
    "UInt": "integer",
    "Float": "number",
    "String": "string",
    "Boolean": "boolean",
    "Date": "date",
}
"""Beginning of a polars type → the type's name in Table Schema, XML Schema and CSVW, which agree on these."""


DECLARED = {"int": "integer", "float": "number", "bool": "boolean", "date": "date"}
"""Type in the dictionary → the same name, for a column that holds nothing in this edition."""


@dataclass(frozen=True, slots=True)
class Described:
    """One column of one table. `meaning` is None when the dictionary does not define it."""

    name: str
    type: str
    meaning: Column | None


@dataclass(frozen=True, slots=True)
class Table:
    """One published table: its words, its grain (empty when nothing says it), its columns, its rows."""

    name: str
    title: Bilingual
    grain: tuple[str, ...]
    columns: tuple[Described, ...]
    frame: pl.DataFrame

    @property
    def is_simulated(self) -> bool:
        """True when a row comes from simulated registers."""
        return "origin" in self.frame.columns and bool((self.frame["origin"] == "simulated").any())


def described_tables(shelf: Shelf, names: list[str]) -> list[Table]:
    """Return the tables named, described, in order."""
    dictionary = read_dictionary(shelf.project)
    publications = read_publications(shelf.project)
    tables = []
    for name in names:
        frame = shelf.table(name)
        publication = publications.get(name)
        grain = publication.grain if publication else ()
        tables.append(
            Table(
                name=name,
                title=publication.title if publication else Bilingual(fr=name, en=name),
                grain=grain if set(grain) <= set(frame.columns) else (),
                columns=tuple(
                    Described(column, type_of(str(dtype), meaning(column, dictionary)), meaning(column, dictionary))
                    for column, dtype in frame.schema.items()
                ),
                frame=frame,
            )
        )
    return tables


def meaning(column: str, dictionary: dict[str, Column]) -> Column | None:
    """Return what a column means; a `<measure>_flag` column is the flag of its measure."""
    if column in dictionary:
        return dictionary[column]
    return dictionary.get("flag") if column.endswith("_flag") else None


def type_of(dtype: str, known: Column | None = None) -> str:
    """Return the type of a column as descriptions name it; of an empty one, what the dictionary says of it.

    Raises `ValueError` on a type that no format can say.
    """
    if dtype == "Null":
        return DECLARED.get(known.type, "string") if known else "string"
    for start, said in TYPES.items():
        if dtype.startswith(start):
            return said
    raise ValueError(f"a published column has the type {dtype}, which no description can name")
