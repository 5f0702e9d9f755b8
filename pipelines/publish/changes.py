"""What this edition says that the one before did not: new figures, revised ones, targets, actions.

It is compared with the last sealed edition, as that one was published. As long as none is sealed, the edition before
is read from today's tables with its own last year as the limit, and the list says so: a past year that a source has
revised since does not show then.
"""

# ruff: noqa: E501  a sentence that is published stands on one line, so that it can be found

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.publish.figures.common import two
from pipelines.publish.figures.overview import target_titles
from pipelines.publish.numbers import enumeration, marked, measure, number
from pipelines.publish.phrases import Point, change, direction
from pipelines.publish.revised import since_last
from pipelines.publish.shelf import REGION, Indicator, Shelf
from pipelines.publish.tables.overview import status
from pipelines.publish.tables.targets import chance_in_words
from pipelines.publish.variation import is_beyond_usual, last_two, usual_move

CLEARLY = 1.5
"""A move is told from one and a half times the usual one on: half of all moves are larger than the median one."""

SHOWN = 2
"""So many moves are told, the most unusual first: the list must be read at a glance."""


@dataclass(frozen=True, slots=True)
class Move:
    """A series with a value of the edition's year: the one before it if comparable, and how unusual the move is."""

    indicator: Indicator
    points: tuple[Point, ...]
    unusual: float | None
    """Size of the move over the usual one; None when nothing is known as usual."""

    @property
    def origin(self) -> str:
        """Origin of the new value."""
        return self.points[-1].origin


def new_values(shelf: Shelf) -> list[Move]:
    """Return the indicators whose region's last value the edition before had not.

    That is a value of the edition's year or, once an edition is sealed, of a year for which it published none.
    """
    edition, since = int(shelf.edition), since_last(shelf)
    published = since.published(REGION) if since else set()
    found = []
    for indicator in shelf.indicators.values():
        known = tuple(point for point in shelf.points(indicator.code, REGION) if point.value is not None)
        if not known:
            continue
        is_new = known[-1].year == edition if since is None else (indicator.code, known[-1].year) not in published
        if is_new:
            found.append(Move(indicator, known, unusual(known, indicator.unit)))
    return found


def unusual(points: Sequence[Point], unit: str) -> float | None:
    """Return how many times the usual move the last one is: None when either is not known."""
    pair, usual = last_two(points), usual_move(points, unit)
    if pair is None or not usual or pair[0].value is None or pair[1].value is None:
        return None
    size = (
        abs(pair[1].value - pair[0].value)
        if unit in ("share", "percent")
        else abs(pair[1].value / (pair[0].value or 1.0) - 1)
    )
    return size / usual


def changes(shelf: Shelf) -> str:
    """Return what changed since the edition before as a short list, in words for one who has two minutes."""
    lines = [
        compared_said(shelf),
        figures_said(shelf, new_values(shelf)),
        *moves_said(shelf, new_values(shelf)),
        targets_said(shelf),
        actions_said(shelf),
    ]
    return "\n".join(f"- {line}" for line in lines if line) + "\n"


def compared_said(shelf: Shelf) -> str:
    """Return what this report is compared with: the last sealed edition and its figures that changed, or years."""
    since = since_last(shelf)
    if since is None:
        before = int(shelf.edition) - 1
        return two(
            shelf,
            f"Aucune édition n'est encore scellée\u00a0: on compare ici les années des tableaux d'aujourd'hui, {shelf.edition} et {before}.",
            f"No edition is sealed yet: what is compared here are years of today's tables, {shelf.edition} and {before}.",
        )
    label = two(shelf, f"**Comparé à l'édition {since.edition}\u00a0:**", f"**Compared with edition {since.edition}:**")
    revised = len(since.revisions)
    if not revised:
        return f"{label} {two(shelf, 'aucun chiffre publié n’a été révisé.', 'no published figure was revised.')}"
    large = since.count("red")
    link = two(shelf, "[Ce qui a changé](/revisions.qmd)", "[What changed](/revisions.qmd)")
    return label + two(
        shelf,
        f" {number(revised, 'fr')} chiffre{'s' * (revised > 1)} révisé{'s' * (revised > 1)}, dont {number(large, 'fr')} fortement. {link} les donne.",
        f" {number(revised, 'en')} figure{'s' * (revised > 1)} revised, {number(large, 'en')} of them by much. {link} lists them.",
    )


