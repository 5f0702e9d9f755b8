"""What a site's sheet says in words: its key figures beside the region's, a sentence per theme, what is not shown and why."""

# ruff: noqa: E501  a sentence that is published stands on one line, so that it can be found

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from pipelines.kernel.figure_address import figure_page
from pipelines.publish import unshown
from pipelines.publish.figures.common import two
from pipelines.publish.figures.overview import target_titles
from pipelines.publish.numbers import CONFIDENTIAL, SIMULATED, enumeration, marked, measure, number, share
from pipelines.publish.phrases import Point, change, unbroken
from pipelines.publish.programmes import STUDENTS, entrants_of, last_year, of_year, rows_of
from pipelines.publish.shelf import REGION, Shelf
from pipelines.publish.tables.actions import state_label
from pipelines.publish.tables.overview import last_point, upper_first
from pipelines.publish.tables.sheets import site_actions
from pipelines.publish.tables.targets import chance
from pipelines.publish.unshown import RESEARCH

TILES: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (("ENR-REG",), "étudiants", "students"),
    (("ENR-ENTRANTS",), "entrants en première année", "entrants to the first year"),
    (("SCH-ENTRANTS", "SCH-REG-SHARE"), "de boursiers", "with a scholarship"),
    (("APP-SHARE",), "d'apprentis", "apprentices"),
    (("MOB-OUT-RATE",), "partis à l'étranger", "went abroad"),
    (("EMP-REG-30", "EMP-REG-18"), "en emploi", "in employment"),
)
"""Indicators of each tile, the first with a value at the site, and what the number counts."""

SPARE = (("LLL-FC-SHARE",), "en formation continue", "in continuing education")
"""What stands in for a tile that the site has not: a site without entrants still has a whole grid."""

SPOKEN = {
    "SCH-ENTRANTS": (" à l'entrée", " among entrants"),
    "SCH-REG-SHARE": (" parmi les étudiants", " among students"),
    "EMP-REG-30": (" à 30 mois", " at 30 months"),
    "EMP-REG-18": (" à 18 mois", " at 18 months"),
}
"""What the indicator chosen adds to the words of its tile."""

THEMES: dict[str, tuple[str, ...]] = {
    "scholarships": ("SCH-ENTRANTS", "SCH-REG-SHARE"),
    "apprenticeship": ("APP-COUNT", "APP-SHARE"),
    "mobility": ("MOB-OUT", "MOB-OUT-RATE"),
    "employment": ("EMP-REG-18", "EMP-REG-30"),
}


def tiles(shelf: Shelf, code: str) -> str:
    """Return the key figures of the site, each with the region's value of the same year; none for what it has not."""
    parts = ["::: {.kpi-grid}"]
    known = [entry for entry in TILES if any(shelf.series(item, code) for item in entry[0])]
    for choices, fr, en in known if len(known) == len(TILES) else [*known, SPARE]:
        chosen = next((item for item in choices if last_point(shelf.points(item, code))), None)
        hidden = any(row["flag"] == "c" for item in choices for row in shelf.series(item, code))
        if chosen is None and not hidden:
            continue
        said = two(shelf, fr, en)
        if chosen is None:
            parts += tile(CONFIDENTIAL[shelf.lang], said, two(shelf, "trop peu de personnes", "too few persons"))
            continue
        point, indicator = last_point(shelf.points(chosen, code)), shelf.indicators[chosen]
        assert point is not None
        assert point.value is not None
        value = measure(point.value, indicator.unit, shelf.lang, indicator.decimals or None)
        if point.origin == "simulated":
            value = f"{value} [({SIMULATED[shelf.lang]})]{{.simulated}}"
        dated = f"[{point.year}](/{figure_page(chosen, code, point.year)})"
        note = [region_beside(shelf, chosen, point, indicator.unit), two(shelf, f"en {dated}", f"in {dated}")]
        parts += tile(value, said + two(shelf, *SPOKEN.get(chosen, ("", ""))), ", ".join(item for item in note if item))
    return "\n".join([*parts, ":::"])


