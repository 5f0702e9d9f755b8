"""Figures of employment: licence professionnelle by establishment, DUT for France, and the simulated survey."""

from __future__ import annotations

from pipelines.publish.figures.common import absent, figure, is_simulated, two
from pipelines.publish.figures.series import SERIES_COLUMNS, by_scope, series_rows
from pipelines.publish.numbers import per_cent
from pipelines.publish.phrases import range_title
from pipelines.publish.picture import Absent, Cell, Picture
from pipelines.publish.shelf import Shelf


def lp(shelf: Shelf) -> Picture | Absent:
    """Employment of the holders of a licence professionnelle at 18 and 30 months, a panel per establishment."""
    name, short = (
        "emp-lp",
        two(
            shelf, "Diplômés de licence professionnelle en emploi", "Holders of a licence professionnelle in employment"
        ),
    )
    codes = {"EMP-LP-18": two(shelf, "18 mois", "18 months"), "EMP-LP-30": two(shelf, "30 mois", "30 months")}
    scopes = [
        scope
        for scope in shelf.scopes("EMP-LP-30", "establishment") or shelf.scopes("EMP-LP-18", "establishment")
        if any(point.value is not None for code in codes for point in shelf.points(code, scope))
    ]
    if not scopes:
        return absent(shelf, name, short, "EMP-LP-30")
    rows: list[dict[str, Cell]] = []
    for scope in scopes:
        for code, label in codes.items():
            rows += series_rows(shelf, code, scope, label, shelf.place(scope))
    unit = shelf.indicators["EMP-LP-30"].unit
    last = {
        shelf.place(scope): [point for point in shelf.points("EMP-LP-30", scope) if point.value is not None]
        for scope in scopes
    }
    year = max((points[-1].year for points in last.values() if points), default=0)
    at_year = {
        place: float(points[-1].value or 0) for place, points in last.items() if points and points[-1].year == year
    }
    title = range_title(
        two(shelf, "Emploi à 30 mois après une LP", "Employment 30 months after an LP"),
        at_year,
        unit,
        shelf.lang,
    )
    title += two(shelf, f", promotion {year}", f", class of {year}")
    subtitle = two(
        shelf,
        "En % des diplômés, par année de diplôme ; échelle sans zéro ; sans point\u00a0: trop peu de réponses",
        "% of graduates, by year of diploma; the scale does not begin at zero; no point: too few answers",
    )
    return figure(
        shelf,
        name,
        "lines",
        title=title,
        subtitle=subtitle,
        sources=["insertion_lp"],
        perimeter=two(
            shelf, "diplômés de LP des établissements, IUT ou non", "LP graduates of the establishments, IUT or not"
        ),
        address=tuple(f"{code}/{scope}" for scope in scopes for code in codes),
        seen=two(shelf, "Courbes, un panneau par établissement", "Lines, one panel per establishment"),
        rows=rows,
        shown=SERIES_COLUMNS,
        options={
            "unit": unit,
            "order": list(codes.values()),
            "columns": 2,
            "facets": [shelf.place(scope) for scope in scopes],
            "breaks": [],
            "zero": False,
            "unit_span": 1,
        },
        simulated=is_simulated(rows),
    )


def dut(shelf: Shelf) -> Picture | Absent:
    """Employment of DUT holders at 30 months in France, by speciality."""
    name, short = (
        "emp-dut",
        two(shelf, "Diplômés de DUT en emploi à 30 mois, France", "DUT holders in employment at 30 months, France"),
    )
    kept = [
        row
        for row in shelf.rows("pub_employment__dut")
        if row["months_after"] == 30 and row["employment_pct"] is not None
    ]
    if not kept:
        return absent(shelf, name, short, "EMP-DUT-30")
    year = max(int(row["year"]) for row in kept)
    values = {row["speciality_code"]: float(row["employment_pct"]) for row in kept if int(row["year"]) == year}
    label = {
        code: two(shelf, "Ensemble", "All specialities")
        if code == "_T"
        else shelf.pick(shelf.specialities.get(code, {}), "speciality_label") or code
        for code in values
    }
    ordered = sorted(values, key=lambda code: (code != "_T", -values[code], code))
    rows: list[dict[str, Cell]] = [
        {
            "name": label[code],
            "value": values[code],
            "label": per_cent(values[code], shelf.lang, 0),
            "origin": "observed",
        }
        for code in ordered
    ]
    parts = {label[code]: values[code] for code in ordered if code != "_T"}
    title = range_title(
        two(shelf, "France, emploi à 30 mois après un DUT", "France, employment 30 months after a DUT"),
        parts,
        "percent",
        shelf.lang,
        places=0,
    )
    subtitle = two(
        shelf,
        f"Diplômés de DUT {year} n'ayant pas poursuivi d'études, en % (données nationales)",
        f"Holders of a DUT of {year} who did not go on studying, % (national data)",
    )
    return figure(
        shelf,
        name,
        "bars",
        title=title,
        subtitle=subtitle,
        sources=["insertion_dut"],
        perimeter=two(
            shelf, "France entière : rien n'est publié par IUT", "the whole of France: nothing is published by IUT"
        ),
        address="pub_employment__dut",
        seen=two(shelf, "Barres, une par spécialité", "Bars, one per speciality"),
        rows=rows,
        shown=["name", "value", "label", "origin"],
        options={"unit": "percent", "order": []},
    )


def register(shelf: Shelf) -> Picture | Absent:
    """Employment at 30 months by site, simulated survey."""
    return by_scope(
        shelf,
        "emp-register",
        "EMP-REG-30",
        "site",
        short=two(shelf, "Emploi à 30 mois", "Employment at 30 months"),
        subtitle=two(
            shelf,
            "Diplômés en emploi 30 mois après, en % de ceux qui ont répondu et n'étudient plus ; "
            "année sans point : confidentielle ou non enquêtée",
            "Graduates in employment 30 months later, % of those who answered and no longer study; "
            "year with no point: confidential or not surveyed",
        ),
        perimeter=two(
            shelf,
            f"les {shelf.counted_sites}, diplômés de DUT, BUT et LP",
            f"the {shelf.counted_sites}, DUT, BUT and LP graduates",
        ),
    )
