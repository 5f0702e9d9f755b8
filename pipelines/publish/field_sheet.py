"""What a field's sheet says in words: its key figures, licences professionnelles, partners, what is not shown and why."""

# ruff: noqa: E501  a sentence that is published stands on one line, so that it can be found

from __future__ import annotations

from typing import Any

from pipelines.publish import unshown
from pipelines.publish.figures.common import two
from pipelines.publish.numbers import SIMULATED, enumeration, marked, number, per_cent, share
from pipelines.publish.pathway.programmes import town_name
from pipelines.publish.phrases import evolution
from pipelines.publish.programmes import (
    IUT,
    STUDENTS,
    Row,
    bts_of,
    by_programme,
    entrants_of,
    field_of,
    last_year,
    of_year,
    points,
    rows_of,
    total,
)
from pipelines.publish.shelf import Shelf
from pipelines.publish.site_sheet import tile
from pipelines.publish.tables import fields

SECTORS = "pub_enrolment__establishment"


def entry_of(shelf: Shelf, code: str) -> dict[str, Any]:
    """Return what is declared of a field's platform."""
    return next((item for item in shelf.declared("platforms") if item["field_code"] == code), {})


def tiles(shelf: Shelf, code: str) -> str:
    """Return the key figures of the field, each beside that of all specialities; none for what is not known."""
    mine, every = entrants_of(shelf, field=code), entrants_of(shelf)
    year = last_year(every)
    now, whole = of_year(mine, year), of_year(every, year)
    parts = ["::: {.kpi-grid}"]
    if now:
        sites = len({row["site_code"] for row in now})
        parts += tile(
            number(len(by_programme(now)), shelf.lang),
            two(shelf, "formations d'IUT", "IUT programmes")
            if len(by_programme(now)) > 1
            else two(shelf, "formation d'IUT", "IUT programme"),
            two(
                shelf,
                f"sur {number(sites, 'fr')} site{'s' if sites > 1 else ''}, en {year}",
                f"on {number(sites, 'en')} site{'s' if sites > 1 else ''}, in {year}",
            ),
        )
    admitted, of_all = total(now, "admitted_count"), total(whole, "admitted_count")
    if admitted is not None:
        note = f"{two(shelf, 'en', 'in')} {year}"
        if of_all:
            part = share(admitted / of_all, shelf.lang, 0)
            note = two(shelf, f"{part} de tous les entrants, {note}", f"{part} of all entrants, {note}")
        parts += tile(number(admitted, shelf.lang), two(shelf, "entrants en première année", "entrants"), note)
    technological, bachelors = total(now, "new_bachelors_technological_count"), total(now, "new_bachelors_count")
    if technological is not None and bachelors:
        all_technological, all_bachelors = (
            total(whole, "new_bachelors_technological_count"),
            total(whole, "new_bachelors_count"),
        )
        note = f"{two(shelf, 'en', 'in')} {year}"
        if all_technological is not None and all_bachelors:
            colon = two(shelf, "\u00a0: ", ": ")
            note = f"{two(shelf, 'toutes spécialités', 'all specialities')}{colon}{share(all_technological / all_bachelors, shelf.lang)}, {note}"
        parts += tile(
            share(technological / bachelors, shelf.lang),
            two(shelf, "de bacheliers technologiques", "technological bacheliers"),
            note,
        )
    bts = bts_of(shelf, code)
    if bts:
        towns = {town_name(str(row["commune_label"])) for row in bts if row["commune_label"]}
        places = len({row["uai"] for row in bts})
        parts += tile(
            number(len(bts), shelf.lang),
            two(shelf, "formations de BTS", "BTS programmes"),
            two(
                shelf,
                f"{number(places, 'fr')} établissements, {number(len(towns), 'fr')} villes, en {last_year(bts)}",
                f"{number(places, 'en')} establishments, {number(len(towns), 'en')} towns, in {last_year(bts)}",
            ),
        )
    parts += students_tile(shelf, code) + employment_tile(shelf, code)
    return "\n".join([*parts, ":::"]) if len(parts) > 1 else ""


def students_tile(shelf: Shelf, code: str) -> list[str]:
    """Return the tile of the students of the registers in DUT or BUT; none where a part of the sum is hidden."""
    register = shelf.rows(STUDENTS)
    year = last_year(register)
    rows = [row for row in of_year(rows_of(shelf, STUDENTS, field=code), year) if row["diploma_code"] in IUT]
    count = total(rows, "students_count")
    if count is None:
        return []
    shown = number(count, shelf.lang)
    if any(row["origin"] == "simulated" for row in rows):
        shown += f" [({SIMULATED[shelf.lang]})]{{.simulated}}"
    return tile(
        shown,
        two(shelf, "étudiants en DUT ou BUT", "students in DUT or BUT"),
        two(shelf, f"registres, en {year}", f"registers, in {year}"),
    )


