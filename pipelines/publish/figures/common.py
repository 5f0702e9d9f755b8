"""What every figure shares: its frame, its caption, its alternative text, its address."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pipelines.publish.names import in_small_print
from pipelines.publish.numbers import measure
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
            producer = in_small_print(known[source].producer, shelf.lang, shelf.region)
            by_producer.setdefault(producer, []).append(short_title(known[source].title.in_(shelf.lang)))
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


def alternative(shelf: Shelf, picture_kind: str, title: str, subtitle: str, simulated: bool, span: str = "") -> str:
    """Return the alternative text: kind of picture, finding, measure, lowest and highest value, origin if simulated."""
    said = f"{picture_kind}. {title}. {subtitle}."
    if span:
        said += f" {span}."
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
    address: str | tuple[str, ...],
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
    `address` is what it is drawn from: series (`MOB-OUT/tarbes`) or protected tables; its own is `fig-<name>`.
    """
    return Picture(
        name=name,
        kind=kind,
        title=title,
        subtitle=subtitle,
        caption=caption(shelf, sources, perimeter, f"fig-{name}", simulated, breaks),
        alt=alternative(shelf, seen, told or title, subtitle, simulated, extremes(shelf, kind, rows, options)),
        lang=shelf.lang,
        data=columns(rows, shown),
        options=options,
        simulated=simulated,
        of=(address,) if isinstance(address, str) else address,
    )


def extremes(shelf: Shelf, kind: str, rows: Iterable[Mapping[str, object]], options: Mapping[str, object]) -> str:
    """Return the lowest and the highest value of a picture, with where and when: `de 1,4 % (Albi, 2020) à …`.

    Empty where a picture has no measure of its own (words, states) or a single value.
    """
    unit = str(options.get("unit", "count"))
    found: list[tuple[float, str]] = []
    for row in rows:
        value = row.get("value")
        if isinstance(value, bool) or not isinstance(value, int | float) or row.get("kind") in ("path", "forecast"):
            continue
        series = row.get("series") if options.get("order") and len(list(options["order"])) > 1 else None  # type: ignore[call-overload]
        where = [row.get("facet"), series, row.get("name"), row.get("row"), row.get("column"), row.get("group")]
        if row.get("column") is None:
            where.append(row.get("year"))
        said = ", ".join(" ".join(str(part).split()) for part in where if part not in (None, ""))
        found.append((float(value), f"{measure(float(value), unit, shelf.lang)} ({said})"))
    if kind in ("targets", "cover") or len({value for value, _ in found}) < 2:
        return ""
    low, high = min(found), max(found, key=lambda item: (item[0], [-ord(letter) for letter in item[1]]))
    return two(shelf, f"Valeurs de {low[1]} à {high[1]}", f"Values from {low[1]} to {high[1]}")


def absent(shelf: Shelf, name: str, title: str, code: str | None = None, reason: str | None = None) -> Absent:
    """Return the block that stands where a figure cannot be drawn, with the reason."""
    said = reason or (shelf.reason(code) if code else shelf.reason(""))
    return Absent(name, title, said, shelf.lang)


def is_simulated(rows: Iterable[Mapping[str, object]]) -> bool:
    """Say whether any of the rows comes from simulated data."""
    return any(row.get("origin") == "simulated" for row in rows)
