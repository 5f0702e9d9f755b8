"""`observatoire fetch`: datasets are brought from their portal and go through the same door as a file given by hand.

What changed a lot, lost a column or cannot be read waits in `data/fetched/<source>` for a decision: nothing is taken
in silently, and nothing that was there is touched.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from pipelines.acquire.refusals import Refused
from pipelines.kernel.catalogue import Format, Source, Vintage, read_catalogue
from pipelines.kernel.files import sha256_of
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project
from pipelines.kernel.received import Fetched
from pipelines.portal.client import Client, Refusal, Unreachable
from pipelines.portal.dataset import Address, Described, address_of, describe, same_licence
from pipelines.portal.download import Marks, Progress, count_rows, download
from pipelines.portal.memory import Memory, folder_of, recall, remember, taken_as, waiting
from pipelines.portal.rows import write_rows
from pipelines.portal.told import Outcome, by_hand, facts, failed
from pipelines.stage.headers import header_problems
from pipelines.vintages import add_vintage, lines_of


@dataclass(frozen=True, slots=True)
class Asked:
    """What a call asked for, and with what it is done. `progress` is given a source, bytes done, bytes in all."""

    client: Client
    base_url: str | None = None
    accept: str | None = None
    dry_run: bool = False
    today: date | None = None
    progress: Callable[[str, int, int | None], None] = lambda *_: None


def fetch(project: Project, names: Sequence[str], asked: Asked) -> Iterator[Outcome]:
    """Bring the sources named (all when none is), one after the other; what befalls one leaves the others alone.

    A portal that does not answer is not asked again for the next source. Raises `BadInput` before anything is done
    when a source is unknown, or `accept` comes without one source that waits.
    """
    catalogue = read_catalogue(project)
    sources = [catalogue[name] for name in dict.fromkeys(names)] or list(catalogue.sources.values())
    if asked.accept is not None and len(names) != 1:
        raise BadInput(Problem("--accept", "A reason is given for one source", "Name the source whose file waits."))
    silent: set[str] = set()
    for source in sources:
        address = address_of(source, asked.base_url)
        if asked.accept is not None:
            yield _accepted(project, source, asked.accept)
        elif address is None:
            yield by_hand(source)
        elif address.host in silent:
            sentence = f"{source.id}: not asked for, since {address.host} does not answer."
            yield Outcome(source.id, "not_asked", sentence, dataset=address.dataset)
        else:
            try:
                yield _bring(project, source, address, asked)
            except Unreachable as error:
                silent.add(error.host)
                yield failed(source, address, error)
            except BadInput as error:
                yield failed(source, address, error)


def _bring(project: Project, source: Source, address: Address, asked: Asked) -> Outcome:
    known = describe(asked.client, address)
    memory = recall(project, source.id)
    taken = taken_as(project, source.id, memory.sha256) if memory else None
    waits = waiting(project, source.id, memory)
    is_held = taken is not None or waits is not None
    if taken is not None and waits is not None and not asked.dry_run:
        waits.unlink()  # somebody gave it to `add` in the meantime
    if memory is not None and is_held and memory.is_of(address, known):
        return _still(project, source, memory, taken, known, asked)
    layout = _layout(source)
    if asked.dry_run:
        return _foreseen(source, address, known)
    if known.records == 0:
        raise BadInput(
            Problem(
                address.host,
                "The portal says that the dataset holds no row, so nothing was downloaded",
                "Ask its producer; what was taken in before stays.",
                value=address.dataset,
            )
        )
    brought = _whole(project, source, address, known, layout, memory if is_held else None, asked)
    if brought is None:
        assert memory is not None
        memory = memory.model_copy(update={"changed": known.changed, "records": known.records})
        remember(project, source.id, memory)
        return _still(project, source, memory, taken, known, asked)
    return _through_the_door(project, source, brought, _licence_problem(source, address, known))


def _whole(
    project: Project,
    source: Source,
    address: Address,
    known: Described,
    layout: Vintage,
    held: Memory | None,
    asked: Asked,
) -> Memory | None:
    """Bring the file until it holds as many rows as the catalogue counts, twice at most; `None` when it is the same."""
    folder = folder_of(project, source.id)
    coming = folder / "coming" / f"{address.dataset}.{layout.format}"
    found = 0
    for _ in range(2):
        url, params = _export(address, layout)
        marks: Marks | None
        try:
            conditions = held.marks(address) if held else Marks()
            marks = download(asked.client, url, params, coming, layout.format, conditions, _told(source, asked))
        except Refusal as error:
            if error.status not in (403, 404) or layout.format != "csv":
                raise
            marks = Marks()  # some portals keep exports to themselves and give rows only
            write_rows(asked.client, address, known, coming, layout.separator)
        if marks is None:
            return None
        found = count_rows(coming, layout.format, layout.separator)
        if found == known.records:
            memory = Memory(
                address=address.url,
                changed=known.changed,
                records=known.records,
                etag=marks.etag,
                modified=marks.modified,
                file=coming.name,
                bytes=coming.stat().st_size,
                sha256=sha256_of(coming),
                day=asked.today or date.today(),
            )
            coming.replace(folder / coming.name)
            shutil.rmtree(coming.parent)  # with it, a part of what the sidecar asked for before
            remember(project, source.id, memory)
            return memory
        coming.unlink()
        known = describe(asked.client, address)  # it may have changed between the catalogue and the export
    raise BadInput(
        Problem(
            address.host,
            f"The export holds {found:,} rows and the catalogue counts {known.records:,}, twice in a row",
            "Call again later; nothing was taken in, and what was taken in before stays.",
            value=address.dataset,
        )
    )


def _told(source: Source, asked: Asked) -> Progress:
    return lambda done, total: asked.progress(source.id, done, total)


def _export(address: Address, layout: Vintage) -> tuple[str, dict[str, str | int]]:
    """Return the export's address and what is asked of it: the layout that the sidecar describes, labels as headers."""
    params: dict[str, str | int] = {} if layout.format == "parquet" else {"use_labels": "true", "lang": "fr"}
    if layout.format == "csv":
        params |= {"delimiter": layout.separator, "with_bom": "true" if layout.encoding == "utf-8-sig" else "false"}
    return f"{address.url}/exports/{layout.format}", params


