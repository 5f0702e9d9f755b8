"""Which site has figures for which year in which domain: observed, simulated, withheld or none."""

from __future__ import annotations

from pipelines.publish.figures.common import absent, figure, two
from pipelines.publish.numbers import enumeration
from pipelines.publish.picture import Absent, Cell, Picture
from pipelines.publish.shelf import DOMAINS, Shelf

WORDS = {
    "enrolment": ("Inscriptions et admissions", "Enrolment and admissions"),
    "scholarship": ("Bourses", "Scholarships"),
    "apprenticeship": ("Apprentissage", "Apprenticeship"),
    "mobility": ("Mobilité internationale", "International mobility"),
    "employment": ("Insertion professionnelle", "Employment"),
}
"""Domain → its name above its panel."""

SHORT = {
    "enrolment": ("les inscriptions", "enrolment"),
    "scholarship": ("les bourses", "scholarships"),
    "apprenticeship": ("l'apprentissage", "apprenticeship"),
    "mobility": ("la mobilité", "mobility"),
    "employment": ("l'insertion", "employment"),
}
"""Domain → its name inside a sentence."""

MARKS = {"observed": "●", "simulated": "S", "withheld": "c"}


def site_coverage(shelf: Shelf) -> Picture | Absent:
    """Return one grid a domain, a row a site, a column a year: the mark says what a cell is, hatches if simulated."""
    name, short = "coverage-sites", two(shelf, "Les sites, les années, les domaines", "Sites, years, domains")
    found = _cells(shelf)
    if not found:
        return absent(shelf, name, short)
    seen = sorted({year for _, _, year in found})
    years = range(seen[0], seen[-1] + 1)
    rows: list[dict[str, Cell]] = [
        {
            "domain": WORDS[domain][shelf.lang == "en"],
            "site": site["site_label"],
            "year": year,
            "state": found.get((domain, code, year)),
            "text": MARKS.get(found.get((domain, code, year), ""), ""),
        }
        for domain in WORDS
        for code, site in shelf.sites.items()
        for year in years
    ]
    simulated = any(state == "simulated" for state in found.values())
    return figure(
        shelf,
        name,
        "cover",
        title=_title(shelf, found),
        subtitle=two(
            shelf,
            f"● chiffre observé{' ; S chiffre simulé (hachuré)' if simulated else ''} ; c retiré ; case vide : rien",
            f"● observed figure{'; S simulated figure (hatched)' if simulated else ''}; c withheld; empty cell: none",
        ).replace(" ;", "\u00a0;"),
        sources=[two(shelf, "valeurs publiées de l'observatoire", "the observatory's published values")],
        perimeter=shelf.all_sites,
        address="pub_values",
        seen=two(
            shelf,
            "Cinq grilles, une par domaine : une ligne par site, une colonne par année",
            "Five grids, one per domain: one row per site, one column per year",
        ),
        rows=rows,
        shown=["domain", "site", "year", "state", "text"],
        options={
            "domains": [words[shelf.lang == "en"] for words in WORDS.values()],
            "sites": [site["site_label"] for site in shelf.sites.values()],
        },
    )  # what stands in the cells is which figures there are: the simulated ones bear their letter and their hatches


def _cells(shelf: Shelf) -> dict[tuple[str, str, int], str]:
    """Return (domain, site, year) → the best there is: an observed figure, else a simulated, else a withheld one."""
    rank = ("withheld", "simulated", "observed")
    found: dict[tuple[str, str, int], str] = {}
    for row in shelf.rows("pub_values"):
        domain = DOMAINS.get(str(row["indicator_code"]).split("-")[0])
        if row["scope_level"] != "site" or domain not in WORDS:
            continue
        if row["value"] is None:
            if row["flag"] != "c":
                continue
            state = "withheld"
        else:
            state = "simulated" if row["origin"] == "simulated" else "observed"
        key = (domain, str(row["scope_code"]), int(row["year"]))
        if rank.index(state) > rank.index(found.get(key, "withheld")) or key not in found:
            found[key] = state
    return found


def _title(shelf: Shelf, found: dict[tuple[str, str, int], str]) -> str:
    """Say for which domains the sites have observed figures: that is what a reader may quote without a warning."""
    observed = {domain for (domain, _, _), state in found.items() if state == "observed"}
    names = [SHORT[domain][shelf.lang == "en"] for domain in WORDS if domain in observed]
    if not names:
        return two(shelf, "Aucun domaine n'a de chiffre observé par site", "No domain has an observed figure by site")
    if len(names) == len(WORDS):
        return two(
            shelf, "Chaque domaine a des chiffres observés par site", "Every domain has observed figures by site"
        )
    return two(
        shelf,
        f"Par site, des chiffres observés pour {enumeration(names, 'fr')} seulement",
        f"By site, observed figures for {enumeration(names, 'en')} only",
    )