def employment_tile(shelf: Shelf, code: str) -> list[str]:
    """Return the tile of employment after the field's DUT in France, from the lowest to the highest speciality."""
    table = "pub_employment__dut"
    year = last_year(shelf.rows(table))
    rates = {
        row["speciality_code"]: float(row["employment_pct"])
        for row in of_year(shelf.rows(table), year)
        if int(row["months_after"]) == 30 and row["employment_pct"] is not None
    }
    mine = sorted({round(rate) for speciality, rate in rates.items() if field_of(shelf, speciality) == code})
    if not mine:
        return []
    shown = per_cent(mine[-1], shelf.lang, 0)
    if len(mine) > 1:
        shown = two(shelf, f"{number(mine[0], 'fr')} à {shown}", f"{number(mine[0], 'en')} to {shown}")
    note = two(shelf, f"France, diplômés de {year}", f"France, graduates of {year}")
    if "_T" in rates:
        every = per_cent(rates["_T"], shelf.lang, 0)
        note = two(shelf, f"toutes spécialités\u00a0: {every}, {note}", f"all specialities: {every}, {note}")
    return tile(shown, two(shelf, "en emploi à 30 mois après le DUT", "employed at 30 months after the DUT"), note)


def enrolment(shelf: Shelf, code: str) -> str:
    """Return the students of the field in the registers, and its entrants over the years."""
    told = []
    register = rows_of(shelf, STUDENTS, field=code)
    year = last_year(register)
    for diplomas, fr, en in ((("DUT", "BUT"), "en DUT ou BUT", "in DUT or BUT"), (("LP",), "en LP", "in LP")):
        rows = [row for row in of_year(register, year) if row["diploma_code"] in diplomas]
        count = total(rows, "students_count")
        if count is not None:
            shown = marked(number(count, shelf.lang), str(rows[0]["origin"]), shelf.lang)
            told.append(f"{shown} {two(shelf, fr, en)}")
    said = ""
    if told:
        said = two(
            shelf,
            f"Étudiants du domaine en {year}, d'après les registres\u00a0: {enumeration(told, 'fr')}. ",
            f"Students of the field in {year}, from the registers: {enumeration(told, 'en')}. ",
        )
    mine = entrants_of(shelf, field=code)
    if mine:
        said += evolution(two(shelf, "Entrants", "Entrants"), points(shelf, mine), "persons", shelf.lang)
    return said or two(
        shelf,
        "Aucune formation d'IUT de ce domaine n'est dans les sources.",
        "No IUT programme of this field is in the sources.",
    )


def include(name: str) -> str:
    """Return the include of a table."""
    return f"{{{{< include /_generated/tbl-{name}.md >}}}}"


def programmes(shelf: Shelf, code: str) -> str:
    """Return the include of the table of programmes; empty when there is none, which the sentence above says."""
    year = last_year(entrants_of(shelf))
    register = last_year(shelf.rows(STUDENTS))
    has = of_year(entrants_of(shelf, field=code), year) or of_year(rows_of(shelf, STUDENTS, field=code), register)
    return include(f"field-{code}") if has else ""


def entrants(shelf: Shelf, code: str) -> str:
    """Return the include of the table of entrants, or that there is none."""
    if entrants_of(shelf, field=code):
        return include(f"field-entrants-{code}")
    return two(shelf, "Aucun entrant n'est publié.", "No entrant is published.")


def employment(shelf: Shelf, code: str) -> str:
    """Return the include of the table of employment, or why there is none."""
    if any(table.name == f"field-employment-{code}" for table in [fields.employment(shelf, code, code)] if table.rows):
        return include(f"field-employment-{code}")
    return two(
        shelf,
        "Les enquêtes nationales ne donnent aucun taux pour les diplômes de ce domaine.",
        "The national surveys give no rate for the diplomas of this field.",
    )


def territory(shelf: Shelf, code: str) -> str:
    """Return the include of the table by département, or that nothing is known."""
    if fields.territory(shelf, code, code).rows:
        return include(f"field-territory-{code}")
    return two(shelf, "Aucune formation du domaine n'est située.", "No programme of the field is located.")


def sector_rows(shelf: Shelf, code: str) -> tuple[list[str], list[Row]]:
    """Return the disciplinary sectors that hold the field in the open enrolment figures, and their rows of LP."""
    wanted = [
        row["sector_label"]
        for row in shelf.listed("ref_sector")
        if code in (row.get("field_code"), row.get("part_of_field_code"))
    ]
    rows = [row for row in shelf.rows(SECTORS) if row["sector_label"] in wanted and row["diploma_code"] == "LP"]
    return wanted, rows


