"""Small tables with known answers, and systems made of plain tables: what the tests of suppression stand on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import scipy.sparse

from pipelines.protect.system import Cell, System


def system_of(
    values: Mapping[str, int],
    sums: Sequence[tuple[str, Sequence[str]]],
    *,
    primary: Sequence[str] = (),
    threshold: int = 5,
    weights: Mapping[str, int] | None = None,
) -> System:
    """Make a system from cells and sums (whole, parts). Weights are the values unless given."""
    names = list(values)
    cells = tuple(
        Cell(name, "t", "count", values[name], False, name in primary, (weights or values)[name], True, threshold)
        for name in names
    )
    matrix = np.zeros((len(sums), len(names)), dtype=np.int64)
    for row, (whole, parts) in enumerate(sums):
        matrix[row, names.index(whole)] = 1
        for part in parts:
            matrix[row, names.index(part)] -= 1
    made = System(2020, cells, scipy.sparse.csr_array(matrix), tuple(whole for whole, _ in sums))
    assert not (made.matrix @ made.values).any()
    return made


def two_way(rows: Mapping[str, Sequence[int]], columns: str) -> tuple[dict[str, int], list[tuple[str, list[str]]]]:
    """Return the cells of a table with its margins (`T`), named row + column, and their sums."""
    values: dict[str, int] = {}
    sums: list[tuple[str, list[str]]] = []
    for row, counts in rows.items():
        values |= {f"{row}{column}": count for column, count in zip(columns, counts, strict=True)}
        values[f"{row}T"] = sum(counts)
        sums.append((f"{row}T", [f"{row}{column}" for column in columns]))
    for column in (*columns, "T"):
        values[f"T{column}"] = sum(values[f"{row}{column}"] for row in rows)
        sums.append((f"T{column}", [f"{row}{column}" for row in rows]))
    return values, sums
