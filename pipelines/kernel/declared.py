"""The YAML files that declare things once, in `data/reference/`: read, or refused in one line."""

from __future__ import annotations

from typing import Any

import yaml

from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project

_LOADER: type[yaml.CSafeLoader | yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The safe loader written in C where libyaml is at hand."""


def read_declared(project: Project, file: str, what: str, at_stake: str = "") -> tuple[str, Any]:
    """Return the name to show in messages and the content of `data/reference/<file>`.

    `what` names the file in a sentence, `at_stake` ends the advice to restore it. Raises `BadInput` when the file is
    missing or is no YAML.
    """
    path = project.reference / file
    name = project.shown(path)
    try:
        return name, yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)
    except FileNotFoundError as error:
        mend = f"Restore it with `git checkout -- {name}`{at_stake}."
        raise BadInput(Problem(name, f"{what} is missing", mend)) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        mend = "Mend the line; a value that holds a colon needs quotes."
        row = mark.line + 1 if mark else None
        raise BadInput(Problem(name, f"{what} is not valid YAML", mend, row=row)) from error
