"""Why a vintage is not taken in because of what it would change: one line each, with what to do."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.kernel.comparison import Change, Comparison
from pipelines.kernel.problems import BadInput, Problem


class Refused(BadInput):
    """A vintage that is not taken in because of what it would change; `comparison` says what."""

    def __init__(self, problems: Sequence[Problem], comparison: Comparison) -> None:
        self.comparison = comparison
        super().__init__(problems)


def refusals(shown: str, comparison: Comparison, accepted: str | None) -> list[Problem]:
    """Return why a vintage is not taken in: a line for each structural change, one for all large moves together."""
    structural = comparison.of("structural")
    if structural:
        return [
            Problem(shown, f"{_place_of(change)}: {change.message}", _mend(change), column=change.subject)
            for change in structural
        ]
    large = comparison.of("critical")
    if not large or accepted:
        return []
    others = f", and {len(large) - 1} more large moves are listed above" if len(large) > 1 else ""
    return [
        Problem(
            shown,
            f"A large move: {_place_of(large[0])}, {large[0].subject}: {large[0].message.rstrip('.')}{others}",
            'If the producer confirms it, add the file again with --accept "reason".',
        )
    ]


def _place_of(change: Change) -> str:
    return change.table or "the figures"


def _mend(change: Change) -> str:
    if change.kind == "scope":
        return (
            "Add a file with all sites (a folder, when several offices give one each); if it is rightly gone, name it "
            "under `gone` in data/reference/vintages.yml."
        )
    if change.kind == "perimeter":
        return "Check that it is the file of our région; what is kept is declared in data/baseline/perimeter.yml."
    if change.kind == "codes":
        return "Translate the new codes under `recode` in the sidecar, or ask the producer for the codes known so far."
    if change.kind == "grain":
        return "Ask for the file at the detail known so far; a new one is a new table, described in the sidecar."
    return "Check the column map of this vintage in the sidecar, or ask the producer for the column."
