"""One figure per sheet: the site over the region in small panels, the field's entrants by programme over years."""

# ruff: noqa: E501  a sentence that is published stands on one line, so that it can be found

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipelines.publish.colour_words import colour_words
from pipelines.publish.contrasts import Gap, gap_title
from pipelines.publish.figures.common import absent, caption, figure, is_simulated, short_title, two
from pipelines.publish.figures.series import SERIES_COLUMNS, break_line, break_years, runs
from pipelines.publish.numbers import share
from pipelines.publish.phrases import evolution, trend_title
from pipelines.publish.picture import Absent, Cell, Picture
from pipelines.publish.programmes import by_programme, entrants_of, points, speciality_label
from pipelines.publish.shelf import Shelf

Words = tuple[str, str]

PANELS: dict[str, tuple[Words, Words]] = {
    "ENR-TECHBAC": (
        ("Bac techno., entrants", "Technological bac"),
        ("de bacheliers technologiques", "technological bacheliers"),
    ),
    "SCH-ENTRANTS": (
        ("Boursiers, entrants", "Scholarships, entrants"),
        ("de boursiers à l'entrée", "scholarship holders among entrants"),
    ),
    "SCH-REG-SHARE": (
        ("Boursiers, étudiants", "Scholarships, students"),
        ("de boursiers", "scholarship holders"),
    ),
    "APP-SHARE": (("Apprentis", "Apprentices"), ("d'apprentis", "apprentices")),
    "LLL-FC-SHARE": (
        ("Formation continue", "Continuing education"),
        ("de formation continue", "continuing education"),
    ),
    "MOB-OUT-RATE": (("Partis à l'étranger", "Went abroad"), ("de mobilité", "mobility")),
    "ENR-PROMO": (
        ("Passage en 2e année", "Promotion to year 2"),
        ("de passages en deuxième année", "promotions to the second year"),
    ),
    "EMP-REG-18": (("Emploi à 18 mois", "Employed at 18 months"), ("d'emploi à 18 mois", "employment at 18 months")),
    "EMP-REG-30": (("Emploi à 30 mois", "Employed at 30 months"), ("d'emploi à 30 mois", "employment at 30 months")),
}
"""Shares that a site's sheet sets beside the region's: name of the panel, and what there is more or less of."""

BESIDE_COLUMNS = [*SERIES_COLUMNS, "label"]
HIGH = 0.5
"""Panels whose values all lie above do not begin at zero: a change would not be seen."""


def compared(shelf: Shelf, code: str) -> list[str]:
    """Return the shares that the site and the region both have in two years or more."""
    return [
        indicator
        for indicator in PANELS
        if indicator in shelf.indicators
        and all(
            sum(point.value is not None for point in shelf.points(indicator, scope)) > 1
            for scope in (code, shelf.whole)
        )
    ]


def gap(shelf: Shelf, indicator: str, code: str) -> Gap | None:
    """Return the site beside the region in the last year in which both are published."""
    of_region = {int(row["year"]): row for row in shelf.series(indicator, shelf.whole) if row["value"] is not None}
    for row in reversed(shelf.series(indicator, code)):
        region = of_region.get(int(row["year"]))
        if row["value"] is not None and region is not None:
            return Gap(
                PANELS[indicator][1],
                float(row["value"]),
                float(region["value"]),
                row.get("denominator"),
                row.get("interval_low"),
                row.get("interval_high"),
                row["origin"] == "simulated",
            )
    return None


