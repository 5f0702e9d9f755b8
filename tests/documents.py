"""The commands that README, CONTRIBUTING and the expectations' guide tell people to type, found where they stand.

A line of a block fenced as `sh` is a command; so is inline code that begins with a program's name. A block fenced as
`yaml` whose first line says `# at the end of FILE` is pasted there, as a reader would.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from pipelines.cli import observatoire

DOCUMENTS = ("README.md", "CONTRIBUTING.md", "expectations/README.md")

PROGRAMS = ("observatoire", "python", "make", "git", "quarto", "sha256sum", "rm", "cd")
STOPS = "stops"
"""A comment that begins so says that the command is meant to end in refusal."""

_FENCE = re.compile(r"^```(\w*)\s*$")
_INLINE = re.compile(r"(?<!`)`([^`]+)`(?!`)")
_COMMENT = re.compile(r"\s+# (.*)$")
_PASTED = re.compile(r"^# at the end of (\S+)$")
_PLACEHOLDER = re.compile(r"(?<![\w.-])[A-Z]{2,}(?![\w-])|…|\|(?=\w)")


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
        return shlex.split(self.text)[0].removeprefix(".venv/bin/")

    @property
    def plain(self) -> str:
        """The command without the folder of the environment: two ways of typing it are one."""
        return self.text.replace(".venv/bin/", "")

    @property
    def has_placeholder(self) -> bool:
        """True when a word in capitals stands for what the reader puts there."""
        return bool(_PLACEHOLDER.search(re.sub(r'"[^"]*"', '""', self.text)))


@dataclass(frozen=True, slots=True)
class Pasted:
    """Text that the reader is told to put at the end of a file."""

    text: str
    target: str
    file: str
    line: int


def steps(text: str, file: str) -> Iterator[Command | Pasted]:
    """Give the commands and pasted texts of a document, in the order they are read."""
    fence: str | None = None
    block: list[str] = []
    prose: list[str] = []
    for number, line in enumerate([*text.splitlines(), ""], start=1):
        mark = _FENCE.match(line.strip())
        if mark:
            yield from _inline(prose, file)
            if fence == "yaml":
                yield from _pasted(block, file, number - len(block))
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
    target = _PASTED.match(block[0]) if block else None
    if target:
        yield Pasted("\n".join(block[1:]) + "\n", target[1], file, number)


def refused(words: str) -> str | None:
    """Return what the command line says against an `observatoire` command, `None` when it takes its words.

    Nothing is executed and no value is looked at: verbs, options and the number of arguments are. `a|b` is each of both.
    """
    for way in _ways(shlex.split(words)[1:]):
        said = _refused(way)
        if said:
            return said
    return None


def is_whole(words: str) -> bool:
    """Say whether an `observatoire` command has all that its verb asks for; a mention of a verb alone may not."""
    verb, rest = _verb(shlex.split(words)[1:])
    if not isinstance(verb, click.Command) or isinstance(verb, click.Group):
        return False
    given = _parsed(verb, rest)[0]
    return all(isinstance(given.get(str(one.name)), str | list | tuple) for one in verb.params if one.required)


def _ways(words: list[str]) -> list[list[str]]:
    ways: list[list[str]] = [[]]
    for word in words:
        ways = [[*way, part] for way in ways for part in (word.split("|") if re.fullmatch(r"[\w|-]+", word) else [word])]
    return ways


def _verb(words: list[str]) -> tuple[click.Command | str, list[str]]:
    verb: click.Command = observatoire
    while isinstance(verb, click.Group) and words and not words[0].startswith("-"):
        found = verb.get_command(click.Context(verb), words[0])
        if found is None:
            return f"No such verb: {words[0]}", words
        verb, words = found, words[1:]
    return verb, words


def _parsed(verb: click.Command, words: list[str]) -> tuple[Mapping[str, object], list[str]]:
    context = click.Context(verb, info_name=verb.name)
    given, left, _ = verb.make_parser(context).parse_args(args=list(words))
    return given, left


def _refused(words: list[str]) -> str | None:
    verb, rest = _verb(words)
    if isinstance(verb, str):
        return verb
    try:
        _, left = _parsed(verb, rest)
    except click.UsageError as error:
        return error.format_message()
    return f"Too many words: {' '.join(left)}" if left else None


def of_project(root: Path) -> list[Command | Pasted]:
    """Return the steps of every document, in order."""
    return [step for name in DOCUMENTS for step in steps((root / name).read_text(encoding="utf-8"), name)]
