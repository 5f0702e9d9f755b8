"""Typed rows → one row a key: long tables unpivoted, same-key rows numbered or summed, true duplicates refused."""

from __future__ import annotations

import polars as pl

from pipelines.kernel.catalogue import Layout, Table
from pipelines.kernel.problems import BadInput, Problem
from pipelines.stage.mapping import FILE, MOST, more
from pipelines.stage.reading import ROW

_WIDE = "measure:"


def number_rows(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Number, from 1, the rows that share the grain: by their content, so that the file's order does not matter."""
    if table.rank is None or table.rank in frame.columns:
        return frame
    keys = [name for name in table.grain if name in frame.columns]
    rest = [name for name in frame.columns if name not in keys and not name.startswith("_")]
    twice = frame.select(*keys, *rest).is_duplicated()
    if twice.any():
        raise BadInput(_copies(frame.filter(twice).sort([*keys, *rest, FILE, ROW], nulls_last=True), [*keys, *rest]))
    rank = (pl.int_range(1, pl.len() + 1).over(keys)).cast(pl.String).alias(table.rank)
    return frame.sort([*keys, *rest, FILE, ROW], nulls_last=True).with_columns(rank)


def unpivot(frame: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """Turn `measure:<code>` columns into rows `measure_code, value, missing_code`.

    A blank cell gives no row: the source says nothing. A code for a missing value gives a row without a value.
    """
    wide = [name for name in frame.columns if name.startswith(_WIDE)]
    if not wide:
        return frame
    codes = list(layout.missing)
    long = frame.unpivot(
        wide,
        index=[name for name in frame.columns if name not in wide],
        variable_name="measure_code",
        value_name="value",
    )
    return long.filter(pl.col("value").is_not_null()).with_columns(
        pl.col("measure_code").str.strip_prefix(_WIDE),
        pl.when(pl.col("value").is_in(codes)).then(pl.col("value")).alias("missing_code"),
    )


def bring_together(frame: pl.DataFrame, table: Table, *, at_grain: bool) -> pl.DataFrame:
    """Return one row a key, ordered by the grain, without `_file` and `_row`.

    Rows of a table with measures are summed; other tables, and files already at their grain, may not repeat a key.
    Raises `BadInput` if they do.
    """
    keys, names = list(table.grain), list(table.columns)
    if table.measures and not at_grain:
        others = [name for name in names if name not in (*keys, *table.measures)]
        return sum_rows(frame, keys, list(table.measures), others).select(names).sort(keys)
    repeated = frame.filter(frame.select(keys).is_duplicated()).sort([*keys, FILE, ROW])
    if repeated.height:
        raise BadInput(_duplicates(repeated, keys))
    return frame.select(names).sort(keys)


def sum_rows(frame: pl.DataFrame, keys: list[str], measures: list[str], others: list[str]) -> pl.DataFrame:
    """Add up `measures` by `keys`: null where no row gives a value, because nothing known is not zero.

    `others` keep the value of the first row that has one, in an order that depends on the content alone (so a
    latitude and a longitude come from the same row).
    """
    grouped = frame.select(*keys, *others, *measures)
    if others:
        grouped = grouped.sort([*keys, *others, *measures])
    return grouped.group_by(keys, maintain_order=True).agg(
        *(pl.when(pl.col(name).count() > 0).then(pl.col(name).sum()).alias(name) for name in measures),
        *(pl.col(name).drop_nulls().first() for name in others),
    )


def _copies(repeated: pl.DataFrame, cells: list[str]) -> list[Problem]:
    """Rows may share a key here, since nothing tells them apart; two that are equal cell for cell are one row twice."""
    later = repeated.with_columns(pl.col(ROW).first().over(cells).alias("_first")).filter(
        pl.int_range(pl.len()).over(cells) > 0
    )
    return [
        Problem(
            row[FILE],
            f"The row is the same as row {row['_first']}, cell for cell, and would be counted twice",
            f"Keep one of the two rows.{more(later.height)}",
            row=row[ROW],
        )
        for row in later.head(MOST).iter_rows(named=True)
    ]


def _duplicates(repeated: pl.DataFrame, keys: list[str]) -> list[Problem]:
    later = repeated.with_columns(pl.col(ROW).first().over(keys).alias("_first")).filter(
        pl.int_range(pl.len()).over(keys) > 0
    )
    # Of a long table one row of the file makes several: its key is told once, without the measure.
    later = later.unique([FILE, ROW], keep="first", maintain_order=True)
    keys = [key for key in keys if key != "measure_code"]
    return [
        Problem(
            row[FILE],
            f"The row has the same key as row {row['_first']}",
            f"Keep one of the two rows.{more(later.height)}",
            row=row[ROW],
            column=", ".join(keys),
            value=", ".join(str(row[key]) for key in keys),
        )
        for row in later.head(MOST).iter_rows(named=True)
    ]