def _layout(source: Source) -> Vintage:
    """Return the vintage whose format is asked for: the last that the sidecar describes of those a portal exports."""
    formats: tuple[Format, ...] = ("csv", "parquet", "xlsx")
    fitting = [vintage for vintage in source.vintages if not vintage.shipped and vintage.format in formats]
    if not fitting:
        raise BadInput(
            Problem(
                f"data/sources/{source.id}.yml",
                "`api` is given, but no vintage in a format that portals export",
                "Describe one: csv, parquet or xlsx.",
                column="vintages",
            )
        )
    return fitting[-1]


def _licence_problem(source: Source, address: Address, known: Described) -> Problem | None:
    if known.licence is None or same_licence(known.licence, source.licence):
        return None
    return Problem(
        address.host,
        f"The portal gives it under another licence than the sidecar, {source.licence}",
        "Read it, then write it under `licence` in the sidecar and fetch again, or accept it.",
        value=known.licence,
        column="licence",
    )


def _through_the_door(
    project: Project, source: Source, memory: Memory, problem: Problem | None, accept: str | None = None
) -> Outcome:
    """Take a file in that lies in `data/fetched`, or let it wait there."""
    file = folder_of(project, source.id) / memory.file
    fetched = Fetched(address=memory.address, changed=memory.changed, etag=memory.etag, modified=memory.modified)
    if problem is not None:
        return _waits(project, source, memory, BadInput(problem), (), can_be_accepted=True)
    try:
        added = add_vintage(project, source.id, file, accept=accept, fetched=fetched)
    except Refused as error:
        is_large = not error.comparison.of("structural")
        return _waits(project, source, memory, error, tuple(lines_of(error.comparison)), can_be_accepted=is_large)
    except BadInput as error:
        return _waits(project, source, memory, error, (), can_be_accepted=False)
    file.unlink()
    remember(project, source.id, memory.model_copy(update={"problems": ()}))
    lines = tuple(lines_of(added.comparison)) if added.comparison is not None else ()
    return Outcome(
        source.id,
        "taken" if added.is_new else "same",
        f"{source.id}: {added.sentence()}",
        lines,
        "observatoire run" if added.is_new else None,
        vintage=added.vintage,
        **facts(memory),
    )


