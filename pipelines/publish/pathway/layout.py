"""Where discs, names and outlines stand on the page, in pixels: the same for the drawing and for the screen.

Pure functions of degrees to pixels. One degree of longitude is drawn at the cosine of the mean latitude, so that
distances look right. Crowded surroundings of the largest town are drawn apart, larger, in an empty corner.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

WIDTH = 640.0
MARGIN = 14.0
LETTER, LINE = 6.1, 13.0
"""Width of a letter and height of a line of the names, in pixels: what DejaVu Sans and screen fonts take at 11 px."""
ZONE = (0.18, 0.155)
"""Half the width and height, in degrees, of the surroundings that are drawn apart."""
ZOOM = 3.1

Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A town to place: degrees, programmes, the text beside it, and whether the text must be there."""

    name: str
    longitude: float
    latitude: float
    weight: int
    text: str
    named: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """A placed town: centre and radius of its disc, and where its text begins, ends (`anchor`) or is not (empty)."""

    name: str
    x: float
    y: float
    radius: float
    text: str
    text_x: float = 0.0
    text_y: float = 0.0
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """The whole map: size, marks, outlines, and the two frames of what is drawn apart (`None` without it)."""

    width: float
    height: float
    marks: tuple[Mark, ...]
    rings: tuple[tuple[tuple[float, float], ...], ...] = ()
    zone: Box | None = None
    inset: Box | None = None
    apart: frozenset[str] = field(default_factory=frozenset)


def radius(weight: float) -> float:
    """Return the radius of a disc whose area grows with the programmes; the smallest can still be seen."""
    return round(1.2 + 2.3 * math.sqrt(weight), 2) if weight else 0.0


def lay(spots: Sequence[Spot], contours: Sequence[Sequence[Sequence[float]]] = ()) -> Layout:
    """Place the spots, largest first, and their names without overlap; a name that has no room is left out.

    A spot that must be named is named whatever the room. No spot gives an empty map.
    """
    if not spots:
        return Layout(WIDTH, 0.0, ())
    ordered = sorted(spots, key=lambda spot: (-spot.weight, spot.name))
    rings = [[(float(x), float(y)) for x, y, *_ in ring] for ring in contours]
    edge = [point for ring in rings for point in ring] or [(spot.longitude, spot.latitude) for spot in spots]
    west, east = min(x for x, _ in edge), max(x for x, _ in edge)
    south, north = min(y for _, y in edge), max(y for _, y in edge)
    if not rings:
        west, east, south, north = west - 0.25, east + 0.25, south - 0.12, north + 0.12
    narrow = math.cos(math.radians((south + north) / 2))
    scale = (WIDTH - 2 * MARGIN) / max((east - west) * narrow, 0.5)
    height = round((north - south) * scale + 2 * MARGIN, 1)

    def on_page(longitude: float, latitude: float) -> tuple[float, float]:
        return (
            round(MARGIN + (longitude - west) * narrow * scale, 1),
            round(MARGIN + (north - latitude) * scale, 1),
        )

    placed = {spot.name: on_page(spot.longitude, spot.latitude) for spot in ordered}
    centre = ordered[0]
    near = [
        spot
        for spot in ordered
        if abs(spot.longitude - centre.longitude) <= ZONE[0] and abs(spot.latitude - centre.latitude) <= ZONE[1]
    ]
    zone: Box | None = None
    inset: Box | None = None
    if len(near) > 2:
        zone = (
            *on_page(centre.longitude - ZONE[0], centre.latitude + ZONE[1]),
            *on_page(centre.longitude + ZONE[0], centre.latitude - ZONE[1]),
        )
        inset = corner(zone, height, [placed[spot.name] for spot in ordered if spot not in near])
        for spot in near:
            x, y = placed[spot.name]
            placed[spot.name] = (
                round(inset[0] + (x - zone[0]) * ZOOM, 1),
                round(inset[1] + LINE + 5 + (y - zone[1]) * ZOOM, 1),
            )
    marks = named(ordered, placed, (0.0, 0.0, WIDTH, height), [box for box in (zone,) if box], inset, near)
    return Layout(
        WIDTH,
        height,
        tuple(marks),
        tuple(tuple(on_page(x, y) for x, y in ring) for ring in rings),
        zone,
        inset,
        frozenset(spot.name for spot in near) if inset else frozenset(),
    )


