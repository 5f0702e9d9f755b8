"""What each key of a sentence (`{{< var enr.dut.but.midi-pyrenees.last >}}`) is made from, as `explain` resolves it.

A key of a series leads to the series, one of a target to the states, one that counts the observatory's own work to the
files that say it. So every number in a sentence of the report has an answer, like those of figures and tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from pipelines.publish.comparison_words import CITED, PREFIXES
from pipelines.publish.numbers import SIMULATED
from pipelines.publish.shelf import REGION, Shelf

SERIES = ("phrase.", *PREFIXES)
"""Keys whose rest names an indicator and a scope."""

MADE_FROM: dict[str, tuple[str, ...]] = {
    "actions.": ("data/reference/actions.yml",),
    "cite.figure": (f"{CITED[0]}/{REGION}",),
    "cite.number": (f"{CITED[0]}/{REGION}",),
    "cite.table": ("pub_values",),
    "count.actions": ("data/reference/actions.yml",),
    "count.checks": ("data/quality",),
    "count.indicators": ("data/reference/indicators.yml", "pub_values"),
    "count.sites": ("data/reference/ref_site.csv",),
    "count.sources": ("data/sources",),
    "count.targets": ("pub_states",),
    "count.": ("pub_suppression", "pub_values"),
    "path.": ("pub_states",),
    "quality.": ("data/quality",),
    "report.": ("data/run.yaml", "pub_values"),
    "revisions.": ("pub_values", "data/reference/revisions.yml"),
    "seed.": ("data/reference/seed_figures.yml",),
    "site.": ("data/reference/ref_site.csv",),
    "target.": ("pub_states", "data/reference/targets.yml"),
}
"""What the names of a family of keys begin with → the tables and files it is made from; the longest that fits holds."""


def resolved(
    shelf: Shelf, filled: Mapping[str, str], keys: Iterable[str], dotted: Callable[[str], str]
) -> dict[str, dict[str, object]]:
    """Return key → its words, what it is made from, whether it is simulated, of every key that a page names.

    `filled` is key → words; `dotted` writes an indicator's code as keys do. Raises `KeyError` on a key whose making
    nobody declared.
    """
    codes = {dotted(code): code for code in shelf.indicators}
    return {
        key: {
            "title": filled[key],
            "note": "",
            "of": list(made_from(shelf, key, codes)),
            "data": None,
            "simulated": SIMULATED[shelf.lang] in filled[key],
        }
        for key in sorted(keys)
    }


def made_from(shelf: Shelf, key: str, codes: Mapping[str, str]) -> tuple[str, ...]:
    """Return the series, tables and files behind a key. Raises `KeyError` when nobody declared them."""
    kind = next((kind for kind in SERIES if key.startswith(kind)), "")
    rest = key.removeprefix(kind)
    stem = max((stem for stem in codes if rest.startswith(f"{stem}.")), key=len, default=None)
    if stem is not None:
        scope = rest.removeprefix(f"{stem}.").split(".")[0]
        if scope == "sites":
            return tuple(f"{codes[stem]}/{site}" for site in shelf.sites if shelf.series(codes[stem], site)) or (
                "data/reference/indicators.yml",
            )
        return (f"{codes[stem]}/{scope}",)
    family = max((name for name in MADE_FROM if key.startswith(name)), key=len, default=None)
    if family is None:
        raise KeyError(f"Nobody said what the key {key} is made from: declare it in MADE_FROM of {__name__}.")
    return MADE_FROM[family]
