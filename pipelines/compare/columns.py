"""Columns before and after: their types, code lists, totals, share of blanks, quantiles and distributions. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

from pipelines.compare.rules import Rules, number, relative, shown
from pipelines.compare.values import (
    LEAST_ROWS,
    blank_share,
    distance,
    factor,
    measured,
    quantiles_of,
    scale_of,
    total_of,
    values_of,
)
from pipelines.kernel.catalogue import Table
from pipelines.kernel.comparison import Change, ColumnComparison

if TYPE_CHECKING:
    from pipelines.compare.tables import Sides

ADDED_UP = ("_count",)
"""Ends of columns (or of a long table's measures) whose values add up to a total; others have a mean."""

NAMED = 5
"""Codes that a message names."""


def kinds(name: str, before: pl.DataFrame, after: pl.DataFrame, old: pl.DataFrame, now: pl.DataFrame) -> list[Change]:
    """Say which columns went, came or changed their type, and which lost all values in the rows compared."""
    changes: list[Change] = []
    for column in before.columns:
        if column not in after.columns:
            changes.append(_structural(name, "column", column, "the column has gone."))
        elif before.schema[column] != after.schema[column]:
            text = f"the column held {before.schema[column]} and now holds {after.schema[column]}."
            changes.append(_structural(name, "type", column, text))
        elif column in old.columns and now.height and old.height and now[column].null_count() == now.height:
            filled = old.height - old[column].null_count()
            if 2 * filled >= old.height:
                changes.append(
                    _structural(name, "column", column, "the column was filled and is now blank throughout.")
                )
    for column in after.columns:
        if column not in before.columns:
            changes.append(Change(severity="info", kind="column", table=name, subject=column, message="a new column."))
    return changes


def codes(name: str, before: pl.DataFrame, after: pl.DataFrame, rules: Rules) -> list[Change]:
    """Say which codes and names vanished and which are new, by the share of rows that bear them."""
    changes: list[Change] = []
    if before.is_empty():
        return changes
    told: set[str] = set()
    for column in _texts(before):
        gone, new = _only(before, after, column), _only(after, before, column)
        known = before[column].n_unique() - (before[column].null_count() > 0)
        scopes = rules.vanished(gone, after[column].unique().to_list())
        changes += [
            _structural(
                name, "scope", column, f"{code} was there and has vanished with all its rows.", rules.may_go(code)
            )
            for code in scopes
            if rules.scopes[code] not in told  # named once, whatever the number of columns that name it
        ]
        told |= {rules.scopes[code] for code in scopes}
        if known > 1 and len(gone) == known and new:
            text = f"none of the {known} codes known before is left: the list is another one."
            changes.append(_structural(name, "codes", column, text))
            continue
        others = {code: rows for code, rows in gone.items() if code not in scopes}
        for word, found, rows in (("vanished", others, before.height), ("new", new, after.height)):
            if found:
                share = sum(found.values()) / rows
                changes.append(
                    Change(
                        severity=rules.limits.codes.severity(share),
                        kind="codes",
                        table=name,
                        subject=column,
                        message=f"{word}: {_named(found, rules)}{_of_rows(found, share, rules)}.",
                        size=None if rules.is_small(sum(found.values())) else round(share, 6),
                    )
                )
    return changes


def numbers(
    name: str,
    table: Table,
    pairs: Sequence[tuple[int | None, Sides]],
    whole: Sides,
    rules: Rules,
) -> list[Change]:
    """Say which totals or means, shares of blanks and distributions moved, and whether a unit changed."""
    changes: list[Change] = []
    for column, measure in measured(table, whole.before, [sides.before for _, sides in pairs]):
        label = measure or column
        scale = scale_of(values_of(whole.before, column, measure), values_of(whole.after, column, measure), rules)
        if scale is not None:
            text = f"all quantiles are {'multiplied' if scale > 1 else 'divided'} by about {factor(scale)}, "
            text += "as if the unit were another one."
            changes.append(
                Change(severity="critical", kind="unit", table=name, subject=label, message=text, size=round(scale, 6))
            )
        moved = [_level(name, column, measure, year, sides, rules) for year, sides in pairs]
        changes += rules.worst(
            sorted((change for change in moved if change), key=lambda change: -abs(change.size or 0))
        )
        if not rules.least and scale is None:
            changes += _spread(name, label, column, measure, whole, rules)
    changes += _blanks(name, table, whole, rules)
    return changes


def columns_of(table: Table, before: pl.DataFrame, after: pl.DataFrame, rules: Rules) -> tuple[ColumnComparison, ...]:
    """Describe every column (every measure of a long table); of a register only by its codes that may be shown."""
    described: list[ColumnComparison] = []
    if before.is_empty() or after.is_empty():
        return ()
    texts = set(_texts(before))
    numeric: dict[str, list[str | None]] = {}
    for column, measure in measured(table, before, []):
        numeric.setdefault(column, []).append(measure)
    for column in before.columns:
        gone, new = (_only(before, after, column), _only(after, before, column)) if column in texts else ({}, {})
        visible = [tuple(sorted(code for code in side if not rules.is_small(side[code]))) for side in (new, gone)]
        for measure in numeric.get(column, [None]):
            old, now = values_of(before, column, measure), values_of(after, column, measure)
            has_numbers = column in numeric and not rules.least
            described.append(
                ColumnComparison(
                    column=measure or column,
                    total_before=total_of(old) if has_numbers else None,
                    total_after=total_of(now) if has_numbers else None,
                    quantiles_before=quantiles_of(old) if has_numbers else None,
                    quantiles_after=quantiles_of(now) if has_numbers else None,
                    nulls_before=None if rules.least else blank_share(before, column),
                    nulls_after=None if rules.least else blank_share(after, column),
                    distance=distance(old, now) if has_numbers else None,
                    codes_new=visible[0],
                    codes_gone=visible[1],
                )
            )
    return tuple(described)


def _structural(name: str, kind: str, column: str, text: str, is_declared: bool = False) -> Change:
    return Change(severity="info" if is_declared else "structural", kind=kind, table=name, subject=column, message=text)


def _texts(frame: pl.DataFrame) -> list[str]:
    hidden = ("_token", "_geojson")
    return [
        column
        for column, dtype in frame.schema.items()
        if dtype == pl.String and column != "origin" and not column.endswith(hidden)
    ]


def _only(one: pl.DataFrame, other: pl.DataFrame, column: str) -> dict[str, int]:
    """Return the codes that only the first frame has, and its rows that bear each, by code."""
    counted = one[column].drop_nulls().value_counts().filter(~pl.col(column).is_in(other[column].unique().to_list()))
    return dict(sorted(counted.iter_rows()))


def _named(found: dict[str, int], rules: Rules) -> str:
    visible = [code for code, rows in sorted(found.items(), key=lambda item: (-item[1], item[0]))]
    visible = [code for code in visible if not rules.is_small(found[code])]
    hidden = len(found) - len(visible)
    text = ", ".join(visible[:NAMED])
    if len(visible) > NAMED:
        text += f" and {len(visible) - NAMED} more"
    if hidden:
        text += f"{' and ' if text else ''}{hidden} codes of fewer than {rules.least} rows each"
    return text


def _of_rows(found: dict[str, int], share: float, rules: Rules) -> str:
    return "" if rules.is_small(sum(found.values())) else f" ({share:.1%} of the rows)"


def _level(name: str, column: str, measure: str | None, year: int | None, sides: Sides, rules: Rules) -> Change | None:
    """Return how a total (of a count) or a mean (of another measure) moved in one year."""
    label = measure or column
    before, after = (values_of(side, column, measure) for side in (sides.before, sides.after))
    if before.is_empty() or after.is_empty():
        return None
    adds_up = label.endswith(ADDED_UP)
    if not adds_up and rules.least:
        return None  # a mean of few persons would say something of each
    old, now = (float(side.sum() if adds_up else side.mean()) for side in (before, after))  # type: ignore[arg-type]
    size = relative(old, now)
    if abs(size) < 1e-9:
        return None
    limit = rules.limits.growth if sides.is_growth else rules.limits.totals
    severity = limit.severity(size)
    if not adds_up and min(before.len(), after.len()) < LEAST_ROWS and severity == "critical":
        severity = "warning"
    since = ", against the last year known" if sides.is_growth else ""
    return Change(
        severity=severity,
        kind="total" if adds_up else "mean",
        table=name,
        subject=label if year is None else f"{label} of {year}",
        message=f"{'total' if adds_up else 'mean'} {shown(old, now, rules)}{since}.",
        year=year,
        size=rules.size(old, now, size),
    )


def _spread(name: str, label: str, column: str, measure: str | None, sides: Sides, rules: Rules) -> list[Change]:
    before, after = (values_of(side, column, measure) for side in (sides.before, sides.after))
    gap = distance(before, after)
    if not gap:
        return []
    deciles = [" / ".join(number(value) for value in quantiles_of(side) or ()) for side in (before, after)]
    text = f"distribution {gap:.2f} away (Kolmogorov-Smirnov); deciles 1, 5, 9: {deciles[0]} → {deciles[1]}."
    severity = rules.limits.spread.severity(gap)
    return [Change(severity=severity, kind="spread", table=name, subject=label, message=text, size=gap)]


def _blanks(name: str, table: Table, sides: Sides, rules: Rules) -> list[Change]:
    changes: list[Change] = []
    if sides.before.is_empty() or sides.after.is_empty():
        return changes
    for column in sides.before.columns:
        if column in table.grain or column == "missing_code":
            continue
        old, now = (side[column].null_count() for side in (sides.before, sides.after))
        before, after = old / sides.before.height, now / sides.after.height
        if abs(after - before) < 1e-9:
            continue
        hidden = rules.is_small(old, now, now - old)
        changes.append(
            Change(
                severity=rules.limits.nulls.severity(after - before),
                kind="blanks",
                table=name,
                subject=column,
                message="blank cells moved." if hidden else f"blank cells {before:.1%} → {after:.1%}.",
                size=None if hidden else round(after - before, 6),
            )
        )
    return changes
