"""The dictionary: one name, one meaning, one place. `data/reference/dictionary.yml`."""

from __future__ import annotations

from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from pipelines.kernel.catalogue import Bilingual, Dtype
from pipelines.kernel.project import Project


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
    """Return column name → meaning. Raises `pydantic.ValidationError` when the file breaks its format."""
    content = yaml.safe_load((project.reference / "dictionary.yml").read_text(encoding="utf-8"))
    return {name: Column.model_validate(entry) for name, entry in sorted(content.items())}
