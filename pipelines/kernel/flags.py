"""Observation flags: what a published value is worth, in one letter (SDMX code list CL_OBS_STATUS where one exists)."""

from __future__ import annotations

from enum import StrEnum


class Flag(StrEnum):
    """One observation flag. `SIMULATED` and `CONFIDENTIAL` are ours; the others are SDMX's."""

    NORMAL = "A"
    PROVISIONAL = "P"
    ESTIMATED = "E"
    SIMULATED = "S"
    BREAK = "B"
    CONFIDENTIAL = "c"
    MISSING = "L"
    NOT_APPLICABLE = "M"


LABELS: dict[Flag, tuple[str, str]] = {
    Flag.NORMAL: ("valeur normale", "normal value"),
    Flag.PROVISIONAL: ("valeur provisoire", "provisional value"),
    Flag.ESTIMATED: ("valeur estimée", "estimated value"),
    Flag.SIMULATED: ("donnée simulée", "simulated data"),
    Flag.BREAK: ("rupture de série avant ce point", "break in the series before this point"),
    Flag.CONFIDENTIAL: ("valeur confidentielle, non publiée", "confidential value, not published"),
    Flag.MISSING: ("donnée manquante", "missing data"),
    Flag.NOT_APPLICABLE: ("sans objet", "not applicable"),
}
"""What each flag means, in French and in English."""

PRIORITY: tuple[Flag, ...] = (
    Flag.CONFIDENTIAL,
    Flag.NOT_APPLICABLE,
    Flag.MISSING,
    Flag.SIMULATED,
    Flag.BREAK,
    Flag.ESTIMATED,
    Flag.PROVISIONAL,
    Flag.NORMAL,
)
"""Which flag is shown when several hold: first what hides a value, then what makes it less than real."""


def dominant(flags: set[Flag]) -> Flag:
    """Return the flag to show when several hold; `NORMAL` when none does."""
    return next((flag for flag in PRIORITY if flag in flags), Flag.NORMAL)
