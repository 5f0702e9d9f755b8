"""In mode `controlled_rounding`: public tables with multiples of the base instead of counts, every cell of them.

Whatever is drawn from registers and is not computed from rounded counts is hidden: rates of weighted answers, their
intervals, states of targets and their paths, labels copied beside a count. A rate is the rounded part of the rounded
whole.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from pipelines.kernel.disclosure import Policy
from pipelines.kernel.files import sha256_of_text
from pipelines.kernel.flags import Flag
from pipelines.kernel.identity import drawing_seed
from pipelines.kernel.indicators import read_indicators
from pipelines.kernel.ledger import published_editions, row_key
from pipelines.kernel.modelled import write_model
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project
from pipelines.kernel.publications import Publication
from pipelines.protect.earlier import Edition, read_editions
from pipelines.protect.figures import SAYING, SERIES, TARGET
from pipelines.protect.model import OPEN, build
from pipelines.protect.patterns import Hidden, is_simulated
from pipelines.protect.rounding import Rounded, Unroundable, rounded
from pipelines.protect.suppression import suppressed
from pipelines.protect.system import System

VALUES = "pub_values"

Shown = Mapping[str, Mapping[str, Mapping[str, int]]]
"""Public table → column → row key → the multiple shown."""


@dataclass(frozen=True)
class Multiples(Hidden):
    """What is shown instead of counts.

    `rows` and `values` name what no multiple near enough stands for: cells that would move by the base or more.
    `registers`: indicators drawn from registers.
    """

    shown: Shown
    registers: frozenset[str]

    def facts(self, table: str) -> dict[str, object]:
        """Return what a public table depends on, for its fingerprint: indicators and targets on all values."""
        told = [
            f"{name} {column} {row} {value}"
            for name in sorted({table, VALUES} & self.shown.keys())
            for column, rows in sorted(self.shown[name].items())
            for row, value in sorted(rows.items())
        ]
        return {**super().facts(table), "multiples": sha256_of_text("\n".join(told))}


def multiples_of(project: Project, publications: Mapping[str, Publication], policy: Policy) -> Multiples:
    """Round every year, and leave the model for the auditor. Raises `BadInput` as `build` does, when a year cannot be
    rounded, and when a published edition showed counts as they are.
    """
    editions = read_editions(published_editions(project))
    model = build(project, publications, policy)
    write_model(project, *model.as_tables())
    seed = drawing_seed(project, simulated=is_simulated(project, publications))
    shown: dict[str, dict[str, dict[str, int]]] = {}
    gone: dict[str, dict[str, set[str]]] = {}
    years: dict[str, dict[str, float | None]] = {}
    for year, system in model.systems.items():
        last, hidden = _before(system, editions, policy.rounding_base)
        made = _rounded(system, policy.rounding_base, seed, last)
        wide = set(made.wide.tolist()) | hidden
        for number, (cell, value) in enumerate(zip(system.cells, made.values.tolist(), strict=True)):
            for place in cell.places:
                if number in wide:
                    gone.setdefault(place.table, {}).setdefault(place.column, set()).add(place.row)
                else:
                    shown.setdefault(place.table, {}).setdefault(place.column, {})[place.row] = value
        count = sum(system.cells[number].published for number in wide)
        moved = float(abs(made.values - system.values).sum())
        years[str(year)] = {"primary": 0, "secondary": count, "cost": moved, "gap": None}
    thresholds = {code: policy.threshold(item.sources) for code, item in read_indicators(project).items()}
    registers = frozenset(code for code, least in thresholds.items() if least > 0)
    rows = {table: {name: frozenset(keys) for name, keys in columns.items()} for table, columns in gone.items()}
    return Multiples(rows, frozenset(), frozenset(model.weighted), frozenset(), years, tuple(model.systems),
                     shown, registers)  # fmt: skip


def _before(system: System, editions: Sequence[Edition], base: int) -> tuple[dict[str, int], set[int]]:
    """Return key → the last multiple that an edition showed, and the numbers of cells hidden once, which stay hidden.

    Raises `BadInput` when an edition showed a count that is no multiple.
    """
    last: dict[str, int] = {}
    hidden: set[int] = set()
    for edition in editions:
        for number, cell in enumerate(system.cells):
            if cell.public_elsewhere:
                continue
            for place in cell.places:
                if place not in edition:
                    continue
                said = edition[place]
                if said is None:
                    hidden.add(number)
                elif said % base:
                    mend = "Keep the mode and the base that editions were published in."
                    raise _refused(f"An edition is published with counts that are no multiples of {base}, and "
                                   "multiples beside them would tell more", mend)  # fmt: skip
                else:
                    last[cell.key] = int(said)
    return last, hidden


def _rounded(system: System, base: int, seed: bytes, last: Mapping[str, int]) -> Rounded:
    try:
        return rounded(system, base, seed, last)
    except Unroundable as error:
        what = f"No multiples of {base} near the counts of {system.year} add up"
        mend = "Write the other `rounding_base`, or `mode: suppression`."
        raise _refused(what, mend, error.key) from error


def _refused(what: str, mend: str, value: str | None = None) -> BadInput:
    return BadInput(Problem("data/reference/disclosure.yml", what, mend, column="mode", value=value))


def rounded_table(
    frame: pl.DataFrame, publication: Publication, threshold: int | pl.Expr, multiples: Multiples
) -> pl.DataFrame:
    """Return a table of counts, at the grain of its publication, with multiples instead.

    Raises `ValueError` when a count has none: it would be shown as it is.
    """
    columns = [name for name, code in publication.counts.items() if code != OPEN]
    if not columns:
        return suppressed(frame, publication, threshold, {})
    frame = frame.with_columns(row_key(publication.grain).alias("_row"))
    gone = {name: multiples.rows.get(publication.table, {}).get(name, frozenset()) for name in columns}
    for name in columns:
        known = multiples.shown.get(publication.table, {}).get(name, {})
        said = frame["_row"].replace_strict(known, default=None, return_dtype=pl.Int64)
        missing = frame[name].is_not_null() & said.is_null() & ~frame["_row"].is_in(sorted(gone[name]))
        if missing.any():
            raise ValueError(f"{publication.table}: a count of {name} was not rounded")
        frame = frame.with_columns(pl.when(pl.col(name).is_not_null()).then(said).alias(name))
    made = suppressed(frame.drop("_row"), publication, threshold, gone)
    # What is said of a count says something of it that was not rounded.
    return made.with_columns(pl.lit(None, dtype=made.schema[name]).alias(name) for name in publication.copied)


def rounded_values(values: pl.DataFrame, multiples: Multiples, grain: tuple[str, ...]) -> pl.DataFrame:
    """Return the rows of `ind_values` that are drawn from registers, computed from multiples.

    A row is hidden when a count of it has no multiple (weighted answers), and when its rounded whole is zero. Growth is
    that of the rounded values, where the true ones had one.
    """
    known = multiples.shown.get(VALUES, {})
    keyed = values.sort(*SERIES, "year").with_columns(row_key(grain).alias("_row"))
    parts = [
        pl.col("_row").replace_strict(known.get(name, {}), default=None, return_dtype=pl.Float64).alias(f"_{name}")
        for name in ("numerator", "denominator")
    ]
    numerator, denominator = pl.col("_numerator"), pl.col("_denominator")
    is_count = pl.col("denominator").is_null()
    ratio = pl.when(is_count).then(numerator).when(denominator > 0).then(numerator / denominator)
    was = pl.any_horizontal(pl.col(name).is_not_null() for name in SAYING if name in values.columns)
    before = pl.when(pl.col("year").shift(1) == pl.col("year") - 1).then(pl.col("_value").shift(1)).over(SERIES)
    shown = pl.col("_value").is_not_null() & pl.col("value").is_not_null()
    made = keyed.with_columns(parts).with_columns(ratio.alias("_value")).with_columns(shown.alias("_shown"))
    growth = pl.when(pl.col("growth").is_not_null() & (before > 0)).then(pl.col("_value") / before - 1)
    instead = {"value": pl.col("_value"), "numerator": numerator, "denominator": denominator, "growth": growth}
    hidden = was & ~pl.col("_shown")
    return made.with_columns(
        *(pl.when("_shown").then(instead.get(name, pl.lit(None, dtype=pl.Float64))).alias(name)
          for name in (*SAYING, "growth") if name in values.columns),
        pl.when(hidden).then(pl.lit(Flag.CONFIDENTIAL.value)).otherwise(pl.col("flag")).alias("flag"),
    ).select(values.columns)  # fmt: skip


def targets_of(states: pl.DataFrame, registers: Collection[str]) -> pl.DataFrame:
    """Return the target × scope rows that stand on registers: what is said of them was computed from true counts."""
    return states.filter(pl.col("indicator_code").is_in(sorted(registers))).select(TARGET).unique(maintain_order=True)
