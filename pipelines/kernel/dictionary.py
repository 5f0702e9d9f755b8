"""The dictionary: one name, one meaning, one place. `data/reference/dictionary/*.yml`."""

from __future__ import annotations

from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipelines.kernel.catalogue import Bilingual, Dtype
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project
from pipelines.kernel.validation import said
from pipelines.kernel.yaml_files import load_yaml, row_of, yaml_problem


class Column(BaseModel):
    """What one column means, wherever it stands."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: Dtype
    label: Bilingual
    meaning: Bilingual
    unit: (
        Literal["persons", "enrolments", "contracts", "stays", "share", "percent", "months", "degrees", "eur"] | None
    ) = None
    personal: bool = Field(default=False, description="True: never leaves the internal side.")


def read_dictionary(project: Project) -> dict[str, Column]:
    """Return column name → meaning, from every file of `data/reference/dictionary/`.

    Raises `BadInput`, one problem per fault, when a file is no YAML or has something left to be filled in, when a name
    is defined twice, or when an entry breaks its format.
    """
    columns: dict[str, Column] = {}
    problems: list[Problem] = []
    for path in sorted((project.reference / "dictionary").glob("*.yml")):
        shown = project.shown(path)
        try:
            entries = load_yaml(path.read_text(encoding="utf-8"))
        except yaml.YAMLError as error:
            problems.append(yaml_problem(error, shown, "The dictionary"))
            continue
        for name, entry in entries.items():
            if name in columns:
                mend = "Keep one definition and one meaning."
                problems.append(Problem(shown, "A column is defined twice", mend, row_of(path, name), name))
                continue
            try:
                columns[name] = Column.model_validate(entry)
            except ValidationError as error:
                for item in error.errors():
                    where = ".".join([name, *(str(part) for part in item["loc"])])
                    rule, mend, value = said(item)
                    rule = f"An entry of the dictionary breaks its format: {rule}"
                    problems.append(Problem(shown, rule, mend, row_of(path, name, *item["loc"]), where, value))
    if problems:
        raise BadInput(problems)
    return dict(sorted(columns.items()))
