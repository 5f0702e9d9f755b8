"""What each population counts, at its finest coordinates, year by year: atoms that every public count is a sum of."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from pipelines.kernel.populations import Hierarchy, Population, Populations, Value
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project
from pipelines.kernel.store import read_table

FILE = "data/reference/populations.yml"

Coordinates = tuple[Value, ...]


@dataclass
class Counted:
    """The atoms of one population in one year: their coordinates on `dims`, and how many are there."""

    code: str
    dims: tuple[str, ...]
    coordinates: list[Coordinates]
    values: list[int]
    given: Mapping[str, tuple[str, Mapping[Value, Value]]]
    _found: dict[tuple[str, ...], dict[Coordinates, frozenset[int]]] = field(default_factory=dict)
    _group: dict[tuple[str, ...], dict[int, Coordinates]] = field(default_factory=dict)

    def known(self, name: str) -> bool:
        """Say whether the atoms have this coordinate, by themselves or through a hierarchy."""
        return name in self.dims or (name in self.given and self.given[name][0] in self.dims)

    def groups(self, names: tuple[str, ...]) -> dict[Coordinates, frozenset[int]]:
        """Return coordinates on `names` → the atoms there."""
        if names not in self._found:
            gathered: dict[Coordinates, list[int]] = {}
            readers = [self._reader(name) for name in names]
            for number, at in enumerate(self.coordinates):
                gathered.setdefault(tuple(at[place] if by is None else by[at[place]] for place, by in readers),
                                    []).append(number)  # fmt: skip
            self._found[names] = {at: frozenset(atoms) for at, atoms in gathered.items()}
        return self._found[names]

    def made_of(self, names: tuple[str, ...], atoms: frozenset[int]) -> frozenset[Coordinates]:
        """Return the coordinates on `names` whose atoms these are; none when some stand elsewhere too."""
        groups = self.groups(names)
        if names not in self._group:
            self._group[names] = {number: at for at, members in groups.items() for number in members}
        found = frozenset(map(self._group[names].__getitem__, atoms))
        return found if sum(len(groups[at]) for at in found) == len(atoms) else frozenset()

    def atoms(self, where: Mapping[str, Value]) -> frozenset[int]:
        """Return the atoms at these coordinates, all of them when none is given."""
        names = tuple(sorted(where))
        return self.groups(names).get(tuple(where[name] for name in names), frozenset())

    def total(self, atoms: frozenset[int]) -> int:
        """Return how many are there."""
        return sum(self.values[number] for number in atoms)

    def _reader(self, name: str) -> tuple[int, Mapping[Value, Value] | None]:
        if name in self.dims:
            return self.dims.index(name), None
        of, by = self.given[name]
        return self.dims.index(of), by


def count_all(project: Project, populations: Populations) -> dict[int, dict[str, Counted]]:
    """Return year → population → its atoms. Raises `BadInput` when a column, a sum or a hierarchy is not there."""
    given = {item.dimension: (item.of, _hierarchy(project, item)) for item in populations.hierarchies}
    tables = {item.reads for item in populations.populations.values()}
    frames = {table: read_table(project, table) for table in sorted(tables)}
    counted: dict[int, dict[str, Counted]] = {}
    for code, population in populations.populations.items():
        for (year,), part in _counts(code, population, frames[population.reads]).partition_by(
            "year", as_dict=True, include_key=False
        ).items():  # fmt: skip
            rows = part.rows()
            counted.setdefault(int(year), {})[code] = Counted(
                code, population.dims, [row[:-1] for row in rows], [int(row[-1]) for row in rows], given
            )
    return dict(sorted(counted.items()))


def _counts(code: str, population: Population, frame: pl.DataFrame) -> pl.DataFrame:
    """Return year, dims and `_count`. An atom of none is there too: its row may be shown."""
    wanted = {"year", *population.dims, *population.where, *population.sums}
    covered = () if population.covered is None else (population.covered,)
    missing = sorted({*wanted, *covered} - set(frame.columns))
    if missing:
        mend = "Mend the population, or the query that makes the table."
        raise BadInput(
            Problem(FILE, f"Population {code} uses a column that {population.reads} has not", mend, column=missing[0])
        )
    if population.covered is not None:
        frame = frame.filter(pl.col(population.covered).is_not_null())
    holds = pl.lit(value=True)
    for name, wanted_value in population.where.items():
        holds = holds & (pl.col(name) == wanted_value).fill_null(value=False)
    each = pl.sum_horizontal(*population.sums) if population.sums else pl.lit(1)
    number = pl.when(holds).then(each).otherwise(0).cast(pl.Int64).alias("_count")
    keys = ["year", *population.dims]
    return frame.select(*keys, number).group_by(keys).agg(pl.col("_count").sum()).sort(keys)


def _hierarchy(project: Project, item: Hierarchy) -> dict[Value, Value]:
    with (project.reference / f"{item.table}.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    if rows and not {item.of, item.dimension} <= set(rows[0]):
        mend = f"Name columns of {item.table}.csv."
        raise BadInput(Problem(FILE, "A hierarchy uses a column that is not there", mend, column=item.dimension))
    truth: dict[str, Value] = {"true": True, "false": False}
    return {row[item.of]: truth.get(row[item.dimension], row[item.dimension]) for row in rows}
