"""The table of the map: every programme of the technological pathway, one a line. The page's script filters it."""

from __future__ import annotations

from pipelines.publish.figures.common import two
from pipelines.publish.numbers import number
from pipelines.publish.pathway.programmes import programmes
from pipelines.publish.pathway.screen import WORDS, field_names
from pipelines.publish.shelf import Shelf
from pipelines.publish.tables.shape import Table


def pathway(shelf: Shelf) -> Table:
    """Every programme: town, establishment, level, title, field, places or students, year.

    The order of the columns is what `pathway.js` reads.
    """
    names = field_names(shelf)
    heading = (
        two(shelf, "Ville", "Town"),
        two(shelf, "Établissement", "Establishment"),
        two(shelf, "Niveau", "Level"),
        two(shelf, "Formation (LP : secteur)", "Programme (LP: sector)"),
        two(shelf, "Domaine", "Field"),
        two(shelf, "Places (LP : étudiants)", "Places (LP: students)"),
        two(shelf, "Rentrée", "Year"),
    )
    return Table(
        name="pathway",
        caption=two(
            shelf,
            "Toutes les formations de la voie technologique, par ville",
            "Every programme of the technological pathway, by town",
        ),
        heading=heading,
        rows=tuple(
            (
                item.town,
                item.establishment,
                item.diploma,
                item.label,
                names.get(item.field, WORDS[shelf.lang]["no_field"]),
                "c" if item.hidden else "–" if item.persons is None else number(item.persons, shelf.lang),
                str(item.year),
            )
            for item in programmes(shelf)
        ),
        right=(heading[5], heading[6]),
        widths=(3, 5, 1, 6, 3, 2, 2),
        lang=shelf.lang,
    )
