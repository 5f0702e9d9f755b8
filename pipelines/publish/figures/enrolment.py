"""Figures of enrolment: by establishment over years, on the map, and who the entrants are."""

# ruff: noqa: E501  a sentence that is published stands on one line, so that it can be found

from __future__ import annotations

import json

from pipelines.publish.figures.common import absent, figure, two
from pipelines.publish.figures.series import by_scope, together
from pipelines.publish.numbers import enumeration, number, share
from pipelines.publish.picture import Absent, Cell, Picture
from pipelines.publish.shelf import Shelf, is_hub


def dut_but(shelf: Shelf) -> Picture | Absent:
    """Students in DUT or BUT by establishment."""
    return together(
        shelf,
        "enr-dut-but",
        "ENR-DUT-BUT",
        "establishment",
        short=two(shelf, "Étudiants en DUT ou BUT", "Students in DUT or BUT"),
        subtitle=two(
            shelf,
            "Étudiants inscrits en DUT ou en BUT à la rentrée, par établissement (personnes)",
            "Students enrolled in DUT or BUT in the autumn, by establishment (persons)",
        ),
        perimeter=two(shelf, "établissements qui portent un site", "establishments that carry a site"),
    )


def lp(shelf: Shelf) -> Picture | Absent:
    """Students in licence professionnelle by establishment."""
    return together(
        shelf,
        "enr-lp",
        "ENR-LP",
        "establishment",
        short=two(shelf, "Étudiants en licence professionnelle", "Students in licence professionnelle"),
        subtitle=two(
            shelf,
            "Étudiants inscrits en licence professionnelle, par établissement, IUT ou non (personnes)",
            "Students enrolled in licence professionnelle, by establishment, within an IUT or not (persons)",
        ),
        perimeter=two(shelf, "établissements qui portent un site", "establishments that carry a site"),
    )


def site_map(shelf: Shelf) -> Picture | Absent:
    """The sites on the map, a disc as large as the students counted there once by the ministry."""
    snapshot = [row for row in shelf.rows("pub_enrolment__site_open") if row["diploma_code"] == "_T"]
    name, short = "map-sites", shelf.all_sites.capitalize()
    if not shelf.sites:
        return absent(shelf, name, short)
    counts = {row["site_code"]: row["students_count"] for row in snapshot if row["students_count"] is not None}
    year = max((int(row["year"]) for row in snapshot), default=None)
    rows: list[dict[str, Cell]] = []
    for code, site in shelf.sites.items():
        value = counts.get(code)
        shown = number(value, shelf.lang) if value is not None else two(shelf, "non compté", "not counted")
        rows.append(
            {
                "site_code": code,
                "name": site["site_label"],
                "label": f"{site['site_label']}\n{shown}",
                "value": value,
                "longitude": float(site["longitude"]),
                "latitude": float(site["latitude"]),
                "below": 1 if is_hub(site) else 0,
            }
        )
    total = sum(counts.values())
    hub = sum(value for code, value in counts.items() if is_hub(shelf.sites[code]))
    if total and year:
        title = two(
            shelf,
            f"{share((total - hub) / total, 'fr', 0)} des étudiants comptés par site le sont {shelf.region.outside_hub.fr}",
            f"{share((total - hub) / total, 'en', 0)} of the students counted by site are {shelf.region.outside_hub.en}",
        )
        subtitle = two(
            shelf,
            f"Étudiants des implantations d'IUT, seul comptage ouvert par site, vers {year} (personnes)",
            f"Students of the IUT sites, the only open count by site, about {year} (persons)",
        )
    else:
        title = two(
            shelf,
            f"Les {shelf.counted_sites} des {shelf.region.institutes.fr}",
            f"The {shelf.counted_sites} of the {shelf.region.institutes.en}",
        )
        subtitle = two(shelf, "Emplacement des sites", "Location of the sites")
    return figure(
        shelf,
        name,
        "map",
        title=title,
        subtitle=subtitle,
        sources=["implantations"],
        perimeter=shelf.all_sites + unrecorded(shelf),
        address="pub_enrolment__site_open",
        seen=two(shelf, "Carte", "Map"),
        rows=rows,
        shown=["site_code", "name", "label", "longitude", "latitude", "value", "below"],
        options={"contours": contours(shelf)},
    )


def unrecorded(shelf: Shelf) -> str:
    """Return the end of a perimeter that names the sites without an IUT in open data; nothing when each has one."""
    if not shelf.without_iut:
        return ""
    named = enumeration(shelf.without_iut, shelf.lang)
    return two(shelf, f" ; {named} sans site d'IUT recensé", f"; no IUT site recorded in {named}")


def contours(shelf: Shelf) -> list[list[list[float]]]:
    """Return the rings of the départements, thinned to what a page can show; none when contours were not brought in."""
    rings: list[list[list[float]]] = []
    for row in shelf.rows("pub_departement_contours"):
        geometry = json.loads(row["geometry_geojson"])
        shapes = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
        for shape in shapes:
            ring = shape[0]
            step = max(1, len(ring) // 160)
            thinned = [[round(float(x), 3), round(float(y), 3)] for x, y, *_ in ring[::step]]
            if len(thinned) > 3:
                rings.append([*thinned, thinned[0]])
    return rings


def techbac(shelf: Shelf) -> Picture | Absent:
    """Technological baccalauréat among new bachelors who enter, by site."""
    return by_scope(
        shelf,
        "enr-techbac",
        "ENR-TECHBAC",
        "site",
        short=two(shelf, "Part des bacs technologiques", "Share of technological baccalauréats"),
        subtitle=two(
            shelf,
            "Bacheliers technologiques, en % des néo-bacheliers admis en DUT ou BUT",
            "Holders of a technological baccalauréat, % of new bacheliers admitted in DUT or BUT",
        ),
        perimeter=two(shelf, "sites présents dans Parcoursup", "sites present in Parcoursup"),
    )


def promotion(shelf: Shelf) -> Picture | Absent:
    """Promotion to the next year, by site, from the registers."""
    return by_scope(
        shelf,
        "enr-promo",
        "ENR-PROMO",
        "site",
        short=two(shelf, "Passage en deuxième année", "Promotion to the second year"),
        subtitle=two(
            shelf,
            "Entrants de première année retrouvés en deuxième année l'année suivante, en % ; année d'entrée",
            "First-year entrants found in second year the next autumn, % of entrants; year of entry",
        ),
        perimeter=two(shelf, f"les {shelf.counted_sites}, DUT et BUT", f"the {shelf.counted_sites}, DUT and BUT"),
    )
