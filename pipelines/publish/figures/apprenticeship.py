"""Figures of apprenticeship: contracts of the départements (observed), CFA (observed), the sites (registers)."""

# ruff: noqa: E501  a sentence that is published stands on one line, so that it can be found

from __future__ import annotations

from statistics import median

from pipelines.publish.figures.common import absent, figure, two
from pipelines.publish.figures.series import by_scope, one_line
from pipelines.publish.numbers import number, per_cent
from pipelines.publish.phrases import change
from pipelines.publish.picture import Absent, Cell, Picture
from pipelines.publish.shelf import Shelf


def territory(shelf: Shelf) -> Picture | Absent:
    """New contracts of each département and year; a year that is not whole says how many months it covers."""
    name, short = "app-territory", two(shelf, "Nouveaux contrats d'apprentissage", "New apprenticeship contracts")
    own = {site["departement_code"] for site in shelf.sites.values()}
    listed = {
        row["territory_code"] for row in shelf.listed("ref_territory") if str(row.get("is_in_region")).lower() == "true"
    } or own
    kept = [
        row
        for row in shelf.rows("pub_apprenticeship__territory")
        if row["territory_level"] == "departement"
        and row["territory_code"] in listed
        and row["contracts_count"] is not None
    ]
    if not kept:
        return absent(shelf, name, short, "APP-TERR")
    months = {int(row["year"]): int(row["months_covered"]) for row in kept}
    years = sorted(months)
    heading = {
        year: str(year)
        if months[year] == 12
        else two(shelf, f"{year}\n({months[year]} mois)", f"{year}\n({months[year]} months)")
        for year in years
    }
    cells = {(row["territory_code"], int(row["year"])): int(row["contracts_count"]) for row in kept}
    totals = {year: sum(value for (_, when), value in cells.items() if when == year) for year in years}
    biggest = max(cells.values())
    codes = sorted(
        {code for code, _ in cells}, key=lambda code: (-max(cells.get((code, year), 0) for year in years), code)
    )
    rows: list[dict[str, Cell]] = [
        {
            "row": shelf.place(code),
            "column": heading[year],
            "year": year,
            "value": cells.get((code, year)),
            "months_covered": months[year],
            "text": number(cells[(code, year)], shelf.lang) if (code, year) in cells else "",
            "level": round((cells[(code, year)] / biggest) ** 0.5, 4) if (code, year) in cells else None,
        }
        for code in codes
        for year in years
    ]
    whole = [year for year in years if months[year] == 12]
    moved = change(totals[whole[0]], totals[whole[-1]], "persons", shelf.lang)
    colon = "\u00a0:" if shelf.lang == "fr" else ":"
    title = f"{short}{colon} {moved}" + two(shelf, f" de {whole[0]} à {whole[-1]}", f" from {whole[0]} to {whole[-1]}")
    subtitle = two(
        shelf,
        "Contrats commencés dans l'année, tous niveaux de diplôme, par département (contrats)",
        "Contracts begun in the year, all levels of diploma, by département (contracts)",
    )
    return figure(
        shelf,
        name,
        "matrix",
        title=title,
        subtitle=subtitle,
        sources=["barometre"],
        perimeter=two(
            shelf, f"départements de l'{shelf.region.academie.fr}", f"départements of the {shelf.region.academie.en}"
        ),
        address="pub_apprenticeship__territory",
        seen=two(
            shelf,
            "Grille, une ligne par département, une colonne par année",
            "Grid, one row per département, one column per year",
        ),
        rows=rows,
        shown=["row", "column", "year", "value", "months_covered", "text", "level"],
        options={"rows": [shelf.place(code) for code in codes], "columns": [heading[year] for year in years]},
    )


def cfa(shelf: Shelf) -> Picture | Absent:
    """Employment six months after, by CFA of the administrative region: how the CFA of each cohort spread."""
    name, short = (
        "app-cfa",
        two(shelf, "Apprentis en emploi six mois après", "Apprentices in employment six months after"),
    )
    kept = [row for row in shelf.rows("pub_apprenticeship__cfa") if row.get("employment_pct") is not None]
    if not kept:
        return absent(shelf, name, short, "APP-CFA")
    years = sorted({int(row["year"]) for row in kept})
    bands = [(0, 50), (50, 60), (60, 70), (70, 80), (80, 101)]
    names = [
        two(shelf, "moins de 50 %", "under 50%")
        if low == 0
        else two(shelf, "80 % et plus", "80% and over")
        if low == 80
        else two(shelf, f"{low} à {high} %", f"{low} to {high}%")
        for low, high in bands
    ]
    counts = {
        (label, year): sum(1 for row in kept if int(row["year"]) == year and low <= float(row["employment_pct"]) < high)
        for (low, high), label in zip(bands, names, strict=True)
        for year in years
    }
    biggest = max(counts.values()) or 1
    rows: list[dict[str, Cell]] = [
        {
            "row": label,
            "column": str(year),
            "value": counts[(label, year)],
            "text": number(counts[(label, year)], shelf.lang),
            "level": round(counts[(label, year)] / biggest, 4),
        }
        for label in reversed(names)
        for year in years
    ]
    middle = median(float(row["employment_pct"]) for row in kept if int(row["year"]) == years[-1])
    title = two(
        shelf,
        f"La moitié des CFA {shelf.region.of_region_2016.fr} placent au moins {per_cent(middle, 'fr', 0)} de leurs apprentis ({years[-1]})",
        f"Half of the CFA {shelf.region.of_region_2016.en} place at least {per_cent(middle, 'en', 0)} of their apprentices ({years[-1]})",
    )
    subtitle = two(
        shelf,
        "Nombre de CFA selon le taux d'emploi à six mois de leurs sortants, par cohorte (centres)",
        "Number of CFA by the employment rate of their leavers at six months, by cohort (centres)",
    )
    return figure(
        shelf,
        name,
        "matrix",
        title=title,
        subtitle=subtitle,
        sources=["inserjeunes"],
        perimeter=two(
            shelf,
            f"CFA {shelf.region.of_region_2016.fr}, tous niveaux ; un CFA n'est pas un IUT",
            f"CFA {shelf.region.of_region_2016.en}, all levels; a CFA is no IUT",
        ),
        address="pub_apprenticeship__cfa",
        seen=two(
            shelf,
            "Grille, une ligne par tranche de taux, une colonne par cohorte",
            "Grid, one row per band of rates, one column per cohort",
        ),
        rows=rows,
        shown=["row", "column", "value", "text", "level"],
        options={"rows": list(reversed(names)), "columns": [str(year) for year in years]},
    )


def count(shelf: Shelf) -> Picture | Absent:
    """Apprentices of the sites, from the registers."""
    return one_line(
        shelf,
        "app-count",
        "APP-COUNT",
        shelf.whole,
        short=two(shelf, f"Apprentis des {shelf.counted_sites}", f"Apprentices of the {shelf.counted_sites}"),
        subtitle=two(
            shelf,
            "Étudiants en contrat d'apprentissage à la rentrée (personnes)",
            "Students under an apprenticeship contract in the autumn (persons)",
        ),
        perimeter=shelf.all_sites,
    )


def sites(shelf: Shelf) -> Picture | Absent:
    """Share of apprentices by site, from the registers."""
    return by_scope(
        shelf,
        "app-sites",
        "APP-SHARE",
        "site",
        short=two(shelf, "Part des apprentis", "Share of apprentices"),
        subtitle=two(
            shelf,
            "Apprentis, en % des étudiants inscrits, par site",
            "Apprentices, % of the students enrolled, by site",
        ),
        perimeter=shelf.all_sites,
    )
