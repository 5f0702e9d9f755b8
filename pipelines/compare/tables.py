"""One staging table before and after: years, rows, keys, columns, code lists, totals, distributions. Pure.

Rows are compared year by year: a year that both know with itself, a new year with the last one known before it. Both
sides are cut to the observatory's perimeter first, so that a national file can stand against the regional one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import polars as pl

from pipelines.compare.columns import codes, columns_of, kinds, numbers
from pipelines.compare.rules import Rules, relative, shown
from pipelines.kernel.catalogue import Table
from pipelines.kernel.comparison import Change, TableComparison

HIDDEN = ("_token",)
"""Ends of columns that name a person: they are not looked at."""


@dataclass(frozen=True, slots=True)
class Sides:
    """The two sides of a comparison: rows of the years that both know, or of a new year and the last known one."""

    before: pl.DataFrame
    after: pl.DataFrame
    is_growth: bool = False


def compare_table(
    name: str, table: Table, before: pl.DataFrame, after: pl.DataFrame, given: pl.DataFrame, rules: Rules
) -> tuple[TableComparison, list[Change]]:
    """Compare a table as it was with what it becomes; `given` is the file's own part of `after`.

    All three are cut to the perimeter; none holds a token. Returns the description and the changes found.
    """
    has_years = "year" in table.grain
    covered = _years(given) if has_years else ()
    known = _years(before) if has_years else ()
    common = tuple(year for year in covered if year in known)
    new = tuple(year for year in covered if year not in known)
    kept = tuple(year for year in known if year not in covered)
    changes: list[Change] = []
    if has_years:
        changes += _holes(name, covered, kept)
        changes += _overruled(name, given, after, covered, rules)
    full = before, after
    both = [column for column in before.columns if column in after.columns and not column.endswith(HIDDEN)]
    before, after = before.select(both), after.select(both)
    pairs: list[tuple[int | None, Sides]] = (
        [(year, Sides(_of(before, (year,)), _of(after, (year,)))) for year in common]
        if has_years
        else [(None, Sides(before, after))]
    )
    for year in new:
        last = max((one for one in known if one < year), default=None)
        if last is not None:
            pairs.append((year, Sides(_of(before, (last,)), _of(after, (year,)), is_growth=True)))
    whole = Sides(_of(before, common), _of(after, common)) if has_years else Sides(before, after)
    changes += _rows(name, pairs, rules)
    changes += numbers(name, table, pairs, whole, rules)
    for_codes = whole
    if not common and pairs:  # only new years: their codes are held against the last known year's
        for_codes = Sides(
            pl.concat([sides.before for _, sides in pairs]).unique(maintain_order=True),
            pl.concat([sides.after for _, sides in pairs]),
        )
    changes += kinds(name, *full, for_codes.before, for_codes.after)
    listed = codes(name, for_codes.before, for_codes.after, rules)
    scoped = {change.subject for change in listed if change.kind == "scope"}
    changes += listed
    changes += [change for change in _grain(name, table, whole) if not scoped]  # fewer sites are no other grain
    keys = _keys(table, whole) if not rules.least else {}
    description = TableComparison(
        table=name,
        years_common=common,
        years_new=new,
        years_kept=kept,
        rows_given=rules.count(given.height),
        rows_before=rules.count(whole.before.height),
        rows_after=rules.count(whole.after.height),
        columns=columns_of(table, whole.before, whole.after, rules),
        **keys,
    )
    return description, changes


def _years(frame: pl.DataFrame) -> tuple[int, ...]:
    return tuple(sorted(frame["year"].unique().to_list()))


def _of(frame: pl.DataFrame, years: Collection[int]) -> pl.DataFrame:
    return frame.filter(pl.col("year").is_in(list(years)))


def _holes(name: str, covered: Sequence[int], kept: Sequence[int]) -> list[Change]:
    inside = [year for year in kept if covered and covered[0] < year < covered[-1]]
    if not inside:
        return []
    text = (
        f"{', '.join(map(str, inside))} lie between years of the file and are not in it: their rows stay as they were."
    )
    return [Change(severity="warning", kind="years", table=name, subject="year", message=text)]


def _overruled(
    name: str, given: pl.DataFrame, after: pl.DataFrame, covered: Sequence[int], rules: Rules
) -> list[Change]:
    """Say that rows of the file are not used because a vintage that the sidecar names later covers their years."""
    shared = [column for column in given.columns if column in after.columns and not column.endswith(HIDDEN)]
    mine, used = given.select(shared), after.select(shared)
    unused = [
        year
        for year in covered
        if _of(mine, (year,)).height != _of(used, (year,)).height
        or (not rules.least and not _of(mine, (year,)).sort(shared).equals(_of(used, (year,)).sort(shared)))
    ]
    if not unused:
        return []
    text = (
        f"{', '.join(map(str, unused))} will not be used: a vintage that the sidecar names later gives these years, "
        "and it wins."
    )
    return [Change(severity="warning", kind="years", table=name, subject="year", message=text)]


def _rows(name: str, pairs: Sequence[tuple[int | None, Sides]], rules: Rules) -> list[Change]:
    """Say where rows went or came: the year that moved most, and how many moved as much."""
    found: list[tuple[float, Change]] = []
    for year, sides in pairs:
        old, now = sides.before.height, sides.after.height
        size = relative(old, now)
        if old == now:
            continue
        limit = rules.limits.growth if sides.is_growth else rules.limits.rows
        against = " than the last year known before" if sides.is_growth else " than before"
        text = f"{shown(old, now, rules)}, {'fewer' if now < old else 'more'}{against}."
        found.append(
            (
                abs(size),
                Change(
                    severity=limit.severity(size),
                    kind="rows",
                    table=name,
                    subject="rows" if year is None else f"rows of {year}",
                    message=text,
                    year=year,
                    size=rules.size(old, now, size),
                ),
            )
        )
    return rules.worst([change for _, change in sorted(found, key=lambda item: -item[0])])


def _grain(name: str, table: Table, sides: Sides) -> list[Change]:
    """Say which column of the grain no longer tells rows apart, or begins to."""
    changes: list[Change] = []
    if sides.before.is_empty() or sides.after.is_empty():
        return changes
    for column in table.grain:
        if column not in sides.before.columns or column in ("year", table.rank):
            continue
        old, now = sides.before[column].n_unique(), sides.after[column].n_unique()
        if old > 1 and now == 1:
            text = f"told {old} values apart and now holds a single one: the file has another grain."
            changes.append(Change(severity="structural", kind="grain", table=name, subject=column, message=text))
        elif old == 1 and now > 1:
            text = f"held a single value and now tells {now} apart: rows may be counted several times."
            changes.append(Change(severity="critical", kind="grain", table=name, subject=column, message=text))
    if table.rank is not None and table.rank in sides.before.columns:
        highest = [int(side[table.rank].max() or 0) for side in (sides.before, sides.after)]  # type: ignore[arg-type]
        if highest[1] >= 3 * highest[0] > 0:
            text = (
                f"at most {highest[0]} rows shared a key, now {highest[1]} do: a column that told them apart has gone."
            )
            changes.append(Change(severity="structural", kind="grain", table=name, subject=table.rank, message=text))
    return changes


def _keys(table: Table, sides: Sides) -> dict[str, int]:
    """Return how many rows have the same key, and of these how many hold another value."""
    keys = [column for column in table.grain if column in sides.before.columns]
    values = [column for column in sides.before.columns if column not in (*keys, "origin")]
    joined = sides.before.join(sides.after, on=keys, how="inner", suffix="_now", nulls_equal=True)
    differs = [~pl.col(column).eq_missing(pl.col(f"{column}_now")) for column in values]
    changed = joined.filter(pl.any_horizontal(differs)).height if differs else 0
    return {
        "keys_same": joined.height - changed,
        "keys_changed": changed,
        "keys_added": sides.after.height - joined.height,
        "keys_removed": sides.before.height - joined.height,
    }
