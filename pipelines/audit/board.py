"""The attacker's puzzle of a whole edition: equal numbers brought together, so that each stands once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_array

from pipelines.audit.editions import Memory, Sum
from pipelines.audit.knowledge import Series
from pipelines.audit.lines import classes, line_of, lines_of, rows_of
from pipelines.audit.puzzle import Puzzle
from pipelines.audit.relations import Relation

NOTHING = Memory()


@dataclass(frozen=True)
class Board:
    """A puzzle, and which published cell is which of its cells.

    `series`: all, latent ones included; `place`: number of a series' cell → cell of the puzzle.
    """

    puzzle: Puzzle
    series: tuple[Series, ...]
    place: NDArray[np.int64]
    relations: tuple[str, ...]

    def named(self, wanted: Sequence[int]) -> dict[int, list[str]]:
        """Return cell of the puzzle → where it stands: `table.measure column=code …`, values left out, in order."""
        found: dict[int, list[str]] = {cell: [] for cell in wanted}
        for item in self.series:
            cells = self.place[item.frame["cell"].to_numpy()]
            for row in np.flatnonzero(np.isin(cells, list(found))):
                found[int(cells[row])].append(name_of(item, int(row)))
        return found


def name_of(series: Series, row: int) -> str:
    """Say which cell stands in a row of a series: table, measure, coordinates."""
    at = series.frame.row(row, named=True)
    where = " ".join(f"{name}={at[name]}" for name in series.coordinates if at[name] is not None)
    column = series.measure if series.is_latent else series.column
    return f"{series.table}.{column} {where}"


def board(series: Sequence[Series], relations: Sequence[Relation], memory: Memory = NOTHING) -> Board:
    """Lay out the puzzle, with what earlier editions gave away; old numbers of revised cells stand after today's."""
    today = sum(item.frame.height for item in series)
    count = today + len(memory.revised)
    shown = np.zeros(count, bool)
    value, threshold = np.zeros(count, np.int64), np.zeros(count, np.int64)
    latent, telling, nobody = np.zeros(count, bool), np.zeros(count, bool), np.zeros(count, bool)
    stands = np.zeros(count, np.int64)
    near, far = np.zeros(count), np.full(count, np.inf)
    value[today:], latent[today:] = memory.revised, True
    for item in series:
        cells = item.frame["cell"].to_numpy()
        value[cells] = item.frame["value"].to_numpy()
        threshold[cells] = item.frame["threshold"].to_numpy()
        shown[cells] = item.frame["shown"].is_not_null().to_numpy()
        latent[cells] = item.is_latent
        telling[cells] = item.is_sensitive
        near[cells] = item.floor
        stands[cells] = 0 if item.rounding else item.floor
        if item.rounding:
            printed = item.frame["shown"].cast(pl.Float64).to_numpy()
            near[cells] = np.fmax(printed - item.rounding + 1, item.floor)
            far[cells] = np.where(np.isnan(printed), np.inf, printed + item.rounding - 1)
            shown[cells] = False
            nobody[cells] = item.frame["value"].to_numpy() == 0  # told as it would be unrounded: it is no secret
    for cell, (least, most) in memory.ranges.items():
        near[cell], far[cell] = max(near[cell], least), min(far[cell], most)
    shown[list(memory.known)] = True
    place, size = classes(relations, count)
    merged = _merged(relations, memory.sums, place, size)
    values = np.zeros(size + 1, np.int64)
    values[place] = value
    values[size] = 1  # what is known of a sum stands in the column of this cell
    thresholds = np.zeros(size + 1, np.int64)
    np.maximum.at(thresholds, place, threshold)
    is_shown = np.zeros(size + 1, bool)
    is_shown[size] = True
    np.logical_or.at(is_shown, place, shown)
    low, high = np.zeros(size + 1), np.full(size + 1, np.inf)
    np.maximum.at(low, place, near)
    np.minimum.at(high, place, far)
    low, high = np.where(is_shown, values, low).astype(float), np.where(is_shown, values, high).astype(float)
    told = np.zeros(size + 1, bool)
    np.logical_or.at(told, place, telling)
    # Whatever is small must be safe, shown or not, published or not. A larger number is audited when it is hidden
    # wherever it stands: one that is shown in another place hides nobody, and so does one that no file has.
    hidden = np.zeros(size + 1, bool)
    np.logical_or.at(hidden, place, ~shown & ~latent & ~nobody)
    small = (values > 0) & (values < thresholds)
    audited = (hidden & ~is_shown & (thresholds > 0)) | small | (told & (values == 0))
    texts = tuple(relation.text for relation in relations)
    standing = np.zeros(size + 1, np.int64)
    np.maximum.at(standing, place, stands)
    standing[is_shown] = 0
    return Board(Puzzle(merged, values, low, high, thresholds, audited, standing), tuple(series), place, texts)


def _merged(relations: Sequence[Relation], sums: Sequence[Sum], place: NDArray[np.int64], size: int) -> csr_array:
    """Return the matrix over classes and one cell that is 1, each different relation once."""
    lines = lines_of(relations, place)
    for given in sums:
        line = line_of(list(zip(given.cells, given.signs, strict=True)), place)
        lines[(*line, (size, -given.total))] = None
    return rows_of(lines, size + 1)
