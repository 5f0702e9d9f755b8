"""Tables of the whole: the targets, the text's figures beside today's, the sites, one objective."""

# ruff: noqa: E501  the sentences of a table are kept on one line each

from __future__ import annotations

from pipelines.kernel.figure_address import figure_page, indicator_page
from pipelines.publish.figures.common import two
from pipelines.publish.figures.overview import target_titles
from pipelines.publish.names import in_small_print
from pipelines.publish.numbers import SIMULATED, marked, measure, number, share
from pipelines.publish.phrases import Point, change, unbroken
from pipelines.publish.shelf import REGION, Indicator, Shelf
from pipelines.publish.tables.shape import Table

NOTHING = "\u2013"


def upper_first(text: str) -> str:
    """Return the text with its first letter in upper case, the others as they are: DUT stays DUT."""
    return text[:1].upper() + text[1:]


def last_point(points: list[Point]) -> Point | None:
    """Return the last point that holds a value."""
    return next((point for point in reversed(points) if point.value is not None), None)


def value_and_year(shelf: Shelf, indicator: Indicator, scope: str, mark: bool = True) -> str:
    """Return `412 (2023)`, marked as simulated when it is; a dash when there is none; the word when it is confidential."""
    point = last_point(shelf.points(indicator.code, scope))
    if point is None or point.value is None:
        flags = {row.get("flag") for row in shelf.series(indicator.code, scope)}
        return two(shelf, "confidentiel", "confidential") if "c" in flags else NOTHING
    text = measure(point.value, indicator.unit, shelf.lang, indicator.decimals or None)
    if mark:
        text = marked(text, point.origin, shelf.lang)
    return (
        f"{text} [{point.year}]".replace("[", "(").replace("]", ")")
        if not text.endswith(")")
        else f"{text[:-1]}, {point.year})"
    )


def evolution_cell(shelf: Shelf, indicator: Indicator, scope: str) -> str:
    """Return the change since the first comparable year, or why there is none."""
    points = shelf.points(indicator.code, scope)
    run = unbroken(points)
    if len(run) < 2 or run[0].value is None or run[-1].value is None:
        return two(shelf, "une seule année comparable", "one comparable year only") if run else NOTHING
    moved = change(run[0].value, run[-1].value, indicator.unit, shelf.lang)
    return f"{moved} {two(shelf, 'depuis', 'since')} {run[0].year}"


def targets(shelf: Shelf) -> Table:
    """Every target: base, goal, deadline, last value, state."""
    states = {row["target_id"]: row for row in shelf.rows("pub_states") if row["scope_level"] in ("region", "country")}
    titles = target_titles(shelf)
    rows = []
    for target_id, title in titles.items():
        row = states.get(target_id)
        if row is None:
            continue
        indicator = shelf.indicators.get(str(row.get("indicator_code") or ""))
        unit = indicator.unit if indicator else "count"

        def shown(value: object, unit: str = unit) -> str:
            return NOTHING if value is None else measure(float(str(value)), unit, shelf.lang)

        base = shown(row["base_value"]) + (
            f" ({row['base_year']})" if row["base_value"] is not None and row["base_year"] else ""
        )
        last = shown(row["last_value"])
        if row["last_value"] is not None:
            last = f"{marked(last, str(row['origin']), shelf.lang)}, {row['last_year']}"
        rows.append(
            (title, base, shown(row["target_value"]), str(row["deadline_year"] or NOTHING), last, status(shelf, row))
        )
    return Table(
        name="targets",
        caption=two(
            shelf, "Les engagements du document et leur état", "The commitments of the document and their state"
        ),
        heading=(
            two(shelf, "Engagement", "Commitment"),
            "Base",
            two(shelf, "Cible", "Target"),
            two(shelf, "Échéance", "Deadline"),
            two(shelf, "Dernière valeur", "Last value"),
            two(shelf, "État", "State"),
        ),
        rows=tuple(rows),
        right=("Base", two(shelf, "Cible", "Target")),
        widths=(32, 12, 9, 10, 19, 18),
        lang=shelf.lang,
    )


def status(shelf: Shelf, row: dict[str, object]) -> str:
    """Return a state as the theme styles it: a shape and the word."""
    code = str(row["state_code"]).replace("_", "-")
    return f"[{shelf.pick(row, 'state_label')}]{{.status .status-{code}}}"


def seed_value(shelf: Shelf, entry: dict[str, object]) -> str:
    """Return a figure of the text as the text says it: `plus de 8 000`, `47 %`."""
    value, unit = float(str(entry["value"])), str(entry.get("unit", "count"))
    text = share(value, shelf.lang, 0) if unit == "share" else number(value, shelf.lang)
    words = {
        "more_than": two(shelf, "plus de ", "more than "),
        "nearly": two(shelf, "près de ", "nearly "),
        "about": two(shelf, "environ ", "about "),
    }
    return words.get(str(entry.get("qualifier")), "") + text


