"""Taking in: shipped figures and simulated registers are copied to `data/raw`; what analysts added is checked.

Bytes are never edited. Every folder `data/raw/<source>/<vintage>/` has its receipt, `vintage.yml`.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import yaml

from pipelines.kernel.catalogue import Catalogue, Origin, Source, Vintage, read_catalogue
from pipelines.kernel.files import replacing_folder, sha256_of
from pipelines.kernel.freshness import Freshness
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project, Settings
from pipelines.kernel.received import RECEIPT, Received, describe_file, read_receipt, write_receipt
from pipelines.kernel.report import StageReport

SIMULATED = "simulated"
"""Vintage under which the generator's registers are taken in."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One vintage that the project itself provides, checked and ready to be copied."""

    source: Source
    vintage: str
    origin: Origin
    files: tuple[Path, ...]


def take_in_all(project: Project, settings: Settings) -> StageReport:
    """Bring `data/raw` up to date. Everything is checked before anything is copied."""
    del settings  # every vintage is taken in; what an edition may use is decided later
    catalogue = read_catalogue(project)
    freshness = Freshness(project, "acquire")
    deliveries: list[Delivery] = []
    problems: list[Problem] = []
    for source in catalogue.sources.values():
        try:
            _check_added(project, source)
            deliveries += _deliveries(project, source)
        except BadInput as error:
            problems += error.problems
    if problems:
        raise BadInput(problems)
    items: list[str] = []
    for delivery in deliveries:
        item = f"{delivery.source.id}/{delivery.vintage}"
        items.append(item)
        folder = project.raw / delivery.source.id / delivery.vintage
        outputs = [folder / RECEIPT, *(folder / path.name for path in delivery.files)]
        fingerprint = freshness.fingerprint(delivery.files, {"origin": delivery.origin})
        if not freshness.is_fresh(item, fingerprint if _is_whole(project, folder) else "", outputs):
            copy_in(project, delivery)
            freshness.remember(item, fingerprint)
    freshness.forget_others(items)
    notes = [
        f"{project.shown(folder)} was removed: the project no longer provides it."
        for folder in _remove_others(project, catalogue, items)
    ]
    return StageReport(tuple(freshness.made), tuple(freshness.kept), tuple(notes))


def copy_in(project: Project, delivery: Delivery) -> Received:
    """Copy the files of a delivery and write their receipt, the whole folder in one rename; return the receipt."""
    received = Received(
        source=delivery.source.id,
        vintage=delivery.vintage,
        layout=delivery.vintage,
        origin=delivery.origin,
        files=tuple(describe_file(path) for path in delivery.files),
    )
    copy_files(project, received, delivery.files)
    return received


def copy_files(project: Project, received: Received, files: Sequence[Path]) -> Path:
    """Put files and receipt into `data/raw/<source>/<vintage>`, whole or not at all; return the folder."""
    folder = project.raw / received.source / received.vintage
    with replacing_folder(folder) as part:
        for path in files:
            shutil.copyfile(path, part / path.name)
        write_receipt(part, received)
    return folder


def _deliveries(project: Project, source: Source) -> list[Delivery]:
    if source.personal:
        folder = project.simulated / source.id
        files = sorted(path for path in folder.glob("*") if path.is_file() and path.name[0] != ".")
        # A real register takes the place of the simulated one, which then is not even taken in: nothing mentions it.
        is_replaced = any(path.parent.name != SIMULATED for path in (project.raw / source.id).glob(f"*/{RECEIPT}"))
        return [Delivery(source, SIMULATED, "simulated", tuple(files))] if files and not is_replaced else []
    return [
        Delivery(source, vintage.id, source.origin, _shipped_files(project, vintage))
        for vintage in source.vintages
        if vintage.shipped
    ]


def _shipped_files(project: Project, vintage: Vintage) -> tuple[Path, ...]:
    """Return the shipped files of a vintage, each checked against the hash in its own sidecar."""
    files: list[Path] = []
    problems: list[Problem] = []
    for name in vintage.files:
        path = project.baseline / name
        try:
            _check_shipped(project, path)
            files.append(path)
        except BadInput as error:
            problems += error.problems
    if problems:
        raise BadInput(problems)
    return tuple(files)


