"""The data dictionary as a table: every column the project names, what it means, where it stands."""

from __future__ import annotations

from pipelines.kernel.dictionary import read_dictionary
from pipelines.publish.explorer.words import UNITS
from pipelines.publish.figures.common import two
from pipelines.publish.shelf import Shelf
from pipelines.publish.tables.shape import Table

OTHER_UNITS = {
    "percent": ("pour cent", "per cent"),
    "enrolments": ("inscriptions", "enrolments"),
    "stays": ("séjours", "stays"),
    "months": ("mois", "months"),
    "degrees": ("degrés", "degrees"),
    "eur": ("euros", "euros"),
    "share": ("part, de zéro à un", "share, from zero to one"),
}
"""Units that no indicator has, and a share, which data hold as a fraction."""


def dictionary(shelf: Shelf) -> Table:
    """Every column of the dictionary: name, label, meaning, unit, the tables it stands in, in order of names."""
    where = places(shelf)
    unit_head, work = two(shelf, "Unité", "Unit"), two(shelf, "tables de travail", "working tables")
    status = two(shelf, "Publiée", "Published")
    rows = []
    for name, column in read_dictionary(shelf.project).items():
        tables = where.get(name, [])
        units = OTHER_UNITS.get(column.unit or "") or UNITS.get(column.unit or "", ("", ""))
        is_public = any(table.startswith("pub_") for table in tables)
        rows.append(
            (
                f"`{name}`",
                column.label.in_(shelf.lang),
                column.meaning.in_(shelf.lang),
                units[shelf.lang == "en"],
                two(shelf, "oui", "yes") if is_public else two(shelf, "non", "no"),
                ", ".join(f"`{table}`" for table in tables) or work,
            )
        )
    return Table(
        name="dictionary",
        caption=two(shelf, "Le dictionnaire des données", "The data dictionary"),
        heading=(
            two(shelf, "Colonne", "Column"), two(shelf, "Libellé", "Label"), two(shelf, "Sens", "Meaning"), unit_head,
            status, "Tables",
        ),
        rows=tuple(rows),
        widths=(20, 14, 34, 8, 7, 17),
        lang=shelf.lang,
        filters=(unit_head, status),
    )  # fmt: skip


def places(shelf: Shelf) -> dict[str, list[str]]:
    """Return column → the tables it stands in: published, taken in, lists. Of the first, names and flags alone."""
    found: dict[str, list[str]] = {}
    for table in shelf.table_names:
        for column in shelf.table(table).columns:
            found.setdefault(column, []).append(table)
    for name, (_, described) in shelf.catalogue.tables.items():
        for column in described.columns:
            found.setdefault(column, []).append(name)
    for path in sorted(shelf.project.reference.glob("ref_*.csv")):
        with path.open(encoding="utf-8") as lines:
            for column in lines.readline().strip().split(","):
                found.setdefault(column, []).append(path.stem)
    return found
