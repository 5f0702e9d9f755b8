"""What a picture says, before it is drawn: texts, data, kind. Pure data, to be tested, hashed, sent.

A picture that has nothing to show is an `Absent`: the page then says why in words.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict, dataclass, field

from pipelines.kernel.files import sha256_of_text

Cell = str | int | float | None
Columns = dict[str, list[Cell]]


@dataclass(frozen=True)
class Picture:
    """One figure. `data` is what the CSV beside it holds; `options` are what its kind of drawing asks for.

    `of` says what it is drawn from, as `explain` resolves it: `MOB-OUT/tarbes`, `pub_apprenticeship__cfa`.
    """

    name: str
    kind: str
    title: str
    subtitle: str
    caption: str
    alt: str
    lang: str
    data: Columns
    options: dict[str, object] = field(default_factory=dict)
    simulated: bool = False
    of: tuple[str, ...] = ()

    def fingerprint(self) -> str:
        """Return the hash of everything the drawing depends on."""
        return sha256_of_text(json.dumps(asdict(self), ensure_ascii=False, sort_keys=True))

    def csv(self) -> str:
        """Return the data as CSV, an empty field for a missing value."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(self.data)
        writer.writerows(zip(*self.data.values(), strict=True))
        return out.getvalue()

    def rows(self) -> list[dict[str, Cell]]:
        """Return the data row by row."""
        return [dict(zip(self.data, values, strict=True)) for values in zip(*self.data.values(), strict=True)]


@dataclass(frozen=True)
class Absent:
    """A figure that cannot be drawn from this run's data, and why, in a sentence."""

    name: str
    title: str
    reason: str
    lang: str

    def fingerprint(self) -> str:
        """Return the hash of what it says."""
        return sha256_of_text(json.dumps(asdict(self), ensure_ascii=False, sort_keys=True))


def columns(rows: list[dict[str, Cell]], names: list[str]) -> Columns:
    """Turn rows into columns, in the order of `names`."""
    return {name: [row.get(name) for row in rows] for name in names}
