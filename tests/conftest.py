"""What tests share: the project itself, an empty one, and the original open-data files where they are at hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.kernel.project import Project

ROOT = Path(__file__).resolve().parent.parent
ORIGINALS = ROOT.parent / "shared" / "opendata"


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
def originals() -> Path:
    """The folder of the original open-data files; the test is skipped where it is not at hand."""
    if not ORIGINALS.is_dir():
        pytest.skip("the original open-data files do not stand beside the project (../shared/opendata)")
    return ORIGINALS


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest: the two workers then end together."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


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
