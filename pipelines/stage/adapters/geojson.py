"""Contours: GeoJSON features with `code` and `nom`, one or several a file, kept as text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.kernel.catalogue import Vintage
from pipelines.kernel.problems import BadInput, Problem
from pipelines.stage.mapping import FILE
from pipelines.stage.reading import ROW


def adapt(vintage: Vintage, files: Mapping[str, Path]) -> pl.DataFrame:
    """Return one row a feature: the properties that the sidecar maps, and `geometry_geojson`.

    Raises `BadInput` when a file is missing, is no GeoJSON, or holds a feature without geometry or a mapped property.
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
    again = "Fetch the file again from its landing page and add it anew."
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BadInput(Problem(shown, "The file is missing", again)) from error
    except json.JSONDecodeError as error:
        rule = "The file is empty" if path.stat().st_size == 0 else "The file is no JSON: it is damaged or cut short"
        raise BadInput(Problem(shown, rule, again, row=error.lineno)) from error
    except UnicodeDecodeError as error:
        raise BadInput(Problem(shown, "The file is not in UTF-8", again)) from error
    if not isinstance(content, dict) or content.get("type") not in ("Feature", "FeatureCollection"):
        raise BadInput(Problem(shown, "The file is JSON but no GeoJSON feature", again))
    for number, feature in enumerate(content.get("features", [content]), start=1):
        properties = feature.get("properties") or {}
        for header in vintage.columns.values():
            if header not in properties:
                raise BadInput(
                    Problem(shown, "A feature lacks a property that the sidecar maps", again, row=number, column=header)
                )
        if not feature.get("geometry"):
            raise BadInput(Problem(shown, "A feature has no geometry", again, row=number))
        yield {
            **{name: str(properties[header]) for name, header in vintage.columns.items()},
            "geometry_geojson": json.dumps(feature["geometry"], separators=(",", ":"), sort_keys=True),
            FILE: shown,
            ROW: number,
        }
