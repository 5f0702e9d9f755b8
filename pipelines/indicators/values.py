"""From the rows of a query to values: division, flags, growth. Pure: rows in, values out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipelines.kernel.flags import Flag, dominant
from pipelines.kernel.indicators import Indicator
from pipelines.kernel.intervals import wilson
from pipelines.kernel.problems import CheckFailed
from pipelines.kernel.reference import Break


@dataclass(frozen=True, slots=True)
class Counted:
    """One row of an indicator's query: what was counted, for whom, when, and the source's code if it hides it.

    `sample_size` is the effective number of answers of a rate drawn from a sample: the value then has an interval.
    """

    scope_level: str
    scope_code: str
    year: int
    numerator: float | None
    denominator: float | None
    origin: str
    missing_code: str | None = None
    sample_size: float | None = None


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
    interval_low: float | None = None
    interval_high: float | None = None


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
        if before is not None and (before.scope_level, before.scope_code) != (row.scope_level, row.scope_code):
            before = None
        broken = [
            item
            for item in breaks
            if item.parts_series
            and before is not None
            and before.year < item.year <= row.year
            and item.break_code not in indicator.breaks_ignored
            and item.touches(indicator.code, indicator.domain, row.scope_code)
        ]
        value, missing = _divide(indicator, row)
        flags = {
            Flag.NOT_APPLICABLE: missing in (".", "nobody"),
            Flag.MISSING: missing is not None,
            Flag.SIMULATED: row.origin == "simulated",
            Flag.BREAK: bool(broken),
            Flag.ESTIMATED: indicator.is_estimated,
            Flag.PROVISIONAL: provisional_from is not None and row.year >= provisional_from,
        }
        reason = REASONS[missing] if missing is not None else (None, None)
        interval = wilson(value, row.sample_size) if value is not None and row.sample_size else (None, None)
        before = Value(
            indicator_code=indicator.code,
            scope_level=row.scope_level,
            scope_code=row.scope_code,
            year=row.year,
            numerator=row.numerator if value is not None else None,
            denominator=row.denominator if value is not None else None,
            value=value,
            flag=dominant({flag for flag, holds in flags.items() if holds}),
            is_break=bool(broken),
            growth=_growth(before, row, value) if _may_grow(indicator, broken) else None,
            origin=row.origin,
            reason_fr=reason[0],
            reason_en=reason[1],
            interval_low=interval[0],
            interval_high=interval[1],
        )
        values.append(before)
    return values


def _may_grow(indicator: Indicator, broken: Sequence[Break]) -> bool:
    return indicator.growth_allowed and not any(item.forbids_growth for item in broken)


def _growth(before: Value | None, row: Counted, value: float | None) -> float | None:
    """Return the relative change on the year before, `None` where it would compare unlike things."""
    if before is None or before.year != row.year - 1 or before.origin != row.origin:
        return None
    if value is None or not before.value:
        return None
    return value / before.value - 1


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
