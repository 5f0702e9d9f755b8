"""Figures of the training offer: the technological pathway by town, an action of the founding document."""

# ruff: noqa: E501  a sentence that is published stands on one line, so that it can be found

from __future__ import annotations

from dataclasses import astuple

from pipelines.publish.colour_words import colour_words
from pipelines.publish.figures.common import absent, figure, two
from pipelines.publish.figures.enrolment import contours
from pipelines.publish.numbers import number
from pipelines.publish.pathway.layout import lay
from pipelines.publish.pathway.programmes import Town, on_the_platform
from pipelines.publish.pathway.programmes import towns as towns_of
from pipelines.publish.pathway.words import apart_title, colour_of, see_apart, spot_of
from pipelines.publish.picture import Absent, Cell, Picture
from pipelines.publish.shelf import Shelf

TABLE = "pub_offer__formation"
TOWNS_SHOWN = 22


def by_town(shelf: Shelf) -> tuple[int, list[Town]]:
    """Return the year and the towns of the programmes on the admission platform, largest first."""
    items = on_the_platform(shelf)
    return (items[0].year if items else 0), towns_of(shelf, items)


def towns(shelf: Shelf) -> Picture | Absent:
    """Programmes of the technological pathway by town and diploma."""
    name, short = (
        "off-towns",
        two(shelf, "L'offre de la voie technologique par ville", "The offer of the technological pathway by town"),
    )
    year, found = by_town(shelf)
    counts = {town.name: {level: count for level, count in town.counts.items() if count} for town in found}
    if not counts:
        return absent(shelf, name, short, "OFF-TOWNS")
    ordered = sorted(counts, key=lambda town: (-sum(counts[town].values()), town))[:TOWNS_SHOWN]
    labels = {"BTS": "BTS", "BUT": "BUT" if year >= 2021 else "DUT"}
    biggest = max(max(counts[town].values()) for town in ordered)
    rows: list[dict[str, Cell]] = [
        {
            "row": town,
            "column": labels[diploma],
            "value": counts[town].get(diploma, 0),
            "text": number(counts[town][diploma], shelf.lang) if diploma in counts[town] else "–",
            "level": round((counts[town][diploma] / biggest) ** 0.5, 4) if diploma in counts[town] else None,
        }
        for town in ordered
        for diploma in labels
    ]
    only_bts = sum(1 for found in counts.values() if "BUT" not in found)
    title = two(
        shelf,
        f"La voie technologique est présente dans {len(counts)} villes ; {only_bts} n'ont que des BTS",
        f"The technological pathway is present in {len(counts)} towns; {only_bts} have BTS only",
    )
    subtitle = two(
        shelf,
        f"Formations ouvertes dans Parcoursup en {year}, {shelf.region.academie.fr} ; les {len(ordered)} villes les mieux dotées (formations)",
        f"Programmes offered in Parcoursup in {year}, {shelf.region.academie.en}; the {len(ordered)} towns with most (programmes)",
    )
    return figure(
        shelf,
        name,
        "matrix",
        title=title,
        subtitle=subtitle,
        sources=["parcoursup"],
        perimeter=two(
            shelf,
            f"{shelf.region.academie.fr} ; licences professionnelles et CPGE non comptées",
            f"{shelf.region.academie.en}; licences professionnelles and CPGE not counted",
        ),
        address=TABLE,
        seen=two(
            shelf,
            "Grille, une ligne par ville, une colonne par diplôme",
            "Grid, one row per town, one column per diploma",
        ),
        rows=rows,
        shown=["row", "column", "value", "text", "level"],
        options={"rows": ordered, "columns": list(labels.values())},
    )


def town_map(shelf: Shelf) -> Picture | Absent:
    """The towns of the technological pathway on the map, as large as their programmes; those with an IUT in a colour of their own."""
    name, short = "off-map", two(shelf, "La voie technologique sur la carte", "The technological pathway on the map")
    year, found = by_town(shelf)
    if not found:
        return absent(shelf, name, short, "OFF-TOWNS")
    drawn = lay([spot_of(town, shelf.lang) for town in found], contours(shelf))
    rows: list[dict[str, Cell]] = [
        {
            "town": town.name,
            "longitude": town.longitude,
            "latitude": town.latitude,
            "bts": town.counts["BTS"],
            "dut_but": town.counts["BUT"],
            "programmes": town.total,
            "colour": colour_of(town, shelf.colours),
        }
        for town in found
    ]
    with_iut = sum(1 for town in found if town.counts["BUT"])
    title = two(
        shelf,
        f"{with_iut} villes sur {len(found)} offrent un BUT ou un DUT ; les BTS couvrent les autres",
        f"{with_iut} towns out of {len(found)} offer a BUT or DUT; BTS cover the others",
    )
    iut, others = colour_words(shelf.colours.series[0], shelf.colours.series[4], shelf.lang)
    subtitle = two(
        shelf,
        f"Formations en {year} : disque {iut}, ville avec IUT ; disque {others}, BTS seulement ; surface et nombre : formations",
        f"Programmes in {year}: {iut} disc, town with an IUT; {others} disc, BTS only; area and number: programmes",
    )
    return figure(
        shelf,
        name,
        "towns",
        title=title,
        subtitle=subtitle,
        sources=["parcoursup"],
        perimeter=two(
            shelf,
            f"{shelf.region.academie.fr} ; licences professionnelles non comptées",
            f"{shelf.region.academie.en}; licences professionnelles not counted",
        ),
        address=TABLE,
        seen=two(shelf, "Carte", "Map"),
        rows=rows,
        shown=["town", "longitude", "latitude", "bts", "dut_but", "programmes", "colour"],
        options={
            "size": [drawn.width, drawn.height],
            "marks": [list(astuple(mark)) for mark in drawn.marks],
            "rings": [[list(point) for point in ring] for ring in drawn.rings],
            "zone": list(drawn.zone) if drawn.zone else None,
            "inset": list(drawn.inset) if drawn.inset else None,
            "apart": apart_title(found[0].name, shelf.lang),
            "see_apart": see_apart(shelf.lang),
        },
    )
