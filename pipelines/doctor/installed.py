"""What is installed: Python and its libraries against the lock, the renderers, and what some verbs could use."""

from __future__ import annotations

import platform
import re
import shutil
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, distribution, version
from importlib.util import find_spec
from pathlib import Path

from pipelines.doctor.finding import Finding, answer_of
from pipelines.kernel.project import Project

OLDEST = (3, 11)
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_SETUP = "`make setup` installs it."
_NAME = re.compile(r"[A-Za-z0-9._-]+")


def python(project: Project) -> Finding:
    """Look at the interpreter."""
    del project
    found = f"{platform.python_version()} at {sys.executable}"
    if sys.version_info >= OLDEST:
        return Finding("Python", "ok", found, is_essential=True)
    oldest = ".".join(map(str, OLDEST))
    return Finding(
        "Python",
        "missing",
        found,
        f"The code is written for {oldest} and later: no command can be relied on.",
        f"Install Python {oldest} or later, then `make setup PYTHON=python{oldest}`.",
        is_essential=True,
    )


def libraries(project: Project) -> Finding:
    """Compare the libraries that `pyproject.toml` asks for with those the lock names."""
    try:
        asked = tomllib.loads((project.root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
        locked = _locked((project.root / "requirements.lock").read_text(encoding="utf-8"))
    except (OSError, KeyError, tomllib.TOMLDecodeError):
        return Finding(
            "libraries", "note", "no pyproject.toml or requirements.lock in this folder",
            "Whether the libraries are those that were tested cannot be said.",
            "Restore both with `git checkout -- pyproject.toml requirements.lock`.",
        )  # fmt: skip
    names = [_plain(found[0]) for text in asked if (found := _NAME.match(text))]
    here = {name: _version(name) for name in names}
    absent = [name for name, found in here.items() if found is None]
    if absent:
        return Finding(
            "libraries", "missing", f"{len(absent)} of {len(names)} are not installed: {', '.join(absent)}",
            "The stages that use them stop.", _SETUP.replace("it.", "them."), is_essential=True,
        )  # fmt: skip
    others = [
        f"{name} {found} (locked: {' or '.join(sorted(locked[name]))})"
        for name, found in here.items()
        if name in locked and found not in locked[name]
    ]
    if others:
        return Finding(
            "libraries", "note", f"{len(others)} of {len(names)} are not the locked version: {', '.join(others)}",
            "Figures should be the same; bytes of the report may differ from those of colleagues.",
            "`make setup` installs the locked ones.",
        )  # fmt: skip
    main = ", ".join(
        f"{name} {here[name]}" for name in ("duckdb", "polars", "dvc", "great-expectations") if name in here
    )
    return Finding("libraries", "ok", f"{len(names)} as locked ({main}…)", is_essential=True)


def command(project: Project) -> Finding:
    """Look at whether the code that runs is that of this folder."""
    ours = Path(__file__).resolve().is_relative_to(project.root.resolve())
    try:
        distribution("observatoire-sresr")
    except PackageNotFoundError:
        return Finding(
            "command", "note", "`observatoire` is not installed in this environment",
            "It is only reached as `python -m pipelines`, from this folder.", _SETUP,
        )  # fmt: skip
    if ours:
        return Finding("command", "ok", "`observatoire` runs the code of this folder")
    return Finding(
        "command", "note", "`observatoire` runs the code of another folder than this one",
        "What is changed in this folder's pipelines/ has no effect.",
        "Use the command of this folder's environment, .venv/bin/observatoire.",
    )  # fmt: skip


def pandoc(project: Project) -> Finding:
    """Look for the pandoc that `pypandoc-binary` ships."""
    del project
    found = _shipped_pandoc()
    if found is not None:
        return Finding("pandoc", "ok", found)
    return _renderer("pandoc", "The embedded renderer makes no page without it.")


def typst(project: Project) -> Finding:
    """Look for the library that makes the PDF."""
    del project
    found = _version("typst")
    if found is not None:
        return Finding("typst", "ok", f"{found}, makes the PDF of the embedded renderer")
    return _renderer("typst", "The embedded renderer makes no PDF without it.")


def quarto(project: Project) -> Finding:
    """Look for Quarto, which `render` prefers."""
    del project
    path = shutil.which("quarto")
    said = answer_of([path, "--version"]) if path else None
    if path:
        return Finding("Quarto", "ok", f"{said or 'version not told'} at {path}: `render` uses it")
    return Finding(
        "Quarto", "note", "not on the PATH: the embedded renderer makes the same pages and PDF",
        "`quarto render` and `quarto preview` of one page are not to be had.",
        "Install it from quarto.org if you want them.",
    )  # fmt: skip


def browser(project: Project) -> Finding:
    """Look for the browser that the tests of pages drive."""
    del project
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path:
        return Finding("browser", "ok", f"{path}, for the tests of pages")
    return Finding(
        "browser", "note", "no Chromium on the PATH",
        "A run needs none; the tests that look at pages are skipped, and say so.",
        "Install the system's chromium package.",
    )  # fmt: skip


def java(project: Project) -> Finding:
    """Look for what Spark asks for."""
    del project
    lacking = [name for name, there in (("Java", shutil.which("java")), ("PySpark", find_spec("pyspark"))) if not there]
    if not lacking:
        return Finding("Spark", "ok", f"PySpark {_version('pyspark') or ''} and Java are there".replace("  ", " "))
    return Finding(
        "Spark", "note", f"{' and '.join(lacking)} not installed: DuckDB makes the tables",
        "Only a run on Spark needs it, for registers that do not fit one machine.",
        "Install a Java runtime with the system's packages, and PySpark with `pip install pyspark`.",
    )  # fmt: skip


def _renderer(name: str, costs: str) -> Finding:
    if shutil.which("quarto"):
        return Finding(name, "note", "not installed; Quarto is, and brings its own", costs, _SETUP)
    return Finding(name, "missing", "not installed", f"{costs} Quarto, which would replace it, is not there either.",
                   _SETUP, is_essential=True)  # fmt: skip


def _shipped_pandoc() -> str | None:
    """Return the version and the path of the pandoc that is there, or nothing: the library may be, its program not."""
    if find_spec("pypandoc") is None:
        return None
    import pypandoc

    try:
        return f"with pypandoc-binary {version('pypandoc-binary')}: {pypandoc.get_pandoc_path()}"
    except (OSError, PackageNotFoundError):
        return None


def _locked(text: str) -> dict[str, set[str]]:
    """Return name → versions that the lock names (several where platforms differ)."""
    found: dict[str, set[str]] = {}
    for name, number in re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", text, re.MULTILINE):
        found.setdefault(_plain(name), set()).add(number)
    return found


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
