"""The tables of what changed: the figures revised since the last sealed edition, and the sealed editions."""

from __future__ import annotations

from pipelines.kernel.revisions import WORDS, Revision
from pipelines.publish.figures.common import two
from pipelines.publish.numbers import CONFIDENTIAL, UNAVAILABLE, marked, measure, number, share
from pipelines.publish.revised import ON_PAPER, ON_SCREEN, SIZES, sealed_before, since_last
from pipelines.publish.shelf import Shelf
from pipelines.publish.tables.shape import Table

MINUS = "\u2212"


def revision_table(shelf: Shelf, *, on_paper: bool = False) -> Table:
    """Return the figures that changed, the largest first: on screen with filters, on paper the first few."""
    since = since_last(shelf)
    shown = since.revisions[: ON_PAPER if on_paper else ON_SCREEN] if since else ()
    figure, size, reason = (
        two(shelf, "Chiffre", "Figure"),
        two(shelf, "Révision", "Revision"),
        two(shelf, "Raison", "Reason"),
    )
    gap, new = two(shelf, "Écart", "Change"), two(shelf, "Ce rapport", "This report")
    edition = two(shelf, "Édition", "Edition")
    old = f"{edition} {since.edition}" if since else edition
    rows = tuple(
        (
            named(shelf, item),
            shown_value(shelf, item, "old"),
            shown_value(shelf, item, "new"),
            moved(item, shelf.lang),
            f"[{SIZES[item.size][shelf.lang == 'en']}]{{.status .status-revision-{item.size}}}",
            why(shelf, item),
        )
        for item in shown
    )
    return Table(
        name="revisions-first" if on_paper else "revisions",
        caption=two(
            shelf,
            "Chiffres qui ont changé depuis la dernière édition scellée, du plus grand écart au plus petit",
            "Figures that changed since the last sealed edition, from the largest change to the smallest",
        ),
        heading=(figure, old, new, gap, size, reason),
        rows=rows,
        right=(old, new, gap),
        widths=(32, 14, 14, 10, 12, 22),
        lang=shelf.lang,
        filters=(size, reason) if rows and not on_paper else (),
    )


def edition_table(shelf: Shelf) -> Table:
    """Return the sealed editions, and how many figures each revised in the one before it."""
    words = [SIZES[size][shelf.lang == "en"] for size in SIZES]
    rows = tuple(
        (
            str(item.edition),
            item.sealed_on,
            item.since or two(shelf, "aucune", "none"),
            *(number(item.sizes[size], shelf.lang) if item.since else "\u2013" for size in SIZES),
            item.note,
        )
        for item in sealed_before(shelf)
    )
    return Table(
        name="editions",
        caption=two(
            shelf,
            "Les éditions scellées avant ce rapport, et les révisions que chacune a apportées à celle d'avant",
            "The editions sealed before this report, and the revisions each brought to the one before it",
        ),
        heading=(
            two(shelf, "Édition", "Edition"),
            two(shelf, "Scellée le", "Sealed on"),
            two(shelf, "Comparée à", "Compared with"),
            *(word[:1].upper() + word[1:] for word in words),
            two(shelf, "Remarque", "Note"),
        ),
        rows=rows,
        right=tuple(word[:1].upper() + word[1:] for word in words),
        widths=(12, 14, 14, 10, 10, 10, 30),
        lang=shelf.lang,
    )


def named(shelf: Shelf, item: Revision) -> str:
    """Return a figure in words with its address: indicator, place, year."""
    known = shelf.indicators.get(item.indicator)
    label = known.label if known else item.indicator
    return f"{label}, {shelf.place(item.scope)}, {item.year}"


def shown_value(shelf: Shelf, item: Revision, side: str) -> str:
    """Return the old or the new value (`side`) as the report writes it, or the word for what hides or lacks it."""
    value, flag = (item.old, item.old_flag) if side == "old" else (item.new, item.new_flag)
    if flag == "gone":
        return two(shelf, "n'est plus publié", "no longer published")
    if value is None:
        return CONFIDENTIAL[shelf.lang] if flag == "c" else UNAVAILABLE[shelf.lang]
    known = shelf.indicators.get(item.indicator)
    origin = item.old_origin if side == "old" else item.new_origin
    return marked(
        measure(value, known.unit if known else "count", shelf.lang, known.decimals if known else 0), origin, shelf.lang
    )


def moved(item: Revision, lang: str) -> str:
    """Return the relative change, signed; a dash when one of the two is no number."""
    if item.change is None:
        return "\u2013"
    sign = "+" if item.change > 0 else MINUS
    return f"{sign}{share(abs(item.change), lang, 1)}"


def why(shelf: Shelf, item: Revision) -> str:
    """Return the reason: proven, said by a person, or the causes between which nothing decides."""
    words = [WORDS[cause][shelf.lang == "en"] for cause in item.causes]
    if item.text is not None:
        colon = two(shelf, "\u00a0: ", ": ")
        return f"{words[0]}{colon}{item.text.in_(shelf.lang).rstrip('.')}"
    if item.is_proven:
        return words[0]
    if not words:
        return two(shelf, "non établie", "not established")
    joined = two(shelf, " ou ", " or ").join(words)
    return two(shelf, f"non établie ({joined})", f"not established ({joined})")
