"""Figures of the training offer: the technological pathway by town, an action of the founding document."""

# ruff: noqa: E501  a sentence that is published stands on one line, so that it can be found

from __future__ import annotations

from collections import defaultdict

from pipelines.publish.figures.common import absent, figure, two
from pipelines.publish.figures.enrolment import contours
from pipelines.publish.numbers import number
from pipelines.publish.picture import Absent, Cell, Picture
from pipelines.publish.shelf import Shelf

TABLE = "pub_offer__formation"
TOWNS_SHOWN = 13


def by_town(shelf: Shelf) -> tuple[int, dict[str, dict[str, int]], dict[str, tuple[float, float]]]:
    """Return the last year, the programmes of each town by diploma (DUT and BUT together), and where towns lie."""
    kept = [row for row in shelf.rows(TABLE) if row["commune_label"]]
    if not kept:
        return 0, {}, {}
    year = max(int(row["year"]) for row in kept)
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    spots: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for row in kept:
        if int(row["year"]) != year:
            continue
        town = town_name(str(row["commune_label"]))
        counts[town]["BTS" if row["diploma_code"] == "BTS" else "DUT-BUT"] += 1
        if row["longitude"] is not None and row["latitude"] is not None:
            spots[town].append((float(row["longitude"]), float(row["latitude"])))
    where = {
        town: (round(sum(x for x, _ in places) / len(places), 4), round(sum(y for _, y in places) / len(places), 4))
        for town, places in spots.items()
    }
    return year, {town: dict(found) for town, found in counts.items()}, where


def town_name(label: str) -> str:
    """Return a town's name, its arrondissement left out: `Toulouse  3e  Arrondissement` is Toulouse."""
    name = " ".join(label.split())
    for mark in (" 1er", " Cedex", " CEDEX"):
        name = name.split(mark)[0]
    parts = name.split(" ")
    kept = [
        part
        for index, part in enumerate(parts)
        if not (index and part[0].isdigit()) and part.lower() != "arrondissement"
    ]
    return " ".join(kept).title() if name.isupper() else " ".join(kept)


def towns(shelf: Shelf) -> Picture | Absent:
    """Programmes of the technological pathway by town and diploma."""
    name, short = (
        "off-towns",
        two(shelf, "L'offre de la voie technologique par ville", "The offer of the technological pathway by town"),
    )
    year, counts, _ = by_town(shelf)
    if not counts:
        return absent(shelf, name, short, "OFF-TOWNS")
    ordered = sorted(counts, key=lambda town: (-sum(counts[town].values()), town))[:TOWNS_SHOWN]
    labels = {"BTS": "BTS", "DUT-BUT": "BUT" if year >= 2021 else "DUT"}
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
    only_bts = sum(1 for found in counts.values() if "DUT-BUT" not in found)
    title = two(
        shelf,
        f"La voie technologique est présente dans {len(counts)} villes ; {only_bts} n'ont que des BTS",
        f"The technological pathway is present in {len(counts)} towns; {only_bts} have BTS only",
    )
    subtitle = two(
        shelf,
        f"Formations ouvertes dans Parcoursup en {year}, académie de Toulouse ; les {len(ordered)} villes les mieux dotées (formations)",
        f"Programmes offered in Parcoursup in {year}, académie of Toulouse; the {len(ordered)} towns with most (programmes)",
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
            "académie de Toulouse ; licences professionnelles et CPGE non comptées",
            "académie of Toulouse; licences professionnelles and CPGE not counted",
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
    """The towns of the technological pathway on the map; those with an IUT are named."""
    name, short = "off-map", two(shelf, "La voie technologique sur la carte", "The technological pathway on the map")
    year, counts, where = by_town(shelf)
    if not where:
        return absent(shelf, name, short, "OFF-TOWNS")
    rows: list[dict[str, Cell]] = []
    for town in sorted(where, key=lambda town: ("DUT-BUT" in counts[town], -sum(counts[town].values()), town)):
        has_iut = "DUT-BUT" in counts[town]
        total = sum(counts[town].values())
        rows.append(
            {
                "name": town,
                "label": f"{town}\n{number(total, shelf.lang)}" if has_iut else "",
                "longitude": where[town][0],
                "latitude": where[town][1],
                "value": total,
                "colour": "#0072B2" if has_iut else "#b97700",
                "below": 1 if town == "Toulouse" else 0,
            }
        )
    with_iut = sum(1 for found in counts.values() if "DUT-BUT" in found)
    title = two(
        shelf,
        f"{with_iut} villes sur {len(counts)} offrent un BUT ou un DUT ; les BTS couvrent les autres",
        f"{with_iut} towns out of {len(counts)} offer a BUT or DUT; BTS cover the others",
    )
    subtitle = two(
        shelf,
        f"Surface selon le nombre de formations en {year} (formations) ; disque bleu nommé\u00a0: ville avec IUT ; brun\u00a0: BTS seulement",
        f"Area by number of programmes in {year} (programmes); named blue disc: town with an IUT; brown: BTS only",
    )
    return figure(
        shelf,
        name,
        "map",
        title=title,
        subtitle=subtitle,
        sources=["parcoursup"],
        perimeter=two(shelf, "académie de Toulouse", "académie of Toulouse"),
        address=TABLE,
        seen=two(shelf, "Carte", "Map"),
        rows=rows,
        shown=["name", "label", "longitude", "latitude", "value", "colour", "below"],
        options={"contours": contours(shelf)},
    )
