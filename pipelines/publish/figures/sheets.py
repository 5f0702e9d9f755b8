"""One figure per sheet: the site's indicators over years in small panels, the field's specialities by site."""

from __future__ import annotations

from pipelines.publish.figures.common import absent, alternative, caption, two
from pipelines.publish.figures.scholarship import specialities
from pipelines.publish.figures.series import SERIES_COLUMNS, runs
from pipelines.publish.numbers import SIMULATED
from pipelines.publish.phrases import evolution, panel_counts
from pipelines.publish.picture import Absent, Cell, Picture, columns
from pipelines.publish.shelf import Shelf

PANELS = (
    "ENR-ENTRANTS",
    "SCH-ENTRANTS",
    "ENR-TECHBAC",
    "ENR-REG",
    "APP-SHARE",
    "MOB-OUT-RATE",
    "EMP-REG-30",
    "ENR-PROMO",
)
"""What a site's sheet shows, observed first."""


def site(shelf: Shelf, code: str) -> Picture | Absent:
    """Draw the indicators that this site has, one panel each, every panel on its own scale."""
    name, place = f"site-{code}", shelf.sites[code]["site_label"]
    rows: list[dict[str, Cell]] = []
    panels: list[str] = []
    simulated_panels: list[str] = []
    sources: list[str] = []
    drawn_from: list[str] = []
    said = ""
    for indicator_code in PANELS:
        points = shelf.points(indicator_code, code)
        if indicator_code not in shelf.indicators or sum(point.value is not None for point in points) < 2:
            continue
        indicator = shelf.indicators[indicator_code]
        factor = 100.0 if indicator.unit == "share" else 1.0
        simulated = any(point.origin == "simulated" for point in points)
        unit = "%" if indicator.unit in ("share", "percent") else two(shelf, "personnes", "persons")
        panel = f"{indicator.label} ({unit}{', ' + SIMULATED[shelf.lang] if simulated else ''})"
        panels.append(panel)
        if simulated:
            simulated_panels.append(panel)
        sources += [source for source in indicator.sources if source not in sources]
        drawn_from.append(f"{indicator_code}/{code}")
        said = said or evolution(indicator.label, points, indicator.unit, shelf.lang)
        for point, stretch in zip(points, runs(points), strict=True):
            rows.append(
                {
                    "year": point.year,
                    "facet": panel,
                    "series": indicator_code,
                    "value": None if point.value is None else point.value * factor,
                    "run": f"{indicator_code}/{stretch}",
                    "origin": point.origin,
                    "flag": "B" if point.is_break else "A",
                }
            )
    if not rows:
        return absent(
            shelf,
            name,
            place,
            reason=two(
                shelf,
                f"aucun indicateur du site de {place} n'a deux années publiables",
                f"no indicator of the site of {place} has two publishable years",
            ),
        )
    observed = len(panels) - len(simulated_panels)
    title = panel_counts(place, observed, len(simulated_panels), shelf.lang)
    subtitle = two(
        shelf,
        "Une échelle par panneau ; ligne coupée à chaque rupture de série",
        "One scale per panel; the line is cut at each break in the series",
    )
    return Picture(
        name=name,
        kind="lines",
        title=title,
        subtitle=subtitle,
        caption=caption(
            shelf,
            sources,
            two(shelf, f"site de {place}", f"site of {place}"),
            f"fig-{name}",
            bool(simulated_panels) and not observed,
        ),
        alt=alternative(
            shelf,
            two(shelf, "Courbes, un panneau par indicateur", "Lines, one panel per indicator"),
            f"{title}. {said.rstrip('.')}",
            subtitle,
            bool(simulated_panels),
        ),
        lang=shelf.lang,
        data=columns(rows, SERIES_COLUMNS),
        options={
            "unit": "persons",
            "order": sorted({str(row["series"]) for row in rows}),
            "columns": 2,
            "facets": panels,
            "breaks": [],
            "free": True,
            "one_colour": True,
            "word_on": simulated_panels,
        },
        simulated=bool(simulated_panels),
        of=tuple(drawn_from),
    )


def field(shelf: Shelf, code: str) -> Picture | Absent:
    """Draw the entrants of the field's specialities, by site."""
    return specialities(shelf, f"field-{code}", code)
