"""Three editions, one after the other, some counts revised in each: nothing is told by any two of them, nor by all.

What `protect` chooses, knowing the ledger, stands before the auditor, who knows it too and shares no code with it; then
before somebody who knows all editions and which hidden cells were revised between them, as nobody can.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy.sparse import csr_array, vstack
from test_attacks import lines_of

from pipelines.audit.attack import Leak, Puzzle, audit
from pipelines.audit.editions import memory
from pipelines.audit.relations import relations
from pipelines.protect import earlier
from pipelines.protect.choice import best
from pipelines.protect.earlier import Edition, best_since, remember
from pipelines.protect.system import Place, System
from tests.small_systems import system_of, two_way
from tests.small_tables import Name, laid, table

YEAR = 2020
SEED = b"s" * 32
SITES, FIELDS = 6, 8
Counts = list[list[int]]
Ledger = list[tuple[str, pl.DataFrame]]


def drawn(draw: np.random.Generator) -> Counts:
    """Counts of which about a third are small."""
    return np.where(draw.random((SITES, FIELDS)) < 0.3, draw.integers(1, 5, (SITES, FIELDS)),
                    draw.integers(5, 40, (SITES, FIELDS))).tolist()  # fmt: skip


def revised(counts: Counts, draw: np.random.Generator) -> Counts:
    """The same with one count in twenty changed, by three at most: a margin moves with each."""
    cells = np.array(counts)
    for place in draw.choice(cells.size, size=max(2, cells.size // 20), replace=False):
        at = np.unravel_index(place, cells.shape)
        cells[at] = max(0, cells[at] + draw.choice([-3, -2, -1, 1, 2, 3]))
    return cells.tolist()


def system(counts: Counts) -> tuple[System, dict[str, Name]]:
    """The system of one table with its margins, each cell where `small_tables` shows it, and key → its name there."""
    letters = "abcdefgh"
    values, sums = two_way({f"{i}": line for i, line in enumerate(counts)}, letters)
    small = [key for key, value in values.items() if 0 < value < 5]
    made = system_of(values, sums, primary=small)
    names: dict[str, Name] = {}
    cells = []
    for cell in made.cells:
        row, column = cell.key[0], cell.key[1]
        site, field = f"site_code=s{row}", f"speciality_code=f{letters.find(column)}"
        if row == "T":
            kind, where = ("all", "") if column == "T" else ("field", f"{field}|")
        else:
            kind, where = ("site", f"{site}|") if column == "T" else ("cell", f"{site}|{field}|")
        name = "pub_a" if kind == "cell" else f"pub_a_{kind}"
        names[cell.key] = (kind, YEAR, 0 if row == "T" else int(row), max(0, letters.find(column)))
        cells.append(replace(cell, places=(Place(name, f"{where}year={YEAR}", "students_count"),)))
    return replace(made, cells=tuple(cells)), names


def edition_of(ledger: pl.DataFrame) -> Edition:
    keys = ledger.select("table_name", "row_key", "column_name", "value").iter_rows()
    return {Place(name, row, column): value for name, row, column, value in keys}


def told(counts: Counts, ledger: Ledger, *, with_ledger: bool) -> tuple[pl.DataFrame, list[object]]:
    """Choose a pattern, publish; return the lines of the ledger, and all that somebody with every edition finds."""
    now, names = system(counts)
    before = [edition_of(lines) for _, lines in ledger] if with_ledger else []
    hidden = {names[key] for key in best_since(now, before, SEED).pattern.hidden if key in names}
    series = table(hidden, counts={YEAR: counts})
    remembered = memory(series, relations(series, 2), ledger)
    verdict = audit(laid(series, memory=remembered).puzzle)
    exact = [cell for leaks in verdict.insiders.values() for cell, leak in leaks.items() if leak is Leak.EXACT]
    return lines_of(series), [*remembered.findings, *verdict.leaks.values(), *exact]


def three(start: int, *, with_ledger: bool) -> tuple[list[System], Ledger, list[object]]:
    """Publish three editions of a table drawn at random: their systems, the ledger, and what the auditor found."""
    draw = np.random.default_rng(start)
    counts, ledger, found, systems = drawn(draw), [], [], []
    for number in (1, 2, 3):
        lines, leaks = told(counts, ledger, with_ledger=with_ledger)
        systems.append(system(counts)[0])
        ledger.append((f"2024.{number}", lines))
        found += leaks
        counts = revised(counts, draw)
    return systems, ledger, found


def all_told(start: int, *, with_ledger: bool) -> list[object]:
    return three(start, with_ledger=with_ledger)[2]


def told_to_who_knows_what_was_revised(systems: list[System], ledger: Ledger) -> list[Leak]:
    """Lay all editions beside one another, a cell that was not revised from one to the next being the same unknown."""
    count = len(systems[0].cells)
    names = np.zeros((len(systems), count), int)
    value: list[int] = []
    shown: set[int] = set()
    for edition, (made, (_, lines)) in enumerate(zip(systems, ledger, strict=True)):
        said = edition_of(lines)
        for place, cell in enumerate(made.cells):
            if edition and cell.value == systems[edition - 1].cells[place].value:
                names[edition, place] = names[edition - 1, place]
            else:
                names[edition, place] = len(value)
                value.append(cell.value)
            if said[cell.places[0]] is not None:
                shown.add(int(names[edition, place]))
    blocks = []
    for edition, made in enumerate(systems):
        entries = made.matrix.tocoo()
        where = (entries.row, names[edition][entries.col])
        blocks.append(csr_array((entries.data.astype(float), where), shape=(made.matrix.shape[0], len(value))))
    true, is_shown = np.array(value), np.isin(np.arange(len(value)), list(shown))
    asked = np.zeros(len(value), bool)
    asked[names[-1]] = True
    small = (true > 0) & (true < 5)
    audited = asked & (small | ~is_shown)
    low, high = np.where(is_shown, true, 0.0), np.where(is_shown, true, np.inf)
    found = audit(Puzzle(csr_array(vstack(blocks)), true, low, high, np.full(len(value), 5), audited))
    return list(found.leaks.values())


@pytest.mark.parametrize("start", [0, 8, 22, 30, 35, 49, 80])
def test_4_three_editions_tell_no_more_than_one(start: int) -> None:
    assert all_told(start, with_ledger=True) == []


@pytest.mark.parametrize("start", [48, 54, 87])
def test_4_nor_do_they_to_somebody_who_knows_what_was_revised(start: int, monkeypatch: pytest.MonkeyPatch) -> None:
    systems, ledger, found = three(start, with_ledger=True)
    assert (found, told_to_who_knows_what_was_revised(systems, ledger)) == ([], [])

    # Without the sums of earlier editions, over the numbers they had, the choice is not safe, and the auditor says so.
    monkeypatch.setattr(earlier, "_with_editions", lambda now, *_, **__: now)
    systems, ledger, found = three(start, with_ledger=True)
    assert Leak.EXACT in told_to_who_knows_what_was_revised(systems, ledger)
    assert Leak.EXACT in found


def test_4_without_the_ledger_they_do() -> None:
    found = [leak for start in (22, 30) for leak in all_told(start, with_ledger=False)]
    assert Leak.EXACT in found
    assert any("was hidden in edition" in getattr(leak, "says", "") for leak in found)


def test_4_a_large_count_that_went_with_its_row_does_not_close_the_next_edition() -> None:
    """A share is hidden with its denominator; the denominator stands elsewhere too: the next edition takes it so."""
    values = {"stays": 8, "placements": 4, "others": 4, "students": 8}
    made = system_of(values, [("stays", ["placements", "others"]), ("stays", ["students"])],
                     primary=["placements", "others"])  # fmt: skip
    cells = [replace(cell, places=(Place("pub_a", cell.key, "n"),)) for cell in made.cells]
    cells[2] = replace(cells[2], places=(), published=False, weight=0)
    now = replace(made, cells=tuple(cells))
    before = {Place("pub_a", "stays", "n"): None, Place("pub_a", "placements", "n"): None,
              Place("pub_a", "students", "n"): 8.0}  # fmt: skip
    seen = remember(now, [before])
    assert seen.kept == {"stays", "placements"}
    assert best(seen.system, SEED, seen.kept).pattern.hidden >= {"stays", "placements"}
