"""The years of large registers: which of them are still what their files say, and need not be read again."""

from __future__ import annotations

from pathlib import Path

from pipelines.kernel.catalogue import Source
from pipelines.kernel.freshness import Freshness
from pipelines.kernel.project import Project
from pipelines.kernel.register_parts import Cut, Parts
from pipelines.kernel.register_text import CsvFile


class Years:
    """The fingerprints of the years of registers, beside those of the registers: `apogee 2019`."""

    def __init__(self, project: Project, freshness: Freshness) -> None:
        self._project = project
        self._freshness = freshness
        self.fingerprints: dict[str, str] = {}

    def of(self, source: Source, table: Path) -> Cut:
        """Return what says which years of a register can be kept as they lie in its staging table."""

        def cut(parts: Parts) -> dict[int, Path]:
            kept = {}
            for year, files in parts.items():
                item, path = f"{source.id} {year}", table / f"{year}.parquet"
                inputs = [one.file.path for one in files if isinstance(one.file, CsvFile)]
                inputs += [self._project.sources / f"{source.id}.yml", *self._project.reference.glob("ref_*.csv")]
                self.fingerprints[item] = self._freshness.fingerprint(inputs)
                if self._freshness.is_fresh(item, self.fingerprints[item], [path]):
                    kept[year] = path
            return kept

        return cut

    def items(self, present: list[str]) -> list[str]:
        """Return the items that stand: the years just looked at, and those of registers that were not asked again."""
        asked = {item.split()[0] for item in self.fingerprints}
        others = [item for item in self._freshness.known_items() if " " in item]
        return [*self.fingerprints, *(item for item in others if item.split()[0] in set(present) - asked)]