def figures_said(shelf: Shelf, moves: Sequence[Move]) -> str:
    """Return how many indicators have a value of the edition's year, and how many of them are observed."""
    edition, total = shelf.edition, len(shelf.indicators)
    since = since_last(shelf)
    if since is not None and not moves:
        return two(
            shelf,
            f"Aucune série de la région n'a d'année nouvelle depuis l'édition {since.edition}.",
            f"No series of the region has a new year since edition {since.edition}.",
        )
    if not moves:
        return two(
            shelf,
            f"Aucun chiffre ne date de {edition}\u00a0: l'édition précédente aurait montré les mêmes.",
            f"No figure is of {edition}: the edition before would have shown the same.",
        )
    observed = sum(move.origin != "simulated" for move in moves)
    simulated = len(moves) - observed
    if shelf.lang == "fr":
        parts = [f"{number(observed, 'fr')} observé{'s' if observed > 1 else ''}"] if observed else []
        parts += [f"{number(simulated, 'fr')} simulé{'s' if simulated > 1 else ''}"] if simulated else []
        return f"**Chiffres de {edition}\u00a0:** {number(len(moves), 'fr')} indicateur{'s' if len(moves) > 1 else ''} sur {number(total, 'fr')} ({enumeration(parts, 'fr')})\u00a0; les autres s'arrêtent plus tôt."
    parts = [f"{number(observed, 'en')} observed"] if observed else []
    parts += [f"{number(simulated, 'en')} simulated"] if simulated else []
    return f"**Figures of {edition}:** {number(len(moves), 'en')} of {number(total, 'en')} indicators ({enumeration(parts, 'en')}); the others stop earlier."


def moves_said(shelf: Shelf, moves: Sequence[Move]) -> list[str]:
    """Return the moves that are clearly larger than usual, observed ones first; or that no observed figure made one."""
    larger = [
        move for move in moves if (move.unusual or 0.0) >= CLEARLY and is_beyond_usual(move.points, move.indicator.unit)
    ]
    larger.sort(key=lambda move: (move.origin == "simulated", -(move.unusual or 0.0), move.indicator.code))
    said = [move_said(shelf, move) for move in larger[:SHOWN]]
    if any(move.origin != "simulated" for move in moves) and not any(move.origin != "simulated" for move in larger):
        none = two(
            shelf,
            "Aucun chiffre observé n'a bougé nettement plus que d'ordinaire.",
            "No observed figure moved clearly more than it usually does.",
        )
        return [none, *said[: SHOWN - 1]]
    return said


def move_said(shelf: Shelf, move: Move) -> str:
    """Return one move: the value, the change since the comparable year before, how many times the usual one."""
    pair = last_two(move.points)
    assert pair is not None
    first, last = pair
    assert first.value is not None
    assert last.value is not None
    indicator, lang = move.indicator, shelf.lang
    shown = marked(measure(last.value, indicator.unit, lang, indicator.decimals), last.origin, lang)
    moved = change(first.value, last.value, indicator.unit, lang)
    colon = "\u00a0:" if lang == "fr" else ":"
    times = number(move.unusual or 0.0, lang, 1)
    worth = two(shelf, f"{times} fois l'écart habituel", f"{times} times the usual change")
    return f"{indicator.label}{colon} {shown}, {moved} {two(shelf, 'depuis', 'since')} {first.year} ({worth})."


def targets_said(shelf: Shelf) -> str:
    """Return what the new year changes for the targets: newly measured values, deadlines just passed, moved chances."""
    edition, titles, since = int(shelf.edition), target_titles(shelf), since_last(shelf)
    sealed = {(row["target_id"], row["scope_code"]): row for row in since.states} if since else {}
    said = []
    for row in shelf.rows("pub_states"):
        if row["scope_level"] not in ("region", "country"):
            continue
        then = sealed.get((row["target_id"], row["scope_code"]))
        told = target_said(shelf, row, edition) if then is None else target_since(shelf, row, then)
        if told:
            said.append(f"{titles.get(row['target_id'], row['target_id'])}, {told}")
    label = two(shelf, "**Engagements\u00a0:**", "**Commitments:**")
    if not said:
        return f"{label} {two(shelf, 'aucune valeur nouvelle, aucun état changé.', 'no new value, no state changed.')}"
    joint = two(shelf, "\u00a0; ", "; ")
    return f"{label} {joint.join(said)}."


