"""What stands around every page and on the cover: edition, mention of simulated data, citation, licence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.kernel.problems import BadInput, Problem
from pipelines.render.sources import looked_up


@dataclass(frozen=True, slots=True)
class Frame:
    """The texts; `simulated` is empty when no simulated figure is in the report, `publisher` when none is named."""

    edition: str
    simulated: str
    cite: str
    licence: str
    publisher: str = ""

    def metadata(self) -> dict[str, str]:
        """Return the texts as pandoc's metadata: Markdown, typography done by the filter."""
        return {"edition": self.edition, "simulated": self.simulated, "cite": self.cite, "licence": self.licence}


def read_frame(variables: Mapping[str, Any], file: str) -> Frame:
    """Take the frame's texts from the variables. Raises `BadInput` naming each key that `file` lacks."""
    names = ("edition", "simulated", "cite", "licence")
    found = {name: looked_up(variables, f"report.{name}") for name in names}
    missing = [name for name in names if not isinstance(found[name], str | int)]
    if missing:
        raise BadInput(
            Problem(file, f"The key report.{name} is missing", "Add it where `publish` writes this file.")
            for name in missing
        )
    publisher = str(looked_up(variables, "report.publisher") or "").strip()
    return Frame(**{name: str(value).strip() for name, value in found.items()}, publisher=publisher)
