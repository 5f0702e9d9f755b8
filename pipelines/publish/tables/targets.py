"""Tables of the targets: paces and chances, the official rules with their record, past editions."""

# ruff: noqa: E501  the sentences of a table are kept on one line each

from __future__ import annotations

from typing import Any

from pipelines.publish.figures.common import two
from pipelines.publish.figures.overview import target_titles
from pipelines.publish.numbers import CONFIDENTIAL, marked, measure, number, share
from pipelines.publish.shelf import Shelf
from pipelines.publish.tables.overview import NOTHING
from pipelines.publish.tables.shape import Table

FOLLOWED = "MOB-X2"
"""The commitment that has a base, a path and a deadline: the only one the official rules can be applied to."""

Row = dict[str, Any]


def paces(shelf: Shelf) -> Table:
    """The targets that can be followed: pace needed and observed, probability, what the verdict hangs on."""
    titles = target_titles(shelf)
    rows = []
    for row in shelf.rows("pub_states"):
        if row["last_value"] is None or row["scope_level"] not in ("region", "country"):
            continue
        observed = row.get("pace_observed")
        rows.append(
            (
                titles.get(row["target_id"], row["target_id"]),
                milestone(shelf, row),
                needed(shelf, row),
                NOTHING if observed is None else marked(pace(shelf, row, observed), str(row["origin"]), shelf.lang),
                chance(shelf, row),
                fragility(shelf, row),
            )
        )
    return Table(
        name="paces",
        caption=two(
            shelf,
            "Jalon de l'année, rythme nécessaire et observé, probabilité, et ce à quoi tient le verdict",
            "This year's milestone, pace needed and observed, probability, and what the verdict hangs on",
        ),
        heading=(
            two(shelf, "Engagement", "Commitment"),
            two(shelf, "Jalon de l'année", "Milestone of the year"),
            two(shelf, "Rythme nécessaire (par an)", "Pace needed (a year)"),
            two(shelf, "Rythme observé (par an)", "Pace observed (a year)"),
            two(shelf, "Probabilité", "Probability"),
            two(shelf, "L'état serait autre si", "The state would be another one if"),
        ),
        rows=tuple(rows),
        widths=(20, 12, 14, 14, 24, 16),
        lang=shelf.lang,
    )


def badges(shelf: Shelf) -> Table:
    """What each official rule said of the doubling, last seen before the outcome, and how often it comes true."""
    found = [
        row for row in shelf.rows("pub_badges") if row["target_id"] == FOLLOWED and row["scope_code"] == shelf.whole
    ]
    last = max((int(row["as_of_year"]) for row in found), default=0)
    rows = []
    for row in sorted(found, key=lambda row: row["rule_order"]):
        if row["as_of_year"] != last:
            continue
        record = row["record_met_share"]
        rows.append(
            (
                shelf.pick(row, "rule_label"),
                marked(said(shelf, row), str(row["origin"]), shelf.lang),
                NOTHING
                if record is None
                else f"{share(record, shelf.lang, 0)} ({two(shelf, 'de', 'of')} {number(row['record_cases_count'], shelf.lang)})",
                happened(shelf, row["outcome_met"]),
            )
        )
    since = f" {two(shelf, 'à l’édition', 'in the edition')} {last}" if rows else ""
    return Table(
        name="badges",
        caption=two(
            shelf,
            f"Ce que les règles officielles disent du doublement{since}, et combien de fois une cible est atteinte quand elles le disent",
            f"What the official rules say of the doubling{since}, and how often a target is met when they say so",
        ),
        heading=(
            two(shelf, "Règle", "Rule"),
            two(shelf, "Ce qu'elle dit", "What it says"),
            two(shelf, "Cibles alors atteintes", "Targets then met"),
            two(shelf, "Ce qui est arrivé", "What happened"),
        ),
        rows=tuple(rows),
        widths=(30, 30, 22, 18),
        lang=shelf.lang,
    )


def past(shelf: Shelf) -> Table:
    """What each past edition would have said of the doubling, and what happened."""
    rows = []
    views = [
        row for row in shelf.rows("pub_history") if row["target_id"] == FOLLOWED and row["scope_code"] == shelf.whole
    ]
    rules = {
        row["as_of_year"]: said(shelf, row)
        for row in shelf.rows("pub_badges")
        if row["target_id"] == FOLLOWED and row["scope_code"] == shelf.whole and row["rule_code"] == "eurostat"
    }
    for row in sorted(views, key=lambda row: row["as_of_year"]):
        probability, score = row["probability"], row.get("brier")
        rows.append(
            (
                str(row["as_of_year"]),
                number(row["points_count"], shelf.lang) if row["points_count"] is not None else NOTHING,
                NOTHING
                if probability is None
                else marked(chance_in_words(shelf, probability), str(row["origin"]), shelf.lang),
                rules.get(row["as_of_year"], NOTHING),
                happened(shelf, row["outcome_met"]),
                NOTHING if score is None else number(score, shelf.lang, 3),
            )
        )
    return Table(
        name="past",
        caption=two(
            shelf,
            "Ce que chaque édition passée aurait dit du doublement, et ce qui est arrivé",
            "What each past edition would have said of the doubling, and what happened",
        ),
        heading=(
            two(shelf, "Édition", "Edition"),
            "Points",
            two(shelf, "Probabilité", "Probability"),
            "Eurostat",
            two(shelf, "Ce qui est arrivé", "What happened"),
            two(shelf, "Score de Brier", "Brier score"),
        ),
        rows=tuple(rows),
        right=("Points", two(shelf, "Score de Brier", "Brier score")),
        widths=(12, 10, 24, 24, 18, 12),
        lang=shelf.lang,
    )


