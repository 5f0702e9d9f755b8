"""Contours: GeoJSON features with `code` and `nom`, one or several a file, kept as text."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.kernel.catalogue import Vintage
from pipelines.kernel.file_kinds import kind_of
from pipelines.kernel.problems import BadInput, Problem
from pipelines.stage.mapping import FILE
from pipelines.stage.reading import ROW

AGAIN = "Fetch the file again from its landing page and add it anew."

SWAPPED = ((41, 52), (-6, 10))
"""Longitudes and latitudes where no part of France lies, and where France lies when the two are swapped."""


def adapt(vintage: Vintage, files: Mapping[str, Path]) -> pl.DataFrame:
    """Return one row a feature: the properties that the sidecar maps, and `geometry_geojson`.

    Raises `BadInput` when a file is missing, is no GeoJSON or holds no feature, or a feature lacks a mapped property
    or has no geometry that can be drawn on a map: degrees, longitude first, rings that close.
    """
    rows: list[dict[str, Any]] = []
    problems: list[Problem] = []
    for shown, path in sorted(files.items()):
        try:
            rows += list(_rows(vintage, shown, path))
        except BadInput as error:
            problems += error.problems
    if problems:
        raise BadInput(problems)
    return pl.DataFrame(rows)


def _rows(vintage: Vintage, shown: str, path: Path) -> Iterator[dict[str, Any]]:
    content = _content(shown, path)
    if not isinstance(content, dict) or content.get("type") not in ("Feature", "FeatureCollection"):
        found = ", ".join(content) if isinstance(content, dict) and "type" not in content else None
        found = found or (str(content["type"]) if isinstance(content, dict) else type(content).__name__)
        raise BadInput(Problem(shown, "The file is JSON but no GeoJSON feature", AGAIN, value=found))
    features = content.get("features", []) if content["type"] == "FeatureCollection" else [content]
    if not isinstance(features, list) or not features:
        raise BadInput(Problem(shown, "The file holds no feature", AGAIN))
    for number, feature in enumerate(features, start=1):
        properties = feature.get("properties") if isinstance(feature, dict) else None
        if not isinstance(properties, dict):
            raise BadInput(Problem(shown, "A feature has no properties that name it", AGAIN, row=number))
        for header in vintage.columns.values():
            if properties.get(header) in (None, ""):
                raise BadInput(
                    Problem(shown, "A feature lacks a property that the sidecar maps", AGAIN, row=number, column=header)
                )
        fault = _fault(feature.get("geometry"))
        if fault:
            raise BadInput(Problem(shown, fault[0], fault[1], row=number, column="geometry"))
        yield {
            **{name: str(properties[header]) for name, header in vintage.columns.items()},
            "geometry_geojson": json.dumps(feature["geometry"], separators=(",", ":"), sort_keys=True),
            FILE: shown,
            ROW: number,
        }


def _content(shown: str, path: Path) -> Any:
    try:
        content = path.read_bytes()
        return json.loads(content.decode("utf-8-sig"), object_pairs_hook=_once)
    except FileNotFoundError as error:
        raise BadInput(Problem(shown, "The file is missing", AGAIN)) from error
    except json.JSONDecodeError as error:
        kind = kind_of(content)
        rule = "The file is no JSON: it is damaged or cut short"
        if not content.strip():
            rule = "The file is empty"
        elif kind and not kind.startswith("JSON"):
            raise BadInput(Problem(shown, f"The file is no GeoJSON but {kind}", AGAIN)) from error
        raise BadInput(Problem(shown, rule, AGAIN, row=error.lineno)) from error
    except UnicodeDecodeError as error:
        raise BadInput(Problem(shown, "The file is not in UTF-8", AGAIN)) from error
    except KeyError as error:
        raise BadInput(
            Problem(
                shown, "A key stands twice in an object, and only one of them can be meant", AGAIN, column=error.args[0]
            )
        ) from error
    except RecursionError as error:
        raise BadInput(Problem(shown, "The file nests lists without end", AGAIN)) from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object. Raises `KeyError` when a key stands twice: Python would keep the last and say nothing."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise KeyError(key)
        found[key] = value
    return found


def _fault(geometry: Any) -> tuple[str, str] | None:
    """Return what keeps a geometry from being drawn, and what to do; nothing when it can be."""
    if not geometry:
        return "A feature has no geometry", AGAIN
    depth = (
        {"Point": 0, "Polygon": 2, "MultiPolygon": 3}.get(geometry.get("type", ""))
        if isinstance(geometry, dict)
        else None
    )
    if depth is None:
        return "A contour is a Polygon or a MultiPolygon", "Ask for the contours as GeoJSON."
    positions = list(_positions(geometry.get("coordinates"), depth))
    if not positions or None in positions:
        return "A position is two numbers, longitude and latitude, and a contour has several", AGAIN
    points = [point for point in positions if point]
    if any(abs(x) > 180 or abs(y) > 90 for x, y in points):
        return (
            "Positions are no degrees: the contour is in another projection, such as Lambert-93",
            "Export it in WGS 84 (EPSG:4326).",
        )
    (west, east), (south, north) = SWAPPED
    if all(west <= x <= east and south <= y <= north for x, y in points):
        return "Longitude and latitude are swapped: GeoJSON gives the longitude first", "Swap the two and add it again."
    if any(len(ring) < 4 or ring[0] != ring[-1] for ring in _rings(geometry["coordinates"], depth)):
        return "A ring does not end where it begins: the contour is cut short", AGAIN
    return None


def _rings(coordinates: Any, depth: int) -> Iterator[list[Any]]:
    if depth == 2:
        yield from coordinates
    elif depth == 3:
        for part in coordinates:
            yield from part


def _positions(coordinates: Any, depth: int) -> Iterator[tuple[float, float] | None]:
    """Give every position; `None` for what is none."""
    if depth:
        if not isinstance(coordinates, list):
            yield None
            return
        for item in coordinates:
            yield from _positions(item, depth - 1)
        return
    is_pair = isinstance(coordinates, list) and len(coordinates) >= 2
    if is_pair and all(isinstance(value, int | float) and math.isfinite(value) for value in coordinates[:2]):
        yield float(coordinates[0]), float(coordinates[1])
    else:
        yield None
