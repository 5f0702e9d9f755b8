"""Figures of entrants and scholarship holders. APB and Parcoursup count on different bases: never on one chart."""

# ruff: noqa: E501  a sentence that is published stands on one line, so that it can be found

from __future__ import annotations

from collections import defaultdict

from pipelines.publish.figures.common import absent, figure, two
from pipelines.publish.figures.series import by_scope
from pipelines.publish.numbers import enumeration, number, share
from pipelines.publish.phrases import range_title
from pipelines.publish.picture import Absent, Cell, Picture
from pipelines.publish.shelf import Shelf

TABLE = "pub_scholarship__entrants"
IUT = ("DUT", "BUT")


def entrants(shelf: Shelf) -> Picture | Absent:
    """Entrants by site over years, a panel per site, each on its own scale."""
    return by_scope(
        shelf,
        "sch-entrants",
        "ENR-ENTRANTS",
        "site",
        short=two(shelf, "Entrants en première année d'IUT", "Entrants to the first year of an IUT"),
        subtitle=two(
            shelf,
            "Candidats admis, par site et rentrée (personnes), une échelle par site ; sans point : année absente des fichiers",
            "Candidates admitted, by site and year (persons), one scale per site; no point: year absent from the files",
        ),
        perimeter=two(shelf, "sites d'IUT", "IUT sites") + without_entrants(shelf),
        free=True,
    )


def without_entrants(shelf: Shelf) -> str:
    """Return the end of a perimeter that names the sites without an IUT, which nobody enters for a DUT or BUT."""
    if not shelf.without_iut:
        return ""
    named, several = enumeration(shelf.without_iut, shelf.lang), len(shelf.without_iut) > 1
    return two(
        shelf,
        f" ; {named} n'{'ont' if several else 'a'} pas d'entrants en DUT ou BUT",
        f"; {named} {'have' if several else 'has'} no entrants in DUT or BUT",
    )


def specialities(shelf: Shelf, name: str = "sch-specialities", field: str | None = None) -> Picture | Absent:
    """Entrants of the last year, speciality by site; only the specialities of `field` when one is given."""
    short = two(shelf, "Entrants par spécialité et par site", "Entrants by speciality and site")
    kept = [
        row
        for row in shelf.rows(TABLE)
        if row["diploma_code"] in IUT
        and row["admitted_count"] is not None
        and row["speciality_code"]
        and (field is None or shelf.specialities.get(row["speciality_code"], {}).get("field_code") == field)
    ]
    if not kept:
        return absent(shelf, name, short, "ENR-ENTRANTS")
    year = max(int(row["year"]) for row in kept)
    cells: dict[tuple[str, str], int] = defaultdict(int)
    for row in kept:
        if int(row["year"]) == year:
            cells[(row["speciality_code"], row["site_code"])] += int(row["admitted_count"])
    totals: dict[str, int] = defaultdict(int)
    for (speciality, _), count in cells.items():
        totals[speciality] += count
    sites = [site for site in shelf.sites if any(site == found for _, found in cells)]
    ordered = sorted(totals, key=lambda code: (-totals[code], code))
    label = {code: shelf.pick(shelf.specialities.get(code, {}), "speciality_label") or code for code in ordered}
    biggest = max(cells.values())
    rows: list[dict[str, Cell]] = [
        {
            "row": label[code],
            "column": shelf.place(site),
            "value": cells.get((code, site)),
            "text": number(cells[(code, site)], shelf.lang) if (code, site) in cells else "",
            "level": round(cells[(code, site)] / biggest, 4) if (code, site) in cells else None,
        }
        for code in ordered
        for site in sites
    ]
    many = {code: sum(1 for site in sites if (code, site) in cells) for code in ordered}
    widest = sorted(ordered, key=lambda code: (-many[code], code))[0]
    title = two(
        shelf,
        f"{number(sum(totals.values()), 'fr')} entrants en {year} dans {len(ordered)} spécialités ; {label[widest]} sur {many[widest]} site{'s' if many[widest] > 1 else ''}",
        f"{number(sum(totals.values()), 'en')} entrants in {year} in {len(ordered)} specialities; {label[widest]} on {many[widest]} site{'s' if many[widest] > 1 else ''}",
    )
    if len(ordered) == 1:
        title = two(
            shelf,
            f"{label[widest]}\u00a0: {number(sum(totals.values()), 'fr')} entrants en {year} sur {many[widest]} site{'s' if many[widest] > 1 else ''}",
            f"{label[widest]}: {number(sum(totals.values()), 'en')} entrants in {year} on {many[widest]} site{'s' if many[widest] > 1 else ''}",
        )
    subtitle = two(
        shelf,
        "Candidats admis en première année de BUT (personnes)"
        if year >= 2021
        else "Candidats admis en première année de DUT (personnes)",
        "Candidates admitted to the first year of BUT (persons)"
        if year >= 2021
        else "Candidates admitted to the first year of DUT (persons)",
    )
    return figure(
        shelf,
        name,
        "matrix",
        title=title,
        subtitle=subtitle,
        sources=["parcoursup" if year >= 2018 else "apb"],
        perimeter=two(shelf, f"sites des {shelf.region.institutes.fr}", f"sites of the {shelf.region.institutes.en}"),
        address=TABLE,
        seen=two(
            shelf,
            "Grille, une ligne par spécialité, une colonne par site",
            "Grid, one row per speciality, one column per site",
        ),
        rows=rows,
        shown=["row", "column", "value", "text", "level"],
        options={"rows": [label[code] for code in ordered], "columns": [shelf.place(site) for site in sites]},
    )


