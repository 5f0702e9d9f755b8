"""Controlled rounding: multiples that add up, near the counts, drawn alike; and a whole observatory shown in them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from pipelines import audit, protect
from pipelines.audit.attack import Leak, Puzzle, intervals, leaks
from pipelines.audit.editions import rounded_memory
from pipelines.audit.knowledge import read_series
from pipelines.kernel.disclosure import read_policy
from pipelines.kernel.ledger import record
from pipelines.kernel.problems import BadInput
from pipelines.kernel.publications import read_publications
from pipelines.kernel.store import table_path
from pipelines.protect.rounding import Unroundable, rounded
from pipelines.protect.system import Cell, System
from pipelines.publish.tables.quality import in_multiples
from tests.small_observatory import COUNTS, SITES, observatory, read_yaml, write_marts, write_yaml

SEED = b"s" * 32


def two_way(lines: np.ndarray, known: frozenset[str] = frozenset()) -> System:
    """Return a table with its margins and their total, as one system."""
    height, width = lines.shape
    full = np.zeros((height + 1, width + 1), dtype=np.int64)
    full[:height, :width] = lines
    full[:height, width] = lines.sum(axis=1)
    full[height] = full[:height].sum(axis=0)
    at = np.arange(full.size).reshape(full.shape)
    rows = []
    for line in [*at, *at.T]:
        row = np.zeros(full.size, dtype=np.int64)
        row[line[:-1]], row[line[-1]] = 1, -1
        rows.append(row)
    cells = []
    for (i, j), value in np.ndenumerate(full):
        key = f"{'T' if i == height else i}{'T' if j == width else j}"
        cells.append(Cell(key, "t", "n", int(value), key in known, bool(0 < value < 5), 10, True, 5))
    return System(2020, tuple(cells), csr_array(np.array(rows)), tuple(f"line {n}" for n in range(len(rows))))


tables = st.tuples(st.integers(1, 4), st.integers(1, 4)).flatmap(
    lambda shape: st.lists(st.integers(0, 30), min_size=shape[0] * shape[1], max_size=shape[0] * shape[1]).map(
        lambda counts: np.array(counts).reshape(shape)
    )
)


@settings(max_examples=80, derandomize=True, deadline=None)
@given(tables, st.sampled_from([3, 5]), st.binary(min_size=4, max_size=4))
def test_rounded_tables_add_up_near_their_counts(lines: np.ndarray, base: int, seed: bytes) -> None:
    system = two_way(lines)
    made = rounded(system, base, seed)
    values = system.values
    assert not (system.matrix @ made.values).any()
    assert not (made.values % base).any()
    assert (abs(made.values - values) < base).all()  # a table of two dimensions always has such a rounding
    assert (made.values >= 0).all()
    exact = values % base == 0
    assert (made.values[exact] == values[exact]).all()  # zero among them
    assert made.wide.size == 0
    assert made.kept.tolist() == list(range(len(system.relations)))


@settings(max_examples=25, derandomize=True, deadline=None)
@given(st.lists(st.integers(0, 6), min_size=4, max_size=4), st.sampled_from([3, 5]))
def test_no_other_rounding_that_adds_up_moves_cells_less(counts: list[int], base: int) -> None:
    system = two_way(np.array(counts).reshape(2, 2))
    values = system.values
    best = np.inf
    inner = [0, 1, 3, 4]
    choices = [sorted({value // base * base, -(-value // base) * base}) for value in values[inner]]
    for tried in np.array(np.meshgrid(*choices)).reshape(4, -1).T:
        full = two_way(tried.reshape(2, 2)).values
        if (abs(full - values) < base).all() and (full[values % base == 0] == values[values % base == 0]).all():
            best = min(best, float(abs(full - values).sum()))
    found = abs(rounded(system, base, SEED).values - values).sum()
    assert found <= best * 1.001 + 1e-9  # the draw weighs a thousandth


def test_the_draw_alone_breaks_ties() -> None:
    system = two_way(np.full((4, 4), 1))  # which ones become 5 is a matter of the seed
    first, again = (rounded(system, 5, SEED).values for _ in range(2))
    assert np.array_equal(first, again)
    assert len({rounded(system, 5, bytes([n])).values.tobytes() for n in range(6)}) > 1


def attacked(system: System, shown: np.ndarray, reach: int) -> Puzzle:
    values = system.values
    everything = np.ones(len(values), dtype=bool)
    low = np.maximum(shown - reach, 0).astype(float)
    thresholds = np.full(len(values), 5)
    return Puzzle(csr_array(system.matrix), values, low, (shown + reach).astype(float), thresholds, everything)


def test_rounding_each_cell_by_itself_gives_back_what_controlled_rounding_keeps() -> None:
    system = two_way(np.full((5, 5), 1))
    near = 3 * np.rint(system.values / 3).astype(np.int64)
    assert Leak.EXACT in leaks(attacked(system, near, 1)).values()
    for base in (3, 5):
        puzzle = attacked(system, rounded(system, base, SEED).values, base - 1)
        assert Leak.EXACT not in leaks(puzzle).values()
        small = [place for place, value in enumerate(system.values) if 0 < value < 5]
        assert min(high - low for low, high in intervals(puzzle, small).values()) >= base - 1


def test_what_others_publish_stays_and_its_sums_are_let_go() -> None:
    lines = np.array([[7, 4], [9, 2]])
    made = rounded(two_way(lines, frozenset({"TT"})), 5, SEED)
    assert made.values[-1] == 22  # the total stands elsewhere
    assert made.kept.tolist() == [0, 1, 3, 4]  # the sums that give the total do not hold; all others do
    even = rounded(two_way(np.array([[7, 3], [9, 1]]), frozenset({"TT"})), 5, SEED)
    assert len(even.kept) == 6  # twenty is a multiple: its sums hold
    assert even.values[2] + even.values[5] == 20


def alike(known: bool = False, published: bool = True) -> System:
    """Two persons in each of three cells that are the same, and the six of them: no third of six is a multiple of 3."""
    cells = [Cell(name, "t", "n", 2, False, True, 10, True, 5) for name in "xyz"]
    cells.append(Cell("all", "t", "n", 6, known, False, 10, published, 5))
    matrix = csr_array(np.array([[1, 1, 1, -1], [1, -1, 0, 0], [0, 1, -1, 0]]))
    return System(2020, tuple(cells), matrix, ("all", "x = y", "y = z"))


def test_where_nothing_near_adds_up_cells_move_further_or_the_year_is_refused() -> None:
    for published in (True, False):
        made = rounded(alike(published=published), 3, SEED)
        assert made.values.tolist() in ([3, 3, 3, 9], [0, 0, 0, 0])
        assert made.wide.tolist() == [3]
    with pytest.raises(Unroundable, match="x"):
        rounded(alike(known=True), 3, SEED)
    with pytest.raises(ValueError, match="multiple"):
        rounded(alike(), 1, SEED)


def test_a_sum_with_factors_is_no_sum_of_multiples() -> None:
    cells = (Cell("x", "t", "n", 7, False, False, 10, True, 5), Cell("w", "t", "n", 21, False, False, 0, False, 0))
    system = System(2020, cells, csr_array(np.array([[3, -1]])), ("w = 3 x",))
    assert rounded(system, 5, SEED).kept.size == 0


# A whole observatory.


def small_counts() -> dict[int, list[list[int]]]:
    draw = np.random.default_rng(7)
    return {year: draw.poisson(4, (len(SITES), len(COUNTS[2021][0]))).tolist() for year in COUNTS}


@pytest.mark.parametrize("base", [3, 5])
def test_an_observatory_in_multiples_passes_the_audit(base: int, tmp_path: Path) -> None:
    project, options = observatory(tmp_path, small_counts())
    policy = project.reference / "disclosure.yml"
    write_yaml(policy, {**read_yaml(policy), "mode": "controlled_rounding", "rounding_base": base})
    report = protect.run(project, options)
    assert any("rounded" in note for note in report.notes)
    audit.run(project, options)
    table = pl.read_parquet(table_path(project, "pub_apprenticeship__register"))
    inside = pl.read_parquet(table_path(project, "mart_apprenticeship__register"))
    both = table.join(inside, on=["year", "site_code", "diploma_code", "speciality_code"], suffix="_true")
    for name in ("apprentices_count", "students_count"):
        assert both[name].null_count() == 0
        assert (both[name] % base == 0).all()
        assert ((both[name] - both[f"{name}_true"]).abs() < base).all()
        assert (both.filter(pl.col(f"{name}_true") == 0)[name] == 0).all()
    assert (both["apprentices_count"] != both["apprentices_count_true"]).any()
    values = pl.read_parquet(table_path(project, "pub_values"))
    sites = table.group_by("year", pl.col("site_code").alias("scope_code")).agg(pl.col("apprentices_count").sum())
    counted = values.filter((pl.col("indicator_code") == "APP-COUNT") & (pl.col("scope_level") == "site"))
    same = counted.join(sites, on=["year", "scope_code"])
    assert same.height == len(SITES) * len(COUNTS)
    assert (same["value"] == same["apprentices_count"]).all()  # what adds up still adds up across tables
    shares = values.filter(pl.col("indicator_code") == "APP-SHARE")
    assert (shares["value"] == shares["numerator"] / shares["denominator"]).all()
    assert (shares["value"] <= 1).all()
    made = {path.name: path.read_bytes() for path in project.protected.iterdir()}
    assert protect.run(project, options).made == ()
    assert {path.name: path.read_bytes() for path in project.protected.iterdir()} == made


@pytest.mark.parametrize(("lang", "words"), [("fr", "multiples de 3"), ("en", "multiples of 3")])
def test_the_reader_is_told_that_counts_are_multiples(lang: str, words: str) -> None:
    def saying(mode: str) -> str:
        policy = {"mode": mode, "rounding_base": 3}
        return in_multiples(SimpleNamespace(lang=lang, declared=lambda _: policy))

    assert words in saying("controlled_rounding")
    assert saying("suppression") == ""


def test_a_later_edition_shows_the_same_multiples_and_two_of_them_are_put_together(tmp_path: Path) -> None:
    counts = small_counts()
    project, options = observatory(tmp_path, counts)
    policy = project.reference / "disclosure.yml"
    write_yaml(policy, {**read_yaml(policy), "mode": "controlled_rounding", "rounding_base": 5})
    protect.run(project, options)
    record(project, "2023")
    path = table_path(project, "pub_apprenticeship__register")
    before = pl.read_parquet(path)
    protect.run(project, options)
    audit.run(project, options)
    assert pl.read_parquet(path).equals(before)
    counts[2022][0][0] += 9  # revised: the rest of the year keeps its multiples, and other years all of them
    write_marts(project, counts)
    protect.run(project, options)
    audit.run(project, options)
    after = pl.read_parquet(path)
    other = pl.col("year") != 2022
    assert after.filter(other).equals(before.filter(other))
    moved = (after["apprentices_count"] != before["apprentices_count"]).sum()
    assert 1 <= moved <= 3
    write_yaml(policy, {**read_yaml(policy), "rounding_base": 3})
    with pytest.raises(BadInput, match="no multiples of 3"):
        protect.run(project, options)


def test_the_auditor_puts_two_multiples_of_one_count_together(tmp_path: Path) -> None:
    """Seven, shown as 5 and then as 10, is six at least and nine at most."""
    project, options = observatory(tmp_path, small_counts())
    policy = project.reference / "disclosure.yml"
    write_yaml(policy, {**read_yaml(policy), "mode": "controlled_rounding", "rounding_base": 3})
    protect.run(project, options)
    path = record(project, "2023")
    lines = pl.read_parquet(path)
    inside = pl.read_parquet(table_path(project, "mart_apprenticeship__register"))
    row = inside.filter(pl.col("apprentices_count") == 4).row(0, named=True)
    of = pl.col("row_key").str.contains_any([f"year={row['year']}"]) & (pl.col("column_name") == "apprentices_count")
    for name in ("site_code", "speciality_code"):
        of &= pl.col("row_key").str.contains(f"{name}={row[name]}(\\||$)")
    shown = lines.filter(of)["value"].to_list()
    assert shown in ([3.0], [6.0])  # 4 lies within 1 to 5, or 4 to 8; both together leave 4 and 5
    ledger = [("2022", lines.with_columns(pl.when(of).then(9 - pl.col("value")).otherwise("value").alias("value"))),
              ("2023", lines)]  # fmt: skip
    series = read_series(project, read_policy(project), read_publications(project))
    told = rounded_memory(series, ledger)
    assert told is not None
    assert (4, 5) in told.ranges.values()
    exact = lines.with_columns(pl.when(of).then(4.0).otherwise("value").alias("value"))
    assert rounded_memory(series, [("2022", exact)]) is None
