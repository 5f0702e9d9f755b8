"""What stands on both sides of the door, read back from the files: true whole numbers, and what was shown of each.

Nothing here knows how the pattern was chosen. Status is read from the public files alone: a cell is shown when a public
file holds its number, hidden when the row or the number is not there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import polars as pl

from pipelines.kernel.disclosure import Policy
from pipelines.kernel.flags import Flag
from pipelines.kernel.indicators import read_indicators
from pipelines.kernel.project import Project
from pipelines.kernel.publications import Publication
from pipelines.kernel.store import read_protected, read_table, table_path

VALUES = "pub_values"
STUDENTS = "mart_student__year"
OPEN = "open"
"""What `counts` says of a column that another producer publishes."""
SCOPES = {
    "region": None,
    "site": "site_code",
    "establishment": "establishment_code",
    "departement": "departement_code",
    "register": "source_id",
    "country": None,
}
"""Scope level of an indicator → the column that other tables call its code; none: one scope."""


@dataclass(frozen=True)
class Series:
    """One measure of one public table at its grain.

    `frame`: the columns of `grain` and `besides`, then `cell` (its number, unique over all series), `value` (the true
    whole number), `shown` (what the public file says; null when hidden), `flag`, `threshold`. `coordinates`: columns
    of `frame` that name the cell in a message. `besides`: what public reference files say of a row (the establishment
    of a site), by which it can be summed too. `is_latent`: shown nowhere, hence neither flagged nor counted.
    `is_sensitive`: that it is none is told of as little as a few. `rounding`: base of the multiples that are shown, 0
    where true numbers are. `floor`: 1 where no row of the table says none, so that a row with a hidden count tells of
    somebody; else 0.
    """

    table: str
    measure: str
    grain: tuple[str, ...]
    coordinates: tuple[str, ...]
    frame: pl.DataFrame
    besides: tuple[str, ...] = ()
    is_latent: bool = False
    is_sensitive: bool = False
    rounding: int = 0
    floor: int = 0

    @property
    def column(self) -> str:
        """The column of the public file that shows it."""
        return self.measure.rpartition(".")[2]

    @property
    def is_protected(self) -> bool:
        """Whether the policy hides small cells of it."""
        return bool((self.frame["threshold"] > 0).any())

    @property
    def name(self) -> str:
        """Table and measure, as messages print them."""
        return f"{self.table}.{self.measure}"


def read_series(project: Project, policy: Policy, publications: Mapping[str, Publication]) -> list[Series]:
    """Return every series of whole numbers that is published, with the part of a whole that is left (its rest).

    Raises `FileNotFoundError` when a listed table was not written.
    """
    found: list[Series] = []
    start = 0
    sites = _sites(project)
    for publication in publications.values():
        if publication.reads is None or not table_path(project, publication.table).exists():
            continue
        made = (
            _indicator_series(project, policy)
            if publication.table == VALUES
            else _table_series(project, policy, publication)
        )
        for series in made:
            height = series.frame.height
            numbered = series.frame.with_columns(pl.Series("cell", range(start, start + height), dtype=pl.Int64))
            found.append(replace(series, frame=numbered))
            start += height
    return [_with_establishment(item, sites) for item in found]


def _sites(project: Project) -> pl.DataFrame | None:
    """Return the establishment of each site and year, when every site has one; it is public knowledge."""
    if not table_path(project, STUDENTS).exists():
        return None
    students = read_table(project, STUDENTS)
    pairs = students.select("year", "site_code", "establishment_code").drop_nulls().unique()
    return None if pairs.select("year", "site_code").is_duplicated().any() else pairs


def _with_establishment(series: Series, sites: pl.DataFrame | None) -> Series:
    if sites is None or not {"year", "site_code"} <= set(series.grain) or "establishment_code" in series.grain:
        return series
    frame = series.frame.join(sites, on=["year", "site_code"], how="left", maintain_order="left")
    return replace(series, frame=frame, besides=("establishment_code",))


def _table_series(project: Project, policy: Policy, publication: Publication) -> list[Series]:
    if publication.reads is None or not publication.reads.startswith("mart_"):
        return []
    inside = read_table(project, publication.reads)
    grain = list(publication.grain)
    whole = [name for name in publication.measures if inside.schema[name].is_integer()]
    if not whole:
        return []
    summed = inside.group_by(grain, maintain_order=True).agg(
        *(pl.when(pl.col(name).null_count() == 0).then(pl.col(name).sum()).alias(name) for name in whole),
        (pl.col("origin") == "simulated").any().alias("_simulated"),
    )
    public = read_protected(project, publication.table)
    flags = publication.flags
    said = public.select(*grain, *(pl.col(name).alias(f"_shown_{name}") for name in whole),
                         *(pl.col(flags[name]).alias(f"_flag_{name}") for name in whole))  # fmt: skip
    both = summed.join(said, on=grain, how="left", nulls_equal=True, maintain_order="left")
    given = policy.threshold(publication.sources)
    both = both.with_columns(
        pl.when("_simulated").then(pl.lit(max(given, policy.default.threshold))).otherwise(given).alias("threshold")
    )
    base = policy.rounding_base if policy.mode == "controlled_rounding" and given else 0
    made = []
    for name in whole:
        is_open = publication.counts.get(name) == OPEN
        series = _one(publication.table, name, grain, both, is_open=is_open)
        is_sensitive = publication.counts.get(name) in policy.sensitive
        floor = 1 if (series.frame["value"] > 0).all() else 0
        made.append(replace(series, is_sensitive=is_sensitive, rounding=0 if is_open else base, floor=floor))
    return made


def _one(table: str, name: str, grain: list[str], both: pl.DataFrame, *, is_open: bool) -> Series:
    frame = both.filter(pl.col(name).is_not_null()).select(
        *grain,
        pl.col(name).cast(pl.Int64).alias("value"),
        pl.col(f"_shown_{name}").cast(pl.Int64).alias("shown"),
        pl.col(f"_flag_{name}").alias("flag"),
        (pl.lit(0) if is_open else pl.col("threshold")).cast(pl.Int64).alias("threshold"),
    )
    return Series(table, name, tuple(grain), tuple(grain), frame)


def _indicator_series(project: Project, policy: Policy) -> list[Series]:
    """Return numerator and denominator of each indicator and scope level, when they are whole numbers.

    A value gives its numerator back when it is a count, and its numerator and denominator when it is a rate: an exact
    rate has few fractions, so it counts as both.
    """
    keys = ["indicator_code", "scope_level", "scope_code", "year"]
    inside = read_table(project, "ind_values").filter(pl.col("numerator").is_not_null())
    public = read_protected(project, VALUES).select(*keys, pl.col("value").alias("_value"), pl.col("flag"))
    parts = read_protected(project, VALUES).select(
        *keys, *(pl.col(name).alias(f"_{name}") for name in ("numerator", "denominator"))
    )
    both = inside.drop("flag").join(public, on=keys, how="left", maintain_order="left")
    both = both.join(parts, on=keys, how="left", maintain_order="left")
    thresholds = {code: policy.threshold(item.sources) for code, item in read_indicators(project).items()}
    given = pl.col("indicator_code").replace_strict(thresholds, default=policy.default.threshold, return_dtype=pl.Int64)
    both = both.with_columns(
        pl.when(pl.col("origin") == "simulated")
        .then(pl.max_horizontal(given, policy.default.threshold))
        .otherwise(given)
        .alias("threshold")
    )
    says = pl.col("_value").is_not_null()
    found: list[Series] = []
    for (code, level), frame in both.group_by(["indicator_code", "scope_level"], maintain_order=True):
        column = SCOPES.get(str(level), "scope_code")
        grain = ("year",) if column is None else (column, "year")
        named = frame if column is None else frame.with_columns(pl.col("scope_code").alias(column))
        for name in ("numerator", "denominator"):
            held = named.filter(pl.col(name).is_not_null())
            if held.is_empty() or (held[name] != held[name].round()).any():
                continue  # weighted: the people behind it are other cells
            true = pl.col(name).cast(pl.Int64)
            base = policy.rounding_base if policy.mode == "controlled_rounding" else 0
            printed = pl.col(f"_{name}").round().cast(pl.Int64)
            shown = printed if base else pl.when(says).then(true).otherwise(printed)
            made = held.select(
                *dict.fromkeys([*grain, "scope_level", "scope_code"]),
                pl.lit(code).alias("indicator_code"),
                true.alias("value"),
                shown.alias("shown"),
                pl.col("flag"),
                pl.col("threshold"),
            )
            coordinates = ("indicator_code", "scope_level", "scope_code", "year")
            item = Series(VALUES, f"{code}.{name}", grain, coordinates, made)
            found.append(replace(item, rounding=base if item.is_protected else 0))
    return found


def wrongly_flagged(series: Series) -> pl.DataFrame:
    """Return the cells whose number is not there although their flag is not `c`: a second symbol would say why."""
    return series.frame.filter(pl.col("shown").is_null() & (pl.col("flag").fill_null("") != Flag.CONFIDENTIAL.value))


def wrongly_shown(series: Series) -> pl.DataFrame:
    """Return the cells whose public number is not the true one, or stands beside the flag `c`."""
    different = pl.col("shown") != pl.col("value")
    if series.rounding:
        different = (pl.col("shown") - pl.col("value")).abs() >= series.rounding
    return series.frame.filter(
        pl.col("shown").is_not_null() & (different | (pl.col("flag") == Flag.CONFIDENTIAL.value))
    )
