"""From the rows of a query to values: division, flags, growth. Pure: rows in, values out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipelines.kernel.flags import Flag, dominant
from pipelines.kernel.indicators import Indicator
from pipelines.kernel.problems import CheckFailed


@dataclass(frozen=True, slots=True)
class Counted:
    """One row of an indicator's query: what was counted, for whom, when, and the source's code if it hides it."""

    scope_level: str
    scope_code: str
    year: int
    numerator: float | None
    denominator: float | None
    origin: str
    missing_code: str | None = None


@dataclass(frozen=True, slots=True)
class Break:
    """One row of `ref_break`: from `year` on, the indicators and scopes it names do not compare with before."""

    break_code: str
    year: int
    domain: str
    indicator_prefix: str | None
    scope_codes: tuple[str, ...]
    forbids_growth: bool

    def touches(self, indicator: Indicator, scope_code: str) -> bool:
        """Say whether this break falls on that indicator in that scope."""
        if self.break_code in indicator.breaks_ignored:
            return False
        if self.domain not in ("*", indicator.domain):
            return False
        prefix = self.indicator_prefix
        if prefix and indicator.code != prefix and not indicator.code.startswith(f"{prefix}-"):
            return False
        return "*" in self.scope_codes or scope_code in self.scope_codes


@dataclass(frozen=True, slots=True)
class Value:
    """One figure: a row of `ind_values`."""

    indicator_code: str
    scope_level: str
    scope_code: str
    year: int
    numerator: float | None
    denominator: float | None
    value: float | None
    flag: Flag
    is_break: bool
    growth: float | None
    origin: str
    reason_fr: str | None
    reason_en: str | None


REASONS: dict[str, tuple[str, str]] = {
    "ns": (
        "La source masque ce chiffre : trop peu de réponses (ns).",
        "The source hides this figure: too few answers (ns).",
    ),
    "nd": ("La source n'a pas ce chiffre (nd).", "The source does not have this figure (nd)."),
    ".": ("Sans objet à la source (.).", "Not applicable at the source (.)."),
    "empty": ("La source ne donne pas ce chiffre.", "The source does not give this figure."),
    "nobody": (
        "Sans objet : la population du dénominateur est vide.",
        "Not applicable: nobody is in the denominator.",
    ),
}
"""Why a single value is missing, by code, in French and in English."""


def values_of(
    indicator: Indicator, rows: Iterable[Counted], breaks: Sequence[Break], provisional_from: int | None
) -> list[Value]:
    """Return the values of one indicator, sorted by scope and year.

    `provisional_from` is the first year whose source the producer calls provisional (`None`: none). Growth is
    the relative change on the year before (0.1 for ten per cent more); it is `None` in a first year, after a gap,
    across a break that forbids it, when the origin changes (observed to simulated), and from zero.
    Raises `CheckFailed` when a share lies outside 0 to 1, or a count is negative.
    """
    values: list[Value] = []
    before: Value | None = None
    for row in sorted(rows, key=lambda item: (item.scope_level, item.scope_code, item.year)):
        touching = [item for item in breaks if item.year == row.year and item.touches(indicator, row.scope_code)]
        value, missing = _divide(indicator, row)
        same_series = (
            before is not None
            and (before.scope_level, before.scope_code) == (row.scope_level, row.scope_code)
            and before.origin == row.origin
        )
        flags: set[Flag] = set()
        if missing is not None:
            flags.add(Flag.NOT_APPLICABLE if missing in (".", "nobody") else Flag.MISSING)
        if row.origin == "simulated":
            flags.add(Flag.SIMULATED)
        has_before = before is not None and (before.scope_level, before.scope_code) == (row.scope_level, row.scope_code)
        if touching and has_before:
            flags.add(Flag.BREAK)
        if indicator.is_estimated:
            flags.add(Flag.ESTIMATED)
        if provisional_from is not None and row.year >= provisional_from:
            flags.add(Flag.PROVISIONAL)
        growth = None
        if (
            indicator.growth_allowed
            and same_series
            and before is not None
            and before.year == row.year - 1
            and before.value
            and value is not None
            and not any(item.forbids_growth for item in touching)
        ):
            growth = value / before.value - 1
        reason = REASONS[missing] if missing is not None else (None, None)
        before = Value(
            indicator_code=indicator.code,
            scope_level=row.scope_level,
            scope_code=row.scope_code,
            year=row.year,
            numerator=row.numerator if value is not None else None,
            denominator=row.denominator if value is not None else None,
            value=value,
            flag=dominant(flags),
            is_break=bool(touching) and has_before,
            growth=growth,
            origin=row.origin,
            reason_fr=reason[0],
            reason_en=reason[1],
        )
        values.append(before)
    return values


def _divide(indicator: Indicator, row: Counted) -> tuple[float | None, str | None]:
    """Return the value, or the code of the reason why there is none."""
    where = f"{indicator.code}/{row.scope_code}/{row.year}"
    if row.numerator is None or (indicator.denominator is not None and row.denominator is None):
        return None, row.missing_code if row.missing_code in REASONS else "empty"
    if row.numerator < 0:
        raise CheckFailed(f"{where}: a count of {row.numerator:g} is below zero. Read sql/indicators and its marts.")
    if indicator.denominator is None:
        return row.numerator, None
    if not row.denominator:
        return None, "nobody"
    value = row.numerator / row.denominator
    if not 0 <= value <= 1:
        raise CheckFailed(
            f"{where}: a share of {value:g} lies outside 0 to 1 ({row.numerator:g} of {row.denominator:g}). "
            f"The numerator must be part of the denominator: read sql/indicators/{indicator.sql_name}.sql."
        )
    return value, None
