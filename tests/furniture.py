"""What figures and tables must carry, as rules that name what is missing: for the report, and for planted faults."""

from __future__ import annotations

import csv
import io
import re

from pipelines.publish.picture import Picture
from pipelines.publish.shelf import Shelf
from pipelines.publish.tables.cells import read_back
from pipelines.publish.tables.provenance import MARKS, small_print
from pipelines.publish.tables.shape import Table, plain

VERDICTS = {
    "fr": r"\d|\b(seulement|aucun|plus|moins|chaque|en tête|en hausse|en baisse|stable|multipli)",
    "en": r"\d|\b(only|no|every|more|fewer|less|first|up by|down by|stable|multipli)",
}
"""A title that finds something holds a number, or one of the words that tested phrases put there."""

LONGEST_TITLE = 120
SHORTEST_ALT = 80
WORDY = ("targets", "cover")
"""Kinds of drawing without a measure: states, marks."""

UNITS = {
    "fr": r"%|\((personnes|contrats|formations|centres)[^)]*\)",
    "en": r"%|\((persons|contracts|programmes|centres)",
}


def figure_faults(picture: Picture, include: str, shelf: Shelf) -> list[str]:
    """Return what a figure lacks; `include` is the Markdown that pages include."""
    faults = []
    name, address = f"fig-{picture.name}", f"fig-{picture.name}@{shelf.edition}"
    rows = list(csv.reader(io.StringIO(picture.csv())))
    if len(rows) < 2 or f"(/_generated/{name}.csv)" not in include:
        faults.append("no data beside it")
    if f"(/_generated/{name}.svg)" not in include:
        faults.append("no image to take")
    alt = re.search(r'fig-alt="([^"]*)"', include)
    if alt is None or len(alt[1]) < SHORTEST_ALT or not re.search(VERDICTS[picture.lang], alt[1]):
        faults.append("no alternative text that tells the finding")
    if not re.search(VERDICTS[picture.lang], picture.title, re.IGNORECASE):
        faults.append("the title is a label, not a finding")
    if len(picture.title) > LONGEST_TITLE:
        faults.append("the title is too long")
    if not picture.caption.endswith(address) or f'data-address="{address}"' not in include:
        faults.append("no address")
    if not re.search(rf'data-cite="[^"]*{address}', include):
        faults.append("no citation")
    if not picture.of or not all(resolves(entry, shelf) for entry in picture.of):
        faults.append("drawn from nothing that explain can resolve")
    if not re.search(r"\bSource\b", picture.caption) or not re.search(r"Périmètre|Perimeter", picture.caption):
        faults.append("no source or perimeter")
    panels = " ".join(str(panel) for panel in (picture.options.get("facets") or []))  # type: ignore[attr-defined]
    is_measure = any(isinstance(value, int | float) for value in picture.data.get("value", []))
    if picture.kind not in WORDY and is_measure and not re.search(UNITS[picture.lang], picture.subtitle + panels):
        faults.append("no unit")
    has_simulated = "simulated" in picture.data.get("origin", []) and picture.kind not in ("matrix", "cover")
    if has_simulated and not picture.simulated:
        faults.append("simulated data not declared")
    if picture.simulated or has_simulated:
        word = {"fr": "simul", "en": "simul"}[picture.lang]
        said = (picture.title + picture.caption + panels).lower()
        if word not in said or word not in picture.alt.lower() or word not in include.split("](")[0].lower():
            faults.append("simulated data without the word")
    return faults


def resolves(entry: str, shelf: Shelf) -> bool:
    """Say whether `explain` can tell what lies below: a series of an indicator, a protected table, a declared file."""
    if entry.startswith("pub_"):
        return entry in shelf.table_names
    if entry.startswith(("data/", "pipelines/")):
        return (shelf.project.root / entry).exists() or entry.startswith("pipelines/")
    return entry.split("/")[0] in shelf.indicators


def table_faults(table: Table, include: str, shelf: Shelf) -> list[str]:
    """Return what a table lacks; `include` is the Markdown that pages include."""
    faults = []
    name, address = f"tbl-{table.name}", f"tbl-{table.name}@{shelf.edition}"
    for end in ("csv", "xlsx"):
        if f"(/_generated/{name}.{end})" not in include:
            faults.append(f"no {end.upper()}")
    printed = re.search(r"::: \{\.source-note\}\n(.*)\n:::", include)
    said = printed[1].replace("\\", "") if printed else ""
    if not re.search(r"Source\W", said):
        faults.append("no source")
    if not said.endswith(address) or f'data-address="{address}"' not in include:
        faults.append("no address")
    english = table.lang == "en"
    cells = [plain(cell).strip() for row in table.rows for cell in row]
    for mark in MARKS:
        present = any(mark.seen[english].search(cell) for cell in cells)
        if present and table.name != "flags" and mark.said[english][1:] not in said:
            faults.append(f"a mark is not explained: {mark.said[english]}")
        if not present and mark.said[english][1:] in said and not table.simulated:
            heads = [*table.heading, table.caption]
            if not any(mark.seen[english].search(text) for text in heads):
                faults.append(f"a mark that is not there is explained: {mark.said[english]}")
    for place, heading in enumerate(table.heading):
        column = [plain(row[place]) for row in table.rows if plain(row[place]) not in ("", "\u2013")]
        numbers = [read_back(cell, table.lang) for cell in column]
        is_years = all(re.fullmatch(r"(19|20)\d\d", cell) for cell in column)
        is_code = heading in ("Objectif", "Objective")
        if column and all(numbers) and not is_years and not is_code and heading not in table.right:
            faults.append(f"numbers not aligned: {heading}")
    if not table.caption.strip() or small_print(table, shelf.edition) != said:
        faults.append("no caption, or another small print")
    return faults
