"""Wrong input, said in one line that helps: file, row, column, rule, what to do.

Every stage raises `BadInput` for input that a person can mend; the command prints one line per
problem and ends with exit status 2. Anything else that is raised is a fault of ours.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with one input.

    `rule` is the sentence broken, `mend` the sentence that says what to do, `row` the line number
    a spreadsheet or an editor shows (the header is line 1), `value` the offending value, never a personal one.
    """

    file: str
    rule: str
    mend: str
    row: int | None = None
    column: str | None = None
    value: str | None = None

    def line(self) -> str:
        """Return the problem as one line: `file, row 3, column "x": rule (found "y"). What to do.`."""
        where = self.file
        if self.row is not None:
            where += f", row {self.row}"
        if self.column is not None:
            where += f', column "{self.column}"'
        found = f' (found "{shorten(self.value)}")' if self.value is not None else ""
        return " ".join(f"{where}: {self.rule.rstrip('.')}{found}. {self.mend}".split())


class BadInput(Exception):
    """One or several problems in what was given; the run stops and nothing is written."""

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("\n".join(problem.line() for problem in self.problems))

    def __reduce__(self) -> tuple[type[BadInput], tuple[tuple[Problem, ...]]]:
        """Travel between processes with the problems, whose lines the message is made from."""
        return type(self), (self.problems,)


class CheckFailed(Exception):
    """A check or a target of the run failed although the input could be read: exit status 1."""


def shorten(value: str, limit: int = 60) -> str:
    """Return `value` on one line, cut at `limit` characters, so that a message stays readable."""
    flat = " ".join(value.split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def shown(path: Path, root: Path | None = None) -> str:
    """Return `path` as a user would type it: relative to the project when it lies inside it."""
    base = root or Path.cwd()
    try:
        return path.resolve().relative_to(base.resolve()).as_posix()
    except ValueError:
        return path.as_posix()