def professional(shelf: Shelf, code: str) -> str:
    """Return the licences professionnelles of the field: open figures by sector, registers by site."""
    told = []
    wanted, rows = sector_rows(shelf, code)
    year = last_year(shelf.rows(SECTORS))
    if not wanted:
        told.append(
            two(
                shelf,
                "Licences professionnelles\u00a0: aucun secteur disciplinaire des chiffres ouverts ne correspond à ce domaine seul.",
                "Licences professionnelles: no disciplinary sector of the open figures matches this field alone.",
            )
        )
    else:
        named = enumeration([f"« {item} »" if shelf.lang == "fr" else f"“{item}”" for item in wanted], shelf.lang)
        count = total(of_year(rows, year), "students_count")
        told.append(
            two(
                shelf,
                f"Licences professionnelles des établissements qui portent les IUT, secteur {named}, en {year}\u00a0: {number(count, 'fr')} étudiants.",
                f"Licences professionnelles of the establishments that carry the IUTs, sector {named}, in {year}: {number(count, 'en')} students.",
            )
            if count
            else two(
                shelf,
                f"Licences professionnelles\u00a0: aucun étudiant en {year} dans le secteur {named} des établissements qui portent les IUT.",
                f"Licences professionnelles: no student in {year} in the sector {named} of the establishments that carry the IUTs.",
            )
        )
    register = rows_of(shelf, STUDENTS, field=code)
    register_year = last_year(shelf.rows(STUDENTS))
    sites = {row["site_code"] for row in of_year(register, register_year) if row["diploma_code"] == "LP"}
    if sites:
        simulated = any(row["origin"] == "simulated" for row in register)
        names = enumeration([shelf.place(site) for site in shelf.sites if site in sites], shelf.lang)
        mention = f" ({SIMULATED[shelf.lang]})" if simulated else ""
        told.append(
            two(
                shelf,
                f"D'après les registres{mention}, des licences professionnelles rattachées au domaine ont des étudiants en {register_year} à {names}.",
                f"From the registers{mention}, licences professionnelles that belong to the field have students in {register_year} in {names}.",
            )
        )
    labels = sorted({str(row["formation_label"]).split(" - ")[0].split(" (")[0] for row in bts_of(shelf, code)})
    if labels:
        told.append(
            two(
                shelf,
                f"BTS du domaine dans Parcoursup\u00a0: {'; '.join(labels).replace('; ', f'{chr(160)}; ')}.",
                f"BTS of the field in Parcoursup: {'; '.join(labels)}.",
            )
        )
    return " ".join(told)


def sites_beside(shelf: Shelf, code: str) -> str:
    """Return how the sites that the annex names and those where the field is taught differ; links to their sheets."""
    entry = entry_of(shelf, code)
    named = {*entry.get("sites", []), *entry.get("planned_sites", [])}
    year = last_year(entrants_of(shelf))
    taught = {row["site_code"] for row in of_year(entrants_of(shelf, field=code), year)}

    def linked(sites: set[str]) -> str:
        return enumeration(
            [f"[{shelf.place(site)}](/sites/{site}.qmd)" for site in shelf.sites if site in sites], shelf.lang
        )

    told = []
    if taught:
        told.append(
            two(
                shelf,
                f"Sites où le domaine s'enseigne en IUT en {year}\u00a0: {linked(taught)}.",
                f"Sites where the field is taught in an IUT in {year}: {linked(taught)}.",
            )
        )
    if named - taught:
        told.append(
            two(
                shelf,
                f"Nommés par l'annexe sans entrants en {year}\u00a0: {linked(named - taught)}.",
                f"Named by the annex without entrants in {year}: {linked(named - taught)}.",
            )
        )
    if taught - named:
        told.append(
            two(
                shelf,
                f"Non nommés par l'annexe\u00a0: {linked(taught - named)}.",
                f"Not named by the annex: {linked(taught - named)}.",
            )
        )
    return " ".join(told)


def themes(shelf: Shelf, code: str) -> str:
    """Return the themes of the annex on which the platform says it works."""
    declared = set(entry_of(shelf, code).get("themes") or [])
    titles = [shelf.say(item["title"]) for item in shelf.declared("platform_themes") if item["number"] in declared]
    if titles:
        named = enumeration(titles, shelf.lang)
        return two(shelf, f"Thèmes déclarés\u00a0: {named}.", f"Themes declared: {named}.")
    offered = two(shelf, "\u00a0; ", "; ").join(shelf.say(item["title"]) for item in shelf.declared("platform_themes"))
    return two(
        shelf,
        f"Aucun des thèmes de l'annexe n'est déclaré pour cette plateforme ({offered}).",
        f"None of the annex's themes is declared for this platform ({offered}).",
    )


def facts(shelf: Shelf, code: str) -> dict[str, str]:
    """Return the parts of the sheet that depend on the data, by the name a template gives them."""
    return {
        "tiles": tiles(shelf, code),
        "enrolment": enrolment(shelf, code),
        "programmes": programmes(shelf, code),
        "entrants": entrants(shelf, code),
        "employment": employment(shelf, code),
        "professional": professional(shelf, code),
        "territory": territory(shelf, code),
        "sites_beside": sites_beside(shelf, code),
        "themes": themes(shelf, code),
        "missing": "\n".join(f"- {item}" for item in unshown.of_field(shelf, code)),
    }
