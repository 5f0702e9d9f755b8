"""Figures of the whole: every target at a glance, and which source covers which year."""

from __future__ import annotations

from collections import defaultdict

from pipelines.publish.figures.common import absent, figure, short_title, two
from pipelines.publish.numbers import SIMULATED
from pipelines.publish.phrases import states_title
from pipelines.publish.picture import Absent, Cell, Picture
from pipelines.publish.shelf import Shelf

LOOKS = {
    "met": ("good", "o"),
    "met_then_lost": ("bad", "h"),
    "met_late": ("good", "H"),
    "partly_met": ("under_way", "p"),
    "missed": ("bad", "X"),
    "on_the_way": ("under_way", "^"),
    "off_track": ("bad", "v"),
    "not_met": ("bad", "s"),
    "not_started": ("none", "d"),
    "awaited": ("none", "D"),
    "not_measurable": ("none", "|"),
    "confidential": ("none", "*"),
}
"""State → colour family and marker: every state has its own shape, and its word stands beside it."""

COVERAGE = {
    "pub_enrolment__establishment": "sise",
    "pub_scholarship__entrants": None,
    "pub_employment__lp": "insertion_lp",
    "pub_employment__dut": "insertion_dut",
    "pub_apprenticeship__territory": "barometre",
    "pub_apprenticeship__cfa": "inserjeunes",
    "pub_mobility__erasmus": "erasmus",
    "pub_enrolment__register": "apogee",
    "pub_scholarship__register": "crous",
    "pub_apprenticeship__register": "cfa",
    "pub_mobility__register": "relint",
    "pub_employment__register": "survey",
}
"""Protected table → the source whose years it shows; entrants come from APB before 2018 and from Parcoursup since."""


def target_titles(shelf: Shelf) -> dict[str, str]:
    """Return the short title of each target by id, in the order of the contract file."""
    return {
        entry["id"]: shelf.say(entry.get("title") or entry.get("text") or entry["id"])
        for entry in shelf.declared("targets")
    }


def glance(shelf: Shelf) -> Picture | Absent:
    """Every target: how far along its road, and its state in words."""
    name, short = "targets", two(shelf, "Les engagements d'un coup d'œil", "The commitments at a glance")
    titles = target_titles(shelf)
    found = {row["target_id"]: row for row in shelf.rows("pub_states") if row["scope_level"] in ("region", "country")}
    if not found:
        return absent(shelf, name, short)
    rows: list[dict[str, Cell]] = []
    counted: dict[str, int] = defaultdict(int)
    simulated = False
    for target_id in [*[key for key in titles if key in found], *sorted(set(found) - set(titles))]:
        row = found[target_id]
        code = str(row["state_code"])
        family, shape = LOOKS.get(code, ("none", "|"))
        base, goal, last = row.get("base_value"), row.get("target_value"), row.get("last_value")
        position = None
        if goal is not None and last is not None and goal != (base or 0.0):
            position = round((last - (base or 0.0)) / (goal - (base or 0.0)), 4)
        label = shelf.pick(row, "state_label")
        counted[label] += 1
        if row.get("origin") == "simulated" and last is not None:
            label += f"\n({SIMULATED[shelf.lang]}, {row['last_year']})"
            simulated = True
        elif last is not None and row.get("last_year"):
            label += f"\n({row['last_year']})"
        rows.append(
            {
                "target_id": target_id,
                "name": titles.get(target_id, target_id),
                "position": position,
                "state": label,
                "colour": shelf.colours.states[family],
                "shape": shape,
                "state_code": code,
                "origin": row.get("origin") if last is not None else None,
            }
        )
    title = states_title(dict(sorted(counted.items(), key=lambda item: (-item[1], item[0]))), len(rows), shelf.lang)
    subtitle = two(
        shelf,
        "Chemin parcouru entre la base (à gauche) et la cible (à droite) ; trait vide : rien n'est mesuré",
        "Way covered from the base (left) to the target (right); empty line: nothing is measured",
    )
    perimeter = two(shelf, "engagements du document, région entière", "commitments of the document, whole region")
    return figure(
        shelf,
        name,
        "targets",
        title=title,
        subtitle=subtitle,
        sources=[two(shelf, "contribution des IUT au SRESR", "contribution of the IUTs to the SRESR")],
        perimeter=perimeter,
        address="pub_states",
        seen=two(shelf, "Une ligne par engagement", "One line per commitment"),
        rows=rows,
        shown=["target_id", "name", "position", "state", "colour", "shape", "state_code", "origin"],
        options={"ends": [two(shelf, "base", "base"), two(shelf, "cible", "target")], "word_on": []},
        simulated=simulated,
    )


