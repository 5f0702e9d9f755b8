"""What a stage says when it is done: what it made, what it kept, what the reader should know."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StageReport:
    """The items made and kept by one stage (names, in order), and its notes, one sentence each."""

    made: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
