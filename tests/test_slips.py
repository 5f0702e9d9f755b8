"""A slip in a file that people write is told with the file and the line it stands on, whoever reads the file."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipelines.check.suites import read_suites
from pipelines.check.waivers import read_waivers
from pipelines.kernel.catalogue import read_catalogue
from pipelines.kernel.comparison import read_thresholds
from pipelines.kernel.corrections import read_corrections
from pipelines.kernel.dictionary import read_dictionary
from pipelines.kernel.disclosure import read_policy
from pipelines.kernel.indicators import read_indicators
from pipelines.kernel.populations import read_populations
from pipelines.kernel.problems import BadInput
from pipelines.kernel.project import Project
from pipelines.kernel.publications import read_publications
from pipelines.kernel.revisions import read_ledger
from pipelines.kernel.targets import read_targets
from pipelines.kernel.yaml_files import row_of
from pipelines.simulate.calibration import read_calibration
from pipelines.targets.rules.record import read_record
from tests.observatory import ROOT, copy_of_the_project

Read = Callable[[Project], object]

FILES: dict[str, tuple[Read, str, str]] = {
    "params.yaml": (lambda project: project.settings(), r"^threads: .*$", "threads: many"),
    "data/sources/crous.yml": (read_catalogue, r"^      year: int$", "      year: integer"),
    "data/reference/dictionary/common.yml": (read_dictionary, r"^  type: \w+$", "  type: number"),
    "data/reference/indicators.yml": (read_indicators, r"^  unit: persons$", "  unit: heads"),
    "data/reference/targets.yml": (read_targets, r"^  form: \w+$", "  form: double"),
    "data/reference/publications.yml": (read_publications, r"^  measures: \[value\]$", "  measurs: [value]"),
    "data/reference/populations.yml": (read_populations, r"^    \{reads: mart_student__year, ", "    {read: mart_x, "),
    "data/reference/disclosure.yml": (read_policy, r"^symbol: c$", "symbol: x"),
    "data/reference/vintages.yml": (read_thresholds, r"^unit: 10 ", "unit: ten "),
    "data/reference/revisions.yml": (read_ledger, r"^  default: 0.01$", "  default: little"),
    "data/reference/simulation.yml": (read_calibration, r'^  auch: \{commune: "32013"', "  auch: {comune: 32013"),
    "data/reference/rule_record.yml": (read_record, r"^    cases: 18060$", "    cases: many"),
    "expectations/waivers.yml": (read_waivers, r"^  rows: 1$", "  rows: some"),
    "expectations/staging/stg_crous__scholarship.yml": (
        lambda project: read_suites(project, "staging"),
        r"^    severity: critical$",
        "    severity: grave",
    ),
}
"""File → what reads it, a line of it, and the same line with a slip."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = copy_of_the_project(tmp_path_factory.mktemp("clone") / "observatory")
    shutil.copytree(ROOT / "expectations", project.expectations)
    return project


@pytest.fixture
def text(home: Project, request: pytest.FixtureRequest) -> Iterator[str]:
    path = home.root / request.getfixturevalue("file")
    kept = path.read_text(encoding="utf-8")
    yield kept
    path.write_text(kept, encoding="utf-8")


def told(home: Project, read: Read, file: str, changed: str) -> list[str]:
    (home.root / file).write_text(changed, encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        read(home)
    return [problem.line() for problem in caught.value.problems]


@pytest.mark.parametrize("file", FILES)
def test_a_wrong_value_or_key_is_told_with_its_line(home: Project, file: str, text: str) -> None:
    read, line, slip = FILES[file]
    found = re.search(line, text, re.MULTILINE)
    assert found, f"{file} has no such line any more"
    row = text[: found.start()].count("\n") + 1
    lines = told(home, read, file, text[: found.start()] + slip + text[found.end() :])
    rows = {int(number) for one in lines for number in re.findall(r", row (\d+),", one)}
    assert all(one.startswith(f"{file}, row ") for one in lines), lines
    assert rows & {row, row - 1}, lines  # a mapping in one line stands below its name, where a missing key is said


@pytest.mark.parametrize("file", FILES)
def test_what_is_no_yaml_is_told_with_its_line(home: Project, file: str, text: str) -> None:
    read, line, _ = FILES[file]
    found = re.search(line, text, re.MULTILINE)
    assert found
    row = text[: found.start()].count("\n") + 1
    [said] = told(home, read, file, text[: found.start()] + "wrong: [a: b: c\n" + text[found.start() :])
    number = re.match(rf"{re.escape(file)}, row (\d+): .*YAML", said)
    assert number, said
    assert row <= int(number[1]) <= row + 1, said


def test_corrections_and_sidecars_point_to_their_entry(tmp_path: Path) -> None:
    project = copy_of_the_project(tmp_path / "observatory")
    file = project.reference / "corrections.yml"
    file.write_text(
        "# two of them\n- code: COR-001\n  table: stg_x\n- code: COR-002\n  tabel: stg_y\n", encoding="utf-8"
    )
    with pytest.raises(BadInput) as caught:
        read_corrections(project, read_catalogue(project))
    rows = {problem.column: problem.row for problem in caught.value.problems}
    assert rows["COR-001.reason"] == 2
    assert rows["COR-002.reason"] == 4
    assert rows["COR-002.tabel"] == 5


Tree = Any
KEYS = st.text("abcdefgh", min_size=1, max_size=4)
TREES: st.SearchStrategy[Tree] = st.recursive(
    st.integers(0, 9) | st.text("xyz", max_size=5),
    lambda inner: st.lists(inner, min_size=1, max_size=3) | st.dictionaries(KEYS, inner, min_size=1, max_size=3),
    max_leaves=12,
)


def leaves(tree: Tree, path: tuple[int | str, ...] = ()) -> Iterator[tuple[int | str, ...]]:
    branches = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else None
    if branches is None:
        yield path
    else:
        for key, branch in branches:
            yield from leaves(branch, (*path, key))


@given(tree=TREES, data=st.data())
def test_the_row_of_a_place_is_the_line_that_holds_it(
    tmp_path_factory: pytest.TempPathFactory, tree: Tree, data: st.DataObject
) -> None:
    place = data.draw(st.sampled_from(list(leaves({"top": tree}))))
    marked: Tree = {"top": tree}
    *way, last = place
    holder = marked
    for part in way:
        holder = holder[part]
    kept, holder[last] = holder[last], "THE-PLACE"
    path = tmp_path_factory.getbasetemp() / "tree.yml"
    path.write_text(yaml.safe_dump(marked, default_flow_style=False), encoding="utf-8")
    holder[last] = kept
    [row] = [number for number, line in enumerate(path.read_text().splitlines(), start=1) if "THE-PLACE" in line]
    assert row_of(path, *place) == row
    assert row_of(path, *place, "a type's name") == row


def test_no_row_is_made_up_where_there_is_no_file_or_no_yaml(tmp_path: Path) -> None:
    assert row_of(tmp_path / "gone.yml", "a") is None
    (tmp_path / "bad.yml").write_text("a: [", encoding="utf-8")
    assert row_of(tmp_path / "bad.yml", "a") is None
    (tmp_path / "empty.yml").write_text("# nothing\n", encoding="utf-8")
    assert row_of(tmp_path / "empty.yml", "a") is None