def seed(shelf: Shelf) -> Table:
    """The figures of the founding document, with its words, beside what is measured today."""
    rows = []
    for entry in shelf.declared("seed_figures"):
        indicator = shelf.indicators.get(str(entry.get("indicator") or ""))
        today = (
            value_and_year(shelf, indicator, REGION)
            if indicator
            else two(shelf, "rien de comparable", "nothing comparable")
        )
        if indicator and today == NOTHING:
            today = two(shelf, "non mesuré", "not measured")
        rows.append(
            (
                upper_first(shelf.say(entry["label"])),
                seed_value(shelf, entry),
                f"« {entry['quotation']} »" if shelf.lang == "fr" else f"“{entry['quotation']}”",
                today,
            )
        )
    return Table(
        name="seed",
        caption=two(
            shelf,
            "Ce que dit le document, ce qui se mesure aujourd'hui",
            "What the document says, what is measured today",
        ),
        heading=(
            two(shelf, "Chiffre", "Figure"),
            two(shelf, "Document", "Document"),
            two(shelf, "Ses mots", "Its words"),
            two(shelf, "Aujourd'hui", "Today"),
        ),
        rows=tuple(rows),
        widths=(24, 12, 44, 20),
        lang=shelf.lang,
    )


ACTION_STATES = {
    "not_reported": ("non renseignée", "not reported"),
    "not_started": ("non commencée", "not started"),
    "under_way": ("en cours", "under way"),
    "done": ("faite", "done"),
    "abandoned": ("abandonnée", "abandoned"),
}
"""Declared state of an action or of a platform's demand → its word in both languages."""

SITE_COLUMNS = (
    ("ENR-ENTRANTS", "Entrants", "Entrants"),
    ("SCH-ENTRANTS", "Boursiers parmi les néo-bacheliers", "Scholarships among new bacheliers"),
    ("ENR-REG", "Étudiants", "Students"),
    ("APP-SHARE", "Apprentis", "Apprentices"),
    ("MOB-OUT-RATE", "Partis à l'étranger", "Went abroad"),
)
"""Indicator and its heading: short, because the table has one row a site and must hold on a telephone."""


def sites(shelf: Shelf) -> Table:
    """Key indicators of each site, one row a site; year and origin stand in the heading, one year per column."""
    headings, cells = [], []
    for code, fr, en in SITE_COLUMNS:
        if code not in shelf.indicators:
            continue
        indicator = shelf.indicators[code]
        points = {site: last_point(shelf.points(code, site)) for site in shelf.sites}
        year = max((point.year for point in points.values() if point), default=None)
        simulated = any(point.origin == "simulated" for point in points.values() if point)
        told = [str(year)] if year else []
        headings.append(
            f"{two(shelf, fr, en)} ({', '.join(told + ([SIMULATED[shelf.lang]] if simulated else [])) or NOTHING})"
        )
        cells.append({site: at_year(shelf, indicator, site, year) for site in shelf.sites})
    rows = [
        (f"[{site['site_label']}](/sites/{code}.qmd)", *[column[code] for column in cells])
        for code, site in shelf.sites.items()
    ]
    return Table(
        name="sites",
        caption=two(shelf, "Les sites en quelques chiffres", "The sites in a few figures"),
        heading=("Site", *headings),
        rows=tuple(rows),
        right=tuple(headings),
        widths=(14, *[17] * len(headings)),
        lang=shelf.lang,
    )


def at_year(shelf: Shelf, indicator: Indicator, scope: str, year: int | None) -> str:
    """Return the value of one year; the word when it is withheld, a dash when there is none."""
    for row in shelf.series(indicator.code, scope):
        if int(row["year"]) == year:
            if row["value"] is not None:
                return measure(row["value"], indicator.unit, shelf.lang, indicator.decimals or None)
            return two(shelf, "confidentiel", "confidential") if row["flag"] == "c" else NOTHING
    return NOTHING


def producers(shelf: Shelf, indicator: Indicator) -> list[str]:
    """Return who makes the sources of an indicator, by their short names, each body once."""
    known = shelf.catalogue.sources
    named = [
        in_small_print(known[source].producer, shelf.lang) if source in known else source
        for source in indicator.sources
    ]
    return list(dict.fromkeys(named))


def objective(shelf: Shelf, which: int) -> Table:
    """The indicators of one objective: last value of the eight sites, change, where the figure comes from."""
    rows = []
    for indicator in shelf.indicators.values():
        if indicator.objective != which:
            continue
        scope = REGION if shelf.series(indicator.code, REGION) else next(iter(shelf.scopes(indicator.code)), REGION)
        value = value_and_year(shelf, indicator, scope)
        place = "" if scope == REGION else f" ({shelf.place(scope)})"
        moved = evolution_cell(shelf, indicator, scope)
        if value == NOTHING:
            value, moved = two(shelf, "non mesuré", "not measured"), shelf.reason(indicator.code)
        origin = two(shelf, "\u00a0; ", "; ").join(producers(shelf, indicator)) or NOTHING
        origin = origin[:1].upper() + origin[1:]
        point = last_point(shelf.points(indicator.code, scope))
        page = figure_page(indicator.code, scope, point.year) if point else indicator_page(indicator.code)
        rows.append((f"[{indicator.label}](/{page}){place}", value, moved, origin, f"`{indicator.code}`"))
    return Table(
        name=f"objective-{which}",
        caption=two(shelf, f"Les indicateurs de l'objectif {which}", f"The indicators of objective {which}"),
        heading=(
            two(shelf, "Indicateur", "Indicator"),
            two(shelf, "Dernière valeur", "Last value"),
            two(shelf, "Évolution ou raison", "Change or reason"),
            "Source",
            "Code",
        ),
        rows=tuple(rows),
        right=(two(shelf, "Dernière valeur", "Last value"),),
        widths=(27, 17, 27, 14, 15),
        lang=shelf.lang,
    )
