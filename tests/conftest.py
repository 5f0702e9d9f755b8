"""What tests share: the project itself, an empty one, one after a run, and the original open-data files."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest

from pipelines.kernel.project import Project
from tests import shared
from tests.cold_run import ColdRun, cold_run

ROOT = Path(__file__).resolve().parent.parent
ORIGINALS = ROOT.parent / "shared" / "opendata"

LONGEST = (
    "pipeline",
    "another_region",
    "spark_engine",
    "canary",
    "screen",
    "pipeline_settings",
    "documents_typed",
    "pipeline_whole",
    "publish_stage",
    "check_faults",
    "surface",
    "notebooks",
)
"""The files that take more than ten seconds, in the order in which they begin. The first makes the cold run; those that
read it too come when it is there, so that no worker waits."""


@pytest.fixture(scope="session", autouse=True)
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Say where lies what all test processes share: beside the temporary folders of each, which pytest clears away."""
    own = tmp_path_factory.getbasetemp()
    home = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "shared"
    home.mkdir(exist_ok=True)
    os.environ[shared.HOME] = str(home)


@pytest.fixture(scope="session")
def project() -> Project:
    """The project under test. Read only: a test that writes uses `empty_project` or a copy."""
    return Project(ROOT)


@pytest.fixture
def empty_project(tmp_path: Path) -> Project:
    """A project folder that holds nothing but its settings."""
    (tmp_path / "params.yaml").write_text("edition: 2024\n", encoding="utf-8")
    (tmp_path / "dvc.yaml").write_text("stages: {}\n", encoding="utf-8")
    return Project(tmp_path)


@pytest.fixture(scope="session")
def cold() -> ColdRun:
    """The project after a run from nothing, once for all test processes. Read only: who changes it copies it."""
    return cold_run()


@pytest.fixture(scope="session")
def originals() -> Path:
    """The folder of the original open-data files; the test is skipped where it is not at hand."""
    if not ORIGINALS.is_dir():
        pytest.skip("the original open-data files do not stand beside the project (../shared/opendata)")
    return ORIGINALS


def pytest_collection_finish() -> None:
    """Leave what is loaded by now out of every search for garbage: a million objects that stay to the end."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    """Let it be cleared away in order."""
    gc.unfreeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest: the workers then end together."""
    place = {f"test_{name}": number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path.stem, len(place)))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say of how many expectations a planted fault was caught, and with `-vv` which others see it too."""
    found = [
        value
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", "") == "call"
        for name, value in report.user_properties
        if name == "faults"
    ]
    if found:
        caught, known = sum(item[0] for item in found), sum(item[1] for item in found)
        terminalreporter.write_line(
            f"planted faults: {caught} of {known} expectations fail on theirs ({caught / known:.1%})"
            "; with -vv, which others see the same fault"
        )
        if terminalreporter.verbosity > 0:
            for check, others in sorted((check, others) for item in found for check, others in item[2].items()):
                terminalreporter.write_line(f"  the fault of {check} also breaks {', '.join(others)}")
