"""Line charts of the indicators: one in one place, one by place in small panels, one by place in one panel."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipelines.publish.figures.common import absent, figure, is_simulated, two
from pipelines.publish.numbers import SIMULATED
from pipelines.publish.phrases import Point, evolution, range_title, trend_title
from pipelines.publish.picture import Absent, Cell, Picture
from pipelines.publish.shelf import Break, Shelf

SERIES_COLUMNS = ["year", "facet", "series", "value", "run", "origin", "flag"]


def runs(points: Sequence[Point]) -> list[int]:
    """Number the unbroken stretches of a series: a line is drawn inside a stretch, never across a break or a gap.

    One number per point; a point without a value closes its stretch.
    """
    numbers: list[int] = []
    stretch = 0
    previous: Point | None = None
    for point in points:
        if previous is not None and (
            point.is_break or previous.value is None or point.value is None or point.year - previous.year > 1
        ):
            stretch += 1
        numbers.append(stretch)
        previous = point
    return numbers


def series_rows(shelf: Shelf, code: str, scope: str, series: str, facet: str | None = None) -> list[dict[str, Cell]]:
    """Return one indicator in one scope as rows of a line chart."""
    points = shelf.points(code, scope)
    flags = [str(row.get("flag") or "") for row in shelf.series(code, scope)]
    return [
        {
            "year": point.year,
            "value": point.value,
            "series": series,
            "facet": facet,
            "origin": point.origin,
            "run": f"{facet}/{series}/{number}" if facet else f"{series}/{number}",
            "flag": flag,
        }
        for point, number, flag in zip(points, runs(points), flags, strict=True)
    ]


def scopes_with_a_value(shelf: Shelf, code: str, level: str) -> list[str]:
    """Return the scopes of a level in which an indicator has a value in some year."""
    return [
        scope
        for scope in shelf.scopes(code, level)
        if any(point.value is not None for point in shelf.points(code, scope))
    ]


def break_years(rows: Sequence[dict[str, Cell]], breaks: Iterable[Break]) -> list[list[object]]:
    """Return the breaks to announce on a chart, in two words: those within its years."""
    years = [int(str(row["year"])) for row in rows]
    return [[item.year, item.short] for item in breaks if min(years) < item.year <= max(years)]


def break_line(shelf: Shelf, rows: Sequence[dict[str, Cell]], breaks: Iterable[Break]) -> str:
    """Return the words of the small print on the breaks of a chart; empty when it shows none."""
    years = [int(str(row["year"])) for row in rows]
    told = [f"{item.short} ({item.year})" for item in breaks if min(years) < item.year <= max(years)]
    if not told:
        return ""
    return two(shelf, "Ruptures (pointillés)\u00a0: ", "Breaks (dotted lines): ") + ", ".join(told)


def series_figure(
    shelf: Shelf,
    name: str,
    code: str,
    scopes: Sequence[str],
    rows: list[dict[str, Cell]],
    *,
    title: str,
    subtitle: str,
    perimeter: str,
    address: tuple[str, ...],
    seen: str,
    options: dict[str, object],
    told: str = "",
) -> Picture:
    """Return the line chart of one indicator in some scopes: unit, sources, breaks and origin are its own.

    The rows have their panel in `facet`; where they have none, the chart has one panel.
    """
    indicator = shelf.indicators[code]
    cuts = shelf.breaks_of(code, scopes)
    panels = any(row["facet"] is not None for row in rows)
    return figure(
        shelf,
        name,
        "lines",
        title=title,
        subtitle=subtitle,
        sources=indicator.sources,
        perimeter=perimeter,
        address=address,
        seen=seen,
        told=told,
        rows=rows,
        shown=[column for column in SERIES_COLUMNS if panels or column != "facet"],
        options={"unit": indicator.unit, "breaks": break_years(rows, cuts), **options},
        simulated=is_simulated(rows),
        breaks=break_line(shelf, rows, cuts),
    )


def by_scope(
    shelf: Shelf,
    name: str,
    code: str,
    level: str,
    *,
    subtitle: str,
    perimeter: str,
    short: str,
    free: bool = False,
) -> Picture | Absent:
    """Draw one indicator, a small panel per scope. `short` names it in the title; `free`: a scale per panel."""
    scopes = scopes_with_a_value(shelf, code, level)
    if not scopes:
        return absent(shelf, name, short, code)
    indicator = shelf.indicators[code]
    rows = [row for scope in scopes for row in series_rows(shelf, code, scope, indicator.label, shelf.place(scope))]
    latest = {
        shelf.place(scope): [point for point in shelf.points(code, scope) if point.value is not None][-1]
        for scope in scopes
    }
    year = max(point.year for point in latest.values())
    at_year = {place: float(point.value or 0) for place, point in latest.items() if point.year == year}
    title = f"{range_title(short, at_year, indicator.unit, shelf.lang)}{two(shelf, ' en', ' in')} {year}"
    if is_simulated(rows):
        title += f" ({SIMULATED[shelf.lang]})"
    options: dict[str, object] = {
        "order": [indicator.label],
        "columns": 4,
        "facets": [shelf.place(scope) for scope in scopes],
    }
    if free:
        options["free"] = True
    return series_figure(
        shelf,
        name,
        code,
        scopes,
        rows,
        title=title,
        subtitle=subtitle,
        perimeter=perimeter,
        address=tuple(f"{code}/{scope}" for scope in scopes),
        seen=two(shelf, "Courbes, un panneau par lieu", "Lines, one panel per place"),
        options=options,
    )


def one_line(
    shelf: Shelf, name: str, code: str, scope: str, *, subtitle: str, perimeter: str, short: str
) -> Picture | Absent:
    """Draw one indicator in one scope."""
    rows = series_rows(shelf, code, scope, short)
    if sum(row["value"] is not None for row in rows) < 2:
        return absent(shelf, name, short, code)
    unit, points = shelf.indicators[code].unit, shelf.points(code, scope)
    title = trend_title(short, points, unit, shelf.lang)
    if is_simulated(rows):
        title += f" ({SIMULATED[shelf.lang]})"
    return series_figure(
        shelf,
        name,
        code,
        [scope],
        rows,
        title=title,
        subtitle=subtitle,
        perimeter=perimeter,
        address=(f"{code}/{scope}",),
        seen=two(shelf, "Courbe", "Line"),
        told=evolution(short, points, unit, shelf.lang)[:-1],
        options={"order": [short], "height": 2.1},
    )


def together(
    shelf: Shelf, name: str, code: str, level: str, *, subtitle: str, perimeter: str, short: str, height: float = 2.35
) -> Picture | Absent:
    """Draw one indicator in one panel, a line per scope; the title tells the trend of the sites together."""
    scopes = scopes_with_a_value(shelf, code, level)
    if not scopes:
        return absent(shelf, name, short, code)
    greatest = {scope: max(point.value or 0.0 for point in shelf.points(code, scope)) for scope in scopes}
    scopes.sort(key=lambda scope: (-greatest[scope], scope))
    rows = [row for scope in scopes for row in series_rows(shelf, code, scope, shelf.place(scope))]
    return series_figure(
        shelf,
        name,
        code,
        scopes,
        rows,
        title=trend_title(short, shelf.points(code, shelf.whole), shelf.indicators[code].unit, shelf.lang),
        subtitle=subtitle,
        perimeter=perimeter,
        address=tuple(f"{code}/{scope}" for scope in scopes),
        seen=two(shelf, "Courbes, une par lieu", "Lines, one per place"),
        options={"order": [shelf.place(scope) for scope in scopes], "height": height},
    )
