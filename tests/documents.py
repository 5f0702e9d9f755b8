"""The commands that README, CONTRIBUTING and the expectations' guide tell people to type, found where they stand.

A line of a block fenced as `sh` is a command; so is a whole block of `python`, and inline code that begins with a
program's name. A block of `yaml` whose first line says `# at the end of FILE` is pasted there, as a reader would; a
block of `text` is what the command above it prints.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from textwrap import dedent

import click

from pipelines.cli import observatoire
from pipelines.kernel.brand import read_brand
from pipelines.kernel.catalogue import read_catalogue
from pipelines.kernel.dictionary import read_dictionary
from pipelines.kernel.project import Project
from pipelines.kernel.reference import read_reference
from pipelines.templates.plan import plan_of
from pipelines.templates.workbook import workbook_of

DOCUMENTS = ("README.md", "CONTRIBUTING.md", "expectations/README.md")

PROGRAMS = ("observatoire", "python", "make", "git", "quarto", "sha256sum", "rm", "cd")
STOPS = "stops"
"""A comment that begins so says that the command is meant to end in refusal."""

ELSEWHERE = {
    "observatoire run --edition 2012 --lang en": "tests/test_pipeline_settings.py",
    "observatoire run --observed-only": "tests/test_pipeline_settings.py",
    "observatoire run --memory 4GB": "tests/test_pipeline_settings.py",
    "observatoire run --engine spark": "tests/test_spark_words.py",
    "observatoire rebuild 2024.1": "tests/test_editions.py",
    "observatoire baseline --from ../shared/opendata": "tests/test_baseline.py",
    "python -m pipelines.simulate.open_figures": "tests/test_another_region.py",
}
"""Commands of the documents that take as long as a whole run, and the tests that give the command these words."""

OF_THE_SUITE = "python -m pytest -vv tests/test_check_faults.py"
"""A file of the suite, named so that its findings are read: the suite itself runs it."""

ABOVE_THE_HOOK = "--no-verify"
"""An option that is typed where there is a hook to go round: in test_documents."""

HOUSING = "Rentrée;Site;Places\n2022-2023;TLS;400\n2022-2023;TRB;120\n2023-2024;TLS;420\n2023-2024;TRB;120\n"
"""The file of the reader's own that README begins a source with."""

_FENCE = re.compile(r"^```(\w*)\s*$")
_INLINE = re.compile(r"(?<!`)`([^`]+)`(?!`)")
_COMMENT = re.compile(r"\s+# (.*)$")
_PASTED = re.compile(r"^# at the end of (\S+)$")
_PLACEHOLDER = re.compile(r"(?<![\w./-])[A-Z]{2,}(?![\w./-])|…|\w\|\w")


@dataclass(frozen=True, slots=True)
class Command:
    """One command: its words without the comment, the file and line it stands on."""

    text: str
    file: str
    line: int
    comment: str = ""
    is_inline: bool = False

    @property
    def where(self) -> str:
        """Where it stands, for messages."""
        return f"{self.file}, row {self.line}: {self.text}"

    @property
    def program(self) -> str:
        """The first word, without the folder of the environment."""
        return self.text.split()[0].removeprefix(".venv/bin/")

    @property
    def plain(self) -> str:
        """The command without the folder of the environment: two ways of typing it are one."""
        return self.text.replace(".venv/bin/", "")

    @property
    def has_placeholder(self) -> bool:
        """True when a word in capitals stands for what the reader puts there."""
        words = re.sub(r'"[^"]*"', '""', self.text)
        return self.program == "observatoire" and bool(_PLACEHOLDER.search(words))


@dataclass(frozen=True, slots=True)
class Pasted:
    """Text that the reader is told to put at the end of a file."""

    text: str
    target: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Seen:
    """What the reader is told to see after the command above it: its lines, `…` for what is left out."""

    text: str
    file: str
    line: int

    def missing(self, said: str) -> list[str]:
        """Return the lines that are not in what was printed; spaces do not count."""
        shown = " ".join(said.split())
        return [line for line in self.text.splitlines() if not _holds(shown, line)]


def _holds(shown: str, line: str) -> bool:
    parts = [re.escape(" ".join(part.split())) for part in line.split("…")]
    return re.search(".*?".join(parts), shown) is not None


