"""Figures of mobility: the target and its path (registers), incoming students and Erasmus (observed)."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from pipelines.publish.figures.common import absent, figure, two
from pipelines.publish.figures.series import break_line, break_years, by_scope, together
from pipelines.publish.numbers import SIMULATED, number, share
from pipelines.publish.picture import Absent, Cell, Picture
from pipelines.publish.shelf import Shelf

BANDS = ["low_50", "high_50", "low_80", "high_80", "low_95", "high_95"]


def target(shelf: Shelf) -> Picture | Absent:
    """The doubling of mobility: what is measured, the path promised, the fan of what comes if nothing changes."""
    name, short = "mob-target", two(shelf, "Mobilité internationale sortante", "Outgoing international mobility")
    kept = [row for row in shelf.rows("pub_paths") if row["target_id"] == "MOB-X2" and row["scope_code"] == shelf.whole]
    states = [
        row for row in shelf.rows("pub_states") if row["target_id"] == "MOB-X2" and row["scope_code"] == shelf.whole
    ]
    observed = [row for row in kept if row["kind"] == "observed" and row["value"] is not None]
    if not observed or not states:
        return absent(shelf, name, short, "MOB-OUT")
    state = states[0]
    simulated = any(row.get("origin") == "simulated" for row in observed)
    word = f" ({SIMULATED[shelf.lang]})" if simulated else ""
    rows: list[dict[str, Cell]] = [
        {
            "year": int(row["year"]),
            "kind": row["kind"],
            "value": row["value"],
            **{band: row.get(band) for band in BANDS},
        }
        for row in sorted(kept, key=lambda row: (row["kind"], row["year"]))
    ]
    goal = number(state["target_value"], shelf.lang) if state.get("target_value") is not None else "?"
    last = max(observed, key=lambda row: row["year"])
    colon = "\u00a0: " if shelf.lang == "fr" else ": "
    title = f"{short}{colon}{number(last['value'], shelf.lang)} " + two(
        shelf,
        f"étudiants en {last['year']}{word} pour {goal} visés ; {shelf.pick(state, 'state_label')}",
        f"students in {last['year']}{word}, {goal} aimed at; {shelf.pick(state, 'state_label')}",
    )
    subtitle = two(
        shelf,
        "Étudiants partis à l'étranger dans l'année (personnes)",
        "Students who went abroad in the year (persons)",
    )
    if any(row["kind"] == "forecast" for row in rows):
        subtitle += two(
            shelf,
            "\u00a0; bandes à 50, 80 et 95 % si les années à venir ressemblent aux passées",
            "; bands at 50, 80 and 95% if the coming years resemble the past ones",
        )
    subtitle += _paces(shelf, state)
    sources = shelf.indicators["MOB-OUT"].sources if "MOB-OUT" in shelf.indicators else ("relint",)
    cuts = shelf.breaks_of("MOB-OUT", [shelf.whole])
    return figure(
        shelf,
        name,
        "path",
        title=title,
        subtitle=subtitle,
        sources=sources,
        perimeter=shelf.all_sites,
        address=(f"MOB-OUT/{shelf.whole}", "pub_paths", "pub_states"),
        seen=two(shelf, "Courbe et chemin vers la cible", "Line and path to the target"),
        rows=rows,
        shown=["year", "kind", "value", *BANDS],
        options={
            "unit": "persons",
            "labels": {
                "observed": two(shelf, f"mesuré{word}", f"measured{word}"),
                "path": two(shelf, "chemin promis", "path promised"),
                "forecast": two(shelf, "si rien ne change", "if nothing changes"),
            },
            "breaks": break_years(rows, cuts),
            "goal": [state["target_value"], two(shelf, f"cible{colon}{goal}", f"target{colon}{goal}")],
        },
        simulated=simulated,
        breaks=break_line(shelf, rows, cuts),
    )


def _paces(shelf: Shelf, state: dict[str, Any]) -> str:
    """Return the pace needed beside the pace observed, as the subtitle says them; nothing where one is not known."""
    needed, observed = state.get("pace_needed"), state.get("pace_observed")
    if observed is None:
        return ""
    seen = share(observed, shelf.lang)
    if needed is None:
        base, goal = state.get("base_value"), state.get("target_value")
        years = (state.get("deadline_year") or 0) - (state.get("base_year") or 0)
        if not base or not goal or years <= 0:
            return ""
        asked = share((goal / base) ** (1 / years) - 1, shelf.lang)
        return two(
            shelf,
            f"\u00a0; rythme promis {asked} par an, observé jusqu'à l'échéance {seen}",
            f"; pace promised {asked} a year, observed up to the deadline {seen}",
        )
    return two(
        shelf,
        f"\u00a0; rythme nécessaire {share(needed, shelf.lang)} par an, observé {seen}",
        f"; pace needed {share(needed, shelf.lang)} a year, observed {seen}",
    )


def sites(shelf: Shelf) -> Picture | Absent:
    """Outgoing mobility rate by site, from the registers."""
    return by_scope(
        shelf,
        "mob-sites",
        "MOB-OUT-RATE",
        "site",
        short=two(shelf, "Part des étudiants partis", "Share of students who went abroad"),
        subtitle=two(
            shelf,
            "Étudiants partis à l'étranger dans l'année, en % des inscrits, par site",
            "Students who went abroad in the year, % of those enrolled, by site",
        ),
        perimeter=shelf.all_sites,
    )


def incoming(shelf: Shelf) -> Picture | Absent:
    """Students who came from a foreign school system, by establishment."""
    return together(
        shelf,
        "mob-incoming",
        "MOB-IN",
        "establishment",
        short=two(shelf, "Étudiants venus d'un système scolaire étranger", "Students from a foreign school system"),
        subtitle=two(
            shelf,
            "Étudiants étrangers issus d'un système scolaire étranger, en DUT ou BUT, par établissement (personnes)",
            "Foreign students from a foreign school system, in DUT or BUT, by establishment (persons)",
        ),
        perimeter=two(
            shelf,
            "établissements qui portent un site, échanges non comptés",
            "establishments that carry a site, exchanges not counted",
        ),
        height=2.2,
    )


def erasmus(shelf: Shelf) -> Picture | Absent:
    """Where the students of the sites' universities went with Erasmus, the one year that is open."""
    name, short = "mob-erasmus", two(shelf, "Destinations Erasmus", "Erasmus destinations")
    counts: dict[str, int] = defaultdict(int)
    year = None
    for row in shelf.rows("pub_mobility__erasmus"):
        if row["students_count"] is not None:
            counts[row["receiving_country_code"]] += int(row["students_count"])
            year = max(int(row["year"]), year or 0)
    if not counts:
        return absent(shelf, name, short, "MOB-OUT-ERASMUS")
    ordered = sorted(counts, key=lambda code: (-counts[code], code))
    shown, others = ordered[:10], ordered[10:]
    rows: list[dict[str, Cell]] = [
        {
            "name": country(code, shelf.lang),
            "value": counts[code],
            "label": number(counts[code], shelf.lang),
            "origin": "observed",
        }
        for code in shown
    ]
    if others:
        rest = sum(counts[code] for code in others)
        rows.append(
            {
                "name": two(shelf, f"{len(others)} autres pays", f"{len(others)} other countries"),
                "value": rest,
                "label": number(rest, shelf.lang),
                "origin": "observed",
            }
        )
    total = sum(counts.values())
    first = [country(code, shelf.lang) for code in shown[:2]]
    title = two(
        shelf,
        f"En {year}, {number(total, 'fr')} séjours d'études Erasmus recensés ; {' et '.join(first)} en tête",
        f"In {year}, {number(total, 'en')} Erasmus study stays on record; {' and '.join(first)} first",
    )
    subtitle = two(
        shelf,
        "Étudiants sortants des universités porteuses, toutes filières, par pays d'accueil (personnes)",
        "Outgoing students of the universities that carry the sites, all fields, by receiving country (persons)",
    )
    return figure(
        shelf,
        name,
        "bars",
        title=title,
        subtitle=subtitle,
        sources=["erasmus"],
        perimeter=two(
            shelf,
            "universités entières, paires géolocalisées : un minimum",
            "whole universities, geocoded pairs: a minimum",
        ),
        address="pub_mobility__erasmus",
        seen=two(shelf, "Barres, une par pays", "Bars, one per country"),
        rows=rows,
        shown=["name", "value", "label", "origin"],
        options={"unit": "persons", "order": []},
    )


