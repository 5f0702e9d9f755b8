"""A file brought from a portal: continued where it was cut, kept apart until it is whole, and what it should be."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import requests

from pipelines.kernel.catalogue import Format
from pipelines.kernel.file_kinds import HEAD, kind_of
from pipelines.kernel.files import write_json
from pipelines.kernel.problems import BadInput, Problem
from pipelines.portal.client import Client

PIECE = 16 * 1024
"""Bytes written at once, and the most that a cut costs: an unfinished piece is lost with the line."""

Progress = Callable[[int, int | None], None]
"""Bytes there are, and in all (`None` when the portal does not say)."""

_STARTS: dict[Format, bytes] = {"parquet": b"PAR1", "xlsx": b"PK\x03\x04"}


@dataclass(frozen=True, slots=True)
class Marks:
    """What tells one state of a file from another: the portal's ETag and Last-Modified, either of which may lack."""

    etag: str | None = None
    modified: str | None = None

    def conditions(self) -> dict[str, str]:
        """Return the headers that ask for the file only if it changed since."""
        asked = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in asked.items() if value}

    def continuing(self, size: int) -> dict[str, str]:
        """Return the headers that ask for what follows `size` bytes, if the file is still the same; else for all.

        A weak ETag does not promise the same bytes, so that nothing is continued on its word.
        """
        same = self.etag if self.etag and not self.etag.startswith("W/") else self.modified
        return {"Range": f"bytes={size}-", "If-Range": same} if size and same else {}


def download(
    client: Client,
    url: str,
    params: Mapping[str, str | int],
    target: Path,
    form: Format,
    known: Marks,
    progress: Progress,
) -> Marks | None:
    """Bring a file to `target` whole, and return its marks; `None` when it is still as `known` says.

    Until it is whole it is `target` with `.part` behind, beside a note of its marks, so that this call or a later one
    goes on from there. Raises `BadInput` when what comes is not of that format or is empty, and what `Client.ask` does.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    receiving = _Receiving(target, form, url, dict(params), progress)

    def headers() -> dict[str, str]:
        return receiving.marks().continuing(receiving.size()) or known.conditions()

    marks = client.ask(url, receiving.read, params, headers)
    if marks is not None:
        receiving.finish()
    return marks


class _Receiving:
    """The part of one file and its note."""

    def __init__(
        self, target: Path, form: Format, url: str, params: Mapping[str, str | int], progress: Progress
    ) -> None:
        self._target, self._form, self._progress = target, form, progress
        self._host = urlsplit(url).netloc
        self._asked = f"{url} {sorted(params.items())}"
        self._part = target.with_name(f"{target.name}.part")
        self._note = target.with_name(f"{target.name}.part.json")

    def size(self) -> int:
        return self._part.stat().st_size if self._part.exists() else 0

    def marks(self) -> Marks:
        """Return the marks of the part; none when it is part of something else."""
        if not self._note.exists() or not self._part.exists():
            return Marks()
        note = json.loads(self._note.read_text(encoding="utf-8"))
        return Marks(note["etag"], note["modified"]) if note["asked"] == self._asked else Marks()

    def read(self, answer: requests.Response) -> Marks | None:
        """Write one answer to the part. An answer that is not the file leaves the part as it was."""
        if answer.status_code == 304:
            return None
        if answer.status_code == 416:  # the part is whole already, or longer than what is there now
            if answer.headers.get("Content-Range") == f"bytes */{self.size()}":
                return self.marks()
            self._forget()
            raise requests.ConnectionError("the part does not fit")
        marks = Marks(answer.headers.get("ETag"), answer.headers.get("Last-Modified"))
        start, total = self._extent(answer)
        pieces = answer.iter_content(PIECE)
        first = next(pieces, b"")
        if start == 0:
            self._check(first)
            self._begin(Marks() if "Content-Encoding" in answer.headers else marks)
        with self._part.open("r+b") as stream:
            stream.seek(start)
            stream.truncate()
            done = start
            piece: bytes | None = first
            while piece:
                stream.write(piece)
                done += len(piece)
                self._progress(done, total)
                piece = next(pieces, None)
        if total is not None and done != total:
            raise requests.ConnectionError("the file ended before its length")
        return marks

    def finish(self) -> None:
        """Make the part the file."""
        self._part.replace(self._target)
        self._note.unlink(missing_ok=True)

    def _extent(self, answer: requests.Response) -> tuple[int, int | None]:
        """Return from which byte on the answer goes, and how many bytes there are in all."""
        if answer.status_code == 206:
            found = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", answer.headers.get("Content-Range", ""))
            if found is None or int(found[1]) != self.size():
                self._forget()
                raise requests.ConnectionError("another range than the one asked for")
            return int(found[1]), None if found[2] == "*" else int(found[2])
        length = answer.headers.get("Content-Length")
        return 0, int(length) if length and "Content-Encoding" not in answer.headers else None

    def _check(self, first: bytes) -> None:
        start = _STARTS.get(self._form)
        kind = kind_of(first[:HEAD])
        is_it = first.startswith(start) if start else kind is None
        if is_it and first:
            return
        sent = kind or "something else" if first else "an empty file"
        raise BadInput(
            Problem(
                self._host,
                f"The portal should send the export as {self._form} and sends {sent}",
                "It may be under maintenance: call again later; nothing was changed, and what was downloaded is kept.",
                value=self._target.name,
            )
        )

    def _begin(self, marks: Marks) -> None:
        write_json(self._note, {"asked": self._asked, "etag": marks.etag, "modified": marks.modified})
        self._part.write_bytes(b"")

    def _forget(self) -> None:
        self._part.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)


def count_rows(path: Path, form: Format, separator: str) -> int:
    """Return the rows of a file below its header, as the catalogue counts them: blank lines are none.

    Raises `BadInput` when the file cannot be read as what it is.
    """
    try:
        if form == "parquet":
            import polars as pl

            return int(pl.scan_parquet(path).select(pl.len()).collect().item())
        if form == "xlsx":
            import fastexcel

            return int(fastexcel.read_excel(path.as_posix()).load_sheet(0).height)
        # the marks of CSV are ASCII: Latin-1 counts rows of any encoding a portal sends
        with path.open(encoding="latin-1", newline="") as stream:
            return max(sum(1 for row in csv.reader(stream, delimiter=separator) if row) - 1, 0)
    except Exception as error:
        if isinstance(error, OSError):
            raise
        raise BadInput(
            Problem(path.name, f"The file cannot be read as {form}", "Call again later.", value=str(error))
        ) from error
