"""A portal on this machine that speaks Opendatasoft's Explore API 2.1, from small files, and fails when it is told to.

Serves on 127.0.0.1, in a thread. A fault is asked for by name and befalls the next request for that kind of address.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import polars as pl

from pipelines.kernel.project import Project
from tests.opendata import as_given

ROOT = "/api/explore/v2.1/catalog/datasets"
DATASET = "fr-esr-statistiques-sur-les-effectifs-d-etudiants-inscrits-par-etablissement-hcp"
HTML = b"<!DOCTYPE html><html><body><h1>Maintenance en cours</h1></body></html>"


@dataclass
class Dataset:
    """One dataset of the portal: the bytes of its export, its rows for pages, what the catalogue says."""

    content: bytes
    records: int
    labels: list[str]
    form: str = "csv"
    changed: str = "2026-01-10T08:00:00+00:00"
    licence: str | None = "Licence Ouverte v2.0 (Etalab)"
    rows: list[dict[str, Any]] = field(default_factory=list)
    has_export: bool = True
    has_marks: bool = True

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.content).hexdigest()[:16]}"'


@dataclass
class Portal:
    """The datasets by id, the faults to come by kind of address, and every request there was."""

    base: str = ""
    datasets: dict[str, Dataset] = field(default_factory=dict)
    faults: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    log: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    ranges: bool = True

    def kinds(self) -> list[str]:
        return [kind for kind, _, _ in self.log]


def as_exported(project: Project, folder: Path, growth: float = 1) -> Dataset:
    """Return the shipped enrolments as the portal would export them, multiplied by `growth`."""
    counts = ("students_count", "dut_count", "women_count", "men_count")

    def edit(frame: pl.DataFrame) -> pl.DataFrame:
        more = (pl.col(name).cast(pl.Float64).fill_null(0) * growth for name in counts)
        return frame.with_columns(number.round().cast(pl.Int64).cast(pl.String) for number in more)

    folder.mkdir(parents=True, exist_ok=True)
    content = as_given(project, folder, edit if growth != 1 else None).read_bytes()
    lines = content.decode("utf-8-sig").splitlines()
    return Dataset(content, len(lines) - 1, lines[0].split(";"))


@contextmanager
def serving() -> Iterator[Portal]:
    """Serve an empty portal until the block ends."""
    portal = Portal()

    class Handler(_Handler):
        site = portal

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        portal.base = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield portal
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    site: Portal

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        parts = url.path.removeprefix(ROOT).strip("/").split("/")
        query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        kind = {1: "dataset" if parts[0] else "catalogue", 2: "records", 3: "export"}[len(parts)]
        self.site.log.append((kind, self.path, dict(self.headers)))
        fault = self.site.faults[kind].pop(0) if self.site.faults[kind] else None
        if fault == "html":
            self._send(200, HTML, {"Content-Type": "text/html"})
        elif isinstance(fault, tuple):
            self._send(fault[0], b"{}", fault[1])
        elif fault == "drop":
            self.close_connection = True
        elif kind == "catalogue":
            ids = sorted(self.site.datasets)
            self._page([{"dataset_id": name} for name in ids], query)
        elif parts[0] not in self.site.datasets:
            self._send(404, b'{"error_code": "UnknownDataset"}', {})
        else:
            dataset = self.site.datasets[parts[0]]
            if kind == "dataset":
                self._json(self._described(parts[0], dataset))
            elif kind == "records":
                self._page(dataset.rows, query)
            else:
                self._export(dataset, parts[2], fault)

    def _described(self, name: str, dataset: Dataset) -> dict[str, Any]:
        default = {"records_count": dataset.records, "data_processed": dataset.changed, "license": dataset.licence}
        fields = [{"name": f"c{n}", "label": label, "type": "text"} for n, label in enumerate(dataset.labels)]
        return {"dataset_id": name, "metas": {"default": default}, "fields": fields, "has_records": True}

    def _page(self, rows: list[dict[str, Any]], query: dict[str, str]) -> None:
        limit, offset = int(query.get("limit", 10)), int(query.get("offset", 0))
        if limit > 100 or limit + offset > 10_000:
            self._send(400, b'{"error_code": "InvalidRESTParameterError"}', {})
            return
        self._json({"total_count": len(rows), "results": rows[offset : offset + limit]})

    def _export(self, dataset: Dataset, form: str, fault: Any) -> None:
        if not dataset.has_export or form != dataset.form:
            self._send(404, b"{}", {})
            return
        content, marks = dataset.content, {"Accept-Ranges": "bytes"}
        if dataset.has_marks:
            marks |= {"ETag": dataset.etag, "Last-Modified": "Sat, 10 Jan 2026 08:00:00 GMT"}
        if dataset.has_marks and self.headers.get("If-None-Match") == dataset.etag:
            self._send(304, b"", marks)
            return
        start = 0
        asked = self.headers.get("Range")
        if asked and self.site.ranges and self.headers.get("If-Range", dataset.etag) == dataset.etag:
            start = int(asked.removeprefix("bytes=").rstrip("-"))
            if start >= len(content):
                self._send(416, b"", {"Content-Range": f"bytes */{len(content)}"})
                return
            marks["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        body = content[start:]
        if fault == "cut":  # half of what is left, then the line is dead
            self._send(206 if start else 200, body[: len(body) // 2], marks, length=len(body))
        elif fault == "slice" and start:  # a range is answered, but not all of it
            half = body[: len(body) // 2]
            marks["Content-Range"] = f"bytes {start}-{start + len(half) - 1}/{len(content)}"
            self._send(206, half, marks)
        elif fault == "truncated":  # a proxy that believes it has all of it
            self._send(200, content[: content.rindex(b"\n", 0, len(content) * 2 // 3) + 1], marks)
        elif fault == "empty":
            self._send(200, b"", marks)
        else:
            self._send(206 if start else 200, body, marks)

    def _json(self, content: Any) -> None:
        self._send(200, json.dumps(content).encode(), {"Content-Type": "application/json; charset=utf-8"})

    def _send(self, status: int, body: bytes, headers: dict[str, str], length: int | None = None) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body) if length is None else length)}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        if length is not None:
            self.close_connection = True