def target_since(shelf: Shelf, row: dict[str, Any], then: dict[str, Any]) -> str:
    """Return what one target says otherwise than in the sealed edition: its state, its value, its chance."""
    told = []
    if row["state_code"] != then["state_code"]:
        old, new = shelf.pick(then, "state_label"), shelf.pick(row, "state_label")
        told.append(
            two(shelf, f"état passé de «\u00a0{old}\u00a0» à «\u00a0{new}\u00a0»", f"state from “{old}” to “{new}”")
        )
    if row.get("last_value") is not None and (row["last_year"], row["last_value"]) != (
        then.get("last_year"),
        then.get("last_value"),
    ):
        told.append(new_value_said(shelf, row))
    told += chance_said(shelf, then.get("probability"), row.get("probability"))
    return ", ".join(told)


def new_value_said(shelf: Shelf, row: dict[str, Any]) -> str:
    """Return the last value of a target, as a new one."""
    indicator = shelf.indicators.get(str(row.get("indicator_code") or ""))
    value = measure(row["last_value"], indicator.unit if indicator else "count", shelf.lang)
    shown = marked(value, str(row["origin"]), shelf.lang)
    return two(shelf, f"valeur nouvelle\u00a0: {shown}", f"new value: {shown}")


def chance_said(shelf: Shelf, before: float | None, now: float | None) -> list[str]:
    """Return how the chance of getting there moved; nothing when it did not, or is not known."""
    if before is None or now is None or direction(before, now, "share") == 0:
        return []
    old, new = chance_in_words(shelf, before), chance_in_words(shelf, now)
    return [two(shelf, f"chance d'y parvenir passée de {old} à {new}", f"chance of getting there from {old} to {new}")]


def target_said(shelf: Shelf, row: dict[str, Any], edition: int) -> str:
    """Return what the edition's year changed for one target; empty when nothing did."""
    told = []
    if row.get("deadline_year") == edition - 1:
        told.append(two(shelf, "échéance passée depuis l'an dernier", "deadline passed last year"))
    if row.get("last_year") == edition and row.get("last_value") is not None:
        told.append(new_value_said(shelf, row))
    before = next(
        (
            seen["probability"]
            for seen in shelf.rows("pub_history")
            if (seen["target_id"], seen["scope_code"], seen["as_of_year"])
            == (row["target_id"], row["scope_code"], edition - 1)
        ),
        None,
    )
    return ", ".join([*told, *chance_said(shelf, before, row.get("probability"))])


def actions_said(shelf: Shelf) -> str:
    """Return how many actions were declared since the last edition was sealed, or in the edition's year or after."""
    since = since_last(shelf)
    limit = shelf.edition if since is None else since.sealed_on
    new = sum(
        str(entry.get("updated") or "")[: len(limit)] >= limit
        for entry in shelf.declared("actions")
        if entry.get("updated")
    )
    label = two(shelf, "**Actions\u00a0:**", "**Actions:**")
    if not new:
        return f"{label} {two(shelf, 'aucune déclaration nouvelle.', 'nothing newly reported.')}"
    plural = "s" if new > 1 else ""
    told = two(
        shelf, f"{number(new, 'fr')} déclaration{plural} nouvelle{plural}.", f"{number(new, 'en')} newly reported."
    )
    return f"{label} {told}"


def glance(shelf: Shelf) -> str:
    """Return every target as a row of a small table: its name, its state as a shape and a word, its value beside its goal."""
    titles = target_titles(shelf)
    states = {row["target_id"]: row for row in shelf.rows("pub_states") if row["scope_level"] in ("region", "country")}
    rows = []
    for target_id, title in titles.items():
        row = states.get(target_id)
        if row is None:
            continue
        if row["last_value"] is not None and row["target_value"] is not None:
            indicator = shelf.indicators.get(str(row.get("indicator_code") or ""))
            unit = indicator.unit if indicator else "count"
            value, goal = measure(row["last_value"], unit, shelf.lang), measure(row["target_value"], unit, shelf.lang)
            shown = two(shelf, f"{value} pour {goal}", f"{value} of {goal}")
            title += f", {marked(shown, str(row['origin']), shelf.lang)}"
        rows.append(f"| {title} | {status(shelf, row)} |")
    if not rows:
        return two(shelf, "Aucun engagement n'est suivi.\n", "No commitment is followed.\n")
    heading = two(shelf, "| Engagement | État |", "| Commitment | State |")
    return "\n".join([heading, f"|{'-' * 58}|{'-' * 42}|", *rows]) + "\n"
