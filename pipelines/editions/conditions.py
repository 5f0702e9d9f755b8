"""What must hold before `build/` becomes an edition: each condition is a function that refuses in one line."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from typing import Any

from pipelines.editions.comparing import read_manifest
from pipelines.editions.names import EditionName
from pipelines.editions.sums import hashes_below
from pipelines.kernel import ledger
from pipelines.kernel.audited import editions_seen
from pipelines.kernel.files import sha256_of
from pipelines.kernel.problems import BadInput, CheckFailed, Problem
from pipelines.kernel.project import Project

FROZEN = ("data", "site")
"""Folders of `build/` that are public."""

WRITTEN = ("editions/", f"{ledger.FOLDER}/", "dvc.lock")
"""What sealing and running write themselves: no change that a commit must hold first."""


def built_as_left(project: Project) -> dict[str, Any]:
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


def clean_commit(project: Project) -> str:
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


def refuse_same(project: Project, names: list[EditionName], files: Mapping[str, str]) -> None:
    """Raise `BadInput` when an edition holds exactly these files of `build/` (path → SHA-256)."""
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


def remembered_editions(project: Project, name: EditionName) -> dict[str, str]:
    """Return edition → SHA-256 of its lines in the ledger. Raises `CheckFailed` when the audit did not see one."""
    found = {path.stem: sha256_of(path) for path in ledger.published_editions(project) if path.stem != str(name)}
    unseen = sorted(found.keys() - editions_seen(project))
    if unseen:
        raise CheckFailed(
            f"Edition {unseen[0]} was published, and what stands in build/ was not audited beside it: together they "
            "might tell what each of them hides. Run `observatoire run`, then seal."
        )
    return found
