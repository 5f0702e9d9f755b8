"""One leak, told without the number it leaks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Finding:
    """`table`, `where`: the public table and the cell's place; `says`: what can be said; `audit`: who found it.

    Audits: pattern (relations), insider (knowing one's own cell), editions (with what earlier ones showed), inherited
    (computed from hidden numbers), symbol (flags), system (a relation that the model of `protect` lacks).
    """

    table: str
    where: str
    says: str
    audit: str

    def line(self) -> str:
        """The line that is printed: it holds coordinates, never a value."""
        return f"{self.where}: {self.says}."
