"""Whether the model in which the pattern was chosen knows every relation that the auditor found in the numbers.

A pattern is safe in the model alone; a sum of published cells that the model lacks is a way round it, even when today's
numbers happen to let nothing through. The test draws one change of all cells at random among those that keep every
relation of the model: it breaks (but for a chance of nothing) every relation that does not follow from them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from scipy.sparse import csr_array, vstack
from scipy.sparse.linalg import lsmr

from pipelines.audit.finding import Finding
from pipelines.audit.knowledge import Series
from pipelines.audit.relations import Relation
from pipelines.kernel.ledger import row_key

PLACE = ("table_name", "row_key", "column_name")
BROKEN = 1e-4
"""A relation that follows from the model is kept to a millionth; one that does not is broken by about one."""


def lacking(
    series: Sequence[Series], relations: Sequence[Relation], places: pl.DataFrame, signs: pl.DataFrame
) -> list[Finding]:
    """Return a finding for each sum over a published dimension that does not follow from the model's relations.

    `places`, `signs`: see `pipelines.kernel.modelled`. Sums with a cell that is published nowhere are no matter here.
    """
    count = sum(item.frame.height for item in series)
    moved = np.full(count, np.nan)
    for item in series:
        if not item.is_latent and not item.is_protected:
            moved[item.frame["cell"].to_numpy()] = 0.0  # known to everybody: it holds still
    changes = pl.concat([_change(year, places, signs) for year in sorted(places["year"].unique())] or [_NONE])
    for item in series:
        if item.is_latent or not item.is_protected:
            continue
        named = item.frame.select(
            "cell",
            pl.lit(item.table).alias("table_name"),
            row_key(item.coordinates).alias("row_key"),
            pl.lit(item.column).alias("column_name"),
        ).join(changes, on=PLACE, how="inner")
        moved[named["cell"].to_numpy()] = named["change"].to_numpy()
    found: dict[str, Finding] = {}
    for relation in relations:
        if relation.is_choice:
            continue
        change = float(moved[list(relation.cells)].sum() - moved[relation.whole])
        if abs(change) > BROKEN:  # not so where a cell is in no model: there is none
            table = relation.text.split(".", 1)[0]
            says = "holds in the numbers, and the model that chose what to hide does not know it"
            found.setdefault(relation.text, Finding(table, relation.text, says, "system"))
    return list(found.values())


_NONE = pl.DataFrame(schema={**dict.fromkeys(PLACE, pl.String), "change": pl.Float64})


def _change(year: int, places: pl.DataFrame, signs: pl.DataFrame) -> pl.DataFrame:
    """Return place → a change of its cell, all of a year together keeping the year's relations; what is known stays."""
    here = places.filter(pl.col("year") == year)
    rows = signs.filter(pl.col("year") == year)
    size = int(here["cell"].max()) + 1  # type: ignore[arg-type]
    entries = (rows["relation"].to_numpy(), rows["cell"].to_numpy())
    height = 1 + int(rows["relation"].max()) if rows.height else 1  # type: ignore[arg-type]
    known = np.zeros(size, bool)
    known[here.filter("is_known")["cell"].to_numpy()] = True
    held = csr_array((np.ones(known.sum()), (np.arange(known.sum()), np.flatnonzero(known))), shape=(known.sum(), size))
    matrix = csr_array((rows["sign"].to_numpy().astype(float), entries), shape=(height, size))
    kept = csr_array(vstack([matrix, held]).tocsr())
    drawn = np.random.default_rng(year).standard_normal(size)
    correction = lsmr(kept, kept @ drawn, atol=1e-13, btol=1e-13, conlim=1e12, maxiter=20 * size)[0]
    by_cell = pl.DataFrame({"cell": np.arange(size), "change": drawn - correction}, schema_overrides={"cell": pl.Int64})
    return here.drop_nulls("table_name").join(by_cell, on="cell").select(*PLACE, "change")