@dataclass(slots=True)
class Terminal:
    """A shell in a folder, kept from command to command as far as its variables go; `.venv` is the environment here."""

    folder: Path
    variables: dict[str, str] = field(default_factory=dict)

    def open(self) -> None:
        """Put the commands of the environment where `make setup` would, and forget what this process was told."""
        binaries = self.folder / ".venv" / "bin"
        binaries.mkdir(parents=True)
        for name, words in {"python": "", "observatoire": "-m pipelines "}.items():
            (binaries / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {words}"$@"\n', encoding="utf-8")
            (binaries / name).chmod(0o755)
        (binaries / "activate").write_text('export PATH="$PWD/.venv/bin:$PATH"\n', encoding="utf-8")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("OBSERVATOIRE_", "PYTEST_"))}
        who = {f"GIT_{part}_{what}": "t@example.org" for part in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        self.variables = kept | who | {"PYTHONPATH": self.folder.as_posix(), "BROWSER": "true"}

    def type(self, words: str) -> subprocess.CompletedProcess[str]:
        """Run a line as typed; what it exports is there for the next one."""
        after = self.folder / ".venv" / "after"
        line = f'{words}\nstatus=$?\nenv -0 > "{after}"\nexit $status'
        done = subprocess.run(
            ["bash", "-c", line], cwd=self.folder, env=self.variables, capture_output=True, text=True, check=False
        )
        pairs = (pair.partition("=") for pair in after.read_text(encoding="utf-8").split("\0") if pair)
        self.variables = {name: value for name, _, value in pairs if name not in ("_", "SHLVL", "PWD", "OLDPWD")}
        return done

    def look(self, words: str, sign: str) -> str:
        """Start a command that goes on until Ctrl-C; end it so once it printed `sign`, and return what it printed."""
        words = f"exec {words} --port 0" if "--port" not in words else f"exec {words}"
        with subprocess.Popen(
            ["bash", "-c", words],
            cwd=self.folder,
            env=self.variables | {"PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as running:
            assert running.stdout is not None
            said = ""
            for line in running.stdout:
                said += line
                if sign in line:
                    break
            running.send_signal(signal.SIGINT)
            said += running.stdout.read()
        assert running.returncode == 0, said
        return said


Step = Command | Pasted | Seen


def steps(text: str, file: str) -> Iterator[Step]:
    """Give the commands, pasted texts and what is seen, of a document, in the order they are read."""
    fence: str | None = None
    block: list[str] = []
    prose: list[str] = []
    for number, line in enumerate([*text.splitlines(), ""], start=1):
        mark = _FENCE.match(line.strip())
        if mark:
            yield from _inline(prose, file)
            if fence == "yaml":
                yield from _pasted(block, file, number - len(block))
            if fence == "text":
                yield Seen(dedent("\n".join(block)), file, number - len(block))
            if fence == "python":
                code = dedent("\n".join(block))
                yield Command(f"python - <<'END'\n{code}\nEND", file, number - len(block))
            fence, block = (None, []) if fence is not None else (mark[1], [])
        elif fence == "sh":
            yield from _typed(line, file, number)
        elif fence is not None:
            block.append(line)
        else:
            if not prose:
                prose = [""] * (number - 1)
            prose.append(line)
            continue
        prose = []
    yield from _inline(prose, file)


def _typed(line: str, file: str, number: int) -> Iterator[Command]:
    comment = _COMMENT.search(line)
    words = (line[: comment.start()] if comment else line).strip()
    if words and not words.startswith("#"):
        yield Command(words, file, number, comment[1] if comment else "")


def _inline(prose: list[str], file: str) -> Iterator[Command]:
    text = "\n".join(prose)
    for found in _INLINE.finditer(text):
        words = " ".join(found[1].split()).removeprefix("./")
        first, _, rest = words.removeprefix(".venv/bin/").partition(" ")
        if first in PROGRAMS and rest:
            yield Command(words, file, text[: found.start()].count("\n") + 1, is_inline=True)


def _pasted(block: list[str], file: str, number: int) -> Iterator[Pasted]:
    lines = dedent("\n".join(block)).splitlines()
    target = _PASTED.match(lines[0]) if lines else None
    if target:
        yield Pasted("\n".join(lines[1:]) + "\n", target[1], file, number)


def refused(words: str) -> str | None:
    """Return what the command line says against an `observatoire` command, `None` when it takes its words.

    Nothing is executed and no value looked at: verbs, options and the number of arguments are. `a|b` stands for both.
    """
    for way in _ways(shlex.split(words)[1:]):
        said = _refused(way)
        if said:
            return said
    return None


def is_whole(words: str) -> bool:
    """Say whether an `observatoire` command has all that its verb asks for; a mention of a verb alone may not."""
    verb, rest = _verb(shlex.split(words)[1:])
    if isinstance(verb, click.Group):
        return False
    given = _parsed(verb, rest)[0]
    return all(isinstance(given.get(str(one.name)), str | list | tuple) for one in verb.params if one.required)


def _ways(words: list[str]) -> list[list[str]]:
    ways: list[list[str]] = [[]]
    for word in words:
        ways = [
            [*way, part] for way in ways for part in (word.split("|") if re.fullmatch(r"[\w|-]+", word) else [word])
        ]
    return ways


def _verb(words: list[str]) -> tuple[click.Command, list[str]]:
    """Return the verb that the first words name, and the other words. Raises `click.UsageError` for an unknown one."""
    verb: click.Command = observatoire
    while isinstance(verb, click.Group) and words and not words[0].startswith("-"):
        found = verb.get_command(click.Context(verb), words[0])
        if found is None:
            raise click.UsageError(f"No such verb: {words[0]}")
        verb, words = found, words[1:]
    return verb, words


def _parsed(verb: click.Command, words: list[str]) -> tuple[Mapping[str, object], list[str]]:
    context = click.Context(verb, info_name=verb.name)
    given, left, _ = verb.make_parser(context).parse_args(args=list(words))
    return given, left


def _refused(words: list[str]) -> str | None:
    try:
        _, left = _parsed(*_verb(words))
    except click.UsageError as error:
        return error.format_message()
    return f"Too many words: {' '.join(left)}" if left else None


def of_project(root: Path) -> list[Step]:
    """Return the steps of every document, in order."""
    return [step for name in DOCUMENTS for step in steps((root / name).read_text(encoding="utf-8"), name)]


def fill_in(folder: Path) -> None:
    """Type three lines into `modele_crous.xlsx`, below the example, as README asks. Nobody in them is real."""
    project = Project(folder)
    plan = plan_of(read_catalogue(project)["crous"], read_reference(project), read_dictionary(project))
    rows = [(2024, f"770000000{day}Q", "3", date(2024, 9, day)) for day in (1, 2, 3)]
    (folder / "modele_crous.xlsx").write_bytes(workbook_of(plan, read_brand(project).colours, rows))