def tile(value: str, label: str, note: str) -> list[str]:
    """Return one tile as the theme styles it."""
    return ["::: {.kpi}", f"[{value}]{{.kpi-value}}", f"[{label}]{{.kpi-label}}", f"[{note}]{{.kpi-note}}", ":::"]


def region_value(shelf: Shelf, indicator: str, year: int) -> float | None:
    """Return the value of the eight sites in a year."""
    return next((row["value"] for row in shelf.series(indicator, REGION) if int(row["year"]) == year), None)


def region_beside(shelf: Shelf, indicator: str, point: Point, unit: str) -> str:
    """Return `région : 21,2 %`, or for a count the share of the region that the site makes."""
    whole = region_value(shelf, indicator, point.year)
    if whole is None or point.value is None:
        return ""
    if unit in ("share", "percent"):
        return two(shelf, "région\u00a0: ", "region: ") + measure(whole, unit, shelf.lang)
    part = share(point.value / whole, shelf.lang, 0) if whole else ""
    return two(
        shelf,
        f"{part} des {measure(whole, unit, 'fr')} de la région",
        f"{part} of the region's {measure(whole, unit, 'en')}",
    )


def clause(shelf: Shelf, indicator_code: str, scope: str, whole_name: str = "") -> str:
    """Return one indicator of a place in a sentence: value, the region's, change; that it is hidden; empty without.

    `whole_name`: what the region is called here; the eight sites by default.
    """
    if indicator_code not in shelf.indicators or not shelf.series(indicator_code, scope):
        return ""
    indicator = shelf.indicators[indicator_code]
    colon = two(shelf, "\u00a0: ", ": ")
    found = shelf.points(indicator_code, scope)
    point = last_point(found)
    if point is None or point.value is None:
        return f"{indicator.label}{colon}{CONFIDENTIAL[shelf.lang]}."
    value = marked(
        measure(point.value, indicator.unit, shelf.lang, indicator.decimals or None), point.origin, shelf.lang
    )
    whole = region_value(shelf, indicator_code, point.year)
    beside = ""
    if whole is not None:
        shown = measure(whole, indicator.unit, shelf.lang, indicator.decimals or None)
        beside = f" ({whole_name or two(shelf, 'huit sites', 'eight sites')}{colon}{shown})"
    said = f"{indicator.label}{colon}{value} {two(shelf, 'en', 'in')} {point.year}{beside}"
    run = unbroken(found)
    if len(run) > 1 and run[0].value is not None and run[-1].value is not None:
        moved = change(run[0].value, run[-1].value, indicator.unit, shelf.lang)
        said += f", {moved} {two(shelf, 'depuis', 'since')} {run[0].year}"
    return f"{said}."


def theme(shelf: Shelf, name: str, code: str) -> str:
    """Return the sentences of a theme; when the site has none of its indicators, why."""
    told = [clause(shelf, indicator, code) for indicator in THEMES[name]]
    kept = " ".join(item for item in told if item)
    return kept or nothing(shelf, THEMES[name])


def nothing(shelf: Shelf, codes: Iterable[str]) -> str:
    """Return that nothing is measured, and the reasons in the words of the registry."""
    reasons = dict.fromkeys(shelf.reason(code).rstrip(".") for code in codes if code in shelf.indicators)
    told = two(shelf, "\u00a0; ", "; ").join(reasons)
    return two(shelf, f"Rien n'est mesuré pour ce site\u00a0: {told}.", f"Nothing is measured for this site: {told}.")


def enrolment(shelf: Shelf, code: str) -> str:
    """Return the sentences on the students of the site, open figures first."""
    told = [clause(shelf, indicator, code) for indicator in ("ENR-DUT-BUT", "ENR-LP")]
    if not any(told):
        told.append(
            two(
                shelf,
                "Les sources ouvertes comptent les étudiants par établissement, non par site.",
                "Open sources count students by establishment, not by site.",
            )
        )
        told.append(clause(shelf, "ENR-REG", code))
    told.append(clause(shelf, "ENR-PROMO", code))
    return " ".join(item for item in told if item)


