"""What changed since the last sealed edition: the figures it published otherwise, how much they moved, and why.

Of sealed editions only what they published is read: their manifest, their tables of values and of states.
"""

# ruff: noqa: E501  a sentence that is published stands on one line, so that it can be found

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.kernel.lineage import lineage
from pipelines.kernel.revisions import AMBER, RED, WORDS, Revision, changed_figures, explained, read_ledger
from pipelines.kernel.sealed import EditionName, earlier_editions, read_manifest, read_states, read_values
from pipelines.publish.figures.common import two
from pipelines.publish.numbers import number, share
from pipelines.publish.shelf import Shelf

if TYPE_CHECKING:
    import polars as pl

SIZES: dict[str, tuple[str, str]] = {
    "red": ("forte", "large"),
    "amber": ("notable", "moderate"),
    "green": ("faible", "small"),
}
"""Size of a revision → its word in French and in English; the theme adds a shape and a colour."""

ON_PAPER = 12
"""Rows of the list that are printed; the screen shows more, the file holds all."""

ON_SCREEN = 300
"""Rows of the list on screen: beyond, a page is searched in its file."""

COLUMNS = ("figure", "since", "old", "new", "old_flag", "new_flag", "change", "size", "reason", "reason_fr", "reason_en",
           "is_proven", "text_fr", "text_en")  # fmt: skip
"""Columns of the file of all revisions."""


@dataclass(frozen=True, slots=True)
class Since:
    """The last sealed edition before this report, and what this report says otherwise."""

    edition: EditionName
    sealed_on: str
    revisions: tuple[Revision, ...]
    values: pl.DataFrame
    states: list[dict[str, Any]]

    def published(self, scope: str) -> set[tuple[str, int]]:
        """Return (indicator, year) of every value that edition published for a scope."""
        import polars as pl

        rows = self.values.filter((pl.col("scope_code") == scope) & pl.col("value").is_not_null())
        return set(rows.select("indicator_code", "year").iter_rows())

    def count(self, size: str) -> int:
        """Return how many revisions have that size: red, amber or green."""
        return sum(item.size == size for item in self.revisions)


@dataclass(frozen=True, slots=True)
class Sealed:
    """One sealed edition as the list of editions shows it."""

    edition: EditionName
    sealed_on: str
    since: str | None
    sizes: dict[str, int]
    note: str


def since_last(shelf: Shelf) -> Since | None:
    """Return what changed since the last sealed edition; None when none was sealed before this report."""
    if "since" not in shelf.kept:
        shelf.kept["since"] = _since_last(shelf)
    found: Since | None = shelf.kept["since"]
    return found


def _since_last(shelf: Shelf) -> Since | None:
    now = shelf.table("pub_values")
    names = earlier_editions(shelf.project, int(shelf.edition), now)
    if not names:
        return None
    name, before = names[-1], read_values(shelf.project, names[-1])
    manifest = read_manifest(shelf.project, name)
    changed = changed_figures(before, now)
    if changed:
        ledger = read_ledger(shelf.project)
        changed = explained(changed, manifest["lineage"], lineage(shelf.project), ledger, str(name))
    return Since(name, manifest["sealed_on"], tuple(changed), before, read_states(shelf.project, name))


def sealed_before(shelf: Shelf) -> list[Sealed]:
    """Return the editions sealed before this report, oldest first, with the sizes of the revisions each brought."""
    found = []
    for name in earlier_editions(shelf.project, int(shelf.edition), shelf.table("pub_values")):
        manifest = read_manifest(shelf.project, name)
        sizes = [item["size"] for item in manifest["revisions"]]
        since = (manifest["before"] or {}).get("edition")
        counts = {size: sizes.count(size) for size in SIZES}
        found.append(Sealed(name, manifest["sealed_on"], since, counts, manifest["note"]))
    return found


def revision_words(shelf: Shelf) -> dict[str, str]:
    """Return the sentences and numbers of the page, by key."""
    since = since_last(shelf)
    never = two(
        shelf,
        "**Aucune édition n'a été scellée avant ce rapport** : rien n'est figé à quoi le comparer, et la liste est vide.",
        "**No edition was sealed before this report**: nothing is frozen to compare it with, and the list is empty.",
    )
    return {
        "revisions.red": share(RED, shelf.lang, 0),
        "revisions.amber": share(AMBER, shelf.lang, 0),
        "revisions.said": never if since is None else _said(shelf, since),
        "revisions.listed": "" if since is None else _listed(shelf, since),
    }


def revision_csv(shelf: Shelf) -> str:
    """Return every revision as CSV: numbers as they are, codes, both names of the reason."""
    since = since_last(shelf)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for item in since.revisions if since else ():
        said = [item.text.fr, item.text.en] if item.text else ["", ""]
        names = ["|".join(WORDS[cause][lang] for cause in item.causes) for lang in (0, 1)]
        numbers = [item.old, item.new, item.old_flag, item.new_flag, item.change, item.size]
        edition = since.edition if since else ""
        writer.writerow(
            [item.key, edition, *numbers, "|".join(item.causes), *names, str(item.is_proven).lower(), *said]
        )
    return out.getvalue()


def _said(shelf: Shelf, since: Since) -> str:
    count = len(since.revisions)
    if not count:
        return two(
            shelf,
            f"**Aucun chiffre publié par l'édition {since.edition}, scellée le {since.sealed_on}, n'est autre aujourd'hui.**",
            f"**No figure published by edition {since.edition}, sealed on {since.sealed_on}, is another one today.**",
        )
    shown = number(count, shelf.lang)
    sizes = ", ".join(
        f"{number(since.count(size), shelf.lang)} {SIZES[size][shelf.lang == 'en']}{'s' * (since.count(size) > 1 and shelf.lang == 'fr')}"
        for size in SIZES
    )
    many = count > 1
    return two(
        shelf,
        f"**{shown} chiffre{'s' * many} publié{'s' * many} par l'édition {since.edition}, scellée le {since.sealed_on}, {'sont autres' if many else 'est autre'} aujourd'hui** (révisions\u00a0: {sizes}).",
        f"**{shown} figure{'s' * many} published by edition {since.edition}, sealed on {since.sealed_on}, {'are others' if many else 'is another one'} today** (revisions: {sizes}).",
    )


def _listed(shelf: Shelf, since: Since) -> str:
    count = len(since.revisions)
    if count <= ON_PAPER:
        return ""
    return two(
        shelf,
        f"Sur papier, les {ON_PAPER} plus grands écarts\u00a0; à l'écran, {'tous' if count <= ON_SCREEN else f'les {ON_SCREEN} plus grands'}\u00a0; le fichier les contient tous.",
        f"On paper, the {ON_PAPER} largest changes; on screen, {'all' if count <= ON_SCREEN else f'the {ON_SCREEN} largest'}; the file holds all of them.",
    )
