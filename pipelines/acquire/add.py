"""`observatoire add FILE --source ID`: a file becomes a new vintage of a dataset, or nothing changes at all.

Before it is taken in it is compared with what was known: a structural change stops, a large move asks for a reason,
which its receipt keeps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, Protocol

import polars as pl

from pipelines.acquire.refusals import Refused, refusals
from pipelines.acquire.take_in import copy_files
from pipelines.kernel.catalogue import Source, read_catalogue
from pipelines.kernel.comparison import Comparison
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project
from pipelines.kernel.received import RECEIPT, Fetched, Received, ReceivedFile, describe_file, read_receipt
from pipelines.kernel.registers import tokenise_register


class Tried(Protocol):
    """What trying a file out says of it."""

    @property
    def layout(self) -> str:
        """The vintage of the sidecar whose layout the file has."""

    @property
    def tables(self) -> dict[str, pl.DataFrame]:
        """Staging table → the rows it would get."""


KEPT = "extract"
"""Vintage under which a real register is kept, whatever its layout was: its number then tells which came last."""

SHORTEST_REASON = 10
"""Characters of a reason: `ok` tells nobody in three years why a figure moved."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that was read through and not taken in yet: its layout, the name it would be kept under, its rows.

    Of a register there are no tables, but one file: its tokens.
    """

    layout: str
    vintage: str
    files: tuple[Path, ...]
    tables: dict[str, pl.DataFrame] = field(default_factory=dict)


TryOut = Callable[[Project, Source, Sequence[Path]], Tried]
"""`pipelines.stage.trial.try_out`: given by the command, because no stage imports another."""

Compare = Callable[[Project, Source, Candidate], Comparison]
"""`pipelines.vintages.compare`: given by the command too."""

Verdict = Literal["taken", "same", "dry_run"]


@dataclass(frozen=True, slots=True)
class AddedVintage:
    """What became of a file: taken in, there already (the very same bytes), or only looked at."""

    source: str
    vintage: str
    layout: str
    folder: Path
    rows: Mapping[str, int]
    verdict: Verdict
    comparison: Comparison | None = None
    """What it changes; nothing when it was there already."""
    accepted: str | None = None
    replaced: tuple[int, ...] = ()
    """Years of a register of which rows had been taken in before, and now give way."""
    left_out: tuple[str, ...] = ()
    """Files of the folder given that no layout of the source names."""

    @property
    def is_new(self) -> bool:
        """Whether something was written."""
        return self.verdict == "taken"

    def sentence(self) -> str:
        """Return what was done, as the command prints it."""
        given = ", ".join(f"{count} rows for {table}" for table, count in self.rows.items())
        if self.verdict == "dry_run":
            return f"{self._foreseen()} Nothing was taken in (--dry-run): {given}, laid out as {self.layout}."
        if not self.is_new:
            return (
                f"These very bytes were there already, as {self.source}, vintage {self.vintage}: nothing was changed."
            )
        years = ", ".join(map(str, self.replaced))
        note = f" They take the place of all rows of {years} that were taken in before." if years else ""
        if self.left_out:
            note += f" Left out, since the sidecar names no such file: {', '.join(self.left_out)}."
        if self.accepted:
            note += " The reason for its large moves is kept in its receipt."
        return f"Taken in as {self.source}, vintage {self.vintage} (laid out as {self.layout}): {given}.{note}"

    def _foreseen(self) -> str:
        """Say what would become of the file."""
        if self.comparison is None or not (self.comparison.of("structural") or self.comparison.of("critical")):
            return "It would be taken in."
        if self.comparison.of("structural"):
            return "It would be refused."
        return "It would be taken in." if self.accepted else "It would be taken in only with --accept."


def add_file(
    project: Project,
    source_id: str,
    path: Path,
    try_out: TryOut,
    compare: Compare | None = None,
    *,
    accept: str | None = None,
    dry_run: bool = False,
    fetched: Fetched | None = None,
    published: int | None = None,
) -> AddedVintage:
    """Take in a file, or a folder when a vintage comes in several files.

    It is read and staged in memory first, then compared (the command always gives `compare`) with what was known. A
    register is kept as tokens only: the file itself is never copied; a folder holds the files of several offices, each
    with a layout of its own. `dry_run` stops after the comparison; `accept` is the reason for a large move; `fetched`,
    where a portal's file came from, is kept in the receipt.
    Raises `BadInput`, and leaves everything as it was, when the source is unknown, the file is missing, no layout of
    the sidecar fits it, a register comes without its key, or `accept` says nothing; `Refused` when the comparison
    finds a structural change, or a large move without a reason. `published` is the year in which its producer published
    it, when that is not what the sidecar says: editions before it do not use it.
    """
    if accept is not None and len(" ".join(accept.split())) < SHORTEST_REASON:
        raise BadInput(
            Problem(
                "--accept",
                "A reason has ten characters or more",
                "Say why the figures move, so that a reader understands it in three years.",
                value=accept,
            )
        )
    source = read_catalogue(project)[source_id]
    files = _files(project, path)
    adding = _Adding(
        project,
        source,
        project.shown(path),
        compare,
        " ".join(accept.split()) if accept else None,
        dry_run,
        fetched,
        published,
    )
    if source.personal:
        return _add_register(adding, files)
    named = [file for file in files if _is_named(source, file)] or files  # a renamed file is known by its headers
    tried = _tried(project, source, named, files, try_out)
    rows = {name: frame.height for name, frame in tried.tables.items()}
    added = adding.take_in(tried.layout, rows, named, tried.tables)
    return replace(added, left_out=tuple(file.name for file in files if file not in named))


@dataclass(frozen=True, slots=True)
class _Adding:
    """One call of `add_file`: what was asked for, and the last steps that both kinds of dataset share."""

    project: Project
    source: Source
    shown: str
    compare: Compare | None
    accept: str | None
    dry_run: bool
    fetched: Fetched | None = None
    published: int | None = None

    def take_in(
        self,
        layout: str,
        rows: Mapping[str, int],
        files: Sequence[Path],
        tables: dict[str, pl.DataFrame] | None = None,
    ) -> AddedVintage:
        """Compare a file that was read, and take it in unless that says otherwise."""
        described = tuple(describe_file(file) for file in files)
        vintage, is_new = _place(self.project, self.source, layout, described)
        folder = self.project.raw / self.source.id / vintage
        if not is_new:
            return AddedVintage(self.source.id, vintage, layout, folder, rows, "same")
        comparison = None
        if self.compare is not None:
            candidate = Candidate(layout, vintage, tuple(files), tables or {})
            comparison = self.compare(self.project, self.source, candidate)
        accepted = self.accept if comparison is not None and comparison.of("critical") else None
        if self.dry_run:
            return AddedVintage(self.source.id, vintage, layout, folder, rows, "dry_run", comparison, accepted)
        if comparison is not None:
            problems = refusals(self.shown, comparison, accepted)
            if problems:
                raise Refused(problems, comparison)
        received = Received(
            source=self.source.id,
            vintage=vintage,
            layout=layout,
            origin="observed" if self.source.origin == "simulated" else self.source.origin,
            published=self.published,
            files=described,
            comparison=comparison.summary() if comparison is not None and comparison.against else None,
            accepted=accepted,
            fetched=self.fetched,
        )
        copy_files(self.project, received, files)
        return AddedVintage(self.source.id, vintage, layout, folder, rows, "taken", comparison, accepted)


def _tried(project: Project, source: Source, named: list[Path], files: list[Path], try_out: TryOut) -> Tried:
    """Try the files out; a refusal says which others of the folder nobody looked at: one may be what is missing."""
    left_out = [file.name for file in files if file not in named]
    try:
        return try_out(project, source, named)
    except BadInput as error:
        if not left_out:
            raise
        note = f" Not looked at, since the sidecar names no such file: {', '.join(left_out)}."
        raise BadInput(
            [*error.problems[:-1], replace(error.problems[-1], mend=error.problems[-1].mend + note)]
        ) from error


def _is_named(source: Source, file: Path) -> bool:
    return any(fnmatch(file.name, pattern) for vintage in source.vintages for pattern in vintage.files)


def _add_register(adding: _Adding, files: list[Path]) -> AddedVintage:
    project, source = adding.project, adding.source
    with TemporaryDirectory() as folder:
        tokens, layouts = tokenise_register(project, source, files, Path(folder))
        years = pl.read_parquet(tokens, columns=["year"])["year"]
        before = _years_before(project, source)
        added = adding.take_in(KEPT, {source.tables[0].name(source.id): len(years)}, [tokens])
    layout = ", ".join(sorted(set(layouts)))
    replaced = tuple(sorted(before & set(years))) if added.is_new else ()
    return replace(added, layout=layout, replaced=replaced)


def _years_before(project: Project, source: Source) -> set[int]:
    files = (project.raw / source.id).glob(f"{KEPT}*/{source.id}.parquet")
    return {year for file in files for year in pl.read_parquet(file, columns=["year"])["year"].unique()}


def _files(project: Project, path: Path) -> list[Path]:
    shown = project.shown(path)
    if path.is_dir():
        files = sorted(item for item in path.iterdir() if item.is_file() and item.name[0] != ".")
        if not files:
            raise BadInput(Problem(shown, "The folder holds no file", "Give the folder that holds the files."))
        return files
    if not path.is_file():
        raise BadInput(Problem(shown, "The file is missing", "Check the path."))
    return [path]


def _place(project: Project, source: Source, layout: str, files: tuple[ReceivedFile, ...]) -> tuple[str, bool]:
    """Return the folder's name for these bytes, and whether it is a new one (`2023`, then `2023-2`, `2023-3`…)."""
    number = 1
    while True:
        name = layout if number == 1 else f"{layout}-{number}"
        folder = project.raw / source.id / name
        if not (folder / RECEIPT).exists():
            return name, True
        if read_receipt(project, folder).files == files:
            return name, False
        number += 1
