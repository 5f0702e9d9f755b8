"""What all verbs share: wrong input ends in lines and a status, words are completed, one command writes at a time."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click

from pipelines.kernel.problems import BadInput, CheckFailed

if TYPE_CHECKING:
    from pipelines.completion import Kind
    from pipelines.kernel.project import Project

Verb = TypeVar("Verb", bound=Callable[..., Any])


def find_project() -> Project:
    """Return the project of the current folder. Its module brings pydantic and yaml: not for `--help`."""
    from pipelines.kernel.project import find_project as find

    return find()


def plainly(verb: Verb) -> Verb:
    """Turn wrong input and failed checks into lines on standard error and an exit status, without a traceback."""

    @wraps(verb)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return verb(*args, **kwargs)
        except BadInput as error:
            for problem in error.problems:
                click.echo(problem.line(), err=True)
            sys.exit(2)
        except CheckFailed as error:
            click.echo(str(error), err=True)
            sys.exit(1)

    return wrapped  # type: ignore[return-value]


def completed_by(kind: Kind) -> Callable[[click.Context, click.Parameter, str], list[str]]:
    """Return what completes a word by value, for the shell."""

    def complete(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
        del context, parameter  # a word is completed by what exists, whatever stands before it
        from pipelines.completion import values

        return values(kind, incomplete)

    return complete


def alone(doing: str) -> Callable[[Verb], Verb]:
    """Let a verb that writes begin once no other one is at work in the work tree; `--no-wait` refuses instead."""

    def around(verb: Verb) -> Verb:
        @wraps(verb)
        def wrapped(*args: Any, no_wait: bool = False, **kwargs: Any) -> Any:
            from pipelines.kernel.alone import alone, one_stage

            project = find_project()
            with alone(project, f"observatoire {doing}", said, waits=not no_wait):
                with one_stage(project, doing, said):
                    pass  # a stage that outlived its run has ended
                return verb(*args, **kwargs)

        return wrapped  # type: ignore[return-value]

    return around


def said(line: str) -> None:
    """Print a line that is no answer: to standard error."""
    click.echo(line, err=True)
