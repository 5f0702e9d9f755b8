"""Documents say what is true: their commands exist, their files are there, the changelog knows the version.

That each command does what is written is held by test_documents_typed, on a copy of the project after a run.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest

from pipelines.kernel.indicators import read_indicators
from pipelines.kernel.project import Project
from tests.documents import (
    ABOVE_THE_HOOK,
    DOCUMENTS,
    ELSEWHERE,
    OF_THE_SUITE,
    Command,
    Pasted,
    Seen,
    Terminal,
    is_whole,
    of_project,
    refused,
    steps,
)
from tests.observatory import ROOT

COMMANDS = [step for step in of_project(ROOT) if isinstance(step, Command)]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
CI = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
OWN = {"lock": "needs uv and the network", "clean": "removes what was made", "hooks": "typed in test_documents_typed"}
"""Targets that `.ci/run` does not call, and why."""


def of(program: str) -> list[Command]:
    return [step for step in COMMANDS if step.program == program]


def places(steps: list[Command]) -> list[str]:
    return [step.where for step in steps]


@pytest.mark.parametrize("step", of("observatoire"), ids=places(of("observatoire")))
def test_the_command_line_takes_every_command_that_is_named(step: Command) -> None:
    assert refused(step.plain) is None, step.where


@pytest.mark.parametrize("step", of("make"), ids=places(of("make")))
def test_every_make_target_exists_and_is_called_in_ci(step: Command) -> None:
    target = step.plain.split()[1]
    assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE), step.where
    assert re.search(rf"^make {target}$", CI, re.MULTILINE) or target in OWN, f"{step.where}: .ci/run does not call it"


def test_a_single_test_that_is_named_exists() -> None:
    named = [step for step in COMMANDS if " -m pytest " in step.text]
    assert named
    for step in named:
        words = shlex.split(step.text)
        [file] = [word for word in words if word.endswith(".py")]
        text = (ROOT / file).read_text(encoding="utf-8")
        assert "-k" not in words or f"{words[words.index('-k') + 1]}" in text, step.where


def test_commands_that_are_tried_in_another_test_are_tried_there() -> None:
    for words, file in ELSEWHERE.items():
        given = ", ".join(f'"{word}"' for word in words.split()[1:])
        assert given in (ROOT / file).read_text(encoding="utf-8"), f"{file} no longer gives {words}"


def test_no_command_has_a_word_that_the_reader_must_replace() -> None:
    """As written, each can be typed: what is left untyped elsewhere is named, with the test that types it."""
    assert [step.where for step in COMMANDS if step.has_placeholder and step.text.split()[0] != "."] == []
    assert OF_THE_SUITE in {step.plain for step in COMMANDS}
    assert set(ELSEWHERE) <= {step.plain for step in COMMANDS}


def test_a_module_that_is_named_exists() -> None:
    for step in COMMANDS:
        if step.program == "python" and (named := re.search(r" -m ([\w.]+)", step.text)):
            assert find_spec(named[1]), step.where


def test_every_program_is_one_that_is_typed_or_checked_here() -> None:
    programs = {step.program for step in COMMANDS}
    assert programs <= {"observatoire", "make", "python", "git", "quarto", "rm", ".", "export", "(cd"}, programs
    assert len(of("observatoire")) > 30


def test_every_folder_and_file_that_is_named_exists() -> None:
    made = re.compile(
        r"build/|data/(?!reference/|sources/|baseline/)|reports/fr/(_generated|chiffres)|editions/|spark:|[A-Z]+-|stg_"
    )
    for name in DOCUMENTS:
        text = re.sub(r"^```.*?^```$", "", (ROOT / name).read_text(encoding="utf-8"), flags=re.M | re.S)
        for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", text):
            assert (ROOT / name).parent.joinpath(link).exists(), f"{name} links to {link}"
        for path in re.findall(r"`((?:[\w.-]+/)+[\w.-]*)`", text):
            if not made.match(path):
                below = ("", "data", "pipelines", "pipelines/publish", Path(name).parent)
                assert any((ROOT / folder / path).exists() for folder in below), f"{name} names {path}"


def test_figures_asked_for_by_key_are_those_of_indicators(project: Project) -> None:
    codes = {code.lower() for code in read_indicators(project)}
    asked = re.findall(r"fig-ind-([\w-]+)\.md", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert asked
    assert set(asked) <= codes


def test_the_changelog_knows_the_version_and_the_citation_says_the_same() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    log = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    heads = re.findall(r"^## (.+)$", log, re.MULTILINE)
    assert any(version in head for head in heads), f"CHANGELOG.md has no entry for {version}"
    assert heads[0].startswith("Unreleased")
    assert f"version: {version}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")


WRONG = """Some prose with `observatoire chek`, and `observatoire run --editoin 2012`.

```sh
observatoire doctor now          # stops: nothing of the kind
make sense
```

1. Indented, as in a list: `observatoire
   explain KEY`

   ```sh
   export A="b c"
   ```

   ```yaml
   # at the end of some/file.yml
   - a: b
     c: d
   ```

