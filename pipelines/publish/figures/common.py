"""What every figure shares: its caption, its alternative text, its address, and series taken from the indicators."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pipelines.publish.numbers import SIMULATED
from pipelines.publish.phrases import Point, evolution, range_title, trend_title
from pipelines.publish.picture import Absent, Cell, Picture, columns
from pipelines.publish.shelf import REGION, Break, Shelf

SERIES_COLUMNS = ["year", "facet", "series", "value", "run", "origin", "flag"]
ONE_PANEL = [column for column in SERIES_COLUMNS if column != "facet"]


def two(shelf: Shelf, fr: str, en: str) -> str:
    """Return the text in the language of the run."""
    return fr if shelf.lang == "fr" else en


def source_line(shelf: Shelf, sources: Iterable[str]) -> str:
    """Return `Source : producer (titles) ; …`, from the sidecars; a source without a sidecar is named as given."""
    known = shelf.catalogue.sources
    by_producer: dict[str, list[str]] = {}
    for source in sources:
        if source in known:
            by_producer.setdefault(known[source].producer, []).append(short_title(known[source].title.in_(shelf.lang)))
        else:
            by_producer.setdefault(source, [])
    named = [f"{producer}, {', '.join(titles)}" if titles else producer for producer, titles in by_producer.items()]
    colon = "\u00a0: " if shelf.lang == "fr" else ": "
    joint = "\u00a0; " if shelf.lang == "fr" else "; "
    return f"Source{colon}{joint.join(named)}"


def short_title(title: str) -> str:
    """Return a title cut before its first comma, colon or bracket, so that it fits a row or a caption."""
    for mark in (" (", ", ", " : ", "\u00a0:", ": "):
        title = title.split(mark)[0]
    return title


def caption(
    shelf: Shelf, sources: Iterable[str], perimeter: str, address: str, simulated: bool = False, breaks: str = ""
) -> str:
    """Return the small print of a figure: source, perimeter, breaks, address, and that the data are simulated if so."""
    colon = "\u00a0: " if shelf.lang == "fr" else ": "
    parts = [
        source_line(shelf, sources),
        f"{two(shelf, 'Périmètre', 'Perimeter')}{colon}{perimeter}",
        f"{address}@{shelf.edition}",
    ]
    if breaks:
        parts.insert(2, breaks)
    if simulated:
        parts.insert(0, two(shelf, "DONNÉES SIMULÉES", "SIMULATED DATA"))
    return " · ".join(parts)


def alternative(shelf: Shelf, picture_kind: str, title: str, subtitle: str, simulated: bool) -> str:
    """Return the alternative text: what kind of picture, its finding, its measure, and whether it is simulated."""
    said = f"{picture_kind}. {title}. {subtitle}."
    if simulated:
        said += f" {two(shelf, 'Données simulées', 'Simulated data')}."
    return said.replace('"', "'")


def figure(
    shelf: Shelf,
    name: str,
    kind: str,
    *,
    title: str,
    subtitle: str,
    sources: Iterable[str],
    perimeter: str,
    address: str,
    seen: str,
    rows: list[dict[str, Cell]],
    shown: list[str],
    options: dict[str, object],
    told: str = "",
    simulated: bool = False,
    breaks: str = "",
) -> Picture:
    """Return the picture of `rows`, its columns `shown`, with the small print and alternative text all figures bear.

    `seen` says what kind of picture it is to one who does not see it; `told` stands there in place of the title.
    """
    return Picture(
        name=name,
        kind=kind,
        title=title,
        subtitle=subtitle,
        caption=caption(shelf, sources, perimeter, address, simulated, breaks),
        alt=alternative(shelf, seen, told or title, subtitle, simulated),
        lang=shelf.lang,
        data=columns(rows, shown),
        options=options,
        simulated=simulated,
    )


def absent(shelf: Shelf, name: str, title: str, code: str | None = None, reason: str | None = None) -> Absent:
    """Return the block that stands where a figure cannot be drawn, with the reason."""
    said = reason or (shelf.reason(code) if code else shelf.reason(""))
    return Absent(name, title, said, shelf.lang)


def is_simulated(rows: Iterable[Mapping[str, object]]) -> bool:
    """Say whether any of the rows comes from simulated data."""
    return any(row.get("origin") == "simulated" for row in rows)


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
            "run": f"{facet}/{series}/{number}",
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
    """Return the sentence of the small print that explains the breaks of a chart; empty when it shows none."""
    years = [int(str(row["year"])) for row in rows]
    told = [f"{item.year}, {item.label.rstrip('.')}" for item in breaks if min(years) < item.year <= max(years)]
    if not told:
        return ""
    joint = "\u00a0; " if shelf.lang == "fr" else "; "
    return two(shelf, "Ruptures\u00a0: ", "Breaks: ") + joint.join(told)


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
    cuts = shelf.breaks_of(code, scopes)
    latest = {
        shelf.place(scope): [point for point in shelf.points(code, scope) if point.value is not None][-1]
        for scope in scopes
    }
    year = max(point.year for point in latest.values())
    at_year = {place: float(point.value or 0) for place, point in latest.items() if point.year == year}
    simulated = is_simulated(rows)
    title = f"{range_title(short, at_year, indicator.unit, shelf.lang)}{two(shelf, ' en', ' in')} {year}"
    if simulated:
        title += f" ({SIMULATED[shelf.lang]})"
    options: dict[str, object] = {
        "unit": indicator.unit,
        "order": [indicator.label],
        "columns": 2,
        "facets": [shelf.place(scope) for scope in scopes],
        "breaks": break_years(rows, cuts),
    }
    if free:
        options["free"] = True
    return figure(
        shelf,
        name,
        "lines",
        title=title,
        subtitle=subtitle,
        sources=indicator.sources,
        perimeter=perimeter,
        address=f"{code}/{REGION}",
        seen=two(shelf, "Courbes, un panneau par lieu", "Lines, one panel per place"),
        rows=rows,
        shown=SERIES_COLUMNS,
        options=options,
        simulated=simulated,
        breaks=break_line(shelf, rows, cuts),
    )


def one_line(
    shelf: Shelf, name: str, code: str, scope: str, *, subtitle: str, perimeter: str, short: str
) -> Picture | Absent:
    """Draw one indicator in one scope."""
    rows = series_rows(shelf, code, scope, short)
    if sum(row["value"] is not None for row in rows) < 2:
        return absent(shelf, name, short, code)
    cuts = shelf.breaks_of(code, [scope])
    indicator = shelf.indicators[code]
    simulated = is_simulated(rows)
    title = trend_title(short, shelf.points(code, scope), indicator.unit, shelf.lang)
    if simulated:
        title += f" ({SIMULATED[shelf.lang]})"
    return figure(
        shelf,
        name,
        "lines",
        title=title,
        subtitle=subtitle,
        sources=indicator.sources,
        perimeter=perimeter,
        address=f"{code}/{scope}",
        seen=two(shelf, "Courbe", "Line"),
        told=evolution(short, shelf.points(code, scope), indicator.unit, shelf.lang)[:-1],
        rows=rows,
        shown=ONE_PANEL,
        options={"unit": indicator.unit, "order": [short], "breaks": break_years(rows, cuts), "height": 2.6},
        simulated=simulated,
        breaks=break_line(shelf, rows, cuts),
    )


def together(
    shelf: Shelf, name: str, code: str, level: str, *, subtitle: str, perimeter: str, short: str, height: float = 3.5
) -> Picture | Absent:
    """Draw one indicator in one panel, a line per scope; the title tells the trend of the eight sites together."""
    scopes = scopes_with_a_value(shelf, code, level)
    if not scopes:
        return absent(shelf, name, short, code)
    greatest = {scope: max(point.value or 0.0 for point in shelf.points(code, scope)) for scope in scopes}
    scopes.sort(key=lambda scope: (-greatest[scope], scope))
    rows = [row for scope in scopes for row in series_rows(shelf, code, scope, shelf.place(scope))]
    indicator = shelf.indicators[code]
    cuts = shelf.breaks_of(code, scopes)
    simulated = is_simulated(rows)
    title = trend_title(short, shelf.points(code, REGION), indicator.unit, shelf.lang)
    return figure(
        shelf,
        name,
        "lines",
        title=title,
        subtitle=subtitle,
        sources=indicator.sources,
        perimeter=perimeter,
        address=f"{code}/{REGION}",
        seen=two(shelf, "Courbes, une par lieu", "Lines, one per place"),
        rows=rows,
        shown=ONE_PANEL,
        options={
            "unit": indicator.unit,
            "order": [shelf.place(scope) for scope in scopes],
            "height": height,
            "breaks": break_years(rows, cuts),
        },
        simulated=simulated,
        breaks=break_line(shelf, rows, cuts),
    )