def entrants(shelf: Shelf, code: str) -> str:
    """Return the include of the table of entrants, or that the site has none."""
    if entrants_of(shelf, code):
        return f"{{{{< include /_generated/tbl-site-entrants-{code}.md >}}}}"
    return two(
        shelf,
        "Les procédures nationales d'admission n'inscrivent aucun DUT ni BUT sur ce site\u00a0: il n'a ni entrants, ni baccalauréats, ni places à montrer.",
        "The national admission procedures list no DUT or BUT on this site: it has no entrants, baccalauréats or places to show.",
    )


def programmes(shelf: Shelf, code: str) -> str:
    """Return the include of the table of specialities, or that none is known."""
    if of_year(entrants_of(shelf, code), last_year(entrants_of(shelf))) or rows_of(shelf, STUDENTS, code):
        return f"{{{{< include /_generated/tbl-site-programmes-{code}.md >}}}}"
    return two(shelf, "Aucune spécialité de ce site n'est connue.", "No speciality of this site is known.")


def offer(shelf: Shelf, code: str) -> str:
    """Return the offer: specialities, licences professionnelles, BTS around, platforms that name the site."""
    told = []
    year, register = last_year(entrants_of(shelf)), last_year(shelf.rows(STUDENTS))
    open_now = {row["speciality_code"] for row in of_year(entrants_of(shelf, code), year)}
    lp = [row for row in of_year(rows_of(shelf, STUDENTS, code), register) if row["diploma_code"] == "LP"]
    with_lp = {row["speciality_code"] for row in lp}
    if open_now:
        told.append(
            two(shelf, f"{many(len(open_now), 'fr')} d'IUT en {year}.", f"IUT: {many(len(open_now), 'en')} in {year}.")
        )
    simulated = f" ({SIMULATED[shelf.lang]})" if any(row["origin"] == "simulated" for row in lp) else ""
    told.append(
        two(
            shelf,
            f"Licences professionnelles rattachées à {many(len(with_lp), 'fr')} en {register}{simulated}.",
            f"Licences professionnelles that belong to {many(len(with_lp), 'en')} in {register}{simulated}.",
        )
        if with_lp
        else two(
            shelf,
            "Aucune licence professionnelle du site n'est dans les registres de la dernière année.",
            "No licence professionnelle of the site is in the registers of the last year.",
        )
    )
    departement = shelf.sites[code]["departement_code"]
    around = [clause(shelf, key, departement, two(shelf, "région", "region")) for key in ("OFF-BTS", "APP-TERR")]
    if any(around):
        where = f"{two(shelf, 'Département', 'Département')} ({shelf.sites[code]['departement_label']})"
        told.append(
            f"{where}{two(shelf, chr(160) + ': ', ': ')}{lower_first(' '.join(item for item in around if item))}"
        )
    named = [
        f"[{shelf.say(entry['label'])}](/fields/{entry['field_code']}.qmd)"
        for entry in shelf.declared("platforms")
        if code in [*entry.get("sites", []), *entry.get("planned_sites", [])]
    ]
    if named:
        told.append(
            two(
                shelf,
                f"Plateformes de compétences qui nomment le site\u00a0: {enumeration(named, 'fr')}.",
                f"Competence platforms that name the site: {enumeration(named, 'en')}.",
            )
        )
    return " ".join(told)


def many(count: int, lang: str) -> str:
    """Return `6 spécialités` or `1 speciality`."""
    if lang == "fr":
        return f"{number(count, lang)} spécialité{'s' if count > 1 else ''}"
    return f"{number(count, lang)} specialit{'ies' if count > 1 else 'y'}"


def research(shelf: Shelf, code: str) -> str:
    """Return what is known of research on the site, or, per indicator, why nothing can be shown."""
    told = [clause(shelf, indicator, code) for indicator in RESEARCH]
    if any(told):
        return " ".join(item for item in told if item)
    missing = [
        f"{shelf.indicators[item].label}{two(shelf, chr(160) + ': ', ': ')}{lower_first(shelf.reason(item).rstrip('.'))}"
        for item in RESEARCH
        if item in shelf.indicators
    ]
    joined = " ".join(f"{item}." for item in missing)
    return two(shelf, f"Rien ne peut être montré. {joined}", f"Nothing can be shown. {joined}")