def _waits(
    project: Project, source: Source, memory: Memory, error: BadInput, lines: tuple[str, ...], *, can_be_accepted: bool
) -> Outcome:
    problems = tuple(problem.line() for problem in error.problems)
    remember(project, source.id, memory.model_copy(update={"problems": problems}))
    command = f"observatoire fetch {source.id}" + (' --accept "reason"' if can_be_accepted else "")
    shown = project.shown(folder_of(project, source.id) / memory.file)
    sentence = f"{source.id}: brought on {memory.day}, and waits for a decision in {shown}; nothing was taken in. " + (
        f"To take it in: `{command}`." if can_be_accepted else f"Once mended: `{command}`."
    )
    return Outcome(source.id, "waits", sentence, (*lines, *problems), command, file=shown, **facts(memory))


def _still(
    project: Project, source: Source, memory: Memory, taken: str | None, known: Described, asked: Asked
) -> Outcome:
    """Say that the portal has nothing new; a file that waits is tried again, since a sidecar may have been mended."""
    if taken is None and not asked.dry_run:
        address = address_of(source, asked.base_url)
        assert address is not None
        return _through_the_door(project, source, memory, _licence_problem(source, address, known))
    since = known.changed or memory.modified or str(memory.day)
    held = f"held as {taken}" if taken else "its file still waits for a decision"
    return Outcome(
        source.id,
        "unchanged",
        f"{source.id}: unchanged since {since}; {held}, and not downloaded again.",
        vintage=taken,
        **facts(memory),
    )


def _accepted(project: Project, source: Source, accept: str) -> Outcome:
    """Take in, for a reason, the very file that was seen to wait; the portal is not asked."""
    memory = recall(project, source.id)
    if memory is None or waiting(project, source.id, memory) is None:
        raise BadInput(
            Problem(
                "--accept",
                "No file of this source waits",
                f"Call `observatoire fetch {source.id}` first.",
                value=source.id,
            )
        )
    return _through_the_door(project, source, memory, None, accept)


def _foreseen(source: Source, address: Address, known: Described) -> Outcome:
    """Say what would be brought, and how its columns stand to the sidecar: the catalogue names them all."""
    shown = f"{address.dataset} on {address.host}"
    layouts = [vintage for vintage in source.vintages if not vintage.shipped]
    faults = {vintage.id: header_problems(vintage, known.labels, shown) for vintage in layouts}
    nearest = min(faults, key=lambda name: len(faults[name]))
    problems = [*faults[nearest], *filter(None, [_licence_problem(source, address, known)])]
    layout = _layout(source)
    fits = f"its columns are those of {nearest}" if not faults[nearest] else "it would wait for a decision"
    changed = f", changed {known.changed}" if known.changed else ""
    return Outcome(
        source.id,
        "would_fetch",
        f"{source.id}: {known.records:,} rows{changed} would be downloaded as {layout.format}; {fits}. "
        "Nothing was brought (--dry-run).",
        tuple(problem.line() for problem in problems),
        f"observatoire fetch {source.id}",
        dataset=address.dataset,
        records=known.records,
        since=known.changed,
    )
