"""Small tables for the attacks: sites by specialities with their margins, one measure or two, and what is hidden."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import polars as pl

from pipelines.audit.board import Board, board
from pipelines.audit.editions import Memory
from pipelines.audit.knowledge import Series
from pipelines.audit.puzzle import Puzzle
from pipelines.audit.relations import Relation, relations

THRESHOLD = 5
YEARS = (2020, 2021)

COUNTS = {
    2020: [[20, 3, 14, 9], [31, 12, 2, 40], [8, 27, 18, 6]],
    2021: [[22, 7, 11, 9], [30, 14, 6, 44], [9, 25, 17, 8]],
}
"""Year → sites by specialities: two small counts, both in 2020."""

SMALL = {("cell", 2020, 0, 1), ("cell", 2020, 1, 2)}
SAFE = SMALL | {("cell", 2020, 0, 2), ("cell", 2020, 1, 1), ("cell", 2020, 0, 3), ("cell", 2020, 1, 3)}
"""A pattern that hides the two small counts from everybody, each other's people included."""

Name = tuple[str, int, int, int]


def table(
    hidden: Iterable[Name] = (), counts: Mapping[int, list[list[int]]] = COUNTS, threshold: int = THRESHOLD,
    shift: int = 0, table_name: str = "pub_a",
) -> list[Series]:  # fmt: skip
    """Return the cells, the totals of sites, of specialities and of all, `hidden` ones empty, as the files would."""
    gone = set(hidden)
    rows: dict[str, list[tuple[object, ...]]] = {"cell": [], "site": [], "field": [], "all": []}
    for year, lines in counts.items():
        grid = np.array(lines)
        for i, j in np.ndindex(grid.shape):
            rows["cell"].append((year, f"s{i}", f"f{j}", int(grid[i, j]), ("cell", year, i, j) in gone))
        for i, total in enumerate(grid.sum(axis=1)):
            rows["site"].append((year, f"s{i}", int(total), ("site", year, i, 0) in gone))
        for j, total in enumerate(grid.sum(axis=0)):
            rows["field"].append((year, f"f{j}", int(total), ("field", year, 0, j) in gone))
        rows["all"].append((year, int(grid.sum()), ("all", year, 0, 0) in gone))
    grains = {
        "cell": ("year", "site_code", "speciality_code"),
        "site": ("year", "site_code"),
        "field": ("year", "speciality_code"),
        "all": ("year",),
    }
    found, start = [], shift
    for name, grain in grains.items():
        frame = pl.DataFrame(rows[name], schema=[*grain, "value", "gone"], orient="row")
        frame = frame.with_columns(
            pl.when("gone").then(None).otherwise("value").alias("shown"),
            pl.when("gone").then(pl.lit("c")).otherwise(pl.lit("A")).alias("flag"),
            pl.lit(threshold, dtype=pl.Int64).alias("threshold"),
            pl.Series("cell", range(start, start + frame.height), dtype=pl.Int64),
        )
        start += frame.height
        found.append(Series(table_name if name == "cell" else f"{table_name}_{name}", "students_count", grain, grain,
                            frame))  # fmt: skip
    return found


def laid(series: list[Series], more: Iterable[Relation] = (), memory: Memory | None = None, fewest: int = 2) -> Board:
    """Return the attacker's puzzle of these series, relations found in their numbers."""
    return board(series, [*relations(series, fewest), *more], memory or Memory())


def puzzle(hidden: Iterable[Name] = (), **more: object) -> Puzzle:
    """Return the puzzle of one small table."""
    return laid(table(hidden, **more)).puzzle  # type: ignore[arg-type]


def grid(counts: list[list[int]], hidden: Iterable[tuple[int, int]], threshold: int = THRESHOLD) -> Puzzle:
    """Return the puzzle of one two-way table with its margins shown, cells numbered line by line."""
    values = np.array(counts)
    lines, columns = values.shape
    size = lines * columns
    matrix = np.zeros((lines + columns, size + lines + columns))
    for i, j in np.ndindex(lines, columns):
        matrix[i, i * columns + j] = matrix[lines + j, i * columns + j] = 1
    matrix[np.arange(lines + columns), size + np.arange(lines + columns)] = -1
    value = np.concatenate([values.ravel(), values.sum(axis=1), values.sum(axis=0)])
    gone = np.zeros(len(value), bool)
    gone[[i * columns + j for i, j in hidden]] = True
    from scipy.sparse import csr_array

    return Puzzle(csr_array(matrix), value, np.where(gone, 0.0, value), np.where(gone, np.inf, value),
                  np.full(len(value), threshold), gone)  # fmt: skip
