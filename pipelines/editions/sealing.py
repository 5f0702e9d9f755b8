"""`observatoire seal`: what is public becomes an edition, whole or not at all, never written again."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pipelines.editions.citation import citation_files
from pipelines.editions.comparing import explained_revisions
from pipelines.editions.conditions import FROZEN, built_as_left, clean_commit, refuse_same, remembered_editions
from pipelines.editions.extras import CRATE, crate, write_database
from pipelines.editions.history import Told, bring_up_to_date, tell_build, write_past
from pipelines.editions.names import MEANING, EditionName, next_name, sealed_names
from pipelines.editions.statement import quality_statement
from pipelines.editions.sums import SUMS, hashes_below, sums_text
from pipelines.kernel import ledger
from pipelines.kernel.files import sha256_of
from pipelines.kernel.lineage import lineage
from pipelines.kernel.problems import CheckFailed
from pipelines.kernel.project import Project
from pipelines.kernel.revisions import Revision

AT_ONCE = 32
"""Files brought to the disk at once."""

READ_ME = """{title}

Édition {name}, scellée le {day}. Rien ici ne sera modifié : une correction paraît sous un autre numéro.
Edition {name}, sealed on {day}. Nothing here will change: a correction appears under another number.

site/index.html         le rapport, dans un navigateur, sans réseau / the report, in a browser, no network needed
observatoire-{year}.pdf    le rapport à imprimer / the report to print
data/                   les tableaux (CSV, Parquet, XLSX, SDMX) / the tables
data/observatoire.duckdb  les mêmes dans une base, commentés / the same in a database, with comments
ro-crate-metadata.json  ce que contient le dossier (RO-Crate) / what the folder holds
manifest.json           empreintes, entrées, versions, paramètres / hashes, inputs, versions, parameters
quality.json            contrôles passés, en échec, dispensés / checks run, failed, waived
CITATION.cff, citation.* comment citer / how to cite
historique/             ce que chaque chiffre était dans les éditions d'avant / what figures were in editions before
SHA256SUMS              `sha256sum -c SHA256SUMS` vérifie chaque octet / verifies every byte
"""


@dataclass(frozen=True, slots=True)
class Sealed:
    """An edition just made: its name, its folder, the revisions it brings to the one before."""

    name: EditionName
    folder: Path
    revisions: tuple[Revision, ...]
    since: EditionName | None


def seal(project: Project, today: date, *, allow_simulated: bool = False, note: str = "") -> Sealed:
    """Freeze what `build/` holds into `editions/<year>.<number>/`.

    What it shows goes into the ledger just before it begins to exist: killed in between, sealing leaves a line too many
    (which hides more than it must, of an edition that nobody saw), never an edition that the next one does not know of.

    Raises `BadInput` when nothing was built, `build/` is not what the run left, or the same content was sealed before;
    `CheckFailed` on a critical failure, simulated data that nobody allowed, a work tree with changes, a revision beyond
    its tolerance that nothing explains, or an edition in the ledger that the audit did not see: nothing is written.
    """
    bring_up_to_date(project)  # what a sealing that was killed did not come to
    built = built_as_left(project)
    commit = clean_commit(project)
    statement = quality_statement(project)
    simulated = sorted({item["source"] for item in built["inputs"] if item["origin"] == "simulated"})
    if simulated and not built["settings"]["observed_only"] and not allow_simulated:
        raise CheckFailed(
            f"Simulated data stand in what would be sealed ({', '.join(simulated)}). Put real registers in their "
            "place, run with --observed-only, or say --allow-simulated: the edition then bears the mention for ever."
        )
    names = sealed_names(project)
    refuse_same(project, names, built["files"])
    name = _free_name(project, names, int(built["edition"]))
    earlier = [item for item in names if item < name]  # a replay of 2012 follows 2012.1, whatever was sealed since
    before = earlier[-1] if earlier else None
    now = lineage(project)
    revisions = explained_revisions(project, before, now) if before is not None else []

    remembered = remembered_editions(project, name)
    project.editions.mkdir(exist_ok=True)
    _sweep(project.editions)
    part = Path(tempfile.mkdtemp(prefix=f".{name}.", suffix=".part", dir=project.editions))
    was_recorded = ledger.path_of(project, str(name)).exists()
    try:
        for folder in FROZEN:
            shutil.copytree(project.build / folder, part / folder)
        pdf = f"observatoire-{name.year}.pdf"
        shutil.copyfile(project.build / pdf, part / pdf)
        _write(part / "quality.json", _json(statement))
        title = "Observatoire statistique du SRESR, IUT de Midi-Pyrénées"
        _write(part / "README.txt", READ_ME.format(title=title, name=name, day=today, year=name.year))
        write_database(part)
        causes = {revision.key: list(revision.causes) for revision in revisions}
        write_past(part, project, Told(str(name), today.isoformat(), part, causes))
        is_simulated = bool(simulated) and not built["settings"]["observed_only"]
        listed = [*hashes_below(part), "manifest.json", *citation_files(name, today, "", is_simulated=is_simulated)]
        _write(part / CRATE, _json(crate(name, today, listed, is_simulated=is_simulated)))
        content = hashes_below(part)
        manifest = {
            "edition": str(name),
            "sealed_on": today.isoformat(),
            "numbering": MEANING,
            "note": note,
            "simulated": simulated if is_simulated else [],
            "commit": commit,
            "before": None if before is None else {"edition": str(before), "sha256": _sums_hash(project, before)},
            "earlier": {str(item): _sums_hash(project, item) for item in earlier},
            "settings": built["settings"],
            "software": built["software"],
            "inputs": built["inputs"],
            "ledger": remembered,
            "lineage": now,
            "revisions": [_told(revision) for revision in revisions],
            "built": sorted(built["files"]),
            "files": content,
        }
        _write(part / "manifest.json", _json(manifest))
        digest = sha256_of(part / "manifest.json")
        for file, text in citation_files(name, today, digest, is_simulated=is_simulated).items():
            _write(part / file, text)
        _write(part / SUMS, sums_text(hashes_below(part)))
        _make_durable(part)
        ledger.record(project, str(name), part / "data")
        part.rename(project.editions / str(name))  # the one moment at which the edition begins to exist
        (project.editions / str(name)).chmod(0o555)
    except BaseException:
        _remove(part)
        if not was_recorded and not (project.editions / str(name)).exists():
            ledger.path_of(project, str(name)).unlink(missing_ok=True)
        raise
    bring_up_to_date(project)
    tell_build(project, name.year)
    return Sealed(name, project.editions / str(name), tuple(revisions), before)


def _free_name(project: Project, names: list[EditionName], year: int) -> EditionName:
    """Return the next name, past those under which the ledger remembers other figures.

    A killed sealing leaves such a line, and so does an edition whose folder was taken away: neither name is free.
    """
    name = next_name(names, year)
    while not ledger.can_record(project, str(name), project.build / "data"):
        name = EditionName(name.year, name.number + 1)
    return name


def _told(revision: Revision) -> dict[str, Any]:
    return {
        "figure": revision.key,
        "old": revision.old,
        "new": revision.new,
        "old_flag": revision.old_flag,
        "new_flag": revision.new_flag,
        "change": revision.change,
        "size": revision.size,
        "causes": list(revision.causes),
        "is_proven": revision.is_proven,
        "text": None if revision.text is None else revision.text.model_dump(),
    }


def _sums_hash(project: Project, name: EditionName) -> str:
    return sha256_of(project.editions / str(name) / SUMS)


def _json(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _make_durable(folder: Path) -> None:
    """Make every file read-only and bring it to the disk before the rename, the folders last.

    Many at once: the disk then writes its journal once for all of them, which takes a tenth of the time.
    """
    paths = sorted(folder.rglob("*"), reverse=True)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(_to_disk, [path for path in paths if path.is_file()]))
    for path in paths:
        path.chmod(0o555 if path.is_dir() else 0o444)
    folder.chmod(0o755)  # some systems do not rename a folder that is read-only: it becomes so afterwards


def _to_disk(path: Path) -> None:
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


def _sweep(editions: Path) -> None:
    """Remove what a killed sealing left behind."""
    for path in editions.glob(".*.part"):
        _remove(path)


def _remove(folder: Path) -> None:
    for path in [folder, *folder.rglob("*")] if folder.exists() else []:
        if path.is_dir():
            path.chmod(0o755)
    shutil.rmtree(folder, ignore_errors=True)
