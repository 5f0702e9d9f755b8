"""The register of actions: owner, declared state, evidence and its date, due year; what is late first."""

from __future__ import annotations

from typing import Any

from pipelines.publish.comparisons import register as register_said
from pipelines.publish.figures.common import two
from pipelines.publish.shelf import Shelf
from pipelines.publish.tables.overview import ACTION_STATES, NOTHING
from pipelines.publish.tables.shape import Table

Entry = dict[str, Any]

SHAPES = {
    "not_reported": "not-measurable",
    "not_started": "not-started",
    "under_way": "on-the-way",
    "done": "met",
    "abandoned": "missed",
}
"""Declared state → the shape of the theme it shares with the states of targets."""

ENDED = ("done", "abandoned")


def state_of(entry: Entry) -> str:
    """Return the declared state, `not_reported` when none is known."""
    state = str(entry.get("state") or "not_reported")
    return state if state in ACTION_STATES else "not_reported"


def due_of(entry: Entry, deadlines: dict[str, int]) -> int | None:
    """Return the year by which an action is due: its own, else the deadline of the commitment it serves."""
    due = entry.get("due") or deadlines.get(str(entry.get("target") or ""))
    return int(due) if due else None


def is_late(entry: Entry, deadlines: dict[str, int], edition: int) -> bool:
    """Say whether the due year has passed and nobody declared the action done or abandoned."""
    due = due_of(entry, deadlines)
    return due is not None and due < edition and state_of(entry) not in ENDED


def deadlines_of(shelf: Shelf) -> dict[str, int]:
    """Return the deadline of each commitment that has one."""
    return {str(entry["id"]): int(entry["deadline"]) for entry in shelf.declared("targets") if entry.get("deadline")}


def state_label(shelf: Shelf, entry: Entry) -> str:
    """Return the declared state in words."""
    return two(shelf, *ACTION_STATES[state_of(entry)])


def state_word(shelf: Shelf, entry: Entry) -> str:
    """Return the declared state as the theme styles it: a shape and the word."""
    return f"[{state_label(shelf, entry)}]{{.status .status-{SHAPES[state_of(entry)]}}}"


def text_of(shelf: Shelf, entry: Entry) -> str:
    """Return the action's words, with a capital, an arrow when it details the one before."""
    text = shelf.say(entry["text"]).rstrip(" :")
    return ("↳ " if entry.get("parent") else "") + text[:1].upper() + text[1:]


def owners_of(shelf: Shelf, entry: Entry) -> str:
    """Return the owners' names; the word when there is none."""
    owners = {owner["code"]: shelf.say(owner["label"]) for owner in shelf.declared("owners")}
    named = ", ".join(owners.get(owner, owner) for owner in entry.get("owners") or [])
    return named or two(shelf, "aucun porteur", "no owner")


def evidence_of(shelf: Shelf, entry: Entry) -> str:
    """Return the evidence with the day it was reported; a dash when nothing was."""
    told = [text for text in (shelf.say(entry.get("evidence")), str(entry.get("updated") or "")) if text]
    return ", ".join(told) or NOTHING


def register(shelf: Shelf) -> Table:
    """The whole register, late actions first, then in the order of the document."""
    deadlines, edition = deadlines_of(shelf), int(shelf.edition)
    rows = []
    for entry in sorted(shelf.declared("actions"), key=lambda entry: not is_late(entry, deadlines, edition)):
        due = due_of(entry, deadlines)
        late = (
            f", [{two(shelf, 'en retard', 'late')}]{{.status .status-off-track}}"
            if is_late(entry, deadlines, edition)
            else ""
        )
        rows.append(
            (
                f"`{entry['id']}`",
                text_of(shelf, entry),
                owners_of(shelf, entry),
                state_word(shelf, entry),
                evidence_of(shelf, entry),
                f"{due}{late}" if due else NOTHING,
                str(entry["objective"]),
            )
        )
    return Table(
        name="actions",
        caption=two(shelf, "Registre des actions, les retards d'abord", "Register of actions, late ones first"),
        heading=(
            "N°" if shelf.lang == "fr" else "No.",
            "Action",
            two(shelf, "Porteurs", "Owners"),
            two(shelf, "État", "State"),
            two(shelf, "Pièce et date", "Evidence and date"),
            two(shelf, "Échéance", "Due"),
            two(shelf, "Objectif", "Objective"),
        ),
        rows=tuple(rows),
        widths=(8, 38, 18, 13, 9, 10, 8),
        lang=shelf.lang,
        filters=(two(shelf, "Porteurs", "Owners"), two(shelf, "État", "State"), two(shelf, "Objectif", "Objective")),
    )


def of_objective(shelf: Shelf, objective: int) -> Table:
    """The actions of one objective with their owners and declared state, in the order of the document."""
    rows = [
        (f"`{entry['id']}`", text_of(shelf, entry), owners_of(shelf, entry), state_word(shelf, entry))
        for entry in shelf.declared("actions")
        if entry["objective"] == objective
    ]
    return Table(
        name=f"actions-{objective}",
        caption=two(shelf, f"Les actions de l'objectif {objective}", f"The actions of objective {objective}"),
        heading=(
            "N°" if shelf.lang == "fr" else "No.",
            "Action",
            two(shelf, "Porteurs", "Owners"),
            two(shelf, "État", "State"),
        ),
        rows=tuple(rows),
        widths=(10, 49, 25, 16),
        lang=shelf.lang,
    )


def summary(shelf: Shelf, objective: int | None = None) -> str:
    """Return the register's state in one sentence, of one objective if given."""
    entries = [entry for entry in shelf.declared("actions") if objective in (None, entry["objective"])]
    deadlines, edition = deadlines_of(shelf), int(shelf.edition)
    return register_said(
        len(entries),
        sum(state_of(entry) != "not_reported" for entry in entries),
        sum(is_late(entry, deadlines, edition) for entry in entries),
        sum(not entry.get("owners") for entry in entries),
        shelf.lang,
    )
