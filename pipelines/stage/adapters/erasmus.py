"""Erasmus flows: pairs of coordinates and their students, joined to the institutions that lie there.

The flows name no institution, only where it was geocoded. When several institutions were geocoded at the same point
nobody can tell which one sent the students: the row then names them all, joined by ` + `.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from pipelines.kernel.catalogue import Vintage
from pipelines.kernel.problems import BadInput, Problem
from pipelines.stage.adapters.mapped import by_part
from pipelines.stage.mapping import FILE, WAS
from pipelines.stage.reading import ROW

_DECIMALS = 6  # a tenth of a metre: the two files print the same point with different last digits


def adapt(vintage: Vintage, files: Mapping[str, Path]) -> pl.DataFrame:
    """Return one row per sending institution and receiving country, with students and receiving institutions.

    Flows from or to a point where no institution is known are left out: the source has lost their names.
    """
    parts = by_part(vintage, files)
    headers = {name: header for part in vintage.parts for name, header in part.columns.items()}
    flows = _points(parts["flows"], ("sending", "receiving"), headers)
    places = (
        _points(parts["institutions"], ("place",), headers)
        .group_by("place_point")
        .agg(
            pl.col("code").sort().str.join(" + "),
            pl.col("label").sort_by("code").str.join(" + "),
            pl.col("city").sort_by("code").first(),
            pl.col("country").sort_by("code").first(),
        )
    )
    sending = places.rename(
        {"place_point": "sending_point", "code": "sending_code", "label": "sending_label", "city": "sending_city"}
    ).drop("country")
    receiving = places.select(
        pl.col("place_point").alias("receiving_point"), pl.col("country").alias("receiving_country_code")
    )
    return (
        flows.join(sending, on="sending_point")
        .join(receiving, on="receiving_point")
        .group_by("sending_code", "receiving_country_code", "year")
        .agg(
            pl.col("sending_label").first(),
            pl.col("sending_city").first(),
            pl.col("students_count").sum().cast(pl.String),
            pl.col("receiving_point").n_unique().cast(pl.String).alias("receiving_institutions_count"),
            pl.col(FILE).min(),
            pl.col(ROW).min(),
        )
        .sort("sending_code", "receiving_country_code")
    )


def _points(frame: pl.DataFrame, sides: tuple[str, ...], headers: Mapping[str, str]) -> pl.DataFrame:
    """Read the numbers of a part; add `<side>_point`, a key that both files share."""
    ends = ("_latitude", "_longitude", "_count")
    numbers = [name for name in frame.columns if name.endswith(ends) and not name.startswith("_")]
    read = frame.with_columns(pl.col(name).cast(pl.Float64, strict=False) for name in numbers)
    problems = []
    for name in numbers:
        bad = read[name].is_null() | (read[name] < 0 if name.endswith("_count") else read[name].abs() > 180)
        problems += [
            Problem(
                row[FILE],
                "A count of students is a positive number" if name.endswith("_count") else "A coordinate is a number",
                "Correct the cell, or leave the row out.",
                row=row[ROW],
                column=headers.get(name, name),
                value=row.get(f"{WAS}{name}", row[name]),
            )
            for row in frame.filter(bad).head(5).iter_rows(named=True)
        ]
    if problems:
        raise BadInput(dict.fromkeys(problems))  # two columns are read from one cell
    counts = [pl.col(name).cast(pl.Int64) for name in numbers if name.endswith("_count")]
    keys = [
        pl.concat_str(
            pl.col(f"{side}_latitude").round(_DECIMALS), pl.col(f"{side}_longitude").round(_DECIMALS), separator=","
        ).alias(f"{side}_point")
        for side in sides
    ]
    return read.with_columns(*counts, *keys)
