"""A dataset as a portal's catalogue describes it: where it is, how many rows, since when, under which licence."""

from __future__ import annotations

import difflib
import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests

from pipelines.kernel.catalogue import Source
from pipelines.kernel.file_kinds import HEAD, kind_of
from pipelines.kernel.problems import BadInput, Problem
from pipelines.portal.client import Client, Refusal

CATALOGUE = "/api/explore/v2.1/catalog/datasets"
PAGE = 100
"""Rows of one page: the most the API gives."""

FURTHEST = 10_000
"""`offset + limit` goes no further: larger datasets come as an export only."""

_API = re.compile(r"(?P<base>https?://[^/?#]+)/api/explore/v2\.1/catalog/datasets/(?P<dataset>[^/?#]+)/?")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a dataset is: `base` (scheme and host of the portal) and its id there."""

    base: str
    dataset: str

    @property
    def url(self) -> str:
        """The dataset's page in the API's catalogue."""
        return f"{self.base}{CATALOGUE}/{self.dataset}"

    @property
    def host(self) -> str:
        """The portal's name."""
        return urlsplit(self.base).netloc


@dataclass(frozen=True, slots=True)
class Described:
    """What the catalogue says of one dataset. `changed` is when its rows last changed, as the portal writes it."""

    dataset: str
    records: int
    changed: str | None
    licence: str | None
    labels: tuple[str, ...]
    names: tuple[str, ...]


def address_of(source: Source, base_url: str | None = None) -> Address | None:
    """Return where the dataset of a sidecar is, on another portal when `base_url` names one; `None` without `api`.

    Raises `BadInput` when `api` is no address of a dataset, or `base_url` none of a portal.
    """
    if base_url is not None and not re.fullmatch(r"https?://[^/?#\s]+", base_url.rstrip("/")):
        raise BadInput(
            Problem(
                "--base-url", "This is no address of a portal", "Write it as https://data.example.org.", value=base_url
            )
        )
    if source.api is None:
        return None
    found = _API.fullmatch(source.api)
    if found is None:
        raise BadInput(
            Problem(
                f"data/sources/{source.id}.yml",
                "This is no address of a dataset in an Explore API 2.1",
                "Write it as https://PORTAL/api/explore/v2.1/catalog/datasets/ID.",
                column="api",
                value=source.api,
            )
        )
    return Address(base_url.rstrip("/") if base_url else found["base"], found["dataset"])


def describe(client: Client, address: Address) -> Described:
    """Ask the catalogue about a dataset.

    Raises `BadInput` when it has none of that id (naming those that look like it), when the answer is no description
    of a dataset or is about another one, and what `Client.ask` raises.
    """
    try:
        content = ask_json(client, address.url)
    except Refusal as error:
        if error.status != 404:
            raise
        raise BadInput(_no_such(client, address)) from error
    return described(content, address)


def described(content: object, address: Address) -> Described:
    """Read the catalogue's answer. Raises `BadInput` as `describe` does."""
    metas: Any = {}
    if isinstance(content, dict):
        metas = (content.get("metas") or {}).get("default") or {}
    fields = content.get("fields") if isinstance(content, dict) else None
    records = metas.get("records_count")
    if not isinstance(content, dict) or not isinstance(fields, list) or not isinstance(records, int):
        raise BadInput(
            Problem(
                address.host,
                "The portal's answer describes no dataset (no `fields`, or no `records_count`)",
                "Check `api` in the sidecar, or --base-url; the API is Opendatasoft's Explore, version 2.1.",
                value=address.dataset,
            )
        )
    if content.get("dataset_id") != address.dataset:
        raise BadInput(
            Problem(
                address.host,
                f"The portal answers with another dataset than {address.dataset}",
                "Check `api` in the sidecar.",
                value=str(content.get("dataset_id")),
            )
        )
    return Described(
        dataset=address.dataset,
        records=records,
        changed=metas.get("data_processed") or metas.get("modified"),
        licence=metas.get("license"),
        labels=tuple(str(field.get("label") or field["name"]) for field in fields),
        names=tuple(str(field["name"]) for field in fields),
    )


def ask_json(client: Client, url: str, params: dict[str, str | int] | None = None) -> Any:
    """Return an answer of the API. Raises `BadInput` when it is not JSON (a web page with status 200, say)."""

    def read(answer: requests.Response) -> bytes:
        return answer.content

    content = client.ask(url, read, params)
    try:
        return json.loads(content)
    except ValueError as error:
        kind = kind_of(content[:HEAD]) or "something else"
        raise BadInput(
            Problem(
                urlsplit(url).netloc,
                f"The portal should answer with JSON and sends {kind}",
                "It may be under maintenance: call again later; nothing was changed.",
                value=urlsplit(url).path,
            )
        ) from error


def pages(client: Client, url: str, params: dict[str, str | int] | None = None) -> Iterator[dict[str, Any]]:
    """Give the results of an address that answers page by page (`limit`, `offset`), until there are `total_count`.

    Raises `BadInput` when a page is no page, or the pages end before the count they announce.
    """
    offset, total = 0, 1
    while offset < min(total, FURTHEST):
        page = ask_json(client, url, {**(params or {}), "limit": min(PAGE, FURTHEST - offset), "offset": offset})
        results = page.get("results") if isinstance(page, dict) else None
        if not isinstance(results, list) or not isinstance(page.get("total_count"), int):
            raise BadInput(
                Problem(
                    urlsplit(url).netloc, "A page of results has no `results` or no `total_count`", "Call again later."
                )
            )
        total = page["total_count"]
        if not results and offset < total:
            raise BadInput(
                Problem(
                    urlsplit(url).netloc,
                    f"The pages end after {offset} of the {total} rows they announce",
                    "Call again later; nothing was changed.",
                )
            )
        yield from results
        offset += len(results)


def same_licence(one: str, other: str) -> bool:
    """Say whether two names mean one licence: `Licence Ouverte v2.0 (Etalab)` is `Licence Ouverte 2.0 (Etalab)`."""
    return _plain(one) == _plain(other)


def _plain(licence: str) -> frozenset[str]:
    text = unicodedata.normalize("NFKD", licence).encode("ascii", "ignore").decode().casefold()
    words = re.findall(r"[a-z]+|\d+(?:\.\d+)?", text)
    return frozenset(words) - {"v", "version", "etalab", "open", "license", "licence"}


def _no_such(client: Client, address: Address) -> Problem:
    """Say that the portal has no such dataset, and which of its catalogue have a name like it."""
    try:
        url = f"{address.base}{CATALOGUE}"
        known = [str(item.get("dataset_id")) for item in pages(client, url, {"select": "dataset_id"})]
    except BadInput:
        known = []  # the one line that matters is that the dataset is not there
    close = difflib.get_close_matches(address.dataset, known, n=3, cutoff=0.5)
    mend = "Write its new id under `api` in the sidecar" + (f": {', '.join(close)}?" if close else ".")
    return Problem(address.host, "The portal has no dataset of this id", mend, value=address.dataset)