```text
observatoire nothing
```
"""


def test_a_wrong_command_is_found_wherever_it_stands() -> None:
    found = list(steps(WRONG, "X.md"))
    [pasted] = [step for step in found if isinstance(step, Pasted)]
    assert (pasted.target, pasted.text) == ("some/file.yml", "- a: b\n  c: d\n")
    commands = [step for step in found if isinstance(step, Command)]
    assert [(step.text, step.line, step.is_inline) for step in commands] == [
        ("observatoire chek", 1, True),
        ("observatoire run --editoin 2012", 1, True),
        ("observatoire doctor now", 4, False),
        ("make sense", 5, False),
        ("observatoire explain KEY", 8, True),
        ('export A="b c"', 12, False),
    ]
    assert [refused(step.text) for step in commands[:3]] == [
        "No such verb: chek",
        "No such option '--editoin'. Did you mean '--edition'?",
        "Too many words: now",
    ]
    assert commands[2].comment.startswith("stops")
    assert commands[4].has_placeholder
    with pytest.raises(AssertionError):
        test_every_make_target_exists_and_is_called_in_ci(commands[3])


def test_what_is_to_be_seen_is_looked_for() -> None:
    seen = Seen("value  5363, flag … observed\nSQL ….sql", "X.md", 1)
    assert seen.missing("a\n  value 5363, flag A (normal), origin observed\n  SQL  x.sql: y") == []
    assert seen.missing("value 5364, flag A, origin observed; SQL x.sql") == ["value  5363, flag … observed"]


def test_a_mention_of_a_verb_is_not_a_whole_command() -> None:
    assert is_whole("observatoire explain MOB-OUT/tarbes/2022")
    assert not is_whole("observatoire explain")
    assert not is_whole("observatoire add x.csv")
    assert refused("observatoire new source|indicator NAME") is None
    assert refused("observatoire new source|sauce NAME") == "No such verb: sauce"


def test_a_terminal_keeps_what_was_exported_and_ends_as_the_command_did(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    terminal.open()
    assert terminal.type(". .venv/bin/activate").returncode == 0
    assert terminal.type('export A=$(python -c "print(6 * 7)")').returncode == 0
    done = terminal.type('echo "$A"; observatoire chek')
    assert done.stdout == "42\n"
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


@pytest.fixture
def repository(tmp_path: Path) -> Terminal:
    """A repository with the hook and the settings of the tools, nothing else."""
    terminal = Terminal(tmp_path)
    terminal.open()
    for name in (".githooks/pre-commit", "pyproject.toml", "Makefile"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    assert terminal.type("git init --quiet . && echo .venv > .gitignore && make hooks").returncode == 0
    return terminal


def test_the_hook_lets_what_is_sound_through_and_refuses_a_slip(repository: Terminal) -> None:
    sound = repository.folder / "sound.sql"
    sound.write_text("select 1 as one\n", encoding="utf-8")
    done = repository.type("git add . && git commit --quiet -m first")
    assert done.returncode == 0, done.stdout + done.stderr
    (repository.folder / "slip.py").write_text("import os\nx  = 1\n", encoding="utf-8")
    done = repository.type("git add . && git commit --quiet -m second")
    assert done.returncode != 0
    assert "slip.py" in done.stdout + done.stderr
    assert subjects(repository) == ["first"]
    [around] = [step for step in COMMANDS if ABOVE_THE_HOOK in step.text]  # as CONTRIBUTING writes it
    done = repository.type(around.text)
    assert done.returncode == 0, done.stdout + done.stderr
    assert subjects(repository) == ["Half done", "first"]


def subjects(repository: Terminal) -> list[str]:
    """Return the messages of the commits, the last first."""
    return repository.type("git log --format=%s").stdout.splitlines()


STAND_IN = """#!/bin/sh
printf '%s' "$(basename "$0")" >> called
printf ' %s' "$@" >> called
echo >> called
"""

CALLS = {
    "report": ["observatoire run"],
    "test": ["python -m pytest "],
    "lint": ["ruff check .", "ruff format --check .", "sqlfluff lint ", "mypy", "lint-imports"],
    "setup": ["python -m pip install ", "python -m pip install "],
    "spark": ["python -m pip install "],
    "lock": ["uv pip compile "],
    "hooks": ["git config core.hooksPath .githooks"],
}
"""Target → what it calls, in order, as far as that goes."""


@pytest.mark.parametrize("target", sorted({step.plain.split()[1] for step in of("make")}))
def test_every_make_target_that_is_named_calls_what_it_says(tmp_path: Path, target: str) -> None:
    """Typed as written, over programs that write down what they are called with; `.ci/run` calls them for good."""
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    binaries = tmp_path / ".venv" / "bin"
    binaries.mkdir(parents=True)
    for name in ("python", "observatoire", "ruff", "sqlfluff", "mypy", "lint-imports", "uv", "git"):
        (binaries / name).write_text(STAND_IN, encoding="utf-8")
        (binaries / name).chmod(0o755)
    if target != "setup":
        (tmp_path / ".venv" / ".ready").touch()
    terminal = Terminal(tmp_path, {**os.environ, "PATH": f"{binaries}:{os.environ['PATH']}"})
    done = terminal.type(next(step.text for step in of("make") if step.plain.split()[1] == target))
    assert done.returncode == 0, done.stdout + done.stderr
    called = (tmp_path / "called").read_text(encoding="utf-8").splitlines()
    assert len(called) == len(CALLS[target])
    assert all(line.startswith(said) for line, said in zip(called, CALLS[target], strict=True)), called
