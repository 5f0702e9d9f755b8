"""Everything published from registers, one linear system a year; a public count that is not in it is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction as Exact

import polars as pl

from pipelines.kernel.disclosure import Policy
from pipelines.kernel.indicators import read_indicators
from pipelines.kernel.modelled import PLACES, SIGNS
from pipelines.kernel.populations import Fraction, Populations, Value, read_populations
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project
from pipelines.kernel.publications import Publication
from pipelines.kernel.store import read_table
from pipelines.protect.counted import FILE, Counted, count_all
from pipelines.protect.suppression import summed
from pipelines.protect.system import Place, System
from pipelines.protect.year import Draft, Year

OPEN = "open"
"""In `counts`: a figure of its producer's, which the attacker knows."""

WORTH = {"table": 10, "indicator": 40}
"""What a cell shown in a table, or as an indicator, is worth; the more it sums, the more (see `Year.show`)."""

_WEIGHTS = 10_000
"""Weights have four decimals: in this unit they are whole numbers."""


Weighted = Mapping[tuple[Value, ...], float]
"""Coordinates → a weighted count."""


@dataclass(frozen=True)
class Model:
    """The systems, and what each indicator's value is computed from besides cells that are its own.

    `dependents`: (indicator, scope level, scope code, year) → keys of cells; when one is hidden the value is.
    `weighted`: codes of rates of weighted counts, shown rounded and without their counts.
    """

    systems: Mapping[int, System]
    dependents: Mapping[tuple[str, str, str, int], frozenset[str]]
    weighted: frozenset[str]

    def as_tables(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Return places and relations as the auditor reads them (see `pipelines.kernel.modelled`)."""
        places: list[tuple[object, ...]] = []
        signs: list[tuple[int, int, int, int]] = []
        for year, system in self.systems.items():
            for number, cell in enumerate(system.cells):
                at: list[tuple[str | None, ...]] = [(place.table, place.row, place.column) for place in cell.places]
                known = cell.public_elsewhere or (cell.value == 0 and not cell.primary)
                places += [(year, number, known, *place) for place in at or [(None, None, None)]]
            entries = system.matrix.tocoo()
            signs += [
                (year, int(row), int(column), int(sign))
                for row, column, sign in zip(entries.row, entries.col, entries.data, strict=True)
            ]
        kinds = (pl.Int64, pl.Int64, pl.Boolean, pl.String, pl.String, pl.String)
        return (
            pl.DataFrame(places, schema=dict(zip(PLACES, kinds, strict=True)), orient="row"),
            pl.DataFrame(signs, schema=dict.fromkeys(SIGNS, pl.Int64), orient="row"),
        )


def row_key(row: Mapping[str, object]) -> str:
    """Return a row's key as places write it."""
    return "|".join(f"{name}={row[name]}" for name in sorted(row))


def threshold_of(policy: Policy, sources: tuple[str, ...], origin: str) -> int:
    """Return the threshold: that of the sources, and never under the default where simulated rows stand for them."""
    given = policy.threshold(sources)
    return max(given, policy.default.threshold) if origin == "simulated" else given


def build(project: Project, publications: Mapping[str, Publication], policy: Policy) -> Model:
    """Return the model of everything that these publications show. Raises `BadInput` when something is not in it."""
    about = [table for table, item in publications.items() if _is_of_persons(item, policy)]
    values = _indicator_rows(project, policy) if any(i.reads == "ind_values" for i in publications.values()) else None
    if not about and (values is None or values.is_empty()):
        return Model({}, {}, frozenset())
    populations = read_populations(project)
    years = {year: Year(year, counted, policy.sensitive) for year, counted in count_all(project, populations).items()}
    for table in about:
        _show_table(project, publications[table], policy, years)
    dependents = {} if values is None else _show_values(project, values, populations, policy, years)
    for year in years.values():
        _relate(year, populations)
    weighted = frozenset(code for code, item in populations.indicators.items() if item.weighted)
    systems = {number: year.system(policy.default.threshold) for number, year in years.items()}
    return Model({number: one for number, one in systems.items() if one.cells}, dependents, weighted)


def _is_of_persons(publication: Publication, policy: Policy) -> bool:
    reads = publication.reads or ""
    return (
        reads.startswith(("mart_", "stg_")) and bool(publication.measures) and policy.threshold(publication.sources) > 0
    )


def _show_table(project: Project, publication: Publication, policy: Policy, years: Mapping[int, Year]) -> None:
    table = publication.table
    undeclared = [measure for measure in publication.measures if measure not in publication.counts]
    if undeclared:
        mend = "Say under `counts` which population of populations.yml it counts, or `open` when its producer shows it."
        raise BadInput(Problem("data/reference/publications.yml", f"{table} shows a count of a register that no system "
                               "holds, so nobody can say what gives it back", mend, column=undeclared[0]))  # fmt: skip
    if "year" not in publication.grain:
        mend = "Keep `year` in its grain: a total over all years cannot be protected."
        raise BadInput(Problem("data/reference/publications.yml", f"{table} has no year", mend, column="grain"))
    frame = summed(read_table(project, publication.reads or ""), publication)
    names = [name for name in publication.grain if name != "year"]
    for measure, code in publication.counts.items():
        if code == OPEN:
            continue
        floor = 1 if (frame[measure] > 0).all() else 0  # where no row ever says none, a row tells of somebody
        for row in frame.select([*publication.grain, measure, "origin"]).iter_rows(named=True):
            if row[measure] is None:
                continue
            year = years.get(row["year"])
            where = {name: row[name] for name in names}
            at = Place(table, row_key({name: row[name] for name in publication.grain}), measure)
            counted = _counted(year, code, where, at)
            assert year is not None
            threshold = threshold_of(policy, publication.sources, row["origin"])
            draft = year.show(code, where, at, threshold, WORTH["table"], floor)
            _must_be(draft, row[measure], at, counted)


def _counted(year: Year | None, code: str, where: Mapping[str, Value], at: Place) -> Counted:
    counted = None if year is None else year.counted.get(code)
    if counted is None:
        mend = "Declare a population that covers this year."
        raise BadInput(Problem(FILE, f"{at.table} counts {code}, and there is none that year", mend, value=at.row))
    unknown = [name for name in where if not counted.known(name)]
    if unknown:
        mend = f"Add it to `dims` of {code}, or to `hierarchies`."
        raise BadInput(Problem(FILE, f"{at.table} shows {code} by a dimension it has not", mend, column=unknown[0]))
    return counted


def _must_be(draft: Draft, value: float, at: Place, counted: Counted) -> None:
    if draft.value != value:
        mend = f"Mend population {counted.code}, or the query: both must count the same."
        raise BadInput(Problem(FILE, f"{at.table} does not show what the system counts ({at.row})", mend,
                               column=at.column))  # fmt: skip


def _indicator_rows(project: Project, policy: Policy) -> pl.DataFrame:
    """Return the rows of `ind_values` that are drawn from registers, with the threshold of each."""
    registry = read_indicators(project)
    thresholds = {code: policy.threshold(item.sources) for code, item in registry.items()}
    values = read_table(project, "ind_values")
    of = pl.col("indicator_code").replace_strict(thresholds, default=policy.default.threshold, return_dtype=pl.Int64)
    return values.with_columns(of.alias("_threshold")).filter(
        (pl.col("_threshold") > 0) & pl.col("numerator").is_not_null()
    )


def _show_values(
    project: Project, values: pl.DataFrame, populations: Populations, policy: Policy, years: Mapping[int, Year]
) -> dict[tuple[str, str, str, int], frozenset[str]]:
    dependents: dict[tuple[str, str, str, int], frozenset[str]] = {}
    weights: dict[str, dict[int, tuple[Weighted, ...]]] = {}
    for row in values.iter_rows(named=True):
        code, level = row["indicator_code"], row["scope_level"]
        fraction = populations.indicators.get(code)
        if fraction is None or level not in populations.scopes:
            what = "An indicator drawn from a register" if fraction is None else "A scope"
            mend = "Declare it in data/reference/populations.yml: its populations, or the dimension of its scopes."
            raise BadInput(Problem(FILE, f"{what} is in no system, so it is not published", mend,
                                   value=code if fraction is None else level))  # fmt: skip
        name = populations.scopes[level]
        where = {**fraction.within, **({} if name is None else {name: row["scope_code"]})}
        year = years.get(row["year"])
        grain = {key: row[key] for key in ("indicator_code", "scope_level", "scope_code", "year")}
        at = Place("pub_values", row_key(grain), "numerator")
        if fraction.weighted is not None:
            _counted(year, fraction.numerator, where, at)
            assert year is not None
            if code not in weights:
                weights[code] = _weights(project, populations, fraction)
            known = weights[code][row["year"]]
            dependents[code, level, row["scope_code"], row["year"]] = _weigh(year, fraction, where, row, known)
            continue
        shown = [(fraction.numerator, {**where, **fraction.where}, at, row["numerator"])]
        if fraction.denominator is not None:
            below = Place("pub_values", at.row, "denominator")
            shown.append((fraction.denominator, where, below, row["denominator"]))
        threshold = max(row["_threshold"], policy.default.threshold if row["origin"] == "simulated" else 0)
        drafts = []
        for population, place, found, value in shown:
            counted = _counted(year, population, place, found)
            assert year is not None
            drafts.append(year.show(population, place, found, threshold, WORTH["indicator"]))
            _must_be(drafts[-1], value, found, counted)
        if len(drafts) > 1 and fraction.where and year is not None:
            year.rest(drafts[1], drafts[:1], "persons")
    return dependents


def _weights(project: Project, populations: Populations, fraction: Fraction) -> dict[int, tuple[Weighted, ...]]:
    """Return year → the weighted counts of an indicator's numerator and denominator, at their finest coordinates."""
    assert fraction.weighted is not None
    assert fraction.denominator is not None
    frame = read_table(project, populations.populations[fraction.numerator].reads)
    codes = (fraction.numerator, fraction.denominator)
    found: dict[int, tuple[Weighted, ...]] = {}
    for (year,), rows in frame.partition_by("year", as_dict=True).items():
        found[int(year)] = tuple(
            {line[:-1]: line[-1] for line in rows.select(*populations.populations[code].dims, column).iter_rows()}
            for code, column in zip(codes, fraction.weighted, strict=True)
        )
    return found


def _whole(weighted: float) -> Exact:
    return Exact(weighted) * _WEIGHTS


def _weigh(
    year: Year, fraction: Fraction, where: Mapping[str, Value], row: Mapping[str, object], known: tuple[Weighted, ...]
) -> frozenset[str]:
    """Return the cells that a weighted rate must not outlive; none when linear relations say what it tells.

    The answers of a cell share one weight, so that weighted counts are sums of counts with known factors. Over many
    cells that is one relation among hidden counts; over the few of a site it would be as good as the counts themselves.
    """
    assert fraction.weighted is not None
    assert fraction.denominator is not None
    cells: set[str] = set()
    sums: list[tuple[dict[str, int], int]] = []
    exact = not set(where) - set(fraction.within)
    for code, weighted in zip((fraction.numerator, fraction.denominator), known, strict=True):
        counted = year.counted[code]
        inside = counted.atoms(where)
        plain = {at: atoms for at, atoms in counted.groups(counted.dims).items() if atoms <= inside}
        signs: dict[str, int] = {}
        for at, atoms in plain.items():
            draft = year.ask(code, atoms, "|".join(f"{n}={v}" for n, v in sorted(zip(counted.dims, at, strict=True))))
            cells.add(draft.key)
            if draft.value:
                weight = _whole(weighted[at]) / draft.value
                exact = exact and weight.denominator == 1
                signs[draft.key] = int(weight)
        sums.append((signs, int(sum(_whole(weighted[at]) for at in plain))))
    if not exact:
        return frozenset(cells)
    for part, (signs, total) in zip(("numerator", "denominator"), sums, strict=True):
        key = f"{year.year} {row['indicator_code']} {row['scope_code']} weighted {part}"
        whole = year.other(key, total, known=True)
        year.state({whole.key: -1, **signs}, f"{key} = weights × counts")
    return frozenset()


def _relate(year: Year, populations: Populations) -> None:
    new = True
    while new:
        found = [year.relate(relation, number) for number, relation in enumerate(populations.relations)]
        new = any(found)
    for alike in populations.alike:
        _alike(year, alike.population, alike.over)
    _transitive(year, populations)
    year.sum_up()


def _alike(year: Year, code: str, over: str) -> None:
    """State that counts are the same over a dimension, wherever they are: a stranger would suppose so."""
    counted = year.counted.get(code)
    if counted is None:
        return
    names = tuple(name for name in counted.dims if name != over)
    for atoms in counted.groups(names).values():
        drafts = [year.drafts[name] for number in sorted(atoms) if (name := (code, frozenset([number]))) in year.drafts]
        for draft in drafts[1:]:
            if draft.value == drafts[0].value:
                year.state({drafts[0].key: 1, draft.key: -1}, f"{drafts[0].key} = {draft.key}")


def _transitive(year: Year, populations: Populations) -> None:
    """Add what is left of a whole further up where it is small: the rest of a rest tells of the same few persons."""
    for (code, atoms), draft in list(year.drafts.items()):
        if not draft.places:
            continue
        for further in populations.wholes(code)[1:]:
            counted, above = year.counted[code], year.counted.get(further)
            if above is None or above.dims != counted.dims:
                continue
            groups, at = above.groups(above.dims), [counted.coordinates[number] for number in atoms]
            whole = year.drafts.get((further, frozenset(n for key in at for n in groups.get(key, ()))))
            if whole is not None and 0 < whole.value - draft.value < max(whole.threshold, draft.threshold):
                year.rest(whole, [draft], "persons")
