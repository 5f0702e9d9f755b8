"""`observatoire seal`: what is public becomes an edition, whole or not at all, never written again."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pipelines.editions.citation import citation_files
from pipelines.editions.extras import CRATE, crate, write_database
from pipelines.editions.lineage import lineage
from pipelines.editions.names import MEANING, EditionName, next_name, sealed_names
from pipelines.editions.revisions import Revision, changed_figures, explained, read_ledger, unexplained
from pipelines.editions.statement import quality_statement
from pipelines.editions.sums import SUMS, hashes_below, sums_text
from pipelines.kernel import ledger
from pipelines.kernel.audited import editions_seen
from pipelines.kernel.files import sha256_of
from pipelines.kernel.problems import BadInput, CheckFailed, Problem
from pipelines.kernel.project import Project

FROZEN = ("data", "site")
"""Folders of `build/` that are public."""

WRITTEN = ("editions/", f"{ledger.FOLDER}/", "dvc.lock")
"""What sealing and running write themselves: no change that a commit must hold first."""

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
    built = _built(project)
    commit = _clean_commit(project)
    statement = quality_statement(project)
    simulated = sorted({item["source"] for item in built["inputs"] if item["origin"] == "simulated"})
    if simulated and not built["settings"]["observed_only"] and not allow_simulated:
        raise CheckFailed(
            f"Simulated data stand in what would be sealed ({', '.join(simulated)}). Put real registers in their "
            "place, run with --observed-only, or say --allow-simulated: the edition then bears the mention for ever."
        )
    names = sealed_names(project)
    _refuse_same(project, names, built["files"])
    before = names[-1] if names else None
    now = lineage(project)
    revisions = _revisions(project, before, now)

    name = _free_name(project, names, int(built["edition"]))
    remembered = _remembered(project, name)
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
    return Sealed(name, project.editions / str(name), tuple(revisions), before)


def read_manifest(project: Project, name: EditionName) -> dict[str, Any]:
    """Return the manifest of a sealed edition."""
    content: dict[str, Any] = json.loads((project.editions / str(name) / "manifest.json").read_text(encoding="utf-8"))
    return content


def compared(project: Project, older: EditionName, newer: EditionName) -> list[Revision]:
    """Return the figures that two sealed editions do not give alike, with their reasons, the largest first."""
    import polars as pl

    old, new = (
        pl.read_parquet(project.editions / str(name) / "data" / "pub_values.parquet") for name in (older, newer)
    )
    lines = [read_manifest(project, name)["lineage"] for name in (older, newer)]
    return explained(changed_figures(old, new), lines[0], lines[1], read_ledger(project), str(older))


def _built(project: Project) -> dict[str, Any]:
    """Return `build/manifest.json`, once `build/` is found to hold exactly what it says."""
    path = project.build / "manifest.json"
    if not path.exists():
        raise BadInput(Problem(project.shown(path), "Nothing was built yet", "Run `observatoire run`, then seal."))
    built: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    found = built_files(project, int(built["edition"]))
    if found != built["files"]:
        differs = sorted(
            name for name in found.keys() | built["files"].keys() if found.get(name) != built["files"].get(name)
        )
        raise BadInput(
            Problem(f"build/{differs[0]}", "build/ is not what the last run left", "Run `observatoire run`, then seal.")
        )
    return built


def built_files(project: Project, year: int) -> dict[str, str]:
    """Return path → SHA-256 of everything public in `build/`, named as in an edition."""
    found = {
        f"{folder}/{name}": sha
        for folder in FROZEN
        if (project.build / folder).is_dir()
        for name, sha in hashes_below(project.build / folder).items()
    }
    pdf = project.build / f"observatoire-{year}.pdf"
    return found | ({pdf.name: sha256_of(pdf)} if pdf.exists() else {})


def _clean_commit(project: Project) -> str:
    """Return the commit of the work tree. Raises `CheckFailed` when files differ from it or there is none."""

    def git(*arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=project.root, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise CheckFailed(
                "This folder is not a git repository with a commit, so nobody could say which code made the edition. "
                "Commit the work tree, then seal."
            )
        return done.stdout

    changes = [
        line
        for line in git("status", "--porcelain", "--untracked-files=all").splitlines()
        if not line[3:].startswith(WRITTEN)
    ]
    if changes:
        first = changes[0][3:]
        raise CheckFailed(
            f"The work tree has {len(changes)} change(s) that no commit holds, {first} for one. Commit or remove them, "
            "run, then seal: an edition names the commit it was made from."
        )
    return git("rev-parse", "HEAD").strip()


def _free_name(project: Project, names: list[EditionName], year: int) -> EditionName:
    """Return the next name, past those under which the ledger remembers other figures.

    A killed sealing leaves such a line, and so does an edition whose folder was taken away: neither name is free.
    """
    name = next_name(names, year)
    while not ledger.can_record(project, str(name), project.build / "data"):
        name = EditionName(name.year, name.number + 1)
    return name


def _remembered(project: Project, name: EditionName) -> dict[str, str]:
    """Return edition → SHA-256 of its lines in the ledger. Raises `CheckFailed` when the audit did not see one."""
    found = {path.stem: sha256_of(path) for path in ledger.published_editions(project) if path.stem != str(name)}
    unseen = sorted(found.keys() - editions_seen(project))
    if unseen:
        raise CheckFailed(
            f"Edition {unseen[0]} was published, and what stands in build/ was not audited beside it: together they "
            "might tell what each of them hides. Run `observatoire run`, then seal."
        )
    return found


def _refuse_same(project: Project, names: list[EditionName], files: Mapping[str, str]) -> None:
    for name in reversed(names):
        sealed = read_manifest(project, name)["files"]
        if {path: sha for path, sha in sealed.items() if path in files} == dict(files):
            raise BadInput(
                Problem(
                    f"editions/{name}",
                    "This content was sealed already",
                    "Cite that edition; nothing new is to be sealed.",
                )
            )


def _revisions(project: Project, before: EditionName | None, now: Mapping[str, Mapping[str, str]]) -> list[Revision]:
    if before is None:
        return []
    import polars as pl

    given = read_ledger(project)
    old = pl.read_parquet(project.editions / str(before) / "data" / "pub_values.parquet")
    new = pl.read_parquet(project.build / "data" / "pub_values.parquet")
    was = read_manifest(project, before)["lineage"]
    found = explained(changed_figures(old, new), was, now, given, str(before))
    asked = unexplained(found, given)
    if asked:
        first = asked[0]
        causes = ", ".join(first.causes) or "none of which the manifests show"
        raise CheckFailed(
            f"{len(asked)} figure(s) changed since {before} beyond their tolerance and nothing proves why, "
            f"{first.key} for one ({first.old} then {first.new}; possible causes: {causes}). Give the reason in "
            f"data/reference/revisions.yml; `observatoire diff {before} build` lists them all."
        )
    return found


def compared_with_build(project: Project, older: EditionName) -> list[Revision]:
    """Return what would change if `build/` were sealed now, the largest first."""
    import polars as pl

    old = pl.read_parquet(project.editions / str(older) / "data" / "pub_values.parquet")
    new = pl.read_parquet(project.build / "data" / "pub_values.parquet")
    was = read_manifest(project, older)["lineage"]
    return explained(changed_figures(old, new), was, lineage(project), read_ledger(project), str(older))


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
    """Make every file read-only and bring it to the disk before the rename, the folders last."""
    for path in sorted(folder.rglob("*"), reverse=True):
        path.chmod(0o555 if path.is_dir() else 0o444)
        if path.is_file():
            with path.open("rb") as stream:
                os.fsync(stream.fileno())
    folder.chmod(0o755)  # some systems do not rename a folder that is read-only: it becomes so afterwards


def _sweep(editions: Path) -> None:
    """Remove what a killed sealing left behind."""
    for path in editions.glob(".*.part"):
        _remove(path)


def _remove(folder: Path) -> None:
    for path in [folder, *folder.rglob("*")] if folder.exists() else []:
        if path.is_dir():
            path.chmod(0o755)
    shutil.rmtree(folder, ignore_errors=True)
