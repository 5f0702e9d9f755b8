"""The corpus of bad files: each gives its own message and status 2, and changes nothing. Its good twins are taken in.

What is expected of a file stands beside it, in `tests/fixtures/fail/<rule>/expected.yml`.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipelines.acquire.add import add_file
from pipelines.cli import observatoire
from pipelines.kernel.catalogue import read_catalogue
from pipelines.kernel.files import sha256_of
from pipelines.kernel.identity import KEY
from pipelines.kernel.problems import BadInput
from pipelines.kernel.project import Project
from pipelines.stage.trial import try_out
from tests.corpus import FAIL, PASS, cases, failing_checks, plain, read_in_place
from tests.observatory import ROOT, copy_of_the_project

SECRETS = ("7700000", "815000", "Canari", "Jaune", "12/03/2005", "2005-03-12", "canari@")
"""Beginnings of every identifier and personal cell of the registers of the corpus. Nobody in them is real."""

BAD, GOOD = cases(FAIL), cases(PASS)
DOOR = {name: case for name, case in BAD.items() if case.source and not case.fails}
CHECKS = {name: case for name, case in BAD.items() if case.fails}
DECLARED = {name: case for name, case in BAD.items() if case.place}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """What a fresh clone holds, with a key for registers."""
    project = copy_of_the_project(tmp_path_factory.mktemp("clone") / "observatory")
    shutil.copy(ROOT / "dvc.yaml", project.root)
    shutil.copytree(ROOT / "expectations", project.expectations)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(KEY, "5ec2e7" * 11)
        patch.setenv("OBSERVATOIRE_HOME", project.root.as_posix())
        before = state(project)
        yield project
        assert state(project) == before, "a file that was refused, or only tried, left something behind"


LOCKS = (".command.lock", ".stage.lock")
"""Who is at work, while somebody is; empty otherwise, and no result."""


def state(project: Project) -> list[tuple[str, str]]:
    """Return every file of a project with its hash."""
    files = [path for path in sorted(project.root.rglob("*")) if path.is_file() and path.name not in LOCKS]
    return [(path.as_posix(), sha256_of(path)) for path in files]


@pytest.mark.parametrize("name", DOOR)
def test_a_bad_file_is_refused_in_its_own_words(home: Project, name: str) -> None:
    case = DOOR[name]
    done = CliRunner().invoke(observatoire, ["add", case.path.as_posix(), "--source", case.source])
    assert tuple(plain(line, case.path) for line in done.stderr.splitlines()) == case.says, done.output
    assert done.exit_code == 2
    assert not home.raw.exists()
    for secret in SECRETS:
        assert secret not in done.output


@pytest.mark.parametrize("name", DECLARED)
def test_a_slip_in_a_declared_file_is_named(home: Project, name: str) -> None:
    case = DECLARED[name]
    with pytest.raises(BadInput) as caught:
        read_in_place(home, case)
    assert tuple(problem.line() for problem in caught.value.problems) == case.says


@pytest.mark.parametrize("name", CHECKS)
def test_a_file_that_gets_in_fails_the_expectation_that_is_meant_for_it(home: Project, name: str) -> None:
    case = CHECKS[name]
    found = failing_checks(home, case)
    assert set(found) == set(case.fails)
    for check, part in case.fails.items():
        assert part in found[check]


@pytest.mark.parametrize("name", GOOD)
def test_a_good_twin_is_taken_in(home: Project, name: str) -> None:
    case = GOOD[name]
    added = add_file(home, case.source, case.path, try_out, dry_run=True)
    assert dict(added.rows) == case.rows


def test_the_corpus_is_what_was_asked_for(project: Project) -> None:
    """At least 150 bad files, every dataset and every kind of declared file, each with a cause of its own."""
    assert len(BAD) >= 150
    assert {case.source for case in BAD.values()} >= set(read_catalogue(project).sources)
    assert {case.source for case in GOOD.values()} == set(read_catalogue(project).sources)
    assert {Path(case.place).name for case in DECLARED.values()} >= {
        "actions.yml",
        "corrections.yml",
        "disclosure.yml",
        "indicators.yml",
        "params.yaml",
        "platforms.yml",
        "population.yml",
        "stg_contours__departement.yml",
        "targets.yml",
        "vintages.yml",
    }
    assert all(len(case.says) == 1 for case in (*DOOR.values(), *DECLARED.values())), "one file, one fault, one line"
    causes = Counter((case.source or case.place, case.says[0].replace(case.path.name, "")) for case in DOOR.values())
    causes += Counter((case.place, case.says[0]) for case in DECLARED.values())
    assert [cause for cause, count in causes.items() if count > 1] == []


@pytest.mark.parametrize("root", [FAIL, PASS], ids=["fail", "pass"])
def test_every_file_of_the_corpus_is_expected_and_small(root: Path) -> None:
    known = cases(root)
    for folder in sorted(path for path in root.iterdir() if path.is_dir()):
        for path in sorted(folder.iterdir()):
            if path.name == "expected.yml":
                continue
            assert f"{folder.name}/{path.name}" in known
            files = path.iterdir() if path.is_dir() else [path]
            assert all(file.stat().st_size < 16_000 for file in files), path
    assert all(case.path.exists() for case in known.values())