def share_bars(shelf: Shelf, name: str, code: str, source: str, short: str, subtitle: str) -> Picture | Absent:
    """Scholarship share by site, a bar per year of one platform."""
    scopes = [
        scope
        for scope in [shelf.whole, *shelf.sites]
        if any(point.value is not None for point in shelf.points(code, scope))
    ]
    if not scopes:
        return absent(shelf, name, short, code)
    years = sorted({point.year for scope in scopes for point in shelf.points(code, scope)})[-3:]
    rows: list[dict[str, Cell]] = []
    for scope in scopes:
        by_year = {point.year: point for point in shelf.points(code, scope)}
        for year in years:
            value = by_year[year].value if year in by_year else None
            rows.append(
                {
                    "name": shelf.place(scope),
                    "group": str(year),
                    "value": value,
                    "label": share(value, shelf.lang) if value is not None else two(shelf, "n. d.", "n/a"),
                    "origin": "observed",
                }
            )
    latest = {
        str(row["name"]): float(str(row["value"]))
        for row in rows
        if row["group"] == str(years[-1]) and row["value"] is not None and row["name"] != shelf.place(shelf.whole)
    }
    title = f"{range_title(short, latest, 'share', shelf.lang)}{two(shelf, ' en', ' in')} {years[-1]}"
    return figure(
        shelf,
        name,
        "bars",
        title=title,
        subtitle=subtitle,
        sources=[source],
        perimeter=two(shelf, f"sites des {shelf.region.institutes.fr}", f"sites of the {shelf.region.institutes.en}"),
        address=tuple(f"{code}/{scope}" for scope in scopes),
        seen=two(shelf, "Barres, un groupe par site", "Bars, one group per site"),
        rows=rows,
        shown=["name", "group", "value", "label", "origin"],
        options={"unit": "share", "order": [str(year) for year in years]},
    )


def apb(shelf: Shelf) -> Picture | Absent:
    """Scholarship holders among the admitted, APB."""
    return share_bars(
        shelf,
        "sch-apb",
        "SCH-ADMITTED",
        "apb",
        two(shelf, "Boursiers parmi les admis", "Scholarship holders among the admitted"),
        two(
            shelf,
            "APB : boursiers en % de tous les candidats admis en DUT",
            "APB: scholarship holders, % of all candidates admitted in DUT",
        ),
    )


def parcoursup(shelf: Shelf) -> Picture | Absent:
    """Scholarship holders among new bachelors, Parcoursup."""
    return share_bars(
        shelf,
        "sch-parcoursup",
        "SCH-ENTRANTS",
        "parcoursup",
        two(shelf, "Boursiers parmi les néo-bacheliers admis", "Scholarship holders among the new bacheliers admitted"),
        two(
            shelf,
            "Parcoursup : néo-bacheliers boursiers en % des néo-bacheliers admis en DUT ou BUT",
            "Parcoursup: new bacheliers with a scholarship, % of new bacheliers admitted in DUT or BUT",
        ),
    )


def register(shelf: Shelf) -> Picture | Absent:
    """Scholarship holders among all students, from the linked registers."""
    return by_scope(
        shelf,
        "sch-register",
        "SCH-REG-SHARE",
        "site",
        short=two(shelf, "Boursiers parmi tous les étudiants", "Scholarship holders among all students"),
        subtitle=two(
            shelf,
            "Étudiants boursiers du CROUS, en % des étudiants inscrits",
            "Students with a CROUS scholarship, % of students enrolled",
        ),
        perimeter=two(
            shelf, f"les {shelf.counted_sites}, DUT, BUT et LP", f"the {shelf.counted_sites}, DUT, BUT and LP"
        ),
    )