def corner(zone: Box, height: float, taken: Sequence[tuple[float, float]]) -> Box:
    """Return the frame of what is drawn apart: the corner with fewest discs under it, the lower right one first."""
    wide, high = (zone[2] - zone[0]) * ZOOM, (zone[3] - zone[1]) * ZOOM + LINE + 5
    right, low = WIDTH - 4 - wide, height - 4 - high
    corners = [(right, low), (4.0, 4.0), (4.0, low), (right, 4.0)]
    left, top = min(
        corners, key=lambda at: sum(at[0] <= x <= at[0] + wide and at[1] <= y <= at[1] + high for x, y in taken)
    )
    return round(left, 1), round(top, 1), round(left + wide, 1), round(top + high, 1)


def named(
    ordered: Sequence[Spot],
    placed: dict[str, tuple[float, float]],
    page: Box,
    blocked: list[Box],
    inset: Box | None,
    near: Sequence[Spot],
) -> list[Mark]:
    """Give each spot its disc and, where there is room, its text; those that must be named choose first."""
    discs = {spot.name: around(*placed[spot.name], radius(spot.weight)) for spot in ordered}
    texts: list[Box] = [*blocked]
    if inset is not None:
        blocked = [*blocked, inset]
    found: dict[str, tuple[float, float, str]] = {}
    for spot in sorted(ordered, key=lambda spot: (not spot.named, -spot.weight, spot.name)):
        x, y = placed[spot.name]
        inside = inset is not None and spot in near
        room = inset if inside and inset is not None else page
        others = [box for name, box in discs.items() if name != spot.name]
        walls = [*texts, *others] if inside else [*texts, *blocked, *others]
        options = places(x, y, radius(spot.weight), len(spot.text) * LETTER)
        free = [
            option
            for option in options
            if within(option[3], room) and not any(overlap(option[3], wall) for wall in walls)
        ]
        chosen = free[0] if free else None
        if chosen is None and spot.named:  # it must be there: where it covers least, inside the page first
            chosen = min(options, key=lambda at: (not within(at[3], room), sum(overlap(at[3], wall) for wall in walls)))
        if chosen is not None:
            found[spot.name] = chosen[:3]
            texts.append(chosen[3])
    marks = []
    for spot in ordered:
        x, y = placed[spot.name]
        text_x, text_y, anchor = found.get(spot.name, (0.0, 0.0, ""))
        marks.append(Mark(spot.name, x, y, radius(spot.weight), spot.text, text_x, text_y, anchor))
    return marks


def places(x: float, y: float, r: float, wide: float) -> list[tuple[float, float, str, Box]]:
    """Return where a text may stand around a disc, best first: the middle of its line, anchor, the box it takes."""
    away, half = r + 3, LINE / 2
    slant = r * 0.71 + 2
    options: list[tuple[float, float, str, Box]] = []
    for dx, dy, anchor in (
        (away, 0.0, "start"),
        (-away, 0.0, "end"),
        (0.0, -away - half + 1, "middle"),
        (0.0, away + half - 1, "middle"),
        (slant, -slant - 2, "start"),
        (slant, slant + 2, "start"),
        (-slant, -slant - 2, "end"),
        (-slant, slant + 2, "end"),
    ):
        left = x + dx - {"start": 0.0, "end": wide, "middle": wide / 2}[anchor]
        box = (left, y + dy - half, left + wide, y + dy + half)
        options.append((round(x + dx, 1), round(y + dy, 1), anchor, box))
    return options


def around(x: float, y: float, r: float) -> Box:
    """Return the square around a disc."""
    return x - r, y - r, x + r, y + r


def within(box: Box, room: Box) -> bool:
    """Say whether a box lies wholly in another."""
    return box[0] >= room[0] and box[1] >= room[1] and box[2] <= room[2] and box[3] <= room[3]


def overlap(one: Box, other: Box) -> bool:
    """Say whether two boxes share more than an edge."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
