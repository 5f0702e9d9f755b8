"""The years of large registers: whether they are cut, and which are what their files say and need no new reading."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pipelines.kernel import register_parts
from pipelines.kernel.catalogue import Source
from pipelines.kernel.freshness import Freshness
from pipelines.kernel.project import Project
from pipelines.kernel.register_parts import Cut, Files


def is_large(project: Project, registers: Iterable[Source]) -> bool:
    """Say whether registers are staged a year at a time: together they are more than what is read in one go.

    One answer for all: a mart links them, and is made a year at a time only while each is cut by year.
    """
    folders = [project.raw / source.id for source in registers]
    sizes = (path.stat().st_size for folder in folders for path in folder.rglob("*") if path.is_file())
    return sum(sizes) > register_parts.IN_MEMORY


class Years:
    """The fingerprints of the years of registers, beside those of the registers: `apogee 2019`."""

    def __init__(self, project: Project, freshness: Freshness) -> None:
        self._project = project
        self._freshness = freshness
        self.fingerprints: dict[str, str] = {}

    def of(self, source: Source, table: Path) -> Cut:
        """Return what says which years of a register can be kept as they lie in its staging table."""

        def cut(parts: Files) -> dict[int, Path]:
            kept = {}
            lists = [self._project.sources / f"{source.id}.yml", *self._project.reference.glob("ref_*.csv")]
            facts = {"layouts and lists": self._freshness.fingerprint(lists)}
            for year, files in parts.items():
                item, path = f"{source.id} {year}", table / f"{year}.parquet"
                self.fingerprints[item] = self._freshness.fingerprint(list(files), facts)
                if self._freshness.is_fresh(item, self.fingerprints[item], [path]):
                    kept[year] = path
            return kept

        return cut

    def items(self, present: list[str]) -> list[str]:
        """Return the items that stand: the years just looked at, and those of registers that were not asked again."""
        asked = {item.split()[0] for item in self.fingerprints}
        others = [item for item in self._freshness.known_items() if " " in item]
        return [*self.fingerprints, *(item for item in others if item.split()[0] in set(present) - asked)]
