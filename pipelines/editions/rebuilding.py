"""`observatoire rebuild`: make a sealed edition again from its inputs, and say whether the bytes agree."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipelines.editions.comparing import read_manifest
from pipelines.editions.conditions import built_files
from pipelines.editions.names import EditionName
from pipelines.editions.sums import SUMS, listed_hashes
from pipelines.kernel.files import sha256_of
from pipelines.kernel.ledger import path_of, published_editions
from pipelines.kernel.problems import BadInput, CheckFailed, Problem
from pipelines.kernel.project import Project
from pipelines.kernel.sealed import MANIFEST, STATES, VALUES

MADE_BY_A_RUN = ("baseline", "simulated")
"""Vintages that the commit itself brings or makes; any other was added and must still be at hand."""

Runner = Callable[[Project, Mapping[str, Any]], None]
"""Makes the report in a folder, from the settings given."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What came out: files with the same bytes, files with others, files that were not made, libraries that differ."""

    same: tuple[str, ...]
    other: tuple[str, ...]
    missing: tuple[str, ...]
    versions: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        """True when every file of the edition came out byte for byte."""
        return not self.other and not self.missing


def rebuild(project: Project, name: EditionName, run: Runner | None = None) -> Rebuilt:
    """Check out the edition's commit in a folder that goes afterwards, bring its inputs, run, compare.

    Raises `BadInput` when the commit or an input is no longer at hand, `CheckFailed` when the run fails there.
    """
    manifest = read_manifest(project, name)
    with tempfile.TemporaryDirectory(prefix="rebuild-") as scratch:
        clone = _checked_out(project, str(manifest["commit"]), Path(scratch) / "observatory")
        _bring_inputs(project, clone, manifest["inputs"])
        _bring_ledger(project, clone, manifest.get("ledger", {}))
        _bring_editions(project, clone, manifest.get("earlier", {}))
        text = yaml.safe_dump(manifest["settings"], sort_keys=True)
        (clone.root / "params.yaml").write_text(text, encoding="utf-8")
        (run or _run_there)(clone, manifest)
        made = built_files(clone, name.year)
    sealed = {path: sha for path, sha in manifest["files"].items() if path in manifest["built"]}
    return Rebuilt(
        same=tuple(path for path, sha in sealed.items() if made.get(path) == sha),
        other=tuple(path for path, sha in sealed.items() if path in made and made[path] != sha),
        missing=tuple(path for path in sealed if path not in made),
        versions=tuple(_differing(manifest["software"])),
    )


def told(rebuilt: Rebuilt, name: EditionName) -> list[str]:
    """Return the result as lines."""
    lines = [f"{file}: other bytes than those sealed." for file in rebuilt.other]
    lines += [f"{file}: not made." for file in rebuilt.missing]
    lines += [f"Another version now: {version}." for version in rebuilt.versions]
    count = len(rebuilt.same) + len(rebuilt.other) + len(rebuilt.missing)
    if rebuilt.agrees:
        lines.append(f"{name} was made again from its inputs: all {count} files agree, byte for byte.")
    else:
        lines.append(f"{name} was made again from its inputs: {len(rebuilt.same)} of {count} files agree.")
    return lines


def _checked_out(project: Project, commit: str, target: Path) -> Project:
    for arguments in (
        ["clone", "--quiet", "--no-checkout", str(project.root), str(target)],
        ["-C", str(target), "checkout", "--quiet", "--detach", commit],
    ):
        done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise BadInput(
                Problem(
                    "git",
                    "The commit the edition was made from is no longer in this repository",
                    "Fetch it (`git fetch --all`), then rebuild.",
                    value=commit,
                )
            )
    return Project(target)


def _bring_inputs(project: Project, clone: Project, inputs: list[dict[str, Any]]) -> None:
    """Copy the vintages that were added, once each file is found to be the one that was sealed."""
    problems = []
    for item in inputs:
        if item["vintage"] in MADE_BY_A_RUN:
            continue
        folder = project.raw / item["source"] / item["vintage"]
        for file in item["files"]:
            path = folder / file["file"]
            if not path.is_file() or sha256_of(path) != file["sha256"]:
                problems.append(
                    Problem(
                        project.shown(path),
                        "The file the edition was made from is gone, or its bytes changed",
                        f"Put back the file whose sha256 is {file['sha256']}.",
                    )
                )
        if not problems:
            shutil.copytree(folder, clone.raw / item["source"] / item["vintage"])
    if problems:
        raise BadInput(problems)


def _bring_ledger(project: Project, clone: Project, known: Mapping[str, str]) -> None:
    """Lay before the run the editions that were published then, and no other: they are part of what it hides."""
    for path in published_editions(clone):
        path.unlink()
    problems = []
    for edition, sha in known.items():
        path = path_of(project, edition)
        if not path.is_file() or sha256_of(path) != sha:
            rule = "What the edition was protected with is gone, or its bytes changed"
            problems.append(Problem(project.shown(path), rule, f"Put back the file whose sha256 is {sha}."))
            continue
        path_of(clone, edition).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, path_of(clone, edition))
    if problems:
        raise BadInput(problems)


def _bring_editions(project: Project, clone: Project, earlier: Mapping[str, str]) -> None:
    """Lay before the run what the report may read of the editions sealed before it, and no other edition."""
    shutil.rmtree(clone.editions, ignore_errors=True)
    problems = []
    for edition, sha in earlier.items():
        folder = project.editions / edition
        sums = folder / SUMS
        listed = listed_hashes(folder) if sums.is_file() and sha256_of(sums) == sha else {}
        for file in (MANIFEST, VALUES, STATES):
            if file == STATES and listed and file not in listed:
                continue
            if not (folder / file).is_file() or sha256_of(folder / file) != listed.get(file):
                rule = "The edition this one was compared with is gone, or its bytes changed"
                mend = f"Put editions/{edition} back; `observatoire verify {edition}` says what is not as sealed."
                problems.append(Problem(project.shown(folder / file), rule, mend))
                continue
            target = clone.editions / edition / file
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / file, target)
    if problems:
        raise BadInput(problems)


def _run_there(clone: Project, manifest: Mapping[str, Any]) -> None:
    surroundings = {**os.environ, "PYTHONPATH": str(clone.root)}
    surroundings.pop("OBSERVATOIRE_HOME", None)
    done = subprocess.run(
        [sys.executable, "-m", "pipelines", "run", "--as-of", manifest["sealed_on"]],
        cwd=clone.root,
        env=surroundings,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        lines = (done.stderr or done.stdout).strip().splitlines()
        last = lines[-1] if lines else f"exit status {done.returncode}"
        raise CheckFailed(f"The edition could not be made again: {last}")


def _differing(software: Mapping[str, str]) -> list[str]:
    """Return the libraries whose version is not the one the edition was made with."""
    import platform
    from importlib.metadata import PackageNotFoundError, version

    found = []
    for library, was in sorted(software.items()):
        try:
            now = platform.python_version() if library == "python" else version(library)
        except PackageNotFoundError:
            now = "absent"
        if now != was:
            found.append(f"{library} {now}, then {was}")
    return found
