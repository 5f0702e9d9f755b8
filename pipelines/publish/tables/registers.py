"""Tables about the registers: beside the open figures, how far they link, and what is corrected in the sources."""

from __future__ import annotations

from typing import Any

from pipelines.kernel.flags import Flag
from pipelines.publish.figures.common import two
from pipelines.publish.numbers import number, share
from pipelines.publish.shelf import Shelf
from pipelines.publish.tables.overview import NOTHING
from pipelines.publish.tables.shape import Table

ACTIONS = {
    "drop": ("ligne écartée", "row left out"),
    "override": ("valeur remplacée", "value replaced"),
    "flag": ("signalée, valeur gardée", "flagged, value kept"),
}
STATES = {
    "reported": ("signalée au producteur", "reported to the producer"),
    "acknowledged": ("reconnue par le producteur", "acknowledged by the producer"),
    "declined": ("refusée par le producteur", "declined by the producer"),
}


def reconciliation(shelf: Shelf) -> Table:
    """Students of the registers beside those of the open figures, in the last year that both cover."""
    found = shelf.rows("pub_reconciliation__register")
    last = max((row["year"] for row in found), default=None)
    reasons = {row["explanation_code"]: shelf.pick(row, "reason") for row in shelf.listed("ref_explained_difference")}
    rows = []
    for row in found:
        if row["year"] != last:
            continue
        register, known = row["register_students_count"], row["open_students_count"]
        rows.append(
            (
                shelf.place(row["establishment_code"]),
                row["diploma_code"],
                _count(shelf, row, "register_students_count"),
                _count(shelf, row, "open_students_count"),
                share(register / known, shelf.lang) if register is not None and known else NOTHING,
                reasons.get(row["explanation_code"], NOTHING),
            )
        )
    headings = (
        two(shelf, "Registres", "Registers"),
        two(shelf, "Chiffres ouverts", "Open figures"),
        two(shelf, "Couverture", "Coverage"),
    )
    year = "" if last is None else f", {last}"
    return Table(
        name="reconciliation",
        caption=two(
            shelf,
            f"Étudiants des registres et chiffres ouverts (SISE){year}",
            f"Students of the registers and open figures (SISE){year}",
        ),
        heading=(
            two(shelf, "Établissement", "Establishment"),
            two(shelf, "Diplôme", "Diploma"),
            *headings,
            two(shelf, "Écart expliqué", "Explained difference"),
        ),
        rows=tuple(rows),
        right=headings,
        widths=(20, 10, 12, 14, 13, 31),
        simulated=any(row["origin"] == "simulated" for row in found),
        lang=shelf.lang,
    )


def linkage(shelf: Shelf) -> Table:
    """How many rows of each register find a student of the enrolment register, in its last year."""
    found = shelf.rows("pub_linkage__register")
    last: dict[str, dict[str, Any]] = {}
    for row in found:
        if row["source_id"] not in last or row["year"] > last[row["source_id"]]["year"]:
            last[row["source_id"]] = row
    rows = []
    for source, row in sorted(last.items()):
        title = shelf.catalogue.sources[source].title.in_(shelf.lang) if source in shelf.catalogue.sources else source
        linked, total = row["linked_count"], row["rows_count"]
        rows.append(
            (
                title,
                str(row["year"]),
                _count(shelf, row, "rows_count"),
                _count(shelf, row, "orphans_count"),
                share(linked / total, shelf.lang) if linked is not None and total else NOTHING,
            )
        )
    headings = (
        two(shelf, "Lignes", "Rows"),
        two(shelf, "Sans étudiant", "Without student"),
        two(shelf, "Part reliée", "Share linked"),
    )
    return Table(
        name="linkage",
        caption=two(shelf, "Appariement des registres, dernière année", "Linkage of the registers, last year"),
        heading=(two(shelf, "Registre", "Register"), two(shelf, "Année", "Year"), *headings),
        rows=tuple(rows),
        right=headings,
        widths=(44, 10, 14, 16, 16),
        simulated=any(row["origin"] == "simulated" for row in found),
        lang=shelf.lang,
    )


def corrections(shelf: Shelf) -> Table:
    """The faults of the sources that are corrected. Nothing but what was declared: no row is shown."""
    contents = [found["content"] for found in shelf.checks if found["file"] == "corrections"]
    rows = []
    for item in contents[0]["corrections"] if contents else []:
        years = item["years"] or []
        rows.append(
            (
                f"`{item['code']}`",
                f"`{item['table']}`" + (f", `{item['column']}`" if item["column"] else ""),
                NOTHING if not years else "\u2013".join(str(year) for year in dict.fromkeys(years)),
                ACTIONS[item["action"]][shelf.lang == "en"],
                shelf.say(item["reason"]),
                f"{STATES[item['state']][shelf.lang == 'en']}, {item['reported_on']}",
            )
        )
    return Table(
        name="corrections",
        caption=two(shelf, "Fautes des sources que l'observatoire corrige", "Faults of the sources that are corrected"),
        heading=(
            "Code",
            "Table",
            two(shelf, "Années", "Years"),
            two(shelf, "Correction", "Correction"),
            two(shelf, "Raison", "Reason"),
            two(shelf, "État", "State"),
        ),
        rows=tuple(rows),
        widths=(10, 22, 10, 16, 24, 18),
        lang=shelf.lang,
    )


def _count(shelf: Shelf, row: dict[str, Any], measure: str) -> str:
    if row[measure] is not None:
        return number(row[measure], shelf.lang)
    return two(shelf, "confidentiel", "confidential") if row[f"{measure}_flag"] == Flag.CONFIDENTIAL.value else NOTHING
