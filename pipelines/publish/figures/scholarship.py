"""Figures of entrants and scholarship holders. APB and Parcoursup count on different bases: never on one chart."""

from __future__ import annotations

from collections import defaultdict

from pipelines.publish.figures.common import (
    SERIES_COLUMNS,
    absent,
    alternative,
    break_line,
    by_scope,
    caption,
    runs,
    two,
)
from pipelines.publish.numbers import number, share
from pipelines.publish.phrases import Point, range_title
from pipelines.publish.picture import Absent, Cell, Picture, columns
from pipelines.publish.shelf import REGION, Shelf

TABLE = "pub_scholarship__entrants"
IUT = ("DUT", "BUT")


def admitted(shelf: Shelf) -> dict[str, dict[int, int]]:
    """Return the admitted of each site and year, in DUT and BUT. A suppressed cell counts for nothing: none is open data's."""
    totals: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for row in shelf.rows(TABLE):
        if row["diploma_code"] in IUT and row["admitted_count"] is not None:
            totals[row["site_code"]][int(row["year"])] += int(row["admitted_count"])
    return {site: dict(totals[site]) for site in shelf.sites if site in totals}


def entrants(shelf: Shelf) -> Picture | Absent:
    """Entrants by site over years, a panel per site."""
    name, short = (
        "sch-entrants",
        two(shelf, "Entrants en première année de DUT ou BUT", "Entrants to the first year of DUT or BUT"),
    )
    totals = admitted(shelf)
    if not totals:
        return absent(shelf, name, short, "ENR-ENTRANTS")
    breaks = shelf.breaks_of("ENR-ENTRANTS")
    cuts = {item.year for item in breaks}
    rows: list[dict[str, Cell]] = []
    for site, years in totals.items():
        points = [Point(year, years[year], year in cuts) for year in sorted(years)]
        for point, stretch in zip(points, runs(points), strict=True):
            rows.append(
                {
                    "year": point.year,
                    "facet": shelf.place(site),
                    "series": short,
                    "value": years[point.year],
                    "run": f"{site}/{stretch}",
                    "origin": "observed",
                    "flag": "B" if point.is_break else "A",
                }
            )
    last = max(year for years in totals.values() for year in years)
    latest = {shelf.place(site): float(years[last]) for site, years in totals.items() if last in years}
    title = f"{range_title(short, latest, 'persons', shelf.lang)}{two(shelf, ' en', ' in')} {last}"
    subtitle = two(
        shelf,
        "Candidats admis, par site et rentrée (personnes) ; les années sans point ne sont pas publiées au format repris ici",
        "Candidates admitted, by site and year (persons); years without a point are not in the files used here",
    )
    return Picture(
        name=name,
        kind="lines",
        title=title,
        subtitle=subtitle,
        caption=caption(
            shelf,
            ["apb", "parcoursup"],
            two(
                shelf,
                "sept sites ; Albi n'a pas d'entrants en DUT ou BUT",
                "seven sites; Albi has no entrants in DUT or BUT",
            ),
            f"ENR-ENTRANTS/{REGION}",
            breaks=break_line(shelf, rows, breaks),
        ),
        alt=alternative(
            shelf, two(shelf, "Courbes, un panneau par site", "Lines, one panel per site"), title, subtitle, False
        ),
        lang=shelf.lang,
        data=columns(rows, SERIES_COLUMNS),
        options={
            "unit": "persons",
            "order": [short],
            "columns": 2,
            "facets": [shelf.place(site) for site in totals],
            "breaks": [],
            "free": True,
        },
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
    return Picture(
        name=name,
        kind="matrix",
        title=title,
        subtitle=subtitle,
        caption=caption(
            shelf,
            ["parcoursup" if year >= 2018 else "apb"],
            two(shelf, "sites des IUT de Midi-Pyrénées", "sites of the IUTs of Midi-Pyrénées"),
            f"ENR-ENTRANTS/{REGION}/{year}",
        ),
        alt=alternative(
            shelf,
            two(
                shelf,
                "Grille, une ligne par spécialité, une colonne par site",
                "Grid, one row per speciality, one column per site",
            ),
            title,
            subtitle,
            False,
        ),
        lang=shelf.lang,
        data=columns(rows, ["row", "column", "value", "text", "level"]),
        options={"rows": [label[code] for code in ordered], "columns": [shelf.place(site) for site in sites]},
    )


def share_bars(shelf: Shelf, name: str, code: str, source: str, short: str, subtitle: str) -> Picture | Absent:
    """Scholarship share by site, a bar per year of one platform."""
    scopes = [
        scope for scope in [REGION, *shelf.sites] if any(point.value is not None for point in shelf.points(code, scope))
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
        if row["group"] == str(years[-1]) and row["value"] is not None and row["name"] != shelf.place(REGION)
    }
    title = f"{range_title(short, latest, 'share', shelf.lang)}{two(shelf, ' en', ' in')} {years[-1]}"
    return Picture(
        name=name,
        kind="bars",
        title=title,
        subtitle=subtitle,
        caption=caption(
            shelf,
            [source],
            two(shelf, "sites des IUT de Midi-Pyrénées", "sites of the IUTs of Midi-Pyrénées"),
            f"{code}/{REGION}",
        ),
        alt=alternative(
            shelf, two(shelf, "Barres, un groupe par site", "Bars, one group per site"), title, subtitle, False
        ),
        lang=shelf.lang,
        data=columns(rows, ["name", "group", "value", "label", "origin"]),
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
        perimeter=two(shelf, "les huit sites, DUT, BUT et LP", "the eight sites, DUT, BUT and LP"),
    )
