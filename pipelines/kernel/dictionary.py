"""The dictionary: one name, one meaning, one place. `data/reference/dictionary/*.yml`."""

from __future__ import annotations

from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from pipelines.kernel.catalogue import Bilingual, Dtype
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project
from pipelines.kernel.yaml_files import LOADER


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

    Raises `BadInput` when a name is defined twice and `pydantic.ValidationError` when an entry breaks its format.
    """
    columns: dict[str, Column] = {}
    for path in sorted((project.reference / "dictionary").glob("*.yml")):
        for name, entry in yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER).items():
            if name in columns:
                raise BadInput(
                    Problem(
                        project.shown(path),
                        "A column is defined twice",
                        "Keep one definition and one meaning.",
                        column=name,
                    )
                )
            columns[name] = Column.model_validate(entry)
    return dict(sorted(columns.items()))
