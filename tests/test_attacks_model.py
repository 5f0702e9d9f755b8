"""The model that chose what to hide, against the sums that the auditor finds in the numbers by itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from test_attacks_editions import SEED, YEAR, drawn, system

from pipelines.audit.attack import leaks
from pipelines.audit.finding import Finding
from pipelines.audit.modelled import lacking
from pipelines.audit.relations import relations
from pipelines.kernel.modelled import read_model, was_written, write_model
from pipelines.kernel.project import Project
from pipelines.protect.choice import best
from pipelines.protect.model import Model
from pipelines.protect.system import System
from tests.small_tables import laid, table

COUNTS = drawn(np.random.default_rng(1))
WHOLE, NAMES = system(COUNTS)


def without(dropped: list[int]) -> System:
    """The system less some of its equations."""
    kept = [row for row in range(WHOLE.matrix.shape[0]) if row not in dropped]
    return replace(WHOLE, matrix=WHOLE.matrix[kept], relations=tuple(WHOLE.relations[row] for row in kept))


def missed(model: System) -> list[Finding]:
    series = table(counts={YEAR: COUNTS})
    return lacking(series, relations(series, 2), *Model({YEAR: model}, {}, frozenset()).as_tables())


def test_13_a_model_that_has_every_sum_is_let_be() -> None:
    assert missed(WHOLE) == []


@pytest.mark.parametrize("row", range(WHOLE.matrix.shape[0] - 1))  # one grand total is too few to find a sum in
def test_13_mutation_every_equation_of_the_model_counts(row: int) -> None:
    found = missed(without([row]))
    assert found
    assert {finding.audit for finding in found} == {"system"}


def test_13_mutation_the_pattern_of_a_model_that_lacks_sums_leaks() -> None:
    def told(model: System) -> dict[int, object]:
        hidden = {NAMES[key] for key in best(model, SEED).pattern.hidden if key in NAMES}
        return dict(leaks(laid(table(hidden, counts={YEAR: COUNTS})).puzzle))

    sites = [row for row, whole in enumerate(WHOLE.relations) if whole.endswith("T") and whole != "TT"]
    assert told(WHOLE) == {}
    assert told(without(sites))


def test_the_model_comes_back_from_its_files(tmp_path: Path) -> None:
    project = Project(tmp_path)
    assert not was_written(project)
    tables = Model({YEAR: WHOLE}, {}, frozenset()).as_tables()
    write_model(project, *tables)
    assert was_written(project)
    assert all(back.equals(made) for back, made in zip(read_model(project), tables, strict=True))