def lower_first(text: str) -> str:
    """Return the text with its first letter in lower case, unless the word is an acronym."""
    return text[:1].lower() + text[1:] if text[1:2].islower() or text[1:2] in " '" else text


def commitments(shelf: Shelf, code: str) -> str:
    """Return what the chances of the site's commitments are, and which commitments are not followed by site."""
    titles = target_titles(shelf)
    colon = two(shelf, "\u00a0: ", ": ")
    mine = [row for row in shelf.rows("pub_states") if row["scope_code"] == code]
    told = [
        f"{titles.get(row['target_id'], row['target_id'])}{colon}{chance(shelf, row)}."
        for row in mine
        if row["last_value"] is not None
    ]
    told += [
        f"{titles.get(row['target_id'], row['target_id'])}{colon}{lower_first(shelf.pick(row, 'reason').rstrip('.'))}."
        for row in mine
        if row["state_code"] == "confidential"
    ]
    others = [title for key, title in titles.items() if key not in {row["target_id"] for row in mine}]
    if others:
        listed = two(shelf, "\u00a0; ", "; ").join(lower_first(title) for title in others)
        told.append(
            two(
                shelf,
                f"Ne se mesurent pas par site\u00a0: {listed}.",
                f"Not measured by site: {listed}.",
            )
        )
    return " ".join(told)


def actions_in_short(shelf: Shelf, code: str) -> str:
    """Return the actions of the site in a sentence, by declared state; the register gives their words in full."""
    states: dict[str, list[str]] = defaultdict(list)
    for entry in site_actions(shelf, code):
        states[state_label(shelf, entry)].append(f"`{entry['id']}`")
    colon, joint = two(shelf, "\u00a0: ", ": "), two(shelf, "\u00a0; ", "; ")
    told = joint.join(f"{state}{colon}{enumeration(codes, shelf.lang)}" for state, codes in states.items())
    return two(
        shelf,
        f"**Actions** que le document veut site par site, par état déclaré\u00a0; leur texte est au chapitre de leur objectif. {upper_first(told)}.",
        f"**Actions** that the document wants site by site, by declared state; their words are in the chapter of their objective. {upper_first(told)}.",
    )


def include_of(shelf: Shelf, code: str, what: str) -> str:
    """Return the include of a table that the site may not have."""
    has = (
        any(row["scope_code"] == code for row in shelf.rows("pub_states"))
        if what == "targets"
        else bool(site_actions(shelf, code))
    )
    return f"{{{{< include /_generated/tbl-site-{what}-{code}.md >}}}}" if has else ""


def indicators(shelf: Shelf, code: str) -> str:
    """Return the include of the table of every indicator, or that the site has none."""
    if any(shelf.series(item, code) for item in shelf.indicators):
        return f"{{{{< include /_generated/tbl-site-{code}.md >}}}}"
    return two(shelf, "Aucun indicateur n'a de valeur pour ce site.", "No indicator has a value for this site.")


def facts(shelf: Shelf, code: str) -> dict[str, str]:
    """Return the parts of the sheet that depend on the data, by the name a template gives them."""
    return {
        "tiles": tiles(shelf, code),
        "enrolment": enrolment(shelf, code),
        "programmes": programmes(shelf, code),
        "entrants": entrants(shelf, code),
        **{name: theme(shelf, name, code) for name in THEMES},
        "offer": offer(shelf, code),
        "research": research(shelf, code),
        "targets": include_of(shelf, code, "targets"),
        "commitments": commitments(shelf, code),
        "actions": include_of(shelf, code, "actions"),
        "actions_in_short": actions_in_short(shelf, code),
        "missing": "\n".join(f"- {item}" for item in unshown.of_site(shelf, code)),
        "missing_in_short": " ".join(unshown.of_site(shelf, code)),
        "indicators": indicators(shelf, code),
    }