def milestone(shelf: Shelf, row: Row) -> str:
    """Return where the path promised should be in the edition's year; nothing once the deadline has passed."""
    value, deadline = row.get("milestone_now_value"), row.get("deadline_year")
    if value is None or deadline is None or deadline < int(shelf.edition):
        return NOTHING
    indicator = shelf.indicators.get(str(row.get("indicator_code") or ""))
    return f"{measure(value, indicator.unit if indicator else 'count', shelf.lang)} ({shelf.edition})"


def needed(shelf: Shelf, row: Row) -> str:
    """Return the pace needed and how many past years were at it, of how many."""
    value = row.get("pace_needed")
    if value is None:
        return NOTHING
    kept, known = row.get("pace_kept_count"), row.get("pace_known_count")
    text = pace(shelf, row, value)
    if kept is None or known is None:
        return text
    return text + two(
        shelf,
        f", atteint {number(kept, 'fr')} année(s) sur {number(known, 'fr')}",
        f", reached in {number(kept, 'en')} of {number(known, 'en')} years",
    )


def pace(shelf: Shelf, row: Row, value: float) -> str:
    """Return a pace as the path counts it: a rate, or an amount a year."""
    sign = "+" if value > 0 else ""
    return sign + (share(value, shelf.lang) if row.get("path_shape") == "geometric" else number(value, shelf.lang, 1))


def chance(shelf: Shelf, row: Row) -> str:
    """Return the probability, or that of catching up once the deadline has passed, or why there is none.

    The frequency in the reference class stands beside it, named as a view from outside.
    """
    if row["state_code"] == "confidential":
        return CONFIDENTIAL[shelf.lang]
    probability, late = row.get("probability"), row.get("late_probability")
    spoken = late if probability is None else probability
    if spoken is None:
        return shelf.pick(row, "probability_low_reason") or NOTHING
    told = marked(chance_in_words(shelf, spoken), str(row["origin"]), shelf.lang)
    outside = row.get("reference_probability")
    if outside is not None:
        told += two(
            shelf,
            f"\u00a0; classe de référence, {chance_in_words(shelf, outside)} des {shelf.pick(row, 'reference_label')}",
            f"; reference class, {chance_in_words(shelf, outside)} of {shelf.pick(row, 'reference_label')}",
        )
    if probability is not None:
        return told
    return two(
        shelf,
        f"échéance passée ; chance que la valeur de {row['late_year']} y parvienne\u00a0: {told}",
        f"deadline passed; chance that the value of {row['late_year']} gets there: {told}",
    )


def chance_in_words(shelf: Shelf, probability: float) -> str:
    """Return a probability in per cent; at the ends of what is ever said, `less than` or `more than`."""
    if probability < 0.01:
        return two(shelf, "moins de ", "less than ") + share(0.01, shelf.lang, 0)
    if probability > 0.99:
        return two(shelf, "plus de ", "more than ") + share(0.99, shelf.lang, 0)
    return share(probability, shelf.lang, 0)


def fragility(shelf: Shelf, row: Row) -> str:
    """Return the changes of the base from which the state would be another one."""
    if row.get("base_value") is None:
        return NOTHING
    told = []
    for side, fr, en in (("flip_low_share", "plus basse", "lower"), ("flip_high_share", "plus haute", "higher")):
        moved = row.get(side)
        if moved is not None:
            told.append(two(shelf, f"{share(abs(moved), 'fr')} {fr}", f"{share(abs(moved), 'en')} {en}"))
    if not told:
        return two(shelf, "la base était tout autre", "the base were wholly another one")
    return two(shelf, "la base était ", "the base were ") + two(shelf, " ou ", " or ").join(told)


def said(shelf: Shelf, row: Row) -> str:
    """Return what a rule says: its category, its measure when it has none, or why it says nothing."""
    if row.get("flag") == "c":
        return CONFIDENTIAL[shelf.lang]
    category, measured = shelf.pick(row, "category_label"), row.get("rule_measure")
    if category:
        return category
    return shelf.pick(row, "rule_reason") or (NOTHING if measured is None else number(measured, shelf.lang, 1))


def happened(shelf: Shelf, met: bool | None) -> str:
    """Return the outcome in a word."""
    if met is None:
        return two(shelf, "pas encore connu", "not known yet")
    return two(shelf, "atteinte", "met") if met else two(shelf, "manquée", "missed")