def _check_shipped(project: Project, path: Path) -> None:
    shown, note = project.shown(path), path.with_suffix(".yml")
    restore = "Restore both with `git checkout -- data/baseline`, or make them again with `observatoire baseline`."
    for needed in (path, note):
        if not needed.is_file():
            raise BadInput(Problem(project.shown(needed), "The file is missing", restore))
    try:
        said = yaml.safe_load(note.read_text(encoding="utf-8"))["sha256"]
    except (yaml.YAMLError, KeyError, TypeError, UnicodeDecodeError) as error:
        raise BadInput(Problem(project.shown(note), "The sidecar is damaged or gives no hash", restore)) from error
    found = sha256_of(path)
    if said != found:
        raise BadInput(
            Problem(
                shown,
                f"The file's hash is not the one its sidecar gives, {str(said)[:12]}",
                restore,
                column="sha256",
                value=found[:12],
            )
        )


def _check_added(project: Project, source: Source) -> None:
    """Check the vintages that analysts added; write the receipt of those dropped in by hand under a known name."""
    problems: list[Problem] = []
    provided = {SIMULATED, *(vintage.id for vintage in source.vintages if vintage.shipped)}
    for folder in sorted((project.raw / source.id).glob("*")):
        if not folder.is_dir() or folder.name[0] == "." or folder.name in provided:
            continue
        try:
            if (folder / RECEIPT).exists():
                read_receipt(project, folder)
            else:
                _receive_by_hand(project, source, folder)
        except BadInput as error:
            problems += error.problems
    if problems:
        raise BadInput(problems)


def _receive_by_hand(project: Project, source: Source, folder: Path) -> None:
    known = {vintage.id: vintage for vintage in source.vintages if not vintage.shipped}
    if folder.name not in known:
        raise BadInput(
            Problem(
                project.shown(folder),
                "The sidecar has no vintage of this name",
                f"Name the folder {' or '.join(known)}, or use `observatoire add FILE --source {source.id}`.",
            )
        )
    files = sorted(path for path in folder.iterdir() if path.is_file() and path.name[0] != ".")
    names = (f"{source.id}.parquet",) if source.personal else known[folder.name].files
    unknown = [path for path in files if not any(fnmatchcase(path.name, name) for name in names)]
    if unknown or not files:
        raise BadInput(
            Problem(
                project.shown(unknown[0] if unknown else folder),
                "This vintage is made of files with other names" if unknown else "The folder holds no file",
                f"Move it out and use `observatoire add FILE --source {source.id}`, which keeps tokens only."
                if source.personal
                else f"Its files are called {', '.join(known[folder.name].files)}.",
            )
        )
    write_receipt(
        folder,
        Received(
            source=source.id,
            vintage=folder.name,
            layout=folder.name,
            origin="observed" if source.origin == "simulated" else source.origin,
            files=tuple(describe_file(path) for path in files),
        ),
    )


def _is_whole(project: Project, folder: Path) -> bool:
    """Say whether a copy that the project itself made is still what its receipt says."""
    try:
        read_receipt(project, folder)
    except BadInput:
        return False
    return True


def _remove_others(project: Project, catalogue: Catalogue, items: list[str]) -> list[Path]:
    """Remove copies that the project made and no longer provides; what analysts added stays."""
    gone = []
    for folder in sorted(project.raw.glob("*/*")):
        item = f"{folder.parent.name}/{folder.name}"
        source = catalogue.sources.get(folder.parent.name)
        names = {SIMULATED, "baseline", *(v.id for v in (source.vintages if source else ()) if v.shipped)}
        if folder.is_dir() and folder.name in names and item not in items:
            shutil.rmtree(folder)
            gone.append(folder)
            if not any(folder.parent.iterdir()):
                folder.parent.rmdir()
    return gone
