"""The YAML files that declare things once, in `data/reference/`: read, or refused in one line."""

from __future__ import annotations

from typing import Any

import yaml

from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project
from pipelines.kernel.yaml_files import load_yaml, yaml_problem


def read_declared(project: Project, file: str, what: str, at_stake: str = "") -> tuple[str, Any]:
    """Return the name to show in messages and the content of `data/reference/<file>`.

    `what` names the file in a sentence, `at_stake` ends the advice to restore it. Raises `BadInput` when the file is
    missing or is no YAML.
    """
    path = project.reference / file
    name = project.shown(path)
    try:
        return name, load_yaml(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        mend = f"Restore it with `git checkout -- {name}`{at_stake}."
        raise BadInput(Problem(name, f"{what} is missing", mend)) from error
    except yaml.YAMLError as error:
        raise BadInput(yaml_problem(error, name, what)) from error
    except UnicodeDecodeError as error:
        row = path.read_bytes()[: error.start].count(b"\n") + 1
        raise BadInput(Problem(name, f"{what} is not in UTF-8", "Save it again as UTF-8.", row=row)) from error
