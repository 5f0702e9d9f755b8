"""What became of each source that was asked for, as `observatoire fetch` tells it; and what is known without asking."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypedDict

from pipelines.kernel.catalogue import Source, read_catalogue
from pipelines.kernel.problems import BadInput
from pipelines.kernel.project import Project
from pipelines.portal.dataset import Address
from pipelines.portal.memory import Memory, folder_of, recall, taken_as, waiting

Verdict = Literal[
    "taken", "same", "unchanged", "waits", "failed", "not_asked", "by_hand", "would_fetch", "never", "brought"
]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one source: a sentence, the lines behind it, and the command that goes on from there."""

    source: str
    verdict: Verdict
    sentence: str
    lines: tuple[str, ...] = ()
    command: str | None = None
    dataset: str | None = None
    vintage: str | None = None
    records: int | None = None
    bytes: int | None = None
    since: str | None = None
    file: str | None = None


class Facts(TypedDict):
    """What is remembered of the file that was brought."""

    dataset: str
    records: int
    bytes: int
    since: str | None


def standing(project: Project) -> list[Outcome]:
    """Return what is known of every source without asking anybody: brought when, taken in as what, or waiting."""
    return [
        by_hand(source) if source.api is None else known(project, source)
        for source in read_catalogue(project).sources.values()
    ]


def known(project: Project, source: Source) -> Outcome:
    """Return what is known of a source with an API without asking it."""
    memory = recall(project, source.id)
    command = f"observatoire fetch {source.id}"
    if memory is None:
        return Outcome(source.id, "never", f"{source.id}: never brought; `{command}` brings it.", (), command)
    taken = taken_as(project, source.id, memory.sha256)
    if taken is None and waiting(project, source.id, memory):
        shown = project.shown(folder_of(project, source.id) / memory.file)
        return Outcome(
            source.id,
            "waits",
            f"{source.id}: brought on {memory.day}, and waits for a decision in {shown}; `{command}` says why.",
            memory.problems,
            command,
            file=shown,
            **facts(memory),
        )
    held = f"taken in as {taken}" if taken else "its vintage was removed since"
    sentence = f"{source.id}: brought on {memory.day}, {held}."
    return Outcome(source.id, "brought", sentence, (), command, vintage=taken, **facts(memory))


def by_hand(source: Source) -> Outcome:
    """Say how a source comes that no portal gives."""
    if source.personal:
        command = f"observatoire template {source.id}"
        sentence = f"{source.id}: a register about persons, on no portal; its office sends it, or fills in `{command}`."
        return Outcome(source.id, "by_hand", sentence, (), command)
    names = next((vintage.files for vintage in reversed(source.vintages) if not vintage.shipped), ())
    command = f"observatoire add FILE --source {source.id}"
    sentence = (
        f"{source.id}: no API gives it; download it by hand from {source.landing_page} "
        f"(as {' and '.join(names)}), then `{command}`."
    )
    return Outcome(source.id, "by_hand", sentence, (), command)


def failed(source: Source, address: Address, error: BadInput) -> Outcome:
    """Say that a source could not be brought, and why."""
    lines = tuple(problem.line() for problem in error.problems)
    return Outcome(
        source.id,
        "failed",
        f"{source.id}: not brought; nothing was changed.",
        lines,
        f"observatoire fetch {source.id}",
        dataset=address.dataset,
    )


def facts(memory: Memory) -> Facts:
    """Return what an outcome repeats of the file."""
    return {
        "dataset": Path(memory.address).name,
        "records": memory.records,
        "bytes": memory.bytes,
        "since": memory.changed,
    }
