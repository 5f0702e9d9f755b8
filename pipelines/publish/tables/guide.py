"""What the reader's guide shows: every state of a commitment, as a shape and a word, and what it means."""

from __future__ import annotations

from pipelines.kernel.targets import STATES, StateCode
from pipelines.publish.figures.common import two
from pipelines.publish.numbers import number
from pipelines.publish.shelf import Shelf
from pipelines.publish.tables.shape import Table

MEANINGS: dict[StateCode, tuple[str, str]] = {
    StateCode.MET: ("la cible est atteinte", "the target is met"),
    StateCode.MET_THEN_LOST: ("elle l'a été, elle ne l'est plus", "it was met, it no longer is"),
    StateCode.MET_LATE: ("elle l'a été, mais après l'échéance", "it was met, but after the deadline"),
    StateCode.PARTLY_MET: (
        "l'engagement de chaque année est tenu certaines années seulement",
        "a commitment for every year is kept in some years only",
    ),
    StateCode.MISSED: (
        "l'échéance est passée sans que la cible soit atteinte",
        "the deadline has passed and the target was not met",
    ),
    StateCode.ON_THE_WAY: (
        "la valeur est au moins celle du chemin promis",
        "the value is at least that of the path promised",
    ),
    StateCode.OFF_TRACK: (
        "la valeur est en dessous du chemin promis, l'échéance n'est pas passée",
        "the value is below the path promised, the deadline has not passed",
    ),
    StateCode.NOT_MET: ("sans échéance, et pas atteinte à ce jour", "no deadline, and not met so far"),
    StateCode.NOT_STARTED: ("aucune valeur n'est encore connue après la base", "no value is known yet after the base"),
    StateCode.AWAITED: (
        "l'échéance est passée, sa valeur n'est pas encore connue",
        "the deadline has passed, its value is not known yet",
    ),
    StateCode.NOT_MEASURABLE: (
        "aucune donnée ne permet de le dire : ni tenue, ni manquée",
        "no data say: neither kept nor missed",
    ),
    StateCode.CONFIDENTIAL: (
        "la valeur existe et n'est pas publiée, pour protéger les personnes",
        "the value exists and is not published, to protect persons",
    ),
}


def states(shelf: Shelf) -> Table:
    """Every state of a commitment: its shape and word, what it means, how many bear it in this edition."""
    found = [str(row["state_code"]) for row in shelf.rows("pub_states") if row["scope_level"] in ("region", "country")]
    counted = two(shelf, "Engagements", "Commitments")
    return Table(
        name="states",
        caption=two(shelf, "Les états d'un engagement", "The states of a commitment"),
        heading=(two(shelf, "État", "State"), two(shelf, "Ce qu'il veut dire", "What it means"), counted),
        rows=tuple(
            (
                f"[{two(shelf, words.label.fr, words.label.en)}]{{.status .status-{state.value.replace('_', '-')}}}",
                two(shelf, *MEANINGS[state]),
                number(found.count(state.value), shelf.lang),
            )
            for state, words in STATES.items()
        ),
        right=(counted,),
        widths=(34, 50, 16),
        lang=shelf.lang,
    )
