"""What every figure shares: its frame, its caption, its alternative text, its address."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pipelines.publish.picture import Absent, Cell, Picture, columns
from pipelines.publish.shelf import Shelf


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
