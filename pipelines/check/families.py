"""Families of checks: what a check guards against, in a word that a page can count by. GX's types have theirs."""

from __future__ import annotations

from typing import Literal, get_args

Family = Literal[
    "structure",
    "uniqueness",
    "codes",
    "range",
    "coherence",
    "totals",
    "coverage",
    "freshness",
    "continuity",
    "consistency",
    "reconciliation",
    "golden",
]

FAMILIES: tuple[Family, ...] = get_args(Family)

LABELS: dict[Family, tuple[str, str]] = {
    "structure": ("structure", "structure"),
    "uniqueness": ("unicité", "uniqueness"),
    "codes": ("listes de codes et formes", "code lists and forms"),
    "range": ("bornes", "ranges"),
    "coherence": ("cohérence de la ligne", "coherence of a row"),
    "totals": ("parties et totaux", "parts and totals"),
    "coverage": ("couverture", "coverage"),
    "freshness": ("fraîcheur", "freshness"),
    "continuity": ("continuité d'une année à l'autre", "continuity from year to year"),
    "consistency": ("accord entre sources", "agreement between sources"),
    "reconciliation": ("rapprochement avec l'étape d'avant", "reconciliation with the stage before"),
    "golden": ("chiffres connus", "known figures"),
}
"""Family → its name in French and in English, in the order in which a page lists them."""

_BY_END: tuple[tuple[str, Family], ...] = (
    ("_columns_to_match_set", "structure"),
    ("_row_count_to_be_between", "structure"),
    ("_values_to_not_be_null", "structure"),
    ("_non_null_values_to_be_between", "structure"),
    ("_to_be_unique", "uniqueness"),
    ("_unique_value_count_to_be_between", "uniqueness"),
    ("_distinct_values_to_contain_set", "coverage"),
    ("_to_be_in_set", "codes"),
    ("_to_equal_set", "codes"),
    ("_match_regex", "codes"),
    ("_a_to_be_greater_than_b", "totals"),
    ("_sum_to_equal", "totals"),
    ("_to_be_between", "range"),
)
"""End of a type of Great Expectations → its family; the first that fits wins."""


def family_of(kind: str) -> Family:
    """Return the family of a type. A check in SQL that says none looks at what a row says of itself: `coherence`."""
    return next((family for end, family in _BY_END if kind.endswith(end)), "coherence")