COUNTRIES = {
    "AT": ("Autriche", "Austria"),
    "BE": ("Belgique", "Belgium"),
    "BG": ("Bulgarie", "Bulgaria"),
    "CH": ("Suisse", "Switzerland"),
    "CY": ("Chypre", "Cyprus"),
    "CZ": ("Tchéquie", "Czechia"),
    "DE": ("Allemagne", "Germany"),
    "DK": ("Danemark", "Denmark"),
    "EE": ("Estonie", "Estonia"),
    "ES": ("Espagne", "Spain"),
    "FI": ("Finlande", "Finland"),
    "GR": ("Grèce", "Greece"),
    "EL": ("Grèce", "Greece"),
    "HR": ("Croatie", "Croatia"),
    "HU": ("Hongrie", "Hungary"),
    "IE": ("Irlande", "Ireland"),
    "IS": ("Islande", "Iceland"),
    "IT": ("Italie", "Italy"),
    "LI": ("Liechtenstein", "Liechtenstein"),
    "LT": ("Lituanie", "Lithuania"),
    "LU": ("Luxembourg", "Luxembourg"),
    "LV": ("Lettonie", "Latvia"),
    "MT": ("Malte", "Malta"),
    "NL": ("Pays-Bas", "Netherlands"),
    "NO": ("Norvège", "Norway"),
    "PL": ("Pologne", "Poland"),
    "PT": ("Portugal", "Portugal"),
    "RO": ("Roumanie", "Romania"),
    "SE": ("Suède", "Sweden"),
    "SI": ("Slovénie", "Slovenia"),
    "SK": ("Slovaquie", "Slovakia"),
    "TR": ("Turquie", "Türkiye"),
    "UK": ("Royaume-Uni", "United Kingdom"),
    "GB": ("Royaume-Uni", "United Kingdom"),
}


def country(code: str, lang: str) -> str:
    """Return the name of a country of the Erasmus programme; its code when it is not one."""
    names = COUNTRIES.get(code)
    return code if names is None else names[lang == "en"]
