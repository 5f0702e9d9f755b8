"""What this folder and this machine are like: room, rights, the key, the data, who is at work, git."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from pipelines.doctor.finding import Finding
from pipelines.kernel.problems import BadInput
from pipelines.kernel.project import Project, read_settings

ROOM = 2.0
"""GB of free disk below which a run is at risk: it keeps data and report, old and new, side by side for a moment."""

MEMORY = 2.0
"""GB of free memory below which a run may be slow: the stages that draw figures run side by side."""

_LOCKS = (".dvc/tmp/lock", "data/.command.lock")
_LEFT_OVER = (".*.part", ".*.old", ".compare-*")


def settings(project: Project) -> Finding:
    """Read params.yaml."""
    try:
        chosen = read_settings(project.root / "params.yaml", project.root)
    except BadInput as error:
        return Finding(
            "settings", "missing", error.problems[0].line(), "No run can begin.", "Mend that line.", is_essential=True
        )
    return Finding("settings", "ok", f"edition {chosen.edition}, report in {chosen.lang}", is_essential=True)


def write_access(project: Project) -> Finding:
    """Try to write where a run writes."""
    refused = []
    for folder in (project.data, project.build):
        where = folder if folder.exists() else folder.parent
        try:
            with tempfile.NamedTemporaryFile(dir=where, prefix=".doctor-"):
                pass
        except OSError:
            refused.append(project.shown(folder))
    if not refused:
        return Finding("write access", "ok", "data/ and build/ can be written", is_essential=True)
    return Finding(
        "write access", "missing", f"{' and '.join(refused)} cannot be written", "No run can keep what it makes.",
        "Ask for the right to write there, or work on a copy of your own.", is_essential=True,
    )  # fmt: skip


def disk(project: Project) -> Finding:
    """Look at the free disk."""
    free = shutil.disk_usage(project.root).free / 1e9
    if free >= ROOM:
        return Finding("disk", "ok", f"{free:.0f} GB free")
    return Finding(
        "disk", "note", f"{free:.1f} GB free", "A run may stop for want of room; what it replaces is then kept.",
        f"Free {ROOM:.0f} GB; `make clean` removes what the stages make again.",
    )  # fmt: skip


def memory(project: Project) -> Finding:
    """Look at the free memory, where the system tells it."""
    del project
    free = _free_memory()
    if free is None:
        return Finding("memory", "ok", "not told by this system")
    if free >= MEMORY:
        return Finding("memory", "ok", f"{free:.1f} GB free")
    return Finding(
        "memory", "note", f"{free:.1f} GB free", "A run may be slow, or be stopped by the system.",
        "Close other programs, or give `--threads 1`.",
    )  # fmt: skip


def key(project: Project) -> Finding:
    """Say whether a key is set that would be taken; never which."""
    from pipelines.kernel.identity import KEY, KEY_FILE, tokeniser_of

    try:
        tokeniser_of(project)
    except BadInput as error:
        is_set = bool(os.environ.get(KEY, "").strip() or os.environ.get(KEY_FILE))
        problem = error.problems[0]
        return Finding(
            "key", "note", f"{problem.rule} ({problem.file})" if is_set else "not set",
            "Simulated registers and open data need none; a real register is not taken in without it.", problem.mend,
        )  # fmt: skip
    return Finding("key", "ok", "set, and fit for use (not shown)")


def data_at_hand(project: Project) -> Finding:
    """Say which data lie there, and whether a report was made of them."""
    shipped = len(list(project.baseline.glob("*.csv")))
    sidecars = len(list(project.sources.glob("*.yml")))
    if not shipped or not sidecars:
        return Finding(
            "data", "missing", f"{shipped} shipped tables, {sidecars} sidecars", "There is nothing to report on.",
            "Restore them with `git checkout -- data`.", is_essential=True,
        )  # fmt: skip
    vintages = [path.parent.name for path in project.raw.glob("*/*/vintage.yml")]
    added = sum(name not in ("baseline", "simulated") for name in vintages)
    waiting = sum(
        1 for path in (project.data / "fetched").glob("*/*") if path.is_file() and path.name != "fetched.json"
    )
    found = f"{sidecars} datasets described, {shipped} shipped tables, {len(vintages)} vintages ({added} added)"
    found += f", {waiting} fetched and waiting" if waiting else ""
    if (project.build / "site" / "index.html").exists():
        return Finding("data", "ok", f"{found}; a report in build/", is_essential=True)
    return Finding("data", "note", f"{found}; no report yet", "There is nothing to look at.",
                   "`observatoire run` makes it.", is_essential=True)  # fmt: skip


def locks(project: Project) -> Finding:
    """Say whether another command is at work here. The locks go with the process that holds them: none is stale."""
    held = [name for name in _LOCKS if _is_held(project.root / name)]
    if not held:
        return Finding("lock", "ok", "no other command is at work here")
    return Finding(
        "lock", "note", f"another command is at work here ({', '.join(held)})", "A second run would have to wait.",
        "Wait until it ends; the lock goes with it, and need never be removed by hand.",
    )  # fmt: skip


def leftovers(project: Project) -> Finding:
    """Look for what an interrupted command left behind."""
    found = [path for pattern in _LEFT_OVER for folder in _made(project) for path in folder.glob(pattern)]
    if not found:
        return Finding("leftovers", "ok", "nothing was left by an interrupted command")
    shown = ", ".join(project.shown(path) for path in found[:3]) + ("…" if len(found) > 3 else "")
    return Finding(
        "leftovers", "note", f"{len(found)} left by an interrupted command: {shown}",
        "They take room and change no figure.", "Remove them while no command is at work.",
    )  # fmt: skip


def git_state(project: Project) -> Finding:
    """Say at which commit this folder is, and whether something was changed since."""
    if shutil.which("git") is None:
        return Finding("git", "note", "not installed", "Nothing can be sealed: nobody could say which code made it.",
                       "Install git.")  # fmt: skip
    commit = _git(project, "log", "-1", "--format=%h of %as")
    if commit is None:
        return Finding(
            "git", "note", "this folder is not a repository with a commit",
            "Nothing can be sealed: nobody could say which code made it.", "Work in a clone.",
        )  # fmt: skip
    changed = _git(project, "status", "--porcelain")
    if changed is None:
        return Finding("git", "note", f"at {commit}; its state was not told in time", "Sealing will look again.")
    count = len(changed.splitlines())
    if not count:
        return Finding("git", "ok", f"at {commit}, nothing changed since")
    return Finding(
        "git", "note", f"at {commit}, {count} file(s) changed since", "A run takes them as they are; sealing refuses.",
        "Commit them, or take them back, before you seal.",
    )  # fmt: skip


def _made(project: Project) -> list[Path]:
    """Return the folders in which something is replaced by a rename."""
    folders = [project.root, project.data, project.build, project.data / "fetched"]
    below = (project.raw, project.data / "fetched")
    named = [folder for folder in project.data.glob("[a-z]*") if folder.is_dir()]
    return [*folders, *named, *(item for folder in below for item in folder.glob("*") if item.is_dir())]


def _is_held(path: Path) -> bool:
    if os.name != "posix" or not path.exists():
        return False
    import fcntl

    try:
        with path.open("r") as stream:
            fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _free_memory() -> float | None:
    """Return the GB of memory a program may still have; `None` where the system does not tell."""
    table = Path("/proc/meminfo")
    if not table.exists():
        return None
    rows = dict(line.split(":", 1) for line in table.read_text(encoding="ascii").splitlines() if ":" in line)
    return int(rows["MemAvailable"].split()[0]) / 1e6 if "MemAvailable" in rows else None


def _git(project: Project, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=project.root, capture_output=True, text=True, check=False, timeout=3.0
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip("\n") if done.returncode == 0 else None
