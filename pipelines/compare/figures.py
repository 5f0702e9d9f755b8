"""The figures that would move: values of indicators with and without the new vintage. Pure: values in, changes out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipelines.compare.rules import Rules, number, relative
from pipelines.kernel.comparison import Change, Severity
from pipelines.kernel.indicators import Indicator

Address = tuple[str, str, int]
"""Level of scope, scope, year."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One value of an indicator, with what it was divided by and of."""

    value: float | None
    numerator: float | None
    denominator: float | None


Figures = Mapping[str, Mapping[Address, Figure]]
"""Indicator → address → figure."""


@dataclass(frozen=True, slots=True)
class _Move:
    address: Address
    before: Figure
    after: Figure
    size: float
    severity: Severity


def compare_figures(
    indicators: Mapping[str, Indicator], before: Figures, after: Figures, rules: Rules
) -> tuple[int, int, list[Change]]:
    """Return how many figures were compared, how many moved, and one change for each indicator that did.

    A count moves by its relative change, a share by the difference. A figure of few people moves by itself, and is
    never critical. Of registers no value is given, only how many moved.
    """
    compared = moved = 0
    changes: list[Change] = []
    for code in sorted({*before, *after}):
        old, now = before.get(code, {}), after.get(code, {})
        known = {address for address, figure in old.items() if figure.value is not None}
        compared += len(known)
        moves = [
            _move(indicators[code], address, old[address], now.get(address, Figure(None, None, None)), rules)
            for address in sorted(known)
        ]
        real = [move for move in moves if move is not None]
        fresh = [address for address, figure in now.items() if figure.value is not None and address not in known]
        moved += len(real)
        if real:
            changes.append(_change(code, real, indicators[code], rules))
        if fresh:
            years = ", ".join(map(str, sorted({year for _, _, year in fresh})))
            text = f"{len(fresh)} values that were not there before ({years})."
            changes.append(Change(severity="info", kind="figure", table="", subject=code, message=text))
    return compared, moved, changes


def _move(indicator: Indicator, address: Address, old: Figure, now: Figure, rules: Rules) -> _Move | None:
    if old.value is None:
        return None
    if now.value is None:
        is_regional = address[0] == "region"
        return _Move(address, old, now, 1.0, "critical" if is_regional else "warning")
    is_share = indicator.denominator is not None
    size = now.value - old.value if is_share else relative(old.value, now.value)
    if abs(size) < 1e-9:
        return None
    severity = (rules.limits.shares if is_share else rules.limits.counts).severity(size)
    people = [figure.denominator if is_share else figure.numerator for figure in (old, now)]
    if severity == "critical" and max(one or 0.0 for one in people) < rules.limits.small:
        severity = "warning"
    return _Move(address, old, now, size, severity)


def _change(code: str, moves: list[_Move], indicator: Indicator, rules: Rules) -> Change:
    order = {"critical": 0, "warning": 1, "info": 2, "structural": 3}
    worst = min(moves, key=lambda move: (order[move.severity], -abs(move.size), move.address))
    is_share = indicator.denominator is not None
    text = f"{len(moves)} {'value moves' if len(moves) == 1 else 'values move'}"
    if rules.least:
        text += "; which, and by how much, is not shown of a register."
    else:
        level, scope, year = worst.address
        del level
        now = worst.after.value
        text += f"; the largest, {code}/{scope}/{year}: {_told(worst.before.value, is_share=is_share)} → "
        text += "no value." if now is None else f"{_told(now, is_share=is_share)} ({_size(worst, is_share=is_share)})."
    return Change(
        severity=worst.severity,
        kind="figure",
        table="",
        subject=code,
        message=text,
        size=None if rules.least else round(worst.size, 6),
    )


def _told(value: float | None, *, is_share: bool) -> str:
    if value is None:
        return "no value"
    return f"{value:.1%}" if is_share else number(value)


def _size(move: _Move, *, is_share: bool) -> str:
    return f"{100 * move.size:+.1f} points" if is_share else f"{move.size:+.1%}"
