"""The programmes of the technological pathway, one a line of the map's table, and the towns they are in.

A BTS, DUT or BUT is a programme of the admission platform. Open data name no licence professionnelle and give no town
for them: a line stands for those of one establishment in one sector, at the establishment's seat.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.publish.shelf import Shelf

OFFER = "pub_offer__formation"
ENROLMENT = "pub_enrolment__establishment"
LEVELS = ("BTS", "BUT", "LP")
"""The three levels that the map tells apart; `BUT` stands for the DUT too."""


@dataclass(frozen=True, slots=True)
class Programme:
    """One line of the table. `level` is one of `LEVELS`, `diploma` what the reader is shown, `field` a code or empty.

    `persons` are places offered for a BTS or BUT, students for an LP; `None` when the source does not give them or
    they are confidential (`hidden`).
    """

    town: str
    establishment: str
    level: str
    diploma: str
    label: str
    field: str
    year: int
    persons: int | None
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Town:
    """A town with its programmes by level, the site that lies in it (or an empty text), and where it is in degrees."""

    name: str
    site: str
    longitude: float
    latitude: float
    counts: dict[str, int]

    @property
    def total(self) -> int:
        """All its programmes."""
        return sum(self.counts.values())


def programmes(shelf: Shelf) -> list[Programme]:
    """Return the last year's programmes: by town, then level, establishment and label."""
    found = [*on_the_platform(shelf), *licences(shelf)]
    return sorted(found, key=lambda item: (item.town, LEVELS.index(item.level), item.establishment, item.label))


def on_the_platform(shelf: Shelf) -> list[Programme]:
    """Return the BTS, DUT and BUT of the last year in which the platform gives towns."""
    kept = [row for row in shelf.rows(OFFER) if row["commune_label"]]
    year = max((int(row["year"]) for row in kept), default=0)
    return [
        Programme(
            town=town_name(str(row["commune_label"])),
            establishment=" ".join(str(row["establishment_label"] or "").split()),
            level="BTS" if row["diploma_code"] == "BTS" else "BUT",
            diploma=str(row["diploma_code"]),
            label=sentence(" ".join(str(row["formation_label"]).split())),
            field=str(row.get("field_code") or ""),
            year=year,
            persons=row["capacity_count"],
            hidden=row.get("capacity_count_flag") == "c",
        )
        for row in kept
        if int(row["year"]) == year
    ]


def licences(shelf: Shelf) -> list[Programme]:
    """Return the licences professionnelles of the last year, one line per establishment and sector."""
    rows = [row for row in shelf.rows(ENROLMENT) if row["diploma_code"] == "LP"]
    year = max((int(row["year"]) for row in rows), default=0)
    seats = {row["establishment_code"]: row.get("commune_label") or "" for row in shelf.listed("ref_establishment")}
    fields = {row["sector_label"]: row.get("field_code") or "" for row in shelf.listed("ref_sector")}
    students: dict[tuple[str, str], list[int | None]] = defaultdict(list)
    for row in rows:
        if int(row["year"]) == year and seats.get(row["establishment_code"]):
            students[(row["establishment_code"], row["sector_label"])].append(row["students_count"])
    return [
        Programme(
            town=seats[code],
            establishment=shelf.place(code),
            level="LP",
            diploma="LP",
            label=sector,
            field=fields.get(sector, ""),
            year=year,
            persons=None if None in counts else sum(count for count in counts if count is not None),
            hidden=None in counts,
        )
        for (code, sector), counts in students.items()
        if counts != [0]
    ]


def towns(shelf: Shelf, items: Sequence[Programme]) -> list[Town]:
    """Return the towns of these programmes that can be placed, largest first.

    A town lies at the mean of its establishments' coordinates, or at its site's where the platform gives none.
    """
    counts: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(LEVELS, 0))
    for item in items:
        counts[item.town][item.level] += 1
    sites = {row["site_label"]: row for row in shelf.sites.values()}
    spots: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for row in shelf.rows(OFFER):
        if row["commune_label"] and row["longitude"] is not None and row["latitude"] is not None:
            spots[town_name(str(row["commune_label"]))].append((float(row["longitude"]), float(row["latitude"])))
    for name, site in sites.items():
        spots.setdefault(name, [(float(site["longitude"]), float(site["latitude"]))])
    found = [
        Town(
            name,
            sites[name]["site_code"] if name in sites else "",
            round(sum(x for x, _ in spots[name]) / len(spots[name]), 4),
            round(sum(y for _, y in spots[name]) / len(spots[name]), 4),
            counts[name],
        )
        for name in counts
        if name in spots
    ]
    return sorted(found, key=lambda town: (-town.total, town.name))


def sentence(label: str) -> str:
    """Return a label that begins with a capital: the platform writes a few without."""
    return label[:1].upper() + label[1:]


def town_name(label: str) -> str:
    """Return a town's name, its arrondissement left out: `Lyon  3e  Arrondissement` is Lyon."""
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
