"""The data of the explorer: `pub_values` column by column, with the words to show them, as one script.

A script and not a JSON file: a page opened from a disk may load the former, never the latter.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from pipelines.kernel.colours import legible
from pipelines.kernel.flags import LABELS
from pipelines.publish.explorer.words import LEVELS, UNITS, WORDS
from pipelines.publish.shelf import DOMAINS, Shelf

MEASURES = ("value", "interval_low", "interval_high", "numerator", "denominator")
"""Columns handed over as numbers, `null` (or no row, see `sparse`) where they are empty or hidden."""
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right", "triangle-left")


def data_script(shelf: Shelf) -> str:
    """Return the script that sets `window.explorerData`."""
    text = json.dumps(explorer_data(shelf), ensure_ascii=False, separators=(",", ":"))
    text = text.replace("'", "\u2019")  # the pages' own apostrophe: no code nor number holds another
    for mark in ("<", "\u2028", "\u2029"):  # the file stays readable by any parser, wherever it may be pasted
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return f"window.explorerData={text};\n"


def explorer_data(shelf: Shelf) -> dict[str, Any]:
    """Return indicators, places, breaks, values and the paths of targets, the values as columns of equal length.

    `indicator` and `place` are positions in their lists. Nothing is read but protected tables and reference lists:
    a hidden cell is empty here because it is empty there.
    """
    rows = shelf.rows("pub_values")
    codes = [code for code in shelf.indicators if any(row["indicator_code"] == code for row in rows)]
    keys = in_order(shelf, {(str(row["scope_level"]), str(row["scope_code"])) for row in rows})
    reasons = sorted({str(row[f"reason_{shelf.lang}"]) for row in rows if row.get(f"reason_{shelf.lang}")})
    place_at = {key: position for position, key in enumerate(keys)}
    code_at = {code: position for position, code in enumerate(codes)}
    ordered = sorted(
        (row for row in rows if row["indicator_code"] in code_at),
        key=lambda row: (
            code_at[row["indicator_code"]], place_at[(row["scope_level"], row["scope_code"])], int(row["year"]),
        ),
    )  # fmt: skip
    columns: dict[str, Any] = {
        "indicator": [code_at[row["indicator_code"]] for row in ordered],
        "place": [place_at[(row["scope_level"], row["scope_code"])] for row in ordered],
        "year": [int(row["year"]) for row in ordered],
        **{name: sparse([row.get(name) for row in ordered]) for name in MEASURES},
        "flag": "".join(str(row["flag"]) for row in ordered),
        "is_break": "".join("1" if row.get("is_break") else "0" for row in ordered),
        "origin": [str(row["origin"]) for row in ordered],
        "reason": sparse(
            [
                reasons.index(str(row[f"reason_{shelf.lang}"])) if row.get(f"reason_{shelf.lang}") else None
                for row in ordered
            ]
        ),
    }
    origins = sorted(set(columns["origin"]))
    columns["origin"] = "".join(str(origins.index(origin)) for origin in columns["origin"])
    return {
        "lang": shelf.lang,
        "paper": shelf.colours.paper,
        "edition": shelf.edition,
        "words": WORDS[shelf.lang],
        "flags": {flag.value: labels[shelf.lang == "en"] for flag, labels in LABELS.items()},
        "origins": origins,
        "reasons": reasons,
        "indicators": [indicator(shelf, code) for code in codes],
        "places": places(shelf, keys),
        "breaks": breaks(shelf, ordered, code_at),
        "values": columns,
        "paths": paths(shelf, code_at, place_at),
    }


def sparse(cells: list[Any]) -> Any:
    """Return a column as it is, or, when most of it is empty, `{at, is}`: the rows that hold something, and what."""
    at = [row for row, cell in enumerate(cells) if cell is not None]
    return cells if 2 * len(at) > len(cells) else {"at": at, "is": [cells[row] for row in at]}


def indicator(shelf: Shelf, code: str) -> dict[str, Any]:
    """Return what the page says of an indicator."""
    found = shelf.indicators[code]
    return {
        "code": code,
        "label": found.label,
        "definition": found.definition,
        "unit": found.unit,
        "unit_label": UNITS.get(found.unit, (found.unit, found.unit))[shelf.lang == "en"],
        "decimals": found.decimals,
        "objective": found.objective,
    }


def in_order(shelf: Shelf, keys: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the places in the order a reader expects: region, sites in their own order, then the others."""
    levels, sites = list(LEVELS), list(shelf.sites)
    return sorted(
        keys,
        key=lambda key: (
            levels.index(key[0]) if key[0] in levels else len(levels),
            sites.index(key[1]) if key[1] in sites else len(sites),
            key[1],
        ),
    )


def places(shelf: Shelf, keys: list[tuple[str, str]]) -> list[dict[str, str]]:
    """Return each place with its label, and the colour and shape it keeps on every chart."""
    look = shelf.colours
    found, seen = [], dict.fromkeys((level for level, _ in keys), 0)
    for level, code in keys:
        number = seen[level]
        seen[level] += 1
        colour = look.whole if level in ("region", "country") else look.series[number % len(look.series)]
        label = shelf.place(code)
        if level == "register" and code in shelf.catalogue.sources:
            label = shelf.catalogue.sources[code].title.in_(shelf.lang)
        found.append(
            {
                "key": f"{level}:{code}",
                "level": level,
                "level_label": LEVELS.get(level, (level, level))[shelf.lang == "en"],
                "code": code,
                "label": label[:1].upper() + label[1:],
                "colour": colour,
                "shape": SHAPES[number % len(SHAPES)],
                "word": legible(colour, look.paper),
            }
        )
    return found


def breaks(shelf: Shelf, rows: list[dict[str, Any]], code_at: dict[str, int]) -> list[list[Any]]:
    """Return `[indicator, year, short, sentence]` for each break that the values bear and the reference explains."""
    found = []
    for code, year in sorted({(row["indicator_code"], int(row["year"])) for row in rows if row.get("is_break")}):
        theme = DOMAINS.get(code.split("-")[0], "")
        told = [
            item
            for item in shelf.breaks
            if item.year == year and item.domain in (theme, "*") and code.startswith(item.prefix)
        ]
        if told:
            sentence = " ".join(dict.fromkeys(item.label for item in told))
            found.append([code_at[code], year, told[0].short, sentence])
    return found


def paths(shelf: Shelf, code_at: dict[str, int], place_at: dict[tuple[str, str], int]) -> dict[str, list[Any]]:
    """Return what the targets ask (`path`) and what is forecast (`forecast`, with its 80% band), as columns.

    What was observed stands among the values already; a hidden path has no line.
    """
    measured = {
        (row["target_id"], row["scope_level"], row["scope_code"]): row["indicator_code"]
        for row in shelf.rows("pub_states")
    }
    kept = []
    for row in shelf.rows("pub_paths"):
        place = (row["scope_level"], row["scope_code"])
        code = measured.get((row["target_id"], *place))
        if row["kind"] in ("path", "forecast") and row["value"] is not None and code in code_at and place in place_at:
            kept.append((code_at[code], place_at[place], row["kind"], int(row["year"]), row))
    kept.sort(key=lambda item: item[:4])
    return {
        "indicator": [item[0] for item in kept],
        "place": [item[1] for item in kept],
        "kind": [item[2] for item in kept],
        "year": [item[3] for item in kept],
        "value": [item[4]["value"] for item in kept],
        "low": [item[4]["low_80"] for item in kept],
        "high": [item[4]["high_80"] for item in kept],
        "origin": [item[4]["origin"] for item in kept],
        "flag": [item[4].get("flag") or "A" for item in kept],
    }
