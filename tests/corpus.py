"""The corpus of bad and good files in `tests/fixtures/fail` and `pass`: what is expected, and how a file is tried."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from pipelines.check.engine import check_table
from pipelines.check.suites import read_suite, read_suites
from pipelines.check.tables import Tables
from pipelines.kernel.catalogue import read_catalogue, read_sidecar
from pipelines.kernel.comparison import read_thresholds
from pipelines.kernel.corrections import read_corrections
from pipelines.kernel.dictionary import read_dictionary
from pipelines.kernel.disclosure import read_policy
from pipelines.kernel.files import write_parquet
from pipelines.kernel.indicators import read_indicators
from pipelines.kernel.project import Project, Settings, read_settings
from pipelines.kernel.publications import read_publications
from pipelines.kernel.reference import read_reference
from pipelines.kernel.targets import read_targets
from pipelines.stage.before import standing
from pipelines.stage.trial import try_out

FIXTURES = Path(__file__).resolve().parent / "fixtures"
FAIL, PASS = FIXTURES / "fail", FIXTURES / "pass"
SETTINGS = Settings(edition=2024, threads=1)


@dataclass(frozen=True)
class Case:
    """One file (or folder, for a vintage in several) of the corpus.

    `source`: it is given to `observatoire add`. `place`: it stands in place of that file of the project. `fails`: it is
    taken in, and these expectations then fail, each with its message.
    """

    path: Path
    source: str = ""
    place: str = ""
    says: tuple[str, ...] = ()
    fails: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"{self.path.parent.name}/{self.path.name}"


@cache
def cases(root: Path) -> dict[str, Case]:
    """Return every case below a folder, by its id, as the files `expected.yml` name them."""
    found: dict[str, Case] = {}
    for path in sorted(root.glob("*/expected.yml")):
        content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        for name, entry in content["files"].items():
            says = entry.get("says", ())
            case = Case(
                **{**entry, "path": path.parent / name, "says": (says,) if isinstance(says, str) else tuple(says)}
            )
            found[case.id] = case
    return found


def plain(line: str, path: Path) -> str:
    """Return a message with the bare names of the corpus in place of where it lies."""
    return line.replace(f"{path.parent.as_posix()}/", "")


def read_in_place(home: Project, case: Case) -> None:
    """Put a file where the project has its own, and read what it declares. Raises what the reading raises."""
    target = home.root / case.place
    kept = target.read_bytes() if target.exists() else None
    shutil.copyfile(case.path, target)
    try:
        reader_of(case.place)(home, target)
    finally:
        if kept is None:
            target.unlink()
        else:
            target.write_bytes(kept)


def reader_of(place: str) -> Callable[[Project, Path], object]:
    """Return what reads a declared file."""
    if place == "params.yaml":
        return lambda project, path: read_settings(path, project.root)
    if place.startswith("data/sources/"):
        return lambda project, path: read_sidecar(path, project)
    if place.startswith("expectations/"):
        return lambda project, path: read_suite(path, project)
    readers: dict[str, Callable[[Project], object]] = {
        "corrections.yml": lambda project: read_corrections(project, read_catalogue(project)),
        "targets.yml": read_targets,
        "indicators.yml": read_indicators,
        "disclosure.yml": read_policy,
        "vintages.yml": read_thresholds,
        "publications.yml": read_publications,
    }
    reader = readers.get(Path(place).name, read_reference)
    return lambda project, _: reader(project)


def failing_checks(home: Project, case: Case) -> dict[str, str]:
    """Stage a file with what ships, run the expectations it names, and return those that fail with their messages."""
    source = read_catalogue(home)[case.source]
    files = sorted(case.path.iterdir()) if case.path.is_dir() else [case.path]
    tried = try_out(home, source, files)
    sides = standing(home, source, tried.tables, tried.layout, tried.layout)
    tables = sides.after if sides else tried.tables
    found: dict[str, str] = {}
    for table in source.tables:
        name = table.name(source.id)
        write_parquet(home.staging / f"{name}.parquet", tables[name], table.grain)
    try:
        for table in source.tables:
            suite = _suites()[table.name(source.id)]
            due = tuple(item for item in suite.expectations if item.id in case.fails)
            if not due:
                continue
            with Tables(home, SETTINGS, read_dictionary(home)) as opened:
                checks, _ = check_table(opened, suite.model_copy(update={"expectations": due}), SETTINGS)
            found |= {check.id: check.message["en"] for check in checks if check.outcome == "fail"}
    finally:
        shutil.rmtree(home.staging)
    return found


@cache
def _suites() -> Mapping[str, Any]:
    return read_suites(Project(FIXTURES.parent.parent), "staging")