def years_of_sources(shelf: Shelf) -> dict[str, dict[int, str]]:
    """Return source → year → origin, as the protected tables of this run show it."""
    covered: dict[str, dict[int, str]] = defaultdict(dict)
    for table, source in COVERAGE.items():
        for row in shelf.rows(table):
            year = int(row["year"])
            covered[source or ("apb" if year < 2018 else "parcoursup")][year] = str(row["origin"])
    for row in shelf.rows("pub_enrolment__site_open"):
        if row["diploma_code"] == "_T":
            covered["implantations"][int(row["year"])] = str(row["origin"])
    for row in shelf.rows("pub_values"):  # an indicator drawn from one source alone shows that source's years
        indicator = shelf.indicators.get(row["indicator_code"])
        if indicator is not None and len(indicator.sources) == 1 and row["value"] is not None:
            covered[indicator.sources[0]][int(row["year"])] = str(row["origin"])
    return {source: dict(years) for source, years in covered.items()}


def counted(count: int, one: str, many: str) -> str:
    """Return a count with its noun, in the singular up to one."""
    return f"{count} {one if count < 2 else many}"


def coverage(shelf: Shelf) -> Picture | Absent:
    """Which source covers which year; simulated years bear an S."""
    name, short = "coverage", two(shelf, "Les sources et les années", "Sources and years")
    covered = years_of_sources(shelf)
    if not covered:
        return absent(shelf, name, short)
    known = shelf.catalogue.sources
    years = range(min(min(found) for found in covered.values()), max(max(found) for found in covered.values()) + 1)
    order = sorted(covered, key=lambda source: ("simulated" in covered[source].values(), min(covered[source]), source))
    label = {
        source: short_title(known[source].title.in_(shelf.lang)) if source in known else source for source in order
    }
    rows: list[dict[str, Cell]] = [
        {
            "row": label[source],
            "column": str(year),
            "source_id": source,
            "origin": covered[source].get(year),
            "text": "" if year not in covered[source] else "S" if covered[source][year] == "simulated" else "●",
            "level": None if year not in covered[source] else 0.25 if covered[source][year] == "simulated" else 0.8,
        }
        for source in order
        for year in years
    ]
    observed = [source for source in order if "simulated" not in covered[source].values()]
    simulated = len(order) - len(observed)
    title = two(
        shelf,
        f"{counted(len(observed), 'source observée', 'sources observées')}"
        f"{' et ' + counted(simulated, 'simulée', 'simulées') if simulated else ''}, de {years[0]} à {years[-1]}",
        f"{counted(len(observed), 'observed source', 'observed sources')}"
        f"{' and ' + str(simulated) + ' simulated' if simulated else ''}, {years[0]} to {years[-1]}",
    )
    subtitle = two(
        shelf,
        f"● année observée{' ; S année simulée (registres)' if simulated else ''} ; case pâle : aucune donnée",
        f"● observed year{'; S simulated year (registers)' if simulated else ''}; pale cell: no data",
    )
    return figure(
        shelf,
        name,
        "matrix",
        title=title,
        subtitle=subtitle.replace(" ;", "\u00a0;"),
        sources=[two(shelf, "catalogue de l'observatoire", "the observatory's catalogue")],
        perimeter=two(shelf, "toutes les sources publiées", "all sources published"),
        address=("pub_values", *COVERAGE, "pub_enrolment__site_open"),
        seen=two(
            shelf,
            "Grille, une ligne par source, une colonne par année",
            "Grid, one row per source, one column per year",
        ),
        rows=rows,
        shown=["row", "column", "source_id", "origin", "text", "level"],
        options={"rows": [label[source] for source in order], "columns": [str(year) for year in years]},
    )