def site(shelf: Shelf, code: str) -> Picture | Absent:
    """Draw the shares of the site over those of the region, one panel each."""
    name, place = f"site-{code}", shelf.sites[code]["site_label"]
    codes = compared(shelf, code)
    if not codes:
        return absent(
            shelf,
            name,
            two(shelf, f"{place} et la région", f"{place} and the region"),
            reason=two(
                shelf,
                "aucune part du site n'a deux années publiables",
                "no share of the site has two publishable years",
            ),
        )
    region = two(shelf, "région", "region")
    rows: list[dict[str, Cell]] = []
    panels: dict[str, str] = {}
    for indicator in codes:
        panel = two(shelf, *PANELS[indicator][0])
        mine = [
            row
            for scope, series in ((shelf.whole, region), (code, place))
            for row in panel_rows(shelf, indicator, scope, series, panel)
        ]
        panels[indicator] = panel
        rows += mine
    simulated = [panel for panel in panels.values() if is_simulated([row for row in rows if row["facet"] == panel])]
    title = gap_title(place, findings(shelf, codes, code), shelf.lang)
    sources = sources_of(shelf, codes)
    perimeter = two(shelf, f"{place} et les {shelf.counted_sites}", f"{place} and the {shelf.counted_sites}")
    if simulated:
        perimeter += two(shelf, "\u00a0; panneau marqué, données simulées", "; marked panel, simulated data")
    site_word, whole_word = colour_words(shelf.colours.series[0], shelf.colours.figure_grey, shelf.lang)
    picture = figure(
        shelf,
        name,
        "beside",
        title=title,
        subtitle=two(
            shelf,
            f"En % ; {site_word} à points, {place} ; {whole_word}, les {shelf.counted_sites} ; une échelle par panneau ; ligne coupée aux ruptures",
            f"%; {site_word} with points, {place}; {whole_word}, the {shelf.counted_sites}; one scale per panel; lines cut at breaks",
        ),
        sources=sources,
        perimeter=perimeter,
        address=tuple(f"{indicator}/{scope}" for indicator in codes for scope in (code, shelf.whole)),
        seen=two(
            shelf,
            "Petites courbes, un panneau par part, le site sur la région",
            "Small lines, one panel per share, the site over the region",
        ),
        told=f"{title}. {said(shelf, codes, code)}".rstrip(". "),
        rows=rows,
        shown=BESIDE_COLUMNS,
        options={
            "unit": "share",
            "order": [region, place],
            "columns": 3,
            "facets": list(panels.values()),
            "from_zero": from_zero(rows, list(panels.values())),
            "breaks": [],
            "word_on": simulated,
        },
        simulated=bool(simulated),
    )
    # The small print calls all the data simulated only where every panel is; otherwise each panel says so itself.
    return replace(
        picture, caption=caption(shelf, sources, perimeter, f"fig-{name}", 0 < len(panels) == len(simulated))
    )


def sources_of(shelf: Shelf, codes: Sequence[str]) -> list[str]:
    """Return the sources of the panels, the simulated registers by their titles alone: nine panels have many."""
    found = dict.fromkeys(source for one in codes for source in shelf.indicators[one].sources)
    known = shelf.catalogue.sources
    simulated = [source for source in found if source in known and known[source].origin == "simulated"]
    titles = ", ".join(short_title(known[source].title.in_(shelf.lang)) for source in simulated)
    observed = [source for source in found if source not in simulated]
    return (
        [*observed, two(shelf, f"registres simulés ({titles})", f"simulated registers ({titles})")]
        if titles
        else observed
    )


def findings(shelf: Shelf, codes: Sequence[str], code: str) -> list[Gap]:
    """Return the gaps a title may tell, one a theme: the first clear one, as panels go from observed to simulated."""
    found: dict[str, Gap] = {}
    for indicator in codes:
        here = gap(shelf, indicator, code)
        if here is not None and here.is_clear():
            found.setdefault(indicator.split("-")[0], here)
    return list(found.values())


def said(shelf: Shelf, codes: Sequence[str], code: str) -> str:
    """Return the last value of each panel beside the region's, for one who does not see them."""
    told = []
    for indicator in codes:
        found = gap(shelf, indicator, code)
        if found:
            colon = two(shelf, "\u00a0: ", ": ")
            told.append(
                f"{two(shelf, *PANELS[indicator][0])}{colon}{share(found.here, shelf.lang)} "
                f"({two(shelf, 'région', 'region')} {share(found.region, shelf.lang)})"
            )
    return two(shelf, "\u00a0; ", "; ").join(told)


