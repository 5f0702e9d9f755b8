"""What the shell completes by value: sources, indicators, keys of figures, editions. Read from files, nothing imported.

A shell waits for this at each press of the tab key: the files are searched as text, not parsed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

Kind = Literal[
    "source",
    "api_source",
    "register",
    "indicator",
    "target",
    "scope",
    "key",
    "edition",
    "newer",
    "cited",
    "table",
    "page",
]

PLACES = {
    "bash": "Write it to ~/.local/share/bash-completion/completions/observatoire",
    "zsh": "Write it to a folder of your $fpath as _observatoire (mkdir -p ~/.zfunc; in ~/.zshrc, before compinit: "
    "fpath+=~/.zfunc)",
    "fish": "Write it to ~/.config/fish/completions/observatoire.fish",
}
"""Shell → where its script belongs."""

STEP = """            [[ $value == */ ]] && compopt -o nospace"""

REACH = "open a new shell, and have `observatoire` on the PATH (`. .venv/bin/activate`)."


def script(shell: str) -> str:
    """Return the script that a shell reads."""
    from click.shell_completion import get_completion_class

    from pipelines.cli import observatoire

    made = get_completion_class(shell)
    assert made is not None, shell
    text = made(observatoire, {}, "observatoire", "_OBSERVATOIRE_COMPLETE").source()
    # a key is completed step by step: bash would put a blank behind ENR-REG/, where a site has to follow
    return text.replace("COMPREPLY+=($value)", f"COMPREPLY+=($value)\n{STEP}") if shell == "bash" else text


def values(kind: Kind, incomplete: str) -> list[str]:
    """Return what a word may become; nothing outside an observatory, where there is nothing to name."""
    root = _root()
    return [] if root is None else sorted({word for word in _of(root, kind, incomplete) if word.startswith(incomplete)})


def _of(root: Path, kind: Kind, incomplete: str) -> Iterable[str]:
    if kind in ("source", "api_source", "register"):
        wanted = {"source": "", "api_source": "\napi: ", "register": "\npersonal: true"}[kind]
        return [path.stem for path in _paths(root, "data/sources/*.yml") if wanted in path.read_text(encoding="utf-8")]
    if kind == "indicator":
        return _named(root, "indicators.yml", "code")
    if kind == "target":
        return _named(root, "targets.yml", "id")
    if kind == "scope":
        return {scope for _, scope, _ in _figures(root)}
    if kind == "table":
        return [path.stem for path in _paths(root, "expectations/*/*.yml")]
    if kind == "page":
        return _pages(root)
    if kind in ("edition", "newer"):
        return _editions(root) + (["build"] if kind == "newer" else [])
    keys = _keys(root, incomplete)
    if kind == "key":
        return keys
    editions = _editions(root)
    return [f"{incomplete.partition('@')[0]}@{name}" for name in editions] if "@" in incomplete else keys


def _keys(root: Path, incomplete: str) -> set[str]:
    """Return the keys of figures up to the next `/`: an indicator, then its scopes, then their years."""
    depth = incomplete.count("/") + 1
    found = {"/".join(figure[:depth]) for figure in _figures(root) if "/".join(figure).startswith(incomplete)}
    return found if depth == 3 else {f"{key}/" for key in found}


def _figures(root: Path) -> list[tuple[str, str, str]]:
    """Return indicator, scope and year of every published figure: the first columns, which hold no comma."""
    path = root / "build" / "data" / "pub_values.csv"
    if not path.exists():
        return []
    rows = (line.split(",", 4) for line in path.read_text(encoding="utf-8").splitlines()[1:])
    return [(row[0], row[2], row[3]) for row in rows if len(row) == 5]


def _pages(root: Path) -> set[str]:
    """Return the names of the pages of the report in all languages, without those that hold parts or the whole."""
    found = [(root / "reports", path) for path in _paths(root, "reports/*/*.qmd") + _paths(root, "reports/*/*/*.qmd")]
    names = {"/".join(path.relative_to(base).with_suffix("").parts[1:]) for base, path in found}
    return {name for name in names if not name.startswith("_") and "/_" not in name and name != "rapport"}


def _editions(root: Path) -> list[str]:
    return [path.name for path in _paths(root, "editions/*") if re.fullmatch(r"\d{4}\.\d+", path.name)]


def _named(root: Path, file: str, key: str) -> list[str]:
    path = root / "data" / "reference" / file
    return re.findall(rf"^- {key}: (\S+)", path.read_text(encoding="utf-8"), re.MULTILINE) if path.exists() else []


def _paths(root: Path, pattern: str) -> list[Path]:
    return sorted(root.glob(pattern))


def _root() -> Path | None:
    """Return the project's folder, as `find_project` does, whose module is too slow to import at each press."""
    home = os.environ.get("OBSERVATOIRE_HOME")
    here = (Path(home) if home else Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / "params.yaml").is_file() and (folder / "dvc.yaml").is_file():
            return folder
    return None
