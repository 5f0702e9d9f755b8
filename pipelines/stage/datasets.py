"""The stage at work: which datasets are out of date, their tables written, tables of vanished datasets removed."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from pipelines.kernel.catalogue import Catalogue, Source, Vintage, read_catalogue
from pipelines.kernel.files import into_place, remove, write_parquet
from pipelines.kernel.freshness import Freshness
from pipelines.kernel.known import known_folders, order_of
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project, Settings
from pipelines.kernel.received import RECEIPT, Received, read_receipt
from pipelines.kernel.reference import read_reference
from pipelines.kernel.report import StageReport
from pipelines.kernel.store import table_path
from pipelines.stage.registers import write_staging
from pipelines.stage.staging import Tables, combine, stage_vintage
from pipelines.stage.years import Years, is_large


def stage_all(project: Project, settings: Settings) -> StageReport:
    """Write the staging tables of every dataset that is out of date.

    Nothing is written for any dataset as long as one has a problem: all are staged first, then written.
    """
    # Of the settings threads and memory count, and the edition where it comes before a vintage: what was published
    # after it is left aside. For the rest staging says what the sources say; years are cut further on.
    project.data.mkdir(exist_ok=True)
    with TemporaryDirectory(prefix=".stage-", dir=project.data) as folder:
        return _stage_all(project, settings, Path(folder))


def _stage_all(project: Project, settings: Settings, aside: Path) -> StageReport:
    """Do what `stage_all` says; registers, too large to be held, wait in the folder `aside`."""
    catalogue = read_catalogue(project)
    freshness = Freshness(project, "stage")
    ready: list[tuple[Source, str, Tables]] = []
    problems: list[Problem] = []
    present: list[str] = []
    notes: list[str] = []
    unknown: set[str] = set()
    years = Years(project, freshness)
    by_year = is_large(project, (source for source in catalogue.sources.values() if source.personal))
    for source in catalogue.sources.values():
        folders, later = known_folders(project, source, settings.edition)
        notes += [_left_aside(project, folder, first) for folder, first in later.items()]
        if not folders:
            unknown |= {table.name(source.id) for table in source.tables} if later else set()
            continue
        present.append(source.id)
        inputs = [*folders, project.sources / f"{source.id}.yml"]
        if source.personal:  # a register's codes are checked against the reference while it is read
            inputs += project.reference.glob("ref_*.csv")
        fingerprint = freshness.fingerprint(inputs, {"by year": by_year} if source.personal else None)
        outputs = [table_path(project, table.name(source.id)) for table in source.tables]
        if freshness.is_fresh(source.id, fingerprint, outputs):
            continue
        if source.personal and not any(earlier.personal for earlier, _, _ in ready):
            read_reference(project)  # a fault of a code list is named there, not as a thousand unknown codes here
        try:
            if source.personal:
                cut = years.of(source, table_path(project, source.tables[0].name(source.id))) if by_year else None
                held = _register_folders(project, source, folders)
                write_staging(project, source, held, aside / source.id, settings.threads, cut, settings.memory)
                ready.append((source, fingerprint, {}))
            else:
                ready.append((source, fingerprint, stage_source(project, source, folders)))
        except BadInput as error:
            problems += error.problems
    if problems:
        raise BadInput(problems)
    for source, fingerprint, tables in ready:
        for table in source.tables:
            name = table.name(source.id)
            if source.personal:
                project.staging.mkdir(parents=True, exist_ok=True)
                into_place(aside / source.id, table_path(project, name))
            else:
                write_parquet(table_path(project, name), tables[name], table.grain)
        freshness.remember(source.id, fingerprint)
    freshness.remember_all(years.fingerprints)
    freshness.forget_others([*present, *years.items(present)])
    removed = _remove_others(project, catalogue, present)
    notes += [f"{name} was removed: its dataset has gone." for name in removed if name not in unknown]
    return StageReport(tuple(freshness.made), tuple(freshness.kept), tuple(notes))


def stage_source(project: Project, source: Source, folders: list[Path]) -> Tables:
    """Return the staging tables of one dataset from the vintage folders given, the latest last."""
    staged: list[tuple[Vintage, Tables]] = []
    problems: list[Problem] = []
    for folder, receipt in _received(project, source, folders):
        try:
            vintage = vintage_of(project, source, folder, receipt)
            files = {project.shown(folder / item.file): folder / item.file for item in receipt.files}
            staged.append((vintage, stage_vintage(source, vintage, files, receipt.origin)))
        except BadInput as error:
            problems += error.problems
    if problems:
        raise BadInput(problems)
    return combine(source, staged)


def _received(project: Project, source: Source, folders: list[Path]) -> list[tuple[Path, Received]]:
    """Return the folders to stage and their receipts, the latest last."""
    received = [(folder, read_receipt(project, folder)) for folder in folders]
    if any(receipt.origin != "simulated" for _, receipt in received):
        # A real register takes the place of the simulated one as a whole: their people are not the same.
        received = [(folder, receipt) for folder, receipt in received if receipt.origin != "simulated"]
    return sorted(received, key=lambda item: order_of(source, item[1]))


def _register_folders(project: Project, source: Source, folders: list[Path]) -> list[Path]:
    received = _received(project, source, folders)
    for folder, receipt in received:
        vintage_of(project, source, folder, receipt)
    return [folder for folder, _ in received]


def _left_aside(project: Project, folder: Path, first: int) -> str:
    return (
        f"{project.shown(folder)} was published in {first}, after this edition, which does not use it: "
        f"`observatoire run --edition {first}` does."
    )


def vintage_of(project: Project, source: Source, folder: Path, receipt: Received) -> Vintage:
    """Return the layout that a receipt names. Raises `BadInput` when the sidecar has none of this name."""
    try:
        return source.vintage(receipt.layout)
    except KeyError as error:
        raise BadInput(
            Problem(
                project.shown(folder / RECEIPT),
                "The sidecar has no vintage of this name",
                f"Use one of: {', '.join(vintage.id for vintage in source.vintages)}; or describe it in the sidecar.",
                column="layout",
                value=receipt.layout,
            )
        ) from error


def _remove_others(project: Project, catalogue: Catalogue, present: list[str]) -> list[str]:
    """Remove staging tables that no present dataset makes; return their names."""
    kept = {name for name, (source, _) in catalogue.tables.items() if source.id in present}
    gone = [path for path in sorted(project.staging.glob("stg_*.parquet")) if path.stem not in kept]
    for path in gone:
        remove(path)
    return [path.stem for path in gone]
