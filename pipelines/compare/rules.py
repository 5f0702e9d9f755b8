"""What is needed to judge a change: the thresholds, what may be shown, which codes must not vanish."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from pipelines.kernel.comparison import SEVERITIES, Change, Thresholds

MOST = 3
"""Changes shown of one table, column and kind; the last line says how many there are."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Thresholds, with what the source adds to them.

    `least` is the smallest count that may be shown, 0 for open figures. `scopes` are codes of sites, establishments and
    départements → whose they are: a source that names one no more, under none of its codes, is refused, unless the
    code stands in `gone`.
    """

    limits: Thresholds
    least: int = 0
    scopes: Mapping[str, str] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()

    def is_small(self, *counts: float) -> bool:
        """Say whether one of the counts may not be shown."""
        return any(0 < abs(count) < self.least for count in counts)

    def count(self, number: int) -> int | None:
        """Return a count that may be shown, else nothing."""
        return None if self.is_small(number) else number

    def vanished(self, codes: Collection[str], left: Collection[str | None]) -> list[str]:
        """Return which of the codes name a site or establishment that is left under no code at all, sorted."""
        there = {self.scopes[code] for code in left if code is not None and code in self.scopes}
        return sorted(code for code in codes if code in self.scopes and self.scopes[code] not in there)

    def may_go(self, code: str) -> bool:
        """Say whether a code, or another of the same site or establishment, is declared as rightly gone."""
        return self.scopes.get(code) in {self.scopes.get(other) for other in self.gone} - {None}

    def size(self, before: float, after: float, size: float) -> float | None:
        """Return the size of a change, unless a count, or the difference, could be told from it."""
        return None if self.is_small(before, after, after - before) else round(size, 6)

    def worst(self, changes: Sequence[Change]) -> list[Change]:
        """Return the first few of changes of one kind, the gravest first; the last says how many there are."""
        ordered = sorted(changes, key=lambda change: SEVERITIES.index(change.severity))  # stable
        kept = list(ordered[:MOST])
        if len(ordered) > MOST:
            more = f"{kept[-1].message} {len(ordered)} like it in all."
            kept[-1] = kept[-1].model_copy(update={"message": more})
        return kept


def relative(before: float, after: float) -> float:
    """Return the relative change; 1 when something came out of nothing."""
    if before == after:
        return 0.0
    return (after - before) / abs(before) if before else 1.0


def number(value: float) -> str:
    """Return a number as messages print it."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.4g}"


def shown(before: float, after: float, rules: Rules) -> str:
    """Return `before → after (+5%)`; of a register, without a count that may not be shown, nor what would give it."""
    if rules.is_small(before, after, after - before):
        sides = [f"fewer than {rules.least}" if rules.is_small(side) else "some" for side in (before, after)]
        return " → ".join(sides) if sides[0] != sides[1] else f"hardly other (by fewer than {rules.least})"
    percent = f" ({relative(before, after):+.1%})" if before else ""
    return f"{number(before)} → {number(after)}{percent}"