def from_zero(rows: Sequence[dict[str, Cell]], facets: Sequence[str]) -> list[str]:
    """Return the panels whose axis begins at zero: those with a value in the lower half."""
    return [
        facet
        for facet in facets
        if any(row["facet"] == facet and row["value"] is not None and float(str(row["value"])) < HIGH for row in rows)
    ]


def panel_rows(shelf: Shelf, indicator: str, scope: str, series: str, panel: str) -> list[dict[str, Cell]]:
    """Return one line of a panel; its label is the value, to be written at its end."""
    found = shelf.points(indicator, scope)
    flags = [str(row.get("flag") or "") for row in shelf.series(indicator, scope)]
    return [
        {
            "year": point.year,
            "facet": panel,
            "series": series,
            "value": point.value,
            "run": f"{indicator}/{scope}/{stretch}",
            "origin": point.origin,
            "flag": flag,
            "label": None if point.value is None else share(point.value, shelf.lang),
        }
        for point, stretch, flag in zip(found, runs(found), flags, strict=True)
    ]


def field(shelf: Shelf, code: str) -> Picture | Absent:
    """Draw the entrants of the field's programmes over the years, a line per speciality and site."""
    name = f"field-{code}"
    entrants = entrants_of(shelf, field=code)
    label = next((shelf.say(item["label"]) for item in shelf.declared("platforms") if item["field_code"] == code), code)
    short = two(shelf, f"Entrants du domaine {label.lower()}", f"Entrants, {label.lower()}")
    series = {programme: points(shelf, rows) for programme, rows in by_programme(entrants).items()}
    series = {
        programme: found for programme, found in series.items() if sum(point.value is not None for point in found) > 1
    }
    if len(series) < 2:
        return absent(
            shelf,
            name,
            short,
            reason=two(
                shelf,
                "le domaine n'a qu'une formation d'IUT suivie sur plusieurs années, que le tableau donne en entier",
                "the field has only one IUT programme followed over several years, which the table gives in full",
            )
            if series
            else two(
                shelf,
                "aucune formation d'IUT du domaine n'a d'entrants publiés sur deux années",
                "no IUT programme of the field has published entrants in two years",
            ),
        )
    greatest = {programme: max(point.value or 0 for point in found) for programme, found in series.items()}
    ordered = sorted(series, key=lambda programme: (-greatest[programme], programme))
    labels = {programme: f"{programme[0]} {shelf.place(programme[1])}" for programme in ordered}
    rows: list[dict[str, Cell]] = [
        {
            "year": point.year,
            "series": labels[programme],
            "value": point.value,
            "run": f"{labels[programme]}/{stretch}",
            "origin": point.origin,
            "flag": "B" if point.is_break else "A",
        }
        for programme in ordered
        for point, stretch in zip(series[programme], runs(series[programme]), strict=True)
    ]
    named = dict.fromkeys(programme[0] for programme in ordered)
    spelled = two(shelf, "\u00a0; ", "; ").join(f"{item}, {speciality_label(shelf, item)}" for item in named)
    whole = points(shelf, entrants)
    cuts = shelf.breaks_of("ENR-ENTRANTS")
    return figure(
        shelf,
        name,
        "lines",
        title=trend_title(short, whole, "persons", shelf.lang),
        subtitle=two(
            shelf,
            f"Candidats admis en première année, par formation (personnes) ; {spelled}",
            f"Candidates admitted to the first year, by programme (persons); {spelled}",
        ),
        sources=["apb", "parcoursup"],
        perimeter=two(shelf, f"sites des {shelf.region.institutes.fr}", f"sites of the {shelf.region.institutes.en}"),
        address=f"ENR-ENTRANTS/{shelf.whole}",
        seen=two(shelf, "Courbes, une par spécialité et par site", "Lines, one per speciality and site"),
        told=evolution(short, whole, "persons", shelf.lang).rstrip("."),
        rows=rows,
        shown=[column for column in SERIES_COLUMNS if column != "facet"],
        options={
            "unit": "persons",
            "order": [labels[programme] for programme in ordered],
            "breaks": break_years(rows, cuts),
            "height": 2.7,
        },
        breaks=break_line(shelf, rows, cuts),
    )
