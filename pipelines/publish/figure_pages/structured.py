"""What search engines and harvesters read of a figure: schema.org, as JSON-LD in the page's head."""

from __future__ import annotations

import json
from typing import Any

from pipelines.publish.citing import HOUSE

CONTEXT = "https://schema.org"
LICENCE = "https://spdx.org/licenses/etalab-2.0.html"


def script(content: dict[str, Any]) -> str:
    """Return the element of the page's head. Nothing in it can end the element."""
    text = json.dumps({"@context": CONTEXT, **content}, ensure_ascii=False, separators=(",", ":"))
    text = text.replace("<", "\\u003c")
    return f'<script type="application/ld+json">{text}</script>'


def dataset(lang: str, edition: str) -> dict[str, Any]:
    """Return the edition as the dataset that its figures are part of."""
    return {
        "@type": "Dataset",
        "name": HOUSE[lang],
        "version": edition,
        "license": LICENCE,
    }


def figure(
    lang: str,
    edition: str,
    *,
    address: str,
    label: str,
    place: str,
    year: int,
    unit: str,
    value: float | None,
    bounds: tuple[float, float] | None,
    flag: str,
) -> dict[str, Any]:
    """Return one figure: a page whose main entity is an observation. A hidden value is not there."""
    observation: dict[str, Any] = {
        "@type": "Observation",
        "identifier": address,
        "observationDate": str(year),
        "observationAbout": {"@type": "Place", "name": place},
        "variableMeasured": label,
        "measurementQualifier": flag,
        "unitText": unit,
    }
    if value is not None:
        observation["value"] = value
        if bounds is not None:
            observation |= {"minValue": round(bounds[0], 6), "maxValue": round(bounds[1], 6)}
    return {
        "@type": "WebPage",
        "name": f"{label}, {place}, {year}",
        "inLanguage": lang,
        "isPartOf": dataset(lang, edition),
        "mainEntity": observation,
    }


def indicator(
    lang: str, edition: str, *, code: str, label: str, definition: str, unit: str, years: list[int], method: str
) -> dict[str, Any]:
    """Return one indicator: the dataset of its figures, with the variable they measure."""
    found = {
        **dataset(lang, edition),
        "creator": {"@type": "Organization", "name": HOUSE[lang]},
        "name": label,
        "description": definition,
        "identifier": f"{code}@{edition}",
        "inLanguage": lang,
        "isPartOf": dataset(lang, edition),
        "variableMeasured": {
            "@type": "StatisticalVariable",
            "name": label,
            "description": definition,
            "unitText": unit,
        },
        "measurementTechnique": method,
    }
    if years:
        found["temporalCoverage"] = f"{min(years)}/{max(years)}"
    return found
