"""What a sheet cannot show, and why: values hidden, series that a source does not give, what nobody measures."""

# ruff: noqa: E501  a sentence that is published stands on one line, so that it can be found

from __future__ import annotations

from collections import defaultdict

from pipelines.publish.figures.common import two
from pipelines.publish.numbers import number
from pipelines.publish.programmes import rows_of
from pipelines.publish.shelf import Shelf
from pipelines.publish.tables.fields import DISCIPLINES
from pipelines.publish.tables.overview import upper_first

RESEARCH = ("RES-STAFF", "RES-COM", "RES-THESE")
"""Indicators of research: a site's sheet says in their own section why they show nothing."""


def of_site(shelf: Shelf, code: str) -> list[str]:
    """Return what cannot be shown and why, one item each: hidden values, absent series, what nobody measures."""
    items = [*confidential(shelf, code), *without_series(shelf, code), *unmeasured(shelf)]
    return items or [two(shelf, "Rien ne manque à cette fiche.", "Nothing is missing from this sheet.")]


def confidential(shelf: Shelf, code: str) -> list[str]:
    """Return one line on the values of the site that too few persons stand behind."""
    years = {
        indicator.label: sum(row["flag"] == "c" for row in shelf.series(indicator.code, code))
        for indicator in shelf.indicators.values()
    }
    listed = ", ".join(
        f"{label} ({number(count, shelf.lang)} {two(shelf, 'année', 'year')}{'s' if count > 1 else ''})"
        for label, count in years.items()
        if count
    )
    hidden, whole = hidden_cells(shelf, site=code)
    if not listed and not hidden:
        return []
    cells = two(
        shelf,
        f"{number(hidden, 'fr')} cellules sur {number(whole, 'fr')} dans les tableaux des registres par spécialité",
        f"{number(hidden, 'en')} cells of {number(whole, 'en')} in the tables of the registers by speciality",
    )
    what = "; ".join(item for item in (listed, cells if hidden else "") if item)
    return [
        two(
            shelf,
            f"**Confidentiel**\u00a0: {what.replace('; ', f'{chr(160)}; ')}. Trop peu de personnes, ou le moyen de retrouver un petit nombre par soustraction.",
            f"**Confidential**: {what}. Too few persons, or a way to find a small number back by subtraction.",
        )
    ]


def hidden_cells(shelf: Shelf, site: str | None = None, field: str | None = None) -> tuple[int, int]:
    """Return how many cells of the register tables are confidential in a site or a field, and how many there are."""
    needed = "site_code" if field is None else "speciality_code"
    hidden = whole = 0
    for name in shelf.table_names:
        if not name.endswith("__register") or needed not in shelf.table(name).columns:
            continue
        for row in rows_of(shelf, name, site, field):
            flags = [value for key, value in row.items() if key == "flag" or key.endswith("_flag")]
            hidden += sum(flag == "c" for flag in flags)
            whole += len(flags)
    return hidden, whole


def by_site(shelf: Shelf) -> list[str]:
    """Return the indicators that the registry wants by site."""
    return [entry["code"] for entry in shelf.declared("indicators") if "site" in entry["scopes"]]


def without_series(shelf: Shelf, code: str) -> list[str]:
    """Return one line on the indicators that other sites have and this one has not."""
    absent = [
        shelf.indicators[item].label
        for item in by_site(shelf)
        if not shelf.series(item, code) and shelf.scopes(item, "site")
    ]
    if not absent:
        return []
    listed = ", ".join(absent)
    return [
        two(
            shelf,
            f"**Sans valeur pour ce site**\u00a0: {listed}. Les sources ne les donnent pas pour cette implantation, ou la formation n'y existe pas.",
            f"**Without a value for this site**: {listed}. The sources do not give them for these premises, or the programme does not exist there.",
        )
    ]


def unmeasured(shelf: Shelf) -> list[str]:
    """Return a line per reason why an indicator wanted by site is measured nowhere; research has its own section."""
    reasons: dict[str, list[str]] = defaultdict(list)
    for item in by_site(shelf):
        if item not in RESEARCH and not shelf.scopes(item, "site"):
            reasons[shelf.reason(item).rstrip(".")].append(shelf.indicators[item].label)
    colon = two(shelf, "\u00a0: ", ": ")
    return [f"**{', '.join(labels)}**{colon}{upper_first(why)}." for why, labels in reasons.items()]


def of_field(shelf: Shelf, code: str) -> list[str]:
    """Return what cannot be shown of a field and why, one item each."""
    hidden, whole = hidden_cells(shelf, field=code)
    items = []
    if hidden:
        items.append(
            two(
                shelf,
                f"**Bourses, apprentissage, mobilité**\u00a0: confidentiel pour {number(hidden, 'fr')} cellules sur {number(whole, 'fr')} des registres du domaine\u00a0; leur somme n'est donc pas donnée.",
                f"**Scholarships, apprenticeship, mobility**: confidential for {number(hidden, 'en')} of {number(whole, 'en')} cells of the field's registers; their sum is therefore not given.",
            )
        )
    items.append(
        two(
            shelf,
            "**Emploi des diplômés du domaine dans la région**\u00a0: l'enquête publie par site et diplôme, non par spécialité\u00a0; les taux du DUT sont nationaux.",
            "**Employment of the field's graduates in the region**: the survey publishes by site and diploma, not by speciality; the rates of the DUT are national.",
        )
    )
    if code not in DISCIPLINES:
        items.append(
            two(
                shelf,
                "**Emploi après une licence professionnelle**\u00a0: aucune discipline de l'enquête nationale ne correspond à ce domaine.",
                "**Employment after a licence professionnelle**: no discipline of the national survey matches this field.",
            )
        )
    if not any(
        row for row in shelf.listed("ref_sector") if code in (row.get("field_code"), row.get("part_of_field_code"))
    ):
        items.append(
            two(
                shelf,
                "**Licences professionnelles du domaine**\u00a0: le secteur « Sciences de gestion » réunit gestion et commerce.",
                "**Licences professionnelles of the field**: the sector “Sciences de gestion” holds management and sales together.",
            )
        )
    items.append(
        two(
            shelf,
            "**Entreprises, organismes de recherche et de transfert**\u00a0: l'annexe demande de les identifier\u00a0; aucune liste n'est déclarée.",
            "**Firms, research and transfer bodies**: the annex asks that they be identified; no list is declared.",
        )
    )
    return items
