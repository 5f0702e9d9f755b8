"""Documents say what is true: each command in them does what is written, typed where a run has ended.

What can be held without typing is held by test_documents.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.cold_run import ColdRun
from tests.documents import (
    ABOVE_THE_HOOK,
    ELSEWHERE,
    HOUSING,
    OF_THE_SUITE,
    STOPS,
    Command,
    Pasted,
    Seen,
    Terminal,
    fill_in,
    is_whole,
    of_project,
)
from tests.portal import DATASET, as_exported, serving

pytestmark = pytest.mark.slow


def test_every_command_of_the_documents_does_what_is_written(cold: ColdRun, tmp_path: Path) -> None:
    """README, CONTRIBUTING and the expectations' guide, typed from top to bottom as one person would."""
    (tmp_path / "observatory").mkdir()
    copy = cold.copy(tmp_path / "observatory")
    terminal = Terminal(copy.root)
    terminal.open()
    first = "git init --quiet . && git add --all && git commit --quiet --message first && git tag before"
    assert terminal.type(first).returncode == 0
    typed: set[str] = set()
    said = ""
    with serving() as portal:
        portal.datasets[DATASET] = as_exported(copy, tmp_path / "export")
        terminal.variables["OBSERVATOIRE_PORTAL"] = portal.base
        for step in of_project(copy.root):
            if isinstance(step, Pasted):
                with (copy.root / step.target).open("a", encoding="utf-8") as file:
                    file.write(step.text)
            elif isinstance(step, Seen):
                assert step.missing(said) == [], f"{step.file}, row {step.line}: {said}"
            elif is_to_be_typed(step, typed):
                said = follow(step, terminal)
                typed.add(step.plain)
        page = (copy.build / "site" / "qualite.html").read_text(encoding="utf-8")
        assert "il lui est demandé" in page, "the steward's waiver does not show on the page Qualité"


def is_to_be_typed(step: Command, typed: set[str]) -> bool:
    """Blocks are followed to the letter, what prose mentions once; test_documents holds all that is not typed here."""
    if step.program == "make":
        return step.plain == "make hooks"
    if step.plain in (*ELSEWHERE, OF_THE_SUITE) or ABOVE_THE_HOOK in step.plain:
        return False
    if step.program == "quarto":
        return shutil.which("quarto") is not None
    return not step.is_inline or (step.plain not in typed and (step.program != "observatoire" or is_whole(step.plain)))


def follow(step: Command, terminal: Terminal) -> str:
    """Type one command; return what it printed. Fails with its place unless it ends as the document says."""
    if step.plain.startswith("observatoire preview"):
        said = terminal.look(step.text, sign="The report is at http://127.0.0.1:")
        assert "observatoire run" in said, step.where
        return said
    if "--file housing.csv" in step.text:
        (terminal.folder / "housing.csv").write_text(HOUSING, encoding="utf-8")
    # what prose mentions may stand above the line that opens the environment
    done = terminal.type(f"(. .venv/bin/activate && {step.text})" if step.is_inline else step.text)
    assert "Traceback" not in done.stderr, f"{step.where}\n{done.stderr}"
    if step.comment.startswith(STOPS):
        assert done.returncode in (1, 2), f"{step.where}\n{done.stdout}"
        assert all(word in done.stdout + done.stderr for word in re.findall(r"[A-Z]{3}-\d{3}", step.comment)), (
            step.where
        )
    else:
        assert done.returncode == 0, f"{step.where}\n{done.stdout}{done.stderr}"
    if step.plain == "observatoire template crous":
        fill_in(terminal.folder)
    if step.plain.startswith("observatoire new "):  # what was begun is not what the next command is about
        assert "fill in line" in done.stdout, step.where
        assert terminal.type("git clean --quiet --force -d && git restore .").returncode == 0
    return done.stdout + done.stderr
